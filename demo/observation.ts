/** What TikTok's end received, held against what it should have: cells of the tables, and every difference by its name. Pure. */
import type { ReceivedEvent } from '../sandbox/tiktok/receiver';
import type { Expectation } from './expectation';
import type { SoldItem } from './provider';
import type { SeenRecord } from './run-scenarios';
import { paymentKey } from './run-scenarios';

export type DifferenceKind =
  | 'missing'
  | 'extra'
  | 'doubled'
  | 'repeated'
  | 'refused'
  | 'test event'
  | 'wrong id'
  | 'wrong name'
  | 'wrong value'
  | 'wrong time'
  | 'wrong buyer'
  | 'wrong customer'
  | 'wrong contents'
  | 'wrong record'
  | 'not proven'
  | 'wrong hold'
  | 'wrong count'
  | 'warning';

export interface Difference {
  readonly kind: DifferenceKind;
  /** The cell, where one is concerned. */
  readonly expectation: Expectation | null;
  readonly text: string;
}

export interface ObservedCell {
  readonly expectation: Expectation;
  /** The event that TikTok counted for this payment, the first if there are several. */
  readonly counted: ReceivedEvent | null;
  readonly record: SeenRecord | null;
  readonly differences: readonly Difference[];
}

export interface Observation {
  readonly cells: readonly ObservedCell[];
  /** Of the cells and of what belongs to none, in this order. Empty: TikTok's end saw exactly what the policy says. */
  readonly differences: readonly Difference[];
  /** What TikTok's end warned of, with how often. */
  readonly warnings: ReadonlyMap<string, number>;
  readonly counted: number;
  /** Null when nothing was counted that a webhook told. */
  readonly delays: Delays | null;
}

/** From the webhook's first byte to TikTok's end. */
export interface Delays {
  readonly events: number;
  readonly medianMs: number;
  readonly p90Ms: number;
  readonly maxMs: number;
}

export interface Seen {
  readonly events: readonly ReceivedEvent[];
  /** By `paymentKey`. */
  readonly records: ReadonlyMap<string, SeenRecord>;
  readonly toldAtMs: ReadonlyMap<string, number>;
}

export function observe(expectations: readonly Expectation[], seen: Seen): Observation {
  const { events, records } = seen;
  const expectedIds = new Set(expectations.map(({ event }) => event.id));
  const strays = new Set(events.filter(({ eventId }) => eventId === null || !expectedIds.has(eventId)));
  const cells = expectations.map((expectation): ObservedCell => {
    const own = events.filter(({ eventId }) => eventId === expectation.event.id);
    const misnamed = own.length === 0 ? [...strays].filter((event) => isMeant(expectation, event)) : [];
    for (const event of misnamed) strays.delete(event);
    const all = [...own, ...misnamed];
    const record = records.get(paymentKey(expectation)) ?? null;
    return {
      expectation,
      counted: all.find(({ fate }) => fate === 'counted') ?? null,
      record,
      differences: [...(expectation.outcome === 'sent' ? differencesOfSent : differencesOfKeptBack)(expectation, all, record)],
    };
  });
  const warnings = countedBy(events.flatMap((event) => event.warnings));
  return {
    cells,
    differences: [
      ...cells.flatMap(({ differences }) => differences),
      ...[...strays].map((event) => difference('extra', null, `nobody expected ${describe(event)}`)),
      ...[...warnings].map(([text, times]) => difference('warning', null, `TikTok’s end warned ${times}× of ${text}`)),
    ],
    warnings,
    counted: events.filter(({ fate }) => fate === 'counted').length,
    delays: delaysOf(cells, seen.toldAtMs),
  };
}

function* differencesOfSent(
  expectation: Expectation,
  events: readonly ReceivedEvent[],
  record: SeenRecord | null,
): Generator<Difference> {
  const tell = (kind: DifferenceKind, text: string): Difference => difference(kind, expectation, text);
  const [first, ...more] = events.filter(({ fate }) => fate === 'counted');
  if (!first && events.length === 0) yield tell('missing', `${shown(expectation)} never came; the record says ${said(record)}`);
  if (more.length > 0)
    yield tell('doubled', `TikTok counted ${[first, ...more].map((event) => event && describe(event)).join(' and ')}`);
  for (const event of events) {
    if (event.fate === 'refused') yield tell('refused', `TikTok refused ${describe(event)}: ${event.answer}`);
    if (event.fate === 'test') yield tell('test event', `${describe(event)} went to the test view`);
    if (event.fate === 'merged' || event.fate === 'dropped')
      yield tell('repeated', `${describe(event)} came again; TikTok ${event.fate} the repetition`);
  }
  if (first) yield* differencesOfEvent(expectation, first, tell);
  if (record?.state !== 'sent') yield tell('wrong record', `the record says ${said(record)} instead of sent`);
}

function* differencesOfEvent(
  { event: expected }: Expectation,
  event: ReceivedEvent,
  tell: (kind: DifferenceKind, text: string) => Difference,
): Generator<Difference> {
  if (event.eventId !== expected.id) yield tell('wrong id', `expected ${expected.id}, came ${event.eventId ?? 'without any'}`);
  if (event.eventName !== expected.name) yield tell('wrong name', `expected ${expected.name}, came ${event.eventName ?? 'none'}`);
  if (event.value !== expected.value || event.currency !== expected.currency)
    yield tell(
      'wrong value',
      `expected ${expected.value ?? 'none'} ${expected.currency ?? ''}, came ${event.value ?? 'none'} ${event.currency ?? ''}`,
    );
  if (!isAbout(expected.atMs, event))
    yield tell(
      'wrong time',
      `expected ${isoTime(expected.atMs)}, came ${event.eventTime === null ? 'none' : isoTime(event.eventTime * 1000)}`,
    );
  if (event.user['external_id'] !== expected.externalId)
    yield tell('wrong buyer', `external_id is ${event.user['external_id'] === undefined ? 'absent' : 'another user’s'}`);
  if (event.properties['customer_type'] !== expected.customerType)
    yield tell('wrong customer', `expected ${expected.customerType}, came ${String(event.properties['customer_type'])}`);
  yield* differencesOfContents(expected, event, tell);
}

/** One of each: the list, its ids and its number agree. */
function* differencesOfContents(
  { contents: expected, id }: Expectation['event'],
  { properties }: ReceivedEvent,
  tell: (kind: DifferenceKind, text: string) => Difference,
): Generator<Difference> {
  const shownAs = (items: readonly SoldItem[]): string =>
    items.map((item) => `${item.id} ${item.price ?? 'without price'}`).join(', ');
  const [wanted, said] = [shownAs(expected), shownAs(contentsOf(properties))];
  if (said !== wanted) yield tell('wrong contents', `${id}: expected ${wanted}, came ${said || 'none'}`);
  const ids = JSON.stringify(properties['content_ids']);
  if (ids !== JSON.stringify(expected.map((item) => item.id))) yield tell('wrong contents', `content_ids are ${ids}`);
  if (properties['num_items'] !== expected.length)
    yield tell('wrong contents', `num_items is ${String(properties['num_items'])}`);
}

/** The entries of an event's `contents`, as far as they are such. */
export function contentsOf({ contents }: ReceivedEvent['properties']): readonly SoldItem[] {
  return (Array.isArray(contents) ? contents : []).map((entry: Readonly<Record<string, unknown>>) => ({
    id: String(entry['content_id']),
    price: typeof entry['price'] === 'number' ? entry['price'] : null,
  }));
}

function* differencesOfKeptBack(
  expectation: Expectation,
  events: readonly ReceivedEvent[],
  record: SeenRecord | null,
): Generator<Difference> {
  for (const event of events) yield difference('extra', expectation, `TikTok got ${describe(event)}, which was to be kept back`);
  if (record?.state !== 'suppressed' || record.reason !== 'limited')
    yield difference('not proven', expectation, `the record says ${said(record)} instead of suppressed: limited`);
}

/** An event without the right id, but of this buyer and from this time, can only be this payment's. */
function isMeant({ event: { externalId, atMs } }: Expectation, event: ReceivedEvent): boolean {
  return event.user['external_id'] === externalId && isAbout(atMs, event);
}

/** Providers give a payment several times (made, paid, told), minutes apart at most. */
const toleranceMs = 5 * 60_000;

function isAbout(atMs: number, { eventTime }: ReceivedEvent): boolean {
  return eventTime !== null && Math.abs(eventTime * 1000 - atMs) <= toleranceMs;
}

function difference(kind: DifferenceKind, expectation: Expectation | null, text: string): Difference {
  return { kind, expectation, text };
}

function shown({ event: { name, value, currency, id } }: Expectation): string {
  return `${name} ${String(value)} ${String(currency)} (${id})`;
}

function describe({ eventName, value, currency, eventId }: ReceivedEvent): string {
  return (
    `${eventName ?? 'an event'} ${String(value ?? 'without value')} ${currency ?? ''}`.trimEnd() + ` (${eventId ?? 'no id'})`
  );
}

function said(record: SeenRecord | null): string {
  if (!record) return 'nothing';
  return [record.state, record.reason, record.lastError?.type].filter((word) => typeof word === 'string').join(': ');
}

function isoTime(atMs: number): string {
  return new Date(atMs).toISOString();
}

function countedBy(texts: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}

function delaysOf(cells: readonly ObservedCell[], toldAtMs: ReadonlyMap<string, number>): Delays | null {
  const delays = cells.flatMap(({ expectation, counted }) => {
    const toldAt = toldAtMs.get(paymentKey(expectation));
    return counted && toldAt !== undefined ? [counted.at - toldAt] : [];
  });
  if (delays.length === 0) return null;
  const sorted = delays.sort((a, b) => a - b);
  const rank = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { events: sorted.length, medianMs: rank(0.5), p90Ms: rank(0.9), maxMs: rank(1) };
}

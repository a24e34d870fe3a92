/** Compares what became of a fault's webhooks with the right values, for the order in which they happened and for any other. */
import type { PurchaseRecord } from '../../src/domain/purchase';
import type { SentEvent, SimulatedRelay } from '../support/simulated-relay';

/**
 * Money id → what is right: `<phase> sent <value> <event id>`, `<phase> suppressed(<reason>)` …, or several of which each is right.
 * `*` stands for anything; a phase `none` for a record without one. A key `a|b` is one payment, under either id.
 */
export type RightRecords = Readonly<Record<string, string | readonly string[]>>;

/** Exactly these records, and exactly the events of those that were sent, each once. */
export async function expectRight(relay: SimulatedRelay, right: RightRecords): Promise<void> {
  const records = Object.values(await relay.records());
  const rows = rowsOf(records);
  expect(rows).toEqual(nearest(right, rows));
  expectSentOnce(relay.sent(), records);
}

/**
 * The same payments, sent or kept back for the same reasons, and as many of each phase. Of two payments that came the wrong way round,
 * the one that was sent first keeps its phase. While the limit is on, it also decides which of a user's payments is sent.
 */
export async function expectRightInAnyOrder(relay: SimulatedRelay, right: RightRecords): Promise<void> {
  const records = Object.values(await relay.records());
  const rows = rowsOf(records);
  if (relay.settings.limitPurchaseEvents) {
    const states = Object.values(rows).map(progressOf).sort();
    expect(states).toEqual(closest(choicesOf(right, progressOf), states));
  } else {
    const fates = mapped(rows, fateOf);
    expect(fates).toEqual(nearest(mapped(right, fateOf), fates));
    expect(checkoutIdsOf(rows)).toEqual(checkoutIdsOf(first(right)));
  }
  const told = Object.entries(rows).filter(([moneyId]) => hasPhase(right, moneyId));
  const phases = told.map(([, row]) => phaseOf(row)).sort();
  expect(phases).toEqual(closest(choicesOf(right, phaseOf), phases));
  expectSentOnce(relay.sent(), records);
}

type Rows = Readonly<Record<string, string>>;

function rowsOf(records: readonly PurchaseRecord[]): Rows {
  return Object.fromEntries(records.map((record) => [record.moneyId, rowOf(record)]));
}

/** Words with blanks between: phase, progress, and of a sent one amount, currency and event id. */
function rowOf({ phase, state, reason, value, eventId }: PurchaseRecord): string {
  const progress = reason === null ? state : `${state}(${reason.replaceAll(' ', '_')})`;
  const amount = value === null ? 'no value' : `${(value.amountMinor / 100).toFixed(2)} ${value.currency}`;
  return [phase ?? 'none', progress, ...(state === 'sent' ? [amount, eventId] : [])].join(' ');
}

const phaseOf = (row: string): string => row.split(' ')[0]!;
const progressOf = (row: string): string => row.split(' ')[1]!;
const fateOf = (row: string): string => row.split(' ').slice(1, 4).join(' ');

/** The event ids that are a checkout's: each belongs to one payment, whichever that is. */
function checkoutIdsOf(rows: Rows): readonly string[] {
  const ids = Object.entries(rows).map(([moneyId, row]) => ({ moneyId, eventId: row.split(' ')[4] }));
  return ids.flatMap(({ moneyId, eventId }) => (!eventId || eventId === '*' || eventId.endsWith(`:${moneyId}`) ? [] : eventId));
}

/** The right rows, written as the actual ones where those are right, so that a difference shows only what is wrong. */
function nearest(right: RightRecords, actual: Rows): Rows {
  const rows = Object.entries(right).map(([key, row]) => {
    const moneyId = key.split('|').find((id) => id in actual) ?? key;
    const found = actual[moneyId];
    const isRight = found !== undefined && listOf(row).some((one) => matches(one, found));
    return [moneyId, isRight ? found : listOf(row).join(' or ')] as const;
  });
  return Object.fromEntries(rows);
}

function matches(pattern: string, row: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(row);
}

/** Every combination of what is right of each payment, sorted; without what does not matter. */
function choicesOf(right: RightRecords, part: (row: string) => string): readonly (readonly string[])[] {
  const lists = Object.values(right).map((row) => listOf(row).map(part));
  const combined = lists.reduce<readonly (readonly string[])[]>(
    (choices, list) => choices.flatMap((choice) => list.map((one) => (one === '*' ? choice : [...choice, one]))),
    [[]],
  );
  return combined.map((choice) => [...choice].sort());
}

/** The choice that equals the actual values, or else the first. */
function closest(choices: readonly (readonly string[])[], actual: readonly string[]): readonly string[] {
  const sorted = [...actual].sort();
  const meets = (choice: readonly string[]): boolean =>
    choice.length === sorted.length && choice.every((pattern, at) => matches(pattern, sorted[at]!));
  return choices.some(meets) ? sorted : choices[0]!;
}

function hasPhase(right: RightRecords, moneyId: string): boolean {
  const key = Object.keys(right).find((one) => one.split('|').includes(moneyId));
  return key === undefined || phaseOf(listOf(right[key]!)[0]!) !== '*';
}

function mapped<T extends RightRecords>(rows: T, part: (row: string) => string): { [K in keyof T]: T[K] } {
  const entries = Object.entries(rows).map(([key, row]) => [key, typeof row === 'string' ? part(row) : row.map(part)]);
  return Object.fromEntries(entries) as { [K in keyof T]: T[K] }; // a text stays a text, a list a list
}

function first(right: RightRecords): Rows {
  return Object.fromEntries(Object.entries(right).map(([key, row]) => [key.split('|')[0]!, listOf(row)[0]!]));
}

function listOf(row: string | readonly string[]): readonly string[] {
  return typeof row === 'string' ? [row] : row;
}

/** TikTok has what the records say, each event once. */
function expectSentOnce(sent: readonly SentEvent[], records: readonly PurchaseRecord[]): void {
  const told = sent.map(({ eventId, value, currency }) => ({ eventId, value, currency }));
  const recorded = records
    .filter(({ state }) => state === 'sent')
    .map(({ eventId, value }) => ({
      eventId,
      value: value && value.amountMinor / 100,
      currency: value?.currency ?? null,
    }));
  const byId = (a: { eventId: string }, b: { eventId: string }): number => (a.eventId < b.eventId ? -1 : 1);
  expect(told.sort(byId)).toEqual(recorded.sort(byId));
  expect(new Set(told.map(({ eventId }) => eventId)).size).toBe(told.length);
}

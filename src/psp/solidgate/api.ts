/**
 * Renewal checks of Solidgate read the reports of card orders, of alternative payments' orders and of subscriptions, all by the time of
 * their last change. Rows are brought into the shape of webhooks and read by the webhooks' own readers.
 * https://docs.solidgate.com/reporting/overview/
 */
import { z } from 'zod';
import { dayMs } from '../../domain/duration';
import { PspApiError } from '../adapter';
import type { ApiPage, ListDescription, PspApi, PspApiOptions, ReadFact, TimeWindow } from '../adapter';
import { schemaMismatch } from '../schema-mismatch';
import { solidgateClient } from './client';
import type { SolidgateClient } from './client';
import { timeText } from './dates';
import { paidInvoices } from './invoices';
import { readOrder } from './orders';
import { orderSchema, subscriptionSchema } from './schema';
import type { SubscriptionEvent } from './schema';
import { endOf } from './subscriptions';

/** https://docs.solidgate.com/reporting/overview/: reports by `updated_at`; Solidgate names no limit of age. */
const changedRows: ListDescription = { orderedBy: 'change', lookBackMs: 0, kept: null };

export function createSolidgateApi(options: PspApiOptions): PspApi {
  const client = solidgateClient(options);
  return {
    list: changedRows,

    async changes(window, page) {
      const cursor = page === null ? firstCursor(window, options.nowMs()) : cursorOf(page);
      const { rows, iterator } = await report(client, cursor);
      const read = rows.map((row) => stages[cursor.stage].read(row, options, window));
      return pageOf(read, nextCursor(cursor, iterator));
    },

    async ofSubscription(subscription, fromMs) {
      const answer = await client.post('subscriptions', '/subscription/status', { subscription_id: subscription });
      if (answer === null) return pageOf([], null);
      if (!isRecord(answer))
        throw new PspApiError('unexpected', 'Solidgate answered /subscription/status with something else than a subscription');
      // The same shape as a webhook's, without the callback.
      const page = pageOf([readSubscriptionRow(answer, options, { fromMs, toMs: Infinity }, subscription)], null);
      return { ...page, nextDueAtMs: nextChargeAtMs(answer) };
    },
  };
}

type StageName = 'card-orders' | 'apm-orders' | 'subscriptions';

/** One report after the other. */
interface Stage {
  read(row: unknown, options: PspApiOptions, window: TimeWindow): Read;
  readonly next: StageName | null;
}

const stages: Readonly<Record<StageName, Stage>> = {
  'card-orders': { read: readOrderRow, next: 'apm-orders' },
  'apm-orders': { read: readOrderRow, next: 'subscriptions' },
  subscriptions: {
    read: (row, options, window) => readSubscriptionRow(eventOfRow(row), options, window, null),
    next: null,
  },
};

/** The position of a renewal check in the reports; as text it is the `page`. */
interface Cursor {
  readonly stage: StageName;
  /** Of the first report, where the next one begins again. */
  readonly startMs: number;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly iterator: string | null;
}

/** Reports reach over 36 days at most. https://docs.solidgate.com/reporting/operational-reports/card-orders/ */
const spanMs = 30 * dayMs;
const rowsPerPage = 500;

/** A row shows its last change only, so all that has changed since the window's start is asked for, and what happened in it is kept. */
function firstCursor({ fromMs, toMs }: TimeWindow, nowMs: number): Cursor {
  return { stage: 'card-orders', startMs: fromMs, fromMs, untilMs: Math.max(toMs, nowMs), iterator: null };
}

function nextCursor(cursor: Cursor, iterator: string | null): string | null {
  const { stage, startMs, fromMs, untilMs } = cursor;
  if (iterator !== null) return tokenOf({ ...cursor, iterator });
  if (fromMs + spanMs < untilMs) return tokenOf({ ...cursor, fromMs: fromMs + spanMs, iterator: null });
  const { next } = stages[stage];
  return next === null ? null : tokenOf({ stage: next, startMs, fromMs: startMs, untilMs, iterator: null });
}

function tokenOf({ stage, startMs, fromMs, untilMs, iterator }: Cursor): string {
  return [stage, startMs, fromMs, untilMs, iterator ?? ''].join(' ');
}

function cursorOf(token: string): Cursor {
  const [, stage, startMs, fromMs, untilMs, iterator] = /^(\S+) (\d+) (\d+) (\d+) (.*)$/s.exec(token) ?? [];
  if (stage === undefined || !Object.hasOwn(stages, stage))
    throw new PspApiError('unexpected', 'the page is not a cursor of Solidgate');
  return {
    stage: stage as StageName, // one of the names, as just checked
    startMs: Number(startMs),
    fromMs: Number(fromMs),
    untilMs: Number(untilMs),
    iterator: iterator === undefined || iterator === '' ? null : iterator,
  };
}

/** Rows in a list or a map; a null iterator says that all were given. */
const reportSchema = z.object({
  orders: z.array(z.unknown()).optional(),
  subscriptions: z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())]).optional(),
  metadata: z.object({ next_page_iterator: z.string().nullish() }).nullish(),
});

async function report(
  client: SolidgateClient,
  cursor: Cursor,
): Promise<{ readonly rows: readonly unknown[]; readonly iterator: string | null }> {
  const answer = await client.post('reports', `/${cursor.stage}`, {
    filter: 'updated_at',
    date_from: timeText(cursor.fromMs),
    date_to: timeText(Math.min(cursor.fromMs + spanMs, cursor.untilMs) + 999),
    limit: rowsPerPage,
    ...(cursor.iterator === null ? {} : { next_page_iterator: cursor.iterator }),
  });
  const page = reportSchema.safeParse(answer);
  const rows = page.success ? (cursor.stage === 'subscriptions' ? page.data.subscriptions : page.data.orders) : undefined;
  if (!page.success || rows === undefined)
    throw new PspApiError('unexpected', `Solidgate answered /${cursor.stage} without a report`);
  return { rows: Object.values(rows), iterator: page.data.metadata?.next_page_iterator || null };
}

interface Read {
  readonly id: string | null;
  readonly facts: readonly ReadFact[];
  /** Why the row could not be read, and the row in the shape of a webhook; null when it was read. */
  readonly problem: { readonly reason: string; readonly body: unknown } | null;
}

/**
 * Reads one-offs and refunds. A subscription's buyer comes with its invoices, so the row of a subscription's order adds nothing.
 */
function readOrderRow(row: unknown, options: PspApiOptions, window: TimeWindow): Read {
  const fields = isRecord(row) ? row : {};
  const body = { order: row, transactions: fields.transactions, order_metadata: fields.order_metadata };
  const event = orderSchema.safeParse(body);
  const id = idOf(fields.order_id);
  const misread = (reason: string): Read => ({ id, facts: [], problem: { reason, body } });
  if (!event.success) return misread(schemaMismatch(event.error, ''));
  const reading = readOrder(event.data, options.context);
  if (reading.kind === 'unreadable') return misread(reading.reason);
  const facts = reading.kind === 'facts' ? reading.facts : [];
  const happened = facts.filter(({ fact }) => fact.kind !== 'updated' && happenedIn(window, fact.occurredAtMs));
  return { id, facts: happened, problem: null };
}

function readSubscriptionRow(body: unknown, options: PspApiOptions, window: TimeWindow, subscription: string | null): Read {
  const id = subscription ?? idOf(isRecord(body) && isRecord(body.subscription) ? body.subscription.id : undefined);
  const misread = (reason: string): Read => ({ id, facts: [], problem: { reason, body } });
  const event = subscriptionSchema.safeParse(body);
  if (!event.success) return misread(schemaMismatch(event.error, ''));
  const { payments, problem } = paidInvoices(withoutCallback(event.data), options.context);
  if (problem !== null) return misread(problem);
  const paid = payments
    .filter(({ changedAtMs, payment }) => changedAtMs >= window.fromMs && happenedIn(window, payment.fact.occurredAtMs))
    .map(({ payment }) => payment);
  const end = endOf(event.data);
  const isRecent = end !== null && end.fact.occurredAtMs >= window.fromMs && end.fact.occurredAtMs < window.toMs;
  return { id, facts: isRecent ? [...paid, end] : paid, problem: null };
}

/** Undefined once the subscription is over: then the date is that of a charge which will not come. */
function nextChargeAtMs(answer: unknown): number | undefined {
  const event = subscriptionSchema.safeParse(answer);
  return event.success && endOf(event.data) === null ? event.data.subscription.next_charge_at : undefined;
}

/** How long after it was made an order may be approved, settled or refunded, and still be found. */
const latenessMs = 14 * dayMs;

function happenedIn({ fromMs, toMs }: TimeWindow, occurredAtMs: number): boolean {
  return occurredAtMs >= fromMs - latenessMs && occurredAtMs < toMs;
}

/** A report's row is a webhook's body with the subscription's own fields at the top. */
function eventOfRow(row: unknown): unknown {
  if (!isRecord(row)) return row;
  const { product, customer, invoices } = row;
  return { subscription: row, product, customer, invoices };
}

function withoutCallback(event: SubscriptionEvent): SubscriptionEvent {
  return { ...event, callback_type: null };
}

function pageOf(read: readonly Read[], nextPage: string | null): ApiPage {
  return {
    facts: read.flatMap(({ facts }) => facts),
    links: [],
    unreadable: read.flatMap(({ id, problem }) => (problem === null ? [] : [{ id, ...problem }])),
    readIds: read.flatMap(({ id, problem }) => (id === null || problem !== null ? [] : [id])),
    nextPage,
  };
}

function idOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

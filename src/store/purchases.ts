/** The table of purchases: a projection of the workflows, for operators to search and for reports to sum up. */
import { and, asc, desc, eq, exists, inArray, lt, sql } from 'drizzle-orm';
import type { SQL } from 'drizzle-orm';
import { minuteMs } from '../domain/duration';
import type { UserKey } from '../domain/identity';
import type { DeliveryError, EventValue, PaymentRef, PurchaseRecord, PurchaseRow, PurchaseState } from '../domain/purchase';
import { pageOf, type Page } from './cursor';
import type { Database, Queries } from './driver/database';
import { RowPlaceholders, statement } from './driver/statement';
import type { OrderKey } from './orders';
import type { PurchaseFilter } from './purchase-filter';
import { isAfter, matches } from './purchase-filter';
import type { PurchaseCounts } from './purchase-totals';
import { countByState, countedIn } from './purchase-totals';
import type { Row } from './purchase-rows';
import { isNewer, isNotHeld, orderOf, toPurchase, toRow, upsert, writeRows } from './purchase-rows';
import { ofSameOrder } from './same-order';
import { deliveryAttempts, paymentIds, purchases, userIdentifiers, userOrders } from './schema';

/** An invoice is told as paid within seconds of its PaymentIntent. */
const sameTimeMs = 10 * minuteMs;

const begun = new RowPlaceholders(purchases);
const beginning = statement((queries) =>
  upsert(queries, [begun.row], isNewer('asDecided'), { isAttempt: true }).returning().prepare('begin_attempt'),
);

export interface PurchaseStore {
  /**
   * Upserts by (integration, psp, moneyId). A row with a higher `revision` is left alone, and one of the same revision that was decided
   * later: `asOfMs` is when these records were, by Temporal's clock. Without it they are what the workflow says now.
   */
  record(integration: string, records: readonly PurchaseRecord[], asOfMs?: number): Promise<void>;
  /** Writes a purchase that is kept back for a refusal that only a page without proof said. */
  recordRefusedByPage(integration: string, record: PurchaseRecord, asOfMs?: number): Promise<void>;
  /** Writes that the purchase waits until sends are resumed; a row that says so already is left alone. */
  recordPaused(integration: string, record: PurchaseRecord, asOfMs?: number): Promise<void>;
  /** Removes the row of a payment that turned out to be another one, and its attempts; one that was sent stays. Repeatable. */
  remove(integration: string, payment: PaymentRef): Promise<void>;
  /**
   * A subscription's payment of the same buyer that may be the same as this one: of the same amount, at nearly the same time. Null
   * without one.
   */
  twinOf(integration: string, keys: readonly UserKey[], record: PurchaseRecord): Promise<PaymentRef | null>;
  /**
   * Counts an attempt and keeps the time of the first one. Returns both, and the sent event if the row says `sent` already: because
   * the result of an attempt was lost, or because the workflow has closed since.
   */
  beginAttempt(integration: string, payment: PaymentRef, atMs: number): Promise<Attempt>;
  /** `record` and `beginAttempt` in one round trip. `asOfMs` is as there. */
  recordAttempt(
    integration: string,
    record: PurchaseRecord,
    times: { readonly asOfMs: number; readonly atMs: number },
  ): Promise<Attempt>;
  /**
   * Newest first, by `occurredAtMs`, then money id.
   * @throws InvalidCursor when the cursor is malformed.
   */
  list(filter: PurchaseFilter): Promise<PurchasePage>;
  /** Null when there is no such payment. */
  find(integration: string, psp: string, moneyId: string): Promise<PurchaseRow | null>;
  /** In the order in which they happened. */
  ofSubscription(integration: string, psp: string, subscription: string): Promise<readonly PurchaseRow[]>;
  /** Those of the payments that have a row, in the order of time. */
  byIds(integration: string, psp: string, moneyIds: readonly string[]): Promise<readonly PurchaseRow[]>;
  /** The orders, of all integrations, with a purchase that has been pending since before a time: since its first attempt, if it had one. */
  ordersPendingSince(beforeMs: number): Promise<readonly OrderKey[]>;
  /** From the totals: nothing is scanned. */
  count(integration: string): Promise<PurchaseCounts>;
  /** When the oldest pending purchase happened, what is held aside; null when none is pending. */
  oldestPendingAtMs(integration: string): Promise<number | null>;
  /**
   * The amounts charged in a period, by provider, currency and state; failed charges are counted apart, samples not at all. Whole UTC days
   * come from the totals.
   */
  sums(filter: {
    readonly integration: string;
    readonly psp?: string;
    readonly fromMs: number;
    readonly toMs: number;
  }): Promise<readonly PurchaseSum[]>;
  /**
   * The payments among `ids` that have a row, each with its money id. An id may be another of the payment's ids. A charge that failed is
   * none of them: it may be paid later.
   */
  known(integration: string, psp: string, ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
}

export type PurchasePage = Page<PurchaseRow>;

export interface Attempt {
  readonly attempts: number;
  readonly firstAttemptAtMs: number;
  /** The error of the last failed attempt. */
  readonly lastError: DeliveryError | null;
  readonly alreadySent: {
    readonly eventId: string;
    readonly requestId: string | null;
    readonly sentAtMs: number;
    readonly value: EventValue | null;
  } | null;
}

export interface PurchaseSum {
  readonly psp: string;
  readonly currency: string;
  readonly state: PurchaseState;
  readonly count: number;
  readonly chargedMinor: bigint;
  /** Charges that failed: recorded as `not_a_purchase`, and neither in `count` nor in `chargedMinor`. */
  readonly failed: number;
}

/** Purchases over the table `purchases`. */
export function purchaseStore({ queries }: Database): PurchaseStore {
  async function beginAttempt(integration: string, payment: PaymentRef, atMs: number): Promise<Attempt> {
    const [row] = await queries
      .update(purchases)
      .set({
        attempts: sql`${purchases.attempts} + 1`,
        firstAttemptAtMs: sql`coalesce(${purchases.firstAttemptAtMs}, ${atMs}::bigint)`,
        // Sends have been resumed.
        waitingFor: sql`case when ${purchases.waitingFor} = 'paused' then 'queue' else ${purchases.waitingFor} end`,
      })
      .where(isPayment(integration, payment))
      .returning();
    if (!row) throw new Error(`no purchase ${payment.psp}/${payment.moneyId}: it is recorded before it is attempted`);
    return attemptOf(row, atMs);
  }

  return {
    async remove(integration, payment) {
      const ofOrder = eq(purchases.subscription, payment.subscription);
      const gone = queries.$with('gone').as(
        queries
          .delete(purchases)
          .where(and(isPayment(integration, payment), ofOrder, sql`${purchases.state} <> 'sent'`))
          .returning({ psp: purchases.psp, moneyId: purchases.moneyId }),
      );
      const isGone = queries
        .select({ found: sql`1` })
        .from(gone)
        .where(and(eq(gone.psp, deliveryAttempts.psp), eq(gone.moneyId, deliveryAttempts.moneyId)));
      await queries
        .with(gone)
        .delete(deliveryAttempts)
        .where(and(eq(deliveryAttempts.integration, integration), exists(isGone)));
    },

    async twinOf(integration, keys, { psp, subscription, chargedMinor, currency, occurredAtMs }) {
      const named = keys.filter(({ kind }) => kind !== 'order' && kind !== 'checkout').map(({ hmac }) => hmac);
      if (named.length === 0) return null;
      const [twin] = await queries
        .select({ psp: purchases.psp, subscription: purchases.subscription, moneyId: purchases.moneyId })
        .from(userIdentifiers)
        .innerJoin(userOrders, eq(userOrders.userId, userIdentifiers.userId))
        .innerJoin(purchases, ofSameOrder(purchases, userOrders))
        .where(
          and(
            eq(userIdentifiers.integration, integration),
            inArray(userIdentifiers.hmac, named),
            eq(purchases.psp, psp),
            eq(purchases.chargedMinor, chargedMinor),
            eq(purchases.currency, currency),
            sql`${purchases.subscription} <> ${subscription} and ${purchases.purchaseType} <> 'lifetime'`,
            sql`abs(${purchases.occurredAtMs} - ${occurredAtMs}::bigint) <= ${sameTimeMs}::bigint`,
          ),
        )
        .limit(1);
      return twin ?? null;
    },

    async record(integration, records, asOfMs) {
      const rows = records.map((record) => toRow(integration, record, { asOfMs }));
      await writeRows(queries, rows, isNewer(orderOf(asOfMs)));
    },

    async recordRefusedByPage(integration, record, asOfMs) {
      await writeRows(queries, [toRow(integration, record, { refusedByPage: true, asOfMs })], isNewer(orderOf(asOfMs)));
    },

    async recordPaused(integration, record, asOfMs) {
      const isNews = sql`${isNewer(orderOf(asOfMs))} and ${purchases.waitingFor} is distinct from 'paused'`;
      await upsert(queries, [toRow(integration, record, { waitingFor: 'paused', asOfMs })], isNews);
    },

    beginAttempt,

    async recordAttempt(integration, record, { asOfMs, atMs }) {
      const row = toRow(integration, { ...record, attempts: record.attempts + 1 }, { asOfMs });
      const [written] = await beginning(queries).execute(begun.valuesOf({ ...row, firstAttemptAtMs: atMs }));
      // A row that says something newer is left as it is, but for its attempts.
      return written ? attemptOf(written, atMs) : beginAttempt(integration, record, atMs);
    },
    async list(filter) {
      const rows = await queries
        .select()
        .from(purchases)
        .where(and(matches(queries, filter), filter.cursor === undefined ? undefined : isAfter(filter.cursor)))
        .orderBy(desc(purchases.occurredAtMs), desc(purchases.moneyId), desc(purchases.psp))
        .limit(filter.limit + 1);
      const page = pageOf(rows, filter.limit, ({ occurredAtMs, moneyId, psp }) => [occurredAtMs, moneyId, psp]);
      return { ...page, items: page.items.map(toPurchase) };
    },

    async find(integration, psp, moneyId) {
      const [row] = await queries.select().from(purchases).where(isPayment(integration, { psp, moneyId }));
      return row ? toPurchase(row) : null;
    },

    async ofSubscription(integration, psp, subscription) {
      const rows = await queries
        .select()
        .from(purchases)
        .where(and(eq(purchases.integration, integration), eq(purchases.psp, psp), eq(purchases.subscription, subscription)))
        .orderBy(asc(purchases.occurredAtMs), asc(purchases.moneyId));
      return rows.map(toPurchase);
    },

    async byIds(integration, psp, moneyIds) {
      if (moneyIds.length === 0) return [];
      const rows = await queries
        .select()
        .from(purchases)
        .where(and(eq(purchases.integration, integration), eq(purchases.psp, psp), inArray(purchases.moneyId, [...moneyIds])))
        .orderBy(asc(purchases.occurredAtMs), asc(purchases.moneyId));
      return rows.map(toPurchase);
    },

    async ordersPendingSince(beforeMs) {
      const { integration, psp, subscription, firstAttemptAtMs, occurredAtMs } = purchases;
      return queries
        .selectDistinct({ integration, psp, subscription })
        .from(purchases)
        .where(and(eq(purchases.state, 'pending'), lt(sql`coalesce(${firstAttemptAtMs}, ${occurredAtMs})`, beforeMs)))
        .orderBy(asc(integration), asc(psp), asc(subscription));
    },

    count: (integration) => countByState(queries, integration),

    async oldestPendingAtMs(integration) {
      const [row] = await queries
        .select({ atMs: sql<number | null>`min(${purchases.occurredAtMs})`.mapWith(Number) })
        .from(purchases)
        .where(and(eq(purchases.integration, integration), eq(purchases.state, 'pending'), isNotHeld));
      return row?.atMs ?? null;
    },

    async sums(period) {
      const counted = countedIn(queries, period);
      const failed = sql`(${counted.state} = 'not_a_purchase' and ${counted.reason} = 'payment_failed')`;
      return queries
        .select({
          psp: counted.psp,
          currency: counted.currency,
          state: counted.state,
          count: sql<number>`coalesce(sum(${counted.count}) filter (where not ${failed}), 0)`.mapWith(Number),
          chargedMinor: sql<bigint>`coalesce(sum(${counted.chargedMinor}) filter (where not ${failed}), 0)`.mapWith(BigInt),
          failed: sql<number>`coalesce(sum(${counted.count}) filter (where ${failed}), 0)`.mapWith(Number),
        })
        .from(counted)
        .groupBy(counted.psp, counted.currency, counted.state)
        .having(sql`sum(${counted.count}) <> 0`)
        .orderBy(asc(counted.psp), asc(counted.currency), asc(counted.state));
    },

    async known(integration, psp, ids) {
      if (ids.length === 0) return new Map();
      const isPaid = and(eq(purchases.integration, integration), eq(purchases.psp, psp), sql`not ${isFailedCharge}`);
      const own = await queries
        .select({ id: purchases.moneyId, moneyId: purchases.moneyId })
        .from(purchases)
        .where(and(isPaid, inArray(purchases.moneyId, [...ids])));
      const linked = await queries
        .select({ id: paymentIds.paymentId, moneyId: paymentIds.moneyId })
        .from(paymentIds)
        .innerJoin(purchases, eq(purchases.moneyId, paymentIds.moneyId))
        .where(
          and(isPaid, eq(paymentIds.integration, integration), eq(paymentIds.psp, psp), inArray(paymentIds.paymentId, [...ids])),
        );
      return new Map([...linked, ...own].map(({ id, moneyId }) => [id, moneyId]));
    },
  };
}

/** True of the row of a charge that failed. Its amount is 0: nothing was charged. */
const isFailedCharge = sql`(${purchases.state} = 'not_a_purchase' and ${purchases.reason} is not distinct from 'payment_failed')`;

/**
 * The first payment of each order among the `wanted` purchases: its trial start, or else its earliest conversion. An order with
 * renewals only has none.
 */
export async function firstPayments(
  queries: Queries,
  integration: string,
  wanted: SQL | undefined,
): Promise<readonly PurchaseRecord[]> {
  const rows = await queries
    .selectDistinctOn([purchases.psp, purchases.subscription])
    .from(purchases)
    .where(and(eq(purchases.integration, integration), inArray(purchases.phase, ['trial_start', 'conversion']), wanted))
    .orderBy(
      asc(purchases.psp),
      asc(purchases.subscription),
      desc(eq(purchases.phase, 'trial_start')),
      asc(purchases.occurredAtMs),
      asc(purchases.moneyId),
    );
  return rows.map(toPurchase);
}

/** Adds the row of a payment that its workflow has not decided. An existing row stays as it is. */
export async function addPending(tx: Queries, integration: string, record: PurchaseRecord): Promise<void> {
  await tx.insert(purchases).values(toRow(integration, record)).onConflictDoNothing();
}

function attemptOf(row: Row, atMs: number): Attempt {
  const { attempts, eventId, requestId, sentAtMs, value, state, lastError } = toPurchase(row);
  const alreadySent = state === 'sent' && sentAtMs !== null ? { eventId, requestId, sentAtMs, value } : null;
  return { attempts, firstAttemptAtMs: row.firstAttemptAtMs ?? atMs, lastError, alreadySent };
}

function isPayment(integration: string, { psp, moneyId }: Pick<PaymentRef, 'psp' | 'moneyId'>): SQL | undefined {
  return and(eq(purchases.integration, integration), eq(purchases.psp, psp), eq(purchases.moneyId, moneyId));
}

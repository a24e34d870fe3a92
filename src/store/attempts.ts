/** The attempts to send purchases: what was asked of TikTok, what it answered, and what became of the purchase. */
import { and, asc, eq } from 'drizzle-orm';
import type { Keyring } from '../crypto/keyring';
import type { DeliveryOutcome } from '../domain/delivery';
import type { DeliveryError, Destination, MatchedBy, PaymentRef, PurchaseRecord } from '../domain/purchase';
import type { Database, Queries } from './driver/database';
import { RowPlaceholders, statement } from './driver/statement';
import { isNewer, orderOf, toRow, upsert, type WriteOrder } from './purchase-rows';
import { deliveryAttempts, purchases } from './schema';

export interface AttemptStore {
  /**
   * Keeps an attempt and writes to the purchase's row what it came to, both or neither: no accepted attempt is missing. Repeatable:
   * an attempt that is kept stays as it is.
   */
  keep(integration: string, ended: EndedAttempt): Promise<void>;
  /** The attempts of a payment, in their order. */
  of(integration: string, psp: string, moneyId: string): Promise<readonly DeliveryAttempt[]>;
}

/** One attempt. */
export interface DeliveryAttempt {
  /** 1, 2, 3 … */
  readonly number: number;
  readonly atMs: number;
  readonly durationMs: number;
  readonly outcome: DeliveryOutcome['kind'];
  readonly code: number | null;
  /** TikTok's words, redacted. */
  readonly message: string | null;
  readonly requestId: string | null;
  /** The operator who asked for it; null when the settings decided. */
  readonly by: string | null;
  readonly destination: Destination;
  /** The request's body, without what would name a person in clear. Null when none was sent, and after the buyer's erasure. */
  readonly request: unknown;
}

/** An attempt, and what it made of its purchase. */
export interface EndedAttempt {
  readonly payment: PaymentRef;
  readonly attempt: DeliveryAttempt;
  /** Null when no request was made. */
  readonly matchedBy: readonly MatchedBy[] | null;
  readonly became: EndedRecord | TriedAgain;
}

/** The purchase's record as the attempt leaves it. */
interface EndedRecord {
  readonly record: PurchaseRecord;
  /** When Temporal scheduled the attempt: a row of the same revision that was decided later stands. */
  readonly asOfMs?: number;
}

/** The purchase stays pending. Times in Unix milliseconds. */
interface TriedAgain {
  readonly error: DeliveryError;
  readonly nextAttemptAtMs: number;
  readonly givesUpAtMs: number;
}

const kept = new RowPlaceholders(deliveryAttempts, 'attempt.');
const purchase = new RowPlaceholders(purchases);

/** Keeps an attempt and writes the row of its purchase, in either order of writes. */
const ending = {
  asDecided: endingBy('asDecided', 'end_attempt'),
  asSaidNow: endingBy('asSaidNow', 'end_attempt_now'),
};

function endingBy(order: WriteOrder, name: string) {
  return statement((queries) => upsert(queries.with(keeping(queries, kept.row)), [purchase.row], isNewer(order)).prepare(name));
}

function keeping(queries: Queries, row: typeof deliveryAttempts.$inferInsert) {
  const keep = queries.insert(deliveryAttempts).values(row).onConflictDoNothing();
  return queries.$with('kept').as(keep.returning({ number: deliveryAttempts.number }));
}

/** Attempts over the table `delivery_attempts`, beside their purchases. */
export function attemptStore({ queries }: Database, keyring: Keyring): AttemptStore {
  return {
    async keep(integration, { payment: { psp, moneyId }, attempt, matchedBy, became }) {
      const { request, ...shown } = attempt;
      const sealed = request === null ? null : keyring.sealJson(request);
      const row = { integration, psp, moneyId, ...shown, request: sealed };
      const trace = { destination: attempt.destination, matchedBy };
      if ('record' in became) {
        const ended = toRow(integration, became.record, { ...trace, asOfMs: became.asOfMs });
        await ending[orderOf(became.asOfMs)](queries).execute({ ...kept.valuesOf(row), ...purchase.valuesOf(ended) });
        return;
      }
      const { error, nextAttemptAtMs, givesUpAtMs } = became;
      await queries
        .with(keeping(queries, row))
        .update(purchases)
        .set({
          ...{ errorType: error.type, errorCode: error.code, errorMessage: error.message },
          ...{ ...trace, waitingFor: 'retry', nextAttemptAtMs, givesUpAtMs },
        })
        .where(
          and(
            eq(purchases.integration, integration),
            eq(purchases.psp, psp),
            eq(purchases.moneyId, moneyId),
            eq(purchases.state, 'pending'),
          ),
        );
    },

    async of(integration, psp, moneyId) {
      const rows = await queries
        .select()
        .from(deliveryAttempts)
        .where(
          and(
            eq(deliveryAttempts.integration, integration),
            eq(deliveryAttempts.psp, psp),
            eq(deliveryAttempts.moneyId, moneyId),
          ),
        )
        .orderBy(asc(deliveryAttempts.number));
      return rows.map(({ integration: _integration, psp: _psp, moneyId: _moneyId, request, ...attempt }) => ({
        ...attempt,
        request:
          request === null ? null : keyring.openJson(request, `the request of attempt ${attempt.number} at ${psp} ${moneyId}`),
      }));
    },
  };
}

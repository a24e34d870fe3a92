/** The attempts to send purchases: what was asked of TikTok, what it answered, and what became of the purchase. */
import { and, asc, eq } from 'drizzle-orm';
import type { Keyring } from '../crypto/keyring';
import type { DeliveryOutcome } from '../domain/delivery';
import type { DeliveryError, Destination, MatchedBy, PaymentRef, PurchaseRecord } from '../domain/purchase';
import type { Database } from './driver/database';
import { isNewer, toRow, upsert } from './purchase-rows';
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

/** Attempts over the table `delivery_attempts`, beside their purchases. */
export function attemptStore({ queries }: Database, keyring: Keyring): AttemptStore {
  return {
    async keep(integration, { payment: { psp, moneyId }, attempt, matchedBy, became }) {
      const { request, ...shown } = attempt;
      const sealed = request === null ? null : keyring.sealJson(request);
      const kept = queries.$with('kept').as(
        queries
          .insert(deliveryAttempts)
          .values({ integration, psp, moneyId, ...shown, request: sealed })
          .onConflictDoNothing()
          .returning({ number: deliveryAttempts.number }),
      );
      const trace = { destination: attempt.destination, matchedBy };
      if ('record' in became) {
        await upsert(
          queries.with(kept),
          [toRow(integration, became.record, { ...trace, asOfMs: became.asOfMs })],
          isNewer(became.asOfMs),
        );
        return;
      }
      const { error, nextAttemptAtMs, givesUpAtMs } = became;
      await queries
        .with(kept)
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

/** A purchase record as `/api` shows it. */
import { z } from 'zod';
import { phases, purchaseTypes } from '../domain/fact';
import { decimalFromMinor, decimalNumber } from '../domain/money';
import type { DeliveryTrace, PurchaseRecord } from '../domain/purchase';
import { matchedBy, purchaseStates, untraced, waitingFor } from '../domain/purchase';
import { isSample } from '../domain/sample';

export type PurchaseView = ReturnType<typeof recordView>;

/**
 * `value` and `currency` are those that TikTok receives, both null for an event without value. What the provider charged and gave back are
 * `amount` and `refunded`: decimal strings in `chargedCurrency`. A row brings its trace; of a workflow's record nothing is known of it.
 */
export function recordView(record: PurchaseRecord & Partial<DeliveryTrace>) {
  const { psp, subscription, moneyId, purchaseType, phase, state, reason, eventId, eventName, value, heldBy } = record;
  const { chargedMinor, refundedMinor, attempts, lastError, requestId, by, settingsVersion } = record;
  const trace = { ...untraced, ...record };
  return {
    psp,
    subscription,
    moneyId,
    purchaseType,
    phase,
    state,
    reason,
    heldBy,
    eventId,
    eventName,
    value: value === null ? null : decimalNumber(value.amountMinor, value.currency),
    currency: value?.currency ?? null,
    amount: decimalFromMinor(chargedMinor, record.currency),
    refunded: decimalFromMinor(refundedMinor, record.currency),
    chargedCurrency: record.currency,
    occurredAt: isoTime(record.occurredAtMs),
    attempts,
    lastError,
    requestId,
    sentAt: isoTimeOrNull(record.sentAtMs),
    by,
    settingsVersion,
    destination: trace.destination,
    waitingFor: trace.waitingFor,
    nextAttemptAt: isoTimeOrNull(trace.nextAttemptAtMs),
    givesUpAt: isoTimeOrNull(trace.givesUpAtMs),
    matchedBy: trace.matchedBy,
    refusedByPage: trace.refusedByPage,
    sample: isSample(record),
  };
}

export function isoTime(atMs: number): string {
  return new Date(atMs).toISOString();
}

export function isoTimeOrNull(atMs: number | null): string | null {
  return atMs === null ? null : isoTime(atMs);
}

const time = z.iso.datetime();

/** Names one payment. */
export const paymentRefSchema = z.object({ psp: z.string(), subscription: z.string(), moneyId: z.string() });

export const destinationSchema = z.enum(['tiktok', 'test', 'sandbox']);

export const errorSchema = z
  .object({ type: z.string(), code: z.int().nullable(), message: z.string() })
  .meta({ examples: [{ type: 'TikTokUnauthorized', code: 40105, message: 'Access token is incorrect or has been revoked.' }] });

/** The answer's schema: `recordView` makes it. */
export const purchaseSchema = z
  .object({
    ...paymentRefSchema.shape,
    purchaseType: z.enum(purchaseTypes),
    phase: z.enum(phases).nullable().meta({ description: 'Null for a charge that is none of the three.' }),
    state: z.enum(purchaseStates),
    reason: z
      .string()
      .nullable()
      .meta({ description: 'Why it is kept back or no purchase; a note on what was sent; what an operator said.' }),
    heldBy: paymentRefSchema.nullable().meta({ description: 'For `limited`: the purchase of this buyer that came first.' }),
    eventId: z.string(),
    eventName: z.string(),
    value: z.number().nullable().meta({ description: 'What TikTok receives; null for an event without value.' }),
    currency: z.string().nullable(),
    amount: z.string().meta({ description: 'What the provider charged, a decimal in `chargedCurrency`.' }),
    refunded: z.string(),
    chargedCurrency: z.string(),
    occurredAt: time,
    attempts: z.int(),
    lastError: errorSchema.nullable(),
    requestId: z.string().nullable().meta({ description: 'TikTok’s, of the attempt that it accepted.' }),
    sentAt: time.nullable(),
    by: z.string().nullable().meta({ description: 'The operator who skipped it or sent it again.' }),
    settingsVersion: z.int(),
    destination: destinationSchema.nullable().meta({ description: 'Where the last attempt went; null before the first.' }),
    waitingFor: z.enum(waitingFor).nullable(),
    nextAttemptAt: time.nullable(),
    givesUpAt: time.nullable().meta({ description: 'From then on only an operator tries again.' }),
    matchedBy: z
      .array(z.enum(matchedBy))
      .readonly()
      .nullable()
      .meta({ description: 'What identified the buyer in the last attempt.' }),
    refusedByPage: z
      .boolean()
      .meta({ description: 'Kept back for a refusal of consent that only a page without proof said. It can be undone.' }),
    sample: z
      .boolean()
      .meta({ description: 'Played by *send a sample*: nobody bought anything. Reports and coverage leave it out.' }),
  })
  .meta({ id: 'Purchase' });

/**
 * Reports one purchase to TikTok: one attempt per call, retried by Temporal until it succeeds or needs an operator.
 * Each attempt reads identity and credentials anew, so that a corrected token or a late identity takes effect.
 */
import type { ApplicationFailure } from '@temporalio/common';
import type { DeliveryOutcome } from '../src/domain/delivery';
import { minuteMs } from '../src/domain/duration';
import type { Identity } from '../src/domain/identity';
import type { ClaimMode } from '../src/domain/limit';
import type { MatchedBy, PaymentRef } from '../src/domain/purchase';
import { refOf } from '../src/domain/purchase';
import { reportedRecord } from '../src/domain/record';
import type { ConsentPolicy, Settings } from '../src/domain/settings';
import { consentPolicy, missingCredential } from '../src/domain/settings';
import type { DeliveryRequest, DeliveryResult } from '../src/domain/delivery-request';
import type { Attempt, ClaimResult, Store } from '../src/store';
import { codeOf, isConflict, isRefusedForGood } from '../src/store';
import type { Telemetry } from '../src/telemetry/events';
import type { EventsApi, TikTokTarget } from '../src/tiktok';
import { purchaseEvent } from '../src/tiktok';
import { matchedIdentifiers } from '../src/tiktok/matched-by';
import { deliveryExpired, deliveryWindowMs, paused, refused, refusedByDatabase, willRetry } from './failures';

export interface ReportPurchaseInput extends DeliveryRequest {
  readonly integration: string;
}

/** The result of a delivery that TikTok did not refuse. */
export type ReportPurchaseResult = Extract<DeliveryResult, { kind: 'sent' | 'suppressed' | 'repeated' }>;

export interface ReportPurchaseDeps {
  readonly settings: (integration: string) => Promise<Settings>;
  readonly users: Pick<Store['users'], 'identity'>;
  readonly firstPurchases: Pick<Store['firstPurchases'], 'claim'>;
  readonly purchases: Pick<Store['purchases'], 'record' | 'twinOf' | 'beginAttempt' | 'recordFailedAttempt'>;
  readonly events: Pick<EventsApi, 'track'>;
  /** The stored credentials, or the built-in sandbox's while no pixel is set; null when the token is missing. */
  readonly target: (settings: Settings) => TikTokTarget | null;
  readonly fallbackPageUrl: string;
  readonly telemetry: Pick<Telemetry, 'deliveryAttempted' | 'purchaseDecided'>;
  readonly nowMs: () => number;
  /** When Temporal first scheduled the running activity. */
  readonly scheduledAtMs: () => number;
}

/** One attempt at a delivery: its input, and what was read and claimed for it. */
interface PreparedAttempt {
  readonly input: ReportPurchaseInput;
  readonly settings: Settings;
  readonly identity: Identity;
  readonly consent: ConsentPolicy;
  readonly attempt: Attempt;
  /** The payment that holds the user's first purchase; null where this delivery did not claim it. */
  readonly holder: PaymentRef | null;
}

/**
 * Makes the activity. It throws an `ApplicationFailure` (failures.ts): retryable while TikTok is out of reach or sends are paused,
 * else with a `DeliveryFailure` as its detail.
 */
export function createReportPurchase(deps: ReportPurchaseDeps) {
  return async function reportPurchase(input: ReportPurchaseInput): Promise<ReportPurchaseResult> {
    try {
      return await makeAttempt(deps, input);
    } catch (error) {
      if (!isRefusedForGood(error) || (isConflict(error) && deps.nowMs() - deps.scheduledAtMs() < conflictMs)) throw error;
      // The row can't be written from here: the workflow records what it is told.
      const refusal = refusedByDatabase(codeOf(error));
      throw refusal.failure({ error: refusal.error, attempts: input.record.attempts + 1, holder: null });
    }
  };
}

/** For so long a conflict may be with another process's write, which the next attempt finds. */
const conflictMs = minuteMs;

async function makeAttempt(deps: ReportPurchaseDeps, input: ReportPurchaseInput): Promise<ReportPurchaseResult> {
  const { integration, record, userKeys, claim, byOperator } = input;
  const settings = await deps.settings(integration);
  await deps.purchases.record(integration, [record]);
  if (settings.paused) throw paused();
  const twin = input.mayRepeat ? await deps.purchases.twinOf(integration, userKeys, record) : null;
  if (twin) return { kind: 'repeated', of: twin };

  const identity = await deps.users.identity(integration, userKeys, record);
  const consent = consentPolicy(settings, identity.consent);
  if (consent === 'do_not_send' && !byOperator) return suppress(deps, input, 'consent', null);

  const claimed = claim === null ? null : await claimFirstPurchase(deps, input, claim);
  const holder = claimed?.holder ?? null;
  if (claimed && !claimed.granted) return suppress(deps, input, 'limited', holder);

  const attempt = await deps.purchases.beginAttempt(integration, refOf(record), deps.nowMs());
  const sent = attempt.alreadySent;
  // An earlier attempt sent it and its end was lost. An operator's resend sends it once more, but only once.
  if (sent && (!byOperator || sent.sentAtMs >= deps.scheduledAtMs())) {
    const { eventId, requestId, sentAtMs, value } = sent;
    const droppedCurrency = record.value !== null && value === null ? record.value.currency : null;
    return { kind: 'sent', eventId, requestId, sentAtMs, attempts: attempt.attempts, holder, droppedCurrency };
  }
  const prepared: PreparedAttempt = { input, settings, identity, consent, attempt, holder };
  // An operator's resend starts a new window of 48 h.
  const windowStartMs = byOperator ? deps.scheduledAtMs() : attempt.firstAttemptAtMs;
  const isExpired = deps.nowMs() - windowStartMs > deliveryWindowMs;
  if (isExpired) throw await park(deps, prepared, deliveryExpired(attempt.lastError));
  return send(deps, prepared);
}

function claimFirstPurchase(
  { firstPurchases, nowMs }: ReportPurchaseDeps,
  { integration, userKeys, record }: ReportPurchaseInput,
  mode: ClaimMode,
): Promise<ClaimResult> {
  return firstPurchases.claim({ integration, keys: userKeys, payment: refOf(record), mode, atMs: nowMs() });
}

async function send(deps: ReportPurchaseDeps, prepared: PreparedAttempt): Promise<ReportPurchaseResult> {
  const { integration, record } = prepared.input;
  const { attempts } = prepared.attempt;
  const startedAtMs = deps.nowMs();
  const { outcome, droppedCurrency, matchedBy } = await track(deps, prepared);
  const durationMs = deps.nowMs() - startedAtMs;
  deps.telemetry.deliveryAttempted({ integration, record, attempt: attempts, outcome, durationMs, matchedBy });
  switch (outcome.kind) {
    case 'accepted': {
      const { requestId } = outcome;
      const { eventId } = record;
      const { holder } = prepared;
      const sent = { kind: 'sent', eventId, requestId, sentAtMs: deps.nowMs(), attempts, holder, droppedCurrency } as const;
      await deps.purchases.record(integration, [reportedRecord(record, sent)]);
      return sent;
    }
    case 'throttled':
    case 'unreachable': {
      const { failure, error } = willRetry(outcome, attempts);
      await deps.purchases.recordFailedAttempt(integration, refOf(record), error);
      throw failure;
    }
    case 'unauthorized':
    case 'rejected':
      throw await park(deps, prepared, refused(outcome));
  }
}

/** Calls TikTok once. A credential that the operator has not set yet is an outcome too. */
async function track(
  deps: ReportPurchaseDeps,
  { input: { record }, settings, identity, consent }: PreparedAttempt,
): Promise<Tracked> {
  const target = deps.target(settings);
  if (!target) {
    return {
      outcome: { kind: 'unauthorized', code: null, message: missingCredential(settings), requestId: null },
      droppedCurrency: null,
      matchedBy: [],
    };
  }
  const { body, droppedCurrency } = purchaseEvent({
    pixelCode: target.pixelCode,
    testEventCode: settings.testEventCode,
    eventName: record.eventName,
    eventId: record.eventId,
    occurredAtMs: record.occurredAtMs,
    value: record.value,
    identity,
    fallbackPageUrl: deps.fallbackPageUrl,
    limitedDataUse: consent === 'limited_data_use',
    // An operator's resend is sent also where consent says `do_not_send`; then without anything of the person.
    withoutIdentity: consent === 'without_identity' || consent === 'do_not_send',
  });
  return { outcome: await deps.events.track(target, body), droppedCurrency, matchedBy: matchedIdentifiers(body) };
}

interface Tracked {
  readonly outcome: DeliveryOutcome;
  readonly droppedCurrency: string | null;
  readonly matchedBy: readonly MatchedBy[];
}

async function suppress(
  deps: ReportPurchaseDeps,
  { integration, record }: ReportPurchaseInput,
  reason: 'consent' | 'limited',
  holder: PaymentRef | null,
): Promise<ReportPurchaseResult> {
  const result = { kind: 'suppressed', reason, holder, attempts: record.attempts } as const;
  const suppressed = reportedRecord(record, result);
  await deps.purchases.record(integration, [suppressed]);
  deps.telemetry.purchaseDecided(integration, suppressed);
  return result;
}

/** Records that the purchase needs attention. Returns the failure that ends the retries. */
async function park(
  deps: ReportPurchaseDeps,
  { input: { integration, record }, attempt: { attempts }, holder }: PreparedAttempt,
  { error, failure }: ReturnType<typeof refused>,
): Promise<ApplicationFailure> {
  await deps.purchases.record(integration, [reportedRecord(record, { kind: 'failed', error, holder, attempts })]);
  return failure({ error, attempts, holder });
}

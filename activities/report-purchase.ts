/**
 * Reports one purchase to TikTok: one attempt per call, retried by Temporal until it succeeds or needs an operator.
 * Each attempt reads identity and credentials anew, so that a corrected token or a late identity takes effect.
 */
import type { ApplicationFailure } from '@temporalio/common';
import { contentsOf } from '../src/domain/contents';
import { customerType } from '../src/domain/customer-type';
import type { DeliveryOutcome } from '../src/domain/delivery';
import { minuteMs } from '../src/domain/duration';
import type { Identity } from '../src/domain/identity';
import type { ClaimMode } from '../src/domain/limit';
import type { Destination, PaymentRef, PurchaseRecord } from '../src/domain/purchase';
import { refOf } from '../src/domain/purchase';
import { reportedRecord } from '../src/domain/record';
import type { ConsentPolicy, Settings } from '../src/domain/settings';
import { consentPolicy, missingCredential } from '../src/domain/settings';
import type { DeliveryRequest, DeliveryResult } from '../src/domain/delivery-request';
import type { Attempt, ClaimResult, DeliveryAttempt, EndedAttempt, Store } from '../src/store';
import { codeOf, isConflict, isRefusedForGood } from '../src/store';
import type { Telemetry } from '../src/telemetry/events';
import type { EventsApi, TikTokTarget, TrackRequest } from '../src/tiktok';
import { keptRequest, matchedIdentifiers, purchaseEvent } from '../src/tiktok';
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
  readonly purchases: Pick<Store['purchases'], 'record' | 'recordPaused' | 'recordRefusedByPage' | 'twinOf' | 'recordAttempt'>;
  readonly attempts: Pick<Store['attempts'], 'keep'>;
  readonly events: Pick<EventsApi, 'track'>;
  /** The stored credentials, or the built-in sandbox's while no pixel is set; null when the token is missing. */
  readonly target: (settings: Settings) => TikTokTarget | null;
  readonly destination: (settings: Settings) => Destination;
  readonly fallbackPageUrl: string;
  readonly telemetry: Pick<Telemetry, 'deliveryAttempted' | 'purchaseDecided'>;
  readonly nowMs: () => number;
  /** When Temporal first scheduled the running activity. */
  readonly scheduledAtMs: () => number;
  /** When Temporal scheduled the running attempt of it: an attempt before, whose end comes late, does not overwrite this one's row. */
  readonly attemptScheduledAtMs: () => number;
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
  /** When only an operator may try again, Unix milliseconds. */
  readonly givesUpAtMs: number;
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
  if (settings.paused) {
    await deps.purchases.recordPaused(integration, record, deps.attemptScheduledAtMs());
    throw paused();
  }
  // What may be kept back is shown first.
  if (input.mayRepeat || claim !== null) await deps.purchases.record(integration, [record], deps.attemptScheduledAtMs());
  const twin = input.mayRepeat ? await deps.purchases.twinOf(integration, userKeys, record) : null;
  if (twin) return { kind: 'repeated', of: twin };

  const identity = await deps.users.identity(integration, userKeys, record, { obeysPages: !settings.requireUserToken });
  const consent = consentPolicy(settings, identity.consent);
  if (consent === 'do_not_send' && !byOperator)
    return suppress(deps, input, identity.isRefusedByPage ? 'refused_by_page' : 'consent', null);
  if (settings.attributedOnly && identity.ttclid === undefined && !byOperator)
    return suppress(deps, input, 'not_attributed', null);

  const claimed = claim === null ? null : await claimFirstPurchase(deps, input, claim);
  const holder = claimed?.holder ?? null;
  if (claimed && !claimed.granted) return suppress(deps, input, 'limited', holder);

  const times = { asOfMs: deps.attemptScheduledAtMs(), atMs: deps.nowMs() };
  const attempt = await deps.purchases.recordAttempt(integration, record, times);
  const sent = attempt.alreadySent;
  // An earlier attempt sent it and its end was lost. An operator's resend sends it once more, but only once.
  if (sent && (!byOperator || sent.sentAtMs >= deps.scheduledAtMs())) {
    const { eventId, requestId, sentAtMs, value } = sent;
    const droppedCurrency = record.value !== null && value === null ? record.value.currency : null;
    const result = { kind: 'sent', eventId, requestId, sentAtMs, attempts: attempt.attempts, holder, droppedCurrency } as const;
    // As of now, so that what a lost attempt in between still writes does not stand.
    await deps.purchases.record(integration, [reportedRecord(record, result)], deps.attemptScheduledAtMs());
    return result;
  }
  // An operator's resend starts a new window of 48 h.
  const givesUpAtMs = (byOperator ? deps.scheduledAtMs() : attempt.firstAttemptAtMs) + deliveryWindowMs;
  const prepared: PreparedAttempt = { input, settings, identity, consent, attempt, holder, givesUpAtMs };
  if (deps.nowMs() > givesUpAtMs) {
    const { failure, parked } = park(prepared, deliveryExpired(attempt.lastError));
    await deps.purchases.record(integration, [parked], deps.attemptScheduledAtMs());
    throw failure;
  }
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
  const { outcome, body, droppedCurrency } = await track(deps, prepared);
  const endedAtMs = deps.nowMs();
  const durationMs = endedAtMs - startedAtMs;
  const destination = deps.destination(prepared.settings);
  const matchedBy = body && matchedIdentifiers(body);
  deps.telemetry.deliveryAttempted({
    ...{ integration, record, attempt: attempts, outcome, durationMs, destination },
    matchedBy: matchedBy ?? [],
  });
  const keep = (became: EndedAttempt['became']): Promise<void> =>
    deps.attempts.keep(integration, {
      payment: refOf(record),
      attempt: {
        ...{ number: attempts, atMs: startedAtMs, durationMs, by: record.by, destination },
        ...answerIn(outcome),
        request: body && keptRequest(body),
      },
      ...{ matchedBy, became },
    });
  switch (outcome.kind) {
    case 'accepted': {
      const { requestId } = outcome;
      const { eventId } = record;
      const { holder } = prepared;
      const sent = { kind: 'sent', eventId, requestId, sentAtMs: endedAtMs, attempts, holder, droppedCurrency } as const;
      await keep({ record: reportedRecord(record, sent), asOfMs: deps.attemptScheduledAtMs() });
      return sent;
    }
    case 'throttled':
    case 'unreachable': {
      const { failure, error, pauseMs } = willRetry(outcome, attempts);
      await keep({ error, nextAttemptAtMs: endedAtMs + pauseMs, givesUpAtMs: prepared.givesUpAtMs });
      throw failure;
    }
    case 'unauthorized':
    case 'rejected': {
      const { failure, parked } = park(prepared, refused(outcome));
      await keep({ record: parked, asOfMs: deps.attemptScheduledAtMs() });
      throw failure;
    }
  }
}

function answerIn(outcome: DeliveryOutcome): Pick<DeliveryAttempt, 'outcome' | 'code' | 'message' | 'requestId'> {
  const { kind, code } = outcome;
  const message = kind === 'accepted' ? (outcome.warning ?? null) : outcome.message;
  return { outcome: kind, code, message, requestId: 'requestId' in outcome ? outcome.requestId : null };
}

interface Tracked {
  readonly outcome: DeliveryOutcome;
  /** Null when no request was made. */
  readonly body: TrackRequest | null;
  readonly droppedCurrency: string | null;
}

/** Calls TikTok once. A credential that the operator has not set yet is an outcome too. */
async function track(
  deps: ReportPurchaseDeps,
  { input: { record, bought, knownHolder }, settings, identity, consent, holder }: PreparedAttempt,
): Promise<Tracked> {
  const target = deps.target(settings);
  if (!target) {
    const message = missingCredential(settings);
    return { outcome: { kind: 'unauthorized', code: null, message, requestId: null }, body: null, droppedCurrency: null };
  }
  const { body, droppedCurrency } = purchaseEvent({
    pixelCode: target.pixelCode,
    testEventCode: settings.testEventCode,
    eventName: record.eventName,
    eventId: record.eventId,
    occurredAtMs: record.occurredAtMs,
    value: record.value,
    order: {
      id: record.moneyId,
      currency: record.currency,
      contents: contentsOf(bought, settings.products),
      customerType: customerType(record, holder ?? knownHolder ?? null),
    },
    identity,
    fallbackPageUrl: deps.fallbackPageUrl,
    limitedDataUse: consent === 'limited_data_use',
    // An operator's resend is sent also where consent says `do_not_send`; then without anything of the person.
    withoutIdentity: consent === 'without_identity' || consent === 'do_not_send',
  });
  return { outcome: await deps.events.track(target, body), body, droppedCurrency };
}

async function suppress(
  deps: ReportPurchaseDeps,
  { integration, record }: ReportPurchaseInput,
  why: 'consent' | 'refused_by_page' | 'not_attributed' | 'limited',
  holder: PaymentRef | null,
): Promise<ReportPurchaseResult> {
  const reason = why === 'refused_by_page' ? 'consent' : why;
  const result = { kind: 'suppressed', reason, holder, attempts: record.attempts } as const;
  const suppressed = reportedRecord(record, result);
  if (why === 'refused_by_page') await deps.purchases.recordRefusedByPage(integration, suppressed, deps.attemptScheduledAtMs());
  else await deps.purchases.record(integration, [suppressed], deps.attemptScheduledAtMs());
  deps.telemetry.purchaseDecided(integration, suppressed);
  return result;
}

/** The record of a purchase that needs attention, and the failure that ends the retries. */
function park(
  { input: { record }, attempt: { attempts }, holder }: PreparedAttempt,
  { error, failure }: ReturnType<typeof refused>,
): { readonly parked: PurchaseRecord; readonly failure: ApplicationFailure } {
  return {
    parked: reportedRecord(record, { kind: 'failed', error, holder, attempts }),
    failure: failure({ error, attempts, holder }),
  };
}

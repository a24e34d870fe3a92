/**
 * Reports one purchase to TikTok: one attempt per call, repeated by Temporal until it succeeds or somebody has to act.
 * Identity and credentials are read at attempt time, so that a corrected token or a late identity helps what still waits.
 */
import type { DeliveryOutcome } from '../src/domain/delivery';
import type { Identity } from '../src/domain/identity';
import type { PaymentRef, PurchaseRecord } from '../src/domain/purchase';
import { reportedRecord } from '../src/domain/record';
import type { ConsentPolicy, Settings } from '../src/domain/settings';
import { consentPolicy } from '../src/domain/settings';
import type { DeliveryRequest, DeliveryResult } from '../src/domain/delivery-request';
import type { Attempt, Store } from '../src/store/store';
import type { Telemetry } from '../src/telemetry/events';
import type { EventsApi } from '../src/tiktok';
import { purchaseEvent } from '../src/tiktok';
import { deliveryExpired, deliveryWindowMs, paused, refused, willRetry } from './failures';

export interface ReportPurchaseInput extends DeliveryRequest {
  readonly integration: string;
}

/** What a report ends with when it ends well; a refusal for good is an `ApplicationFailure` (failures.ts). */
export type ReportPurchaseResult = Extract<DeliveryResult, { kind: 'sent' | 'suppressed' }>;

/** Where to send to, and as whom. */
export interface TikTokTarget {
  readonly baseUrl: string;
  readonly pixelCode: string;
  readonly accessToken: string;
}

export interface ReportPurchaseDeps {
  readonly settings: (integration: string) => Promise<Settings>;
  readonly users: Pick<Store['users'], 'identity' | 'claimFirstPurchase'>;
  readonly purchases: Pick<Store['purchases'], 'record' | 'beginAttempt' | 'recordFailedAttempt'>;
  readonly events: Pick<EventsApi, 'track'>;
  /** The stored credentials, or the built-in sandbox's while no pixel is set; null when the token is missing. */
  readonly target: (settings: Settings) => TikTokTarget | null;
  readonly fallbackPageUrl: string;
  readonly telemetry: Pick<Telemetry, 'deliveryAttempted' | 'purchaseDecided'>;
  readonly nowMs: () => number;
  /** When Temporal first scheduled the running activity. */
  readonly scheduledAtMs: () => number;
}

export function createReportPurchase(deps: ReportPurchaseDeps) {
  return async function reportPurchase(input: ReportPurchaseInput): Promise<ReportPurchaseResult> {
    const { integration, record, userKeys, claim, byOperator } = input;
    const settings = await deps.settings(integration);
    await deps.purchases.record(integration, [record]);
    if (settings.paused) throw paused();

    const identity = await deps.users.identity(integration, userKeys);
    const consent = consentPolicy(settings, identity.consent);
    if (consent === 'do_not_send' && !byOperator) return suppress(deps, input, 'consent', null);

    const claimed =
      claim === null ? null : await deps.users.claimFirstPurchase(integration, userKeys, refOf(record), claim, deps.nowMs());
    const holder = claimed?.holder ?? null;
    if (claimed && !claimed.granted) return suppress(deps, input, 'limited', holder);

    const attempt = await deps.purchases.beginAttempt(integration, refOf(record), deps.nowMs());
    const sent = attempt.alreadySent;
    // Sent by an attempt whose end nobody heard of. An operator's word sends once more, but also only once.
    if (sent && (!byOperator || sent.sentAtMs >= deps.scheduledAtMs())) {
      const { eventId, requestId, sentAtMs, value } = sent;
      const droppedCurrency = record.value !== null && value === null ? record.value.currency : null;
      return { kind: 'sent', eventId, requestId, sentAtMs, attempts: attempt.attempts, holder, droppedCurrency };
    }
    // An operator's word opens the window anew.
    const windowStartMs = byOperator ? deps.scheduledAtMs() : attempt.firstAttemptAtMs;
    if (deps.nowMs() - windowStartMs > deliveryWindowMs) {
      throw await park(deps, input, deliveryExpired(attempt.lastError), attempt, holder);
    }
    return send(deps, input, settings, identity, consent, attempt, holder);
  };
}

async function send(
  deps: ReportPurchaseDeps,
  input: ReportPurchaseInput,
  settings: Settings,
  identity: Identity,
  consent: ConsentPolicy,
  attempt: Attempt,
  holder: PaymentRef | null,
): Promise<ReportPurchaseResult> {
  const { integration, record } = input;
  const { outcome, droppedCurrency, durationMs } = await track(deps, settings, record, identity, consent);
  deps.telemetry.deliveryAttempted({ integration, record, attempt: attempt.attempts, outcome, durationMs });
  switch (outcome.kind) {
    case 'accepted': {
      const sentAtMs = deps.nowMs();
      const { requestId } = outcome;
      const sent = {
        kind: 'sent',
        eventId: record.eventId,
        requestId,
        sentAtMs,
        attempts: attempt.attempts,
        holder,
        droppedCurrency,
      } as const;
      await deps.purchases.record(integration, [reportedRecord(record, sent)]);
      return sent;
    }
    case 'throttled':
    case 'unreachable': {
      const { failure, error } = willRetry(outcome, attempt.attempts);
      await deps.purchases.recordFailedAttempt(integration, refOf(record), error);
      throw failure;
    }
    case 'unauthorized':
    case 'rejected':
      throw await park(deps, input, refused(outcome), attempt, holder);
  }
}

/** One call to TikTok. What the operator has to supply first is an outcome too. */
async function track(
  deps: ReportPurchaseDeps,
  settings: Settings,
  record: PurchaseRecord,
  identity: Identity,
  consent: ConsentPolicy,
): Promise<{ outcome: DeliveryOutcome; droppedCurrency: string | null; durationMs: number }> {
  const startedAtMs = deps.nowMs();
  const target = deps.target(settings);
  if (!target) {
    const message = settings.pixelCode === null ? 'no pixel code is set' : 'no access token is set';
    return { outcome: { kind: 'unauthorized', code: null, message, requestId: null }, droppedCurrency: null, durationMs: 0 };
  }
  const event = purchaseEvent({
    pixelCode: target.pixelCode,
    testEventCode: settings.testEventCode,
    eventName: record.eventName,
    eventId: record.eventId,
    occurredAtMs: record.occurredAtMs,
    value: record.value,
    identity,
    fallbackPageUrl: deps.fallbackPageUrl,
    limitedDataUse: consent === 'limited_data_use',
    // An operator's word sends also where consent says not to; then without a trace of the person.
    withoutIdentity: consent === 'without_identity' || consent === 'do_not_send',
  });
  const outcome = await deps.events.track({ baseUrl: target.baseUrl, accessToken: target.accessToken }, event.body);
  return { outcome, droppedCurrency: event.droppedCurrency, durationMs: deps.nowMs() - startedAtMs };
}

async function suppress(
  deps: ReportPurchaseDeps,
  { integration, record }: ReportPurchaseInput,
  reason: 'consent' | 'limited',
  holder: PaymentRef | null,
): Promise<ReportPurchaseResult> {
  const result = { kind: 'suppressed', reason, holder, attempts: record.attempts } as const;
  const shown = reportedRecord(record, result);
  await deps.purchases.record(integration, [shown]);
  deps.telemetry.purchaseDecided(integration, shown);
  return result;
}

/** Shows that the purchase needs attention, and gives the failure that ends the retries. */
async function park(
  deps: ReportPurchaseDeps,
  { integration, record }: ReportPurchaseInput,
  parked: ReturnType<typeof refused>,
  { attempts }: Attempt,
  holder: PaymentRef | null,
) {
  const result = { kind: 'failed', error: parked.error, holder, attempts } as const;
  await deps.purchases.record(integration, [reportedRecord(record, result)]);
  return parked.failure({ error: parked.error, attempts, holder });
}

function refOf({ psp, subscription, moneyId }: PaymentRef): PaymentRef {
  return { psp, subscription, moneyId };
}

/** One order, from its first fact to its last: facts come in as signals, `transition` decides, reports go out side by side. */
import {
  ActivityFailure,
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { ReportFailureDetails } from '../activities/failures';
import type { PaymentRef, PurchaseRecord } from '../src/domain/purchase';
import { recordOf, recordsOf } from '../src/domain/record';
import type { Subscription } from '../src/domain/subscription';
import { migrate, newSubscription, paymentOf } from '../src/domain/subscription';
import type { DeliveryRequest, DeliveryResult } from '../src/domain/delivery-request';
import type { Effect, Input } from '../src/domain/transition';
import { isAtRest, nextDueMs, transition } from '../src/domain/transition';
import { recordPurchases, reportPurchase } from './activity-options';
import type { OperatorCommand, SubscriptionInput, SubscriptionView } from './contract';
import {
  conversionSignal,
  eraseSignal,
  lifecycleSignal,
  refundSignal,
  renewalSignal,
  resendPurchaseUpdate,
  resendSignal,
  skipPurchaseUpdate,
  stateQuery,
  trialStartSignal,
} from './contract';
import { changedSearchAttributes } from './search-attributes';
import { purchaseSummary, statusCard } from './status-card';

const day = 24 * 60 * 60 * 1000;
/** A provider's late words (redeliveries, refunds, disputes) still find their order this long after its end. */
const defaultCloseAfterMs = 45 * day;
/** Not forced by size, but by the cost of replay: a purchase is some 10 events. */
const longHistory = 200;

export async function subscription(input: SubscriptionInput): Promise<SubscriptionView> {
  const { integration } = input;
  const closeAfterMs = input.closeAfterMs ?? defaultCloseAfterMs;
  let state = input.carried ? migrate(input.carried) : newSubscription(input.psp, input.subscription);
  let shownAttributes = input.carried ? changedSearchAttributes(null, integration, state) : null;
  const inbox: Input[] = [];
  const underWay = new Map<string, CancellationScope>();
  let recordings = 0;
  let releasing: Promise<void> | null = null;

  setHandler(trialStartSignal, (told) => void inbox.push({ kind: 'fact', ...told }), {
    description: 'A trial was started: a payment, or a free one',
  });
  setHandler(conversionSignal, (told) => void inbox.push({ kind: 'fact', ...told }), {
    description: 'A first full payment, or a one-off',
  });
  setHandler(renewalSignal, (told) => void inbox.push({ kind: 'fact', ...told }), {
    description: 'A later payment, or a charge that is no purchase',
  });
  setHandler(lifecycleSignal, (told) => void inbox.push({ kind: 'fact', ...told }), {
    description: 'Began, cancelled, ended, paused, failed to pay …',
  });
  setHandler(refundSignal, (told) => void inbox.push({ kind: 'fact', ...told }), { description: 'Money went back' });
  setHandler(resendSignal, (word) => void inbox.push({ kind: 'resend_all', ...word }), {
    description: 'Sends again what needs attention: {"by": "…", "error"?: "TikTokUnauthorized"}',
  });
  setHandler(eraseSignal, () => void inbox.push({ kind: 'erase' }), { description: 'Forgets who bought' });
  setHandler(
    resendPurchaseUpdate,
    async ({ moneyId, by }) => {
      await takenIn({ kind: 'resend', moneyId, by });
      return shown(moneyId);
    },
    {
      validator: ({ moneyId }: OperatorCommand) => assertKnown(moneyId),
      description: 'Sends one purchase again: {"moneyId": "…", "by": "…"}',
    },
  );
  setHandler(
    skipPurchaseUpdate,
    async ({ moneyId, by, reason }) => {
      await takenIn({ kind: 'skip', moneyId, by, reason: reason ?? null });
      // A report that is under way is stopped, or gets through; either way the loop has to have heard of it.
      await condition(() => paymentOf(state, moneyId)?.progress?.state !== 'reporting');
      return shown(moneyId);
    },
    {
      validator: ({ moneyId }: OperatorCommand) => assertKnown(moneyId),
      description: 'Gives up one purchase: {"moneyId": "…", "by": "…", "reason"?: "…"}',
    },
  );
  setHandler(stateQuery, () => viewOf(integration, state), { description: 'Status and purchases' });

  for (;;) {
    await somethingToDo();
    // What came together is settled together; a payment may be queued behind the word that ends the subscription.
    take(inbox.splice(0));
    if (inbox.length > 0 || !isIdle()) continue;
    if (isClosable()) return viewOf(integration, state);
    if (mayContinue()) await continueAsNew<typeof subscription>({ ...input, carried: state });
  }

  function take(inputs: readonly Input[]): void {
    const { state: next, effects } = transition(state, inputs, Date.now());
    state = next;
    const recorded = record(effects);
    if (effects.some(({ kind }) => kind === 'release')) releasing = recorded;
    for (const effect of effects) if (effect.kind === 'report') void report(effect.request, releasing);
    for (const effect of effects) if (effect.kind === 'withdraw') underWay.get(effect.moneyId)?.cancel();
    show();
  }

  /** A place that was just freed is free before anybody claims it. */
  async function report(request: DeliveryRequest, released: Promise<void> | null): Promise<void> {
    const { moneyId } = request.record;
    const scope = new CancellationScope();
    underWay.set(moneyId, scope);
    if (released) await released;
    const result = await scope
      .run(() => reported({ integration, ...request }))
      .catch((error: unknown) => {
        if (isCancellation(error)) return { kind: 'withdrawn' } as const;
        throw error; // unexpected: blocks the workflow task until the code is fixed
      });
    underWay.delete(moneyId);
    inbox.push({ kind: 'reported', moneyId, result });
  }

  async function record(effects: readonly Effect[]): Promise<void> {
    const records = effects.flatMap((effect) => (effect.kind === 'record' ? [effect.record] : []));
    const released = effects.flatMap((effect) => (effect.kind === 'release' ? [refTo(effect.moneyId)] : []));
    if (records.length === 0 && released.length === 0) return;
    recordings += 1;
    await recordPurchases({ integration, records, released, userKeys: state.userKeys });
    recordings -= 1;
  }

  function show(): void {
    setCurrentDetails(statusCard(state));
    const attributes = changedSearchAttributes(shownAttributes, integration, state);
    if (attributes === shownAttributes) return;
    shownAttributes = attributes;
    upsertSearchAttributes(attributes.values);
  }

  /** Hands over an operator's word and waits until the loop has taken it in. */
  async function takenIn(word: Input): Promise<void> {
    inbox.push(word);
    await condition(() => !inbox.includes(word));
  }

  function assertKnown(moneyId: string): void {
    if (paymentOf(state, moneyId)) return;
    throw ApplicationFailure.nonRetryable(`no payment ${moneyId} in ${input.psp} ${input.subscription}`, 'UnknownPayment');
  }

  function shown(moneyId: string): PurchaseRecord {
    const payment = paymentOf(state, moneyId);
    if (!payment) throw ApplicationFailure.nonRetryable(`no payment ${moneyId}`, 'UnknownPayment');
    return recordOf(state, payment);
  }

  function refTo(moneyId: string): PaymentRef {
    return { psp: input.psp, subscription: input.subscription, moneyId };
  }

  function isIdle(): boolean {
    return underWay.size === 0 && recordings === 0 && allHandlersFinished();
  }

  function mayContinue(): boolean {
    const { historyLength, continueAsNewSuggested } = workflowInfo();
    return isIdle() && (historyLength > longHistory || continueAsNewSuggested);
  }

  function closingAtMs(): number | null {
    return state.status === 'ended' && isAtRest(state) ? state.lastAcceptedAtMs + closeAfterMs : null;
  }

  function isClosable(): boolean {
    const atMs = closingAtMs();
    return atMs !== null && Date.now() >= atMs;
  }

  /** Waits for a message or the next absolute deadline; while there is no deadline no timer is armed. */
  async function somethingToDo(): Promise<void> {
    const isWanted = (): boolean => inbox.length > 0 || mayContinue();
    const deadlines = [nextDueMs(state), closingAtMs()].filter((atMs) => atMs !== null);
    if (deadlines.length === 0) await condition(isWanted);
    else await condition(isWanted, Math.max(1, Math.min(...deadlines) - Date.now()));
  }
}

/** The activity's end, as a value: a refusal is expected, anything else is thrown on. */
async function reported(order: DeliveryRequest & { integration: string }): Promise<DeliveryResult> {
  try {
    return await reportPurchase.executeWithOptions({ summary: purchaseSummary(order.record) }, [order]);
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
    const { cause } = error;
    if (cause instanceof ApplicationFailure) {
      const [details] = (cause.details ?? []) as [ReportFailureDetails?];
      if (details) return { kind: 'failed', ...details };
      const failed = { type: cause.type ?? 'Error', code: null, message: cause.message };
      return { kind: 'failed', error: failed, holder: null, attempts: order.record.attempts };
    }
    const type = cause?.name ?? 'ActivityFailure';
    return {
      kind: 'failed',
      error: { type, code: null, message: cause?.message ?? '' },
      holder: null,
      attempts: order.record.attempts,
    };
  }
}

function viewOf(integration: string, state: Subscription): SubscriptionView {
  const { psp, id, status, purchaseType } = state;
  return { integration, psp, subscription: id, status, purchaseType, purchases: recordsOf(state) };
}

/** A delivery starts, is to be stopped, or came to no event. Decisions, delivery results and operators' commands all end in these steps. */
import { boughtBy } from '../bought';
import { compact } from '../compact';
import type { DeliveryRequest } from '../delivery-request';
import type { ClaimMode } from '../limit';
import { holderOf } from '../limit';
import type { DeliveryError } from '../purchase';
import { mergedFact } from '../observe';
import { recordOf } from '../record';
import type { CancelReason, FirstPurchaseClaim, Payment, Progress, Subscription } from '../subscription';
import { isClaimOurs, isOpen, paymentOf, withoutPayment, withPayment } from '../subscription';
import type { Step } from './step';
import { onlyState } from './step';

/** Starts a delivery with the payment's event. `by` is the operator who asked for it; null when the settings decided. */
export function startDelivery(
  state: Subscription,
  payment: Payment,
  { claim, by }: { readonly claim: ClaimMode | null; readonly by: string | null },
): Step {
  const { moneyId } = payment;
  const revision = payment.revision + 1;
  const sentBefore = payment.progress?.state === 'sent' ? payment.progress : null;
  const progress: Progress = { state: 'delivering', by, cancelReason: null, startedAtRevision: revision, sentBefore };
  const phase = (isOpen(payment.progress) ? null : payment.reportedPhase) ?? payment.phase;
  const delivering: Payment = { ...payment, ...(phase === null ? {} : { reportedPhase: phase }), progress, revision };
  const started = withPayment(state, delivering);
  const record = recordOf(started, delivering);
  const isOwn = !mergedFact(payment)?.awaits?.includes('order') || state.context.told.includes('order');
  const mayRepeat = by === null && !isOwn ? ({ mayRepeat: true } as const) : {};
  const firstPurchase: FirstPurchaseClaim =
    claim === null || isClaimOurs(state.firstPurchase) ? state.firstPurchase : { kind: 'claiming', moneyId };
  return {
    state: { ...started, firstPurchase },
    effects: [
      {
        kind: 'deliver',
        request: compact<DeliveryRequest>({
          ...{ record, userKeys: state.userKeys, claim, byOperator: by !== null, ...mayRepeat },
          knownHolder: holderOf(state.firstPurchase, { psp: state.psp, subscription: state.id }) ?? undefined,
          bought: boughtBy(state, payment),
        }),
      },
    ],
    published: [record],
  };
}

/** Removes a payment that turned out to be another one: it is recorded there, and gives up the first purchase if it holds it. */
export function withdraw(state: Subscription, moneyId: string): Step {
  const { firstPurchase } = state;
  const isHolder = isClaimOurs(firstPurchase) && firstPurchase.moneyId === moneyId;
  const without = withoutPayment(state, moneyId);
  return {
    ...onlyState(isHolder ? { ...without, firstPurchase: { kind: 'unknown' } } : without),
    effects: [{ kind: 'withdraw', moneyId }],
  };
}

/** Asks a delivery under way to stop. Its result says whether it still could; the first reason to stop counts. */
export function cancelDelivery(state: Subscription, payment: Payment, reason: CancelReason): Step {
  const { moneyId, progress } = payment;
  if (progress?.state !== 'delivering' || progress.cancelReason !== null) return onlyState(state);
  return {
    ...onlyState(withPayment(state, { ...payment, progress: { ...progress, cancelReason: reason } })),
    effects: [{ kind: 'cancel_delivery', moneyId }],
  };
}

/** Leaves a payment to an operator, since the order's workflow ends before TikTok has accepted it. It keeps the first purchase. */
export function parkStopped(state: Subscription, moneyId: string): Step {
  const payment = paymentOf(state, moneyId);
  if (!payment) return onlyState(state);
  return onlyState(withPayment(state, { ...payment, progress: { state: 'needs_attention' }, lastError: workflowCancelled }));
}

const workflowCancelled: DeliveryError = {
  type: 'WorkflowCancelled',
  code: null,
  message: "the order's workflow was cancelled before TikTok had accepted this purchase: resend it, or skip it",
};

/** Ends a payment that TikTok has not received: it will not be sent, and gives up the first purchase if it holds it. */
export function closeUnsent(state: Subscription, moneyId: string, reason: Exclude<CancelReason, { kind: 'stopped' }>): Step {
  const payment = paymentOf(state, moneyId);
  if (!payment) return onlyState(state);
  const progress: Progress =
    reason.kind === 'refunded'
      ? { state: 'not_a_purchase', reason: 'refunded_before_sent' }
      : { state: 'skipped', by: reason.by, reason: reason.reason };
  // Without `decidedFrom` the payment is decided again if a later event undoes the refund.
  const closed = withPayment(state, { ...payment, progress, decidedFrom: null });
  const isHolder = isClaimOurs(state.firstPurchase) && state.firstPurchase.moneyId === moneyId;
  return {
    ...onlyState(isHolder ? { ...closed, firstPurchase: { kind: 'unknown' } } : closed),
    effects: [{ kind: 'release_claim', moneyId }],
  };
}

/** Operators' commands: send again, skip, forget the buyer, stop (product.md, section 6). A command that does not apply changes nothing. */
import { assertNever } from '../assert-never';
import type { Payment, Subscription } from '../subscription';
import { isClaimOurs, isOpen, paymentOf, paymentsInOrder, withPayment } from '../subscription';
import { cancelDelivery, closeUnsent, parkStopped, startDelivery } from './delivery';
import { purchaseEventOf } from './purchase-event';
import type { Step } from './step';
import { forEach, onlyState } from './step';

/** `by` is the operator. */
export type CommandInput =
  | { readonly kind: 'resend'; readonly moneyId: string; readonly by: string }
  /** Resends all payments that need attention, or those of them with one type of error. */
  | { readonly kind: 'resend_all'; readonly by: string; readonly error?: string }
  | { readonly kind: 'skip'; readonly moneyId: string; readonly by: string; readonly reason: string | null }
  | { readonly kind: 'erase' }
  /** The order's workflow is being cancelled: what is open is left to an operator. */
  | { readonly kind: 'stop' };

/** Applies an operator's command. */
export function applyCommand(state: Subscription, command: CommandInput): Step {
  switch (command.kind) {
    case 'resend':
      return resend(state, command.moneyId, command.by);
    case 'resend_all': {
      const failed = paymentsInOrder(state).filter(
        ({ progress, lastError }) =>
          progress?.state === 'needs_attention' && (command.error === undefined || lastError?.type === command.error),
      );
      return forEach(failed, state, (current, { moneyId }) => resend(current, moneyId, command.by));
    }
    case 'skip':
      return skip(state, command);
    case 'erase':
      return onlyState(erase(state));
    case 'stop':
      return forEach(paymentsInOrder(state), state, stop);
    default:
      return assertNever(command);
  }
}

/** Sends a payment whatever the settings say. A payment that is being delivered, or whose charge failed, is left alone. */
function resend(state: Subscription, moneyId: string, by: string): Step {
  const payment = paymentOf(state, moneyId);
  if (!payment || payment.observations.length === 0 || payment.progress?.state === 'delivering') return onlyState(state);
  // A payment that was delivered before keeps its event, so that TikTok recognises the repetition.
  const event = isOpen(payment.progress) ? purchaseEventOf(state, payment) : payment.event;
  const claim = isClaimOurs(state.firstPurchase) ? null : 'take_if_free';
  return startDelivery(withPayment(state, { ...payment, event }), { ...payment, event }, { claim, by });
}

/** Keeps a payment from being sent. A sent payment can't be called back, and a suppressed one needs no skipping. */
function skip(state: Subscription, { moneyId, by, reason }: Extract<CommandInput, { kind: 'skip' }>): Step {
  const payment = paymentOf(state, moneyId);
  switch (payment?.progress?.state) {
    case 'delivering':
      return cancelDelivery(state, payment, { kind: 'skipped', by, reason });
    case 'waiting':
    case 'needs_attention':
      return closeUnsent(state, moneyId, { kind: 'skipped', by, reason });
    default:
      return onlyState(state);
  }
}

function stop(state: Subscription, payment: Payment): Step {
  if (payment.progress?.state === 'delivering') return cancelDelivery(state, payment, { kind: 'stopped' });
  return payment.progress?.state === 'waiting' ? parkStopped(state, payment.moneyId) : onlyState(state);
}

/** Removes all identifiers of the buyer but the order's own; payments and their progress stay. */
function erase(state: Subscription): Subscription {
  return { ...state, userKeys: state.userKeys.filter(({ kind }) => kind === 'order') };
}

/**
 * Whether a payment waits a little for another event of the provider, which is known to tell its phase, its buyer or its order
 * (docs/decisions/0007-waiting-for-a-state-fact.md).
 */
import type { Awaited, PaymentFact } from '../fact';
import type { Payment, Subscription } from '../subscription';
import { occurredAtMs } from '../subscription';

/** How long a payment waits, counted from its acceptance, unless its fact says that the provider takes longer. */
export const stateWaitMs = 20_000;

/** When the payment stops waiting, Unix milliseconds; null when nothing that it waits for is still to come. */
export function waitsUntilMs(state: Subscription, payment: Payment, fact: PaymentFact): number | null {
  const open = (fact.awaits ?? []).filter((awaited) => isOpen(awaited, state, payment, fact));
  return open.length === 0 && !awaitsStart(state, fact) ? null : payment.acceptedAtMs + patienceFor(payment, fact);
}

/** What comes minutes later has come when the payment was accepted hours later: then events may only be out of order. */
function patienceFor({ acceptedAtMs }: Payment, { patienceMs = stateWaitMs, occurredAtMs: atMs }: PaymentFact): number {
  return Math.max(patienceMs - Math.max(acceptedAtMs - atMs, 0), Math.min(patienceMs, stateWaitMs));
}

/** A change is the first money only if the payment that began the subscription cost nothing: true while that is still to come. */
function awaitsStart({ context, payments }: Subscription, { occasion }: PaymentFact): boolean {
  if (occasion !== 'change' || context.beganAtMs === null) return false;
  return !Object.values(payments).some(({ observations }) => observations.some((other) => other.occasion === 'start'));
}

function isOpen(awaited: Awaited, state: Subscription, payment: Payment, fact: PaymentFact): boolean {
  const { context, userKeys, checkoutId } = state;
  if (context.told.includes(awaited)) return false;
  switch (awaited) {
    case 'trial': {
      // A regular price says that it is no trial's, but not whether the order begins with it.
      const isTold =
        fact.role !== undefined && (fact.role !== 'regular' || fact.kind !== 'renewal' || context.beganAtMs !== null);
      const isKnown = context.noTrial || context.trials.length > 0 || isTold;
      return !isKnown && isFirst(state, payment);
    }
    case 'buyer': {
      const isKnown = checkoutId !== null || userKeys.some(({ kind }) => kind === 'user_id' || kind === 'checkout');
      return !isKnown && isFirst(state, payment);
    }
    // Nothing says that no other payment comes.
    case 'charge':
    case 'order':
      return true;
  }
}

/** True while no earlier payment of the order has been decided: what its later payments are follows from that one. */
function isFirst({ payments }: Subscription, payment: Payment): boolean {
  return Object.values(payments).every(
    ({ observations, progress, ...other }) =>
      other.moneyId === payment.moneyId ||
      observations.length === 0 ||
      progress === null ||
      progress.state === 'waiting' ||
      occurredAtMs({ observations, progress, ...other }) >= occurredAtMs(payment),
  );
}

/**
 * Whether a payment waits a little for another event of the provider, which is known to tell its phase, its buyer or its order
 * (docs/decisions/0007-waiting-for-a-state-fact.md).
 */
import type { Awaited, PaymentFact } from '../fact';
import type { Payment, Subscription } from '../subscription';
import { occurredAtMs } from '../subscription';

/** How long a payment waits, counted from its acceptance, unless its fact says that the provider takes longer. */
export const stateWaitMs = 20_000;

/**
 * What a wait asks of the other payments of its order. It is kept up while they are decided one after the other, so that no payment looks
 * through all others.
 */
export class OtherPayments {
  private starts: number;
  private firstDecidedAtMs = Infinity;

  /** Of an order none of whose `payments` has been decided yet in this round. */
  constructor(payments: readonly Payment[]) {
    this.starts = payments.filter(isCalledStart).length;
  }

  /** Takes what became of the next payment, in the order in which they happened; undefined when it turned out to be another order's. */
  becomes(before: Payment, payment: Payment | undefined): void {
    if (!payment) this.starts -= isCalledStart(before) ? 1 : 0;
    else if (isDecided(payment)) this.firstDecidedAtMs = Math.min(this.firstDecidedAtMs, occurredAtMs(payment));
  }

  /** True when a payment is called the start of the subscription. */
  get haveStart(): boolean {
    return this.starts > 0;
  }

  /** True while no earlier payment has been decided: what its later payments are follows from that one. */
  isFirst(payment: Payment): boolean {
    return this.firstDecidedAtMs >= occurredAtMs(payment);
  }
}

/** When the payment stops waiting, Unix milliseconds; null when nothing that it waits for is still to come. */
export function waitsUntilMs(state: Subscription, payment: Payment, fact: PaymentFact, others: OtherPayments): number | null {
  const open = (fact.awaits ?? []).filter((awaited) => isOpen(awaited, { state, payment, fact, others }));
  return open.length === 0 && !awaitsStart(state, fact, others) ? null : payment.acceptedAtMs + patienceFor(payment, fact);
}

/** What comes minutes later has come when the payment was accepted hours later: then events may only be out of order. */
function patienceFor({ acceptedAtMs }: Payment, { patienceMs = stateWaitMs, occurredAtMs: atMs }: PaymentFact): number {
  return Math.max(patienceMs - Math.max(acceptedAtMs - atMs, 0), Math.min(patienceMs, stateWaitMs));
}

/** A change is the first money only if the payment that began the subscription cost nothing: true while that is still to come. */
function awaitsStart({ context }: Subscription, { occasion }: PaymentFact, others: OtherPayments): boolean {
  return occasion === 'change' && context.beganAtMs !== null && !others.haveStart;
}

interface Wait {
  readonly state: Subscription;
  readonly payment: Payment;
  readonly fact: PaymentFact;
  readonly others: OtherPayments;
}

function isOpen(awaited: Awaited, { state, payment, fact, others }: Wait): boolean {
  const { context, userKeys, checkoutId } = state;
  if (context.told.includes(awaited)) return false;
  switch (awaited) {
    case 'trial': {
      // A regular price says that it is no trial's, but not whether the order begins with it.
      const isTold =
        fact.role !== undefined && (fact.role !== 'regular' || fact.kind !== 'renewal' || context.beganAtMs !== null);
      const isKnown = context.noTrial || context.trials.length > 0 || isTold;
      return !isKnown && others.isFirst(payment);
    }
    case 'buyer': {
      const isKnown = checkoutId !== null || userKeys.some(({ kind }) => kind === 'user_id' || kind === 'checkout');
      return !isKnown && others.isFirst(payment);
    }
    // Nothing says that no other payment comes.
    case 'charge':
    case 'order':
      return true;
  }
}

function isCalledStart({ observations }: Payment): boolean {
  return observations.some(({ occasion }) => occasion === 'start');
}

function isDecided({ observations, progress }: Payment): boolean {
  return observations.length > 0 && progress !== null && progress.state !== 'waiting';
}

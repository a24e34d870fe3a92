/**
 * `transition` is the heart of an order's workflow: it applies inputs to the state, decides, and returns the effects that the
 * workflow carries out. It is pure: no clock, no Temporal, no TikTok.
 */
import { entryOf } from '../by-id';
import { deepEqual } from '../deep-equal';
import type { SubscriptionFact } from '../fact';
import type { Acceptance } from '../observe';
import { merge, observe } from '../observe';
import type { PurchaseRecord } from '../purchase';
import { recordOf } from '../record';
import type { Subscription } from '../subscription';
import { drafted, paymentOf, paymentsInOrder, withPayment } from '../subscription';
import { cancelRefunded, decideOpen } from './decide';
import type { DeliveryResultInput } from './delivery-result';
import { applyDeliveryResult } from './delivery-result';
import type { CommandInput } from './operator-commands';
import { applyCommand } from './operator-commands';
import type { Effect, Step } from './step';
import { andThen, forEach, onlyState } from './step';

/** One thing that happened to an order. */
export type Input = FactInput | DeliveryResultInput | CommandInput;

/** A provider reported a fact, and the service accepted it. */
export interface FactInput {
  readonly kind: 'fact';
  readonly fact: SubscriptionFact;
  readonly accepted: Acceptance;
}

/** The state of an order after its inputs, and what is to be done, in this order. */
export interface Transition {
  readonly state: Subscription;
  readonly effects: readonly Effect[];
}

/**
 * Applies all inputs, then decides. Inputs that arrive together are decided together, so that their order does not matter.
 * `nowMs` ends the waits for state facts; nothing else depends on the time.
 */
export function transition(before: Subscription, inputs: readonly Input[], nowMs: number): Transition {
  return drafted(before, (draft) => {
    const applied = applyAll(draft, inputs);
    // A cancelled payment keeps no phase from another, so refunds come before the phases are assigned.
    const cancelled = andThen(applied, cancelRefunded);
    const decided = andThen(cancelled, (state) => decideOpen(state, nowMs));
    return recordChanges(before, decided);
  });
}

function applyAll(before: Subscription, inputs: readonly Input[]): Step {
  return forEach(inputs.entries(), before, (state, [index, input]) =>
    // The status follows from all payments: once for facts that came together.
    input.kind === 'fact' && inputs[index + 1]?.kind === 'fact'
      ? onlyState(merge(state, input.fact, input.accepted))
      : apply(state, input),
  );
}

/** When the earliest wait ends, Unix milliseconds; null when no payment waits. */
export function nextDueMs(subscription: Subscription): number | null {
  return Object.values(subscription.payments).reduce<number | null>(
    (due, { progress }) => (progress?.state === 'waiting' ? Math.min(due ?? Infinity, progress.untilMs) : due),
    null,
  );
}

/** True when no payment of the order waits, is being delivered, or needs attention. */
export function isAtRest(subscription: Subscription): boolean {
  return Object.values(subscription.payments).every(
    ({ progress }) => progress !== null && !['waiting', 'delivering', 'needs_attention'].includes(progress.state),
  );
}

function apply(state: Subscription, input: Input): Step {
  switch (input.kind) {
    case 'fact':
      return onlyState(observe(state, input.fact, input.accepted));
    case 'delivery_result':
      return applyDeliveryResult(state, input);
    default:
      return applyCommand(state, input);
  }
}

/** Gives every payment whose record differs from the one in the purchases table a new revision, and records it. */
function recordChanges(before: Subscription, { state, effects, published }: Step): Transition {
  const reported = new Map(published.map((record) => [record.moneyId, record]));
  const changed = forEach(paymentsInOrder(state), state, (current, payment) => {
    const { moneyId } = payment;
    const former = paymentOf(before, moneyId);
    const isUntouched = former === payment && entryOf(before.refunds, moneyId) === entryOf(state.refunds, moneyId);
    if (isUntouched && !reported.has(moneyId)) return onlyState(current);
    const known = reported.get(moneyId) ?? (former && recordOf(before, former));
    if (known && isSameButRevision(known, recordOf(current, payment))) return onlyState(current);
    const revised = { ...payment, revision: payment.revision + 1 };
    const record = recordOf(current, revised);
    return { ...onlyState(withPayment(current, revised)), effects: [{ kind: 'record', record }] };
  });
  return { state: changed.state, effects: [...effects, ...changed.effects] };
}

/** How long a purchase waits is no change of it, either: the workflows of before wrote no record of that. */
function isSameButRevision(a: PurchaseRecord, b: PurchaseRecord): boolean {
  const same = { revision: 0, waitsUntilMs: undefined };
  return deepEqual({ ...a, ...same }, { ...b, ...same });
}

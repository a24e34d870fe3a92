/**
 * `transition` is the heart of an order's workflow: it applies inputs to the state, decides, and returns the effects that the
 * workflow carries out. It is pure: no clock, no Temporal, no TikTok.
 */
import { entryOf } from '../by-id';
import { deepEqual } from '../deep-equal';
import type { SubscriptionFact } from '../fact';
import { isPayment } from '../fact';
import { park } from '../fold';
import type { Acceptance } from '../observe';
import { merge, observe } from '../observe';
import type { PurchaseRecord } from '../purchase';
import { recordOf } from '../record';
import type { Payment, Progress, Subscription } from '../subscription';
import { drafted, paymentOf, paymentsInOrder, withPayment } from '../subscription';
import { cancelRefunded, decideOpen } from './decide';
import type { DeliveryResultInput } from './delivery-result';
import { applyDeliveryResult } from './delivery-result';
import { renamedByResults } from './learned-holder';
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
export function transition(
  before: Subscription,
  inputs: readonly Input[],
  nowMs: number,
  { decides = true, mostHeld = Infinity, comparesRows = true, renames = true }: TransitionOptions = {},
): Transition {
  return drafted(before, (draft) => {
    const applied = applyAll(draft, inputs, mostHeld, comparesRows ? before : null);
    const renamed = renames
      ? andThen(applied, (state) => onlyState(renamedByResults(state, inputs).reduce(withPayment, state)))
      : applied;
    // A cancelled payment keeps no phase from another, so refunds come before the phases are assigned.
    const cancelled = andThen(renamed, cancelRefunded);
    const decided = decides ? andThen(cancelled, (state) => decideOpen(state, nowMs)) : cancelled;
    return recordChanges(before, decided);
  });
}

function applyAll(before: Subscription, inputs: readonly Input[], mostHeld: number, rows: Subscription | null): Step {
  let held = Object.keys(before.payments).length;
  const parked = new Set<string>();
  return forEach(inputs.entries(), before, (state, [index, input]) => {
    if (input.kind !== 'fact') return apply(state, input, rows);
    const { fact, accepted } = input;
    if (fact.moneyId !== undefined && parked.has(fact.moneyId)) return onlyState(state);
    const isNew = isPayment(fact) && paymentOf(state, fact.moneyId) === undefined;
    if (isNew && held >= mostHeld) {
      parked.add(fact.moneyId);
      const { state: next, record } = park(state, fact, accepted, mostHeld);
      return { ...onlyState(next), effects: [{ kind: 'record', record }] };
    }
    if (isNew) held += 1;
    // The status follows from all payments: once for facts that came together.
    return inputs[index + 1]?.kind === 'fact' ? onlyState(merge(state, fact, accepted)) : apply(state, input, rows);
  });
}

export interface TransitionOptions {
  /** False: payments are taken in, and decided by a later transition. */
  readonly decides?: boolean;
  /** Payments that the state may hold; those that come beyond are parked. */
  readonly mostHeld?: number;
  /**
   * A delivery's own row is compared as the delivery wrote it, without what arrived together with its result. False replays what
   * workflows of before did. Default: true.
   */
  readonly comparesRows?: boolean;
  /** What the limit kept back names the first purchase also where a delivery learned it later. False as above. Default: true. */
  readonly renames?: boolean;
}

/** The wait that ends first; null when no payment waits. */
export function nextDue(subscription: Subscription): Waiting | null {
  return Object.values(subscription.payments).reduce<Waiting | null>(
    (due, { progress }) => (progress?.state === 'waiting' && progress.untilMs < (due?.untilMs ?? Infinity) ? progress : due),
    null,
  );
}

type Waiting = Extract<Progress, { state: 'waiting' }>;

/** True when no payment of the order waits, is being delivered, or needs attention. */
export function isAtRest(subscription: Subscription): boolean {
  return Object.values(subscription.payments).every(
    ({ progress }) => progress !== null && !['waiting', 'delivering', 'needs_attention'].includes(progress.state),
  );
}

/** `rows` is the order as its rows show it; null takes them to show what is applied now. */
function apply(state: Subscription, input: Input, rows: Subscription | null): Step {
  switch (input.kind) {
    case 'fact':
      return onlyState(observe(state, input.fact, input.accepted));
    case 'delivery_result':
      return applyDeliveryResult(state, input, rows);
    default:
      return applyCommand(state, input);
  }
}

/** Gives every payment whose record differs from the one in the purchases table a new revision, and records it. */
function recordChanges(before: Subscription, { state, effects, published }: Step): Transition {
  const reported = new Map(published.map((record) => [record.moneyId, record]));
  const isTouched = (payment: Payment): boolean => {
    const { moneyId } = payment;
    if (reported.has(moneyId) || paymentOf(before, moneyId) !== payment) return true;
    return entryOf(before.refunds, moneyId) !== entryOf(state.refunds, moneyId);
  };
  const changed = forEach(paymentsInOrder(state, isTouched), state, (current, payment) => {
    const { moneyId } = payment;
    const former = paymentOf(before, moneyId);
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
  return deepEqual(a, b, ['revision', 'waitsUntilMs']);
}

/**
 * `transition` is the heart of an order's workflow: it applies inputs to the state, decides, and returns the effects that the
 * workflow carries out. It is pure: no clock, no Temporal, no TikTok.
 */
import { deepEqual } from '../deep-equal';
import type { SubscriptionFact } from '../fact';
import type { Acceptance } from '../observe';
import { observe } from '../observe';
import type { PurchaseRecord } from '../purchase';
import { recordOf, recordsOf } from '../record';
import type { Subscription } from '../subscription';
import { paymentsInOrder, withPayment } from '../subscription';
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
export function transition(
  before: Subscription,
  inputs: readonly Input[],
  nowMs: number,
  { comparesRows = true }: TransitionOptions = {},
): Transition {
  const applied = forEach(inputs, before, (state, input) => apply(state, input, comparesRows ? before : null));
  // A cancelled payment keeps no phase from another, so refunds come before the phases are assigned.
  const cancelled = andThen(applied, cancelRefunded);
  const decided = andThen(cancelled, (state) => decideOpen(state, nowMs));
  return recordChanges(before, decided);
}

export interface TransitionOptions {
  /**
   * A delivery's own row is compared as the delivery wrote it, without what arrived together with its result. False replays what
   * workflows of before did. Default: true.
   */
  readonly comparesRows?: boolean;
}

/** When the earliest wait ends, Unix milliseconds; null when no payment waits. */
export function nextDueMs(subscription: Subscription): number | null {
  const waits = Object.values(subscription.payments).flatMap(({ progress }) =>
    progress?.state === 'waiting' ? [progress.untilMs] : [],
  );
  return waits.length === 0 ? null : Math.min(...waits);
}

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
  const table = new Map([...recordsOf(before), ...published].map((record) => [record.moneyId, record]));
  const changed = forEach(paymentsInOrder(state), state, (current, payment) => {
    const known = table.get(payment.moneyId);
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

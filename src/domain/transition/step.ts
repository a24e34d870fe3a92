/** A step of a transition. Steps are pure functions from a state to a `Step`, chained with `andThen`. */
import type { DeliveryRequest } from '../delivery-request';
import type { PurchaseRecord } from '../purchase';
import type { Subscription } from '../subscription';

/** One thing that the workflow has to do. */
export type Effect =
  /** Start to send a purchase to TikTok. */
  | { readonly kind: 'deliver'; readonly request: DeliveryRequest }
  /** Stop the delivery that is under way, if it can still be stopped. */
  | { readonly kind: 'cancel_delivery'; readonly moneyId: string }
  /** Write the record to the purchases table. */
  | { readonly kind: 'record'; readonly record: PurchaseRecord }
  /** Remove the record from the purchases table: the payment turned out to be another one's. */
  | { readonly kind: 'withdraw'; readonly moneyId: string }
  /** Release the user's first purchase, if this payment holds it. */
  | { readonly kind: 'release_claim'; readonly moneyId: string };

export interface Step {
  readonly state: Subscription;
  /** In the order in which they are to be started. */
  readonly effects: readonly Effect[];
  /** Records that a delivery writes to the purchases table itself, so that the workflow need not write them. */
  readonly published: readonly PurchaseRecord[];
}

/** A step that asks for nothing but the new state. */
export function onlyState(state: Subscription): Step {
  return { state, effects: [], published: [] };
}

/** Runs `next` on the state of `before`; the result has the effects and records of both. */
export function andThen(before: Step, next: (state: Subscription) => Step): Step {
  const after = next(before.state);
  return {
    state: after.state,
    effects: [...before.effects, ...after.effects],
    published: [...before.published, ...after.published],
  };
}

/** Runs `next` once for each item, each time on the state that the former left. */
export function forEach<T>(items: Iterable<T>, state: Subscription, next: (state: Subscription, item: T) => Step): Step {
  const effects: Effect[] = [];
  const published: PurchaseRecord[] = [];
  let current = state;
  for (const item of items) {
    const step = next(current, item);
    current = step.state;
    for (const effect of step.effects) effects.push(effect);
    for (const record of step.published) published.push(record);
  }
  return { state: current, effects, published };
}

/** Stripe's state at a time: its event log, and the events' objects as of their latest event. */
import type { StripeEventBody } from './webhooks';

export interface StripeObject extends Readonly<Record<string, unknown>> {
  readonly id: string;
  readonly object: string;
  readonly created: number;
}

const keptSeconds = 30 * 86_400;

export class StripeObjects {
  readonly #events: StripeEventBody[] = [];

  add(events: readonly StripeEventBody[]): void {
    this.#events.push(...events);
  }

  /** All objects of a kind, newest first. Later events have not happened yet; events are listed for 30 days. */
  all(object: string, nowSeconds: number): readonly StripeObject[] {
    const told = this.#events.filter(({ created }) => created <= nowSeconds);
    if (object === 'event')
      return newestFirst(told.filter(({ created }) => created > nowSeconds - keptSeconds).map((event) => ({ ...event })));
    return newestFirst(thingsOf(told).filter((thing) => thing.object === object));
  }
}

function newestFirst(objects: readonly StripeObject[]): readonly StripeObject[] {
  return [...objects].reverse().sort((a, b) => b.created - a.created);
}

function thingsOf(events: readonly StripeEventBody[]): readonly StripeObject[] {
  const things = new Map<string, StripeObject>();
  for (const { type, created, data } of [...events].sort((a, b) => a.created - b.created)) {
    const { object } = data;
    // Events whose object Stripe could not list (an id is missing) are in the log only.
    if (typeof object.id !== 'string' || typeof object.object !== 'string') continue;
    const before = things.get(object.id);
    const madeAt = typeof object.created === 'number' ? object.created : (before?.created ?? created);
    things.set(object.id, { ...object, id: object.id, object: object.object, created: madeAt });
    const charge = type === 'payment_intent.succeeded' ? object.latest_charge : null;
    if (typeof charge === 'string' && !things.has(charge)) things.set(charge, chargeOf(charge, object, created));
  }
  return [...things.values()];
}

/** Every PaymentIntent that succeeded has a charge, whether or not an event carried it. */
function chargeOf(
  id: string,
  { id: intent, amount_received: amount, currency, livemode }: Record<string, unknown>,
  created: number,
): StripeObject {
  return { id, object: 'charge', created, amount, currency, livemode, payment_intent: intent, paid: true, status: 'succeeded' };
}

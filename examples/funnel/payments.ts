/** The payment provider's part: takes an order, charges, and tells the service with Stripe's signed webhooks. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ToldFact } from '../../demo/client';
import type { Webhook } from '../../demo/provider';
import type { Phase } from '../../src/domain/fact';
import type { StripeScenarioEvent } from '../../sandbox/stripe/webhooks';
import { signStripe, stripeEventsOf } from '../../sandbox/stripe/webhooks';
import type { Plan } from './plans';
import { currency, lifetimeProduct } from './plans';

export const webhookSecret = 'whsec_of_the_example_funnel';

export interface Order {
  readonly id: string;
  /** The order's id at the service; null until its first webhook is in. */
  relayId(): string | null;
  readonly plan: Plan;
  readonly metadata: Readonly<Record<string, string>>;
  /** What comes next, when somebody turns the clock; null when nothing does. */
  next(): Phase | null;
  /** Sends it. Resolves when the service has it. */
  turnClock(): Promise<void>;
}

export interface PaymentsDeps {
  readonly deliver: (webhook: Webhook) => Promise<readonly ToldFact[]>;
  readonly onFailure: (error: unknown) => void;
  readonly nowMs: () => number;
}

const moments = { beforeFirstMs: 1_000, betweenMs: 50 };

/** What the provider's checkout asks for and the merchant's pages do not know: the server brings it to TikTok. */
const askedAtCheckout = { phone: '+447911123456' };

function productOf({ type }: Plan): Readonly<Record<string, string>> {
  return type === 'lifetime' ? { product_id: lifetimeProduct } : {};
}

export function createPayments({ deliver, onFailure, nowMs }: PaymentsDeps) {
  let sold = 0;
  const startedMs = nowMs();

  async function send(events: readonly StripeScenarioEvent[]): Promise<string | null> {
    let order: string | null = null;
    for (const { event } of events) {
      const body = JSON.stringify(event);
      const headers = { 'stripe-signature': signStripe(body, webhookSecret, Math.floor(nowMs() / 1000)) };
      const facts = await deliver({ body, headers, atMs: event.created * 1000, payment: null });
      // A one-off is an order of its own, under its money id.
      for (const { subscription, moneyId } of facts) order ??= subscription ?? moneyId;
      await sleep(moments.betweenMs);
    }
    return order;
  }

  return {
    /** The metadata is what the page had from `ttr.metadata()`, as a merchant sets it on the subscription. */
    buy(plan: Plan, email: string | undefined, metadata: Readonly<Record<string, string>>): Order {
      const id = `${startedMs.toString(36)}${++sold}`;
      const { type, fullMinor: amountMinor, todayMinor: trialAmountMinor } = plan;
      const life = stripeEventsOf({
        ...{
          type,
          currency,
          metadata: { ...metadata, ...askedAtCheckout, ...productOf(plan) },
          amountMinor,
          trialAmountMinor,
          renewals: 24,
        },
        ...(email === undefined ? {} : { email }),
        subscriptionId: `sub_${id}`,
        customerId: `cus_${metadata.user_id ?? id}`,
        startMs: nowMs(),
      });
      const [first = [], ...later] = byDays(life);
      let relayId: string | null = null;
      void sleep(moments.beforeFirstMs)
        .then(async () => (relayId = await send(first)))
        .catch(onFailure);
      return {
        ...{ id, plan, metadata },
        relayId: () => relayId,
        next: () => later[0]?.flatMap(({ phase }) => (phase === 'state' ? [] : [phase]))[0] ?? null,
        async turnClock() {
          await send(later.shift() ?? []);
        },
      };
    },
  };
}

/** The events of one visit of the clock: what is more than a day apart is another. Their dates lie ahead, as with Stripe's test clocks. */
function byDays(life: readonly StripeScenarioEvent[]): StripeScenarioEvent[][] {
  const days: StripeScenarioEvent[][] = [];
  for (const one of life) {
    const day = days.at(-1);
    const last = day?.at(-1);
    if (day && last && one.event.created - last.event.created < 86_400) day.push(one);
    else days.push([one]);
  }
  return days;
}

/** The payment provider's part: takes an order, charges, and tells the service with Stripe's signed webhooks. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Webhook } from '../../demo/provider';
import type { Phase } from '../../src/domain/fact';
import type { StripeScenarioEvent } from '../../sandbox/stripe/webhooks';
import { signStripe, stripeEventsOf } from '../../sandbox/stripe/webhooks';
import type { Plan } from './plans';
import { currency } from './plans';

export const webhookSecret = 'whsec_of_the_example_funnel';

export interface Order {
  readonly id: string;
  readonly plan: Plan;
  readonly metadata: Readonly<Record<string, string>>;
  /** What comes next, when somebody turns the clock; null when nothing does. */
  next(): Phase | null;
  /** Sends it. Resolves when the service has it. */
  turnClock(): Promise<void>;
}

export interface PaymentsDeps {
  readonly deliver: (webhook: Webhook) => Promise<unknown>;
  readonly onFailure: (error: unknown) => void;
  readonly nowMs: () => number;
}

const moments = { beforeFirstMs: 1_000, betweenMs: 50 };

export function createPayments({ deliver, onFailure, nowMs }: PaymentsDeps) {
  let sold = 0;
  const startedMs = nowMs();

  async function send(events: readonly StripeScenarioEvent[]): Promise<void> {
    for (const { event } of events) {
      const body = JSON.stringify(event);
      const headers = { 'stripe-signature': signStripe(body, webhookSecret, Math.floor(nowMs() / 1000)) };
      await deliver({ body, headers, atMs: event.created * 1000, payment: null });
      await sleep(moments.betweenMs);
    }
  }

  return {
    /** The metadata is what the page had from `ttr.metadata()`, as a merchant sets it on the subscription. */
    buy(plan: Plan, email: string | undefined, metadata: Readonly<Record<string, string>>): Order {
      const id = `${startedMs.toString(36)}${++sold}`;
      const { type, fullMinor: amountMinor, todayMinor: trialAmountMinor } = plan;
      const life = stripeEventsOf({
        ...{ type, metadata, currency, amountMinor, trialAmountMinor, renewals: 24 },
        ...(email === undefined ? {} : { email }),
        subscriptionId: `sub_${id}`,
        customerId: `cus_${metadata.user_id ?? id}`,
        startMs: nowMs(),
      });
      const [first = [], ...later] = byDays(life);
      void sleep(moments.beforeFirstMs)
        .then(() => send(first))
        .catch(onFailure);
      return {
        ...{ id, plan, metadata },
        next: () => later[0]?.flatMap(({ phase }) => (phase === 'state' ? [] : [phase]))[0] ?? null,
        turnClock: () => send(later.shift() ?? []),
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

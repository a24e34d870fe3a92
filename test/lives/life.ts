/** A life: what one buyer did at a provider, the webhooks in which the provider tells it, and the purchases that it comes to. */
import fc from 'fast-check';
import type { Phase, PriceRole, PurchaseType } from '../../src/domain/fact';
import type { WebhookHeaders } from '../../src/psp/adapter';

export interface Webhook {
  /** When the provider sends it, Unix milliseconds. */
  readonly atMs: number;
  readonly body: unknown;
  readonly headers?: WebhookHeaders;
}

/** A record that the life comes to, by the rules of product.md and nothing else. */
export interface Purchase {
  readonly moneyId: string;
  readonly atMs: number;
  readonly type: PurchaseType;
  /** Null for what is not a purchase: its phase does not matter. */
  readonly phase: Phase | null;
  /** In minor units; null where the provider does not say the price. `any`: 0 or none, since it may be unknown in which currency. */
  readonly amountMinor: number | null | 'any';
}

export interface Told {
  /** Ordered by time. */
  readonly webhooks: readonly Webhook[];
  readonly purchases: readonly Purchase[];
  /**
   * The first full period costs nothing, by a discount. It counts as a period, but who hears of the second before it cannot know that:
   * in another order of arrival the second may be the conversion.
   */
  readonly isFirstPeriodFree?: boolean;
}

export interface Life extends Told {
  readonly psp: string;
  readonly prices: Readonly<Record<string, PriceRole>>;
  /** What the buyer did, for the report of a counterexample. */
  readonly story: unknown;
  readonly orders: number;
}

export interface Provider<Plan> {
  readonly psp: string;
  /** What a buyer may do with one order. */
  readonly plans: fc.Arbitrary<Plan>;
  /** The order's webhooks and purchases. `nth` tells a buyer's orders apart, from 0; `startMs` is when it begins. */
  readonly tell: (plan: Plan, nth: number, startMs: number) => Told;
  readonly prices?: Readonly<Record<string, PriceRole>>;
}

const firstDayMs = Date.UTC(2026, 0, 5, 9);
export const dayMs = 86_400_000;

/** The lives of buyers with one order, and now and then with two. */
export function livesOf<Plan>({ psp, plans, tell, prices = {} }: Provider<Plan>): fc.Arbitrary<Life> {
  const orders = fc.oneof({ weight: 4, arbitrary: fc.tuple(plans) }, { weight: 1, arbitrary: fc.tuple(plans, plans) });
  return fc.record({ orders, apartDays: fc.integer({ min: 1, max: 60 }) }).map(({ orders: told, apartDays }) => {
    const all = told.map((plan, nth) => tell(plan, nth, firstDayMs + nth * (apartDays * dayMs + 7_777_000)));
    const life: Life = {
      psp,
      prices,
      orders: told.length,
      story: told.length === 1 ? told[0] : { orders: told, apartDays },
      webhooks: byTime(all.flatMap(({ webhooks }) => webhooks)),
      purchases: byTime(all.flatMap(({ purchases }) => purchases)),
      isFirstPeriodFree: all.some(({ isFirstPeriodFree = false }) => isFirstPeriodFree),
    };
    return Object.defineProperty(life, fc.toStringMethod, { value: () => JSON.stringify(life.story) });
  });
}

/** How many periods are paid at the full price, and what befalls them: an index into them, or null. */
export const cycles = fc.integer({ min: 0, max: 6 });
export const someCycle = fc.option(fc.integer({ min: 0, max: 5 }), { nil: null, freq: 2 });

export function byTime<T extends { readonly atMs: number }>(items: readonly T[]): readonly T[] {
  return [...items].sort((a, b) => a.atMs - b.atMs);
}

/** The phase of the nth full period: the first is the conversion, or the start of a subscription without a trial. */
export function phaseOfPeriod(nth: number): Phase {
  return nth === 0 ? 'conversion' : 'renewal';
}

export function isSent({ phase }: Purchase): boolean {
  return phase !== null;
}

/** The purchases that are sent while the limit is on: product.md, section 3. */
export function limited(purchases: readonly Purchase[]): readonly Purchase[] {
  let isHeld = false;
  return purchases.filter(({ phase, type }) => {
    if (phase === null || phase === 'renewal') return false;
    const isSent = type === 'free_trial' || !isHeld;
    isHeld ||= isSent;
    return isSent;
  });
}

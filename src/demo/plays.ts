/** What is played: for each provider a buyer of each purchase type, once with the limit off and once with it on. */
import type { PurchaseType } from '../domain/fact';
import { purchaseTypes } from '../domain/fact';
import type { Expectation, Limit } from './expectation';
import { expectationOf, phasesOf } from './expectation';
import type { Life, Provider, Sale } from './providers';

export interface Play {
  readonly psp: string;
  readonly type: PurchaseType;
  readonly life: Life;
  readonly expectations: readonly Expectation[];
}

const day = 86_400_000;
/** Trial, conversion and renewal are done by today. */
export const lifeDays = 60;

/** One play per purchase type, by buyers that nobody has seen before. */
export function playsOf(provider: Provider, limit: Limit, nowMs: number): readonly Play[] {
  return purchaseTypes.map((type) => {
    const sale = saleOf(provider, limit, type, nowMs);
    const life = provider.life(sale, nowMs);
    const payments = life.webhooks.flatMap(({ payment }) => (payment ? [payment] : []));
    const told = payments.map(({ phase }) => phase);
    if (told.join() !== phasesOf(type).join())
      throw new Error(
        `the demo’s ${provider.name} tells ${told.join(', ')} of a ${type}; the table has ${phasesOf(type).join(', ')}`,
      );
    const expectations = payments.map((payment) => expectationOf(provider.name, limit, sale, life.order, payment));
    return { psp: provider.name, type, life, expectations };
  });
}

/** Each type costs something else, so that a mix-up shows. */
const prices: Readonly<Record<PurchaseType, number>> = { subscription: 999, free_trial: 1999, paid_trial: 2999, lifetime: 8900 };

function saleOf({ name: psp, currency }: Provider, limit: Limit, type: PurchaseType, nowMs: number): Sale {
  const name = `${psp}_${limit}_${type}`;
  return {
    type,
    name,
    userId: `user_${name}`,
    checkoutId: `checkout_${name}`,
    email: `${name}@example.com`,
    metadata: {
      ttclid: `E.C.P.${name}`,
      ip: '203.0.113.7',
      user_agent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X)',
      page_url: 'https://funnel.example.com/checkout',
    },
    startMs: nowMs - lifeDays * day,
    currency,
    amountMinor: prices[type],
    trialAmountMinor: 100,
  };
}

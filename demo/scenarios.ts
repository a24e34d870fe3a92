/** What is played: for each provider a buyer of each purchase type, with the limit off and on; and buyers whose webhooks are lost. */
import type { PurchaseType } from '../src/domain/fact';
import { purchaseTypes } from '../src/domain/fact';
import type { Expectation, Limit, Scene } from './expectation';
import { expectationOf, phasesOf } from './expectation';
import type { Provider, Sale, Webhook } from './provider';

export interface Scenario {
  readonly psp: string;
  readonly type: PurchaseType;
  readonly order: string;
  /** Delivered, in this order. */
  readonly told: readonly Webhook[];
  /** What happened as well, and no webhook came of it. */
  readonly lost: readonly Webhook[];
  readonly expectations: readonly Expectation[];
}

const minute = 60_000;
const day = 86_400_000;
/** Trial, conversion and renewal are done by today. */
export const lifeDays = 60;

/** One scenario per purchase type that is sold there, by buyers that no earlier scenario had. */
export function scenariosOf(provider: Provider, limit: Limit, nowMs: number): readonly Scenario[] {
  return soldTypes(provider).map((type) =>
    lifeOf(provider, limit, saleOf(provider, `${limit}_${type}`, type, nowMs - lifeDays * day), nowMs),
  );
}

/** A subscription of a buyer whom a funnel brought, by the merchant's own word in the provider's metadata; the limit is off. */
export function funnelScenario(provider: Provider, funnel: string, nowMs: number): Scenario {
  const sale = saleOf(provider, `of_${funnel}`, 'subscription', nowMs - lifeDays * day);
  // Little, since PayPal keeps 127 characters.
  return lifeOf(provider, 'off', { ...sale, metadata: { product_id: 'premium', funnel } }, nowMs);
}

function lifeOf(provider: Provider, limit: Limit, sale: Sale, nowMs: number): Scenario {
  const { type } = sale;
  const { order, webhooks } = provider.webhooksOf(sale, nowMs);
  const phases = webhooks.flatMap(({ payment }) => (payment ? [payment.phase] : []));
  if (phases.join() !== phasesOf(type).join())
    throw new Error(
      `the demo’s ${provider.name} tells ${phases.join(', ')} of a ${type}; the table has ${phasesOf(type).join(', ')}`,
    );
  return playOf(provider, limit, sale, { order, told: webhooks, lost: [] });
}

/**
 * What a renewal check is for. A buyer of each type who began half an hour ago, and nobody told us; and where the provider says when
 * the next payment is due, a free trial that we know of, whose conversion nobody told us.
 */
export function lostScenariosOf(provider: Provider, nowMs: number): readonly Scenario[] {
  if (!provider.api) return [];
  const types = soldTypes(provider);
  const unheardOf = types.map((type) => {
    const sale = saleOf(provider, `lost_${type}`, type, nowMs - 30 * minute);
    const { order, webhooks } = provider.webhooksOf(sale, nowMs);
    return playOf(provider, 'lost', sale, { order, told: [], lost: webhooks.filter(({ atMs }) => atMs <= nowMs) });
  });
  if (!provider.api.tellsDueDates || !types.includes('free_trial')) return unheardOf;
  const sale = saleOf(provider, 'lost_overdue', 'free_trial', nowMs - 8 * day);
  const { order, webhooks } = provider.webhooksOf(sale, nowMs);
  const told = webhooks.filter(({ atMs }) => atMs <= sale.startMs + day);
  const lost = webhooks.filter(({ atMs }) => atMs > sale.startMs + day && atMs <= nowMs);
  return [...unheardOf, playOf(provider, 'lost', sale, { order, told, lost })];
}

function playOf(
  provider: Provider,
  scene: Scene,
  sale: Sale,
  { order, told, lost }: Pick<Scenario, 'order' | 'told' | 'lost'>,
): Scenario {
  const expected = (webhooks: readonly Webhook[], isLost: boolean): readonly Expectation[] =>
    webhooks.flatMap(({ payment, atMs }) =>
      payment ? [expectationOf(provider, scene, sale, { ...payment, atMs, order, isLost })] : [],
    );
  return {
    psp: provider.name,
    type: sale.type,
    order,
    told,
    lost,
    expectations: [...expected(told, false), ...expected(lost, true)],
  };
}

function soldTypes({ remark }: Provider): readonly PurchaseType[] {
  return purchaseTypes.filter((type) => !remark?.unsold?.includes(type));
}

/** Each type costs something else, so that a mix-up shows. */
const prices: Readonly<Record<PurchaseType, number>> = { subscription: 999, free_trial: 1999, paid_trial: 2999, lifetime: 8900 };

function saleOf({ name: psp, currency }: Provider, which: string, type: PurchaseType, startMs: number): Sale {
  const name = `${psp}_${which}`;
  return {
    type,
    name,
    userId: `user_${name}`,
    checkoutId: `checkout_${name}`,
    email: `${name}@example.com`,
    metadata: {
      // For what the provider itself does not name.
      product_id: 'premium',
      ttclid: `E.C.P.${name}`,
      ip: '203.0.113.7',
      user_agent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X)',
      page_url: 'https://funnel.example.com/checkout',
    },
    startMs,
    currency,
    amountMinor: prices[type],
    trialAmountMinor: 100,
  };
}

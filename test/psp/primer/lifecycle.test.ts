import type { PurchaseType, SubscriptionFact } from '../../../src/domain/fact';
import { stateWaitMs } from '../../../src/domain/transition';
import { primer } from '../../../src/psp/primer';
import { primerEvent, primerEventsOf, primerPayment } from '../../../sandbox/primer/webhooks';
import type { PrimerScenario, PrimerScenarioEvent } from '../../../sandbox/primer/webhooks';
import { describeLifecycles, phasesOf, purchaseTypes } from '../../support/provider-lifecycle';
import { factsOf, inTime, oneByOne, together } from '../../support/sale-scenarios';
import { orders } from '../../support/effort';
import type { Order } from '../../support/order-scenario';
import { day } from '../../support/order-scenario';

const eventsOf = (
  type: PurchaseType,
  contract: NonNullable<PrimerScenario['contract']> = 'kind',
): readonly PrimerScenarioEvent[] =>
  primerEventsOf({
    type,
    contract,
    userId: 'u1',
    checkoutId: 'c1',
    customerId: 'cust-1',
    subscriptionId: 'sub_1',
    startMs: Date.UTC(2026, 10, 1, 12),
    email: 'a@example.com',
  });

const rows = purchaseTypes.flatMap((type) => (['kind', 'subs_iteration'] as const).map((contract) => [type, contract] as const));

describeLifecycles(
  rows.map(([type, contract]) => ({
    title: `Primer ${type} (metadata: ${contract})`,
    type,
    phases: phasesOf[type],
    webhooks: eventsOf(type, contract).map(({ phase, event }) => ({ phase, facts: factsOf(primer, event) })),
  })),
);

describe('the sandbox of Primer', () => {
  it.each(rows)('plays a %s in the order of time (%s)', (type, contract) => {
    const dates = eventsOf(type, contract).map(({ event }) => event.date);
    expect(dates).toEqual([...dates].sort());
  });
});

// Who counts from 0 has a merchant-initiated iteration 1 as the first renewal; of who counts from 1 it is the start.
const tellPhase = rows.filter(([type, contract]) => !(type === 'subscription' && contract === 'subs_iteration'));

it.each(tellPhase)('each payment of a %s keeps its phase in every order of the first six webhooks (%s)', (type, contract) => {
  const early = eventsOf(type, contract)
    .slice(0, 6)
    .map(({ event }) => factsOf(primer, event));
  const outcomes = oneByOne(early).outcomes();
  for (const order of orders(early)) expect(oneByOne(order).outcomes()).toEqual(outcomes);
});

it('iterations that are counted from 0 give one conversion, which is the start where both are known', () => {
  const facts = eventsOf('subscription', 'subs_iteration').map(({ event }) => factsOf(primer, event));
  expect(together([...facts].reverse()).outcomes()).toEqual({ 'sub_1-P0': 'conversion sent', 'sub_1-P1': 'renewal sent' });
  const wrongWayRound = Object.values(oneByOne([...facts].reverse()).outcomes());
  expect(wrongWayRound.sort()).toEqual(['conversion sent', 'renewal sent']);
});

describe('payments that only the history tells', () => {
  const startMs = Date.UTC(2026, 10, 1, 12);
  const scenario: PrimerScenario = { type: 'subscription', customerId: 'cust-1', subscriptionId: 'sub_1', startMs };
  const paid = (index: number, amount: number, paymentType: string, metadata: Record<string, string> = {}) => {
    const status = amount === 0 ? 'AUTHORIZED' : 'SETTLED';
    const atMs = startMs + index * 10 * day;
    const payment = primerPayment(scenario, { index, kind: 'renewal', atMs, amount, status });
    const told = { paymentMethod: { paymentType }, metadata: { subscription_id: 'sub_1', ...metadata } };
    return factsOf(primer, primerEvent('PAYMENT.STATUS', { ...payment, ...told }, atMs));
  };
  const start = paid(0, 1999, 'FIRST_PAYMENT');
  const ofNothing = paid(1, 0, 'FIRST_PAYMENT');
  const later = paid(3, 1999, 'SUBSCRIPTION');
  const outcomes = (...facts: (readonly SubscriptionFact[])[]) => Object.values(settle(oneByOne(facts)).outcomes());

  it('a card that is replaced in a running subscription is no purchase', () => {
    expect(outcomes(start, ofNothing, later)).toEqual(['conversion sent', 'not_a_purchase zero_amount', 'renewal sent']);
    const order = settle(together([later, ofNothing, start]));
    expect(inTime(order).map(({ phase, state }) => `${String(phase)} ${state}`)).toEqual([
      'conversion sent',
      'null not_a_purchase',
      'renewal sent',
    ]);
  });

  it('the same payment with nothing before it starts a free trial, after a wait for what would contradict it', () => {
    const order = oneByOne([ofNothing]);
    expect(order.sent).toEqual([]);
    expect(
      order
        .receives(...start)
        .finish()
        .records()['sub_1-P1'],
    ).toMatchObject({ state: 'not_a_purchase' });
    expect(outcomes(ofNothing, later)).toEqual(['trial_start sent', 'conversion sent']);
  });

  it('a one-click second subscription, whose first payment the merchant initiates, has its conversion', () => {
    expect(outcomes(paid(0, 1999, 'SUBSCRIPTION', { subs_iteration: '1' }))).toEqual(['conversion sent']);
    const [first, second] = ['1', '2'].map((n, at) => paid(at, 1999, 'SUBSCRIPTION', { subs_iteration: n }));
    expect(outcomes(first!, second!)).toEqual(['conversion sent', 'renewal sent']);
    expect(outcomes(second!)).toEqual(['renewal sent']);
  });

  it('what is captured of a partial settlement is its amount, the whole once it is settled', () => {
    const part = (amountCaptured: number, status: string) => {
      const payment = primerPayment(scenario, { index: 0, kind: 'conversion', atMs: startMs, amount: 1999, status });
      return factsOf(primer, primerEvent('PAYMENT.STATUS', { ...payment, processor: { amountCaptured } }, startMs));
    };
    expect(oneByOne([part(1500, 'PARTIALLY_SETTLED')]).sent.map(({ record }) => record.value)).toEqual([
      { amountMinor: 1500, currency: 'USD' },
    ]);
    const both = together([part(1500, 'PARTIALLY_SETTLED'), part(1999, 'SETTLED')]);
    expect(both.sent.map(({ record }) => record.value)).toEqual([{ amountMinor: 1999, currency: 'USD' }]);
  });
});

it('without metadata, the payments of a customer are the start and the renewals of one subscription', () => {
  const facts = eventsOf('subscription', 'none').map(({ event }) => factsOf(primer, event));
  expect(Object.values(oneByOne(facts).outcomes())).toEqual(['conversion sent', 'renewal sent']);
});

/** Ends the wait for what only the history tells. */
function settle(order: Order): Order {
  order.nowMs = Math.max(...inTime(order).map(({ occurredAtMs }) => occurredAtMs)) + stateWaitMs;
  return order.applies([]).finish();
}

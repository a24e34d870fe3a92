import type { PurchaseType } from '../../../src/domain/fact';
import { funnelfox } from '../../../src/psp/funnelfox';
import { funnelfoxEventsOf, funnelfoxOrder } from '../../../sandbox/funnelfox/webhooks';
import type { FunnelfoxScenarioEvent } from '../../../sandbox/funnelfox/webhooks';
import { describeLifecycles, phasesOf, purchaseTypes } from '../../support/provider-lifecycle';
import { accountOf, factsOf, oneByOne, together } from '../../support/sale-scenarios';
import type { Told } from '../../support/sale-scenarios';

function eventsOf(type: PurchaseType): readonly FunnelfoxScenarioEvent[] {
  return funnelfoxEventsOf({
    type,
    userId: 'u1',
    customerId: 'ext_1',
    subscriptionId: 'sub_1',
    startMs: 1_790_000_000_000,
    email: 'a@example.com',
  });
}

const factsIn = (events: readonly FunnelfoxScenarioEvent[]): Told => events.map(({ event }) => factsOf(funnelfox, event));

describeLifecycles(
  purchaseTypes.map((type) => ({
    title: `FunnelFox Billing ${type}`,
    type,
    phases: phasesOf[type],
    webhooks: eventsOf(type).map(({ phase, event }) => ({ phase, facts: factsOf(funnelfox, event) })),
  })),
);

describe('the sandbox of FunnelFox Billing', () => {
  it('gives every event an id of its own', () => {
    const ids = eventsOf('paid_trial').map(({ event }) => event.event_id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('the adapter of FunnelFox Billing', () => {
  it('finds the conversion, which is charged before the trial ends, also when the trial event is missing', () => {
    const events = eventsOf('paid_trial');
    const isTrial = ({ event }: FunnelfoxScenarioEvent): boolean => event.subtype === 'starting_trial';
    const rest = events.filter((one) => !isTrial(one));
    expect(together(factsIn(rest)).outcomes()).toEqual(together(factsIn(events)).outcomes());
  });

  it('counts an order of amount 0 and the free trial of its subscription as one purchase', () => {
    const facts = factsIn(eventsOf('free_trial'));
    const life = { type: 'free_trial' as const, customerId: 'ext_1', subscriptionId: 'sub_1', startMs: 1_790_000_000_000 };
    const nothing = factsOf(funnelfox, funnelfoxOrder(life, 'settled', { index: 0, atMs: life.startMs + 500, amount: 0 }));
    expect(together([nothing, ...facts]).outcomes()).toEqual(together(facts).outcomes());
    expect(accountOf(oneByOne([...facts, nothing]))).toEqual(accountOf(oneByOne(facts)));
    expect(accountOf(oneByOne([nothing, ...facts]))).toEqual(accountOf(oneByOne(facts)));
  });
});

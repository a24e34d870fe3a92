/** Whole lives through the adapter and the domain: any order and any repetition of the webhooks gives the same account. */
import type { Phase, PurchaseType } from '../../../src/domain/fact';
import { isPayment } from '../../../src/domain/fact';
import { funnelfox } from '../../../src/psp/funnelfox';
import { funnelfoxEventsOf, funnelfoxOrder } from '../../../sandbox/funnelfox/webhooks';
import type { FunnelfoxScenarioEvent } from '../../../sandbox/funnelfox/webhooks';
import { accountOf, factsOf, oneByOne, together } from '../../support/sale-scenarios';
import type { Told } from '../../support/sale-scenarios';
import { orders } from '../../support/effort';

const phases: Readonly<Record<PurchaseType, readonly Phase[]>> = {
  subscription: ['conversion', 'renewal'],
  free_trial: ['trial_start', 'conversion', 'renewal'],
  paid_trial: ['trial_start', 'conversion', 'renewal'],
  lifetime: ['conversion'],
};
const types = Object.keys(phases) as PurchaseType[];

function lifeOf(type: PurchaseType): readonly FunnelfoxScenarioEvent[] {
  return funnelfoxEventsOf({
    type,
    userId: 'u1',
    customerId: 'ext_1',
    subscriptionId: 'sub_1',
    startMs: 1_790_000_000_000,
    email: 'a@example.com',
  });
}

const heard = (events: readonly FunnelfoxScenarioEvent[]): Told => events.map(({ event }) => factsOf(funnelfox, event));

/** Heard one by one, how many payments of each phase; heard together, also which payment has which. */
function outcomeOf(told: Told): unknown {
  return [accountOf(oneByOne(told)), Object.entries(together(told).outcomes()).sort()];
}

describe("the sandbox's FunnelFox Billing", () => {
  it.each(types)('tells every phase of a %s once', (type) => {
    expect(lifeOf(type).flatMap(({ phase }) => (phase === 'state' ? [] : [phase]))).toEqual(phases[type]);
  });

  it.each(types)('sends what the adapter reads: of a %s one payment per phase', (type) => {
    const payments = heard(lifeOf(type)).flat().filter(isPayment);
    expect(new Set(payments.map(({ moneyId }) => moneyId)).size).toBe(phases[type].length);
  });

  it('gives every event an id of its own', () => {
    const ids = lifeOf('paid_trial').map(({ event }) => event.event_id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('a life by FunnelFox Billing', () => {
  it.each(types)('is reported phase by phase, each payment once: %s', (type) => {
    expect(oneByOne(heard(lifeOf(type))).sent.map(({ record }) => [record.phase, record.purchaseType])).toEqual(
      phases[type].map((phase) => [phase, type]),
    );
  });

  it.each(types)('gives the same account in every order of its webhooks: %s', (type) => {
    const told = lifeOf(type);
    // Up to six: all payments, and the events around the first of them.
    const payments = told.filter(({ phase }) => phase !== 'state');
    const others = told.filter(({ phase }) => phase === 'state').slice(0, 6 - payments.length);
    const some = heard([...payments, ...others]);
    const expected = JSON.stringify(outcomeOf(some));
    expect(orders(some).filter((order) => JSON.stringify(outcomeOf(order)) !== expected)).toEqual([]);
  });

  it.each(types)('changes nothing when its webhooks come twice: %s', (type) => {
    const told = heard(lifeOf(type));
    const account = accountOf(oneByOne(told));
    expect(accountOf(oneByOne([...told, ...told]))).toEqual(account);
    expect(accountOf(oneByOne(told.flatMap((one) => [one, one])))).toEqual(account);
  });

  it('knows the conversion though it is charged before the trial ends, and though the trial was not heard of', () => {
    const told = lifeOf('paid_trial');
    const isTrial = ({ event }: FunnelfoxScenarioEvent): boolean => event.subtype === 'starting_trial';
    const rest = told.filter((one) => !isTrial(one));
    expect(together(heard(rest)).outcomes()).toEqual(together(heard(told)).outcomes());
  });

  it('takes an order of nothing for the free trial that the subscription tells', () => {
    const told = heard(lifeOf('free_trial'));
    const life = { type: 'free_trial' as const, customerId: 'ext_1', subscriptionId: 'sub_1', startMs: 1_790_000_000_000 };
    const nothing = factsOf(funnelfox, funnelfoxOrder(life, 'settled', { index: 0, atMs: life.startMs + 500, amount: 0 }));
    expect(together([nothing, ...told]).outcomes()).toEqual(together(told).outcomes());
    expect(accountOf(oneByOne([...told, nothing]))).toEqual(accountOf(oneByOne(told)));
    expect(accountOf(oneByOne([nothing, ...told]))).toEqual(accountOf(oneByOne(told)));
  });
});

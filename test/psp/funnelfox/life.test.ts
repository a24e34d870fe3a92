/** Whole lives through the adapter and the domain: any order and any repetition of the webhooks gives the same account. */
import type { Phase, PurchaseType, SubscriptionFact } from '../../../src/domain/fact';
import { isPayment } from '../../../src/domain/fact';
import { funnelfox } from '../../../src/psp/funnelfox';
import { funnelfoxLife, funnelfoxOrder } from '../../../src/sandbox/funnelfox-webhooks';
import type { FunnelfoxLifeEvent } from '../../../src/sandbox/funnelfox-webhooks';
import { Order } from '../../support/order';

const context = { roleOf: () => undefined };
const phases: Readonly<Record<PurchaseType, readonly Phase[]>> = {
  subscription: ['conversion', 'renewal'],
  free_trial: ['trial_start', 'conversion', 'renewal'],
  paid_trial: ['trial_start', 'conversion', 'renewal'],
  lifetime: ['conversion'],
};
const types = Object.keys(phases) as PurchaseType[];

function lifeOf(type: PurchaseType): readonly FunnelfoxLifeEvent[] {
  return funnelfoxLife({
    type,
    userId: 'u1',
    customerId: 'ext_1',
    subscriptionId: 'sub_1',
    startMs: 1_790_000_000_000,
    email: 'a@example.com',
  });
}

const read = new Map<FunnelfoxLifeEvent, readonly SubscriptionFact[]>();

function factsOf(told: FunnelfoxLifeEvent): readonly SubscriptionFact[] {
  const facts = read.get(told) ?? readNow(told);
  read.set(told, facts);
  return facts;
}

function readNow({ event }: FunnelfoxLifeEvent): readonly SubscriptionFact[] {
  const reading = funnelfox.read(JSON.parse(JSON.stringify(event)), context);
  if (reading.kind === 'unreadable') throw new Error(reading.reason);
  return reading.kind === 'facts' ? reading.facts.map(({ fact }) => fact) : [];
}

/** Each webhook is dealt with, and what it makes is sent, before the next one comes: the phases in all, and the payments. */
function accountOf(told: readonly FunnelfoxLifeEvent[]): unknown {
  const order = new Order('sub_1');
  for (const one of told) order.hears(...factsOf(one)).finish();
  const records = Object.values(order.records());
  const payments = records.map(({ moneyId, state, value, currency, purchaseType }) => [
    moneyId,
    state,
    value,
    currency,
    purchaseType,
  ]);
  return [records.map(({ phase }) => phase).sort(), payments.sort()];
}

/** All are heard before anything is decided: also which payment has which phase. */
function storyOf(told: readonly FunnelfoxLifeEvent[]): unknown {
  const order = new Order('sub_1').hears(...told.flatMap(factsOf)).finish();
  return Object.entries(order.story()).sort();
}

function permutations<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length <= 1) return [items];
  return items.flatMap((item, at) => permutations(items.filter((_, other) => other !== at)).map((rest) => [item, ...rest]));
}

describe("the sandbox's FunnelFox Billing", () => {
  it.each(types)('tells every phase of a %s once', (type) => {
    expect(lifeOf(type).flatMap(({ phase }) => (phase === 'state' ? [] : [phase]))).toEqual(phases[type]);
  });

  it.each(types)('sends what the adapter reads: of a %s one payment per phase', (type) => {
    const payments = lifeOf(type).flatMap(factsOf).filter(isPayment);
    expect(new Set(payments.map(({ moneyId }) => moneyId)).size).toBe(phases[type].length);
  });

  it('gives every event an id of its own', () => {
    const ids = lifeOf('paid_trial').map(({ event }) => event.event_id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('a life by FunnelFox Billing', () => {
  it.each(types)('is reported phase by phase, each payment once: %s', (type) => {
    const order = new Order('sub_1');
    for (const one of lifeOf(type)) order.hears(...factsOf(one)).finish();
    expect(order.sent.map(({ record }) => [record.phase, record.purchaseType])).toEqual(
      phases[type].map((phase) => [phase, type]),
    );
  });

  it.each(types)('gives the same account in every order of its webhooks: %s', (type) => {
    const told = lifeOf(type);
    // Up to six: all payments, and the events around the first of them.
    const payments = told.filter(({ phase }) => phase !== 'state');
    const others = told.filter(({ phase }) => phase === 'state').slice(0, 6 - payments.length);
    const some = [...payments, ...others];
    const expected = JSON.stringify([accountOf(some), storyOf(some)]);
    expect(permutations(some).filter((order) => JSON.stringify([accountOf(order), storyOf(order)]) !== expected)).toEqual([]);
  });

  it.each(types)('changes nothing when its webhooks come twice: %s', (type) => {
    const told = lifeOf(type);
    expect(accountOf([...told, ...told])).toEqual(accountOf(told));
    expect(accountOf(told.flatMap((one) => [one, one]))).toEqual(accountOf(told));
  });

  it('knows the conversion though it is charged before the trial ends, and though the trial was not heard of', () => {
    const told = lifeOf('paid_trial');
    const isTrial = ({ event }: FunnelfoxLifeEvent): boolean => event.subtype === 'starting_trial';
    expect(storyOf(told.filter((one) => !isTrial(one)))).toEqual(storyOf(told));
  });

  it('takes an order of nothing for the free trial that the subscription tells', () => {
    const told = lifeOf('free_trial');
    const life = { type: 'free_trial' as const, customerId: 'ext_1', subscriptionId: 'sub_1', startMs: 1_790_000_000_000 };
    const nothing = {
      phase: 'state' as const,
      event: funnelfoxOrder(life, 'settled', { index: 0, atMs: life.startMs + 500, amount: 0 }),
    };
    expect(storyOf([nothing, ...told])).toEqual(storyOf(told));
    expect(accountOf([...told, nothing])).toEqual(accountOf(told));
    expect(accountOf([nothing, ...told])).toEqual(accountOf(told));
  });
});

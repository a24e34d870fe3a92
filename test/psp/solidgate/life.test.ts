/** Whole lives through the adapter and the domain: any order and any repetition of the webhooks gives the same account. */
import type { Phase, PurchaseType, SubscriptionFact } from '../../../src/domain/fact';
import { isPayment } from '../../../src/domain/fact';
import { solidgate } from '../../../src/psp/solidgate';
import { solidgateLife } from '../../../src/sandbox/solidgate-webhooks';
import type { SolidgateLife, SolidgateLifeEvent } from '../../../src/sandbox/solidgate-webhooks';
import { Order } from '../../support/order';

const context = { roleOf: () => undefined };
const phases: Readonly<Record<PurchaseType, readonly Phase[]>> = {
  subscription: ['conversion', 'renewal'],
  free_trial: ['trial_start', 'conversion', 'renewal'],
  paid_trial: ['trial_start', 'conversion', 'renewal'],
  lifetime: ['conversion'],
};
const rows = (Object.keys(phases) as PurchaseType[]).flatMap((type) =>
  (['card', 'alt'] as const).map((gate) => [type, gate] as const),
);

function lifeOf(type: PurchaseType, gate: SolidgateLife['gate'] = 'card'): readonly SolidgateLifeEvent[] {
  const life = {
    type,
    userId: 'u1',
    customerId: 'acc_1',
    subscriptionId: 'sub_1',
    startMs: 1_790_000_000_000,
    email: 'a@example.com',
  };
  return solidgateLife({ ...life, ...(gate === undefined ? {} : { gate }) });
}

const read = new Map<SolidgateLifeEvent, readonly SubscriptionFact[]>();

function factsOf(told: SolidgateLifeEvent): readonly SubscriptionFact[] {
  const facts = read.get(told) ?? readNow(told);
  read.set(told, facts);
  return facts;
}

function readNow({ event, headers }: SolidgateLifeEvent): readonly SubscriptionFact[] {
  const reading = solidgate.read(JSON.parse(JSON.stringify(event)), context, headers);
  if (reading.kind === 'unreadable') throw new Error(reading.reason);
  return reading.kind === 'facts' ? reading.facts.map(({ fact }) => fact) : [];
}

/** Each webhook is dealt with, and what it makes is sent, before the next one comes: the phases in all, and the payments. */
function accountOf(told: readonly SolidgateLifeEvent[]): unknown {
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
function storyOf(told: readonly SolidgateLifeEvent[]): unknown {
  const order = new Order('sub_1').hears(...told.flatMap(factsOf)).finish();
  return Object.entries(order.story()).sort();
}

function permutations<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length <= 1) return [items];
  return items.flatMap((item, at) => permutations(items.filter((_, other) => other !== at)).map((rest) => [item, ...rest]));
}

describe("the sandbox's Solidgate", () => {
  it.each(rows)('tells every phase of a %s once (%s)', (type, gate) => {
    expect(lifeOf(type, gate).flatMap(({ phase }) => (phase === 'state' ? [] : [phase]))).toEqual(phases[type]);
  });

  it.each(rows)('sends what the adapter reads: of a %s one payment per phase (%s)', (type, gate) => {
    const payments = lifeOf(type, gate).flatMap(factsOf).filter(isPayment);
    expect(new Set(payments.map(({ moneyId }) => moneyId)).size).toBe(phases[type].length);
    expect(payments[0]?.inferredType).toBe(type);
  });

  it('gives every event an id of its own', () => {
    const ids = lifeOf('paid_trial').map(({ headers }) => headers['solidgate-event-id']);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('a life by Solidgate', () => {
  it.each(rows)('is reported phase by phase, each payment once: %s (%s)', (type, gate) => {
    const order = new Order('sub_1');
    for (const one of lifeOf(type, gate)) order.hears(...factsOf(one)).finish();
    expect(order.sent.map(({ record }) => [record.phase, record.purchaseType])).toEqual(
      phases[type].map((phase) => [phase, type]),
    );
  });

  it.each(Object.keys(phases) as PurchaseType[])('gives the same account in every order of its webhooks: %s', (type) => {
    const told = lifeOf(type);
    // Up to six: all payments, and the events around the first of them.
    const payments = told.filter(({ phase }) => phase !== 'state');
    const others = told.filter(({ phase }) => phase === 'state').slice(0, 6 - payments.length);
    const some = [...payments, ...others];
    const expected = JSON.stringify([accountOf(some), storyOf(some)]);
    expect(permutations(some).filter((order) => JSON.stringify([accountOf(order), storyOf(order)]) !== expected)).toEqual([]);
  });

  it.each(rows)('changes nothing when its webhooks come twice: %s (%s)', (type, gate) => {
    const told = lifeOf(type, gate);
    expect(accountOf([...told, ...told])).toEqual(accountOf(told));
    expect(accountOf(told.flatMap((one) => [one, one]))).toEqual(accountOf(told));
  });

  it('is whole without the order events, which tell only the buyer', () => {
    const told = lifeOf('paid_trial');
    const snapshots = told.filter(({ headers }) => headers['solidgate-event-type'] === 'subscription.updated.v2');
    expect(accountOf(snapshots)).toEqual(accountOf(told));
  });
});

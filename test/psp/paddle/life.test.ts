import type { Phase, PurchaseType, SubscriptionFact } from '../../../src/domain/fact';
import { isPayment } from '../../../src/domain/fact';
import { paddle } from '../../../src/psp/paddle';
import { paddleLife } from '../../../src/sandbox/paddle-webhooks';
import type { PaddleLife, PaddleLifeEvent } from '../../../src/sandbox/paddle-webhooks';
import { Order } from '../../support/order';

const context = { roleOf: () => undefined };
const base = { userId: 'u1', customerId: 'ctm_1', subscriptionId: 'sub_1', startMs: 1_790_000_000_000, email: 'a@example.com' };
const lives: Readonly<Record<string, PaddleLife>> = {
  'subscription without trial': { ...base, type: 'subscription', renewals: 2 },
  'free trial': { ...base, type: 'free_trial' },
  'free trial without payment method': { ...base, type: 'free_trial', isCardless: true },
  'paid trial by its own price': { ...base, type: 'paid_trial' },
  'paid trial by a fee': { ...base, type: 'paid_trial', paidTrial: 'fee' },
  'one-off': { ...base, type: 'lifetime' },
};
const phases: Readonly<Record<PurchaseType, readonly Phase[]>> = {
  subscription: ['conversion', 'renewal', 'renewal'],
  free_trial: ['trial_start', 'conversion', 'renewal'],
  paid_trial: ['trial_start', 'conversion', 'renewal'],
  lifetime: ['conversion'],
};

describe.each(Object.entries(lives))('a %s', (_, life) => {
  const events = paddleLife(life);
  const natural = played(events.map(factsOf));

  it('is told by the sandbox in the order of time, each event with an id of its own', () => {
    expect(events.flatMap(({ phase }) => (phase === 'state' ? [] : [phase]))).toEqual(phases[life.type]);
    expect(new Set(events.map(({ event }) => event.event_id)).size).toBe(events.length);
    const times = events.map(({ event }) => event.occurred_at);
    expect(times).toEqual([...times].sort());
  });

  it('is sold as it was, and each payment once, noise and all', () => {
    expect(natural.types).toEqual([life.type]);
    expect(natural.phases.map(([, phase]) => phase)).toEqual(phases[life.type]);
    expect(natural.sent).toHaveLength(phases[life.type].length);
  });

  it('is the same in any order, and however often it is told', () => {
    const together = new Set<string>();
    const oneByOne = new Set<string>();
    for (const [nth, facts] of permutations(telling(events).map(factsOf)).entries()) {
      together.add(JSON.stringify(played([facts.flat()]).phases));
      for (const told of nth % 24 === 0 ? [facts, [...facts, ...facts]] : [facts]) {
        const { types, phases: settled, sent } = played(told);
        oneByOne.add(JSON.stringify([types, sent, countable(settled)]));
      }
    }
    // Heard together it is settled by when it happened.
    expect([...together]).toEqual([JSON.stringify(natural.phases)]);
    // Heard and reported one by one, what was sent keeps its phase: which payment is called the conversion may differ, not how many.
    expect([...oneByOne]).toEqual([JSON.stringify([natural.types, natural.sent, countable(natural.phases)])]);
  });
});

function countable(settled: ReturnType<typeof played>['phases']): readonly unknown[] {
  return settled.map(([, phase]) => phase).sort();
}

/** At most six webhooks: all that tell payments, and the states that say most. */
function telling(events: readonly PaddleLifeEvent[]): readonly PaddleLifeEvent[] {
  const types = ['subscription.created', 'subscription.trialing', 'subscription.activated'];
  const payments = events.filter(({ phase }) => phase !== 'state');
  const states = events.filter(({ phase, event }) => phase === 'state' && types.includes(event.event_type));
  return [...payments, ...states].slice(0, 6);
}

/** What became of it: phase and kind of every payment, and which were sent. */
function played(told: readonly (readonly SubscriptionFact[])[]) {
  const order = new Order('sub_1');
  for (const facts of told) order.hears(...facts).finish();
  const records = Object.values(order.records()).sort((a, b) => a.occurredAtMs - b.occurredAtMs);
  return {
    types: [...new Set(records.map(({ purchaseType }) => purchaseType))],
    phases: records.map(({ moneyId, phase }) => [moneyId, phase]),
    sent: order.sent.map(({ record }) => record.moneyId).sort(),
  };
}

function factsOf({ event }: PaddleLifeEvent): readonly SubscriptionFact[] {
  const reading = paddle.read(JSON.parse(JSON.stringify(event)), context);
  if (reading.kind === 'unreadable') throw new Error(reading.reason);
  const facts = reading.kind === 'facts' ? reading.facts : [];
  expect(
    facts.every(({ subscription, fact }) =>
      isPayment(fact) && fact.kind === 'one_off' ? subscription === fact.moneyId : subscription === 'sub_1',
    ),
  ).toBe(true);
  return facts.map(({ fact }) => fact);
}

function permutations<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length <= 1) return [items];
  return items.flatMap((item, at) =>
    permutations([...items.slice(0, at), ...items.slice(at + 1)]).map((rest) => [item, ...rest]),
  );
}

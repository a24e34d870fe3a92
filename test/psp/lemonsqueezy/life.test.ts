import type { Phase, PurchaseType, SubscriptionFact } from '../../../src/domain/fact';
import { stateWaitMs } from '../../../src/domain/transition';
import { lemonsqueezy } from '../../../src/psp/lemonsqueezy';
import { lemonsqueezyLife } from '../../../src/sandbox/lemonsqueezy-webhooks';
import type { LemonSqueezyLife, LemonSqueezyLifeEvent } from '../../../src/sandbox/lemonsqueezy-webhooks';
import { Order } from '../../support/order';

const context = { roleOf: () => undefined };
const base = { userId: 'u1', customerId: '7', subscriptionId: '42', startMs: 1_790_000_000_000, email: 'a@example.com' };
const lives: Readonly<Record<string, LemonSqueezyLife>> = {
  'subscription without trial': { ...base, type: 'subscription', renewals: 2 },
  'free trial': { ...base, type: 'free_trial' },
  'free trial that has an invoice': { ...base, type: 'free_trial', hasTrialInvoice: true },
  'paid trial': { ...base, type: 'paid_trial' },
  'one-off': { ...base, type: 'lifetime' },
};
const phases: Readonly<Record<PurchaseType, readonly Phase[]>> = {
  subscription: ['conversion', 'renewal', 'renewal'],
  free_trial: ['trial_start', 'conversion', 'renewal'],
  paid_trial: ['trial_start', 'conversion', 'renewal'],
  lifetime: ['conversion'],
};

describe.each(Object.entries(lives))('a %s', (_, life) => {
  const events = lemonsqueezyLife(life);
  const natural = played(events.map(factsOf));

  it('is told by the sandbox, each phase once', () => {
    expect(events.flatMap(({ phase }) => (phase === 'state' ? [] : [phase]))).toEqual(phases[life.type]);
    expect(events.every(({ event, headers }) => headers['x-event-name'] === event.meta.event_name)).toBe(true);
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

/** At most six webhooks that say something: all that tell payments come first. */
function telling(events: readonly LemonSqueezyLifeEvent[]): readonly LemonSqueezyLifeEvent[] {
  const payments = events.filter(
    ({ event, phase }) => phase !== 'state' || event.meta.event_name === 'subscription_payment_success',
  );
  const states = events.filter(
    ({ event, phase }) => phase === 'state' && event.meta.event_name !== 'subscription_payment_success',
  );
  return [...payments, ...states.filter((event) => factsOf(event).length > 0)].slice(0, 6);
}

/** What became of it: phase and kind of every payment, and which were sent. */
function played(told: readonly (readonly SubscriptionFact[])[]) {
  const order = new Order('42');
  for (const facts of told) order.hears(...facts).finish();
  // Whatever waited for a state waits no more.
  order.nowMs += stateWaitMs;
  order.takes([]).finish();
  const records = Object.values(order.records()).sort((a, b) => a.occurredAtMs - b.occurredAtMs);
  return {
    types: [...new Set(records.map(({ purchaseType }) => purchaseType))],
    phases: records.map(({ moneyId, phase }) => [moneyId, phase]),
    sent: order.sent.map(({ record }) => record.moneyId).sort(),
  };
}

function factsOf({ event }: LemonSqueezyLifeEvent): readonly SubscriptionFact[] {
  const reading = lemonsqueezy.read(JSON.parse(JSON.stringify(event)), context);
  if (reading.kind === 'unreadable') throw new Error(reading.reason);
  return reading.kind === 'facts' ? reading.facts.map(({ fact }) => fact) : [];
}

function countable(settled: ReturnType<typeof played>['phases']): readonly unknown[] {
  return settled.map(([, phase]) => phase).sort();
}

function permutations<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length <= 1) return [items];
  return items.flatMap((item, at) =>
    permutations([...items.slice(0, at), ...items.slice(at + 1)]).map((rest) => [item, ...rest]),
  );
}

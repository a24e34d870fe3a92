/** What an order costs grows with its payments and no faster: counted in calls, since times say little on a busy machine. */
import type { PaymentFact, SubscriptionFact } from '../../src/domain/fact';
import { restoreOrder } from '../../src/domain/restore';
import type { Subscription } from '../../src/domain/subscription';
import { newSubscription } from '../../src/domain/subscription';
import type { Input } from '../../src/domain/transition';
import { transition } from '../../src/domain/transition';
import { changedSearchAttributes } from '../../workflows/search-attributes';
import { statusCard } from '../../workflows/status-card';
import { callsOf } from '../support/calls';
import { day, lifecycle, limitOff, limitOn, payment, t0 } from '../support/order-scenario';

/** The facts of the nth payment. */
type Kind = (n: number) => readonly SubscriptionFact[];

const paid = (n: number, more: Partial<PaymentFact> = {}): PaymentFact =>
  payment('renewal', `in_${n}`, n, { periodStartMs: t0 + n * day, periodEndMs: t0 + (n + 1) * day, ...more });
const change: Partial<PaymentFact> = { kind: 'other_charge', otherCharge: 'plan_change', occasion: 'change' };
const lines: PaymentFact['lines'] = [
  { of: 'period', amountMinor: 1999, items: ['a'] },
  { of: 'period', amountMinor: -500, items: ['b'], proration: true },
];

const kinds: Readonly<Record<string, Kind>> = {
  renewals: (n) => [paid(n)],
  'changes of the plan': (n) => [paid(n, n % 2 === 0 ? change : { ...change, lines })],
  'payments that wait for a state': (n) => [paid(n, { awaits: ['trial', 'buyer'], patienceMs: 1e12 })],
  'first payments that wait for the start': (n) => [paid(n, { ...change, patienceMs: 1e12 }), lifecycle('began', 0)],
  'payments with counts of cycles': (n) => [paid(n), counting(n)],
  'payments with plans': (n) => [paid(n), lifecycle('updated', n, { planRole: n % 2 === 0 ? 'regular' : null })],
  refunds: (n) => [paid(n), { kind: 'refund', moneyId: `in_${n}`, refundId: 're', cause: 'refund', occurredAtMs: t0 + n * day }],
  'payments that were another order’s': (n) => [paid(n), lifecycle('merged', n, { moneyId: `in_${n}` })],
};

function counting(n: number): SubscriptionFact {
  const saidAtMs = t0 + (n + 0.5) * day;
  const cycles = { saidAtMs, startsAtMs: t0, trialsBilled: 1, trialsLeft: [2], regularBilled: n };
  return lifecycle('updated', n + 0.5, { cycles });
}

function inputs(kind: Kind, count: number, settings = limitOff): readonly Input[] {
  const facts = Array.from({ length: count }, (_, n) => kind(n)).flat();
  return facts.map((fact) => ({ kind: 'fact', fact, accepted: { ...accepted, settings } }));
}

const accepted = { acceptedAtMs: t0, settings: limitOff, tooOld: false, userKeys: [], checkoutId: null };

function orderOf(kind: Kind, count: number, settings = limitOff): Subscription {
  return transition(newSubscription('stripe', 'sub_1'), inputs(kind, count, settings), t0).state;
}

/** The results of all deliveries under way. */
function results({ payments }: Subscription): readonly Input[] {
  const delivering = Object.values(payments).filter(({ progress }) => progress?.state === 'delivering');
  return delivering.map(({ moneyId }) => ({
    ...{ kind: 'delivery_result', moneyId },
    result: {
      ...{ kind: 'sent', eventId: `stripe:${moneyId}`, requestId: 'r', sentAtMs: t0, attempts: 1 },
      ...{ holder: null, droppedCurrency: null },
    },
  }));
}

/** Twice as much may cost twice as much, and no more than a little beside it. */
const linear = 2.2;

describe.each(Object.entries(kinds))('%s', (_name, kind) => {
  it('that come together cost twice as much when they are twice as many', () => {
    const burst = (count: number): number =>
      callsOf(() => void transition(newSubscription('stripe', 'sub_1'), inputs(kind, count), t0));
    expect(burst(200) / burst(100)).toBeLessThan(linear);
  });

  it('and so do the results of their deliveries', () => {
    const ending = (count: number): number => {
      const order = orderOf(kind, count);
      return callsOf(() => void transition(order, results(order), t0));
    };
    expect(ending(200) / ending(100)).toBeLessThan(linear);
  });

  it('and restoring the order', () => {
    const restoring = (count: number): number => {
      const facts = inputs(kind, count).flatMap((input) => (input.kind === 'fact' ? [input.fact] : []));
      const kept = facts.map((fact) => ({ fact, settingsVersion: 1, tooOld: false, acceptedAtMs: t0, checkoutId: null }));
      const rest = { psp: 'stripe', subscription: 'sub_1', records: [], settings: [limitOff], userKeys: [], firstPurchase: null };
      return callsOf(() => void restoreOrder({ ...rest, facts: kept }));
    };
    expect(restoring(200) / restoring(100)).toBeLessThan(linear);
  });
});

describe.each([
  ['sent', limitOff],
  ['kept back by the limit', limitOn],
])('a renewal of an order whose payments were %s', (_name, settings) => {
  /** The calls for a renewal, from its fact to what the Temporal UI shows of its end, after so many others. */
  function renewal(held: number): number {
    const before = orderOf(kinds['renewals']!, held, settings);
    const order = transition(before, results(before), t0).state;
    const shown = changedSearchAttributes(null, 'main', order);
    statusCard(order);
    const next = { kind: 'fact', fact: paid(held), accepted: { ...accepted, settings } } as const;
    return callsOf(() => {
      const decided = transition(order, [next], t0).state;
      changedSearchAttributes(shown, 'main', decided);
      statusCard(decided);
      const ended = transition(decided, results(decided), t0).state;
      changedSearchAttributes(shown, 'main', ended);
      statusCard(ended);
    });
  }

  it('asks little of each of the others', () => {
    const each = (renewal(112) - renewal(56)) / 56;
    expect(each).toBeLessThan(mostCallsEach);
  });

  it('and no more of each when they are many', () => {
    const [few, many] = [renewal(100) - renewal(50), renewal(200) - renewal(100)];
    expect(many / few).toBeLessThan(linear);
  });
});

/** For each payment that the order has, and each renewal that it gets: two transitions look at it, and card and attributes. */
const mostCallsEach = 300;

it('counts what grows faster', () => {
  const quadratic = (count: number): number => {
    const order = orderOf(kinds['renewals']!, count);
    return callsOf(() =>
      Object.values(order.payments).forEach(() => void statusCard({ ...order, payments: { ...order.payments } })),
    );
  };
  expect(quadratic(60) / quadratic(30)).toBeGreaterThan(linear);
});

/** What is settled and old leaves the state of its order; nothing that anybody sees changes by it. */
import fc from 'fast-check';
import type { SubscriptionFact } from '../../src/domain/fact';
import { fold, recalled } from '../../src/domain/fold';
import type { PurchaseRecord } from '../../src/domain/purchase';
import { transition } from '../../src/domain/transition';
import { runs } from '../support/effort';
import { FoldingOrder } from '../support/folding-order';
import {
  accepted,
  day,
  lifecycle,
  limitOff,
  limitOn,
  Order,
  payment,
  refund,
  refused,
  t0,
  FirstPurchases,
  userKey,
} from '../support/order-scenario';

const small = { first: 3, newest: 3 };
const never = { first: Infinity, newest: Infinity };

type Happening =
  | { readonly kind: 'facts'; readonly facts: readonly SubscriptionFact[] }
  | { readonly kind: 'resend' | 'skip'; readonly moneyId: string };

const renewalCount = 14;
const moneyIds = Array.from({ length: renewalCount }, (_, n) => `in_${n}`);

const lives = fc.record({
  start: fc.constantFrom('plain', 'free_trial', 'paid_trial', 'unknown'),
  failed: fc.subarray([...moneyIds]),
  zero: fc.subarray([...moneyIds], { maxLength: 3 }),
});

function factsOf({ start, failed, zero }: { start: string; failed: string[]; zero: string[] }): SubscriptionFact[] {
  const trial = { startsAtMs: t0, endsAtMs: t0 + 7 * day };
  const begins: SubscriptionFact[] =
    start === 'unknown'
      ? []
      : [
          lifecycle('began', 0, {
            trials: start === 'plain' ? [] : [{ kind: start === 'free_trial' ? 'free' : 'paid', ...trial }],
          }),
          ...(start === 'plain' ? [] : [payment('trial_start', 'in_t', 0, { amountMinor: start === 'free_trial' ? 0 : 100 })]),
        ];
  const later = moneyIds.flatMap((moneyId, n): SubscriptionFact[] => {
    const atDay = 7 + 30 * n;
    const amountMinor = zero.includes(moneyId) ? 0 : 1999;
    const paid = payment(n === 0 && start !== 'unknown' ? 'conversion' : 'renewal', moneyId, atDay, {
      ...{ amountMinor, periodStartMs: t0 + atDay * day },
    });
    return failed.includes(moneyId) ? [lifecycle('payment_failed', atDay - 1, { moneyId, currency: 'USD' }), paid] : [paid];
  });
  return [...begins, ...later];
}

/** Facts of a life a little out of order, and at any time repetitions, refunds and commands for any of its payments. */
const happenings = lives.chain((life) => {
  const facts = factsOf(life);
  const late = fc.oneof(
    fc.constantFrom(...facts).map((fact): Happening => ({ kind: 'facts', facts: [fact] })),
    fc
      .record({ moneyId: fc.constantFrom(...moneyIds), part: fc.constantFrom(undefined, 500), id: fc.constantFrom('a', 'b') })
      .map(({ moneyId, part, id }): Happening => ({
        kind: 'facts',
        facts: [refund(moneyId, 500, { refundId: id, ...(part === undefined ? {} : { amountMinor: part }) })],
      })),
    fc.record({ kind: fc.constantFrom('resend' as const, 'skip' as const), moneyId: fc.constantFrom(...moneyIds, 'in_unknown') }),
  );
  return fc
    .record({
      jitter: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: facts.length, maxLength: facts.length }),
      between: fc.array(fc.record({ at: fc.nat(facts.length), what: late }), { maxLength: 8 }),
      after: fc.array(late, { maxLength: 8 }),
      ends: fc.array(fc.constantFrom(accepted, accepted, accepted, refused), { minLength: 1, maxLength: 5 }),
    })
    .map(({ jitter, between, after, ends }) => {
      const shuffled = facts.map((fact, at) => ({ fact, at: at + (jitter[at] ?? 0) })).sort((a, b) => a.at - b.at);
      const played = shuffled.flatMap(({ fact }, at): Happening[] => [
        ...between.filter((one) => one.at === at).map(({ what }) => what),
        { kind: 'facts', facts: [fact] },
      ]);
      return { played: [...played, ...after], ends };
    });
});

function play(
  order: FoldingOrder,
  { played, ends }: { played: readonly Happening[]; ends: readonly (typeof accepted)[] },
): FoldingOrder {
  for (const [at, happening] of played.entries()) {
    if (happening.kind === 'facts') order.receives(...happening.facts);
    else order[happening.kind](happening.moneyId);
    order.finish(ends[at % ends.length]);
  }
  return order;
}

/** A payment that is brought back with a fact that its row does not show yet has its row written once more. */
const shown = (records: readonly PurchaseRecord[]): readonly object[] => records.map((record) => ({ ...record, revision: 0 }));

it('gives every payment the record that it would have, whatever comes late: repetitions, refunds, resends, skips', () => {
  fc.assert(
    fc.property(happenings, fc.boolean(), (life, isLimited) => {
      const settings = isLimited ? limitOn : limitOff;
      const [folding, keeping] = [play(new FoldingOrder(small, settings), life), play(new FoldingOrder(never, settings), life)];
      expect(shown([...folding.table.values()])).toEqual(shown([...keeping.table.values()]));
      expect(shown(folding.sent.map(({ record }) => record))).toEqual(shown(keeping.sent.map(({ record }) => record)));
      expect(folding.state.status).toBe(keeping.state.status);
      const held = Object.keys(folding.state.payments).length;
      expect(held + (folding.state.folded?.count ?? 0)).toBe(Object.keys(keeping.state.payments).length);
    }),
    { numRuns: runs(1000) },
  );
});

it('folds in these lives', () => {
  const order = play(new FoldingOrder(small), {
    played: factsOf({ start: 'paid_trial', failed: [], zero: [] }).map((fact) => ({ kind: 'facts', facts: [fact] })),
    ends: [accepted],
  });
  expect(order.state.folded).toEqual({ count: 9, sent: 9, needAttention: 0, kinds: ['renewal'] });
  expect(order.table.size).toBe(15);
});

it('keeps state and time of a fact the same at 10,000 payments', () => {
  const order = new Order();
  const sizes: number[] = [];
  const held: number[] = [];
  for (let n = 0; n < 10_000; n += 1) {
    order.receives(payment(n === 0 ? 'conversion' : 'renewal', `in_${n}`, n, { periodStartMs: t0 + n * day })).finish();
    if (n % 20 !== 0) continue;
    order.state = fold(order.state);
    sizes.push(JSON.stringify(order.state).length);
    held.push(Object.keys(order.state.payments).length);
  }
  // What an operator does about time follows from this: every step looks at what is held, and at nothing else.
  expect(Math.max(...held)).toBeLessThanOrEqual(80);
  expect(sizes.at(-1)).toBeLessThan(60_000);
  expect(order.state.folded?.count).toBe(10_000 - Object.keys(order.state.payments).length);
  expect(order.table.size).toBe(10_000);
  expect([...order.table.values()].filter(({ phase }) => phase === 'conversion')).toHaveLength(1);
});

it('does not recall what a lost task of its own has just written: what is folded is settled', () => {
  const order = new Order('sub_1', undefined, limitOff).receives(payment('conversion', 'in_1', 0));
  const fact = payment('conversion', 'in_1', 0);
  const given = (record: PurchaseRecord | undefined) => ({
    ...({ psp: 'stripe', subscription: 'sub_1', userKeys: [userKey], firstPurchase: null, settings: [limitOff] } as const),
    facts: [{ fact, settingsVersion: 1, tooOld: false, acceptedAtMs: t0, checkoutId: null }],
    records: record ? [record] : [],
  });
  const pending = order.records()['in_1'];
  expect(pending).toMatchObject({ state: 'pending', revision: 1 });
  expect(recalled(given(pending))).toMatchObject({ found: { payments: {} }, changed: [] });
  expect(Object.keys(recalled(given(order.finish().records()['in_1'])).found.payments)).toEqual(['in_1']);
});

it('leaves what waits, is under way or needs attention where it is', () => {
  const order = new Order('sub_1', new FirstPurchases());
  for (let n = 0; n < 20; n += 1) order.receives(payment('renewal', `in_${n}`, n)).finish(n === 10 ? refused : accepted);
  order.resend('in_12');
  const { payments } = fold(order.state, small);
  expect(Object.keys(payments)).toEqual(['in_0', 'in_1', 'in_2', 'in_10', 'in_12', 'in_17', 'in_18', 'in_19']);
});

describe('an order that has grown too large', () => {
  const fact = (n: number) => payment('renewal', `in_${n}`, n);
  const input = (n: number) => ({
    ...{ kind: 'fact' as const, fact: fact(n) },
    accepted: { acceptedAtMs: t0, settings: limitOff, tooOld: false, userKeys: [], checkoutId: null },
  });
  const all = Array.from({ length: 12 }, (_, n) => input(n));

  it('parks what comes beyond: a record each, which says why and what to do', () => {
    const { state, effects } = transition(new Order().state, [...all, input(11), input(3)], t0, { mostHeld: 10 });
    expect(Object.keys(state.payments)).toHaveLength(10);
    expect(effects.filter(({ kind }) => kind === 'deliver')).toHaveLength(10);
    const parked = effects.flatMap((effect) => (effect.kind === 'record' && effect.record.revision === 1 ? [effect.record] : []));
    expect(parked.filter(({ state: shown }) => shown === 'needs_attention')).toMatchObject([
      {
        moneyId: 'in_10',
        lastError: { type: 'OrderTooLarge', message: expect.stringContaining('resend this purchase') as string },
      },
      { moneyId: 'in_11' },
    ]);
    expect(state.folded).toEqual({ count: 2, sent: 0, needAttention: 2, kinds: ['renewal'] });
  });

  it('goes on taking facts of what it holds', () => {
    const before = transition(new Order().state, all, t0, { mostHeld: 10 }).state;
    const { state } = transition(
      before,
      [
        { ...input(3), fact: refund('in_3', 20) },
        { ...input(0), fact: lifecycle('ended', 30) },
      ],
      t0,
      { mostHeld: 10 },
    );
    expect(state.status).toBe('ended');
    expect(state.payments['in_3']?.progress).toMatchObject({ state: 'delivering', cancelReason: { kind: 'refunded' } });
  });
});

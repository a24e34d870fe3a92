/** Any order, repetition and batching of a life's webhooks gives the same account. */
import fc from 'fast-check';
import type { PaymentFact, SubscriptionFact } from '../../src/domain/fact';
import { isPayment } from '../../src/domain/fact';
import { day, lifecycle, limitOff, limitOn, Order, payment, FirstPurchases, refund, t0 } from '../support/order-scenario';
import { runs } from '../support/effort';

/** A subscription as its provider reports it: facts in the order in which they happened. */
const lives = fc.record({
  start: fc.constantFrom('subscription', 'free_trial', 'paid_trial', 'trial_offer', 'unknown', 'one_off'),
  /** Providers name the first full payment either way. */
  namesConversion: fc.boolean(),
  tellsBeginning: fc.boolean(),
  renewals: fc.integer({ min: 0, max: 4 }),
  zeroPeriod: fc.option(fc.integer({ min: 1, max: 4 }), { nil: null }),
  proration: fc.boolean(),
  failure: fc.boolean(),
  ends: fc.boolean(),
});

type Life = typeof lives extends fc.Arbitrary<infer T> ? T : never;

function factsOf(life: Life): SubscriptionFact[] {
  if (life.start === 'one_off') return [payment('one_off', 'pi_1', 0), payment('one_off', 'pi_1', 0, { netMinor: 1700 })];
  const trialEndsAtMs = t0 + 7 * day;
  const hasTrial = life.start === 'free_trial' || life.start === 'paid_trial' || life.start === 'trial_offer';
  const trial = { startsAtMs: t0, endsAtMs: trialEndsAtMs, ...(life.start === 'trial_offer' ? { kind: 'paid' as const } : {}) };
  const facts: SubscriptionFact[] = [];
  // A Trial Offer can be ended from a state fact only, so that one always comes.
  if (
    life.start !== 'unknown' &&
    (life.tellsBeginning || life.start === 'trial_offer' || (life.start === 'subscription' && !life.namesConversion))
  )
    facts.push(lifecycle('began', 0, hasTrial ? { trials: [trial] } : { trials: [] }));
  if (life.start === 'free_trial') facts.push(payment('trial_start', 'in_0', 0, { amountMinor: 0 }));
  if (life.start === 'paid_trial') facts.push(payment('trial_start', 'in_0', 0, { amountMinor: 100 }));
  if (life.start === 'trial_offer')
    facts.push(payment('conversion', 'in_0', 0, { amountMinor: 100, awaits: ['trial'], occasion: 'start' }));
  const firstFullDay = hasTrial ? 7 : 0;
  if (life.start !== 'unknown')
    facts.push(
      payment(life.namesConversion ? 'conversion' : 'renewal', 'in_1', firstFullDay, { periodStartMs: t0 + firstFullDay * day }),
    );
  if (life.failure)
    facts.push(lifecycle('payment_failed', firstFullDay + 29, { moneyId: 'in_2', amountMinor: 1999, currency: 'USD' }));
  for (let n = 1; n <= life.renewals; n++) {
    const atDay = firstFullDay + 30 * n;
    const amountMinor = life.zeroPeriod === n ? 0 : 1999;
    facts.push(payment('renewal', `in_${n + 1}`, atDay, { amountMinor, periodStartMs: t0 + atDay * day }));
  }
  if (life.proration) facts.push(payment('other_charge', 'in_p', 3, { otherCharge: 'proration' }));
  if (life.ends || facts.length === 0) facts.push(lifecycle('ended', 400));
  return facts;
}

/** The same webhooks in any order, some repeated, cut into batches that reach the workflow together. */
function deliveries(facts: SubscriptionFact[]): fc.Arbitrary<SubscriptionFact[][]> {
  const repeated = fc.array(fc.constantFrom(...facts), { maxLength: 4 });
  return repeated
    .chain((more) => fc.shuffledSubarray([...facts, ...more], { minLength: facts.length + more.length }))
    .chain((shuffled) =>
      fc.array(fc.boolean(), { minLength: shuffled.length, maxLength: shuffled.length }).map((cuts) => cut(shuffled, cuts)),
    );
}

function cut<T>(items: T[], cuts: boolean[]): T[][] {
  return items.reduce<T[][]>(
    (batches, item, i) => (cuts[i] || i === 0 ? [...batches, [item]] : [...batches.slice(0, -1), [...batches.at(-1)!, item]]),
    [],
  );
}

const scenarios = lives.chain((life) =>
  fc.record({ life: fc.constant(life), batches: deliveries(factsOf(life)), slowTikTok: fc.boolean() }),
);

function play(batches: SubscriptionFact[][], slowTikTok: boolean, settings = limitOff): Order {
  const order = new Order('sub_1', new FirstPurchases(), settings);
  for (const batch of batches) {
    order.receives(...batch);
    if (!slowTikTok) order.finish();
  }
  order.nowMs += 60_000;
  return order.applies([]).finish();
}

function countsPerPhase(order: Order): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { phase } of Object.values(order.records())) counts[String(phase)] = (counts[String(phase)] ?? 0) + 1;
  return counts;
}

const moneyIds = (facts: SubscriptionFact[]): string[] => {
  const failed = facts.flatMap((fact) =>
    fact.kind === 'payment_failed' && 'moneyId' in fact && fact.moneyId ? [fact.moneyId] : [],
  );
  return [
    ...new Set([...facts.filter((fact): fact is PaymentFact => isPayment(fact)).map(({ moneyId }) => moneyId), ...failed]),
  ].sort();
};

describe('any order, repetition and batching of a subscription’s webhooks', () => {
  it('gives the same number of purchases in each phase, the limit on or off', () => {
    fc.assert(
      fc.property(scenarios, fc.boolean(), ({ life, batches, slowTikTok }, isLimited) => {
        const settings = isLimited ? limitOn : limitOff;
        const inOrder = play(
          factsOf(life).map((fact) => [fact]),
          false,
          settings,
        );
        expect(countsPerPhase(play(batches, slowTikTok, settings))).toEqual(countsPerPhase(inOrder));
      }),
      { numRuns: runs(2000) },
    );
  });

  it('sends exactly the same payments while the limit is off, each once', () => {
    fc.assert(
      fc.property(scenarios, ({ life, batches, slowTikTok }) => {
        const inOrder = play(
          factsOf(life).map((fact) => [fact]),
          false,
        );
        const sent = (order: Order): string[] => order.sent.map(({ record }) => record.moneyId).sort();
        expect(sent(play(batches, slowTikTok))).toEqual(sent(inOrder));
        expect(new Set(sent(inOrder)).size).toBe(sent(inOrder).length);
      }),
      { numRuns: runs(2000) },
    );
  });

  it('never reports more than one trial start and one conversion', () => {
    fc.assert(
      fc.property(scenarios, ({ batches, slowTikTok }) => {
        const order = play(batches, slowTikTok);
        for (const phase of ['trial_start', 'conversion'])
          // As it was sent to TikTok, whatever the record says later.
          expect(order.sent.filter(({ record }) => record.phase === phase).length).toBeLessThanOrEqual(1);
      }),
      { numRuns: runs(1000) },
    );
  });

  it('has exactly one record for every money fact, at every moment, and the table shows the same', () => {
    fc.assert(
      fc.property(scenarios, fc.boolean(), ({ batches, slowTikTok }, isLimited) => {
        const order = new Order('sub_1', new FirstPurchases(), isLimited ? limitOn : limitOff);
        const received: SubscriptionFact[] = [];
        for (const batch of batches) {
          received.push(...batch);
          order.receives(...batch);
          expect(Object.keys(order.records()).sort()).toEqual(moneyIds(received));
          if (!slowTikTok) order.finish();
          expect([...order.table.keys()].sort()).toEqual(moneyIds(received));
        }
      }),
      { numRuns: runs(1000) },
    );
  });

  it('sends at most the user’s first payment of a paid trial or a plain subscription while the limit is on', () => {
    fc.assert(
      fc.property(scenarios, ({ life, batches, slowTikTok }) => {
        const order = play(batches, slowTikTok, limitOn);
        const most = life.start === 'free_trial' ? 2 : 1;
        expect(order.sent.length).toBeLessThanOrEqual(most);
      }),
      { numRuns: runs(1000) },
    );
  });

  it('knows the same of refunds', () => {
    const facts = [
      payment('conversion', 'in_1', 0),
      refund('in_1', 1, { amountMinor: 500, refundId: 'a' }),
      refund('in_1', 2, { amountMinor: 700, refundId: 'b' }),
    ];
    fc.assert(
      fc.property(deliveries(facts), (batches) => {
        expect(play(batches, false).records()['in_1']).toMatchObject({ state: 'sent', refundedMinor: 1200, chargedMinor: 1999 });
      }),
    );
  });
});

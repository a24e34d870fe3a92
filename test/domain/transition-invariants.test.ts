/** What holds after every step, whatever providers, TikTok and operators do, in any order. */
import fc from 'fast-check';
import type { SubscriptionFact } from '../../src/domain/fact';
import type { PurchaseRecord } from '../../src/domain/purchase';
import { recordsOf } from '../../src/domain/record';
import type { Input } from '../../src/domain/transition';
import { transition } from '../../src/domain/transition';
import type { DeliveryEnd } from '../support/order-scenario';
import {
  day,
  suppressedByConsent,
  refused,
  cancelled,
  accepted,
  lifecycle,
  limitOff,
  limitOn,
  Order,
  payment,
  FirstPurchases,
  refund,
  t0,
} from '../support/order-scenario';
import { runs } from '../support/effort';
import { heldForADay } from '../support/held-orders';

const firstOrderOnly = { ...limitOn, version: 3, limitFreeTrials: 'first_order' as const };
const trial = { startsAtMs: t0, endsAtMs: t0 + 7 * day };

/** What providers may say of one order: whole lives, and what does not fit together. */
const facts: readonly SubscriptionFact[] = [
  lifecycle('began', 0, { trials: [{ kind: 'paid', ...trial }] }),
  lifecycle('began', 0, { trials: [] }),
  lifecycle('updated', 1, { trials: [trial] }),
  lifecycle('updated', 2, { declaredType: 'paid_trial' }),
  lifecycle('cancellation_scheduled', 0.3),
  lifecycle('cancellation_undone', 0.6),
  lifecycle('ended', 90),
  lifecycle('payment_failed', 7, { moneyId: 'in_1', amountMinor: 1999, currency: 'EUR' }),
  payment('trial_start', 'in_0', 0, { amountMinor: 0 }),
  payment('trial_start', 'in_0', 0, { amountMinor: 100 }),
  payment('conversion', 'in_0', 0, { awaits: ['trial'], occasion: 'start' }),
  payment('renewal', 'in_1', 7, { periodStartMs: trial.endsAtMs }),
  payment('conversion', 'in_1', 7),
  payment('renewal', 'in_2', 37),
  payment('renewal', 'in_2', 37, { netMinor: 1680 }),
  payment('renewal', 'in_2', 37, { role: 'ignore' }),
  payment('renewal', 'in_3', 67, { amountMinor: 0 }),
  payment('one_off', 'in_4', 5),
  payment('other_charge', 'in_4', 5, { otherCharge: 'proration' }),
  refund('in_0', 3),
  refund('in_1', 8, { refundId: 'a', amountMinor: 500 }),
  refund('in_1', 9, { refundId: 'b', amountMinor: 1499 }),
  refund('in_2', 40, { refundId: 'dp', cause: 'dispute' }),
  refund('in_2', 60, { refundId: 'dp', cause: 'dispute_won' }),
];
const moneyIds = ['in_0', 'in_1', 'in_2', 'in_3', 'in_4', 'in_unknown'];

const dropsCurrency: DeliveryEnd = (order, firstPurchases) => {
  const result = accepted(order, firstPurchases);
  return result.kind === 'sent' ? { ...result, droppedCurrency: 'XAU' } : result;
};
const breaks: DeliveryEnd = ({ record }) => ({
  kind: 'failed',
  error: { type: 'Error', code: null, message: 'a bug' },
  holder: null,
  attempts: record.attempts,
});
const ends: readonly DeliveryEnd[] = [accepted, refused, suppressedByConsent, cancelled, dropsCurrency, breaks];

type Step = (order: Order) => void;

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .record({
        received: fc.array(fc.constantFrom(...facts), { minLength: 1, maxLength: 4 }),
        settings: fc.constantFrom(limitOff, limitOn, firstOrderOnly, heldForADay),
        tooOld: fc.boolean(),
        checkoutId: fc.constantFrom(null, 'chk_1'),
      })
      .map(
        ({ received, ...accepted }): Step =>
          (order) =>
            void order.receivesWith(accepted, ...received),
      ),
  },
  {
    weight: 4,
    arbitrary: fc.record({ end: fc.constantFrom(...ends), pick: fc.nat(5) }).map(({ end, pick }): Step => (order) => {
      const waiting = order.underWay[pick % Math.max(1, order.underWay.length)];
      if (waiting) order.finishDelivery(waiting.record.moneyId, end);
    }),
  },
  fc.constantFrom(...moneyIds).map(
    (moneyId): Step =>
      (order) =>
        void order.resend(moneyId),
  ),
  fc.constantFrom(...moneyIds).map(
    (moneyId): Step =>
      (order) =>
        void order.skip(moneyId, 'anna', 'because'),
  ),
  fc.constantFrom({}, { error: 'TikTokUnauthorized' }).map(
    (more): Step =>
      (order) =>
        void order.applies([{ kind: 'resend_all', by: 'anna', ...more }]),
  ),
  fc.constant<Step>((order) => void order.applies([{ kind: 'stop' }])),
  fc.constantFrom(15_000, day / 2).map((ms): Step => (order) => {
    order.nowMs += ms;
    order.applies([]);
  }),
);

/** Calls `check` after every transition. */
class WatchedOrder extends Order {
  constructor(
    private readonly check: (order: Order, inputs: readonly Input[]) => void,
    firstPurchases = new FirstPurchases(),
  ) {
    super('sub_1', firstPurchases);
  }

  override applies(inputs: readonly Input[]): this {
    super.applies(inputs);
    this.check(this, inputs);
    return this;
  }
}

function everyStep(check: (order: Order, inputs: readonly Input[]) => void): void {
  fc.assert(
    fc.property(fc.array(steps, { maxLength: 25 }), fc.boolean(), (played, hasBoughtBefore) => {
      const firstPurchases = new FirstPurchases();
      if (hasBoughtBefore) new Order('sub_before', firstPurchases).receives(payment('conversion', 'in_before', -9)).finish();
      const order = new WatchedOrder(check, firstPurchases);
      for (const step of played) step(order);
    }),
    { numRuns: runs(500) },
  );
}

describe('after every step', () => {
  it('the purchases table equals what the workflow holds', () => {
    everyStep((order) => {
      expect(Object.fromEntries(order.table)).toEqual(order.records());
    });
  });

  it('revisions have only grown, and that of every record that changed', () => {
    const before = new WeakMap<Order, Map<string, PurchaseRecord>>();
    everyStep((order) => {
      const known = before.get(order) ?? new Map<string, PurchaseRecord>();
      before.set(order, known);
      for (const record of recordsOf(order.state)) {
        const last = known.get(record.moneyId);
        const isSame =
          last !== undefined && JSON.stringify({ ...last, revision: 0 }) === JSON.stringify({ ...record, revision: 0 });
        if (last && !isSame) expect(record.revision).toBeGreaterThan(last.revision);
        if (last) expect(record.revision).toBeGreaterThanOrEqual(last.revision);
        known.set(record.moneyId, record);
      }
    });
  });

  it('the state is plain JSON: nothing is lost on its way through continue-as-new', () => {
    everyStep((order) => {
      expect(JSON.parse(JSON.stringify(order.state))).toStrictEqual(order.state);
    });
  });

  it('a state that came through continue-as-new goes on the same way', () => {
    const states = new WeakMap<Order, Order['state']>();
    everyStep((order, inputs) => {
      const before = states.get(order);
      states.set(order, order.state);
      if (!before) return;
      const carried = JSON.parse(JSON.stringify(before)) as Order['state'];
      expect(transition(carried, JSON.parse(JSON.stringify(inputs)) as Input[], order.nowMs).state).toStrictEqual(order.state);
    });
  });

  it('nothing is due that was done: the same moment again changes nothing', () => {
    everyStep((order) => {
      const again = transition(order.state, [], order.nowMs);
      expect(again.effects).toEqual([]);
      expect(recordsOf(again.state)).toEqual(recordsOf(order.state));
    });
  });

  it('every report under way is of a payment that is pending, and each has one', () => {
    everyStep((order) => {
      const reporting = Object.values(order.state.payments).filter(({ progress }) => progress?.state === 'delivering');
      // `finishDelivery` takes a report out just before its end is ended, so this holds when it was.
      expect(order.underWay.map(({ record }) => record.moneyId).sort()).toEqual(reporting.map(({ moneyId }) => moneyId).sort());
    });
  });

  it('what was sent stays sent, unless an operator sends it again', () => {
    const sent = new WeakMap<Order, Set<string>>();
    everyStep((order, inputs) => {
      const known = sent.get(order) ?? new Set<string>();
      sent.set(order, known);
      for (const input of inputs) if (input.kind === 'resend') known.delete(input.moneyId);
      const records = order.records();
      for (const moneyId of known) expect(records[moneyId]?.state).toBe('sent');
      for (const { moneyId, state } of Object.values(records)) if (state === 'sent') known.add(moneyId);
    });
  });

  it('no event id is that of two payments of which each was, or is being, sent', () => {
    everyStep((order) => {
      const ended = Object.values(order.records()).filter(({ state }) => ['sent', 'needs_attention'].includes(state));
      const ids = [...ended, ...order.underWay.map(({ record }) => record)].map(
        ({ eventId, moneyId }) => `${eventId} ${moneyId}`,
      );
      const distinct = new Set(ids);
      expect(new Set([...distinct].map((id) => id.split(' ')[0])).size).toBe(distinct.size);
    });
  });

  it('at most one payment is the trial start, and one the conversion', () => {
    everyStep((order) => {
      const phases = Object.values(order.records()).map(({ phase }) => phase);
      for (const phase of ['trial_start', 'conversion'])
        expect(phases.filter((other) => other === phase).length).toBeLessThanOrEqual(1);
    });
  });
});

describe('an operator', () => {
  it('is obeyed: whatever was paid is under way after a resend', () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 20 }), fc.constantFrom(...moneyIds), (played, moneyId) => {
        const order = new Order();
        for (const step of played) step(order);
        const withdrawn = order.cancelled.length;
        const wasPaid = (order.state.payments[moneyId]?.observations.length ?? 0) > 0;
        order.resend(moneyId);
        expect(order.underWay.some(({ record }) => record.moneyId === moneyId)).toBe(wasPaid);
        expect(order.cancelled.length).toBe(withdrawn);
      }),
      { numRuns: runs(500) },
    );
  });
});

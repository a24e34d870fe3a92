/** An order whose workflow is gone, restored from its kept facts and from the rows of the purchases table. */
import fc from 'fast-check';
import type { SubscriptionFact } from '../../src/domain/fact';
import type { PaymentRef, PurchaseRecord } from '../../src/domain/purchase';
import type { KeptFact } from '../../src/domain/restore';
import { acceptedRecord } from '../../src/domain/record';
import { restoreOrder } from '../../src/domain/restore';
import type { Acceptance } from '../../src/domain/observe';
import { transition } from '../../src/domain/transition';
import type { DeliveryEnd } from '../support/order-scenario';
import {
  accepted,
  day,
  FirstPurchases,
  lifecycle,
  limitOff,
  limitOn,
  Order,
  payment,
  refund,
  refused,
  suppressedByConsent,
  t0,
  userKey,
} from '../support/order-scenario';
import { runs } from '../support/effort';

/** An order whose facts are kept as they are accepted, and which can lose its workflow. */
class KeptOrder extends Order {
  readonly facts: KeptFact[] = [];

  override receivesWith(acceptance: Partial<Acceptance>, ...facts: SubscriptionFact[]): this {
    const { settings = limitOff, tooOld = false, checkoutId = null } = acceptance;
    for (const fact of facts) {
      const acceptedAtMs = Math.max(this.nowMs, fact.occurredAtMs);
      this.facts.push({ fact, settingsVersion: settings.version, tooOld, acceptedAtMs, checkoutId });
    }
    return super.receivesWith(acceptance, ...facts);
  }

  override receives(...facts: SubscriptionFact[]): this {
    return this.receivesWith({}, ...facts);
  }

  /** The workflow ends at once; then the order starts again from what the database has. */
  losesItsWorkflow(facts: readonly KeptFact[] = this.facts): this {
    this.underWay.length = 0;
    const { state, changed } = restoreOrder({
      psp: 'stripe',
      subscription: 'sub_1',
      facts,
      records: [...this.table.values()].sort((a, b) => a.occurredAtMs - b.occurredAtMs || (a.moneyId < b.moneyId ? -1 : 1)),
      settings: [limitOff, limitOn],
      userKeys: [userKey],
      firstPurchase: this.firstPurchase(),
    });
    this.state = state;
    for (const record of changed) this.table.set(record.moneyId, record);
    return this;
  }

  /** As the database would say it. */
  private firstPurchase(): PaymentRef | null {
    const { firstPurchase } = this.state;
    if (firstPurchase.kind === 'other') return firstPurchase.holder;
    return firstPurchase.kind === 'mine' ? { psp: 'stripe', subscription: 'sub_1', moneyId: firstPurchase.moneyId } : null;
  }
}

const trial = { startsAtMs: t0, endsAtMs: t0 + 7 * day };

/** What providers may say of one order: whole lives, and what does not fit together. */
const facts: readonly SubscriptionFact[] = [
  lifecycle('began', 0, { trials: [{ kind: 'paid', ...trial }] }),
  lifecycle('began', 0, { trials: [] }),
  lifecycle('updated', 1, { trials: [trial] }),
  lifecycle('updated', 2, { declaredType: 'paid_trial' }),
  lifecycle('ended', 90),
  lifecycle('payment_failed', 7, { moneyId: 'in_1', amountMinor: 1999, currency: 'EUR' }),
  payment('trial_start', 'in_0', 0, { amountMinor: 0 }),
  payment('trial_start', 'in_0', 0, { amountMinor: 100 }),
  payment('renewal', 'in_1', 7, { periodStartMs: trial.endsAtMs }),
  payment('conversion', 'in_1', 7),
  payment('renewal', 'in_2', 37),
  payment('renewal', 'in_2', 37, { netMinor: 1680 }),
  payment('renewal', 'in_3', 67, { amountMinor: 0 }),
  payment('renewal', 'in_3', 67, { role: 'ignore' }),
  payment('one_off', 'in_4', 5),
  payment('other_charge', 'in_4', 5, { otherCharge: 'proration' }),
  refund('in_0', 3),
  refund('in_1', 8, { refundId: 'a', amountMinor: 500 }),
  refund('in_1', 9, { refundId: 'b', amountMinor: 1499 }),
  refund('in_2', 40, { refundId: 'dp', cause: 'dispute' }),
  refund('in_2', 60, { refundId: 'dp', cause: 'dispute_won' }),
];
const ends: readonly DeliveryEnd[] = [accepted, refused, suppressedByConsent];

/** A fact, its acceptance, and how the deliveries end that it brings. */
const happenings = fc.array(
  fc.record({
    received: fc.array(fc.constantFrom(...facts), { minLength: 1, maxLength: 3 }),
    settings: fc.constantFrom(limitOff, limitOn),
    tooOld: fc.boolean(),
    end: fc.constantFrom(...ends),
    operator: fc.constantFrom('skip', 'resend', null),
  }),
  { maxLength: 8 },
);

type Happened = typeof happenings extends fc.Arbitrary<infer T> ? T : never;

function play(happened: Happened, hasBoughtBefore: boolean): KeptOrder {
  const firstPurchases = new FirstPurchases();
  if (hasBoughtBefore) new Order('sub_before', firstPurchases).receives(payment('conversion', 'in_before', -9)).finish();
  const order = new KeptOrder('sub_1', firstPurchases);
  for (const { received, settings, tooOld, end, operator } of happened) {
    order.receivesWith({ settings, tooOld }, ...received).finish(end);
    const [moneyId = 'in_0'] = received.flatMap((fact) => fact.moneyId ?? []);
    if (operator !== null) order[operator](moneyId).finish(end);
    order.nowMs += 1;
  }
  return order;
}

const withoutRevision = (records: Record<string, PurchaseRecord>) =>
  Object.fromEntries(Object.entries(records).map(([id, record]) => [id, { ...record, revision: 0 }]));

function everyOrder(check: (order: KeptOrder) => void): void {
  fc.assert(
    fc.property(happenings, fc.boolean(), (happened, hasBoughtBefore) => check(play(happened, hasBoughtBefore))),
    { numRuns: runs(1000) },
  );
}

describe('an order at rest that lost its workflow', () => {
  it('has the same records, at their revisions, and nothing to write', () => {
    everyOrder((order) => {
      const before = order.records();
      order.losesItsWorkflow();
      expect(order.records()).toEqual(before);
      expect(Object.fromEntries(order.table)).toEqual(before);
    });
  });

  it('sends nothing again when all its facts are repeated, and changes nothing', () => {
    everyOrder((order) => {
      const before = order.records();
      const sent = order.sent.length;
      order.losesItsWorkflow();
      for (const { fact } of [...order.facts]) order.receivesWith({ settings: limitOff }, fact);
      expect(order.underWay).toEqual([]);
      expect(order.sent.length).toBe(sent);
      expect(order.records()).toEqual(before);
    });
  });

  it('gives the next renewal and the next refund the outcome that they would have had', () => {
    fc.assert(
      fc.property(happenings, fc.boolean(), (happened, hasBoughtBefore) => {
        const [uninterrupted, interrupted] = [
          play(happened, hasBoughtBefore),
          play(happened, hasBoughtBefore).losesItsWorkflow(),
        ];
        for (const order of [uninterrupted, interrupted])
          order
            .receives(payment('renewal', 'in_9', 97))
            .finish()
            .receives(refund('in_1', 99, { refundId: 'late' }), refund('in_9', 99))
            .finish();
        expect(interrupted.records()).toEqual(uninterrupted.records());
        expect(interrupted.sent.map(({ record }) => record)).toEqual(uninterrupted.sent.map(({ record }) => record));
      }),
      { numRuns: runs(1000) },
    );
  });

  it('is plain JSON, with which the same moment changes nothing', () => {
    everyOrder((order) => {
      order.losesItsWorkflow();
      expect(JSON.parse(JSON.stringify(order.state))).toStrictEqual(order.state);
      expect(transition(order.state, [], order.nowMs).effects).toEqual([]);
    });
  });
});

describe('a purchase that was under way when its workflow was gone', () => {
  const gone = { state: 'needs_attention', lastError: { type: 'WorkflowGone' } };

  it('needs attention, is not sent by a repetition, and is sent by a resend', () => {
    const order = new KeptOrder().receives(payment('conversion', 'in_1', 0)).losesItsWorkflow();
    expect(order.table.get('in_1')).toMatchObject({ ...gone, revision: 2 });
    order.receives(payment('conversion', 'in_1', 0));
    expect(order.underWay).toEqual([]);
    order.resend('in_1').finish();
    expect(order.records()['in_1']).toMatchObject({ state: 'sent', by: 'anna', eventId: 'stripe:in_1', revision: 4 });
    expect(order.table.get('in_1')).toEqual(order.records()['in_1']);
  });

  it('keeps the last error in its message', () => {
    const order = new KeptOrder().receives(payment('conversion', 'in_1', 0));
    const row = order.table.get('in_1')!;
    order.table.set('in_1', { ...row, attempts: 3, lastError: { type: 'TikTokUnreachable', code: null, message: 'HTTP 503' } });
    order.losesItsWorkflow();
    expect(order.records()['in_1']).toMatchObject({ ...gone, attempts: 3 });
    expect(order.records()['in_1']!.lastError!.message).toMatch(/; the last error was: HTTP 503$/);
  });

  it('needs attention also while it waited for a state fact', () => {
    const order = new KeptOrder().receives(payment('conversion', 'in_1', 0, { awaits: ['trial'] })).receives(refund('in_9', 1));
    // The row of a payment that waits has been written once.
    expect(order.table.get('in_1')).toMatchObject({ state: 'pending', revision: 1 });
    expect(order.losesItsWorkflow().records()['in_1']).toMatchObject(gone);
  });

  it('is too old for being sent when the dispute over it is won weeks later', () => {
    const order = new KeptOrder()
      .receives(payment('conversion', 'in_1', 0))
      .losesItsWorkflow()
      .receives(refund('in_1', 1, { refundId: 'dp', cause: 'dispute' }))
      .losesItsWorkflow();
    order.nowMs += 60 * day;
    order.receives(refund('in_1', 60, { refundId: 'dp', cause: 'dispute_won' }));
    expect(order.outcomes()).toEqual({ in_1: 'conversion suppressed too_old' });
  });

  it('is not a purchase when it was refunded meanwhile', () => {
    const order = new KeptOrder().receives(payment('conversion', 'in_1', 0)).losesItsWorkflow();
    order.receives(refund('in_1', 1));
    expect(order.outcomes()).toEqual({ in_1: 'conversion not_a_purchase refunded_before_sent' });
  });
});

describe('a fact that was accepted and that no workflow has applied', () => {
  it('is decided as if nothing had happened', () => {
    const order = new KeptOrder().receives(payment('trial_start', 'in_0', 0)).finish();
    const kept = {
      fact: payment('renewal', 'in_1', 7),
      settingsVersion: 1,
      tooOld: false,
      acceptedAtMs: t0 + 7 * day,
      checkoutId: null,
    };
    order
      .losesItsWorkflow([...order.facts, kept])
      .applies([])
      .finish();
    expect(order.outcomes()).toEqual({ in_0: 'trial_start sent', in_1: 'conversion sent' });
  });

  it('happened when it settled, as its row says', () => {
    const fact = payment('conversion', 'in_1', 0, { settledLater: true });
    const paidAtMs = t0 + 8 * day;
    const order = new KeptOrder();
    const row = acceptedRecord({ psp: 'stripe', subscription: 'sub_1' }, fact, { settings: limitOff, occurredAtMs: paidAtMs });
    order.table.set('in_1', row);
    order.nowMs = paidAtMs;
    order.losesItsWorkflow([{ fact, settingsVersion: 1, tooOld: false, acceptedAtMs: paidAtMs, checkoutId: null }]).applies([]);
    expect(order.finish().records()['in_1']).toMatchObject({ state: 'sent', occurredAtMs: paidAtMs });
  });

  it('has the checkout id that a fact before it brought', () => {
    const order = new KeptOrder().receivesWith({ checkoutId: 'chk_1' }, lifecycle('began', 0)).losesItsWorkflow();
    order.receives(payment('conversion', 'in_1', 0)).finish();
    expect(order.sent.map(({ record }) => record.eventId)).toEqual(['chk_1']);
  });

  it('may be a refund: the record shows it', () => {
    const order = new KeptOrder().receives(payment('conversion', 'in_1', 0)).finish();
    const kept = { fact: refund('in_1', 7), settingsVersion: 1, tooOld: false, acceptedAtMs: t0 + 7 * day, checkoutId: null };
    order.losesItsWorkflow([...order.facts, kept]);
    expect(order.table.get('in_1')).toMatchObject({ state: 'sent', refundedMinor: 1999, revision: 3 });
  });
});

/** Orders of a version that kept no facts. */
describe('an order with records only', () => {
  const renewal = payment('renewal', 'in_9', 97);

  it.each([
    ['a subscription', [payment('conversion', 'in_1', 0)], 'renewal'],
    ['a free trial', [payment('trial_start', 'in_1', 0, { amountMinor: 0 })], 'conversion'],
    ['a paid trial', [payment('trial_start', 'in_1', 0, { amountMinor: 100 }), payment('renewal', 'in_2', 7)], 'renewal'],
    ['an old subscription, of which nobody knows the beginning', [payment('renewal', 'in_1', 0)], 'renewal'],
    ['a failed first charge', [lifecycle('payment_failed', 0, { moneyId: 'in_1', currency: 'EUR' })], 'renewal'],
    ['a proration first', [payment('other_charge', 'in_1', 0, { otherCharge: 'proration' })], 'renewal'],
  ] as const)('of %s: the same records, nothing is sent again, and the next payment has its phase', (_, known, phase) => {
    const order = new KeptOrder().receives(...known).finish();
    const before = order.records();
    expect(order.losesItsWorkflow([]).records()).toEqual(before);
    order.receives(...known);
    expect(order.underWay).toEqual([]);
    expect(withoutRevision(order.records())).toEqual(withoutRevision(before));
    order.receives(renewal).finish();
    expect(order.records()['in_9']).toMatchObject({ state: 'sent', phase });
  });

  it('knows what was refunded', () => {
    const order = new KeptOrder()
      .receives(payment('conversion', 'in_1', 0))
      .finish()
      .receives(refund('in_1', 1, { amountMinor: 500 }));
    expect(order.losesItsWorkflow([]).records()['in_1']).toMatchObject({ state: 'sent', refundedMinor: 500 });
  });

  it('limits what follows its own first purchase, and keeps what was too old', () => {
    const order = new KeptOrder()
      .receivesWith({ tooOld: true }, payment('trial_start', 'in_0', 0, { amountMinor: 100 }))
      .receives(payment('renewal', 'in_1', 7))
      .finish();
    order.losesItsWorkflow([]).receives(payment('trial_start', 'in_0', 0, { amountMinor: 100 }));
    expect(order.outcomes()).toEqual({ in_0: 'trial_start suppressed too_old', in_1: 'conversion sent' });
    order.receivesWith({ settings: limitOn }, renewal);
    expect(order.records()['in_9']).toMatchObject({ reason: 'limited', heldBy: { moneyId: 'in_1' } });
  });

  it('adopts the checkout id that its first phase was sent under', () => {
    const order = new KeptOrder().receivesWith({ checkoutId: 'chk_1' }, payment('conversion', 'in_1', 0)).finish(refused);
    order.losesItsWorkflow([]).resend('in_1').finish();
    expect(order.sent.map(({ record }) => record.eventId)).toEqual(['chk_1']);
  });
});

it('an order of which nothing is known is a new one', () => {
  const nothing = { facts: [], records: [], settings: [], userKeys: [userKey], firstPurchase: null };
  const { state, changed } = restoreOrder({ psp: 'stripe', subscription: 'sub_1', ...nothing });
  expect(changed).toEqual([]);
  expect(state).toEqual({ ...new Order().state, userKeys: [userKey] });
});

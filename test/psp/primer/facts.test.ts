import fc from 'fast-check';
import type { ReadFact, Reading } from '../../../src/psp/adapter';
import { primer } from '../../../src/psp/primer';
import { primerEvent, primerEventsOf, primerPayment } from '../../../sandbox/primer/webhooks';
import type { PrimerBill, PrimerScenario } from '../../../sandbox/primer/webhooks';

const startMs = Date.UTC(2026, 10, 1, 12);
const life: PrimerScenario = {
  type: 'subscription',
  customerId: 'cust-1',
  subscriptionId: 'sub_1',
  startMs,
  email: 'a@example.com',
};
const bill: PrimerBill = { index: 0, kind: 'conversion', atMs: startMs, amount: 1999 };

type Fields = Record<string, unknown>;

function read(change: Fields = {}, eventType = 'PAYMENT.STATUS', of: Partial<PrimerBill> = {}): Reading {
  const event = primerEvent(eventType, { ...primerPayment(life, { ...bill, ...of }), ...change }, startMs);
  return primer.read(JSON.parse(JSON.stringify(event)), { roleOf: () => undefined });
}

/** The only fact of a reading. */
function only(reading: Reading): ReadFact {
  if (reading.kind !== 'facts' || reading.facts.length !== 1) throw new Error(`expected one fact: ${JSON.stringify(reading)}`);
  return reading.facts[0] as ReadFact;
}

const start = { kind: 'conversion', occasion: 'start', inferredType: 'subscription' };
const of = (paymentType: string | null, metadata: Fields | null, more: Fields = {}): Fields => ({
  paymentMethod: { paymentType },
  metadata,
  ...more,
});

describe('what a payment is for', () => {
  // A field that is undefined here is one that the fact must not have.
  it.each<[string, Fields, string, Fields]>([
    // The merchant says it.
    [
      'kind trial_start',
      of('FIRST_PAYMENT', { subscription_id: 's', kind: 'trial_start' }),
      's',
      { kind: 'trial_start', trial: true, occasion: 'start', awaits: undefined },
    ],
    [
      'kind trial_start of nothing',
      of('FIRST_PAYMENT', { subscription_id: 's', kind: 'trial_start' }, { amount: 0, processor: {} }),
      's',
      { kind: 'trial_start', inferredType: 'free_trial', amountMinor: 0, occasion: 'start' },
    ],
    [
      'kind conversion',
      of('SUBSCRIPTION', { subs_id: 's', kind: 'conversion' }),
      's',
      { kind: 'conversion', occasion: undefined },
    ],
    [
      'kind renewal, whatever the first payment',
      of('FIRST_PAYMENT', { subs_id: 's', kind: 'Renewal' }),
      's',
      { kind: 'renewal' },
    ],
    ['kind one_off', of('SUBSCRIPTION', { subscription_id: 's', kind: 'one-off' }), 'sub_1-P0', { kind: 'one_off' }],
    ['a kind without a subscription', of('ECOMMERCE', { kind: 'renewal' }), 'cust-1', { kind: 'renewal' }],
    ['our keys with tt_ first', of(null, { subscription_id: 'a', tt_subscription_id: 'b', tt_kind: 'renewal' }), 'b', {}],
    // Iterations, counted from 0 or from 1.
    ['iteration 0', of('SUBSCRIPTION', { subs_id: 's', subs_iteration: 0 }), 's', start],
    ['iteration 1 of a first payment', of('FIRST_PAYMENT', { subs_id: 's', subs_iteration: '1' }), 's', start],
    [
      'iteration 1 that was merchant-initiated',
      of('SUBSCRIPTION', { subs_id: 's', subs_iteration: '1' }),
      's',
      { kind: 'conversion', inferredType: 'subscription', occasion: undefined, mayBeStart: true, awaits: undefined },
    ],
    [
      'iteration 1 that was merchant-initiated, declared a paid trial: the second of who counts from 0, or a one-click start',
      of('SUBSCRIPTION', { subs_id: 's', subs_iteration: '1', purchase_type: 'paid_trial' }),
      's',
      { kind: 'conversion', trial: undefined, occasion: undefined, mayBeStart: true, awaits: ['trial'] },
    ],
    [
      'a placeholder for the subscription: the customer’s',
      of('FIRST_PAYMENT', { subscription_id: '{{subscription_id}}', subs_id: 'null' }),
      'cust-1',
      {},
    ],
    [
      'iteration 2 that was merchant-initiated',
      of('SUBSCRIPTION', { subs_id: 's', subs_iteration: '2' }),
      's',
      { kind: 'renewal' },
    ],
    ['iteration 2', of('FIRST_PAYMENT', { subs_id: 's', subs_iteration: '2' }), 's', { kind: 'renewal' }],
    [
      'a start that is declared a paid trial',
      of('FIRST_PAYMENT', { subs_id: 's', subs_iteration: '1', purchase_type: 'paid_trial' }),
      's',
      { kind: 'trial_start', inferredType: 'paid_trial', declaredType: 'paid_trial', occasion: 'start' },
    ],
    [
      'a start of nothing',
      of('FIRST_PAYMENT', { subs_id: 's' }, { amount: 0, processor: {} }),
      's',
      // Or a card that was replaced: the payments before it tell.
      { kind: 'trial_start', inferredType: 'free_trial', trial: true, occasion: 'start', awaits: ['trial'] },
    ],
    [
      'a start of nothing that is declared a free trial',
      of('FIRST_PAYMENT', { subs_id: 's', purchase_type: 'free_trial' }, { amount: 0, processor: {} }),
      's',
      { kind: 'trial_start', inferredType: 'free_trial', trial: true, awaits: undefined },
    ],
    [
      'a start of nothing that is declared a subscription',
      of('FIRST_PAYMENT', { subs_id: 's', purchase_type: 'subscription' }, { amount: 0, processor: {} }),
      's',
      { kind: 'conversion', occasion: 'start', trial: undefined, awaits: undefined },
    ],
    // Only the kind of payment does.
    ['a first payment', of('FIRST_PAYMENT', { subscription_id: 's' }), 's', start],
    ['a later payment', of('SUBSCRIPTION', { subscription_id: 's' }), 's', { kind: 'renewal' }],
    ['a checkout', of('ECOMMERCE', { subscription_id: 's' }), 's', start],
    [
      'an unscheduled charge',
      of('UNSCHEDULED', { subscription_id: 's' }),
      's',
      { kind: 'other_charge', otherCharge: 'other_charge' },
    ],
    ['a kind that is none', of('SUBSCRIPTION', { subscription_id: 's', kind: 'upsell' }), 's', { kind: 'renewal' }],
    // Nothing does.
    ['a first payment without a subscription', of('FIRST_PAYMENT', null), 'cust-1', start],
    ['a later payment without a subscription', of('SUBSCRIPTION', {}), 'cust-1', { kind: 'renewal' }],
    ['a first payment of nobody', of('FIRST_PAYMENT', {}, { customerId: null }), 'sub_1-P0', { kind: 'one_off' }],
    ['a checkout without a subscription', of('ECOMMERCE', {}), 'sub_1-P0', { kind: 'one_off', inferredType: 'lifetime' }],
    ['an unscheduled charge without one', of('UNSCHEDULED', {}), 'sub_1-P0', { kind: 'one_off' }],
    ['no kind of payment at all', { paymentMethod: null, metadata: null }, 'sub_1-P0', { kind: 'one_off' }],
    [
      'a payment method that was saved',
      of('FIRST_PAYMENT', {}, { amount: 0, processor: {} }),
      'cust-1',
      { kind: 'other_charge', otherCharge: 'payment_method_change', amountMinor: 0 },
    ],
  ])('%s', (_, change, subscription, fact) => {
    const told = only(read(change));
    const said = Object.fromEntries(Object.entries(fact).filter(([, value]) => value !== undefined));
    expect(told.fact).toMatchObject({ moneyId: 'sub_1-P0', occurredAtMs: startMs, currency: 'USD', ...said });
    for (const name of Object.keys(fact)) if (!(name in said)) expect(told.fact).not.toHaveProperty(name);
    expect(told.subscription).toBe(subscription);
  });
});

describe('the status of a payment', () => {
  it.each([
    ['PENDING', 'ignored'],
    ['AUTHORIZED', 'ignored'],
    ['SETTLING', 'ignored'],
    ['PARTIALLY_SETTLED', 'facts'],
    ['CANCELLED', 'ignored'],
    ['TOMORROW', 'ignored'],
    ['SETTLED', 'facts'],
    ['DECLINED', 'facts'],
    ['FAILED', 'facts'],
  ])('%s is %s', (status, kind) => {
    expect(read({ status }).kind).toBe(kind);
  });

  it.each(['PENDING', 'SETTLING', 'AUTHORIZED'])('%s: the payment is open, and may settle days later', (status) => {
    expect(read({ status })).toMatchObject({ kind: 'ignored', openPayment: only(read()).fact.moneyId });
  });

  it.each(['CANCELLED', 'a status of tomorrow'])('%s: nothing is known to follow', (status) => {
    expect(read({ status })).not.toHaveProperty('openPayment');
  });

  it('a payment of nothing starts no paid trial: a card is saved', () => {
    const metadata = { subs_id: 's', purchase_type: 'paid_trial' };
    const reading = read({ status: 'AUTHORIZED', amount: 0, processor: null, metadata });
    expect(only(reading).fact).toMatchObject({ kind: 'other_charge', otherCharge: 'payment_method_change', amountMinor: 0 });
  });

  it('AUTHORIZED is the last status of a payment of amount 0', () => {
    const free = read({ status: 'AUTHORIZED', amount: 0, processor: null, metadata: { subs_id: 's', kind: 'trial_start' } });
    const settled = read({ status: 'SETTLED', amount: 0, processor: null, metadata: { subs_id: 's', kind: 'trial_start' } });
    expect(only(free).fact).toMatchObject({ kind: 'trial_start', amountMinor: 0 });
    expect(only(settled).fact).toEqual({ ...only(free).fact, settledLater: true });
    expect({ ...only(free), fact: null }).toEqual({ ...only(settled), fact: null });
  });

  it.each(['DECLINED', 'FAILED'])('%s is a failed payment', (status) => {
    expect(only(read({ status })).fact).toEqual({
      kind: 'payment_failed',
      moneyId: 'sub_1-P0',
      occurredAtMs: startMs,
      amountMinor: 1999,
      currency: 'USD',
    });
  });

  it.each<[string, number, number | null]>([
    ['a part', 1500, 1500],
    ['nothing yet', 0, null],
  ])('PARTIALLY_SETTLED with %s captured is a payment of that', (_, amountCaptured, amountMinor) => {
    const reading = read({ status: 'PARTIALLY_SETTLED', processor: { amountCaptured } });
    if (amountMinor === null)
      expect(reading).toMatchObject({ kind: 'ignored', reason: expect.stringContaining('captured') as string });
    else expect(only(reading).fact).toMatchObject({ kind: 'conversion', amountMinor, settledLater: true });
  });

  it('of what settled does not date the settlement; of what only saves a payment method there is none', () => {
    expect(only(read()).fact).toHaveProperty('settledLater', true);
    expect(only(read({ status: 'AUTHORIZED', amount: 0, processor: null })).fact).not.toHaveProperty('settledLater');
    expect(only(read({ status: 'FAILED' })).fact).not.toHaveProperty('settledLater');
  });

  it('counts what was captured', () => {
    expect(only(read({ processor: { amountCaptured: 1500 } })).fact).toMatchObject({ amountMinor: 1500 });
    expect(only(read({ processor: { amountCaptured: 0 } })).fact).toMatchObject({ amountMinor: 1999 });
    expect(only(read({ processor: { amountCaptured: 'all' } })).fact).toMatchObject({ amountMinor: 1999 });
  });

  it.each([
    ['2026-11-01T12:00:00.123456', startMs + 123],
    ['2026-11-01T12:00:00', startMs],
    ['2026-11-01T12:00:00Z', startMs],
    ['2026-11-01T13:00:00+01:00', startMs],
  ])('reads %s as UTC unless it says otherwise', (date, ms) => {
    expect(only(read({ date })).fact.occurredAtMs).toBe(ms);
  });

  it('reads who bought', () => {
    const metadata = { user_id: 'u1', checkout_id: 'c1', ttclid: 'E.C.P.1', email: 'b@example.com', subscription_id: 's' };
    expect(
      only(read({ metadata, customer: { emailAddress: 'a@example.com', mobileNumber: '+4915112345678' } })).identity,
    ).toEqual({
      userId: 'u1',
      checkoutId: 'c1',
      ttclid: 'E.C.P.1',
      email: 'b@example.com',
      phone: '+4915112345678',
      customerId: 'cust-1',
    });
  });

  it.each<[string, Fields, RegExp]>([
    ['no amount', { amount: undefined }, /payment\.amount/],
    ['a decimal', { amount: 19.99 }, /payment\.amount/],
    ['a negative amount', { amount: -1 }, /payment\.amount/],
    ['a currency that is none', { currencyCode: 'EURO' }, /payment\.currencyCode/],
    ['a date that is none', { date: '2018-19-12T22:20:32.000000' }, /payment\.date/],
    ['no id', { id: ' ' }, /payment\.id/],
    ['no status', { status: null }, /payment\.status/],
  ])('is unreadable with %s', (_, change, reason) => {
    expect(read(change)).toEqual({ kind: 'unreadable', reason: expect.stringMatching(reason) as string });
  });
});

describe('money that goes back', () => {
  const day = 86_400_000;
  const refund = (amount: number, atDay: number, status?: string) => ({
    amount,
    atMs: startMs + atDay * day,
    ...(status === undefined ? {} : { status }),
  });
  const facts = (refunds: PrimerBill['refunds']) => {
    const reading = read({}, 'PAYMENT.REFUND', refunds ? { refunds } : {});
    return reading.kind === 'facts' ? reading.facts.map(({ fact }) => fact) : reading.kind;
  };

  it('is a refund of the payment and its order', () => {
    const told = only(read({}, 'PAYMENT.REFUND', { refunds: [refund(500, 1)] }));
    expect(told).toMatchObject({
      fact: { kind: 'refund', moneyId: 'sub_1-P0', amountMinor: 500, occurredAtMs: startMs + day, cause: 'refund' },
      subscription: 'sub_1',
    });
  });

  it('tells each of several refunds under its own id', () => {
    const told = facts([refund(500, 1), refund(300, 2)]);
    expect(told).toMatchObject([{ amountMinor: 500 }, { amountMinor: 300 }]);
    expect(new Set((told as readonly { refundId: string }[]).map(({ refundId }) => refundId)).size).toBe(2);
  });

  it.each<[string, PrimerBill['refunds'], unknown]>([
    ['the newest failed', [refund(500, 1), refund(300, 2, 'FAILED')], 'ignored'],
    ['an older one failed', [refund(500, 2), refund(300, 1, 'FAILED')], [expect.objectContaining({ amountMinor: 500 })]],
    ['there is none', [], 'unreadable'],
  ])('when %s', (_, refunds, expected) => {
    expect(facts(refunds)).toEqual(expected);
  });

  const dispute = (change: Fields) =>
    primer.read(
      { eventType: 'DISPUTE.STATUS', paymentId: 'p1', processorDisputeId: 'd1', ...change },
      { roleOf: () => undefined },
    );

  it.each<[Fields, Fields | null]>([
    [{ eventType: 'DISPUTE.OPENED' }, { cause: 'dispute', occurredAtMs: 0 }],
    [{ eventType: 'DISPUTE.OPENED', signedAt: '1790000000' }, { occurredAtMs: 1_790_000_000_000 }],
    [
      { type: 'DISPUTE', status: 'OPEN', amount: 700 },
      { cause: 'dispute', amountMinor: 700 },
    ],
    [{ type: 'PREARBITRATION', status: 'LOST' }, { cause: 'dispute' }],
    [
      { type: 'DISPUTE', status: 'WON', date: '2026-11-01T12:00:00.000000' },
      { cause: 'dispute_won', occurredAtMs: startMs },
    ],
    [{ type: 'DISPUTE', status: 'CANCELLED' }, { cause: 'dispute_won' }],
    [{ type: 'RETRIEVAL', status: 'OPEN' }, null],
  ])('in a dispute: %j', (change, fact) => {
    const reading = dispute(change);
    if (fact === null) expect(reading.kind).toBe('ignored');
    else
      expect(only(reading)).toMatchObject({
        fact: { kind: 'refund', moneyId: 'p1', refundId: 'd1', ...fact },
        subscription: null,
      });
  });

  it('cannot read a dispute that names no payment', () => {
    expect(dispute({ paymentId: null })).toMatchObject({
      kind: 'unreadable',
      reason: expect.stringContaining('paymentId') as string,
    });
  });
});

describe('other events', () => {
  it.each(['WORKFLOW.RUN.FAILED', 'TOMORROW'])('%s is ignored, with a reason', (eventType) => {
    expect(primer.read({ eventType }, { roleOf: () => undefined })).toMatchObject({
      kind: 'ignored',
      reason: expect.stringMatching(/./) as string,
    });
  });

  it.each([null, undefined, 7, 'text', [], {}, { eventType: '' }, { message: 7 }, { eventType: 'PAYMENT.STATUS' }])(
    '%j is unreadable',
    (body) => {
      expect(primer.read(body, { roleOf: () => undefined }).kind).toBe('unreadable');
    },
  );

  it('never throws, and never quotes a value', () => {
    const secret = 'secret@example.com';
    const values = [fc.constant(secret), fc.integer(), fc.constant(null)];
    fc.assert(
      fc.property(
        fc.constantFrom('PAYMENT.STATUS', 'PAYMENT.REFUND', 'DISPUTE.OPENED'),
        fc.object({ values }),
        (eventType, body) => {
          const reading = primer.read({ ...body, eventType, payment: body }, { roleOf: () => undefined });
          expect(JSON.stringify(reading.kind === 'facts' ? '' : reading)).not.toContain(secret);
        },
      ),
    );
    fc.assert(
      fc.property(fc.anything(), (body) => {
        primer.read(body, { roleOf: () => undefined });
        primer.typeOf(body);
      }),
    );
    const whole = primerEventsOf({ ...life, type: 'paid_trial' }).map(({ event }) => event);
    fc.assert(
      fc.property(fc.constantFrom(...whole), fc.nat(), fc.anything(), (event, at, value) => {
        const keys = Object.keys(event.payment);
        const payment = { ...event.payment, [keys[at % keys.length] ?? '']: value };
        primer.read({ ...event, payment }, { roleOf: () => undefined });
      }),
    );
  });
});

import fc from 'fast-check';
import type { PriceRole } from '../../../src/domain/fact';
import type { ReadFact, Reading } from '../../../src/psp/adapter';
import { paypal } from '../../../src/psp/paypal';
import { paypalEvent, paypalEventsOf, paypalPlan, paypalSale, paypalSubscription } from '../../../sandbox/paypal/webhooks';
import type { PaypalScenario, SubscriptionMoment } from '../../../sandbox/paypal/webhooks';
import { withoutBought } from '../../support/without-bought';

const startMs = Date.UTC(2026, 10, 1, 12);
const day = 86_400_000;
const life: PaypalScenario = { type: 'free_trial', customerId: 'PAYER1', subscriptionId: 'I-1', startMs, email: 'a@example.com' };

type Fields = Record<string, unknown>;

function read(type: string, resource: Fields, roles: Record<string, PriceRole> = {}, atMs = startMs): Reading {
  const event = paypalEvent(life, type, resource, atMs);
  return paypal.read(JSON.parse(JSON.stringify(event)), { roleOf: (price) => roles[price] });
}

function factsOf(reading: Reading): readonly ReadFact[] {
  if (reading.kind !== 'facts') throw new Error(`expected facts: ${JSON.stringify(reading)}`);
  return reading.facts;
}

/** The only fact of a reading. */
function only(reading: Reading): ReadFact {
  const facts = factsOf(reading);
  if (facts.length !== 1) throw new Error(`expected one fact: ${JSON.stringify(reading)}`);
  return facts[0] as ReadFact;
}

const kindsOf = (reading: Reading): readonly string[] => factsOf(reading).map(({ fact }) => fact.kind);

describe('an activation', () => {
  const dueAtOnce = ({ trialDone }: Partial<SubscriptionMoment>): Partial<SubscriptionMoment> =>
    trialDone ? {} : { nextMs: startMs };
  const activated = (moment: Partial<SubscriptionMoment> = {}, change: Fields = {}, roles = {}, of = life): Reading =>
    read(
      'BILLING.SUBSCRIPTION.ACTIVATED',
      {
        ...paypalSubscription(of, { status: 'ACTIVE', changedMs: startMs + 60_000, ...dueAtOnce(moment), ...moment }),
        ...change,
      },
      roles,
    );
  const paid = { lastPayment: { amountMinor: 100, atMs: startMs + 50_000 }, trialDone: true };

  it.each<[string, Reading, readonly string[]]>([
    ['a trial for which nothing was paid', activated(), ['trial_start', 'began']],
    ['the same after PayPal has executed its cycle', activated({ trialDone: true }), ['trial_start', 'began']],
    ['a trial that was paid for', activated(paid), ['began']],
    ['a trial that the merchant calls paid', activated({}, { custom_id: 'purchase_type=paid_trial' }), ['began']],
    ['a plan whose role is trial', activated({}, {}, { 'P-PREMIUM': 'trial' }), ['began']],
    ['a plan that shows a price of the trial', activated({}, { plan: paypalPlan({ ...life, type: 'paid_trial' }) }), ['began']],
    ['a plan that shows none, with a set-up fee', activated(paid, { plan: paypalPlan(life) }), ['trial_start', 'began']],
    [
      'a trial that the merchant calls none, since the type does not tell the phase',
      activated({}, { custom_id: 'purchase_type=subscription' }),
      ['trial_start', 'began'],
    ],
    [
      'a trial that the merchant calls free',
      activated(paid, { custom_id: 'purchase_type=free_trial' }),
      ['trial_start', 'began'],
    ],
    ['a payment that may be a fee or the trial’s', activated({ trialDone: true, lastPayment: paid.lastPayment }), ['began']],
    ['no trial', activated({}, {}, {}, { ...life, type: 'subscription' }), ['began']],
    ['a payment after the trial', activated({ ...paid, regularDone: 1 }), ['began']],
  ])('with %s', (_, reading, kinds) => {
    expect(kindsOf(reading)).toEqual(kinds);
  });

  const factIn = (kind: string, reading: Reading) => factsOf(reading).find(({ fact }) => fact.kind === kind)?.fact;
  const cyclesIn = (reading: Reading): object | undefined => {
    const began = factIn('began', reading);
    return began && 'cycles' in began ? began.cycles : undefined;
  };

  it('counts the cycles, and says when it counted', () => {
    expect(withoutBought(factIn('began', activated()))).toEqual({
      kind: 'began',
      occurredAtMs: startMs,
      nextDueAtMs: startMs,
      planRole: null,
      tells: ['buyer', 'trial'],
      cycles: {
        saidAtMs: startMs + 60_000,
        startsAtMs: startMs,
        trialsLeft: [1],
        trialsBilled: 0,
        regularBilled: 0,
        nextBilledAtMs: startMs,
      },
    });
    expect(cyclesIn(activated(paid))).toEqual({
      saidAtMs: startMs + 60_000,
      startsAtMs: startMs,
      trialsLeft: [],
      trialsBilled: 1,
      regularBilled: 0,
      lastPaidAtMs: startMs + 50_000,
      nextBilledAtMs: startMs + 7 * day,
    });
  });

  it.each<[string, Reading, 'free' | 'paid' | undefined]>([
    ['the price of the plan', activated({}, { plan: paypalPlan({ ...life, type: 'paid_trial' }) }), 'paid'],
    ['a plan whose trial has no price', activated(paid, { plan: paypalPlan(life) }), 'free'],
    ['a plan without a trial', activated({}, { plan: paypalPlan({ ...life, type: 'subscription' }) }), undefined],
    ['the role of the plan', activated({}, {}, { 'P-PREMIUM': 'trial' }), 'paid'],
    ['a free trial that is declared', activated(paid, { custom_id: 'purchase_type=free_trial' }), 'free'],
    // A set-up fee alone may be what was paid.
    ['a paid trial that is declared', activated({}, { custom_id: 'purchase_type=paid_trial' }), undefined],
    ['nothing', activated(paid), undefined],
  ])('says whether the cycles of its trial cost something, by %s', (_, reading, kind) => {
    expect({ trialKind: undefined, ...cyclesIn(reading) }).toMatchObject({ trialKind: kind });
  });

  it('counts the cycles of a longer trial, and of two', () => {
    const executions = [
      { tenure_type: 'TRIAL', sequence: 1, cycles_completed: 1, cycles_remaining: 2 },
      { tenure_type: 'TRIAL', sequence: 2, cycles_completed: 0, cycles_remaining: 3 },
      { tenure_type: 'REGULAR', sequence: 3, cycles_completed: 0, cycles_remaining: 0 },
    ];
    const billing = (cycles: readonly object[]): Fields => ({
      cycle_executions: cycles,
      last_payment: { amount: { value: '1.00', currency_code: 'USD' }, time: new Date(startMs + 50_000).toISOString() },
      next_billing_time: new Date(startMs + 7 * day).toISOString(),
    });
    expect(cyclesIn(activated({}, { billing_info: billing(executions) }))).toMatchObject({ trialsLeft: [2, 3], trialsBilled: 1 });
    const first = executions.filter(({ sequence }) => sequence !== 2);
    expect(cyclesIn(activated({}, { billing_info: billing(first) }))).toMatchObject({ trialsLeft: [2], trialsBilled: 1 });
  });

  it('says that there is no trial, at the beginning only: a plan may be changed later', () => {
    const of = { ...life, type: 'subscription' as const };
    expect(factsOf(activated({}, {}, {}, of))[0]?.fact).toMatchObject({ kind: 'began', trials: [] });
    expect(factIn('began', activated())).not.toHaveProperty('trials');
    expect(factsOf(activated({ regularDone: 2 }, {}, {}, of))[0]?.fact).not.toHaveProperty('trials');
  });

  it('starts the trial at the checkout, though PayPal names the beginning of that day', () => {
    const early = new Date(startMs - 23 * 3_600_000).toISOString();
    const reading = activated({}, { start_time: early });
    expect(factsOf(reading)[0]?.fact).toMatchObject({ occurredAtMs: startMs });
    expect(cyclesIn(reading)).toMatchObject({ startsAtMs: startMs });
  });

  it('starts the trial later, where PayPal was told to', () => {
    const reading = activated({}, { start_time: new Date(startMs + 5 * day).toISOString() });
    expect(factIn('began', reading)).toMatchObject({ occurredAtMs: startMs });
    expect(factIn('trial_start', reading)).toMatchObject({ occurredAtMs: startMs + 60_000 });
    expect(cyclesIn(reading)).toMatchObject({ startsAtMs: startMs + 5 * day });
  });

  it('starts a trial when the buyer approves, though the checkout was days before', () => {
    const approved = new Date(startMs + 8 * day).toISOString();
    const reading = activated({ changedMs: startMs + 8 * day }, { start_time: approved });
    expect(factIn('began', reading)).toMatchObject({ occurredAtMs: startMs });
    expect(factIn('trial_start', reading)).toMatchObject({ occurredAtMs: startMs + 8 * day });
  });

  it.each([
    ['not billed', { cycles_completed: 0 }, { trialsBilled: 0, trialsLeft: [2] }],
    ['billed once', { cycles_completed: 1 }, { trialsBilled: 1, trialsLeft: [1] }],
    ['billed', { cycles_completed: 2 }, { trialsBilled: 2, trialsLeft: [] }],
  ])('knows the cycles that are left where PayPal does not say them: %s', (_, done, cycles) => {
    const cycle_executions = [
      { tenure_type: 'TRIAL', sequence: 1, total_cycles: 2, ...done },
      { tenure_type: 'REGULAR', sequence: 2, total_cycles: 0, cycles_completed: 0 },
    ];
    expect(cyclesIn(activated({}, { billing_info: { cycle_executions } }))).toMatchObject(cycles);
  });

  it('counted when it knew of the last payment, whatever its own times', () => {
    const lastPayment = { amountMinor: 100, atMs: startMs + 70_000 };
    expect(cyclesIn(activated({ lastPayment, trialDone: true }))).toMatchObject({ saidAtMs: startMs + 70_000 });
  });

  it.each<[string, Reading, object]>([
    ['is due at once', activated(), { awaits: ['trial', 'charge'], patienceMs: 60_000, periodEndMs: undefined }],
    ['is executed', activated({ trialDone: true }), { awaits: ['trial'], patienceMs: undefined, periodEndMs: startMs + 7 * day }],
    ['is free by its plan', activated({}, { plan: paypalPlan(life) }), { awaits: ['trial'], patienceMs: undefined }],
    [
      'is declared as free',
      activated({}, { custom_id: 'purchase_type=free_trial' }),
      { awaits: ['trial'], patienceMs: undefined },
    ],
  ])('waits for the charge of a trial only if one may follow: its first cycle %s', (_, reading, fact) => {
    const none = { awaits: undefined, patienceMs: undefined, periodEndMs: undefined };
    expect({ ...none, ...factIn('trial_start', reading) }).toMatchObject({
      kind: 'trial_start',
      moneyId: 'I-1:trial',
      amountMinor: 0,
      occasion: 'start',
      trial: true,
      ...fact,
    });
  });

  it.each<[PriceRole | undefined, PriceRole | null]>([
    ['ignore', 'ignore'],
    ['lifetime', 'lifetime'],
    ['regular', null],
    ['trial', null],
    [undefined, null],
  ])('tells the role %s of its plan to the sales, which name no plan, as %s', (role, planRole) => {
    const began = factIn('began', activated({}, {}, role && { 'P-PREMIUM': role }));
    expect(began).toMatchObject({ planRole, kind: 'began' });
  });

  it('tells no role where it names no plan', () => {
    expect(factIn('began', activated({}, { plan_id: undefined }, { 'P-PREMIUM': 'ignore' }))).not.toHaveProperty('planRole');
  });

  it('knows the regular price where it is shown', () => {
    expect(factIn('trial_start', activated({}, { plan: paypalPlan(life) }))).toMatchObject({
      amountMinor: 0,
      regularMinor: 1999,
    });
  });

  const billedAt = (atDay: number): Partial<SubscriptionMoment> => ({
    changedMs: startMs + 90 * day,
    lastPayment: { amountMinor: 1999, atMs: startMs + atDay * day },
    trialDone: true,
  });

  it.each<[string, Partial<SubscriptionMoment>]>([
    ['that was billed before', { ...billedAt(60), regularDone: 2 }],
    ['whose outstanding balance is collected at once', { ...billedAt(90), regularDone: 13 }],
  ])('of a subscription %s is no beginning', (_, moment) => {
    const told = only(activated(moment));
    expect(told.fact).toMatchObject({ kind: 'resumed', occurredAtMs: moment.changedMs });
    expect(told.subscription).toBe('I-1');
  });

  it.each<[string, Partial<SubscriptionMoment>, readonly string[]]>([
    ['when the buyer approved late', { changedMs: startMs + 3 * day }, ['trial_start', 'began', 'resumed']],
    [
      'when the trial was executed at once, 25 hours after the checkout',
      { changedMs: startMs + 25 * 3_600_000, trialDone: true },
      ['trial_start', 'began', 'resumed'],
    ],
    ['when the first payment was reported before it', { ...billedAt(90), regularDone: 1 }, ['began', 'resumed']],
  ])('is a beginning, also %s', (_, moment, kinds) => {
    expect(kindsOf(activated(moment))).toEqual(kinds);
    expect(factIn('began', activated(moment))).toMatchObject({ occurredAtMs: startMs });
  });

  it('reads who bought', () => {
    const [told] = factsOf(activated({}, { custom_id: 'user_id=u1&checkout_id=c1&ttclid=E.C.P.1&email=b%40example.com&junk' }));
    expect(told?.identity).toEqual({
      userId: 'u1',
      checkoutId: 'c1',
      ttclid: 'E.C.P.1',
      email: 'b@example.com',
      customerId: 'PAYER1',
    });
  });

  it.each([
    ['c1', { checkoutId: 'c1' }],
    [' c1 ', { checkoutId: 'c1' }],
    ['undefined', {}],
    ['', {}],
    ['tt_user_id=a&user_id=b', { userId: 'a' }],
    [42, {}],
  ])('takes custom_id %p for one checkout id or for our keys', (customId, identity) => {
    const [told] = factsOf(activated({}, { custom_id: customId, subscriber: null }));
    expect(told?.identity).toEqual(identity);
  });

  it('reads an agreement of the old API, too', () => {
    const reading = read('BILLING.SUBSCRIPTION.CANCELLED', {
      id: 'I-PE7JWXKGVN0R',
      state: 'Cancelled',
      payer: { payer_info: { email: 'old@example.com', payer_id: 'XLHKRXRA4H7QY' } },
      start_date: '2016-04-30T07:00:00Z',
    });
    expect(only(reading)).toEqual({
      fact: { kind: 'ended', occurredAtMs: startMs, tells: ['buyer'] },
      subscription: 'I-PE7JWXKGVN0R',
      identity: { email: 'old@example.com', customerId: 'XLHKRXRA4H7QY' },
      paymentIds: [],
    });
  });

  it('takes what it can of times that are none', () => {
    expect(factsOf(activated({}, { create_time: '2018-19-12T22:20:32.000Z' }))[0]?.fact).toMatchObject({ occurredAtMs: startMs });
  });
});

describe('the state of a subscription', () => {
  const subscription = (change: Fields = {}): Fields => ({
    ...paypalSubscription({ ...life, type: 'subscription' }, { status: 'ACTIVE', changedMs: startMs + day }),
    ...change,
  });

  const { next_billing_time: nextBilling } = subscription()['billing_info'] as { readonly next_billing_time: string };
  const nextDueAtMs = Date.parse(nextBilling);

  it.each([
    ['BILLING.SUBSCRIPTION.CANCELLED', { kind: 'ended', occurredAtMs: startMs + day }],
    ['BILLING.SUBSCRIPTION.EXPIRED', { kind: 'ended', occurredAtMs: startMs + day }],
    ['BILLING.SUBSCRIPTION.SUSPENDED', { kind: 'paused', occurredAtMs: startMs + day }],
    ['BILLING.SUBSCRIPTION.RE-ACTIVATED', { kind: 'resumed', occurredAtMs: startMs + day, nextDueAtMs }],
    ['BILLING.SUBSCRIPTION.UPDATED', { kind: 'updated', occurredAtMs: startMs + day, nextDueAtMs }],
    ['BILLING.SUBSCRIPTION.PAYMENT.FAILED', { kind: 'payment_failed', occurredAtMs: startMs, nextDueAtMs }],
  ])('%s', (type, fact) => {
    const cycles = {
      saidAtMs: startMs + day,
      startsAtMs: startMs,
      trialsLeft: [],
      trialsBilled: 0,
      regularBilled: 0,
      nextBilledAtMs: startMs,
    };
    expect(withoutBought(only(read(type, subscription())).fact)).toEqual({ ...fact, cycles, planRole: null, tells: ['buyer'] });
  });

  it('counts nothing where PayPal does not: without cycles, without a start', () => {
    const billing = subscription()['billing_info'] as Fields;
    const holes: readonly Fields[] = [
      { billing_info: undefined },
      { billing_info: { ...billing, cycle_executions: undefined } },
      { billing_info: { ...billing, cycle_executions: [] } },
      { start_time: 'soon', create_time: null },
    ];
    for (const change of holes)
      expect(only(read('BILLING.SUBSCRIPTION.CANCELLED', subscription(change))).fact).not.toHaveProperty('cycles');
  });

  it.each([
    'BILLING.SUBSCRIPTION.CREATED',
    'PAYMENT.SALE.PENDING',
    'PAYMENT.CAPTURE.PENDING',
    'CHECKOUT.ORDER.APPROVED',
    'BILLING.PLAN.CREATED',
    'TOMORROW.NEW.TYPE',
  ])('%s is ignored, with a reason', (type) => {
    expect(read(type, {})).toMatchObject({ kind: 'ignored', reason: expect.stringMatching(/./) as string });
  });
});

describe('a sale', () => {
  const sale = (change: Fields = {}): Fields => ({ ...paypalSale(life, 0, startMs).resource, ...change });
  const amount = (total: unknown, currency: unknown, details?: Fields): Fields => ({ amount: { total, currency, details } });

  it.each<[string, Fields, Fields]>([
    ['of an agreement', {}, { kind: 'renewal', amountMinor: 1999, currency: 'USD', awaits: ['trial', 'buyer'] }],
    ['of an agreement, that names its buyer', { custom: 'user_id=u1' }, { kind: 'renewal', awaits: ['trial'] }],
    ['of an agreement, that names its checkout', { custom_id: 'c1' }, { awaits: ['trial'] }],
    ['of an agreement, that names a click and no buyer', { custom: 'ttclid=E.C.P.1' }, { awaits: ['trial', 'buyer'] }],
    [
      'of an agreement, with a declared type, which does not tell the phase',
      { custom: 'user_id=u1&purchase_type=paid_trial' },
      { kind: 'renewal', declaredType: 'paid_trial', awaits: ['trial'] },
    ],
    [
      'by reference, of which PayPal tells nothing else',
      { billing_agreement_id: 'B-7FB31251F28061234' },
      { kind: 'conversion', inferredType: 'subscription', awaits: undefined },
    ],
    [
      'that was made days before it was paid (eCheck)',
      { create_time: new Date(startMs - 8 * day).toISOString() },
      { occurredAtMs: startMs, periodStartMs: startMs - 8 * day },
    ],
    ['that was never changed', { update_time: undefined }, { occurredAtMs: startMs }],
    ['without times of its own', { update_time: 'then', create_time: null }, { occurredAtMs: startMs + 4_000 }],
    ['with one decimal', amount('14.9', 'USD'), { amountMinor: 1490 }],
    ['in yen', amount('1480', 'JPY'), { amountMinor: 1480, currency: 'JPY' }],
    ['in forint, which PayPal writes without decimals', amount('5900', 'HUF'), { amountMinor: 590_000 }],
    ['of nothing', amount('0.00', 'USD'), { amountMinor: 0 }],
    ['with tax in it', amount('11.90', 'EUR', { subtotal: '10.00', tax: '1.90' }), { amountMinor: 1190, netMinor: 1000 }],
    ['with a tax that is none', amount('11.90', 'EUR', { tax: 'some' }), { amountMinor: 1190 }],
    [
      'of the old API, a one-off',
      { billing_agreement_id: undefined, parent_payment: 'PAY-1' },
      { kind: 'one_off', inferredType: 'lifetime', awaits: undefined },
    ],
    ['of an agreement, by a payment of the old API', { parent_payment: 'PAY-1' }, { kind: 'renewal' }],
  ])('%s', (_, change, fact) => {
    const told = only(read('PAYMENT.SALE.COMPLETED', sale(change), {}, startMs + 4_000));
    expect({ awaits: undefined, ...told.fact }).toMatchObject(fact);
  });

  it('of the old API knows the payment by which a reversal may name it', () => {
    const told = only(
      read('PAYMENT.SALE.COMPLETED', sale({ billing_agreement_id: null, parent_payment: 'PAY-1', custom: 'c1' })),
    );
    expect(told).toMatchObject({ subscription: '1SALE0', paymentIds: ['PAY-1'], identity: { checkoutId: 'c1' } });
  });

  it('that was denied is a failed payment', () => {
    expect(only(read('PAYMENT.SALE.DENIED', sale()))).toMatchObject({
      fact: { kind: 'payment_failed', moneyId: '1SALE0', amountMinor: 1999, currency: 'USD', occurredAtMs: startMs },
      subscription: 'I-1',
    });
  });

  it.each<[string, Fields, RegExp]>([
    ['a negative amount', amount('-1.00', 'USD'), /resource\.amount\.total/],
    ['too many digits', amount('1.001', 'USD'), /resource\.amount\.total/],
    ['words for an amount', amount('ten', 'USD'), /resource\.amount\.total/],
    ['no currency', amount('1.00', undefined), /resource\.amount\.currency/],
    ['a currency that is none', amount('1.00', 'EURO'), /resource\.amount\.currency/],
    ['no amount', { amount: undefined }, /resource\.amount/],
    ['no id', { id: '' }, /resource\.id/],
    ['neither agreement nor payment', { billing_agreement_id: undefined }, /resource\.billing_agreement_id/],
    ['neither, though it names a checkout', { billing_agreement_id: null, custom: 'c1' }, /resource\.billing_agreement_id/],
  ])('is unreadable with %s', (_, change, reason) => {
    expect(read('PAYMENT.SALE.COMPLETED', sale(change))).toEqual({
      kind: 'unreadable',
      reason: expect.stringMatching(reason) as string,
    });
  });
});

describe('a capture', () => {
  const capture = { ...paypalEventsOf({ ...life, type: 'lifetime', userId: 'u1' })[1]?.event.resource };

  it('is a one-off', () => {
    expect(only(read('PAYMENT.CAPTURE.COMPLETED', { ...capture }))).toEqual({
      fact: {
        kind: 'one_off',
        moneyId: '1CAPTURE',
        occurredAtMs: startMs + 30_000,
        amountMinor: 1999,
        currency: 'USD',
        inferredType: 'lifetime',
      },
      subscription: '1CAPTURE',
      identity: { userId: 'u1' },
      // Not its order's: an order may have several captures.
      paymentIds: [],
      metadata: { user_id: 'u1' },
    });
  });

  it.each(['PAYMENT.CAPTURE.DENIED', 'PAYMENT.CAPTURE.DECLINED'])('that failed: %s', (type) => {
    expect(only(read(type, { ...capture })).fact).toMatchObject({
      kind: 'payment_failed',
      moneyId: '1CAPTURE',
      amountMinor: 1999,
    });
  });

  it('learns from its order who bought', () => {
    const order = paypalEventsOf({ ...life, type: 'lifetime' })[2]?.event.resource ?? {};
    expect(only(read('CHECKOUT.ORDER.COMPLETED', { ...order }))).toEqual({
      fact: { kind: 'updated', occurredAtMs: startMs, tells: ['buyer'] },
      subscription: '1CAPTURE',
      identity: { customerId: 'PAYER1', email: 'a@example.com' },
      paymentIds: [],
    });
    expect(read('CHECKOUT.ORDER.COMPLETED', { id: 'ORDER', create_time: '2026-11-01T12:00:00Z' })).toMatchObject({
      kind: 'ignored',
    });
  });
});

describe('money that goes back', () => {
  const at = '2026-11-03T10:00:00Z';
  const atMs = Date.UTC(2026, 10, 3, 10);
  const money = (total: string): Fields => ({ amount: { total, currency: 'USD' }, create_time: at });
  const link = (rel: string, href: string): Fields => ({ rel, href, method: 'GET' });

  it.each<[string, string, Fields, Fields]>([
    [
      'a refund names the sale',
      'PAYMENT.SALE.REFUNDED',
      { id: 'R1', sale_id: 'S1', ...money('5.00') },
      { moneyId: 'S1', refundId: 'R1', amountMinor: 500, cause: 'refund' },
    ],
    [
      'its total may be negative',
      'PAYMENT.SALE.REFUNDED',
      { id: 'R1', sale_id: 'S1', ...money('-0.01') },
      { moneyId: 'S1', amountMinor: 1 },
    ],
    [
      'or name it by a link',
      'PAYMENT.SALE.REFUNDED',
      { id: 'R1', ...money('5.00'), links: [link('sale', 'https://api.paypal.com/v1/payments/sale/S1')] },
      { moneyId: 'S1', refundId: 'R1' },
    ],
    [
      'a reversal may be the sale itself',
      'PAYMENT.SALE.REVERSED',
      { id: 'S1', ...money('-5.00'), links: [link('self', 'https://api.paypal.com/v1/payments/sale/S1')] },
      { moneyId: 'S1', refundId: 'S1:reversed', amountMinor: 500, cause: 'dispute' },
    ],
    [
      'or name nothing but the payment',
      'PAYMENT.SALE.REVERSED',
      {
        id: 'R1',
        parent_payment: 'PAY-1',
        ...money('-0.49'),
        links: [link('self', 'https://api.paypal.com/v1/payments/refund/R1')],
      },
      { moneyId: 'PAY-1', refundId: 'R1', amountMinor: 49 },
    ],
    [
      'a refund of a capture links to it',
      'PAYMENT.CAPTURE.REFUNDED',
      {
        id: 'R1',
        amount: { value: '0.99', currency_code: 'USD' },
        create_time: '2026-11-03T03:00:00-07:00',
        links: [link('self', 'https://x/v2/payments/refunds/R1'), link('up', 'https://x/v2/payments/captures/C1')],
      },
      { moneyId: 'C1', refundId: 'R1', amountMinor: 99, cause: 'refund' },
    ],
    [
      'as does a reversal',
      'PAYMENT.CAPTURE.REVERSED',
      {
        id: 'R1',
        amount: { value: '2.51', currency_code: 'USD' },
        create_time: at,
        links: [link('up', 'https://x/v2/payments/captures/C1')],
      },
      { moneyId: 'C1', refundId: 'R1', amountMinor: 251, cause: 'dispute' },
    ],
  ])('%s', (_, type, resource, fact) => {
    expect(only(read(type, resource))).toMatchObject({
      fact: { kind: 'refund', occurredAtMs: atMs, ...fact },
      subscription: null,
    });
  });

  it('waits for a refund that is pending', () => {
    expect(read('PAYMENT.SALE.REFUNDED', { id: 'R1', sale_id: 'S1', state: 'pending', ...money('5.00') })).toMatchObject({
      kind: 'ignored',
    });
  });

  it('cannot read a refund of a capture that names none', () => {
    const resource = { id: 'R1', amount: { value: '0.99', currency_code: 'USD' }, create_time: at };
    expect(read('PAYMENT.CAPTURE.REFUNDED', resource)).toMatchObject({ kind: 'unreadable' });
  });

  const dispute = (change: Fields = {}): Fields => ({
    dispute_id: 'PP-D-1',
    create_time: at,
    update_time: '2026-11-09T10:00:00Z',
    dispute_life_cycle_stage: 'CHARGEBACK',
    dispute_amount: { value: '7.50', currency_code: 'USD' },
    disputed_transactions: [{ seller_transaction_id: 'S1' }],
    ...change,
  });
  const outcome = (code: string): Fields => ({ status: 'RESOLVED', dispute_outcome: { outcome_code: code } });

  it.each<[string, string, Fields, Fields | string]>([
    ['a chargeback', 'CUSTOMER.DISPUTE.CREATED', {}, { cause: 'dispute', occurredAtMs: atMs, amountMinor: 750 }],
    ['a claim that was escalated', 'CUSTOMER.DISPUTE.UPDATED', {}, { cause: 'dispute', occurredAtMs: atMs }],
    ['an inquiry', 'CUSTOMER.DISPUTE.CREATED', { dispute_life_cycle_stage: 'INQUIRY' }, 'ignored'],
    ['one for the seller', 'CUSTOMER.DISPUTE.RESOLVED', outcome('RESOLVED_SELLER_FAVOUR'), { cause: 'dispute_won' }],
    ['one that the buyer withdrew', 'CUSTOMER.DISPUTE.RESOLVED', outcome('CANCELED_BY_BUYER'), { cause: 'dispute_won' }],
    ['one for the buyer', 'CUSTOMER.DISPUTE.RESOLVED', outcome('RESOLVED_BUYER_FAVOUR'), { cause: 'dispute' }],
    ['one without outcome', 'CUSTOMER.DISPUTE.RESOLVED', outcome('NONE'), 'ignored'],
    ['one of no transaction', 'CUSTOMER.DISPUTE.CREATED', { disputed_transactions: [] }, 'unreadable'],
  ])('disputes: %s', (_, type, change, expected) => {
    const reading = read(type, dispute(change));
    if (typeof expected === 'string') expect(reading.kind).toBe(expected);
    else expect(only(reading).fact).toMatchObject({ kind: 'refund', moneyId: 'S1', refundId: 'PP-D-1', ...expected });
  });
});

describe('test mode', () => {
  it.each([
    [paypalEvent({}, 'X', {}, startMs), true],
    [paypalEvent({ isLive: true }, 'X', {}, startMs), false],
    [{ links: [{ href: 'https://api-m.sandbox.paypal.com/v1' }] }, true],
    [{ links: [{ href: 'https://sandbox.paypal.com.evil.example/' }, { href: 7 }, null] }, null],
    [{}, null],
    [null, null],
  ])('of %j is %p', (body, is) => {
    expect(paypal.isTestMode(body)).toBe(is);
  });
});

describe('junk', () => {
  const types = [
    'PAYMENT.SALE.COMPLETED',
    'PAYMENT.CAPTURE.REFUNDED',
    'BILLING.SUBSCRIPTION.ACTIVATED',
    'CUSTOMER.DISPUTE.CREATED',
  ];

  it.each([null, undefined, 7, 'text', [], {}, { event_type: '' }, { event_type: 7 }])('%j is unreadable', (body) => {
    expect(paypal.read(body, { roleOf: () => undefined }).kind).toBe('unreadable');
    expect(paypal.typeOf(body)).toBe('unknown');
  });

  it('never throws, and never quotes a value', () => {
    const secret = 'secret@example.com';
    fc.assert(
      fc.property(
        fc.constantFrom(...types),
        fc.object({ values: [fc.constant(secret), fc.integer(), fc.constant(null)] }),
        (type, resource) => {
          const reading = paypal.read({ event_type: type, create_time: secret, resource }, { roleOf: () => undefined });
          expect(JSON.stringify(reading.kind === 'facts' ? '' : reading)).not.toContain(secret);
        },
      ),
    );
    fc.assert(
      fc.property(fc.anything(), (body) => {
        paypal.read(body, { roleOf: () => undefined });
        paypal.isTestMode(body);
        paypal.typeOf(body);
      }),
    );
  });

  const whole = [...paypalEventsOf(life), ...paypalEventsOf({ ...life, type: 'lifetime' })].map(({ event }) => event);

  it('never throws for real events with something else in one place', () => {
    fc.assert(
      fc.property(fc.constantFrom(...whole), fc.nat(), fc.anything(), (event, at, value) => {
        const paths = pathsOf(event);
        paypal.read(replaced(event, paths[at % paths.length] ?? [], value), { roleOf: () => undefined });
      }),
    );
  });
});

function pathsOf(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, one]) => pathsOf(one, [...path, key]))];
}

function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }) as Record<string, unknown>; // a path of pathsOf
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

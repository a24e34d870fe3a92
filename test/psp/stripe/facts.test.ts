import fc from 'fast-check';
import type { LifecycleFact, PaymentFact, Phase, PriceRole, PurchaseType, SubscriptionFact } from '../../../src/domain/fact';
import type { Reading, ReadFact } from '../../../src/psp/adapter';
import { stripe } from '../../../src/psp/stripe';
import { stripeEvent, stripeInvoice, stripeEventsOf, stripeSession, stripeSubscription } from '../../../sandbox/stripe/webhooks';
import type { StripeScenario, StripeVersion } from '../../../sandbox/stripe/webhooks';
import { Order } from '../../support/order-scenario';
import { withoutBought } from '../../support/without-bought';

const created = 1_790_000_000;
const startMs = created * 1000;
const life: StripeScenario = {
  type: 'subscription',
  customerId: 'cus_1',
  subscriptionId: 'sub_1',
  startMs,
  email: 'a@example.com',
};

type Fields = Record<string, unknown>;

function read(
  type: string,
  object: Fields,
  more: { apiVersion?: string; previous?: Fields } = {},
  roles: Record<string, PriceRole> = {},
): Reading {
  const event = stripeEvent(type, object, { created, ...more });
  return stripe.read(JSON.parse(JSON.stringify(event)), { roleOf: (price) => roles[price] });
}

/** The only fact of a reading. */
function only(reading: Reading): ReadFact {
  if (reading.kind !== 'facts' || reading.facts.length !== 1) throw new Error(`expected one fact: ${JSON.stringify(reading)}`);
  return reading.facts[0] as ReadFact;
}

/** The phase that the domain gives to the first of these facts. */
function phaseOf(fact: SubscriptionFact, ...others: readonly SubscriptionFact[]): Phase | null | undefined {
  return new Order().receives(fact, ...others).records()['in_1_0']?.phase;
}

/** A start that names no buyer and has no role waits for both. */
const unknown = { awaits: ['trial', 'buyer'] };

function line(change: Fields = {}): Fields {
  const [first] = (stripeInvoice(life, bill).lines as { data: Fields[] }).data;
  return { ...first, ...change };
}

const bill = { index: 0, reason: 'subscription_create', paidAt: created, periodStart: created, isTrial: false };
const trialBill = { ...bill, isTrial: true };
const lines = (...data: Fields[]): Fields => ({ object: 'list', data });
const trialLine = line({
  amount: 0,
  description: 'Trial period for Premium',
  pricing: { price_details: { price: 'price_premium' }, unit_amount_decimal: '0' },
});
const itemLine = (change: Fields): Fields =>
  line({
    parent: { subscription_item_details: null, invoice_item_details: { proration: false } },
    pricing: { price_details: { price: 'price_addon' } },
    ...change,
  });
const prorated = line({
  amount: 500,
  parent: { subscription_item_details: { proration: true }, invoice_item_details: null },
});

const credited = { ...prorated, amount: -500 };
const changed = { occasion: 'change', awaits: ['buyer'] };

describe('a paid invoice', () => {
  const invoice = (change: Fields = {}): Fields => ({ ...stripeInvoice(life, bill), ...change });
  const readInvoice = (change: Fields = {}, more = {}, roles = {}) => only(read('invoice.paid', invoice(change), more, roles));

  it.each<[string, Fields, object]>([
    [
      'a start without trial',
      {},
      {
        kind: 'conversion',
        occasion: 'start',
        inferredType: 'subscription',
        amountMinor: 1999,
        periodStartMs: startMs,
        ...unknown,
      },
    ],
    [
      'a free trial',
      { amount_paid: 0, total: 0, lines: lines(trialLine) },
      { kind: 'trial_start', occasion: 'start', inferredType: 'free_trial', amountMinor: 0, ...unknown },
    ],
    [
      'a fee beside a free trial, which is a paid trial',
      { amount_paid: 100, total: 100, lines: lines(itemLine({ amount: 100 }), trialLine) },
      {
        kind: 'trial_start',
        occasion: 'start',
        inferredType: 'paid_trial',
        amountMinor: 100,
        periodStartMs: startMs,
        ...unknown,
      },
    ],
    [
      'a trial in another language',
      { amount_paid: 0, lines: lines({ ...trialLine, description: 'Probezeitraum für Premium' }) },
      { kind: 'trial_start', inferredType: 'free_trial', ...unknown },
    ],
    [
      'a trial whose line does not say what it is for',
      { amount_paid: 0, lines: lines({ amount: 0, period: { start: created, end: created + 604_800 } }) },
      { kind: 'trial_start', inferredType: 'free_trial', periodStartMs: startMs, ...unknown },
    ],
    ['nothing, without lines', { amount_paid: 0, lines: undefined }, { kind: 'conversion', amountMinor: 0, ...unknown }],
    [
      'a trial beside usage that is billed later',
      { amount_paid: 0, lines: lines(trialLine, line({ amount: 0, quantity: 0, description: 'API calls' })) },
      { kind: 'trial_start', inferredType: 'free_trial', ...unknown },
    ],
    [
      'nothing but usage that is billed later, of which only the subscription says whether it is on trial',
      { amount_paid: 0, lines: lines(line({ amount: 0, quantity: 0, description: 'API calls' })) },
      { kind: 'conversion', amountMinor: 0, ...unknown },
    ],
    ['a 100 % discount', { amount_paid: 0, total: 0 }, { kind: 'conversion', amountMinor: 0, ...unknown }],
    [
      'a credit balance that pays all',
      { amount_paid: 0, starting_balance: -1999 },
      { kind: 'conversion', amountMinor: 0, ...unknown },
    ],
    [
      'what was paid outside Stripe, before basil',
      { amount_paid: 0, paid_out_of_band: true },
      { kind: 'conversion', amountMinor: 1999, ...unknown },
    ],
    ['a credit balance that pays a part', { amount_paid: 999 }, { kind: 'conversion', amountMinor: 999, ...unknown }],
    [
      'a free plan, which is no trial unless the subscription says so',
      { amount_paid: 0, lines: lines(line({ amount: 0, description: '1 × Free (at $0.00 / month)' })) },
      { kind: 'conversion', amountMinor: 0, ...unknown },
    ],
    [
      'one paid and one tried item: the whole is a start',
      { lines: lines(line(), trialLine) },
      { kind: 'conversion', occasion: 'start', amountMinor: 1999, ...unknown },
    ],
    ['a quote that was accepted', { billing_reason: 'quote_accept' }, { kind: 'conversion', occasion: 'start', ...unknown }],
    ['a cycle', { billing_reason: 'subscription_cycle' }, { kind: 'renewal', occasion: 'cycle', periodStartMs: startMs }],
    ['an invoice from before there were reasons', { billing_reason: null }, { kind: 'renewal', occasion: 'cycle' }],
    ['the only reason before 2018', { billing_reason: 'subscription' }, { kind: 'renewal', occasion: 'cycle' }],
    [
      'usage in arrears: the newest period counts',
      { billing_reason: 'subscription_cycle', lines: lines(line({ period: { start: created - 100, end: created } }), line()) },
      { kind: 'renewal', periodStartMs: startMs },
    ],
    [
      'a proration',
      { billing_reason: 'subscription_update', lines: lines(prorated) },
      { kind: 'other_charge', otherCharge: 'proration', ...changed },
    ],
    [
      'a credit for what was paid before, beside a new period',
      { billing_reason: 'subscription_update', lines: lines(credited, line()) },
      { kind: 'other_charge', otherCharge: 'proration', periodStartMs: startMs, ...changed },
    ],
    [
      'a trial that was ended early: a proration of nothing beside a new period',
      { billing_reason: 'subscription_update', lines: lines({ ...prorated, amount: 0 }, line()) },
      { kind: 'other_charge', otherCharge: 'plan_change', periodStartMs: startMs, ...changed },
    ],
    [
      'a change of plan',
      { billing_reason: 'subscription_update' },
      { kind: 'other_charge', otherCharge: 'plan_change', periodStartMs: startMs, ...changed },
    ],
    [
      'a change to a period that costs nothing',
      { billing_reason: 'subscription_update', amount_paid: 0, lines: lines(trialLine) },
      { kind: 'other_charge', otherCharge: 'plan_change', amountMinor: 0, ...changed },
    ],
    [
      'an update that says no more',
      { billing_reason: 'subscription_update', lines: null },
      { kind: 'other_charge', otherCharge: 'plan_change', ...changed },
    ],
    ['overage', { billing_reason: 'subscription_threshold' }, { kind: 'other_charge', otherCharge: 'overage' }],
    ['an invoice by hand for a subscriber', { billing_reason: 'manual' }, { kind: 'other_charge', otherCharge: 'other_charge' }],
    ['a reason of tomorrow', { billing_reason: 'subscription_gift' }, { kind: 'other_charge', otherCharge: 'other_charge' }],
    ['a one-off', { billing_reason: 'manual', parent: null }, { kind: 'one_off', inferredType: 'lifetime', awaits: ['buyer'] }],
    [
      'pending items of nobody',
      { billing_reason: 'automatic_pending_invoice_item_invoice', parent: null },
      { kind: 'one_off', awaits: ['buyer'] },
    ],
  ])('reads %s', (_, change, fact) => {
    const told = readInvoice(change);
    expect(told.fact).toMatchObject({ moneyId: 'in_1_0', occurredAtMs: startMs, currency: 'USD', ...fact });
    expect(told.subscription).toBe('parent' in change ? 'in_1_0' : 'sub_1');
    if (!('awaits' in fact)) expect(told.fact).not.toHaveProperty('awaits');
  });

  it('is the same fact as invoice.payment_succeeded', () => {
    expect(read('invoice.payment_succeeded', invoice())).toEqual(read('invoice.paid', invoice()));
  });

  it('happened when it was paid, else when Stripe told it', () => {
    expect(readInvoice({ status_transitions: { paid_at: created - 5 } }).fact.occurredAtMs).toBe(startMs - 5000);
    expect(readInvoice({ status_transitions: null }).fact.occurredAtMs).toBe(startMs);
  });

  it('knows what it is without tax only where all of it was paid', () => {
    expect(readInvoice({ total_excluding_tax: 1680 }).fact).toHaveProperty('netMinor', 1680);
    expect(readInvoice({ total_excluding_tax: 1680, amount_paid: 999 }).fact).not.toHaveProperty('netMinor');
    expect(readInvoice({ total_excluding_tax: null }).fact).not.toHaveProperty('netMinor');
    // Before 2022 only the tax is said.
    expect(readInvoice({ total_excluding_tax: undefined, tax: 319 }).fact).toHaveProperty('netMinor', 1680);
  });

  it('knows the regular price before a discount', () => {
    expect(readInvoice({ amount_paid: 999, total: 999 }).fact).toHaveProperty('regularMinor', 1999);
    expect(readInvoice({ lines: lines(line({ quantity: 3, amount: 5997 })) }).fact).toHaveProperty('regularMinor', 5997);
  });

  it.each(['2026-10-28.endive', '2026-08-26.dahlia', '2020-08-27', undefined, 'preview'])(
    'of API version %s waits for the subscription, which alone knows of every trial',
    (apiVersion) => {
      const more = apiVersion === undefined ? {} : { apiVersion };
      const awaits = (change: Fields = {}, roles = {}) => (readInvoice(change, more, roles).fact as PaymentFact).awaits ?? [];
      expect(awaits()).toContain('trial');
      expect(awaits({ amount_paid: 0, lines: lines(trialLine) })).toContain('trial');
      // A declared type tells the type, not the phase.
      expect(awaits({ metadata: { purchase_type: 'subscription' } })).toContain('trial');
      expect(awaits({ metadata: { purchase_type: 'paid_trial' } })).toContain('trial');
      expect(awaits({ billing_reason: 'subscription_cycle' })).toEqual([]);
      expect(awaits({ billing_reason: 'subscription_update' })).not.toContain('trial');
      expect(awaits({}, { price_premium: 'regular' })).not.toContain('trial');
      expect(awaits({}, { price_premium: 'trial' })).not.toContain('trial');
      // The regular price says nothing of a line that costs nothing.
      expect(awaits({ amount_paid: 0, lines: lines(trialLine) }, { price_premium: 'regular' })).toContain('trial');
    },
  );

  it.each<[string, Fields, readonly string[]]>([
    ['nobody', {}, ['trial', 'buyer']],
    ['a user', { metadata: { user_id: 'u1' } }, ['trial']],
    ['a checkout, on a line', { lines: lines(line({ metadata: { tt_checkout_id: 'c1' } })) }, ['trial']],
    ['a placeholder, which is nobody', { metadata: { user_id: 'guest' } }, ['trial', 'buyer']],
    ['a click, which is nobody', { metadata: { ttclid: 'click' } }, ['trial', 'buyer']],
    ["an e-mail and Stripe's customer, which are not the merchant's", { customer_email: 'b@example.com' }, ['trial', 'buyer']],
    ['a user of a changed subscription', { billing_reason: 'subscription_update', metadata: { user_id: 'u1' } }, []],
    ['nobody in a cycle, whose buyer is known', { billing_reason: 'subscription_cycle' }, []],
    ['a user of a one-off', { billing_reason: 'manual', parent: null, metadata: { user_id: 'u1' } }, []],
    ['nobody in an invoice by hand for a subscriber', { billing_reason: 'manual' }, []],
  ])('that names %s waits for the session or not', (_, change, awaits) => {
    expect((readInvoice(change).fact as PaymentFact).awaits ?? []).toEqual(awaits);
  });

  const classic = (change: Fields = {}): Fields => ({
    ...(stripeInvoice({ ...life, version: 'acacia' }, bill).lines as { data: Fields[] }).data[0],
    ...change,
  });
  const priced = (price: Fields): Fields => ({ price: { id: 'price_premium', unit_amount: 1999, ...price } });

  it.each<[string, Fields, object]>([
    ['a period', line(), { amountMinor: 1999, of: 'period', items: ['si_1', 'price_premium'] }],
    ['a period before basil', classic(), { amountMinor: 1999, of: 'period', items: ['price_premium'] }],
    [
      'a period of a plan',
      classic({ price: null, plan: { id: 'plan_1' } }),
      { amountMinor: 1999, of: 'period', items: ['plan_1'] },
    ],
    [
      'an item before basil',
      classic({ subscription_item: 'si_7' }),
      { amountMinor: 1999, of: 'period', items: ['si_7', 'price_premium'] },
    ],
    ['a period that costs nothing', trialLine, { amountMinor: 0, of: 'period', items: ['si_1', 'price_premium'] }],
    [
      'a price that costs something, for nothing',
      classic({ amount: 0 }),
      { amountMinor: 0, of: 'period', trial: true, items: ['price_premium'] },
    ],
    [
      'a price of nothing',
      classic({ amount: 0, ...priced({ unit_amount: 0 }) }),
      { amountMinor: 0, of: 'period', trial: false, items: ['price_premium'] },
    ],
    [
      'a price of tiers, which says nothing',
      classic({ amount: 0, ...priced({ unit_amount: null }) }),
      { amountMinor: 0, of: 'period', items: ['price_premium'] },
    ],
    [
      'usage that is billed later, which says nothing',
      classic({ amount: 0, quantity: 0 }),
      { amountMinor: 0, of: 'period', items: ['price_premium'] },
    ],
    ['a fee', itemLine({ amount: 100 }), { amountMinor: 100, of: 'once', items: ['price_addon'] }],
    ['a fee before basil', classic({ type: 'invoiceitem' }), { amountMinor: 1999, of: 'once', items: ['price_premium'] }],
    ['a proration', prorated, { amountMinor: 500, of: 'period', proration: true, items: ['price_premium'] }],
    [
      'a proration of nothing, which is no trial',
      classic({ amount: 0, proration: true }),
      { amountMinor: 0, of: 'period', proration: true, items: ['price_premium'] },
    ],
    ['a credit', credited, { amountMinor: -500, of: 'period', proration: true, items: ['price_premium'] }],
    [
      'a proration that waited for this invoice',
      itemLine({ amount: 500, parent: { invoice_item_details: { proration: true }, subscription_item_details: null } }),
      { amountMinor: 500, of: 'once', proration: true, items: ['price_addon'] },
    ],
    ['nothing but an amount', { amount: 700 }, { amountMinor: 700, of: 'period' }],
  ])('lists as its line %s', (_, one, told) => {
    expect(readInvoice({ lines: lines(one) }).fact).toHaveProperty('lines', [told]);
  });

  it('lists its lines before discounts, with their roles, in ISO minor units', () => {
    const two = lines(line({ amount: 150000 }), itemLine({ amount: 50000 }));
    expect(readInvoice({ currency: 'isk', amount_paid: 100000, lines: two }, {}, { price_addon: 'ignore' }).fact).toMatchObject({
      amountMinor: 1000,
      lines: [
        { amountMinor: 1500, of: 'period' },
        { amountMinor: 500, of: 'once', role: 'ignore' },
      ],
    });
  });

  it('lists no lines where there are none, nor those of a one-off', () => {
    expect(readInvoice({ lines: lines() }).fact).not.toHaveProperty('lines');
    expect(readInvoice({ lines: null }).fact).not.toHaveProperty('lines');
    expect(readInvoice({ billing_reason: 'manual', parent: null }).fact).not.toHaveProperty('lines');
  });

  it.each<[string, Fields, number | undefined]>([
    [
      'packages: 12 seats at 10.00 per 5',
      { amount: 3000, quantity: 12, ...priced({ unit_amount: 1000, transform_quantity: { divide_by: 5, round: 'up' } }) },
      3000,
    ],
    ['tiers', { amount: 4200, quantity: 12, ...priced({ unit_amount: null, billing_scheme: 'tiered' }) }, 4200],
    ['a decimal price', { amount: 5, quantity: 12, ...priced({ unit_amount: null, unit_amount_decimal: '0.4' }) }, 5],
    ['a quantity', { amount: 5997, quantity: 3, ...priced({}) }, 5997],
    ['a quantity on trial', { amount: 0, quantity: 3, ...priced({}) }, 5997],
    [
      'packages on trial, which are not computed',
      { amount: 0, quantity: 12, ...priced({ transform_quantity: { divide_by: 5 } }) },
      undefined,
    ],
    ['tiers on trial, which are not computed', { amount: 0, quantity: 12, ...priced({ billing_scheme: 'tiered' }) }, undefined],
  ])('knows the regular price of %s', (_, change, regularMinor) => {
    const told = readInvoice({ amount_paid: 1, lines: lines(classic(change)) }).fact;
    expect({ regularMinor: undefined, ...told }).toMatchObject({ regularMinor });
  });

  it('leaves add-ons and the price of a trial out of the regular price', () => {
    const lines3 = lines(line(), line({ amount: 300, pricing: { price_details: { price: 'price_addon' } } }));
    expect(readInvoice({ lines: lines3 }).fact).toHaveProperty('regularMinor', 2299);
    expect(readInvoice({ lines: lines3 }, {}, { price_addon: 'ignore' }).fact).toHaveProperty('regularMinor', 1999);
    expect(readInvoice({ lines: lines3 }, {}, { price_addon: 'trial' }).fact).toHaveProperty('regularMinor', 1999);
    expect(readInvoice({}, {}, { price_premium: 'trial' }).fact).not.toHaveProperty('regularMinor');
  });

  it.each<[string, Fields, Record<string, PriceRole>, object, Phase | null]>([
    [
      'the price of a trial',
      {},
      { price_premium: 'trial' },
      { kind: 'trial_start', inferredType: 'paid_trial', role: 'trial' },
      'trial_start',
    ],
    ['the regular price', {}, { price_premium: 'regular' }, { kind: 'conversion', role: 'regular' }, 'conversion'],
    ['an ignored price', {}, { price_premium: 'ignore' }, { kind: 'conversion', role: 'ignore' }, null],
    [
      'an ignored add-on',
      { lines: lines(line(), itemLine({ amount: 500 })) },
      { price_addon: 'ignore' },
      { kind: 'conversion', role: undefined },
      'conversion',
    ],
    [
      'a regular price beside an ignored add-on',
      { lines: lines(line(), itemLine({ amount: 500 })) },
      { price_addon: 'ignore', price_premium: 'regular' },
      { role: 'regular' },
      'conversion',
    ],
    [
      'the regular price in its free trial, which says nothing',
      { amount_paid: 0, lines: lines(trialLine) },
      { price_premium: 'regular' },
      { kind: 'trial_start', inferredType: 'free_trial', role: undefined },
      'trial_start',
    ],
    [
      'an ignored add-on beside a free trial',
      { amount_paid: 500, lines: lines(itemLine({ amount: 500 }), trialLine) },
      { price_addon: 'ignore' },
      { kind: 'trial_start', inferredType: 'free_trial', role: undefined },
      'trial_start',
    ],
    [
      'the fee of a trial',
      { amount_paid: 500, lines: lines(itemLine({ amount: 500 }), trialLine) },
      { price_addon: 'trial', price_premium: 'regular' },
      { kind: 'trial_start', inferredType: 'paid_trial', role: 'trial' },
      'trial_start',
    ],
    [
      "a schedule's next phase at the regular price",
      { billing_reason: 'subscription_update' },
      { price_premium: 'regular' },
      { kind: 'renewal', occasion: 'change', role: 'regular', periodStartMs: startMs },
      'renewal',
    ],
    [
      'a proration at the regular price',
      { billing_reason: 'subscription_update', lines: lines(prorated) },
      { price_premium: 'regular' },
      { kind: 'other_charge', otherCharge: 'proration', role: undefined },
      null,
    ],
    [
      'a change to the regular price, with a credit for what was paid',
      { billing_reason: 'subscription_update', lines: lines(credited, line()) },
      { price_premium: 'regular' },
      { kind: 'other_charge', otherCharge: 'proration', role: 'regular' },
      null,
    ],
    [
      'a lifetime price',
      { billing_reason: 'manual', parent: null },
      { price_premium: 'lifetime' },
      { kind: 'one_off', role: 'lifetime' },
      'conversion',
    ],
  ])("asks the merchant's map: %s", (_, change, roles, fact, phase) => {
    const told = readInvoice(change, {}, roles).fact;
    expect({ role: undefined, ...told }).toMatchObject(fact);
    expect(phaseOf(told)).toBe(phase);
  });

  it.each<[PurchaseType, Fields, PaymentFact['kind'], Phase | null]>([
    ['paid_trial', {}, 'trial_start', 'trial_start'],
    ['paid_trial', { billing_reason: 'subscription_cycle' }, 'renewal', 'renewal'],
    ['paid_trial', { billing_reason: 'subscription_update' }, 'renewal', 'renewal'],
    ['paid_trial', { billing_reason: 'subscription_update', lines: lines(credited, line()) }, 'other_charge', null],
    ['free_trial', { amount_paid: 0 }, 'trial_start', 'trial_start'],
    ['free_trial', {}, 'conversion', 'conversion'],
    ['subscription', { amount_paid: 0, lines: lines(trialLine) }, 'conversion', null],
    ['subscription', { billing_reason: 'subscription_update' }, 'other_charge', null],
    ['lifetime', { billing_reason: 'subscription_cycle' }, 'renewal', 'conversion'],
  ])('with the declared type %s and %j reads like a %s', (declaredType, change, kind, phase) => {
    const told = readInvoice({ ...change, metadata: { purchase_type: declaredType } }).fact;
    expect(told).toMatchObject({ kind, declaredType });
    expect(phaseOf(told)).toBe(phase);
  });

  it("reads the buyer from the invoice, the subscription, the lines, then Stripe's customer", () => {
    const told = readInvoice({
      metadata: { user_id: 'of_invoice' },
      parent: { subscription_details: { subscription: 'sub_1', metadata: { user_id: 'of_subscription', checkout_id: 'c1' } } },
      lines: lines(line({ metadata: { checkout_id: 'of_line', ttclid: 'click' } })),
      customer_phone: '+4930123',
    });
    expect(told.identity).toEqual({
      userId: 'of_invoice',
      checkoutId: 'c1',
      ttclid: 'click',
      customerId: 'cus_1',
      email: 'a@example.com',
      phone: '+4930123',
    });
  });

  it('takes the account that buys where there is no customer', () => {
    const customer_account = 'acct_1buyer';
    expect(readInvoice({ customer: null, customer_account }).identity).toMatchObject({ customerId: 'acct_1buyer' });
    expect(readInvoice({ customer_account }).identity).toMatchObject({ customerId: 'cus_1' });
  });

  it('takes ids of objects that are expanded', () => {
    const told = readInvoice({
      customer: { id: 'cus_2', object: 'customer' },
      payments: { data: [{ payment: { type: 'payment_intent', payment_intent: { id: 'pi_9' } } }] },
    });
    expect(told).toMatchObject({ identity: { customerId: 'cus_2' }, paymentIds: ['pi_9'] });
  });

  it.each<[string, string, number, number]>([
    ['usd', 'USD', 1999, 1999],
    ['jpy', 'JPY', 1480, 1480],
    ['kwd', 'KWD', 5120, 5120],
    ['mga', 'MGA', 500, 50000],
    ['ugx', 'UGX', 50000, 500],
    ['isk', 'ISK', 150000, 1500],
    ['huf', 'HUF', 1000, 1000],
  ])('in %s is in ISO minor units', (currency, code, paid, amountMinor) => {
    expect(readInvoice({ currency, amount_paid: paid }).fact).toMatchObject({ currency: code, amountMinor });
  });

  it('that failed is no payment', () => {
    const told = only(read('invoice.payment_failed', invoice({ amount_paid: 0, status: 'open' })));
    expect(told).toMatchObject({
      fact: { kind: 'payment_failed', moneyId: 'in_1_0', occurredAtMs: startMs, amountMinor: 1999, currency: 'USD' },
      subscription: 'sub_1',
    });
  });
});

describe('the same purchase by another API version', () => {
  const withoutPayments = (reading: Reading) =>
    reading.kind === 'facts'
      ? reading.facts.map(({ fact, subscription, identity }) => ({ fact, subscription, identity }))
      : reading;

  /** As Stripe sends it: the sandbox's lines of before basil do not name their item. */
  const withItems = (event: unknown): unknown =>
    JSON.parse(JSON.stringify(event), (_, value: unknown) => {
      const isLine = typeof value === 'object' && value !== null && 'type' in value && value.type === 'subscription';
      return isLine ? { ...value, subscription_item: 'si_1' } : value;
    });

  it.each<PurchaseType>(['subscription', 'free_trial', 'paid_trial', 'lifetime'])('gives equal facts: %s', (type) => {
    const told = (version: StripeVersion) =>
      stripeEventsOf({ ...life, type, version, userId: 'u1' })
        .filter(({ phase }) => phase !== 'state')
        .map(({ event }) => withoutPayments(stripe.read(withItems(event), { roleOf: () => undefined })));
    // Before basil a line has its price: it tells the regular price, and a trial, so that the invoice need not wait.
    const common = (version: StripeVersion): unknown =>
      JSON.parse(
        JSON.stringify(told(version), (key, value: unknown) =>
          key === 'regularMinor' || key === 'trial' || key === 'awaits' ? undefined : value,
        ),
      );
    expect(withoutBought(common('acacia'))).toEqual(withoutBought(common('basil')));
  });

  it('has a word for a trial only before basil, and waits for the subscription’s in both', () => {
    const trial = { ...life, type: 'free_trial' as const, userId: 'u1' };
    const { fact: classic } = only(read('invoice.paid', stripeInvoice({ ...trial, version: 'acacia' }, trialBill)));
    expect(classic).toMatchObject({ kind: 'trial_start', lines: [{ amountMinor: 0, trial: true }], awaits: ['trial'] });
    const { fact: basil } = only(read('invoice.paid', stripeInvoice(trial, trialBill)));
    expect(basil).toMatchObject({ kind: 'trial_start', awaits: ['trial'] });
    expect(basil).not.toHaveProperty(['lines', 0, 'trial']);
  });

  it('knows the regular price in a trial only before basil', () => {
    const trial = { ...life, type: 'free_trial' as const };
    expect(only(read('invoice.paid', stripeInvoice({ ...trial, version: 'acacia' }, trialBill))).fact).toHaveProperty(
      'regularMinor',
      1999,
    );
    expect(only(read('invoice.paid', stripeInvoice(trial, trialBill))).fact).not.toHaveProperty('regularMinor');
  });

  it('names the payment before basil, and by invoice_payment.paid since', () => {
    expect(only(read('invoice.paid', stripeInvoice({ ...life, version: 'acacia' }, bill))).paymentIds).toEqual([
      'pi_1_0',
      'ch_1_0',
    ]);
    expect(
      read('invoice_payment.paid', {
        id: 'inpay_1',
        invoice: 'in_1_0',
        payment: { type: 'payment_intent', payment_intent: 'pi_1_0' },
      }),
    ).toEqual({
      kind: 'ignored',
      reason: expect.any(String) as string,
      links: [{ id: 'pi_1_0', moneyId: 'in_1_0' }],
    });
  });

  it('of endive, which brought Trial Offers, gives the fact of basil', () => {
    const basil = only(read('invoice.paid', stripeInvoice(life, bill))).fact;
    const endive = only(read('invoice.paid', stripeInvoice(life, bill), { apiVersion: '2026-10-28.endive' })).fact;
    expect(basil).toEqual(endive);
    expect(basil).toMatchObject({ awaits: ['trial', 'buyer'], regularMinor: 1999 });
  });
});

describe('a one-off', () => {
  const session = (change: Fields = {}): Fields => ({ ...stripeSession({ ...life, type: 'lifetime', userId: 'u1' }), ...change });
  const intent = (change: Fields = {}): Fields => ({
    id: 'pi_1_0',
    object: 'payment_intent',
    amount_received: 1999,
    currency: 'usd',
    customer: 'cus_1',
    description: null,
    latest_charge: 'ch_1_0',
    metadata: {},
    ...change,
  });

  it('has one id in the session and in the PaymentIntent', () => {
    const bySession = only(read('checkout.session.completed', session()));
    const byIntent = only(read('payment_intent.succeeded', intent()));
    expect(bySession).toMatchObject({
      fact: { kind: 'one_off', moneyId: 'pi_1_0', amountMinor: 1999, netMinor: 1999, currency: 'USD', inferredType: 'lifetime' },
      subscription: 'pi_1_0',
      identity: { userId: 'u1', customerId: 'cus_1', email: 'a@example.com' },
      paymentIds: ['cs_test_1'],
    });
    expect(byIntent).toMatchObject({
      fact: { kind: 'one_off', moneyId: 'pi_1_0', amountMinor: 1999 },
      subscription: 'pi_1_0',
      paymentIds: ['ch_1_0'],
    });
  });

  it('counts when a slow payment comes in, not before', () => {
    expect(only(read('checkout.session.completed', session({ payment_status: 'unpaid' })))).toEqual({
      fact: { kind: 'updated', occurredAtMs: startMs, tells: ['buyer', 'order'] },
      subscription: 'pi_1_0',
      identity: { userId: 'u1', customerId: 'cus_1', email: 'a@example.com' },
      paymentIds: [],
      metadata: { user_id: 'u1' },
    });
    expect(read('checkout.session.completed', session({ payment_status: 'unpaid', payment_intent: null })).kind).toBe('ignored');
    expect(only(read('checkout.session.async_payment_succeeded', session())).fact).toMatchObject({
      kind: 'one_off',
      moneyId: 'pi_1_0',
    });
    expect(only(read('checkout.session.async_payment_failed', session())).fact).toMatchObject({
      kind: 'payment_failed',
      moneyId: 'pi_1_0',
    });
  });

  it('with an invoice has the id of the invoice, which comes as paid, too', () => {
    const told = only(read('checkout.session.completed', session({ invoice: 'in_1_0' })));
    expect(told).toMatchObject({ fact: { moneyId: 'in_1_0' }, subscription: 'in_1_0', paymentIds: ['pi_1_0', 'cs_test_1'] });
    const invoice = { ...stripeInvoice(life, bill), parent: null, billing_reason: 'manual' };
    expect(only(read('invoice.paid', invoice))).toMatchObject({
      fact: { kind: 'one_off', moneyId: 'in_1_0' },
      subscription: 'in_1_0',
    });
  });

  it('with an amount of 0 has the id of the session', () => {
    const free = session({ amount_total: 0, payment_intent: null, payment_status: 'no_payment_required' });
    expect(only(read('checkout.session.completed', free)).fact).toMatchObject({
      kind: 'one_off',
      moneyId: 'cs_test_1',
      amountMinor: 0,
    });
  });

  it('captured by hand counts when it is captured, for the buyer whom the unpaid session named', () => {
    const { fact: unpaid } = only(read('checkout.session.completed', session({ payment_status: 'unpaid' })));
    const { fact: captured } = only(
      read('payment_intent.succeeded', intent({ payment_details: { order_reference: 'cs_test_1' } })),
    );
    const nobody = { userKeys: [] };
    expect(new Order('pi_1_0').receivesWith(nobody, unpaid).outcomes()).toEqual({});
    expect(new Order('pi_1_0').receivesWith(nobody, unpaid, captured).outcomes()).toEqual({ pi_1_0: 'conversion pending' });
    const alone = new Order('pi_1_0').receivesWith(nobody, captured);
    expect(alone.state.payments['pi_1_0']?.progress).toMatchObject({ state: 'waiting' });
    expect(alone.receivesWith(nobody, unpaid).underWay).toHaveLength(1);
  });

  it('waits no longer than 20 s for whatever else tells of it', () => {
    const { fact } = only(read('payment_intent.succeeded', intent()));
    const order = new Order('pi_1_0');
    order.nowMs = startMs;
    order.receives(fact);
    order.nowMs = startMs + 19_999;
    expect(order.applies([]).underWay).toHaveLength(0);
    order.nowMs = startMs + 20_000;
    expect(order.applies([]).finish().outcomes()).toEqual({ pi_1_0: 'conversion sent' });
  });

  it('takes the client reference beside the user of the metadata: whether it is one, ingestion decides', () => {
    const told = (change: Fields) => only(read('checkout.session.completed', session(change))).identity;
    expect(told({ client_reference_id: 'ref' })).toMatchObject({ userId: 'u1', reference: 'ref' });
    expect(told({ client_reference_id: 'ref', metadata: {} })).toMatchObject({ reference: 'ref' });
    expect(told({ client_reference_id: 'ref', metadata: {} })).not.toHaveProperty('userId');
    expect(told({})).not.toHaveProperty('reference');
  });

  it('takes the account that buys where there is no customer', () => {
    const customer_account = 'acct_1buyer';
    const identities = (change: Fields) => [
      only(read('checkout.session.completed', session(change))).identity,
      only(read('payment_intent.succeeded', intent(change))).identity,
    ];
    for (const identity of identities({ customer: null, customer_account }))
      expect(identity).toMatchObject({ customerId: customer_account });
    for (const identity of identities({ customer_account })) expect(identity).toMatchObject({ customerId: 'cus_1' });
  });

  it.each<[string, Fields, readonly string[] | 'ignored']>([
    ['invoice null, as before basil', { invoice: null }, ['buyer']],
    ['invoice null, and our keys', { invoice: null, metadata: { checkout_id: 'c1' } }, []],
    ['an invoice, as before basil', { invoice: 'in_1' }, 'ignored'],
    ['an invoice, and our keys', { invoice: 'in_1', metadata: { user_id: 'u1' } }, 'ignored'],
    ['an expanded invoice', { invoice: { id: 'in_1' } }, 'ignored'],
    ['no sign of an invoice', {}, ['buyer', 'order']],
    ['our keys', { metadata: { user_id: 'u1' } }, ['order']],
    ['a declared type', { metadata: { purchase_type: 'lifetime' } }, ['buyer', 'order']],
    ['a placeholder for a user', { metadata: { user_id: '0' } }, ['buyer', 'order']],
    ['a description of the merchant', { description: 'Lifetime access' }, ['buyer', 'order']],
    ['an order reference of the merchant', { payment_details: { order_reference: 'order-17' } }, ['buyer', 'order']],
    ['no order reference', { payment_details: { order_reference: null } }, ['buyer', 'order']],
    ['invoice null and a telling description', { invoice: null, description: 'Subscription creation' }, ['buyer']],
    ['the description of a first invoice', { description: 'Subscription creation' }, 'ignored'],
    ['the description of a later invoice', { description: 'Subscription update' }, 'ignored'],
    ['the description of an invoice by hand', { description: 'Payment for Invoice' }, 'ignored'],
    ['nearly the description of an invoice', { description: 'Payment for Invoice 17' }, ['buyer', 'order']],
    [
      'the description of an invoice, and our keys',
      { description: 'Subscription creation', metadata: { user_id: 'u1' } },
      ['order'],
    ],
    [
      'the description of an invoice, and a declared type',
      { description: 'Subscription creation', metadata: { purchase_type: 'lifetime' } },
      ['buyer', 'order'],
    ],
    ['an invoice as order reference', { payment_details: { order_reference: 'in_1TbKCUJlUF0dQbSBCq67mKfR' } }, 'ignored'],
    ['a cut invoice as order reference', { payment_details: { order_reference: 'in_1SVWoDDwzgQ85STg31e2Dg' } }, 'ignored'],
    [
      'an invoice as order reference, and our keys',
      { payment_details: { order_reference: 'in_1TbKCUJlUF0dQbSBCq67mKfR' }, metadata: { user_id: 'u1' } },
      'ignored',
    ],
    ['a session as order reference', { payment_details: { order_reference: 'cs_test_a1' } }, ['buyer', 'order']],
    [
      'a session as order reference, and our keys',
      { payment_details: { order_reference: 'cs_test_a1' }, metadata: { user_id: 'u1' } },
      ['order'],
    ],
    [
      'a cut session as order reference',
      { payment_details: { order_reference: 'cs_test_a1b2c3d4e5f6g7h8i' } },
      ['buyer', 'order'],
    ],
  ])('by a PaymentIntent with %s', (_, change, awaits) => {
    const reading = read('payment_intent.succeeded', intent(change));
    if (awaits === 'ignored') return expect(reading.kind).toBe('ignored');
    const { fact, subscription } = only(reading);
    expect(fact).toMatchObject({ kind: 'one_off', moneyId: 'pi_1_0', amountMinor: 1999 });
    expect((fact as PaymentFact).awaits ?? []).toEqual(awaits);
    expect(subscription).toBe('pi_1_0');
  });

  it('is known by the session that its PaymentIntent names, unless the name is cut', () => {
    const idsOf = (order_reference: string) =>
      only(read('payment_intent.succeeded', intent({ payment_details: { order_reference } }))).paymentIds;
    expect(idsOf('cs_test_a1')).toEqual(['ch_1_0', 'cs_test_a1']);
    expect(idsOf('cs_test_a1b2c3d4e5f6g7h8i')).toEqual(['ch_1_0']);
    expect(idsOf('order-17')).toEqual(['ch_1_0']);
  });

  it.each<[string, string, Fields, readonly object[] | undefined]>([
    [
      'a PaymentIntent',
      'payment_intent.succeeded',
      intent({ invoice: 'in_1' }),
      [
        { id: 'pi_1_0', moneyId: 'in_1' },
        { id: 'ch_1_0', moneyId: 'in_1' },
      ],
    ],
    [
      'a PaymentIntent by its order reference',
      'payment_intent.succeeded',
      intent({ payment_details: { order_reference: 'in_1TbKCUJlUF0dQbSBCq67mKfR' } }),
      [
        { id: 'pi_1_0', moneyId: 'in_1TbKCUJlUF0dQbSBCq67mKfR' },
        { id: 'ch_1_0', moneyId: 'in_1TbKCUJlUF0dQbSBCq67mKfR' },
      ],
    ],
    [
      'a PaymentIntent by a cut order reference: nothing',
      'payment_intent.succeeded',
      intent({ payment_details: { order_reference: 'in_1SVWoDDwzgQ85STg31e2Dg' } }),
      undefined,
    ],
    [
      'a charge',
      'charge.succeeded',
      { id: 'ch_1', invoice: 'in_1', payment_intent: 'pi_1' },
      [
        { id: 'ch_1', moneyId: 'in_1' },
        { id: 'pi_1', moneyId: 'in_1' },
      ],
    ],
    [
      'a charge without invoice',
      'charge.succeeded',
      { id: 'ch_1', invoice: null, payment_intent: 'pi_1' },
      [{ id: 'ch_1', moneyId: 'pi_1' }],
    ],
    ['a charge that does not say: nothing', 'charge.succeeded', { id: 'ch_1', payment_intent: 'pi_1' }, undefined],
    ['a charge of its own: nothing', 'charge.succeeded', { id: 'ch_1', payment_intent: null }, undefined],
  ])('or an invoice: what %s teaches', (_, type, object, links) => {
    expect(read(type, object)).toEqual({ kind: 'ignored', reason: expect.any(String) as string, ...(links ? { links } : {}) });
  });
});

describe('a subscription', () => {
  const subscription = (change: Fields = {}): Fields => ({
    ...stripeSubscription({ ...life, userId: 'u1' }, 'active'),
    ...change,
  });
  const end = created + 30 * 86_400;

  it('began without a trial', () => {
    expect(only(read('customer.subscription.created', subscription()))).toEqual({
      fact: { kind: 'began', occurredAtMs: startMs, trials: [], nextDueAtMs: end * 1000 },
      subscription: 'sub_1',
      identity: { userId: 'u1', customerId: 'cus_1' },
      paymentIds: [],
      metadata: { user_id: 'u1' },
    });
  });

  it('began with a trial', () => {
    const trialing = subscription({ status: 'trialing', trial_start: created, trial_end: created + 60 });
    expect(only(read('customer.subscription.created', trialing)).fact).toMatchObject({
      kind: 'began',
      trials: [{ kind: 'free', startsAtMs: startMs, endsAtMs: startMs + 60_000 }],
    });
  });

  it('began with a Trial Offer, which is active and paid for', () => {
    const offer = { start_date: created, end_date: end, trial_offer: 'to_1' };
    const trialsOf = (...data: Fields[]) => {
      const { fact } = only(read('customer.subscription.created', subscription({ items: { data } })));
      return (fact as LifecycleFact).trials;
    };
    const window = { startsAtMs: startMs, endsAtMs: end * 1000 };
    const offered = (unit_amount: number) => ({ price: { id: 'p', unit_amount }, current_trial: offer });
    expect(trialsOf(offered(100))).toEqual([{ item: 'p', kind: 'paid', ...window }]);
    expect(trialsOf(offered(0))).toEqual([{ item: 'p', kind: 'free', ...window }]);
    expect(trialsOf({ id: 'si_2', ...offered(100) })).toEqual([{ item: 'si_2', kind: 'paid', ...window }]);
    // A trial of one item is not the subscription's.
    expect(trialsOf({ id: 'si_1', price: { id: 'q', unit_amount: 1999 } }, { id: 'si_2', ...offered(100) })).toEqual([
      { item: 'si_2', kind: 'paid', ...window },
    ]);
    expect(trialsOf({ id: 'si_1', price: { id: 'q', unit_amount: 1999 }, current_trial: null })).toEqual([]);
  });

  it('says once that there is no trial, when it was created: later the traces of one may be gone', () => {
    for (const type of ['updated', 'paused', 'resumed', 'deleted'])
      expect(only(read(`customer.subscription.${type}`, subscription())).fact).not.toHaveProperty('trials');
    expect(only(read('customer.subscription.created', subscription())).fact).toHaveProperty('trials', []);
  });

  it('takes the account that buys where there is no customer', () => {
    const told = (change: Fields) => only(read('customer.subscription.created', subscription(change))).identity;
    expect(told({ customer: null, customer_account: 'acct_1buyer' })).toMatchObject({ customerId: 'acct_1buyer' });
    expect(told({ customer_account: 'acct_1buyer' })).toMatchObject({ customerId: 'cus_1' });
  });

  it("takes its beginning and its buyer from the checkout's session", () => {
    const session = {
      ...stripeSession(life),
      client_reference_id: 'u9',
      metadata: { checkout_id: 'c1', purchase_type: 'free_trial' },
    };
    expect(only(read('checkout.session.completed', session))).toEqual({
      fact: { kind: 'began', occurredAtMs: startMs, tells: ['buyer'], declaredType: 'free_trial' },
      subscription: 'sub_1',
      identity: { reference: 'u9', checkoutId: 'c1', customerId: 'cus_1', email: 'a@example.com' },
      paymentIds: [],
      metadata: { checkout_id: 'c1', purchase_type: 'free_trial' },
    });
  });

  it.each<[string, Fields, Fields, object]>([
    [
      'will end with the period',
      { cancel_at_period_end: true },
      { cancel_at_period_end: false },
      { kind: 'cancellation_scheduled', endsAtMs: end * 1000 },
    ],
    [
      'will end at a time',
      { cancel_at: created + 5 },
      { cancel_at: null },
      { kind: 'cancellation_scheduled', endsAtMs: startMs + 5000 },
    ],
    ['will not end after all', {}, { cancel_at_period_end: true }, { kind: 'cancellation_undone' }],
    ['is paused', { pause_collection: { behavior: 'void' } }, { pause_collection: null }, { kind: 'paused' }],
    ['goes on', { pause_collection: null }, { pause_collection: { behavior: 'void' } }, { kind: 'resumed' }],
    ['is paused after its trial', { status: 'paused' }, { status: 'trialing' }, { kind: 'paused' }],
    ['goes on after that', {}, { status: 'paused' }, { kind: 'resumed' }],
    ['has another price', {}, { items: { data: [{ price: { id: 'price_old' } }] } }, { kind: 'price_changed' }],
    ['has a new period', {}, { items: { data: [{ price: { id: 'price_premium' } }] } }, { kind: 'updated' }],
    ['is active, which is no money', {}, { status: 'trialing' }, { kind: 'updated' }],
    ['was never paid', { status: 'incomplete_expired' }, { status: 'incomplete' }, { kind: 'ended' }],
    ['changed in a way that we do not know', {}, { items: 42, something: true }, { kind: 'updated' }],
  ])('%s', (_, change, previous, fact) => {
    const told = only(read('customer.subscription.updated', subscription(change), { previous }));
    expect(told.fact).toMatchObject({ occurredAtMs: startMs, ...fact });
    expect(told.fact).not.toHaveProperty('trials');
  });

  it('keeps telling its trial', () => {
    const told = only(
      read('customer.subscription.updated', subscription({ trial_end: created + 60 }), { previous: { status: 'trialing' } }),
    );
    expect(told.fact).toEqual({
      kind: 'updated',
      occurredAtMs: startMs,
      trials: [{ kind: 'free', endsAtMs: startMs + 60_000 }],
      nextDueAtMs: end * 1000,
    });
  });

  it.each([
    ['customer.subscription.deleted', 'ended'],
    ['customer.subscription.paused', 'paused'],
    ['customer.subscription.resumed', 'resumed'],
  ])('of %s is %s', (type, kind) => {
    expect(only(read(type, subscription())).fact).toMatchObject({ kind, occurredAtMs: startMs });
  });
});

describe('a refund', () => {
  const refund = (change: Fields = {}): Fields => ({
    id: 're_1',
    object: 'refund',
    amount: 500,
    currency: 'usd',
    created: created - 1,
    status: 'succeeded',
    charge: 'ch_1',
    payment_intent: 'pi_1',
    ...change,
  });
  const charge = (change: Fields = {}): Fields => ({
    id: 'ch_1',
    object: 'charge',
    payment_intent: 'pi_1',
    refunded: false,
    ...change,
  });
  const fact = {
    kind: 'refund',
    moneyId: 'pi_1',
    occurredAtMs: startMs - 1000,
    refundId: 're_1',
    amountMinor: 500,
    cause: 'refund',
  };

  /** What the facts of these events add up to, as the domain adds: one per refund id, at most what was charged. */
  function total(charged: number, ...readings: readonly Reading[]): number {
    const refunds = readings.flatMap((reading) => (reading.kind === 'facts' ? reading.facts : [])).map(({ fact: one }) => one);
    const byId = new Map(refunds.flatMap((one) => (one.kind === 'refund' ? [[one.refundId, one.amountMinor ?? charged]] : [])));
    return Math.min(
      charged,
      [...byId.values()].reduce((sum, amount) => sum + amount, 0),
    );
  }

  it('names the payment; whose it is, ingestion finds', () => {
    expect(only(read('refund.created', refund()))).toEqual({ fact, subscription: null, identity: {}, paymentIds: ['ch_1'] });
    expect(only(read('refund.created', refund({ payment_intent: null }))).fact).toMatchObject({ moneyId: 'ch_1' });
  });

  it('without a time of its own was made when it was told', () => {
    expect(only(read('refund.created', refund({ created: undefined }))).fact.occurredAtMs).toBe(startMs);
  });

  it('of an invoice names it, as before basil', () => {
    const told = only(read('charge.refunded', charge({ invoice: 'in_1', refunds: { data: [refund()] } })));
    expect(told).toMatchObject({ fact: { moneyId: 'in_1', refundId: 're_1' }, paymentIds: ['pi_1', 'ch_1'] });
  });

  it.each(['pending', 'requires_action', 'failed', 'canceled'])('that is %s is none', (status) => {
    expect(read('refund.created', refund({ status })).kind).toBe('ignored');
    expect(read('charge.refunded', charge({ refunded: true, refunds: { data: [refund({ status })] } })).kind).toBe('ignored');
  });

  it.each(['refund.created', 'refund.updated', 'charge.refund.updated'])('is the same one by %s', (type) => {
    expect(only(read(type, refund())).fact).toEqual(fact);
  });

  it('is none where an authorization is given up, or the part of it that is not captured', () => {
    const released = refund({ id: 're_released', amount: 3000 });
    const partly = { amount: 5000, amount_captured: 2000, captured: true };
    expect(read('charge.refunded', charge({ captured: false, refunded: true, refunds: { data: [released] } })).kind).toBe(
      'ignored',
    );
    expect(read('charge.refunded', charge({ captured: false, refunded: true })).kind).toBe('ignored');
    expect(read('charge.refunded', charge({ ...partly, refunds: { data: [released] } })).kind).toBe('ignored');
    const both = read('charge.refunded', charge({ ...partly, refunds: { data: [refund(), released] } }));
    expect(only(both).fact).toEqual(fact);
    expect(total(2000, read('charge.refunded', charge({ ...partly, refunded: true })))).toBe(2000);
  });

  it('counts once, by one family of events, the other, or both, in any order', () => {
    const [first, second] = [refund(), refund({ id: 're_2' })];
    const listed = [
      read('charge.refunded', charge({ refunds: { data: [first] } })),
      read('charge.refunded', charge({ refunded: true, refunds: { data: [second, first] } })),
    ];
    const single = [read('refund.created', first), read('refund.updated', first), read('refund.created', second)];
    const unlisted = [read('charge.refunded', charge()), read('charge.refunded', charge({ refunded: true }))];
    for (const told of [
      listed,
      single,
      unlisted,
      [...listed, ...single],
      [...single, ...unlisted],
      [...unlisted, ...single].reverse(),
    ]) {
      expect(total(1000, ...told)).toBe(1000);
    }
    expect(total(5000, ...listed, ...single)).toBe(1000);
    expect(total(5000, ...single, read('charge.refunded', charge()))).toBe(1000);
  });

  it.each<[string, string, string | null]>([
    ['charge.dispute.created', 'needs_response', 'dispute'],
    ['charge.dispute.funds_withdrawn', 'under_review', 'dispute'],
    ['charge.dispute.closed', 'lost', 'dispute'],
    ['charge.dispute.closed', 'won', 'dispute_won'],
    ['charge.dispute.created', 'warning_needs_response', null],
    ['charge.dispute.closed', 'warning_closed', null],
    ['charge.dispute.closed', 'prevented', null],
  ])('by %s (%s) is %s', (type, status, cause) => {
    const reading = read(type, { ...refund({ id: 'du_1', status }), object: 'dispute' });
    expect(reading.kind).toBe(cause === null ? 'ignored' : 'facts');
    if (cause !== null) expect(only(reading).fact).toMatchObject({ moneyId: 'pi_1', refundId: 'du_1', amountMinor: 500, cause });
  });
});

describe("Stripe's events", () => {
  it.each([
    'invoice.created',
    'invoice.payment_action_required',
    'customer.subscription.trial_will_end',
    'credit_note.created',
    'refund.failed',
    'payment_intent.payment_failed',
    'event.of.tomorrow',
    'constructor',
  ])('of type %s are ignored, with a reason', (type) => {
    expect(read(type, {})).toEqual({ kind: 'ignored', reason: expect.stringMatching(/\w/) as string });
  });

  it('that are not needed may have any shape', () => {
    expect(stripe.read({ type: 'customer.created' }, { roleOf: () => undefined }).kind).toBe('ignored');
    expect(stripe.read({ type: 'invoice.paid' }, { roleOf: () => undefined }).kind).toBe('unreadable');
  });

  it('that are thin are kept, and say what to switch', () => {
    const thin = {
      id: 'evt_1',
      object: 'v2.core.event',
      type: 'v1.invoice.paid',
      created: '2026-11-22T10:00:00Z',
      livemode: true,
    };
    expect(stripe.read(thin, { roleOf: () => undefined })).toEqual({
      kind: 'unreadable',
      reason: expect.stringMatching(/snapshot/) as string,
    });
    expect(stripe.isTestMode(thin)).toBe(false);
  });

  it.each<[string, string, Fields, RegExp]>([
    ['an invoice without id', 'invoice.paid', { ...stripeInvoice(life, bill), id: undefined }, /^data\.object\.id/],
    ['an empty id', 'invoice.paid', { ...stripeInvoice(life, bill), id: '' }, /^data\.object\.id/],
    ['an amount in words', 'invoice.paid', { ...stripeInvoice(life, bill), amount_paid: 'abc' }, /^data\.object\.amount_paid/],
    ['half a cent', 'invoice.paid', { ...stripeInvoice(life, bill), amount_paid: 0.5 }, /^data\.object\.amount_paid/],
    ['a negative amount', 'invoice.paid', { ...stripeInvoice(life, bill), amount_paid: -1 }, /^data\.object\.amount_paid/],
    ['no currency', 'invoice.paid', { ...stripeInvoice(life, bill), currency: null }, /^data\.object\.currency/],
    ['an unknown currency', 'invoice.paid', { ...stripeInvoice(life, bill), currency: 'usdc' }, /^data\.object\.currency/],
    ['lines that are none', 'invoice.paid', { ...stripeInvoice(life, bill), lines: 'abc' }, /^data\.object\.lines/],
    [
      'a line without amount',
      'invoice.paid',
      { ...stripeInvoice(life, bill), lines: { data: [{}] } },
      /^data\.object\.lines\.data\.0\.amount/,
    ],
    ['a subscription without id', 'customer.subscription.updated', {}, /^data\.object\.id/],
    ['a session without mode', 'checkout.session.completed', { id: 'cs_1' }, /^data\.object\.mode/],
    [
      'a paid session without amount',
      'checkout.session.completed',
      { id: 'cs_1', mode: 'payment' },
      /^data\.object\.amount_total/,
    ],
    [
      'a session without its subscription',
      'checkout.session.completed',
      { id: 'cs_1', mode: 'subscription' },
      /^data\.object\.subscription/,
    ],
    ['a refund without amount', 'refund.created', { id: 're_1', currency: 'usd', created }, /^data\.object\.amount/],
    [
      'a refund of nothing',
      'refund.created',
      { id: 're_1', currency: 'usd', created, amount: 1, status: 'succeeded' },
      /^data\.object\.charge/,
    ],
    ['a payment of no invoice', 'invoice_payment.paid', { id: 'inpay_1' }, /^data\.object\.invoice/],
  ])('that do not fit say where: %s', (_, type, object, reason) => {
    expect(read(type, object)).toEqual({ kind: 'unreadable', reason: expect.stringMatching(reason) as string });
  });

  it('that do not fit never say a value', () => {
    const reading = read('invoice.paid', {
      ...stripeInvoice(life, bill),
      id: 7,
      amount_paid: 'secret',
      currency: 'secret',
      lines: ['secret'],
    });
    expect(reading.kind).toBe('unreadable');
    expect(JSON.stringify(reading)).not.toContain('secret');
  });

  it('leave out junk where a text or metadata is expected', () => {
    const junk = { customer_email: 42, customer_phone: {}, metadata: 'x', billing_reason: 'subscription_cycle' };
    expect(only(read('invoice.paid', { ...stripeInvoice(life, bill), ...junk })).identity).toEqual({ customerId: 'cus_1' });
  });

  it.each([
    null,
    undefined,
    42,
    'x',
    [],
    {},
    { type: 'invoice.paid' },
    { type: 'invoice.paid', created, data: null },
    { type: 7, created },
  ])('are no %j', (body) => {
    expect(stripe.read(body, { roleOf: () => undefined }).kind).toBe('unreadable');
    expect(stripe.isTestMode(body)).toBeNull();
    expect(typeof stripe.typeOf(body)).toBe('string');
  });

  it('never make the reader throw', () => {
    const roleOf = () => undefined;
    const types = fc.constantFrom(
      ...['invoice.paid', 'invoice.payment_failed', 'checkout.session.completed', 'payment_intent.succeeded', 'charge.refunded'],
      ...[
        'customer.subscription.created',
        'customer.subscription.updated',
        'refund.created',
        'charge.dispute.created',
        '__proto__',
      ],
    );
    fc.assert(fc.property(fc.anything(), (body) => void stripe.read(body, { roleOf })));
    fc.assert(
      fc.property(types, fc.object({ maxDepth: 3 }), fc.anything(), (type, object, previous) => {
        void stripe.read({ type, created, data: { object, previous_attributes: previous } }, { roleOf });
      }),
    );
    const whole = { ...stripeInvoice(life, bill) } as Fields;
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(whole)), fc.anything(), (key, value) => {
        void stripe.read({ type: 'invoice.paid', created, data: { object: { ...whole, [key]: value } } }, { roleOf });
      }),
    );
  });

  it.each([
    [{ livemode: true }, false],
    [{ livemode: false }, true],
    [{ livemode: 'false' }, null],
    [{}, null],
  ])('say of themselves whether they are tests: %j', (body, isTest) => {
    expect(stripe.isTestMode(body)).toBe(isTest);
  });
});

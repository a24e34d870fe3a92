import fc from 'fast-check';
import type { PriceRole, TrialWindow } from '../../../src/domain/fact';
import type { ReadFact, Reading } from '../../../src/psp/adapter';
import { lemonsqueezy } from '../../../src/psp/lemonsqueezy';
import {
  lemonsqueezyEvent,
  lemonsqueezyInvoice,
  lemonsqueezyEventsOf,
  lemonsqueezyOrder,
  lemonsqueezySubscription,
} from '../../../sandbox/lemonsqueezy/webhooks';
import type { LemonSqueezyEventBody, LemonSqueezyScenario } from '../../../sandbox/lemonsqueezy/webhooks';

const startMs = 1_790_000_000_000;
const dayMs = 86_400_000;
const life: LemonSqueezyScenario = {
  type: 'subscription',
  customerId: '7',
  subscriptionId: '42',
  startMs,
  email: 'a@example.com',
};
const noRoles = { roleOf: () => undefined };

type Fields = Record<string, unknown>;
type Data = LemonSqueezyEventBody['data'];

function read(name: string, data: Data, change: Fields = {}, { custom = {}, roles = {} }: Told = {}): Reading {
  const changed = { ...data, attributes: { ...data.attributes, ...change } };
  const event = lemonsqueezyEvent(life, name, changed, custom);
  return lemonsqueezy.read(JSON.parse(JSON.stringify(event)), { roleOf: (id) => roles[id] });
}

interface Told {
  readonly custom?: Fields;
  readonly roles?: Readonly<Record<string, PriceRole>>;
}

/** The only fact of a reading. */
function only(reading: Reading): ReadFact {
  if (reading.kind !== 'facts' || reading.facts.length !== 1) throw new Error(`expected one fact: ${JSON.stringify(reading)}`);
  return reading.facts[0] as ReadFact;
}

const bill = { index: 0, reason: 'initial', atMs: startMs, isTrial: false };

describe('a paid invoice', () => {
  const paid = (change: Fields = {}, told: Told = {}): ReadFact =>
    only(read('subscription_payment_success', lemonsqueezyInvoice(life, bill), change, told));

  it.each<[string, Fields, Fields, object]>([
    [
      'a start',
      {},
      {},
      {
        kind: 'conversion',
        occasion: 'start',
        inferredType: 'subscription',
        moneyId: 'invoice_42001',
        amountMinor: 1999,
        awaits: ['trial'],
      },
    ],
    ['a renewal', { billing_reason: 'renewal' }, {}, { kind: 'renewal', occasion: 'cycle' }],
    [
      'a change of plan',
      { billing_reason: 'updated' },
      {},
      {
        kind: 'other_charge',
        otherCharge: 'plan_change',
        occasion: 'change',
        lines: [{ amountMinor: 1999, of: 'period', proration: true }],
      },
    ],
    ['a reason of tomorrow', { billing_reason: 'gift' }, {}, { kind: 'other_charge', otherCharge: 'other_charge' }],
    ['no reason', { billing_reason: null }, {}, { kind: 'other_charge', otherCharge: 'other_charge' }],
    [
      'a start for nothing, which only the subscription explains',
      { total: 0 },
      {},
      {
        kind: 'conversion',
        amountMinor: 0,
        moneyId: '42:trial',
        awaits: ['trial'],
        lines: [{ amountMinor: 0, of: 'period' }],
      },
    ],
    [
      'a start by a 100 % discount',
      { total: 0, discount_total: 1999 },
      {},
      { kind: 'conversion', amountMinor: 0, moneyId: 'invoice_42001', awaits: ['trial'] },
    ],
    [
      'a renewal for nothing',
      { billing_reason: 'renewal', total: 0 },
      {},
      { kind: 'renewal', amountMinor: 0, moneyId: 'invoice_42001', lines: [{ amountMinor: 0, of: 'period' }] },
    ],
    [
      'the fee of a trial that the merchant declares: the type does not tell the phase',
      { total: 100 },
      { purchase_type: 'paid_trial' },
      { kind: 'conversion', occasion: 'start', declaredType: 'paid_trial', amountMinor: 100, awaits: ['trial'] },
    ],
    ['yen', { currency: 'JPY', total: 1480 }, {}, { currency: 'JPY', amountMinor: 1480, awaits: ['trial'] }],
    ['tax', { tax: 319 }, {}, { amountMinor: 1999, netMinor: 1680, awaits: ['trial'] }],
  ])('reads %s', (_, change, custom, fact) => {
    const told = paid(change, { custom });
    expect(told).toMatchObject({ fact: { occurredAtMs: startMs + 2000, ...fact }, subscription: '42', paymentIds: [] });
    for (const unsaid of ['awaits', 'lines']) if (!(unsaid in fact)) expect(told.fact).not.toHaveProperty(unsaid);
  });

  it('was paid when it was last changed, else made', () => {
    expect(paid({ updated_at: null }).fact.occurredAtMs).toBe(startMs);
  });

  it("reads the buyer from custom data, then Lemon Squeezy's customer", () => {
    expect(paid({}, { custom: { tt_user_id: 'u1', checkout_id: 'c1', email: 'b@example.com' } }).identity).toEqual({
      userId: 'u1',
      checkoutId: 'c1',
      email: 'b@example.com',
      customerId: '7',
    });
    expect(paid().identity).toEqual({ email: 'a@example.com', customerId: '7' });
  });

  it('that failed is no payment', () => {
    expect(only(read('subscription_payment_failed', lemonsqueezyInvoice(life, { ...bill, index: 1 })))).toMatchObject({
      fact: { kind: 'payment_failed', moneyId: 'invoice_42002', amountMinor: 1999, currency: 'USD' },
      subscription: '42',
    });
  });

  it('that was recovered is told by its success', () => {
    expect(read('subscription_payment_recovered', lemonsqueezyInvoice(life, bill)).kind).toBe('ignored');
  });
});

describe('an order', () => {
  const order = (change: Fields = {}, told: Told = {}): Reading => read('order_created', lemonsqueezyOrder(life), change, told);

  it.each<[string, Told]>([
    ['its variant has the regular price', { roles: { '1': 'regular' } }],
    ['its variant has the price of a trial', { roles: { '1': 'trial' } }],
    ['the custom data says so, whatever its variant', { custom: { purchase_type: 'free_trial' }, roles: { '1': 'lifetime' } }],
  ])("is a subscription's where %s", (_, told) => {
    const ofSubscription = { kind: 'ignored', reason: expect.stringContaining('invoice carries the payment') as string };
    expect(order({}, told)).toEqual(ofSubscription);
    expect(read('order_refunded', lemonsqueezyOrder(life), { refunded: true }, told)).toEqual(ofSubscription);
  });

  it.each<[string, Told, readonly string[] | undefined]>([
    ['its variant is mapped', { roles: { '1': 'lifetime' } }, undefined],
    ['the custom data says so', { custom: { tt_purchase_type: 'Lifetime' } }, undefined],
    [
      'the custom data says so, whatever its variant',
      { custom: { purchase_type: 'lifetime' }, roles: { '1': 'regular' } },
      undefined,
    ],
    ['nothing says what it is: unless a subscription turns up', {}, ['order']],
    ['its variant is ignored: the domain obeys', { roles: { '1': 'ignore' } }, ['order']],
  ])('is a one-off where %s', (_, told, awaits) => {
    const one = only(order({ tax: 319 }, told));
    expect(one).toMatchObject({
      fact: {
        kind: 'one_off',
        moneyId: 'order_420',
        occurredAtMs: startMs,
        amountMinor: 1999,
        netMinor: 1680,
        currency: 'USD',
        inferredType: 'lifetime',
      },
      subscription: 'order_420',
      identity: { customerId: '7', email: 'a@example.com' },
    });
    expect('awaits' in one.fact ? one.fact.awaits : undefined).toEqual(awaits);
  });

  it.each(['pending', 'failed', 'fraudulent'])('that is %s is not paid', (status) => {
    expect(order({ status }, { roles: { '1': 'lifetime' } })).toEqual({ kind: 'ignored', reason: `the order is ${status}` });
  });
});

describe('a refund', () => {
  const refunded = { refunded: true, refunded_at: new Date(startMs + dayMs).toISOString(), refunded_amount: 500 };

  it('of an invoice has the total refunded so far', () => {
    expect(only(read('subscription_payment_refunded', lemonsqueezyInvoice(life, bill), refunded))).toEqual({
      fact: {
        kind: 'refund',
        moneyId: 'invoice_42001',
        refundId: 'invoice_42001:refunded',
        occurredAtMs: startMs + dayMs,
        amountMinor: 500,
        cause: 'refund',
      },
      subscription: '42',
      identity: {},
      paymentIds: [],
    });
  });

  it('without an amount is all of it, where it is refunded at all', () => {
    const whole = only(
      read('subscription_payment_refunded', lemonsqueezyInvoice(life, bill), { ...refunded, refunded_amount: null }),
    );
    expect(whole.fact).not.toHaveProperty('amountMinor');
    const none = read('subscription_payment_refunded', lemonsqueezyInvoice(life, bill), { refunded_amount: null });
    expect(none.kind).toBe('unreadable');
  });

  it.each<[string, Told]>([
    ["is a one-off's", { roles: { '1': 'lifetime' } }],
    ["may be a one-off's", {}],
  ])('of an order %s, and names only the payment', (_, roles) => {
    expect(only(read('order_refunded', lemonsqueezyOrder(life), refunded, roles))).toMatchObject({
      fact: { moneyId: 'order_420', refundId: 'order_420:refunded', amountMinor: 500 },
      subscription: null,
    });
  });
});

describe('a subscription', () => {
  const state = (name: string, status: string, custom: Fields = {}): Reading =>
    read(
      `subscription_${name}`,
      lemonsqueezySubscription(life, { status, atMs: startMs, endsAtMs: startMs + 9 * dayMs }),
      {},
      { custom },
    );
  const trial = { startsAtMs: startMs, endsAtMs: startMs + 7 * dayMs };

  it.each<[string, string, object]>([
    ['created', 'active', { kind: 'began', occurredAtMs: startMs, trials: [], tells: ['trial'] }],
    ['updated', 'active', { kind: 'updated', occurredAtMs: startMs + 1000 }],
    ['updated', 'cancelled', { kind: 'cancellation_scheduled', endsAtMs: startMs + 9 * dayMs }],
    ['updated', 'expired', { kind: 'ended', occurredAtMs: startMs + 9 * dayMs }],
    ['updated', 'paused', { kind: 'paused' }],
    ['updated', 'past_due', { kind: 'updated' }],
    ['cancelled', 'cancelled', { kind: 'cancellation_scheduled', endsAtMs: startMs + 9 * dayMs }],
    ['resumed', 'active', { kind: 'cancellation_undone' }],
    ['expired', 'expired', { kind: 'ended', occurredAtMs: startMs + 9 * dayMs }],
    ['paused', 'paused', { kind: 'paused' }],
    ['unpaused', 'active', { kind: 'resumed' }],
    ['plan_changed', 'active', { kind: 'price_changed' }],
  ])('that was %s (%s)', (name, status, fact) => {
    expect(only(state(name, status))).toMatchObject({
      fact,
      subscription: '42',
      identity: { customerId: '7', email: 'a@example.com' },
    });
  });

  it.each(['updated', 'cancelled', 'paused', 'expired'])('that is no longer on trial says nothing of trials: %s', (name) => {
    const { fact } = only(state(name, name === 'updated' ? 'active' : name));
    expect(fact).not.toHaveProperty('trials');
    expect(fact).not.toHaveProperty('tells');
  });

  it("links the checkout's order to itself", () => {
    const linksOf = (reading: Reading): unknown => (reading.kind === 'facts' ? reading.links : null);
    const links = [{ id: 'order_420', moneyId: 'subscription_42' }];
    expect(linksOf(state('created', 'active'))).toEqual(links);
    expect(linksOf(state('created', 'on_trial'))).toEqual(links);
    expect(linksOf(state('updated', 'active'))).toEqual(links);
    const subscription = lemonsqueezySubscription(life, { status: 'active', atMs: startMs });
    expect(linksOf(read('subscription_created', subscription, { order_id: null }))).toEqual([]);
  });

  it.each<[string, Fields, TrialWindow['kind'] | undefined]>([
    ['nothing', {}, undefined],
    ['a free trial', { purchase_type: 'free_trial' }, undefined],
    ['a paid trial', { purchase_type: 'paid_trial' }, 'paid'],
  ])('on trial tells until when, and that it is paid where the merchant declares %s', (_, custom, kind) => {
    const reading = state('created', 'on_trial', custom);
    const began = reading.kind === 'facts' ? reading.facts.find(({ fact }) => fact.kind === 'began')?.fact : undefined;
    expect(began).toMatchObject({ kind: 'began', tells: ['trial'] });
    expect(began).toHaveProperty('trials', [kind === undefined ? trial : { ...trial, kind }]);
  });

  it.each<[string, Fields, readonly string[] | undefined]>([
    ['nothing: a fee may be charged at the same moment', {}, ['charge']],
    ['a free trial', { purchase_type: 'free_trial' }, undefined],
  ])('on trial starts it without an amount or a currency, where the merchant declares %s', (_, custom, awaits) => {
    const reading = state('created', 'on_trial', custom);
    const start = reading.kind === 'facts' ? reading.facts[0]?.fact : undefined;
    expect(start).toMatchObject({ kind: 'trial_start', moneyId: '42:trial', occasion: 'start', trial: true });
    expect(start).toMatchObject({ unpriced: true, amountMinor: 0 });
    expect(start && 'awaits' in start ? start.awaits : undefined).toEqual(awaits);
  });

  it('on trial is itself the trial start, unless the merchant says that it is paid for', () => {
    const kinds = (custom: Fields): readonly string[] => {
      const reading = state('created', 'on_trial', custom);
      return reading.kind === 'facts' ? reading.facts.map(({ fact }) => fact.kind) : [];
    };
    expect(kinds({})).toEqual(['trial_start', 'began']);
    expect(kinds({ purchase_type: 'free_trial' })).toEqual(['trial_start', 'began']);
    expect(kinds({ purchase_type: 'paid_trial' })).toEqual(['began']);
    expect(kinds({ purchase_type: 'subscription' })).toEqual(['began']);
  });

  it('that is still on trial tells of its beginning again, in the same words', () => {
    const [created, updated] = ['created', 'updated'].map((name) => state(name, 'on_trial'));
    const facts = created?.kind === 'facts' ? created.facts : [];
    expect(updated).toMatchObject({ facts: [...facts, { fact: { kind: 'updated', trials: [trial] } }] });
  });

  it.each<[PriceRole, PriceRole | undefined]>([
    ['ignore', 'ignore'],
    ['regular', undefined],
  ])('asks the map for its variant: %s', (role, told) => {
    const reading = read(
      'subscription_created',
      lemonsqueezySubscription(life, { status: 'on_trial', atMs: startMs }),
      {},
      { roles: { '1': role } },
    );
    const start = reading.kind === 'facts' ? reading.facts[0]?.fact : undefined;
    expect({ role: undefined, ...start }).toMatchObject({ kind: 'trial_start', role: told });
  });
});

describe('anything else', () => {
  it.each(['license_key_created', 'affiliate_activated', 'constructor'])('%s is ignored, with that reason', (name) => {
    expect(read(name, lemonsqueezyOrder(life))).toEqual({ kind: 'ignored', reason: expect.stringMatching(/./) as string });
  });

  const invoice = lemonsqueezyInvoice(life, bill);
  const broken = (change: Fields): unknown => ({
    meta: { event_name: 'subscription_payment_success' },
    data: { ...invoice, attributes: { ...invoice.attributes, ...change } },
  });

  it.each<[string, unknown, RegExp]>([
    ['null', null, /expected object/],
    ['a list', [], /expected object|meta/],
    ['no name', { meta: {}, data: invoice }, /meta.event_name/],
    ['no id', { meta: { event_name: 'order_created' }, data: { attributes: {} } }, /data.id/],
    ['no attributes', { meta: { event_name: 'order_created' }, data: { id: '1' } }, /data/],
    ['a decimal amount', broken({ total: 19.99 }), /data.attributes.total/],
    ['a negative amount', broken({ total: -1 }), /data.attributes.total/],
    ['an amount in words', broken({ total: '1999' }), /data.attributes.total/],
    ['no currency', broken({ currency: null }), /data.attributes.currency/],
    ['no subscription', broken({ subscription_id: null }), /data.attributes.subscription_id/],
    ['no date', broken({ created_at: 'x', updated_at: 7 }), /expected a date/],
  ])('that we should know but cannot read is kept: %s', (_, body, reason) => {
    expect(lemonsqueezy.read(body, noRoles)).toEqual({ kind: 'unreadable', reason: expect.stringMatching(reason) as string });
  });

  it('never makes it throw', () => {
    const names = [
      'order_created',
      'order_refunded',
      'subscription_created',
      'subscription_updated',
      'subscription_payment_success',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.anything(), (event_name, attributes) => {
        const reading = lemonsqueezy.read(
          { meta: { event_name, custom_data: attributes }, data: { id: 1, attributes } },
          noRoles,
        );
        return ['facts', 'ignored', 'unreadable'].includes(reading.kind);
      }),
    );
    fc.assert(fc.property(fc.anything(), (body) => typeof lemonsqueezy.read(body, noRoles).kind === 'string'));
  });

  it('never makes it throw where one field is junk', () => {
    const events = lemonsqueezyEventsOf({ ...life, type: 'free_trial', hasTrialInvoice: true }).map(({ event }) => event);
    fc.assert(
      fc.property(fc.constantFrom(...events), fc.nat(40), fc.anything(), (event, at, junk) => {
        const names = Object.keys(event.data.attributes);
        const attributes = { ...event.data.attributes, [String(names[at % names.length])]: junk };
        return typeof lemonsqueezy.read({ ...event, data: { ...event.data, attributes } }, noRoles).kind === 'string';
      }),
    );
  });

  it.each<[unknown, boolean | null]>([
    [{ meta: { test_mode: true } }, true],
    [{ meta: { test_mode: false } }, false],
    [{ data: { attributes: { test_mode: true } } }, true],
    [{ meta: {}, data: {} }, null],
    [null, null],
  ])('is test mode as it says: %j', (body, mode) => {
    expect(lemonsqueezy.isTestMode(body)).toBe(mode);
  });

  it('has the type of its body, since the header is not signed', () => {
    expect(lemonsqueezy.typeOf({ meta: { event_name: 'order_created' } }, { 'x-event-name': 'other' })).toBe('order_created');
    expect(lemonsqueezy.typeOf('junk', { 'x-event-name': 'order_created' })).toBe('unknown');
  });
});

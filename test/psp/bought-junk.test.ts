/** What was bought is read loosely: junk in its members loses no payment, and changes nothing else of it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { paypalEventsOf } from '../../sandbox/paypal/webhooks';
import { funnelfox } from '../../src/psp/funnelfox';
import { generic } from '../../src/psp/generic';
import { lemonsqueezy } from '../../src/psp/lemonsqueezy';
import { paddle } from '../../src/psp/paddle';
import { paypal } from '../../src/psp/paypal';
import { primer } from '../../src/psp/primer';
import { revenuecat } from '../../src/psp/revenuecat';
import { solidgate } from '../../src/psp/solidgate';
import { stripe } from '../../src/psp/stripe';
import type { PspAdapter } from '../../src/psp/adapter';
import { withoutBought } from '../support/without-bought';

const root = join(__dirname, '../../../shared/fixtures/psp');
const describeIf = existsSync(root) ? describe : describe.skip;
const context = { roleOf: () => undefined };

const junk: readonly unknown[] = [null, '', ' ', 0, -1, 1.5, 1e300, true, [], {}, [[]], 'x'.repeat(10_000), '\u0000', '\ud800'];

/** The members that say nothing but what was bought, by provider; and how deep in the body they are is all the same. */
const members: readonly (readonly [PspAdapter, string, readonly string[]])[] = [
  [stripe, 'stripe', ['nickname', 'description', 'product']],
  [paddle, 'paddle', ['name', 'product', 'product_id']],
  [solidgate, 'solidgate', ['product_name', 'product_id']],
  [paypal, 'paypal', ['sku', 'quantity', 'unit_amount']],
  [lemonsqueezy, 'lemonsqueezy', ['product_name', 'variant_name', 'product_id', 'quantity']],
  [primer, 'primer', ['description', 'itemId', 'quantity', 'lineItems']],
  [funnelfox, 'funnelfox-billing', ['ident']],
  [revenuecat, 'revenuecat', ['product_id']],
];

function replaced(value: unknown, member: string, by: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => replaced(item, member, by));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, held]) => [name, name === member ? by : replaced(held, member, by)]),
  );
}

/** Bodies with lists of items, for those whose fixtures have none. */
const listed = (): Readonly<Record<string, readonly unknown[]>> => ({
  paypal: paypalEventsOf({
    ...{ type: 'lifetime', startMs: Date.UTC(2026, 10, 1), subscriptionId: 'I-JUNK', customerId: 'payer' },
    items: [{ sku: 'premium', name: 'Premium', quantity: '2', unit_amount: { currency_code: 'USD', value: '5.00' } }],
  }).map(({ event }) => event),
  primer: ['v2.4.PAYMENT.STATUS.settled.json', 'v2.4.PAYMENT.STATUS.renewal.json'].map((name) => {
    const body = fixture('primer', name) as { readonly payment: object };
    const lineItems = [{ itemId: 'premium', description: 'Premium', quantity: 2, amount: 500 }];
    return { ...body, payment: { ...body.payment, order: { lineItems } } };
  }),
});

function fixture(folder: string, name: string): unknown {
  return JSON.parse(readFileSync(join(root, folder, name), 'utf8'));
}

/** What is read, and the payments' value apart from their contents. */
function readingOf(adapter: PspAdapter, body: unknown): unknown {
  const reading = adapter.read(body, context);
  return withoutBought(reading);
}

describeIf.each(members)('%#', (adapter, folder, said) => {
  const names = readdirSync(join(root, folder)).filter((name) => name.endsWith('.json') && !name.startsWith('_'));
  const bodies = [
    ...names.map((name) => [name, fixture(folder, name)] as const),
    ...(listed()[folder] ?? []).map((body, index) => [`with items, ${index}`, body] as const),
  ];

  it.each(said)(`${folder}: %s`, (member) => {
    expect(bodies.some(([, body]) => JSON.stringify(body).includes(`"${member}":`))).toBe(true);
    for (const [name, body] of bodies)
      for (const value of junk)
        expect([name, value, readingOf(adapter, replaced(body, member, value))]).toEqual([name, value, readingOf(adapter, body)]);
  });
});

describe('generic', () => {
  const payment = {
    ...{ kind: 'renewal', subscription_id: 'sub_1', money_id: 'pay_1', amount: '19.99', currency: 'USD' },
    occurred_at: '2026-11-22T10:00:00Z',
  };
  const boughtOf = (items: unknown) => {
    const reading = generic.read({ ...payment, items }, context);
    const fact = reading.kind === 'facts' ? reading.facts[0]?.fact : undefined;
    return fact && 'bought' in fact ? fact.bought : undefined;
  };

  it.each(junk.map((value) => [value]))('items that are %j', (items) => {
    expect(readingOf(generic, { ...payment, items })).toEqual(readingOf(generic, payment));
  });

  it.each(junk.map((value) => [value]))('members that are %j', (value) => {
    const items = [{ id: value }, { id: 'a', name: value, product: value, category: value, quantity: value, price: value }];
    expect(readingOf(generic, { ...payment, items })).toEqual(readingOf(generic, payment));
    expect([boughtOf(items)].flat().at(-1)).toMatchObject({ id: 'a' });
  });

  it.each<[string, object, object]>([
    ['a price of more digits than the currency has', { price: '1.999' }, {}],
    ['a price with a sign', { price: '-1.00' }, {}],
    ['a price in words', { price: 'free' }, {}],
    ['a price that is a number', { price: 19.99 }, { unitMinor: 1999 }],
    ['a quantity as text', { quantity: '3' }, { quantity: 3 }],
    ['a quantity that is none', { quantity: 'three' }, {}],
    ['an id that is a number', { id: 7 }, { id: '7' }],
  ])('%s', (_what, more, expected) => {
    expect(boughtOf([{ id: 'a', ...more }])).toEqual([{ id: 'a', ...expected }]);
  });

  it.each<[string, unknown, number | undefined]>([
    [
      'the listed prices, each as often as it is sold',
      [
        { id: 'a', price: '19.99', quantity: 2 },
        { id: 'b', price: '0.01' },
      ],
      3999,
    ],
    ['unknown where one has none', [{ id: 'a', price: '19.99' }, { id: 'b' }], undefined],
    ['unknown without items', undefined, undefined],
  ])('a trial’s regular price is %s', (_what, items, regularMinor) => {
    const reading = generic.read({ ...payment, kind: 'trial_start', amount: '0', items }, context);
    expect(reading).toMatchObject({ kind: 'facts', facts: [{ fact: { kind: 'trial_start' } }] });
    const fact = reading.kind === 'facts' ? reading.facts[0]?.fact : undefined;
    expect(fact && 'regularMinor' in fact ? fact.regularMinor : undefined).toBe(regularMinor);
  });
});

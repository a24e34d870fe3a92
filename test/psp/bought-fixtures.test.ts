/** What the providers' real and documented webhooks say was bought. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PspAdapter } from '../../src/psp/adapter';
import { funnelfox } from '../../src/psp/funnelfox';
import { lemonsqueezy } from '../../src/psp/lemonsqueezy';
import { paddle } from '../../src/psp/paddle';
import { paypal } from '../../src/psp/paypal';
import { primer } from '../../src/psp/primer';
import { revenuecat } from '../../src/psp/revenuecat';
import { solidgate } from '../../src/psp/solidgate';
import { stripe } from '../../src/psp/stripe';

const root = join(__dirname, '../../../shared/fixtures/psp');
const describeIf = existsSync(root) ? describe : describe.skip;

function saidBy(adapter: PspAdapter, folder: string): Record<string, unknown> {
  const names = readdirSync(join(root, folder)).filter((name) => name.endsWith('.json') && !name.startsWith('_'));
  const said = names.flatMap((name) => {
    const reading = adapter.read(JSON.parse(readFileSync(join(root, folder, name), 'utf8')), { roleOf: () => undefined });
    const facts = reading.kind === 'facts' ? reading.facts : [];
    const bought = facts.flatMap(({ fact }) => ('bought' in fact ? [fact.bought] : []));
    return bought.length === 0 ? [] : [[name, bought] as const];
  });
  return Object.fromEntries(said);
}

const monthly = {
  id: 'pri_01gsz8x8sawmvhz1pv30nge1ke',
  product: 'pro_01gsz4t5hdjse780zja8vvr7jg',
  name: 'AeroEdit Pro',
  unitMinor: 3000,
};
const addOns = [
  {
    id: 'pri_01h1vjfevh5etwq3rb416a23h2',
    product: 'pro_01h1vjes1y163xfj1rh1tkfb65',
    name: 'Analytics addon',
    quantity: 1,
    unitMinor: 10_000,
  },
  {
    id: 'pri_01gsz98e27ak2tyhexptwc58yk',
    product: 'pro_01gsz97mq9pa4fkyy0wqenepkz',
    name: 'Custom domains',
    quantity: 1,
    unitMinor: 19_900,
  },
];
const tuna = {
  id: 'pri_01hszn72dfz9mef1n7f9atmt14',
  product: 'pro_01hszn726kxbk7y5mt6trc6at6',
  name: 'Luxurious Plastic Tuna',
  quantity: 1,
};
const audiobook = { id: 'a51ba9fd-3be1-4ef9-b00f-bb85157597f5', name: 'Platinum Audiobook Set', unitMinor: 100 };
const premium = { id: 'price_1RwJxfGaouLfVOpUplM98Xcr', product: 'prod_Ss45LY8HsRvKY5', quantity: 1 };
const plan = { items: [{ id: 'P-5ML4271244454362WXNWU5NQ', quantity: 20 }] };
const variant = { id: '2', product: '2', name: 'Subscription One', quantity: 5 };

const expected: readonly (readonly [string, PspAdapter, Readonly<Record<string, unknown>>])[] = [
  [
    'funnelfox-billing',
    funnelfox,
    {
      'subscription.starting_trial.paid_trial.json': [
        { items: [{ id: 'another_premium_lifetime_99_99', unitMinor: 999 }], currency: 'USD' },
      ],
    },
  ],
  [
    'lemonsqueezy',
    lemonsqueezy,
    {
      'order_created.json': [[{ id: '1', product: '1', name: 'Product One', unitMinor: 999 }]],
      // The start of the trial, and the state for the invoices after it.
      'subscription_created.json': [[variant], { items: [variant] }],
    },
  ],
  [
    'paddle',
    paddle,
    {
      'transaction.completed.free_trial_start.json': [[{ ...monthly, quantity: 10 }, ...addOns]],
      'transaction.completed.json': [[{ ...monthly, quantity: 10 }, ...addOns]],
      'transaction.completed.paid_trial_start.json': [[{ ...monthly, quantity: 1 }]],
      // Its price is listed in another currency than was paid.
      'transaction.completed.renewal.json': [[tuna]],
    },
  ],
  [
    'paypal',
    paypal,
    {
      // The start of the trial, and the state for the sales after it.
      'BILLING.SUBSCRIPTION.ACTIVATED.free_trial.json': [plan.items, plan],
      'BILLING.SUBSCRIPTION.ACTIVATED.no_trial.json': [plan],
      'BILLING.SUBSCRIPTION.CANCELLED.json': [{ items: [{ id: 'P-6VP46874PR423771HLZDKFBA', quantity: 1 }] }],
      'BILLING.SUBSCRIPTION.PAYMENT.FAILED.json': [plan],
    },
  ],
  ['primer', primer, {}],
  [
    'revenuecat',
    revenuecat,
    {
      'INITIAL_PURCHASE.json': [[{ id: 'com.subscription.weekly', unitMinor: 499 }]],
      'INITIAL_PURCHASE.trial.json': [[{ id: 'com.subscription.yearly' }]],
      'NON_RENEWING_PURCHASE.json': [[{ id: '2100_tokens', unitMinor: 3299 }]],
      'RENEWAL.json': [[{ id: 'com.subscription.weekly', unitMinor: 799 }]],
    },
  ],
  [
    'solidgate',
    solidgate,
    {
      'card_gate.order.updated.settle_ok.one_off.json': [[{ id: audiobook.id, name: 'Luxury product' }]],
      'v2.active.json': [[audiobook]],
      'v2.active.paid_trial.json': [[audiobook]],
      'v2.renew.json': [[audiobook]],
      'v2.scheduled_for_cancellation.json': [[audiobook]],
    },
  ],
  [
    'stripe',
    stripe,
    {
      // Of a trial's period Stripe says no listed price.
      'basil.invoice.paid.free_trial_start.zero.json': [[premium]],
      'basil.invoice.paid.renewal.json': [[{ ...premium, unitMinor: 9600 }]],
      'basil.invoice.paid.subscription_create.json': [[{ ...premium, unitMinor: 19_200 }]],
      'basil.invoice.paid.trial_conversion.json': [[{ ...premium, unitMinor: 9600 }]],
    },
  ],
];

describeIf('what is bought by the samples of', () => {
  it.each(expected)('%s', (folder, adapter, said) => {
    expect(saidBy(adapter, folder)).toEqual(said);
  });
});

/** Orders that Stripe bills in unusual ways. */
import type { Line, StripeOrder, StripeVersion, SubscriptionState } from '../../lives/stripe-bodies';
import { invoiceObject, sessionObject, stripeEvent, subscriptionObject } from '../../lives/stripe-bodies';
import { stripe } from '../../../src/psp/stripe';
import type { ToldEvent } from '../../support/order-cases';
import { itComesTo, percentOfTrials } from '../../support/order-cases';

const day = 86_400;
const week = 7 * day;
const month = 30 * day;
const start = 1_790_000_000;
const versions = ['acacia', 'endive'] as const;

const orderOf = (version: StripeVersion, startedAt = start): StripeOrder => ({
  version,
  subscription: 'sub_1',
  customer: 'cus_1',
  metadata: { user_id: 'u1' },
  startedAt,
});
const active: SubscriptionState = {
  status: 'active',
  price: 'price_premium',
  unitAmount: 1999,
  periodStart: start,
  periodEnd: start + month,
};
const trialing: SubscriptionState = {
  ...active,
  status: 'trialing',
  periodEnd: start + week,
  trialStart: start,
  trialEnd: start + week,
};

/** The events of one order in one version. */
function teller(version: StripeVersion, startedAt = start) {
  const order = orderOf(version, startedAt);
  const event = (type: string, at: number, object: object, previous?: object): ToldEvent => ({
    atMs: at * 1000,
    body: stripeEvent(order, type, at, { ...object }, previous && { ...previous }),
  });
  return {
    becomes: (type: string, at: number, state: SubscriptionState, previous?: object): ToldEvent =>
      event(`customer.subscription.${type}`, at, subscriptionObject(order, state), previous),
    pays: (id: string, reason: string, at: number, ...lines: Line[]): ToldEvent =>
      event('invoice.paid', at, invoiceObject(order, { id, reason, at, lines })),
  };
}

const line = (amount: number, from: number, to: number, more: Partial<Line> = {}): Line => ({
  amount,
  price: 'price_premium',
  start: from,
  end: to,
  description: amount === 0 ? 'Trial period for Premium' : '1 × Premium (at $19.99 / month)',
  ...more,
});
const part = { isItem: true, proration: true } as const;

describe.each(versions)('the first invoice of a subscription (%s)', (version) => {
  const { becomes, pays } = teller(version);

  itComesTo('stripe', 'starts a free trial also where it is called an update, as before API 2018-10-31', {
    events: [
      becomes('created', start, trialing),
      pays('in_0', 'subscription_update', start, line(0, start, start + week)),
      pays('in_1', 'subscription_cycle', start + week, line(1999, start + week, start + week + month)),
    ],
    right: { in_0: 'trial_start 0', in_1: 'conversion 1999' },
  });

  itComesTo('stripe', 'starts a free trial also where Stripe gives no reason, as before 2018', {
    events: [
      becomes('created', start, trialing),
      pays('in_0', 'subscription', start, line(0, start, start + week)),
      pays('in_1', 'subscription', start + week, line(1999, start + week, start + week + month)),
    ],
    right: { in_0: 'trial_start 0', in_1: 'conversion 1999' },
  });

  itComesTo('stripe', 'starts a paid trial where a fee stands beside it', {
    events: [
      becomes('created', start, trialing),
      pays(
        'in_0',
        'subscription_update',
        start,
        line(0, start, start + week),
        line(500, start, start, { price: 'fee', isItem: true }),
      ),
      pays('in_1', 'subscription_cycle', start + week, line(1999, start + week, start + week + month)),
    ],
    right: { in_0: 'trial_start 500', in_1: 'conversion 1999' },
  });

  itComesTo('stripe', 'is no trial where the days up to the billing anchor are free and the subscription says so', {
    events: [
      pays(
        'in_0',
        'subscription_create',
        start,
        line(0, start, start + week, { description: '1 × Premium (at $19.99 / month)' }),
      ),
      becomes('created', start, active),
      pays('in_1', 'subscription_cycle', start + week, line(1999, start + week, start + week + month)),
    ],
    right: { in_0: 'zero_amount', in_1: 'conversion 1999' },
  });
});

describe.each(versions)('the start of a trial at the regular price (%s)', (version) => {
  const { becomes, pays } = teller(version);
  const begins = [becomes('created', start, trialing)];
  const free = line(0, start, start + week);
  const fee = line(500, start, start, { price: 'fee', isItem: true });

  itComesTo('stripe', 'has that of the subscription, where the trial is free', {
    events: [...begins, pays('in_0', 'subscription_create', start, free)],
    right: { in_0: 'trial_start 1999' },
    settings: percentOfTrials,
  });

  itComesTo('stripe', 'has that of the subscription, where a fee stands beside it', {
    events: [...begins, pays('in_0', 'subscription_create', start, free, fee)],
    right: { in_0: 'trial_start 1999' },
    settings: percentOfTrials,
  });
});

describe.each(versions)('a part of a period that is charged at once (%s)', (version) => {
  const { becomes, pays } = teller(version);
  const upgraded = start + 5 * day;

  itComesTo('stripe', 'is the conversion where a plan of nothing is left', {
    events: [
      becomes('created', start, { ...active, price: 'price_free', unitAmount: 0 }),
      pays(
        'in_0',
        'subscription_create',
        start,
        line(0, start, start + month, { price: 'price_free', description: '1 × Free (at $0.00 / month)' }),
      ),
      pays(
        'in_1',
        'subscription_update',
        upgraded,
        line(0, upgraded, start + month, { ...part, price: 'price_free' }),
        line(1666, upgraded, start + month, part),
      ),
      pays('in_2', 'subscription_cycle', start + month, line(1999, start + month, start + 2 * month)),
    ],
    right: { in_0: 'zero_amount', in_1: 'conversion 1666', in_2: 'renewal 1999' },
  });

  const resumed = start + week + 5 * day;
  itComesTo('stripe', 'is the conversion where a trial that was paused goes on with its old billing anchor', {
    events: [
      becomes('created', start, trialing),
      pays('in_0', 'subscription_create', start, line(0, start, start + week)),
      becomes('paused', start + week, { ...trialing, status: 'paused' }),
      becomes('resumed', resumed, { ...trialing, status: 'active' }),
      pays('in_1', 'subscription_update', resumed, line(1666, resumed, start + week + month, part)),
      pays('in_2', 'subscription_cycle', start + week + month, line(1999, start + week + month, start + week + 2 * month)),
    ],
    right: { in_0: 'trial_start 0', in_1: 'conversion 1666', in_2: 'renewal 1999' },
  });

  const endedNow = start + day;
  itComesTo('stripe', 'is none where a trial is ended first, and the plan changed a moment later', {
    events: [
      becomes('created', start, trialing),
      pays('in_0', 'subscription_create', start, line(0, start, start + week)),
      becomes('updated', endedNow, { ...active, trialStart: start, trialEnd: endedNow }, { trial_end: start + week }),
      pays('in_1', 'subscription_update', endedNow, line(1999, endedNow, endedNow + month)),
      pays(
        'in_2',
        'subscription_update',
        endedNow + 60,
        line(-1999, endedNow + 60, endedNow + month, part),
        line(3999, endedNow + 60, endedNow + month, { ...part, price: 'price_pro' }),
      ),
    ],
    right: { in_0: 'trial_start 0', in_1: 'conversion 1999', in_2: 'proration' },
  });

  const goesOn = start + 3 * month;
  itComesTo('stripe', 'is a renewal where a whole period begins when a pause ends', {
    events: [
      becomes('created', start, active),
      pays('in_0', 'subscription_create', start, line(1999, start, start + month)),
      becomes('paused', start + month, { ...active, status: 'paused' }),
      becomes('resumed', goesOn, active),
      pays('in_1', 'subscription_update', goesOn, line(1999, goesOn, goesOn + month)),
    ],
    right: { in_0: 'conversion 1999', in_1: 'renewal 1999' },
  });

  itComesTo('stripe', 'is none for an item that is added to what was paid', {
    events: [
      becomes('created', start, active),
      pays('in_0', 'subscription_create', start, line(1999, start, start + month)),
      pays('in_1', 'subscription_update', upgraded, line(666, upgraded, start + month, { ...part, price: 'price_pack' })),
    ],
    right: { in_0: 'conversion 1999', in_1: 'proration' },
  });

  itComesTo('stripe', 'is none for a change that gives back a part of what was paid', {
    events: [
      becomes('created', start, active),
      pays('in_0', 'subscription_create', start, line(1999, start, start + month)),
      pays(
        'in_1',
        'subscription_update',
        upgraded,
        line(-1666, upgraded, start + month, part),
        line(9600, upgraded, upgraded + 365 * day, { price: 'price_yearly' }),
      ),
    ],
    right: { in_0: 'conversion 1999', in_1: 'proration' },
  });
});

it('an unpaid Checkout that will make an invoice leaves open whose payment its PaymentIntent is', () => {
  const session = { mode: 'payment', payment_status: 'unpaid', payment_intent: 'pi_1' };
  const told = (more: object) =>
    stripe.read(
      stripeEvent(
        orderOf('endive'),
        'checkout.session.completed',
        start,
        sessionObject(orderOf('endive'), { ...session, ...more }),
      ),
      {
        roleOf: () => undefined,
      },
    );
  expect(told({})).toMatchObject({ facts: [{ fact: { tells: ['buyer', 'order'] } }] });
  expect(told({ invoice_creation: { enabled: true } })).toMatchObject({ facts: [{ fact: { tells: ['buyer'] } }] });
});

describe('a paid trial that is left for the regular price', () => {
  const intro = { price: 'price_intro' };
  const ended = start + 3 * day;
  const window = { start_date: start, end_date: start + week };
  const offered: SubscriptionState = { ...active, price: 'price_intro', unitAmount: 100, offer: window };
  const before = { items: { data: [{ id: 'si_sub_1', price: { id: 'price_intro' }, current_trial: window }] } };
  const { becomes, pays } = teller('endive');

  const bought = [
    becomes('created', start, offered),
    pays('in_0', 'subscription_create', start, line(100, start, start + week, intro)),
  ];
  const next = (at: number): ToldEvent => pays('in_2', 'subscription_cycle', at, line(1999, at, at + month));

  itComesTo('stripe', 'ends in the conversion when Stripe calls it an update', {
    events: [
      ...bought,
      becomes('updated', start + week, active, before),
      pays('in_1', 'subscription_update', start + week, line(1999, start + week, start + week + month)),
      next(start + week + month),
    ],
    right: { in_0: 'trial_start 100', in_1: 'conversion 1999', in_2: 'renewal 1999' },
  });

  for (const [how, credit] of [
    ['', []],
    [', also when the rest of it is given back', [line(-57, ended, start + week, { ...part, ...intro })]],
  ] as const) {
    itComesTo('stripe', `ends in the conversion when it ends early${how}`, {
      events: [
        ...bought,
        becomes('updated', ended, active, before),
        pays('in_1', 'subscription_update', ended, ...credit, line(1999, ended, ended + month)),
        next(ended + month),
      ],
      right: {
        in_0: 'trial_start 100',
        in_1: `conversion ${1999 - 57 * credit.length}`,
        in_2: 'renewal 1999',
      },
    });
  }

  itComesTo('stripe', 'ends in the conversion by the roles, also when the rest of it is given back', {
    prices: { price_intro: 'trial', price_premium: 'regular' },
    events: [
      becomes('created', start, { ...active, price: 'price_intro', unitAmount: 100 }),
      pays('in_0', 'subscription_create', start, line(100, start, start + week, intro)),
      pays(
        'in_1',
        'subscription_update',
        ended,
        line(-57, ended, start + week, { ...part, ...intro }),
        line(1999, ended, ended + month),
      ),
      next(ended + month),
    ],
    right: { in_0: 'trial_start 100', in_1: 'conversion 1942', in_2: 'renewal 1999' },
  });
});

describe.each(versions)('free time that is given to an old subscription (%s)', (version) => {
  const { becomes, pays } = teller(version, start - 300 * day);
  const given = start + month - day;

  itComesTo('stripe', 'makes no conversion of what is paid after it', {
    events: [
      pays('in_0', 'subscription_cycle', start, line(1999, start, start + month)),
      becomes(
        'updated',
        given,
        { ...trialing, trialStart: given, trialEnd: given + month },
        { status: 'active', trial_end: null },
      ),
      pays('in_1', 'subscription_update', given, line(0, given, given + month)),
      pays('in_2', 'subscription_cycle', given + month, line(1999, given + month, given + 2 * month)),
    ],
    right: { in_0: 'renewal 1999', in_1: 'plan_change', in_2: 'renewal 1999' },
  });
});

describe('the shapes of 2014', () => {
  const told = (type: string, at: number, object: object): ToldEvent => ({
    atMs: at * 1000,
    body: { ...stripeEvent(orderOf('acacia'), type, at, { ...object }), api_version: '2014-12-17' },
  });
  const plan = (amount: number) => ({ id: `plan_${amount}`, object: 'plan', amount, currency: 'usd', interval: 'month' });
  const bill = (id: string, from: number, { amount, price }: { amount: number; price: number }, more: object = {}): ToldEvent =>
    told('invoice.payment_succeeded', from, {
      ...{ id, object: 'invoice', date: from, paid: true, currency: 'usd', customer: 'cus_1', subscription: 'sub_1' },
      ...{ amount_due: amount, total: amount, charge: amount === 0 ? null : `ch_${id}`, metadata: { user_id: 'u1' } },
      lines: {
        object: 'list',
        data: [
          {
            id: 'sub_1',
            type: 'subscription',
            amount,
            proration: false,
            period: { start: from },
            quantity: 1,
            plan: plan(price),
          },
        ],
      },
      ...more,
    });
  const first = { billing_reason: 'subscription_create' };

  itComesTo('stripe', 'have plans in place of prices: a line of nothing is a trial’s where its plan costs something', {
    events: [bill('in_0', start, { amount: 0, price: 1999 }, first), bill('in_1', start + week, { amount: 1999, price: 1999 })],
    right: { in_0: 'trial_start 0', in_1: 'conversion 1999' },
  });

  itComesTo('stripe', 'have plans in place of prices: a line of nothing is none where its plan is free', {
    events: [bill('in_0', start, { amount: 0, price: 0 }, first)],
    right: { in_0: 'zero_amount' },
  });

  itComesTo('stripe', 'list refunds as an array', {
    events: [
      bill('in_1', start, { amount: 1999, price: 1999 }, first),
      told('charge.refunded', start + 1, {
        ...{ id: 'ch_in_1', object: 'charge', amount: 1999, invoice: 'in_1', refunded: true },
        refunds: [{ id: 're_1', object: 'refund', amount: 1999, currency: 'usd', charge: 'ch_in_1', created: start + 1 }],
      }),
    ],
    right: { in_1: 'refunded_before_sent' },
  });
});

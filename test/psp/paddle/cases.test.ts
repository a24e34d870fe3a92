/** Orders that Paddle bills in unusual ways. */
import type { PriceRole } from '../../../src/domain/fact';
import type { ToldEvent } from '../../support/order-cases';
import { itComesTo, percentOfTrials } from '../../support/order-cases';

const day = 86_400_000;
const week = 7 * day;
const month = 30 * day;
const start = Date.UTC(2026, 8, 21, 9);
const iso = (ms: number): string => new Date(ms).toISOString();

interface Price {
  readonly id: string;
  readonly unit_price: { readonly amount: string; readonly currency_code: string };
  readonly billing_cycle: object | null;
  readonly trial_period: object | null;
}

const price = (id: string, amount: number, trial: object | null = null): Price => ({
  id,
  unit_price: { amount: String(amount), currency_code: 'USD' },
  billing_cycle: { interval: 'month', frequency: 1 },
  trial_period: trial && { interval: 'week', frequency: 1, ...trial },
});
const free = price('pri_free', 0);
const premium = price('pri_premium', 1999);
const plus = price('pri_plus', 3999);
const year = price('pri_year', 9999);
const basic = price('pri_basic', 499);
const free7 = price('pri_premium', 1999, {});
const tried = price('pri_premium', 1999, { unit_price: { amount: '100', currency_code: 'USD' } });

function created(of: Price): ToldEvent {
  const trial_dates = of.trial_period && { starts_at: iso(start), ends_at: iso(start + week) };
  const data = {
    id: 'sub_1',
    status: of.trial_period ? 'trialing' : 'active',
    started_at: iso(start),
    updated_at: iso(start),
    transaction_id: 'txn_0',
    items: [{ price: of, trial_dates }],
  };
  return { atMs: start, body: { event_type: 'subscription.created', occurred_at: iso(start), data } };
}

interface Item {
  readonly of: Price;
  /** Of the line, negative where it is given back. */
  readonly amount: number;
  readonly rate?: string | number;
}

interface Paid {
  readonly origin: string;
  readonly at: number;
  readonly to: number;
  readonly items: readonly Item[];
  /** Taken off the total: of the customer's balance, or as changes were before 2024. */
  readonly credit?: number;
}

function pays(id: string, { origin, at, to, items, credit = 0 }: Paid): ToldEvent {
  const total = items.reduce((sum, { amount }) => sum + amount, 0);
  const due = Math.max(total - credit, 0);
  const balance = { credit: String(credit), credit_to_balance: String(Math.max(-total, 0)) };
  const data = {
    id,
    status: 'completed',
    origin,
    subscription_id: 'sub_1',
    currency_code: 'USD',
    billed_at: iso(at),
    billing_period: { starts_at: iso(at), ends_at: iso(to) },
    items: items.map(({ of, amount, rate }) => ({
      price: of,
      quantity: amount < 0 ? -1 : 1,
      proration: rate === undefined ? null : { rate },
    })),
    details: {
      totals: { subtotal: String(total), total: String(total), tax: '0', ...balance, grand_total: String(due) },
      line_items: items.map(({ of, amount }) => ({
        price_id: of.id,
        totals: { subtotal: String(amount), total: String(amount) },
      })),
    },
  };
  return { atMs: at, body: { event_type: 'transaction.completed', occurred_at: iso(at), data } };
}

const changed = start + 10 * day;
const renewed = start + month;

describe('a change of a Paddle subscription', () => {
  itComesTo('paddle', 'from a plan of nothing is the conversion, also in part', {
    events: [
      created(free),
      pays('txn_0', { origin: 'web', at: start, to: renewed, items: [{ of: free, amount: 0 }] }),
      pays('txn_1', {
        origin: 'subscription_update',
        at: changed,
        to: renewed,
        items: [{ of: premium, amount: 1333, rate: '0.66' }],
      }),
      pays('txn_2', {
        origin: 'subscription_recurring',
        at: renewed,
        to: renewed + month,
        items: [{ of: premium, amount: 1999 }],
      }),
    ],
    right: { txn_0: 'zero_amount', txn_1: 'conversion 1333', txn_2: 'renewal 1999' },
  });

  itComesTo('paddle', 'that is charged in full is no first payment, although it comes before that', {
    events: [
      created(premium),
      pays('txn_0', { origin: 'web', at: start, to: renewed, items: [{ of: premium, amount: 1999 }] }),
      pays('txn_1', { origin: 'subscription_update', at: changed, to: renewed, items: [{ of: plus, amount: 3999 }] }),
    ],
    right: { txn_0: 'conversion 1999', txn_1: 'plan_change' },
  });

  itComesTo('paddle', 'that ends a paid trial early is the conversion, although the rest of the trial is given back', {
    events: [
      created(tried),
      pays('txn_0', { origin: 'web', at: start, to: start + week, items: [{ of: tried, amount: 100 }] }),
      pays('txn_1', {
        origin: 'subscription_update',
        at: start + 3 * day,
        to: renewed,
        items: [
          { of: tried, amount: -57, rate: '0.57' },
          { of: tried, amount: 1999 },
        ],
      }),
      pays('txn_2', { origin: 'subscription_recurring', at: renewed, to: renewed + month, items: [{ of: tried, amount: 1999 }] }),
    ],
    right: { txn_0: 'trial_start 100', txn_1: 'conversion 1942', txn_2: 'renewal 1999' },
  });

  itComesTo('paddle', 'that ends a free trial early is the conversion, although a credit balance paid a part', {
    events: [
      created(free7),
      pays('txn_0', { origin: 'web', at: start, to: start + week, items: [{ of: free7, amount: 0 }] }),
      pays('txn_1', {
        origin: 'subscription_update',
        at: start + 3 * day,
        to: renewed,
        items: [{ of: free7, amount: 1999 }],
        credit: 499,
      }),
    ],
    right: { txn_0: 'trial_start 0', txn_1: 'conversion 1500' },
  });

  describe.each<[string, Record<string, PriceRole>]>([
    ['without a price map', {}],
    ['where the prices are mapped', { pri_premium: 'regular', pri_year: 'regular' }],
  ])('%s', (_, prices) => {
    const began = [
      created(premium),
      pays('txn_0', { origin: 'web', at: start, to: renewed, items: [{ of: premium, amount: 1999 }] }),
    ];
    const change = { origin: 'subscription_update', at: changed, to: changed + 365 * day };

    itComesTo('paddle', 'to a longer period gives the rest of the former one back as a line', {
      events: [
        ...began,
        pays('txn_1', {
          ...change,
          items: [
            { of: premium, amount: -1333, rate: '0.66' },
            { of: year, amount: 9999 },
          ],
        }),
      ],
      right: { txn_0: 'conversion 1999', txn_1: 'proration' },
      prices,
    });

    itComesTo('paddle', 'of before 2024 takes it off the total', {
      events: [...began, pays('txn_1', { ...change, items: [{ of: year, amount: 9999 }], credit: 1333 })],
      right: { txn_0: 'conversion 1999', txn_1: 'proration' },
      prices,
    });

    itComesTo('paddle', 'that gives back more than it charges is no purchase', {
      events: [
        ...began,
        pays('txn_1', {
          ...change,
          items: [
            { of: premium, amount: -1333, rate: '0.66' },
            { of: basic, amount: 333, rate: '0.66' },
          ],
        }),
      ],
      right: { txn_0: 'conversion 1999', txn_1: 'proration' },
      prices,
    });

    itComesTo('paddle', 'of the quantity bills one price twice', {
      events: [
        ...began,
        pays('txn_1', {
          ...change,
          items: [
            { of: premium, amount: -1333, rate: '0.66' },
            { of: premium, amount: 3999, rate: '0.66' },
          ],
        }),
      ],
      right: { txn_0: 'conversion 1999', txn_1: 'proration' },
      prices,
    });
  });
});

describe('the trial of a Paddle subscription', () => {
  const told = (type: string, at: number): ToldEvent => {
    const trial_dates = { starts_at: iso(start), ends_at: iso(start + week) };
    const data = { id: 'sub_1', status: 'active', updated_at: iso(at), items: [{ price: free7, trial_dates }] };
    return { atMs: at, body: { event_type: `subscription.${type}`, occurred_at: iso(at), data } };
  };
  const activated = (at: number): ToldEvent =>
    pays('txn_1', { origin: 'subscription_update', at, to: at + month, items: [{ of: free7, amount: 1999 }] });

  itComesTo('paddle', 'may be known by its dates alone when it ends early', {
    events: [
      told('activated', start + 3 * day),
      activated(start + 3 * day),
      pays('txn_2', {
        origin: 'subscription_recurring',
        at: start + 3 * day + month,
        to: start + 3 * day + 2 * month,
        items: [{ of: free7, amount: 1999 }],
      }),
    ],
    right: { txn_1: 'conversion 1999', txn_2: 'renewal 1999' },
  });

  itComesTo('paddle', 'that was over long ago does not make a conversion of a change', {
    events: [told('updated', start + 10 * month), activated(start + 10 * month)],
    right: { txn_1: 'plan_change' },
  });

  itComesTo('paddle', 'stays one beside a lifetime product', {
    events: [
      created(free7),
      pays('txn_0', {
        origin: 'web',
        at: start,
        to: start + week,
        items: [
          { of: free7, amount: 0 },
          { of: { ...price('pri_book', 4900), billing_cycle: null }, amount: 4900 },
        ],
      }),
      pays('txn_1', {
        origin: 'subscription_recurring',
        at: start + week,
        to: start + week + month,
        items: [{ of: free7, amount: 1999 }],
      }),
    ],
    right: { txn_0: 'trial_start 4900', txn_1: 'conversion 1999' },
    prices: { pri_book: 'lifetime' },
  });
});

describe('a rate of Paddle', () => {
  const part = pays('txn_1', {
    origin: 'subscription_update',
    at: changed,
    to: renewed,
    items: [{ of: plus, amount: 2666, rate: 0.66 }],
  });

  itComesTo('paddle', 'may come as a number', {
    events: [
      created(premium),
      pays('txn_0', { origin: 'web', at: start, to: renewed, items: [{ of: premium, amount: 1999 }] }),
      part,
    ],
    right: { txn_0: 'conversion 1999', txn_1: 'proration' },
  });
});

itComesTo('paddle', 'the start of a trial without payment method has the regular price of the subscription', {
  events: [
    {
      atMs: start,
      body: {
        event_type: 'subscription.created',
        occurred_at: iso(start),
        data: {
          ...{ id: 'sub_1', status: 'trialing', started_at: iso(start), transaction_id: null, currency_code: 'USD' },
          items: [{ price: free7, quantity: 2, trial_dates: { starts_at: iso(start), ends_at: iso(start + week) } }],
        },
      },
    },
  ],
  right: { 'sub_1:trial': 'trial_start 3998' },
  settings: percentOfTrials,
});

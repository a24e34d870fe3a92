/** Orders that Solidgate reports in unusual ways. */
import type { ToldEvent } from '../../support/order-cases';
import { mapStore } from '../../support/map-store';
import { itComesTo } from '../../support/order-cases';
import { SimulatedRelay } from '../../support/simulated-relay';

const day = 86_400_000;
const month = 30 * day;
const start = Date.UTC(2026, 8, 21, 9);
const trialEnd = start + 7 * day;
const text = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');

type Fields = Readonly<Record<string, unknown>>;

interface Snapshot {
  readonly id: string;
  readonly at: number;
  readonly amount: number;
  readonly term?: unknown;
  readonly subscription?: Fields;
  readonly product?: Fields;
  readonly invoice?: Fields;
  readonly order?: Fields;
}

/** A snapshot with the paid invoice of the period that begins at this time. */
function tells(callback: string, { id, at, amount, term, subscription, product, invoice, order }: Snapshot): ToldEvent {
  const body = {
    callback_type: callback,
    subscription: {
      id: 's1',
      status: 'active',
      started_at: text(start),
      updated_at: text(at),
      trial: false,
      ...subscription,
    },
    product: { product_id: 'p1', payment_action: 'auth_settle', amount: 2000, currency: 'USD', trial: false, ...product },
    customer: { customer_account_id: 'u1', customer_email: 'b@example.com' },
    invoices: {
      [`i_${id}`]: {
        id: `i_${id}`,
        status: 'success',
        amount,
        created_at: text(at),
        billing_period_started_at: text(at),
        subscription_term_number: term,
        orders: { [id]: { id, status: 'settle_ok', amount, created_at: text(at), processed_at: text(at), ...order } },
        order_metadata: { user_id: 'u1' },
        ...invoice,
      },
    },
  };
  return { atMs: at + 2000, body };
}

const withTrial = { product: { trial: true, trial_amount: 100, trial_currency: 'USD' } };
const dateless = { invoice: { billing_period_started_at: undefined } };
const orderless = { invoice: { orders: {} } };
const onTrial = { ...withTrial, subscription: { trial: true } };

const trial = (change: Partial<Snapshot> = {}): ToldEvent =>
  tells('active', { id: 'o0', at: start, amount: 100, term: 0, ...onTrial, ...change });
const first = (change: Partial<Snapshot> = {}): ToldEvent =>
  tells('renew', { id: 'o1', at: trialEnd, amount: 2000, term: 1, ...withTrial, ...change });
const second = (change: Partial<Snapshot> = {}): ToldEvent =>
  tells('renew', { id: 'o2', at: trialEnd + month, amount: 2000, term: 2, ...withTrial, ...change });

describe('a trial of Solidgate', () => {
  const right = { o0: 'trial_start 100', o1: 'conversion 2000', o2: 'renewal 2000' };

  itComesTo('solidgate', 'whose invoices do not name their periods', {
    events: [trial(dateless), first(dateless), second(dateless)],
    right,
  });

  itComesTo('solidgate', 'whose full periods are counted from 0, without dates', {
    events: [trial(dateless), first({ ...dateless, term: 0 }), second({ ...dateless, term: 1 })],
    right,
  });

  itComesTo('solidgate', 'whose flags and terms are texts', {
    events: [
      trial({ term: '0', subscription: { trial: 'true' }, product: { ...withTrial.product, trial: 'true' } }),
      first({ term: '1' }),
      second({ term: '2' }),
    ],
    right,
  });

  itComesTo('solidgate', 'of which only the product says that there is one', {
    events: [trial({ term: null, subscription: { trial: null } }), first({ term: null, subscription: { trial: null } })],
    right: { o0: 'trial_start 100', o1: 'conversion 2000' },
  });

  itComesTo('solidgate', 'whose conversion a discount paid, without an order', {
    events: [trial(), first({ ...orderless, amount: 0, term: null }), second({ term: null })],
    right: { o0: 'trial_start 100', i_o1: 'zero_amount', o2: 'renewal 2000' },
  });
});

describe('a subscription of Solidgate', () => {
  itComesTo('solidgate', 'whose first period a discount paid, without an order', {
    events: [
      tells('active', { id: 'o0', at: start, amount: 0, term: null, ...orderless }),
      tells('renew', { id: 'o1', at: start + month, amount: 2000, term: null }),
    ],
    right: { i_o0: 'zero_amount', o1: 'renewal 2000' },
  });

  itComesTo('solidgate', 'that its orders name by a number has no one-off beside it', {
    events: [
      order('o0', { subscription_id: 77 }),
      tells('active', { id: 'o0', at: start, amount: 2000, subscription: { id: 77 } }),
    ],
    right: { o0: 'conversion 2000' },
  });
});

function order(id: string, change: Fields, atMs = start): ToldEvent {
  const of = { order_id: id, amount: 2000, currency: 'EUR', status: 'settle_ok', created_at: text(start), ...change };
  const charge = { id: 'tx', type: 'pay', amount: 2000, created_at: text(start), status: 'success' };
  return { atMs, body: { order: of, transactions: of.status === 'settle_pending' ? [] : [charge] } };
}

const settled = start + 8 * day;

itComesTo('solidgate', 'a bank’s payment that comes in after a week is not too old', {
  events: [order('q1', { status: 'settle_pending' }), order('q1', { status: 'approved' }, settled)],
  right: { q1: 'conversion 2000' },
  isInTime: true,
});

itComesTo('solidgate', 'nor is a subscription’s, where Solidgate does not say when', {
  events: [
    order('q1', { status: 'settle_pending', subscription_id: 's1' }),
    {
      ...tells('active', { id: 'q1', at: start, amount: 2000, order: { status: 'approved', processed_at: null } }),
      atMs: settled,
    },
  ],
  right: { q1: 'conversion 2000' },
  isInTime: true,
});

describe('an introductory price of Solidgate', () => {
  const right = { o0: 'trial_start 500', o1: 'conversion 2000', o2: 'renewal 2000' };
  const periods = (of: Partial<Snapshot>): readonly ToldEvent[] => [
    tells('active', { id: 'o0', at: start, amount: 500, term: 1, ...of }),
    tells('renew', { id: 'o1', at: start + month, amount: 2000, term: 2, ...of }),
    tells('renew', { id: 'o2', at: start + 2 * month, amount: 2000, term: 3, ...of }),
  ];

  itComesTo('solidgate', 'that the merchant declares a trial is counted by Solidgate as the first period', {
    events: periods({ invoice: { order_metadata: { purchase_type: 'paid_trial' } } }),
    right,
  });

  itComesTo('solidgate', 'that is mapped as a trial’s, too', {
    events: [
      tells('active', { id: 'o0', at: start, amount: 500, term: 1, product: { product_id: 'p0' } }),
      ...periods({}).slice(1),
    ],
    right,
    prices: { p0: 'trial' },
  });
});

itComesTo('solidgate', 'a one-off that is refunded before it is told is not sent', {
  events: [order('q1', { status: 'refunded', refunded_amount: 2000 })],
  right: { q1: 'refunded_before_sent' },
});

itComesTo('solidgate', 'a product that has a trial, mapped as one, still has its regular price', {
  events: [trial(), first(), second()],
  right: { o0: 'trial_start 100', o1: 'conversion 2000', o2: 'renewal 2000' },
  prices: { p1: 'trial' },
});

describe('a first payment of Solidgate that names neither user nor checkout', () => {
  const paid = tells('active', { id: 'o0', at: start, amount: 2000, term: 1, invoice: { order_metadata: null } }).body as Fields;
  const invoice = { ...paid, customer: { customer_email: 'b@example.com' } };
  const { body } = order('o0', { subscription_id: 's1' });
  const buyer = { ...(body as Fields), order_metadata: { user_id: 'u1', checkout_id: 'c1' } };

  it.each([
    ['is known by the event of its order, which comes later', [invoice, buyer], 'c1'],
    ['is known by the event of its order, which came before', [buyer, invoice], 'c1'],
    ['is sent without one', [invoice], 'solidgate:o0'],
  ])('%s', async (_, events, eventId) => {
    const relay = new SimulatedRelay({ store: mapStore(), startMs: start });
    for (const [nth, event] of events.entries()) await relay.receives('solidgate', event, { atMs: start + nth * 5000 });
    await relay.passes(60_000);
    expect(relay.sent().map((sent) => sent.eventId)).toEqual([eventId]);
  });
});

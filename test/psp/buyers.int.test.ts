/**
 * Who bought, and at which checkout, where several events of a provider tell it, in every order of their arrival. The bodies hold what
 * decides; whole ones are in the lives and the faults.
 */
import { hashedEmail, hashedExternalId } from '../../src/tiktok';
import { orders } from '../support/effort';
import { closeSharedStore, simulatedRelay } from '../support/stored-relay';
import type { SimulatedRelay } from '../support/simulated-relay';
import { intentObject, invoiceObject, invoicePaymentObject, sessionObject, stripeEvent } from '../lives/stripe-bodies';
import type { StripeOrder } from '../lives/stripe-bodies';

afterAll(closeSharedStore);

type Fields = Readonly<Record<string, unknown>>;
type Webhook = readonly [psp: string, body: Fields];

const start = 1_790_000_000;
const at = new Date(start * 1000).toISOString();
const named = { user_id: 'u1', checkout_id: 'c1' };
const longestWaitMs = 120_000;

interface Play {
  readonly webhooks: readonly Webhook[];
  /** Money id → event id of what is sent, or the reason why it is not. */
  readonly right: Fields;
  /** Of every event that is sent, in the order of the event ids. */
  readonly users?: readonly Fields[];
  readonly limited?: boolean;
  /** Each is over before the next one comes, in this order only. */
  readonly isInTime?: boolean;
}

function itTells(title: string, { webhooks, right, users, limited = false, isInTime = false }: Play): void {
  it(title, async () => {
    for (const order of isInTime ? [webhooks] : orders(webhooks)) {
      const relay = await simulatedRelay({
        startMs: start * 1000 + 60_000,
        settings: { limitPurchaseEvents: limited, maxEventAgeHours: 87_600 },
      });
      for (const [psp, body] of order) {
        await relay.receives(psp, body);
        await relay.passes(isInTime ? longestWaitMs : 900);
      }
      await relay.passes(longestWaitMs);
      const events = [...relay.sent()].sort((a, b) => (a.eventId < b.eventId ? -1 : 1));
      expect({ order: order.map((one) => webhooks.indexOf(one) + 1), came: await outcomesOf(relay) }).toEqual({
        order: expect.anything() as unknown,
        came: right,
      });
      if (users) expect(events.map(({ user }) => user)).toEqual(users.map((user) => expect.objectContaining(user) as unknown));
    }
  });
}

async function outcomesOf(relay: SimulatedRelay): Promise<Fields> {
  const records = Object.values(await relay.records());
  return Object.fromEntries(records.map(({ moneyId, state, eventId, reason }) => [moneyId, state === 'sent' ? eventId : reason]));
}

const stripeOrder = (more: Partial<StripeOrder> = {}): StripeOrder => ({
  version: 'endive',
  subscription: 'sub_1',
  customer: 'cus_1',
  metadata: {},
  startedAt: start,
  ...more,
});

const line = { amount: 1999, price: 'price_1', start, end: start + 30 * 86_400, description: '1 × Premium (at $19.99 / month)' };

function invoice(order: StripeOrder, id: string, type = 'invoice.paid', more: Fields = {}): Webhook {
  const bill = { id, reason: 'subscription_create', at: start, lines: [line], status: type === 'invoice.paid' ? 'paid' : 'open' };
  return ['stripe', stripeEvent(order, type, start, { ...invoiceObject(order, bill as never), ...more })];
}

function session(order: StripeOrder, more: Fields): Webhook {
  const object = sessionObject(order, { mode: 'subscription', subscription: order.subscription, ...more });
  return ['stripe', stripeEvent(order, 'checkout.session.completed', start, object)];
}

function intent(order: StripeOrder, more: Fields = {}): Webhook {
  const object = { ...intentObject(order, 'pi_1', 1999, null), description: 'Premium', ...more };
  return ['stripe', stripeEvent(order, 'payment_intent.succeeded', start, object)];
}

function link(order: StripeOrder): Webhook {
  const paid = { ...invoicePaymentObject('in_1', 1999), payment: { type: 'payment_intent', payment_intent: 'pi_1' } };
  return ['stripe', stripeEvent(order, 'invoice_payment.paid', start, paid)];
}

const oneOff = { lines: { data: [] }, parent: null, subscription: null, subscription_details: null };
const payment = { mode: 'payment', subscription: null, amount_total: 1999 };

function generic(money_id: string, more: Fields): Webhook {
  const body = { kind: 'conversion', subscription_id: `order of ${money_id}`, money_id, amount: '9.99', currency: 'USD' };
  return ['generic', { ...body, occurred_at: at, ...more }];
}

describe('a Checkout payment with an invoice of its own', () => {
  const order = stripeOrder();
  const made = { ...payment, payment_intent: 'pi_1', invoice: null, invoice_creation: { enabled: true }, metadata: named };
  const users = [{ external_id: hashedExternalId('u1') }];

  itTells('that the session does not name yet is one purchase, of the session’s buyer', {
    webhooks: [session(order, made), invoice(order, 'in_1', 'invoice.paid', oneOff), link(order)],
    right: { in_1: 'c1' },
    users,
  });

  itTells('is one also where its PaymentIntent is told', {
    webhooks: [session(order, made), invoice(order, 'in_1', 'invoice.paid', oneOff), link(order), intent(order)],
    right: { in_1: 'c1' },
    users,
  });

  const acacia = stripeOrder({ version: 'acacia' });
  const charge = { id: 'ch_1', object: 'charge', payment_intent: 'pi_1', invoice: null, amount: 1999, captured: true };

  it('is not lost where its charge is told to be the PaymentIntent’s', async () => {
    const webhooks: readonly Webhook[] = [
      session(acacia, { ...made, invoice: 'in_1' }),
      intent(acacia, { latest_charge: 'ch_1' }),
      ['stripe', stripeEvent(acacia, 'charge.succeeded', start, charge)],
    ];
    for (const order of orders(webhooks)) {
      const relay = await simulatedRelay({ startMs: start * 1000 });
      for (const [psp, body] of order) await relay.receives(psp, body);
      await relay.passes(longestWaitMs);
      expect(relay.sent().map(({ eventId }) => eventId)).toEqual(['c1']);
    }
  });
});

describe('a PaymentIntent that names the Checkout Session', () => {
  const order = stripeOrder();
  const reference = { customer: null, payment_details: { order_reference: 'cs_test_1' } };

  itTells('of a subscription is its invoice’s, which the session names', {
    webhooks: [
      intent(order, reference),
      session(order, { id: 'cs_test_1', invoice: 'in_1', metadata: named }),
      invoice(order, 'in_1'),
    ],
    right: { in_1: 'c1' },
  });
});

describe('a checkout whose first order was not paid', () => {
  const first = invoice(stripeOrder({ metadata: named }), 'in_1', 'invoice.payment_failed');
  const second = stripeOrder({ subscription: 'sub_2', customer: 'cus_2' });

  itTells('is the second one’s, although only its session names it', {
    webhooks: [first, session(second, { metadata: named }), invoice(second, 'in_2')],
    right: { in_1: 'payment_failed', in_2: 'c1' },
  });

  const activated = {
    event_type: 'BILLING.SUBSCRIPTION.ACTIVATED',
    create_time: at,
    resource: { id: 'I-1', status: 'ACTIVE', custom_id: 'c1', create_time: at, start_time: at, status_update_time: at },
  };
  const sale = { id: 'S1', billing_agreement_id: 'I-1', amount: { total: '14.90', currency: 'USD' }, create_time: at };

  itTells('is the second one’s at another provider, whose payments name no checkout', {
    webhooks: [
      first,
      ['paypal', activated],
      ['paypal', { event_type: 'PAYMENT.SALE.COMPLETED', create_time: at, resource: sale }],
    ],
    right: { in_1: 'payment_failed', S1: 'c1' },
  });

  const primer = (id: string, status: string, amount: number): Webhook => [
    'primer',
    { eventType: 'PAYMENT.STATUS', payment: { id, date: at, status, amount, currencyCode: 'USD', metadata: named } },
  ];

  itTells('but only saved a card, is that of the payment', {
    webhooks: [primer('P1', 'AUTHORIZED', 0), primer('P2', 'SETTLED', 1999)],
    right: { P1: 'payment_method_change', P2: 'c1' },
  });
});

describe('who bought', () => {
  const [u1, u2] = ['u1', 'u2'].map((id) => hashedExternalId(id));

  itTells('is the user of the subscription’s metadata, whatever the session’s reference is', {
    webhooks: [
      invoice(stripeOrder({ metadata: { user_id: 'u1' } }), 'in_1'),
      session(stripeOrder(), { client_reference_id: 'cart-7', customer_details: { email: 'a@example.com' } }),
    ],
    right: { in_1: 'stripe:in_1' },
    users: [{ external_id: u1, email: hashedEmail('a@example.com') }],
  });

  itTells('is the user whom the order itself names, also without an e-mail', {
    webhooks: [
      generic('m1', { customer_id: 'k1', metadata: { user_id: 'u1', email: 'a@example.com' } }),
      generic('m2', { customer_id: 'k1', metadata: { user_id: 'u2' } }),
    ],
    right: { m1: 'generic:m1', m2: 'generic:m2' },
    users: [{ external_id: u1 }, { external_id: u2 }],
    isInTime: true,
  });

  const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

  itTells('is not one and the same where the hash of nothing is all that is said', {
    webhooks: [
      generic('m1', { metadata: { email: empty } }),
      generic('m2', { metadata: { email: empty.toUpperCase(), user_id: empty } }),
    ],
    right: { m1: 'generic:m1', m2: 'generic:m2' },
    limited: true,
  });

  const capture = { id: 'C1', amount: { value: '9.99', currency_code: 'USD' }, create_time: at };
  const unit = { custom_id: '{"checkout_id":"c1","user_id":"u1"}', payments: { captures: [{ id: 'C1', status: 'COMPLETED' }] } };

  itTells('PayPal’s order says, where a capture does not', {
    webhooks: [
      ['paypal', { event_type: 'PAYMENT.CAPTURE.COMPLETED', create_time: at, resource: capture }],
      [
        'paypal',
        {
          event_type: 'CHECKOUT.ORDER.COMPLETED',
          create_time: at,
          resource: { id: 'O1', create_time: at, purchase_units: [unit] },
        },
      ],
    ],
    right: { C1: 'c1' },
    users: [{ external_id: u1 }],
  });

  const paidAt = at.slice(0, 19).replace('T', ' ');
  const charged = { status: 'settle_ok', amount: 2000, created_at: paidAt };

  itTells('Solidgate’s order says, where the subscription does not', {
    webhooks: [
      [
        'solidgate',
        {
          callback_type: 'active',
          subscription: { id: 's1', status: 'active', started_at: paidAt, trial: false },
          product: { amount: 2000, currency: 'USD', trial: false },
          invoices: [{ id: 'i1', status: 'success', amount: 2000, created_at: paidAt, orders: [{ id: 'o1', ...charged }] }],
        },
      ],
      ['solidgate', { order: { order_id: 'o1', subscription_id: 's1', currency: 'USD', ...charged }, order_metadata: named }],
    ],
    right: { o1: 'c1' },
    users: [{ external_id: u1 }],
  });

  const toldAt = at.replace('Z', '');
  const trial = { subs_id: 's1', started_at: toldAt, price_point: { ident: 'week', intro_type: 'paid_trial' } };

  itTells('FunnelFox’s subscription says, where the order of its trial does not', {
    webhooks: [
      [
        'funnelfox',
        {
          ...{ event_type: 'order', subtype: 'settled', event_timestamp: toldAt },
          order: { order_id: 'o1', amount: '1.00', currency_code: 'USD', subs_id: 's1', created_at: toldAt },
        },
      ],
      [
        'funnelfox',
        {
          ...{ event_type: 'subscription', subtype: 'starting_trial', event_timestamp: toldAt },
          subscription: { ...trial, initial_order_metadata: named },
        },
      ],
    ],
    right: { o1: 'c1' },
    users: [{ external_id: u1 }],
  });
});

/** What the log says of a webhook, and what it never says: who bought, what was signed and how. */
import { storeOver } from '../../src/store';
import { Keyring } from '../../src/crypto/keyring';
import type { Store } from '../../src/store';
import { signStripe, stripeEvent } from '../../sandbox/stripe/webhooks';
import { emptyDatabase, emptyStore } from '../support/test-database';
import type { WebhookServer, WebhookServerOptions } from '../support/webhook-server';
import { genericPayment, nowMs, nowSeconds, paidInvoice, serveWebhooks, stripeSecret } from '../support/webhook-server';

/** What a provider knows of a buyer. */
const buyer = {
  user_id: 'user-4711',
  checkout_id: 'checkout-4711',
  email: 'Buyer@Example.com',
  phone: '+15005550006',
  ip: '203.0.113.77',
  user_agent: 'Secretive/1.0',
  ttclid: 'E.C.P.click-4711',
  ttp: 'ttp-4711',
  page_url: 'https://shop.example.com/thanks?mail=buyer@example.com',
};
const customer = { customer: 'cus_private_4711', customer_email: 'other@example.com', customer_phone: '+15005550007' };
const traces = [
  ...Object.values(buyer),
  ...Object.values(customer),
  'buyer@example.com',
  'shop.example.com',
  'A Name',
  stripeSecret,
  'operator-token',
  'a pepper for tests',
];

const named = (id: string, more: object = {}) =>
  paidInvoice(id, {
    ...customer,
    customer_name: 'A Name',
    parent: { subscription_details: { subscription: `sub_of_${id}`, metadata: buyer } },
    ...more,
  });

let store: Store;
let server: WebhookServer;
const open: WebhookServer[] = [];
beforeAll(async () => {
  store = await emptyStore();
});
afterAll(() => store.close());
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

async function serve(options: Partial<WebhookServerOptions> = {}): Promise<WebhookServer> {
  server = await serveWebhooks({ store, ...options });
  open.push(server);
  return server;
}

function expectSilence({ log }: WebhookServer): void {
  expect(log.length).toBeGreaterThan(0);
  const all = log.join('\n');
  for (const trace of traces) expect(all).not.toContain(trace);
  expect(all).not.toMatch(/data\.object"?:\{|amount_paid":|billing_reason/);
}

it('knows what it looks for: the bodies carry every trace of the buyer', () => {
  const body = JSON.stringify(named('in_check'));
  for (const trace of [...Object.values(buyer), ...Object.values(customer)]) expect(body).toContain(trace);
});

describe('the log of a webhook', () => {
  it('has one line for the webhook and one for each fact when it is accepted, flat and with ids only', async () => {
    await serve();
    expect((await server.stripe(named('in_private'))).status).toBe(200);
    expect(server.log).toHaveLength(2);
    expect(server.lines('webhook.received')).toEqual([
      {
        ...{ level: 'info', time: expect.any(String), msg: 'webhook.received' },
        ...{ integration: 'default', psp: 'stripe', outcome: 'accepted', type: 'invoice.paid', reason: null, durationMs: 0 },
      },
    ]);
    expect(server.lines('fact.signalled')).toEqual([
      {
        ...{ level: 'info', time: expect.any(String), msg: 'fact.signalled' },
        ...{
          integration: 'default',
          psp: 'stripe',
          kind: 'conversion',
          subscription: 'sub_of_in_private',
          moneyId: 'in_private',
        },
      },
    ]);
    expectSilence(server);
  });

  it('says why, and nothing of the buyer, when the event is ignored', async () => {
    await serve({ liveMode: true });
    await server.stripe(
      stripeEvent('customer.updated', { id: 'cus_1', ...customer, metadata: buyer }, { created: nowSeconds, livemode: true }),
    );
    await server.stripe(named('in_test_mode'));
    expect(server.lines('webhook.received')).toMatchObject([
      { outcome: 'ignored', type: 'customer.updated', reason: 'events of type customer.updated are not needed' },
      { outcome: 'ignored', type: 'invoice.paid', reason: 'a test-mode event on a live account' },
    ]);
    expectSilence(server);
  });

  it('says where, and not what, when the body cannot be read', async () => {
    await serve();
    await server.stripe(
      named('in_odd', { amount_paid: 'Buyer@Example.com', currency: buyer.user_id, lines: { data: [buyer.email] } }),
    );
    await server.generic(
      genericPayment('pay_odd', { amount: buyer.phone, currency: 'A Name', occurred_at: buyer.ip, metadata: buyer }),
    );
    expect(server.lines('webhook.received').map(({ outcome }) => outcome)).toEqual(['quarantined', 'quarantined']);
    expectSilence(server);
  });

  it('says neither body nor signature when it is refused', async () => {
    await serve();
    const body = JSON.stringify(named('in_unsigned'));
    const signature = signStripe(body, 'whsec_wrong', nowSeconds);
    await server.post('/webhooks/stripe', body, { 'stripe-signature': signature });
    await server.stripe(`${body} and no JSON`);
    await server.post('/webhooks/stripe', `${body}${' '.repeat(1024 * 1024)}`, { 'stripe-signature': signature });
    expect(server.lines('webhook.received').map(({ outcome }) => outcome)).toEqual(['refused', 'refused']);
    expectSilence(server);
    expect(server.log.join()).not.toContain(signature.slice(-20));
    expect(server.log.join()).not.toContain('in_unsigned');
  });

  it('says nothing of the buyer when Temporal fails', async () => {
    const cause = Object.assign(new Error('14 UNAVAILABLE: no connection'), { code: 14 });
    await serve({ signal: () => Promise.reject(new Error('Failed to signalWithStart Workflow', { cause })) });
    expect((await server.stripe(named('in_no_temporal'))).status).toBe(503);
    const [received] = server.lines('webhook.received');
    expect(received).toMatchObject({
      outcome: 'unavailable',
      type: 'invoice.paid',
      reason: expect.stringContaining('signalWithStart'),
    });
    // A second line, for the error behind it.
    expect(server.log).toHaveLength(2);
    expect(server.log[1]).toContain('14 UNAVAILABLE');
    expectSilence(server);
  });

  it('says nothing of the buyer when the database fails, whose errors carry what they were asked', async () => {
    const database = await emptyDatabase();
    const broken = storeOver(database, new Keyring([{ id: 'k1', key: Buffer.alloc(32, 1) }]));
    // Refuses every new user, as a database does whose disk is full or whose schema is another version's.
    await database.queries.execute('alter table users add constraint nobody check (created_at_ms < 0)');
    await serve({ store: broken });
    expect((await server.stripe(named('in_no_users'))).status).toBe(503);
    await database.queries.execute('drop table payment_ids');
    expect((await server.stripe(named('in_no_table'))).status).toBe(503);
    await broken.close();
    expect((await server.stripe(named('in_closed'))).status).toBe(503);
    expect(server.lines('webhook.received').map(({ outcome }) => outcome)).toEqual(['unavailable', 'unavailable', 'unavailable']);
    expectSilence(server);
    expect(server.log.join()).not.toMatch(/params|insert into|Failed query/);
  });

  it('says nothing of the buyer of a fact that is refunded, or only told', async () => {
    await serve();
    const session = {
      ...{ id: 'cs_1', mode: 'subscription', subscription: 'sub_told', customer: customer.customer, metadata: buyer },
      ...{
        client_reference_id: buyer.user_id,
        customer_details: { email: customer.customer_email, phone: customer.customer_phone },
      },
    };
    await server.stripe(stripeEvent('checkout.session.completed', session, { created: nowSeconds }));
    const refund = {
      id: 're_1',
      amount: 1,
      currency: 'usd',
      created: nowSeconds,
      status: 'succeeded',
      charge: 'ch_1',
      metadata: buyer,
    };
    await server.stripe(stripeEvent('refund.created', refund, { created: nowSeconds }));
    expect(server.lines('webhook.received').map(({ outcome }) => outcome)).toEqual(['accepted', 'accepted']);
    expectSilence(server);
  });
});

describe('what goes to Temporal and is answered', () => {
  it('has no personal data: identifiers only as HMACs', async () => {
    await serve();
    const checkout = { ...buyer, checkout_id: 'checkout-of-its-own' };
    const { text } = await server.stripe(
      named('in_told', { parent: { subscription_details: { subscription: 'sub_told', metadata: checkout } } }),
    );
    const told = JSON.stringify(server.signals);
    for (const trace of traces) {
      expect(told).not.toContain(trace);
      expect(text).not.toContain(trace);
    }
    // The checkout id is the event id that TikTok gets.
    expect(server.signals[0]![1].accepted).toMatchObject({ checkoutId: checkout.checkout_id, acceptedAtMs: nowMs });
    expect(text).not.toContain(checkout.checkout_id);
  });
});

/** One Stripe account, two pixels, end to end: real HTTP, Temporal, database; main takes all of it, quiz what its funnel sold. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStripeApi, type StripeApiSandbox } from '../../sandbox/stripe/api';
import { signStripe, stripeEvent, stripeInvoice, stripeSession, stripeSubscription } from '../../sandbox/stripe/webhooks';
import { eventually, Relay } from '../support/relay';

const secret = 'whsec_of_the_account_of_main';
const [mainPixel, quizPixel] = ['C4MAINPIXEL000000001', 'C4QUIZPIXEL000000001'];

let folder: string;
let api: StripeApiSandbox;
let relay: Relay;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'relay-pixels-'));
  api = await startStripeApi({ keys: ['rk_1'] });
  const tiktok = (pixelCode: string) => ({ pixelCode, accessToken: 'tiktok-token' });
  const path = join(folder, 'integrations.json');
  writeFileSync(
    path,
    JSON.stringify([
      { id: 'main', psps: { stripe: { webhookSecrets: [secret], apiKey: 'rk_1', apiUrl: api.url } }, tiktok: tiktok(mainPixel) },
      { id: 'quiz', from: 'main', only: { metadata: { funnel: 'quiz' } }, tiktok: tiktok(quizPixel) },
    ]),
  );
  relay = await Relay.start('pixels', {
    env: { INTEGRATIONS_FILE: path },
    pixelCodes: [mainPixel, quizPixel],
    log: { write: () => undefined },
  });
  const { schedule } = relay.services.client;
  await schedule.getHandle('renewal-check/main/stripe').pause();
});
afterAll(async () => {
  await relay?.stop();
  await api?.close();
  rmSync(folder, { recursive: true, force: true });
});
const nowMs = Math.floor(Date.now() / 1000) * 1000;
const created = nowMs / 1000;
const lifeOf = (name: string) =>
  ({
    type: 'subscription',
    subscriptionId: `sub_${name}`,
    customerId: `cus_${name}`,
    startMs: nowMs,
    email: `${name}@example.com`,
  }) as const;

/** Says nothing of the merchant's. */
function invoiceOf(name: string) {
  const bill = { index: 0, reason: 'subscription_create', paidAt: created, periodStart: created, isTrial: false };
  return stripeEvent('invoice.paid', stripeInvoice(lifeOf(name), bill), { created, id: `evt_invoice_${name}` });
}

/** Says nothing of the merchant's either, but that there is no trial: the invoice waits for it. */
function beganOf(name: string) {
  return stripeEvent('customer.subscription.created', stripeSubscription(lifeOf(name), 'active'), {
    created,
    id: `evt_began_${name}`,
  });
}

function sessionOf(name: string, metadata: Readonly<Record<string, string>>) {
  const session = { ...stripeSession(lifeOf(name)), metadata: { user_id: `u_${name}`, ...metadata } };
  return stripeEvent('checkout.session.completed', session, { created, id: `evt_session_${name}` });
}

function send(event: object, path = '/webhooks/main/stripe') {
  const body = JSON.stringify(event);
  return relay.post(path, body, { 'stripe-signature': signStripe(body, secret, Math.floor(Date.now() / 1000)) });
}

async function sent(...events: readonly object[]) {
  const answers = [];
  for (const event of events) {
    const answer = await eventually(async () => {
      const got = await send(event);
      if (got.status === 503) throw new Error('again');
      return got;
    });
    expect([answer.status, answer.body]).toEqual([200, expect.anything()]);
    answers.push(answer.body);
  }
  return answers;
}

/** The pixels that counted a payment, once it can be said. */
async function counted(moneyId: string, ...pixels: readonly string[]): Promise<void> {
  await eventually(() => {
    const all = relay.tiktok.events().filter(({ eventId, fate }) => eventId === `stripe:${moneyId}` && fate !== 'refused');
    expect(all.map(({ pixelCode, fate }) => `${fate} ${String(pixelCode)}`).sort()).toEqual(
      pixels.map((one) => `counted ${one}`).sort(),
    );
  });
}

const of = (integration: string, path: string) => `${path}${path.includes('?') ? '&' : '?'}integration=${integration}`;
const recordOf = async (integration: string, moneyId: string) =>
  (await relay.api('GET', of(integration, `/purchases?q=${moneyId}`))).body.items[0];

it('a payment that matches goes to both pixels, and one that does not to main alone', async () => {
  await sent(
    sessionOf('a', { funnel: 'quiz' }),
    beganOf('a'),
    invoiceOf('a'),
    sessionOf('b', { funnel: 'shop' }),
    beganOf('b'),
    invoiceOf('b'),
  );
  await counted('in_a_0', mainPixel, quizPixel);
  await counted('in_b_0', mainPixel);
  expect(await recordOf('quiz', 'in_a_0')).toMatchObject({ phase: 'conversion', eventId: 'stripe:in_a_0' });
  expect(await recordOf('quiz', 'in_b_0')).toBeUndefined();
});

it('an invoice before the event that says whose it is waits, and is answered with its fact once', async () => {
  const [told, joined] = await sent(invoiceOf('late'), sessionOf('late', { funnel: 'quiz' }), beganOf('late'));
  expect(told).toEqual({
    outcome: 'accepted',
    reason: 'kept until another event of the order says to which integration it belongs',
    facts: [{ kind: 'conversion', moneyId: 'in_late_0', subscription: 'sub_late' }],
  });
  expect(joined).toEqual({ outcome: 'accepted', facts: [{ kind: 'began', moneyId: null, subscription: 'sub_late' }] });
  await counted('in_late_0', mainPixel, quizPixel);
});

it('a refund, which carries no metadata, finds the payment in both', async () => {
  const pays = stripeEvent(
    'invoice_payment.paid',
    {
      ...{ id: 'inpay_r', object: 'invoice_payment', invoice: 'in_r_0', amount_paid: 1999, currency: 'usd', status: 'paid' },
      payment: { type: 'payment_intent', payment_intent: 'pi_r' },
    },
    { created, id: 'evt_pays_r' },
  );
  const refund = stripeEvent(
    'refund.created',
    { id: 're_r', object: 'refund', amount: 1999, currency: 'usd', status: 'succeeded', created, payment_intent: 'pi_r' },
    { created, id: 'evt_refund_r' },
  );
  await sent(sessionOf('r', { funnel: 'quiz' }), beganOf('r'), invoiceOf('r'), pays);
  await counted('in_r_0', mainPixel, quizPixel);
  const [told] = await sent(refund);
  expect(told.facts).toEqual([{ kind: 'refund', moneyId: 'in_r_0', subscription: 'sub_r' }]);
  for (const integration of ['main', 'quiz'])
    await eventually(async () => {
      const { body } = await relay.api('GET', of(integration, '/purchases/stripe/in_r_0'));
      expect(body.purchase).toMatchObject({ refunded: '19.99' });
    });
});

it('is answered 503 while one of them cannot take it, and then all get it, and nothing twice', async () => {
  const { users } = relay.services.store;
  const { register } = users;
  const failing: typeof register = (registration) =>
    registration.integration === 'quiz' ? Promise.reject(new Error('the database of quiz is away')) : register(registration);
  Object.assign(users, { register: failing });
  const first = await send(sessionOf('c', { funnel: 'quiz' }));
  expect([first.status, first.headers.get('retry-after')]).toEqual([503, expect.anything()]);
  Object.assign(users, { register });
  await sent(
    sessionOf('c', { funnel: 'quiz' }),
    beganOf('c'),
    invoiceOf('c'),
    sessionOf('c', { funnel: 'quiz' }),
    beganOf('c'),
    invoiceOf('c'),
  );
  await counted('in_c_0', mainPixel, quizPixel);
});

it('what the browser says to the second pixel joins the order that came through the account of the first', async () => {
  const visit = { checkoutId: 'chk_browser', ttclid: 'click_of_the_quiz', url: 'https://quiz.example.com/' };
  const collected = await relay.post('/collect?integration=quiz', JSON.stringify(visit), { origin: relay.web.url });
  expect(collected.status).toBe(204);
  await sent(sessionOf('d', { funnel: 'quiz', checkout_id: 'chk_browser' }), beganOf('d'), invoiceOf('d'));
  await eventually(() => {
    const events = relay.tiktok.events().filter(({ eventId }) => eventId === 'chk_browser');
    const clicks = Object.fromEntries(events.map(({ pixelCode, user }) => [pixelCode, user['ttclid'] ?? null]));
    expect(clicks).toEqual({ [mainPixel]: null, [quizPixel]: 'click_of_the_quiz' });
  });
});

it('each integration decides by its own settings', async () => {
  const patched = await relay.api('PATCH', of('quiz', '/settings'), {
    policy: { subscription: { conversion: { send: true, eventName: 'Subscribe' } } },
  });
  expect(patched.status).toBe(200);
  await eventually(async () => {
    await sent(sessionOf('e', { funnel: 'quiz' }), beganOf('e'), invoiceOf('e'));
    const names = relay.tiktok.events().filter(({ eventId }) => eventId === 'stripe:in_e_0');
    expect(new Set(names.map(({ pixelCode, eventName }) => `${String(pixelCode)} ${String(eventName)}`))).toEqual(
      new Set([`${mainPixel} CompletePayment`, `${quizPixel} Subscribe`]),
    );
  });
  await relay.api('PATCH', of('quiz', '/settings'), { policy: { subscription: { conversion: { eventName: null } } } });
});

it('a check finds for both what no webhook told, once; an operator of either starts and sees it', async () => {
  api.add([
    sessionOf('f', { funnel: 'quiz' }),
    beganOf('f'),
    invoiceOf('f'),
    sessionOf('g', { funnel: 'shop' }),
    beganOf('g'),
    invoiceOf('g'),
  ] as never);
  const before = await relay.api('GET', of('quiz', `/report?from=${new Date(nowMs - 60_000).toISOString()}`));
  expect(before.body.missing).toEqual([]);
  expect(before.body.unchecked).toEqual([
    { psp: 'stripe', reason: expect.stringMatching(/^of 2 payments nothing says whether .*: in_[fg]_0, in_[fg]_0$/) },
  ]);
  const ofMain = await relay.api('GET', of('main', `/report?from=${new Date(nowMs - 60_000).toISOString()}`));
  expect(ofMain.body.missing.map(({ moneyId }: { moneyId: string }) => moneyId).sort()).toEqual(['in_f_0', 'in_g_0']);

  const started = await relay.api('POST', of('quiz', '/checks/stripe'));
  expect(started).toMatchObject({ status: 202, body: { workflowId: 'renewal-check/main/stripe' } });
  await relay.services.client.workflow.getHandle(started.body.workflowId as string).result();
  await counted('in_f_0', mainPixel, quizPixel);
  await counted('in_g_0', mainPixel);
  const view = await relay.api('GET', of('quiz', '/checks'));
  expect(view.body.items).toMatchObject([{ psp: 'stripe', account: 'main', state: 'idle', found: 2 }]);
  const after = await relay.api('GET', of('quiz', `/report?from=${new Date(nowMs - 60_000).toISOString()}`));
  expect(after.body).toMatchObject({ missing: [], unchecked: [] });

  // Another look brings nothing.
  const again = await relay.api('POST', of('main', '/checks/stripe'));
  expect(await relay.services.client.workflow.getHandle(again.body.workflowId as string).result()).toMatchObject({ found: 0 });
  await counted('in_f_0', mainPixel, quizPixel);
});

it('a webhook in the quarantine is its account’s, and read again it feeds all', async () => {
  for (const [n, event] of [sessionOf('h', { funnel: 'quiz' }), beganOf('h'), invoiceOf('h')].entries()) {
    const raw = Buffer.from(JSON.stringify(event));
    await relay.services.store.quarantine.keep('main', { psp: 'stripe', raw, type: `odd ${n}`, reason: 'odd', atMs: nowMs });
  }
  expect((await relay.api('GET', of('quiz', '/quarantine'))).body.items).toEqual([]);
  const { items } = (await relay.api('GET', of('main', '/quarantine'))).body;
  for (const { id } of items) expect((await relay.api('POST', of('main', `/quarantine/${id}/retry`))).status).toBe(200);
  await counted('in_h_0', mainPixel, quizPixel);
});

it('an erasure in one does not touch the other', async () => {
  await sent(sessionOf('i', { funnel: 'quiz' }), beganOf('i'), invoiceOf('i'));
  await counted('in_i_0', mainPixel, quizPixel);
  const erased = await relay.api('POST', of('quiz', '/users/u_i/erase'));
  expect(erased).toMatchObject({ status: 200, body: { orders: [{ psp: 'stripe', subscription: 'sub_i' }], waiting: 0 } });
  expect((await relay.api('GET', of('quiz', '/users/u_i'))).status).toBe(404);
  expect((await relay.api('GET', of('main', '/users/u_i'))).body).toMatchObject({
    identifiers: expect.arrayContaining(['user_id']),
  });
});

describe('an operator of the second pixel', () => {
  it('sees whose account it is, its endpoint, webhooks and checks, and cannot change its secrets', async () => {
    const { items } = (await relay.api('GET', of('quiz', '/providers'))).body;
    expect(items[0]).toMatchObject({
      psp: 'stripe',
      account: 'main',
      on: true,
      endpoint: expect.stringContaining('/webhooks/main/stripe'),
    });
    expect(items[0].lastDeliveries.length).toBeGreaterThan(0);
    expect(items[0].check).not.toBeNull();
    expect(items[1]).toMatchObject({ account: 'quiz', on: false });
    const added = await relay.api('POST', of('quiz', '/providers/stripe/secrets'), {
      kind: 'webhook',
      secret: 'whsec_another_long_one',
    });
    expect([added.status, added.body.detail]).toEqual([409, expect.stringContaining('takes the Stripe account of main')]);
    expect((await send(invoiceOf('a'), '/webhooks/quiz/stripe')).status).toBe(404);
  });

  it('has a set-up in which the account’s webhooks count, and no alert of silence of its own', async () => {
    const { items } = (await relay.api('GET', of('quiz', '/setup'))).body;
    const item = (key: string) => items.find((one: { key: string }) => one.key === key);
    expect(item('provider')).toMatchObject({ done: true, help: 'Webhooks are taken from Stripe (main’s).' });
    expect(item('webhook').done).toBe(true);
    expect(relay.services.accounts.own('quiz')).toEqual([]);
    expect(relay.services.accounts.on('quiz')).toEqual(['stripe']);
    expect((await relay.api('GET', of('quiz', '/coverage'))).status).toBe(200);
  });

  it('sends a sample that is its own alone', async () => {
    await relay.api('PATCH', of('quiz', '/settings'), { testEventCode: 'TEST1' });
    const played = await relay.api('POST', of('quiz', '/sample'), { kind: 'subscription' });
    expect(played.status).toBeLessThan(300);
    const { moneyId } = played.body.payments[0];
    await eventually(async () => expect(await recordOf('quiz', moneyId)).toMatchObject({ state: 'sent' }));
    expect(await recordOf('main', moneyId)).toBeUndefined();
    await relay.api('PATCH', of('quiz', '/settings'), { testEventCode: null });
  });
});

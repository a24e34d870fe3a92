/** Who it is, from page to page. */
import { hashedEmail, hashedExternalId, hashedPhone } from '../../src/tiktok';
import { call, Stage, until } from '../support/browser';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.start();
});
afterEach(async () => expect(await stage.reset()).toEqual({ errors: [], complaints: [] }));
afterAll(() => stage.stop());

const email = 'anna@example.com';
const phone = '+4915123456789';
const hashes = { email: hashedEmail(email), phone_number: hashedPhone(phone), external_id: hashedExternalId('u1') };
const form = `<form data-tt-registration action="/paywall"><input type="email" name="email" required /><button>Go</button></form>`;

it('is remembered on the next page: for TikTok, and for what the service is asked', async () => {
  stage.put('/', '');
  stage.put('/thanks', '<main data-tt-purchase="free_trial">Thanks</main>');
  const page = await stage.visit('/');
  await call(page, `ttr.identify(${JSON.stringify({ userId: 'u1', email, phone })}); ttr.checkoutPresented()`);
  await until(() => stage.names().length === 1);
  await stage.goto(page, '/thanks');
  await until(() => stage.names().length === 2);
  expect(stage.named('CompletePayment')[0]?.user).toEqual(hashes);
  expect(stage.asked).toEqual([
    { checkoutId: expect.any(String) as string, userId: 'u1', email: hashes.email, purchaseType: 'free_trial', contents: [] },
  ]);
  expect(await call(page, 'ttr.metadata().user_id')).toBe('u1');
});

it('from a form that leaves the page at once, too', async () => {
  stage.put('/', form);
  stage.put('/paywall', '<section data-tt-checkout>Buy</section>');
  const page = await stage.visit('/');
  await page.fill('input', email);
  await page.click('button');
  await until(() => stage.named('checkout_presented').length === 1);
  expect(stage.named('checkout_presented')[0]?.user).toEqual({ email: hashes.email });
});

it('in storage there is no e-mail and no phone number, but hashes', async () => {
  stage.put('/', '');
  const page = await stage.visit('/');
  await call(page, `ttr.identify(${JSON.stringify({ userId: 'u1', email, phone })}); ttr.checkoutPresented()`);
  await until(() => stage.names().length === 1);
  const stored = await call<string>(page, 'localStorage.ttr + document.cookie');
  expect(stored).toContain(hashes.email);
  expect(stored).not.toMatch(/anna|4915123456789/);
});

it('another user is somebody else: with a checkout of their own, and without the first one’s e-mail', async () => {
  stage.put('/', '');
  const page = await stage.visit('/');
  await call(page, `ttr.identify(${JSON.stringify({ userId: 'u1', email, phone })}); ttr.checkoutPresented()`);
  await until(() => stage.names().length === 1);
  const first = await call(page, 'ttr.metadata().checkout_id');
  await stage.goto(page, '/');
  await call(page, `ttr.identify({ userId: 'u2' }); ttr.checkoutPresented()`);
  await until(() => stage.names().length === 2);
  expect(stage.named('checkout_presented')[1]?.user).toEqual({ external_id: hashedExternalId('u2') });
  expect(await call(page, 'ttr.metadata().checkout_id')).not.toBe(first);
  const ofSecond = stage.collected.filter(({ userId }) => userId === 'u2');
  expect(ofSecond.length).toBeGreaterThan(0);
  for (const body of ofSecond) {
    expect(body).not.toHaveProperty('email');
    expect(body['checkoutId']).not.toBe(first);
  }
});

it('the same user again keeps the checkout', async () => {
  stage.put('/', '', { tag: 'data-user-id="u1"' });
  const page = await stage.visit('/');
  const first = await call(page, 'ttr.metadata().checkout_id');
  await call(page, `ttr.identify({ userId: 'u1', email: '${email}' })`);
  await stage.goto(page, '/');
  expect(await call(page, 'ttr.metadata().checkout_id')).toBe(first);
});

it.each(['without_identity', 'do_not_send'] as const)('is not remembered where consent means %s', async (unknown) => {
  stage.config = { consent: { denied: 'do_not_send', unknown } };
  stage.put('/', '');
  const page = await stage.visit('/');
  await call(page, `ttr.identify(${JSON.stringify({ userId: 'u1', email, phone })})`);
  await stage.goto(page, '/');
  expect(await call(page, `ttr.metadata().user_id ?? null`)).toBeNull();
  expect(await call<string>(page, `localStorage.ttr ?? ''`)).not.toMatch(/u1|[0-9a-f]{64}/);
});

it('is forgotten by the device also where a refusal means events without identity', async () => {
  stage.config = { consent: { denied: 'without_identity', unknown: 'send' } };
  stage.put('/', '');
  const page = await stage.visit('/');
  await call(page, `ttr.identify(${JSON.stringify({ userId: 'u1', email })}); ttr.checkoutPresented()`);
  await until(() => stage.names().length === 1);
  await call(page, `ttr.consent('denied')`);
  expect(await call<string>(page, `localStorage.ttr ?? ''`)).not.toMatch(/u1|[0-9a-f]{64}/);
});

it('is forgotten by the device when consent is revoked', async () => {
  stage.put('/', '');
  const page = await stage.visit('/');
  await call(page, `ttr.identify(${JSON.stringify({ userId: 'u1', email })}); ttr.checkoutPresented()`);
  await until(() => stage.names().length === 1);
  await call(page, `ttr.consent('denied')`);
  expect(await call<string>(page, `localStorage.ttr ?? ''`)).not.toMatch(/u1|[0-9a-f]{64}/);
  await stage.goto(page, '/');
  expect(await call(page, `ttr.metadata().user_id ?? null`)).toBeNull();
});

/** What a page states, as it really writes it: amounts, currencies, ids, e-mails and phone numbers. And pages that nobody sees yet. */
import { hashedEmail, hashedExternalId, hashedPhone } from '../../src/tiktok';
import { call, quiet, ready, Stage, until } from '../support/browser';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.start();
});
afterEach(async () => expect(await stage.reset()).toEqual({ errors: [], complaints: [] }));
afterAll(() => stage.stop());

describe('an amount', () => {
  const read: [unknown, string, object][] = [
    ['19.99', 'USD', { value: 19.99, currency: 'USD' }],
    ['19.99', 'usd', { value: 19.99, currency: 'USD' }],
    ['19,99', 'eur', { value: 19.99, currency: 'EUR' }],
    ['$19.99', 'usd', { value: 19.99, currency: 'USD' }],
    ['19.99 USD', 'USD', { value: 19.99, currency: 'USD' }],
    ['usd 19.99', 'USD', { value: 19.99, currency: 'USD' }],
    ['19,99\u00a0€', 'EUR', { value: 19.99, currency: 'EUR' }],
    ['1.299,00', 'EUR', { value: 1299, currency: 'EUR' }],
    ['1,299.00', 'USD', { value: 1299, currency: 'USD' }],
    ['1 299,00', 'EUR', { value: 1299, currency: 'EUR' }],
    ['1.234.567,89', 'EUR', { value: 1234567.89, currency: 'EUR' }],
    ['１９.９９', 'USD', {}],
    ['0', 'USD', { value: 0, currency: 'USD' }],
    ['0.00', 'USD', { value: 0, currency: 'USD' }],
    ['1299', 'JPY', { value: 1299, currency: 'JPY' }],
    ['19.9900', 'USD', { value: 19.99, currency: 'USD' }],
    ['\u200b19.99', ' usd ', { value: 19.99, currency: 'USD' }],
    [19.99, 'usd', { value: 19.99, currency: 'USD' }],
    [1.125, 'KWD', { value: 1.125, currency: 'KWD' }],
    [0, 'USD', { value: 0, currency: 'USD' }],
    [undefined, 'usd', { currency: 'USD' }],
    ['19.99', '', { value: 19.99 }],
    // In doubt, or none.
    ['1,299', 'USD', {}],
    ['1.299', 'EUR', {}],
    ['-5', 'USD', {}],
    ['−5', 'USD', {}],
    ['($5.00)', 'USD', {}],
    [-5, 'USD', {}],
    ['19.99 €', 'usd', {}],
    ['£19.99', 'USD', {}],
    ['19.99/mo', 'USD', {}],
    ['19.99 - 29.99', 'USD', {}],
    ['12.34,56', 'USD', {}],
    ['1,2,3', 'USD', {}],
    ['free', 'USD', {}],
    ['1e3', 'USD', {}],
    ['.', 'USD', {}],
    ['$', 'USD', {}],
    [1e21, 'USD', {}],
  ];

  it('is read where there is no doubt; else there is neither value nor currency', async () => {
    stage.put('/', '');
    const page = await stage.visit('/');
    for (const [value, currency] of read) {
      await call(
        page,
        `ttr.checkoutPresented({ value: ${JSON.stringify(value) ?? 'undefined'}, currency: ${JSON.stringify(currency)} })`,
      );
    }
    await until(() => stage.named('checkout_presented').length === read.length);
    const sent = stage.calls('track').map(([, , properties]) => properties);
    expect(sent.map((properties, n) => [...read[n]!.slice(0, 2), properties])).toEqual(read);
  });

  it.each([
    ['usd', '$19.99', { value: 19.99, currency: 'USD' }],
    ['eur', '1.299,00', { value: 1299, currency: 'EUR' }],
    ['usd', '-5', {}],
  ])('is read from attributes alike: %s %s', async (currency, value, properties) => {
    stage.put(
      '/',
      `<section data-tt-checkout="subscription" data-tt-value="${value}" data-tt-currency="${currency}">Pay</section>`,
    );
    await stage.visit('/');
    await until(() => stage.named('InitiateCheckout').length === 1);
    for (const event of ['checkout_presented', 'InitiateCheckout'])
      expect(stage.named(event).map((one) => one.properties)).toEqual([properties]);
  });
});

describe('a checkout id that is a number', () => {
  it('is its text, in a call', async () => {
    stage.put('/', '');
    const page = await stage.visit('/');
    const pay = 'ttr.completePayment({ checkoutId: 273197, value: 19.99, currency: "USD", purchaseType: "subscription" })';
    expect(await call(page, pay)).toBe(true);
    expect(stage.asked).toEqual([{ checkoutId: '273197', purchaseType: 'subscription', contents: [] }]);
    expect(await call(page, pay.replace('273197', '"273197"'))).toBe(false);
  });

  it('is its text, in an attribute', async () => {
    stage.put('/', '<main data-tt-purchase="lifetime" data-tt-checkout-id="273197">Thanks</main>');
    await stage.visit('/');
    await until(() => stage.named('CompletePayment').length === 1);
    expect(stage.asked).toEqual([{ checkoutId: '273197', purchaseType: 'lifetime', contents: [] }]);
  });

  it.each(['{}', '[]', 'null', 'NaN', '0', '""', '" "'])('%s is none: the current checkout is meant', async (junk) => {
    stage.put('/', '');
    const page = await stage.visit('/');
    const current = await call(page, 'ttr.metadata().checkout_id');
    expect(await call(page, `ttr.completePayment({ checkoutId: ${junk} })`)).toBe(true);
    expect(stage.asked).toEqual([{ checkoutId: current, contents: [] }]);
  });
});

describe('an e-mail and a phone number', () => {
  it.each([
    ['anna@example.com\u200b', '\u202a+1 (213) 373-4253\u202c'],
    ['\ufeffAnna@Example.com', '+1\u00a0213\u202f373 4253'],
    ['anna＠example．com', '＋１２１３３７３４２５３'],
    ['mailto:anna@example.com', 'tel:+1-213-373-4253'],
    ['an\u00adna@example.com', '+1‑213‑373‑4253'],
  ])('have the hashes that the server makes: %j, %j', async (email, phone) => {
    const hashes = { email: hashedEmail('anna@example.com'), phone_number: hashedPhone('+12133734253') };
    expect([hashedEmail(email), hashedPhone(phone)]).toEqual([hashes.email, hashes.phone_number]);
    stage.put('/', '');
    const page = await stage.visit('/');
    await call(page, `ttr.identify(${JSON.stringify({ email, phone, userId: 'u1\u200b' })}); ttr.checkoutPresented()`);
    await until(() => stage.named('checkout_presented').length === 1);
    expect(stage.named('checkout_presented')[0]?.user).toEqual({ ...hashes, external_id: hashedExternalId('u1') });
    await until(() => stage.collected.some(({ email: posted }) => /^anna@example\.com$/i.test(String(posted))));
  });
});

describe('a page that the browser has loaded in advance', () => {
  /** As Chromium shows it to a page: `document.prerendering`, and `prerenderingchange` on the document. */
  const inAdvance = `
    let isPrerendered = true;
    Object.defineProperty(document, 'prerendering', { get: () => isPrerendered });
    window.activate = () => { isPrerendered = false; document.dispatchEvent(new Event('prerenderingchange')); };`;

  it('fires nothing, also not by call, and everything once it is shown', async () => {
    const head = `<script>addEventListener('DOMContentLoaded', () => { window.paid = ttr.completePayment({ checkoutId: 'c1' }); ttr.identify({ userId: 'u1' }); })</script>`;
    stage.put('/', '<section data-tt-checkout="subscription">Buy</section>', { head });
    const page = await (await stage.context()).newPage();
    await page.addInitScript(inAdvance);
    await page.goto(stage.siteUrl);
    await page.waitForFunction('window.paid !== undefined');
    await quiet(500);
    expect([stage.collected, stage.asked, stage.calls()]).toEqual([[], [], []]);
    expect(
      await call(page, `[localStorage.length, document.cookie, document.querySelectorAll('script[src*=sdkid]').length]`),
    ).toEqual([0, '', 0]);
    await call(page, 'activate()');
    await ready(page);
    await until(() => stage.names().length === 3);
    expect(stage.names().sort()).toEqual(['CompletePayment', 'InitiateCheckout', 'checkout_presented']);
    expect(await call(page, 'paid')).toBe(true);
    // The browser says when the section is in sight: with what it sells, or before, without.
    expect(stage.asked).toEqual([expect.objectContaining({ checkoutId: 'c1', userId: 'u1' })]);
  });

  it('begins once only, and later calls go through', async () => {
    stage.put('/', '');
    const page = await (await stage.context()).newPage();
    await page.addInitScript(inAdvance);
    await page.goto(stage.siteUrl);
    await call(page, 'activate(); activate()');
    await ready(page);
    await call(page, 'ttr.checkoutPresented()');
    await until(() => stage.names().length === 1);
    expect(stage.calls('page')).toHaveLength(1);
  });
});

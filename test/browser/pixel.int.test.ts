/** The four events on plain pages: name, count, parameters and event id. */
import type { Page } from 'playwright-core';
import { hashedEmail, hashedExternalId, hashedPhone } from '../../src/tiktok/user-data';
import { call, loader, pixelCode, quiet, ready, Stage, until } from '../support/browser';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.start();
});
afterEach(async () => expect(await stage.reset()).toEqual({ errors: [], complaints: [] }));
afterAll(() => stage.stop());

const uuid = /^[0-9a-f]{32}$/;
const paywall =
  '<section data-tt-checkout="free_trial" data-tt-value="19.99" data-tt-currency="USD" data-tt-content-id="yearly" data-tt-content-name="A year">Buy</section>';
const thanks = '<main data-tt-purchase="free_trial" data-tt-value="0" data-tt-currency="USD">Thank you</main>';

const checkoutIdOn = (page: Page): Promise<string> => call(page, 'ttr.metadata().checkout_id');

describe("TikTok's base code", () => {
  it('is the documented queue, its script asked for by pixel code', async () => {
    stage.config = { scriptUrl: `${stage.tiktokUrl}/nothing.js` };
    stage.put('/', '');
    const page = await stage.visit('/');
    const queue = await call<Record<string, unknown>>(
      page,
      `({ isArray: Array.isArray(ttq), name: TiktokAnalyticsObject, methods: ttq.methods, calls: ttq.slice(0, 1),
         deferred: ttq.methods.every((method) => typeof ttq[method] === 'function'), _u: ttq._i['${pixelCode}']._u, _o: ttq._o,
         isLoadedAt: typeof ttq._t['${pixelCode}'], instance: typeof ttq.instance('${pixelCode}').track,
         scripts: [...document.scripts].map(({ src }) => src).filter(Boolean) })`,
    );
    const scriptUrl = `${stage.tiktokUrl}/nothing.js`;
    expect(queue).toEqual({
      isArray: true,
      name: 'ttq',
      methods:
        'page track identify instances debug on off once ready alias group enableCookie disableCookie holdConsent revokeConsent grantConsent'.split(
          ' ',
        ),
      calls: [['page']],
      deferred: true,
      _u: scriptUrl,
      _o: { [pixelCode]: { limited_data_use: false } },
      isLoadedAt: 'number',
      instance: 'function',
      scripts: [`${stage.relayUrl}/pixel.js`, `${scriptUrl}?sdkid=${pixelCode}&lib=ttq`],
    });
  });

  it('is left alone where the page has loaded this pixel already', async () => {
    const theirs = `<script>
      window.TiktokAnalyticsObject = 'ttq'; var ttq = window.ttq = [];
      ttq.methods = ['page', 'track', 'identify', 'ready', 'holdConsent', 'revokeConsent', 'grantConsent'];
      ttq.methods.forEach((method) => { ttq[method] = (...args) => void ttq.push([method, ...args]); });
      ttq.load = () => { throw new Error('loaded twice'); };
      ttq._i = { ${pixelCode}: [] };
      ttq.page();
    </script><script async src="${stage.tiktokUrl}/i18n/pixel/events.js?sdkid=${pixelCode}&lib=ttq"></script>`;
    stage.put('/', paywall, { head: theirs });
    const page = await stage.visit('/');
    await until(() => stage.names().length === 2);
    expect(stage.calls('page')).toHaveLength(1);
    expect(await call(page, `document.querySelectorAll('script[src*="events.js"]').length`)).toBe(1);
  });
});

describe('checkout_presented and InitiateCheckout', () => {
  it('go once each for a checkout that is shown and seen, with what its attributes say', async () => {
    stage.put('/paywall', paywall);
    await stage.visit('/paywall');
    await until(() => stage.names().length === 2);
    await quiet();
    const properties = { value: 19.99, currency: 'USD', contents: [{ content_id: 'yearly', content_name: 'A year' }] };
    expect(stage.calls('track')).toEqual([
      ['track', 'checkout_presented', properties, { event_id: expect.stringMatching(uuid) }],
      ['track', 'InitiateCheckout', properties, { event_id: expect.stringMatching(uuid) }],
    ]);
    const [presented, initiated] = stage.events.filter(({ event }) => event !== 'Pageview');
    expect(presented!.event_id).not.toBe(initiated!.event_id);
    expect(stage.names().sort()).toEqual(['InitiateCheckout', 'checkout_presented']);
  });

  it('the first at every opening, the second once per session, over reloads and tabs', async () => {
    stage.put('/paywall', paywall);
    const context = await stage.context();
    const [one, two] = [await context.newPage(), await context.newPage()];
    await stage.goto(one, '/paywall');
    await until(() => stage.names().length === 2);
    await one.reload();
    await until(() => stage.named('checkout_presented').length === 2);
    await stage.goto(two, '/paywall');
    await until(() => stage.named('checkout_presented').length === 3);
    await quiet();
    expect(stage.named('InitiateCheckout')).toHaveLength(1);
  });

  it('a session ends after 30 minutes without activity, and not before', async () => {
    stage.put('/paywall', paywall);
    const page = await stage.visit('/paywall');
    await until(() => stage.names().length === 2);
    const minute = 60_000;
    const startMs = await call<number>(page, 'Date.now()');
    await page.clock.setFixedTime(startMs + 29 * minute);
    await page.reload();
    await until(() => stage.named('checkout_presented').length === 2);
    await page.clock.setFixedTime(startMs + 58 * minute);
    await page.reload();
    await until(() => stage.named('checkout_presented').length === 3);
    expect(stage.named('InitiateCheckout')).toHaveLength(1);
    await page.clock.setFixedTime(startMs + 89 * minute);
    await page.reload();
    await until(() => stage.named('InitiateCheckout').length === 2);
  });

  it('seen is half of it in view', async () => {
    stage.put('/paywall', '<div style="height:1000px"></div><section data-tt-checkout style="height:400px">Buy</section>');
    const page = await stage.visit('/paywall');
    await until(() => stage.named('checkout_presented').length === 1);
    await call(page, 'scrollTo(0, 1000 - innerHeight + 180)');
    await quiet();
    expect(stage.named('InitiateCheckout')).toHaveLength(0);
    await call(page, 'scrollTo(0, 1000 - innerHeight + 220)');
    await until(() => stage.named('InitiateCheckout').length === 1);
  });

  it('of one taller than the screen, half a screen of it', async () => {
    stage.put('/paywall', '<div style="height:1000px"></div><section data-tt-checkout style="height:6000px">Buy</section>');
    const page = await stage.visit('/paywall');
    await until(() => stage.named('checkout_presented').length === 1);
    await call(page, 'scrollTo(0, 1000 - innerHeight + 250)');
    await quiet();
    expect(stage.named('InitiateCheckout')).toHaveLength(0);
    await call(page, 'scrollTo(0, 1000 - innerHeight + 400)');
    await until(() => stage.named('InitiateCheckout').length === 1);
  });

  it('what is not displayed is not open; shown again it is opened again', async () => {
    stage.put('/paywall', `<dialog>${paywall}</dialog>`);
    const page = await stage.visit('/paywall');
    await quiet();
    expect(stage.names()).toEqual([]);
    await call(page, `document.querySelector('dialog').showModal()`);
    await until(() => stage.names().length === 2);
    await call(page, `document.querySelector('dialog').close()`);
    await quiet(100);
    await call(page, `document.querySelector('dialog').showModal()`);
    await until(() => stage.names().length === 3);
    expect(stage.named('checkout_presented')).toHaveLength(2);
  });

  it('a page that comes back whole, from the back-forward cache, opens its checkout again', async () => {
    stage.put('/paywall', paywall);
    stage.put('/terms', '<script>setTimeout(() => history.back(), 300)</script>');
    const page = await stage.visit('/paywall');
    await until(() => stage.names().length === 2);
    await page.evaluate(`location.href = '/terms'`);
    await until(() => stage.named('checkout_presented').length === 2);
    await quiet();
    expect(stage.requested).toEqual(['/paywall', '/terms']);
    expect(stage.named('InitiateCheckout')).toHaveLength(1);
  });
});

describe('CompletePayment', () => {
  it('goes once the server allows it, under its name and event id', async () => {
    stage.put('/paywall', paywall);
    stage.put('/thanks', thanks);
    stage.decide = () => ({ send: true, eventId: 'stripe:in_1', eventName: 'Purchase' });
    const page = await stage.visit('/paywall');
    const checkoutId = await checkoutIdOn(page);
    expect(checkoutId).toMatch(uuid);
    await call(page, `ttr.identify({ userId: 'u1', email: 'Ann@Example.com' })`);
    await stage.goto(page, '/thanks');
    await until(() => stage.named('Purchase').length === 1);
    expect(stage.asked).toEqual([
      { checkoutId, userId: 'u1', email: hashedEmail('ann@example.com'), purchaseType: 'free_trial', contents: [] },
    ]);
    expect(stage.calls('track').pop()).toEqual(['track', 'Purchase', { value: 0, currency: 'USD' }, { event_id: 'stripe:in_1' }]);
  });

  it('asks with what the page says is bought, and reports what the server makes of it', async () => {
    const said = {
      contents: [{ content_id: 'premium', quantity: 1, price: 9.99 }],
      content_ids: ['premium'],
      customer_type: 'new',
    };
    stage.decide = (asked) => ({ send: true, eventId: String(asked.checkoutId), eventName: 'Purchase', properties: said });
    stage.put(
      '/one',
      `<body data-tt-purchase data-tt-value="9.99" data-tt-currency="usd" data-tt-content-id="price_1" data-tt-quantity="2" data-tt-price="$4.99">`,
    );
    stage.put(
      '/many',
      `<body data-tt-purchase data-tt-checkout-id="c-2" data-tt-contents='[{"content_id":"a"},{"content_id":"b"}]'>`,
    );
    stage.put('/junk', `<body data-tt-purchase data-tt-checkout-id="c-3" data-tt-contents='[{"content_id":'>`);
    const page = await stage.visit('/one');
    await until(() => stage.named('Purchase').length === 1);
    expect(stage.asked.pop()).toMatchObject({ contents: [{ content_id: 'price_1', quantity: 2, price: 4.99 }], currency: 'USD' });
    expect(stage.calls('track').pop()?.[2]).toEqual({ value: 9.99, currency: 'USD', ...said });
    await stage.goto(page, '/many');
    await until(() => stage.named('Purchase').length === 2);
    expect(stage.asked.pop()).toMatchObject({ contents: [{ content_id: 'a' }, { content_id: 'b' }] });
    await stage.goto(page, '/junk');
    await until(() => stage.named('Purchase').length === 3);
    expect(stage.asked.pop()).toMatchObject({ contents: [] });
  });

  it('not again after a reload, nor from another tab', async () => {
    stage.put('/thanks', thanks);
    const context = await stage.context();
    const page = await context.newPage();
    await stage.goto(page, '/thanks');
    await until(() => stage.named('CompletePayment').length === 1);
    await page.reload();
    await stage.goto(await context.newPage(), '/thanks');
    await quiet();
    expect(stage.named('CompletePayment')).toHaveLength(1);
    expect(stage.asked).toHaveLength(1);
  });

  it('not again after going back to the checkout and forward', async () => {
    // Pages that the browser does not keep whole.
    const headers = { 'Cache-Control': 'no-store' };
    const head = `<script>addEventListener('unload', () => {})</script>`;
    stage.put('/paywall', paywall, { head, headers });
    stage.put('/thanks', thanks, { head, headers });
    const page = await stage.visit('/paywall');
    const first = await checkoutIdOn(page);
    await stage.goto(page, '/thanks');
    await until(() => stage.named('CompletePayment').length === 1);
    await page.goBack();
    await ready(page);
    await until(() => stage.named('checkout_presented').length === 2);
    const second = await checkoutIdOn(page);
    expect(second).not.toBe(first);
    await page.goForward();
    await ready(page);
    await quiet();
    expect(stage.asked.map(({ checkoutId }) => checkoutId)).toEqual([first]);
    // Whoever then buys again has bought twice.
    await stage.goto(page, '/paywall');
    await stage.goto(page, '/thanks');
    await until(() => stage.named('CompletePayment').length === 2);
    expect(stage.asked.map(({ checkoutId }) => checkoutId)).toEqual([first, second]);
  });

  it('nor where the browser keeps these pages whole', async () => {
    const step = (code: string) => `<script>
      addEventListener('pageshow', () => { const shown = +(sessionStorage.shown ?? 0) + 1; sessionStorage.shown = shown; setTimeout(() => { ${code} }, 400); });
    </script>`;
    stage.put('/paywall', paywall + step(`if (shown === 1) location.href = '/thanks'; if (shown === 3) history.forward();`));
    stage.put('/thanks', thanks + step(`if (shown === 2) history.back();`));
    await stage.visit('/paywall');
    await until(() => stage.named('checkout_presented').length === 2);
    await quiet(1_200);
    expect(stage.requested).toEqual(['/paywall', '/thanks']);
    expect(stage.names().sort()).toEqual(['CompletePayment', 'InitiateCheckout', 'checkout_presented', 'checkout_presented']);
  });

  it('keeps its checkout on the way to a payment provider and back', async () => {
    stage.put('/paywall', paywall);
    stage.put('/thanks', thanks);
    const page = await stage.visit('/paywall');
    const checkoutId = await checkoutIdOn(page);
    await page.goto(`${stage.tiktokUrl}/elsewhere`);
    await stage.goto(page, '/thanks');
    await until(() => stage.named('CompletePayment').length === 1);
    expect(stage.named('CompletePayment')[0]!.event_id).toBe(`event-of-${checkoutId}`);
  });

  it('on a page with another offer the purchase is the first checkout, and the offer the next', async () => {
    stage.put('/paywall', paywall);
    stage.put('/thanks', paywall + thanks);
    const page = await stage.visit('/paywall');
    const first = await checkoutIdOn(page);
    await stage.goto(page, '/thanks');
    await until(() => stage.named('CompletePayment').length === 1);
    for (const times of [3, 4]) {
      await page.reload();
      await until(() => stage.named('checkout_presented').length === times);
    }
    await quiet();
    expect(stage.named('CompletePayment').map(({ event_id }) => event_id)).toEqual([`event-of-${first}`]);
  });

  it('stays away where the server says no, and is asked for again on the next visit', async () => {
    stage.put('/thanks', thanks);
    stage.decide = () => ({ send: false, eventId: 'x', eventName: 'CompletePayment' });
    const page = await stage.visit('/thanks');
    await until(() => stage.asked.length === 1);
    expect(await call(page, 'ttr.completePayment()')).toBe(false);
    await page.reload();
    await until(() => stage.asked.length === 3);
    await quiet();
    expect(stage.names()).toEqual([]);
  });

  it.each(['unavailable', 'refusing'] as const)(
    'stays away while the server is %s, and comes with a later visit',
    async (mode) => {
      stage.expectedErrors = [/status of (503|400)/];
      stage.put('/thanks', thanks);
      stage.mode = mode;
      const page = await stage.visit('/thanks');
      await until(() => stage.asked.length === 1);
      await quiet();
      expect(stage.names()).toEqual([]);
      stage.mode = 'ok';
      await page.reload();
      await until(() => stage.named('CompletePayment').length === 1);
    },
  );

  it('gives up on a server that hangs', async () => {
    stage.put('/', '');
    const page = await stage.visit('/');
    await until(() => stage.collected.length >= 1);
    await quiet();
    stage.mode = 'hanging';
    const startMs = performance.now();
    expect(await call(page, 'ttr.completePayment()')).toBe(false);
    // It gives up after 5 s; the rest is room for a loaded machine.
    expect(performance.now() - startMs).toBeLessThan(20_000);
  });

  it('again at one address, when a checkout was opened in between', async () => {
    stage.put('/', '');
    const page = await stage.visit('/');
    await call(page, 'ttr.checkoutPresented()');
    expect(await call(page, 'ttr.completePayment()')).toBe(true);
    await page.reload();
    await ready(page);
    expect(await call(page, 'ttr.completePayment()')).toBe(false);
    await call(page, 'ttr.checkoutPresented()');
    expect(await call(page, 'ttr.completePayment()')).toBe(true);
  });

  it('two calls at once for one checkout fire once; a checkout that is named is that one', async () => {
    stage.put('/', '');
    const page = await stage.visit('/');
    const params = `{ checkoutId: 'c1', purchaseType: 'lifetime', value: '49', currency: 'EUR', colour: 'red' }`;
    const fired = await call<boolean[]>(page, `Promise.all([ttr.completePayment(${params}), ttr.completePayment(${params})])`);
    expect(fired.filter(Boolean)).toHaveLength(1);
    expect(await call(page, `ttr.completePayment(${params})`)).toBe(false);
    expect(await call(page, `ttr.completePayment({ checkoutId: 'c2' })`)).toBe(true);
    await until(() => stage.named('CompletePayment').length === 2);
    expect(stage.asked).toEqual([
      { checkoutId: 'c1', purchaseType: 'lifetime', contents: [] },
      { checkoutId: 'c2', contents: [] },
    ]);
    expect(stage.calls('track')).toEqual([
      ['track', 'CompletePayment', { value: 49, currency: 'EUR' }, { event_id: 'event-of-c1' }],
      ['track', 'CompletePayment', {}, { event_id: 'event-of-c2' }],
    ]);
  });

  it('takes its purchase type from the checkout before it, where it states none', async () => {
    stage.put('/paywall', '<section data-tt-checkout="paid_trial">Buy</section>');
    stage.put('/thanks', '<main data-tt-purchase>Thank you</main>');
    const page = await stage.visit('/paywall');
    await until(() => stage.names().length === 2);
    await stage.goto(page, '/thanks');
    await until(() => stage.asked.length === 1);
    expect(stage.asked[0]).toMatchObject({ purchaseType: 'paid_trial' });
  });

  it('the server learns who it is before it is asked', async () => {
    stage.put('/', '');
    const page = await stage.visit('/');
    await until(() => stage.collected.length > 0);
    await quiet();
    stage.happened.length = 0;
    stage.collectDelayMs = 400;
    await call(page, `ttr.identify({ userId: 'u1', email: 'ann@example.com' }); void ttr.completePayment()`);
    await until(() => stage.named('CompletePayment').length === 1);
    expect(stage.happened).toEqual(['collect', 'collect answered', 'purchase']);
    expect(stage.collected.pop()).toMatchObject({ userId: 'u1', email: 'ann@example.com' });
    expect(stage.asked).toEqual([{ checkoutId: expect.any(String), userId: 'u1', email: 'ann@example.com', contents: [] }]);
    expect(stage.named('CompletePayment')[0]!.user).toEqual({
      email: hashedEmail('ann@example.com'),
      external_id: hashedExternalId('u1'),
    });
  });
});

describe('CompleteRegistration', () => {
  const form = `<form data-tt-registration action="/next" novalidate>
    <input type="email" name="email" required><input type="tel" name="phone"><input name="csrf" type="hidden" value="${'a'.repeat(64)}">
    <button>Continue</button></form>`;

  it('goes when the form is sent, also when the page is left at once; TikTok knows who it is before', async () => {
    // However slow the device is, the hashes are made while the visitor types.
    const head = `<script>const digest = crypto.subtle.digest.bind(crypto.subtle);
      crypto.subtle.digest = async (...args) => { await new Promise((go) => setTimeout(go, 200)); return digest(...args); };</script>`;
    stage.put('/sign-up', form, { head });
    stage.put('/next', 'Next');
    const page = await stage.visit('/sign-up');
    await until(() => stage.calls('page').length === 1);
    await page.fill('[type=email]', ' Ann.Smith@Example.com ');
    await page.fill('[type=tel]', '+49 (171) 123-45.67');
    await quiet(500);
    await page.click('button');
    await page.waitForURL('**/next?*');
    await until(() => stage.named('CompleteRegistration').length === 1);
    const identified = ['identify', { email: hashedEmail('ann.smith@example.com'), phone_number: hashedPhone('+491711234567') }];
    await until(() => stage.calls('identify', 'track').length === 3);
    expect(stage.calls('identify', 'track')).toEqual([
      identified,
      ['track', 'CompleteRegistration', {}, { event_id: expect.stringMatching(uuid) }],
      identified, // on the next page
    ]);
    await until(() => stage.collected.some(({ email }) => email === 'Ann.Smith@Example.com'));
    expect(stage.collected.find(({ email }) => email)).toMatchObject({ phone: '+49 (171) 123-45.67' });
  });

  it('around a form as well; once per completion, not for an invalid one or another form', async () => {
    stage.put(
      '/sign-up',
      `<div data-tt-registration><form onsubmit="return false" novalidate><input autocomplete="email" type="email" name="login" required>
       <button>Go</button></form></div><form id="other" onsubmit="return false"><input type="email"><button>Other</button></form>`,
    );
    const page = await stage.visit('/sign-up');
    await page.click('#other button');
    await page.click('div button');
    await page.fill('div input', 'not an address');
    await page.click('div button');
    await quiet();
    expect(stage.names()).toEqual([]);
    await page.fill('div input', 'ann@example.com');
    await page.click('div button');
    await page.click('div button');
    await quiet();
    expect(stage.names()).toEqual(['CompleteRegistration']);
    await page.fill('div input', 'bob@example.com');
    await page.click('div button');
    await until(() => stage.names().length === 2);
    expect(stage.named('CompleteRegistration').map(({ user }) => user['email'])).toEqual([
      hashedEmail('ann@example.com'),
      hashedEmail('bob@example.com'),
    ]);
  });
});

describe('identify', () => {
  it("gives TikTok the server's own hashes, and nothing that is not one", async () => {
    const hash = 'AB'.repeat(32);
    const people: { email: string; phone: string; userId: string | number | null }[] = [
      { email: ' ALICE_abc@gmail.com ', phone: '(+1)2133734253', userId: ' user_123 ' },
      { email: 'ann+tag@exämple.de', phone: '0044 20 7946 0958', userId: 42 },
      { email: hash, phone: hash, userId: hash },
      { email: 'no address', phone: '0171 1234567', userId: '  ' },
      { email: 'a@b.co, c@d.co', phone: '+44 (0)20 7946 0958', userId: null },
      { email: '', phone: '+1 213 373 4253 ext. 5', userId: 'undefined' },
    ];
    stage.put('/', '');
    await Promise.all(
      people.map(async (person) => {
        const page = await stage.visit('/');
        await call(page, `ttr.identify(${JSON.stringify(person)}); ttr.completeRegistration()`);
      }),
    );
    await until(() => stage.named('CompleteRegistration').length === people.length);
    const text = (raw: string | number | null) => (raw === null ? undefined : `${raw}`);
    const expected = people.map(({ email, phone, userId }, index) => ({
      email: hashedEmail(text(email)),
      // Of these the server knows what is meant, and the script leaves them to it.
      phone_number: index > 3 ? undefined : hashedPhone(text(phone)),
      external_id: hashedExternalId(text(userId)),
    }));
    const users = stage.named('CompleteRegistration').map(({ user }) => user);
    for (const one of expected) expect(users).toContainEqual(JSON.parse(JSON.stringify(one)));
    expect(expected[0]).toEqual({
      email: '848a771458438fc2ec420560d769fb9b9b86851ee338ec56517baabd79d3bb4f',
      phone_number: '9f7ec22d72092cd3c0b58726ed9c2d91b92e51a3f29837508fb2948bb22dd2fd',
      external_id: '80fba0ae1c48e3978e43e4efc365e14e12ea0c830ba8ba5b9a2dafc7e3f2ab8b',
    });
  });

  it('takes the user id of the script tag, and repeats nothing', async () => {
    stage.put('/', paywall, { tag: 'data-user-id="u1"' });
    const page = await stage.visit('/');
    await until(() => stage.names().length === 2);
    await call(page, `ttr.identify({ userId: 'u1' }); ttr.identify({}); ttr.checkoutPresented()`);
    await until(() => stage.names().length === 3);
    expect(stage.calls('identify')).toEqual([['identify', { external_id: hashedExternalId('u1') }]]);
    expect(stage.calls('identify', 'track')[0]![0]).toBe('identify');
    expect(await call(page, 'ttr.metadata()')).toEqual({ checkout_id: expect.stringMatching(uuid), user_id: 'u1' });
  });
});

describe('the script', () => {
  it('keeps calls made before it has loaded, and answers them', async () => {
    stage.put(
      '/',
      `<script>
        const early = window.ttr;
        ttr.identify({ userId: 'u1' });
        ttr.checkoutPresented({ value: 5, currency: 'USD' });
        window.answers = Promise.all([ttr.metadata(), ttr.newCheckout(), ttr.completePayment({ checkoutId: 'c1' })]);
        window.later = () => early.metadata();
      </script>`,
    );
    const page = await stage.visit('/');
    const [metadata, id, fired] = await call<[Record<string, string>, string, boolean]>(page, 'window.answers');
    expect(metadata).toEqual({ checkout_id: expect.stringMatching(uuid), user_id: 'u1' });
    expect(id).toMatch(uuid);
    expect(id).not.toBe(metadata['checkout_id']);
    expect(fired).toBe(true);
    await until(() => stage.names().length === 2);
    expect(stage.named('checkout_presented')[0]).toMatchObject({ properties: { value: 5, currency: 'USD' } });
    // What the page took hold of before works on, and is no promise itself.
    expect(await call(page, 'window.later().checkout_id')).toBe(id);
    expect(await call(page, 'ttr.newCheckout() !== ttr.newCheckout()')).toBe(true);
    expect(await call(page, '(async () => typeof (await ttr).metadata)()')).toBe('function');
  });

  it('works without the loader, does nothing the second time, and adds one global', async () => {
    const ours = `<script src="${stage.relayUrl}/pixel.js"></script>`;
    stage.put('/', paywall, {
      bare: true,
      head: `<script>window.before = Object.keys(window)</script>${ours}<script>window.first = ttr.metadata</script>${ours}`,
    });
    const page = await stage.visit('/');
    await until(() => stage.names().length === 2);
    await quiet();
    expect(stage.names()).toHaveLength(2);
    expect(await call(page, 'window.first === ttr.metadata')).toBe(true);
    const added = await call<string[]>(page, 'Object.keys(window).filter((name) => !window.before.includes(name))');
    expect(added.sort()).toEqual(['TiktokAnalyticsObject', 'before', 'first', 'ttq', 'ttr']);
    expect(loader).toContain('Proxy');
  });
});

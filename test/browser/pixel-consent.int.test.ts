/** Consent: what is stored, posted and told to TikTok in each state, and as it changes. */
import type { Page } from 'playwright-core';
import { hashedEmail } from '../../src/tiktok/user-data';
import { call, pixelCode, quiet, Stage, until } from '../support/browser';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.start();
});
afterEach(async () => expect(await stage.reset()).toEqual({ errors: [], complaints: [] }));
afterAll(() => stage.stop());

const paywall = '<section data-tt-checkout>Buy</section>';
const required = { denied: 'do_not_send', unknown: 'do_not_send' } as const;

const methods = (): unknown[] => stage.calls().map(([method, name]) => (method === 'track' ? name : method));
const storedOn = (page: Page): Promise<string[]> =>
  call(
    page,
    `[document.cookie, ...Object.entries(localStorage).flat(), ...Object.entries(sessionStorage).flat()].filter(Boolean)`,
  );

describe('where consent is asked for first', () => {
  beforeEach(() => {
    stage.config = { consent: required };
  });

  it('nothing is stored, posted or sent before; then all of it, in order', async () => {
    stage.put('/paywall', paywall);
    const page = await stage.visit('/paywall?ttclid=E.C.P.abc');
    await call(
      page,
      `ttr.identify({ email: 'ann@example.com' }); ttr.consent('unknown'); ttr.checkoutPresented({ description: 'again' })`,
    );
    expect(await call(page, 'ttr.completePayment()')).toBe(false);
    await quiet(400);
    expect(await storedOn(page)).toEqual([]);
    expect([...stage.collected, ...stage.asked, ...stage.events]).toEqual([]);
    expect(methods()).toEqual(['holdConsent', 'page', 'ready', 'holdConsent']);
    const { checkout_id: checkoutId } = await call<{ checkout_id: string }>(page, 'ttr.metadata()');

    await call(page, `ttr.consent('granted')`);
    await until(() => stage.names().length === 4);
    expect(stage.collected[0]).toMatchObject({ checkoutId, email: 'ann@example.com', ttclid: 'E.C.P.abc', consent: 'granted' });
    expect(methods().slice(4)).toEqual([
      'grantConsent',
      'identify',
      'checkout_presented',
      'InitiateCheckout',
      'checkout_presented',
      'CompletePayment',
    ]);
    expect(stage.named('CompletePayment')[0]).toMatchObject({
      event_id: `event-of-${checkoutId}`,
      user: { email: hashedEmail('ann@example.com') },
    });
    expect((await storedOn(page)).join()).toContain('E.C.P.abc');

    // It is remembered, and so is what was done.
    await stage.goto(page, '/paywall');
    await until(() => stage.named('checkout_presented').length === 3);
    await quiet();
    expect(stage.named('InitiateCheckout')).toHaveLength(1);
    expect(await call(page, 'ttr.metadata()')).toMatchObject({ consent: 'granted' });
  });

  it('a purchase that waited for it is that of the checkout before, once, however often the page is opened', async () => {
    const tag = 'data-consent="unknown"';
    stage.put('/paywall', paywall, { tag });
    stage.put('/thanks', '<main data-tt-purchase="subscription">Thanks</main>', { tag });
    const page = await stage.visit('/paywall');
    await call(page, `ttr.consent('granted')`);
    const { checkout_id: checkoutId } = await call<{ checkout_id: string }>(page, 'ttr.metadata()');
    for (let visit = 0; visit < 2; visit += 1) {
      await stage.goto(page, '/thanks');
      await quiet();
      await call(page, `ttr.consent('granted')`);
      await until(() => stage.named('CompletePayment').length > 0);
      await quiet();
    }
    await page.reload();
    await quiet();
    await call(page, `ttr.consent('granted')`);
    await quiet();
    expect(stage.named('CompletePayment').map(({ event_id }) => event_id)).toEqual([`event-of-${checkoutId}`]);
    expect(stage.asked.map((question) => question['checkoutId'])).toEqual([checkoutId]);
  });

  it('a refusal in another tab is obeyed, and leaves nothing', async () => {
    stage.put('/paywall', paywall);
    const page = await stage.visit('/paywall');
    await call(page, `ttr.identify({ userId: 'u1' }); ttr.consent('granted')`);
    await until(() => stage.names().length === 2);
    const other = await page.context().newPage();
    await stage.goto(other, '/paywall');
    await call(other, `ttr.consent('denied')`);
    await quiet();
    const before = stage.names().length;
    await call(page, 'ttr.checkoutPresented()');
    await quiet();
    expect(stage.names()).toHaveLength(before);
    expect((await storedOn(page)).filter((text) => /u1|granted|[0-9a-f]{64}/.test(text))).toEqual([]);
  });

  it('the page may say unknown on each page first, and lose nothing', async () => {
    stage.put('/paywall', paywall, { tag: 'data-consent="unknown"' });
    const page = await stage.visit('/paywall?ttclid=E.C.P.abc');
    await call(page, `ttr.consent('granted')`);
    await until(() => stage.names().length === 2);
    await stage.goto(page, '/paywall');
    await quiet();
    expect(stage.names()).toHaveLength(2);
    await call(page, `ttr.consent('granted')`);
    await until(() => stage.names().length === 3);
    await quiet();
    expect(stage.named('InitiateCheckout')).toHaveLength(1);
    expect(stage.collected.pop()).toMatchObject({ ttclid: 'E.C.P.abc' });
  });

  it('refused: the refusal is posted once, nothing else; TikTok is not even loaded', async () => {
    stage.put('/paywall', paywall, { tag: 'data-consent="denied" data-user-id="u1"' });
    const page = await stage.visit('/paywall?ttclid=E.C.P.abc');
    await call(page, `ttr.identify({ email: 'ann@example.com' }); ttr.consent('denied')`);
    expect(await call(page, 'ttr.completePayment()')).toBe(false);
    await quiet(400);
    expect(stage.collected).toEqual([
      { checkoutId: expect.any(String), userId: 'u1', url: `${stage.siteUrl}/paywall?ttclid=E.C.P.abc`, consent: 'denied' },
    ]);
    expect([...stage.asked, ...stage.events, ...stage.calls()]).toEqual([]);
    expect(await storedOn(page)).toEqual([]);

    // What happened under the refusal is not sent later; what happens then is.
    await call(page, `ttr.consent('granted'); ttr.completeRegistration()`);
    await until(() => stage.names().length === 1);
    await quiet();
    expect(methods()).toEqual(['holdConsent', 'page', 'ready', 'grantConsent', 'identify', 'CompleteRegistration']);
    expect(stage.collected.pop()).toMatchObject({
      userId: 'u1',
      email: 'ann@example.com',
      ttclid: 'E.C.P.abc',
      consent: 'granted',
    });
  });

  it('a refusal drops what was waiting', async () => {
    stage.put('/paywall', paywall);
    const page = await stage.visit('/paywall');
    await quiet();
    await call(page, `ttr.consent('denied')`);
    await call(page, `ttr.consent('granted')`);
    await quiet();
    expect(stage.names()).toEqual([]);
    expect(methods()).toEqual(['holdConsent', 'page', 'ready', 'revokeConsent', 'grantConsent']);
  });
});

it('granted and then revoked: TikTok is told, what was stored goes, and nothing follows', async () => {
  stage.put('/paywall', paywall, { tag: 'data-consent="granted"' });
  const page = await stage.visit('/paywall?ttclid=E.C.P.abc');
  await until(() => stage.names().length === 2);
  expect(methods()).toContain('grantConsent');
  await call(page, `ttr.consent('denied'); ttr.checkoutPresented(); ttr.completeRegistration({ email: 'ann@example.com' })`);
  expect(await call(page, 'ttr.completePayment()')).toBe(false);
  await until(() => stage.collected.some(({ consent }) => consent === 'denied'));
  await quiet();
  expect(methods().slice(-1)).toEqual(['revokeConsent']);
  expect(stage.names()).toHaveLength(2);
  expect(stage.collected.pop()).toEqual({ checkoutId: expect.any(String), url: expect.any(String), consent: 'denied' });
  const stored = await storedOn(page);
  expect(stored.join()).not.toContain('E.C.P.abc');
  // The word itself stays, since the next page would take silence for leave.
  expect(stored.filter((text) => !text.startsWith('_ttp='))).toEqual(['ttr', '{"consent":"denied"}']);
  stage.put('/next', paywall);
  await stage.goto(page, '/next');
  await quiet();
  expect(stage.names()).toHaveLength(2);
  const { checkout_id: checkoutId } = await call<{ checkout_id: string }>(page, 'ttr.metadata()');
  await call(page, `ttr.consent('granted')`);
  expect(await call(page, 'ttr.metadata()')).toEqual({ checkout_id: checkoutId, consent: 'granted' });
});

it('without identity: events go, and nothing says whose', async () => {
  stage.config = { consent: { denied: 'without_identity', unknown: 'without_identity' } };
  stage.put('/paywall', paywall);
  const page = await stage.visit('/paywall?ttclid=E.C.P.abc');
  await call(page, `ttr.identify({ userId: 'u1', email: 'ann@example.com', phone: '+491711234567' })`);
  await until(() => stage.names().length === 2);
  await quiet();
  expect(stage.collected).toEqual([]);
  await call(page, `ttr.consent('denied')`);
  expect(await call(page, 'ttr.completePayment()')).toBe(true);
  await until(() => stage.names().length === 3);
  expect(stage.collected).toEqual([{ checkoutId: expect.any(String), userId: 'u1', url: expect.any(String), consent: 'denied' }]);
  expect(stage.asked).toEqual([{ checkoutId: expect.any(String), userId: 'u1', contents: [] }]);
  expect(stage.calls('identify')).toEqual([]);
  expect(stage.events.map(({ user }) => user)).toEqual(stage.events.map(() => ({})));
});

it('limited data use is said of the pixel and of each event, until consent is there', async () => {
  stage.config = { consent: { denied: 'do_not_send', unknown: 'limited_data_use' } };
  stage.put('/paywall', paywall);
  const page = await stage.visit('/paywall');
  await until(() => stage.names().length === 2);
  expect(await call(page, `ttq._o['${pixelCode}']`)).toEqual({ limited_data_use: true });
  expect(stage.calls('track').map(([, , properties]) => properties)).toEqual([
    { limited_data_use: true },
    { limited_data_use: true },
  ]);
  await call(page, `ttr.consent('granted'); ttr.checkoutPresented()`);
  await until(() => stage.names().length === 3);
  expect(stage.calls('track').pop()![2]).toEqual({});
});

it('a word that comes before the script counts before anything is sent, and the last one counts', async () => {
  stage.put('/paywall', `<script>ttr.consent('granted'); ttr.consent('denied'); ttr.consent('perhaps')</script>${paywall}`, {
    tag: 'data-consent="granted"',
  });
  await stage.visit('/paywall');
  await quiet(400);
  expect(stage.calls()).toEqual([]);
  expect(stage.collected.map(({ consent }) => consent)).toEqual(['denied']);
});

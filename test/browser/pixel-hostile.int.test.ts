/** Where something stands in the way, the page goes on as if we were not there. */
import { hashedEmail } from '../../src/tiktok/user-data';
import { call, loader, pixelCode, quiet, ready, Stage, until } from '../support/browser';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.start();
});
afterEach(async () => expect(await stage.reset()).toEqual({ errors: [], complaints: [] }));
afterAll(() => stage.stop());

const paywall = '<section data-tt-checkout>Buy</section>';
const everything = `ttr.identify({ userId: 'u1', email: 'ann@example.com' }); ttr.consent('granted'); ttr.checkoutPresented();
  ttr.initiateCheckout(); ttr.completeRegistration(); ttr.newCheckout(); ttr.metadata(); ttr.completePayment()`;

it("TikTok's script blocked: the service is told all the same, and calls wait in the queue", async () => {
  stage.expectedErrors = [/Failed to load resource/];
  stage.config = { scriptUrl: 'http://127.0.0.1:9/i18n/pixel/events.js' };
  stage.put('/', paywall);
  const page = await stage.visit('/?ttclid=E.C.P.abc');
  expect(await call(page, everything)).toBe(true);
  expect(await call(page, `ttq.filter(([method]) => method === 'track').map(([, name]) => name)`)).toEqual(
    expect.arrayContaining(['checkout_presented', 'InitiateCheckout', 'CompleteRegistration', 'CompletePayment']),
  );
  expect(stage.collected.pop()).toMatchObject({ userId: 'u1', email: 'ann@example.com', ttclid: 'E.C.P.abc' });
});

it('no pixel set: the service is told, and TikTok nothing', async () => {
  stage.config = { pixelCode: null };
  stage.put('/', paywall);
  const page = await stage.visit('/');
  expect(await call(page, everything)).toBe(false);
  await until(() => stage.collected.some(({ userId }) => userId === 'u1'));
  expect(await call(page, `[typeof ttq, document.querySelectorAll('script[src*="events.js"]').length]`)).toEqual([
    'undefined',
    0,
  ]);
  expect(stage.asked).toEqual([]);
});

it('the service gone: events go on, but for the purchase', async () => {
  stage.expectedErrors = [/Failed to load resource/];
  stage.put('/', paywall);
  const page = await stage.visit('/');
  const port = Number(new URL(stage.relayUrl).port);
  await stage.stopRelay();
  try {
    expect(await call(page, everything)).toBe(false);
    await until(() => stage.named('CompleteRegistration').length === 1);
    expect(stage.names()).not.toContain('CompletePayment');
  } finally {
    await stage.restartRelay(port);
  }
  // It is told as soon as there is someone to tell.
  await until(() => stage.collected.some(({ userId }) => userId === 'u1'));
});

it.each([
  [
    'throws at its name',
    `for (const name of ['localStorage', 'sessionStorage']) Object.defineProperty(window, name, { get() { throw new Error(name) } });`,
  ],
  ['is full', `Storage.prototype.setItem = () => { throw new Error('quota') };`],
  ['is missing', `for (const name of ['localStorage', 'sessionStorage']) Object.defineProperty(window, name, { value: null });`],
  [
    'throws, and cookies too',
    `for (const [of, name] of [[window, 'localStorage'], [window, 'sessionStorage'], [Document.prototype, 'cookie']])
     Object.defineProperty(of, name, { get() { throw new Error(name) }, set() { throw new Error(name) } });`,
  ],
])('storage that %s: all of it works on the page', async (_how, script) => {
  stage.config = { scriptUrl: 'http://127.0.0.1:9/nothing.js' };
  stage.expectedErrors = [/Failed to load resource/];
  stage.put('/', paywall, { head: `<script>${script}</script>` });
  const page = await stage.visit('/?ttclid=E.C.P.abc');
  const [one, two] = await call<{ checkout_id: string }[]>(page, '[ttr.metadata(), ttr.metadata()]');
  expect(one).toEqual(two);
  expect(await call(page, 'ttr.completePayment()')).toBe(true);
  expect(await call(page, 'ttr.completePayment()')).toBe(false);
  await call(page, 'ttr.initiateCheckout(); ttr.initiateCheckout()');
  await quiet();
  expect(await call(page, `ttq.filter(([method]) => method === 'track').map(([, name]) => name).sort()`)).toEqual([
    'CompletePayment',
    'InitiateCheckout',
    'checkout_presented',
  ]);
  expect(stage.collected[0]).toMatchObject({ checkoutId: one!.checkout_id, ttclid: 'E.C.P.abc' });
});

it('a full localStorage: what is no longer true is not left in it, and a checkout is told once', async () => {
  const script = `for (let n = localStorage.ttr ? 2 ** 22 : 0; n >= 1; )
    try { localStorage.filler = (localStorage.filler ?? '') + 'x'.repeat(n); } catch { n = Math.floor(n / 2); }`;
  stage.put('/', '', { head: `<script>${script}</script>` });
  const page = await stage.visit('/');
  await page.reload();
  await ready(page);
  expect(await call(page, `ttr.completePayment({ checkoutId: 'c1' })`)).toBe(true);
  expect(await call(page, `ttr.completePayment({ checkoutId: 'c1' })`)).toBe(false);
  expect(await call(page, 'localStorage.ttr ?? null')).toBeNull();
});

it('a strict Content-Security-Policy: its nonce is handed on to TikTok', async () => {
  const policy = `default-src 'none'; script-src 'nonce-n1'; connect-src ${stage.relayUrl} ${stage.tiktokUrl}; img-src data:`;
  const head = `${loader.replace('<script>', '<script nonce="n1">')}<script async nonce="n1" src="${stage.relayUrl}/pixel.js"></script>`;
  stage.put('/', paywall, { bare: true, head, headers: { 'Content-Security-Policy': policy } });
  await (await (await stage.context()).newPage()).goto(stage.siteUrl);
  await until(() => stage.names().length === 2);
  expect(stage.collected[0]).toMatchObject({ url: `${stage.siteUrl}/` });
});

it('a policy that forbids both: only the browser complains', async () => {
  stage.expectedErrors = [/Content Security Policy/i];
  const policy = `script-src 'unsafe-inline' ${stage.relayUrl}; connect-src 'none'`;
  stage.put('/', paywall, { headers: { 'Content-Security-Policy': policy } });
  const page = await (await stage.context()).newPage();
  await page.goto(stage.siteUrl);
  await quiet(400);
  expect(await call(page, everything)).toBe(false);
});

/** What ad blockers and others leave in the place of `ttq`. */
const oddities: readonly (readonly [string, string])[] = [
  ['a read-only nothing', `Object.defineProperty(window, 'ttq', { value: undefined })`],
  ['null for good', `Object.defineProperty(window, 'ttq', { value: null })`],
  ['a getter that throws', `Object.defineProperty(window, 'ttq', { get() { throw new Error('ttq') } })`],
  ['a text', `window.ttq = 'blocked'`],
  ['a number', `window.ttq = 0`],
  ['a function', `window.ttq = () => {}`],
  ['an object without methods', `window.ttq = {}`],
  ['methods that do nothing', `window.ttq = new Proxy({}, { get: () => () => {} })`],
  ['methods that throw', `window.ttq = new Proxy({}, { get: () => () => { throw new Error('blocked') } })`],
  [
    'anything that throws',
    `window.ttq = new Proxy([], { get() { throw new Error('blocked') }, set() { throw new Error('blocked') } })`,
  ],
  ['a frozen array', `window.ttq = Object.freeze([])`],
  [
    'an array whose load throws',
    `window.ttq = Object.assign([], { load() { throw new Error('blocked') }, track() { throw new Error('blocked') } })`,
  ],
  ["Facebook's shape", `window.ttq = Object.assign(() => {}, { queue: [], callMethod: null, track: 1 })`],
  ['a frozen name', `Object.defineProperty(window, 'TiktokAnalyticsObject', { value: 'other' })`],
];

it('whatever an ad blocker leaves in the place of ttq: no call throws, and the service is told', async () => {
  const page = await (await stage.context()).newPage();
  for (const [what, script] of oddities) {
    stage.collected.length = 0;
    stage.put('/', paywall, { head: `<script>${script}</script>` });
    await stage.goto(page, `/?${encodeURIComponent(what)}`);
    expect([what, await call(page, `(async () => typeof (await (${everything.split(';').join(',')})))()`)]).toEqual([
      what,
      'boolean',
    ]);
    await until(() => stage.collected.some(({ userId }) => userId === 'u1'), what);
  }
});

it('without TLS there is no hash, so TikTok is not told who it is', async () => {
  stage.put('/', '');
  const page = await (await stage.context()).newPage();
  await page.goto(`${stage.insecureUrl}/?ttclid=E.C.P.abc`);
  await ready(page);
  expect(await call(page, 'isSecureContext')).toBe(false);
  await call(page, `ttr.completeRegistration({ email: 'ann@example.com', userId: '${'ab'.repeat(32)}' })`);
  await until(() => stage.names().length === 1);
  expect(stage.calls('identify')).toEqual([['identify', { external_id: 'ab'.repeat(32) }]]);
  expect(await call(page, 'document.cookie')).toContain('ttclid=E.C.P.abc');
  expect(hashedEmail('ann@example.com')).toHaveLength(64);
});

it('junk from the page: no call throws, and none rejects', async () => {
  stage.put('/', '<svg data-tt-checkout data-tt-value="1e999"></svg><form data-tt-registration><input name="target"></form>', {
    tag: 'data-consent="perhaps"',
  });
  const page = await stage.visit('/');
  const junk = `[undefined, null, 0, '', 'text', [], {}, Symbol.iterator, () => {}, { email: {}, phone: [], userId: Symbol('u'), contents: 5, value: {}, checkoutId: {} }]`;
  const outcome = await call(
    page,
    `(async () => {
      const seen = new Set();
      for (const name of ['identify', 'consent', 'checkoutPresented', 'initiateCheckout', 'completeRegistration', 'metadata', 'newCheckout'])
        for (const one of ${junk}) { const answer = ttr[name](one); if (answer?.then) seen.add(name); }
      for (const one of ${junk}) seen.add(typeof (await ttr.completePayment(one)));
      return [...seen];
    })()`,
  );
  expect(outcome).toEqual(['boolean']);
  stage.complaints.length = 0;
});

it('a tag with an id of our name, and pixels of the page beside ours', async () => {
  stage.put('/', `<div id="ttr"></div>${paywall}`, {
    bare: true,
    head: '',
  });
  stage.put('/', `<div id="ttr"></div>${paywall}<script src="${stage.relayUrl}/pixel.js"></script>`, { bare: true });
  const page = await (await stage.context()).newPage();
  await page.goto(stage.siteUrl);
  await until(() => stage.names().length === 2);
  expect(await call(page, `Object.keys(ttq._i)`)).toEqual([pixelCode]);
});

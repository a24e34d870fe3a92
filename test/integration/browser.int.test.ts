/** Browser and server together: a real Chromium on a shop's pages, the whole service, a provider's webhooks, TikTok's both ends. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { TikTokPurchaseRelay } from '../../src/browser/pixel';
import { snippetOf } from '../../src/operator/pixel-snippet-routes';
import { signGeneric } from '../../sandbox/generic/webhooks';
import type { ReceivedEvent } from '../../sandbox/tiktok/receiver';
import { launchBrowser, newContext } from '../support/browser';
import { eventually, genericSecret, Relay } from '../support/relay';

/** In the page. */
declare const window: { readonly ttr: TikTokPurchaseRelay };
declare const document: { readonly cookie: string };

const buyerIp = '203.0.113.7';
const providerIp = '54.187.174.169';
const day = 86_400_000;

let browser: Browser;
let relay: Relay;
let shop: Server;
let front: Server;
let frontUrl: string;
let origin: string;
let n = 0;
const contexts: BrowserContext[] = [];
/** What went wrong on any page: nothing may. */
let pageErrors: string[] = [];

beforeAll(async () => {
  shop = createServer((req, res) => void res.setHeader('content-type', 'text/html').end(pageOf(req.url ?? '/')));
  await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(shop.address() as AddressInfo).port}`;
  front = createServer(passOn);
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  frontUrl = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
  [browser, relay] = await Promise.all([
    launchBrowser(),
    Relay.start('browser', { embedded: true, env: { ALLOWED_ORIGINS: origin, PUBLIC_URL: frontUrl, TRUST_PROXY: '1' } }),
  ]);
});

beforeEach(async () => {
  relay.tiktok.reset();
  pageErrors = [];
  await settings({ limitPurchaseEvents: false, consent: { denied: 'do_not_send', unknown: 'send' } });
});

afterEach(async () => {
  await Promise.all(contexts.splice(0).map((context) => context.close()));
  expect(pageErrors).toEqual([]);
});

afterAll(async () => {
  await browser?.close();
  await relay?.stop();
  shop?.close();
  front?.close();
});

/** The proxy in front of the service: it knows where buyers come from. */
function passOn(req: IncomingMessage, res: ServerResponse): void {
  const headers = { ...req.headers, 'x-forwarded-for': buyerIp };
  const onward = request(new URL(req.url ?? '/', relay.web.localUrl), { method: req.method, headers }, (answer) => {
    res.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(res);
  });
  onward.on('error', () => res.destroy());
  req.pipe(onward);
}

/** Every page of the shop has the snippet, as the API gives it, and says what is on it by its path. */
function pageOf(path: string): string {
  const { pathname } = new URL(path, origin);
  const body: Readonly<Record<string, string>> = {
    '/landing': '<h1>Welcome</h1>',
    '/paywall': '<section data-tt-checkout data-tt-value="19.99" data-tt-currency="USD" style="height:200px">Buy</section>',
    '/thanks': '<main data-tt-purchase="subscription" data-tt-value="19.99" data-tt-currency="USD">Thank you</main>',
  };
  return `<!doctype html><title>Shop</title><head>${snippetOf(frontUrl, { integration: 'default' })}</head>${body[pathname] ?? ''}`;
}

async function settings(patch: object): Promise<void> {
  expect((await relay.api('PATCH', '/settings', patch)).status).toBe(200);
}

/** A buyer with a browser of their own. */
async function buyer(): Promise<{ page: Page; userId: string; checkoutId: () => Promise<string> }> {
  const context = await newContext(browser, { userAgent: 'Mozilla/5.0 (the buyer)' });
  contexts.push(context);
  const page = await context.newPage();
  page.on('pageerror', (error) => void pageErrors.push(error.message));
  n += 1;
  return {
    page,
    userId: `u${n}-${Date.now()}`,
    checkoutId: async () => (await page.evaluate(async () => await window.ttr.metadata())).checkout_id,
  };
}

/** One who has landed, and whose user id the page knows. */
async function knownBuyer(path = '/landing'): ReturnType<typeof buyer> {
  const known = await buyer();
  await open(known.page, path);
  await known.page.evaluate((id) => window.ttr.identify({ userId: id }), known.userId);
  return known;
}

/** Names the person, and waits until the service knows it: the answer to the visit of before may come after it was named. */
async function identified(page: Page, userId: string): Promise<void> {
  const collected = page.waitForResponse(
    (answer) => new URL(answer.url()).pathname === '/collect' && answer.request().postData()?.includes(userId) === true,
  );
  await page.evaluate((id) => window.ttr.identify({ userId: id }), userId);
  await collected;
}

async function open(page: Page, path: string): Promise<void> {
  await page.goto(origin + path);
  await page.waitForFunction(() => 'q' in window.ttr && 'newCheckout' in window.ttr);
}

/** The provider's webhook, from the provider's own address. */
async function paid(order: string, metadata: object, more: object = {}): Promise<void> {
  const event = {
    ...{ kind: 'conversion', subscription_id: order, money_id: `pay_${order}`, amount: '19.99', currency: 'USD' },
    ...{ occurred_at: new Date().toISOString(), metadata, ...more },
  };
  expect((await relay.generic(event)).status).toBe(200);
}

function complete(page: Page, params: object = {}): Promise<boolean> {
  return page.evaluate((told) => window.ttr.completePayment({ value: 19.99, currency: 'USD', ...told }), params);
}

function purchases(): readonly ReceivedEvent[] {
  return relay.tiktok.events().filter(({ eventName }) => eventName === 'CompletePayment');
}

/** `source fate eventId` of every purchase that TikTok was told of, the browser's first. */
function told(): readonly string[] {
  return purchases()
    .map(({ source, fate, eventId }) => `${source} ${fate === 'counted' || fate === 'merged' ? 'taken' : fate} ${eventId ?? ''}`)
    .sort();
}

function countedPurchases(): number {
  return purchases().filter(({ fate }) => fate === 'counted').length;
}

const untilTold = (count: number) => eventually(() => expect(told()).toHaveLength(count));

describe('one purchase, told by both', () => {
  it('counts once: the provider passes the checkout id on', async () => {
    const { page, userId, checkoutId } = await buyer();
    await open(page, '/landing?ttclid=click-1');
    await page.evaluate((id) => window.ttr.identify({ userId: id, email: 'anna@example.com' }), userId);
    const id = await checkoutId();
    await open(page, '/thanks');
    await untilTold(1);
    await paid(`sub_${userId}`, { checkout_id: id });
    await relay.settled('generic', `sub_${userId}`, `pay_sub_${userId}`, 'sent');
    expect(told()).toEqual([`browser taken ${id}`, `server taken ${id}`]);
    expect(countedPurchases()).toBe(1);
    const fromBrowser = purchases().find(({ source }) => source === 'browser');
    const fromServer = purchases().find(({ source }) => source === 'server');
    expect([fromBrowser?.value, fromBrowser?.currency]).toEqual([19.99, 'USD']);
    expect([fromServer?.value, fromServer?.currency]).toEqual([19.99, 'USD']);
    for (const key of ['email', 'external_id', 'ttclid', 'ttp'])
      expect([key, fromServer?.user[key]]).toEqual([key, expect.stringMatching(/./)]);
    for (const key of ['email', 'external_id', 'ttclid', 'ttp']) expect(fromServer?.user[key]).toEqual(fromBrowser?.user[key]);
    expect([...(fromBrowser?.warnings ?? []), ...(fromServer?.warnings ?? [])]).toEqual([]);
  });

  it('counts once: the provider passes the user id on and nothing else, and the browser was first', async () => {
    const { page, userId, checkoutId } = await knownBuyer();
    expect(await complete(page)).toBe(true);
    const id = await checkoutId();
    await paid(`sub_${userId}`, { user_id: userId });
    await untilTold(2);
    expect(told()).toEqual([`browser taken ${id}`, `server taken ${id}`]);
    expect(countedPurchases()).toBe(1);
  });

  it('counts once: the same, and the webhook was first', async () => {
    const { page, userId, checkoutId } = await buyer();
    await open(page, '/landing');
    await identified(page, userId);
    await paid(`sub_${userId}`, { user_id: userId });
    await untilTold(1);
    expect(await complete(page)).toBe(true);
    await untilTold(2);
    const id = await checkoutId();
    expect(told()).toEqual([`browser taken ${id}`, `server taken ${id}`]);
    expect(countedPurchases()).toBe(1);
  });

  it('counts once per checkout: the next one is another purchase', async () => {
    const { page, userId, checkoutId } = await knownBuyer();
    expect(await complete(page)).toBe(true);
    const first = await checkoutId();
    await open(page, '/paywall');
    const second = await checkoutId();
    expect(second).not.toBe(first);
    expect(await complete(page)).toBe(true);
    await paid(`one_${userId}`, { user_id: userId, checkout_id: second });
    await paid(`two_${userId}`, { user_id: userId, checkout_id: first });
    await untilTold(4);
    expect(countedPurchases()).toBe(2);
  });
});

describe('the buyer never comes back', () => {
  it('the server tells it alone, with the click, the address, the browser and the page of the buyer, never the provider’s', async () => {
    const { page, userId, checkoutId } = await buyer();
    await open(page, '/landing?ttclid=E.C.P.click&utm_source=tiktok');
    const id = await checkoutId();
    await page.waitForFunction(() => document.cookie.includes('_ttp='));
    const ttp = /_ttp=([^;]+)/.exec(await page.evaluate(() => document.cookie))?.[1];
    await open(page, '/paywall');
    await page.goto('about:blank'); // PayPal
    const body = JSON.stringify({
      ...{ kind: 'conversion', subscription_id: `sub_${userId}`, money_id: `pay_${userId}`, amount: '19.99', currency: 'USD' },
      ...{ occurred_at: new Date().toISOString(), metadata: { checkout_id: id } },
    });
    await relay.post('/webhooks/generic', body, {
      ...signGeneric(body, genericSecret, `msg_${userId}`, Math.floor(Date.now() / 1000)),
      'x-forwarded-for': providerIp,
      'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
    });
    await untilTold(1);
    const [event] = purchases();
    expect(event).toMatchObject({ source: 'server', eventId: id, fate: 'counted', warnings: [] });
    const userAgent = 'Mozilla/5.0 (the buyer)';
    expect(event?.user).toEqual({ ttclid: 'E.C.P.click', ttp, ip: buyerIp, user_agent: userAgent, locale: 'en-US' });
    expect(event?.pageUrl).toBe(`${origin}/landing?ttclid=E.C.P.click&utm_source=tiktok`);
  });

  it('what comes minutes after the payment helps a purchase that is not sent yet', async () => {
    const { page, userId } = await buyer();
    const recover = relay.tiktok.failWhile({ kind: 'code', code: 50000 });
    await paid(`sub_${userId}`, { user_id: userId });
    const attempts = async (): Promise<number> => {
      const record = (await relay.purchases('generic', `sub_${userId}`))[`pay_sub_${userId}`] as { attempts: number } | undefined;
      return record?.attempts ?? 0;
    };
    const anotherThan = (before: number) => eventually(async () => expect(await attempts()).toBeGreaterThan(before));
    await anotherThan(0);
    await open(page, '/landing?ttclid=late-click');
    await identified(page, userId);
    await anotherThan(await attempts()); // one that is under way has read who the buyer is
    recover();
    await relay.settled('generic', `sub_${userId}`, `pay_sub_${userId}`, 'sent');
    expect(purchases().at(-1)?.user['ttclid']).toBe('late-click');
  });

  it('without anything from a browser no address or browser is told at all', async () => {
    const { userId } = await buyer();
    await paid(`sub_${userId}`, { user_id: userId });
    await untilTold(1);
    expect(Object.keys(purchases()[0]?.user ?? {})).toEqual(['external_id']);
  });
});

describe('with the limit on', () => {
  beforeEach(() => settings({ limitPurchaseEvents: true }));

  it('a second order of the user fires neither', async () => {
    const { page, userId, checkoutId } = await knownBuyer();
    expect(await complete(page)).toBe(true);
    await paid(`one_${userId}`, { user_id: userId, checkout_id: await checkoutId() });
    await untilTold(2);

    await open(page, '/paywall');
    expect(await complete(page)).toBe(false);
    await paid(`two_${userId}`, { user_id: userId, checkout_id: await checkoutId() });
    const kept = (await relay.settled('generic', `two_${userId}`, `pay_two_${userId}`)) as object;
    expect(kept).toMatchObject({ state: 'suppressed', reason: 'limited' });
    expect(told()).toHaveLength(2);
  });

  it('a place that only the browser has taken goes to the user’s next order, whichever checkout it is of', async () => {
    const { page, userId, checkoutId } = await knownBuyer();
    expect(await complete(page)).toBe(true);
    const id = await checkoutId();
    await paid(`sub_${userId}`, { user_id: userId });
    await untilTold(2);
    expect(told()).toEqual([`browser taken ${id}`, `server taken ${id}`]);
  });

  it('a free trial’s conversion still goes, and its trial start goes from both', async () => {
    const { page, userId, checkoutId } = await knownBuyer();
    expect(await complete(page, { purchaseType: 'free_trial', value: 0 })).toBe(true);
    const id = await checkoutId();
    const order = { purchase_type: 'free_trial' };
    const metadata = { user_id: userId, checkout_id: id };
    await paid(`sub_${userId}`, metadata, { ...order, kind: 'trial_start', money_id: `trial_${userId}`, amount: '0' });
    await paid(`sub_${userId}`, metadata, { ...order, occurred_at: new Date(Date.now() + 7 * day).toISOString() });
    await untilTold(3);
    expect(told()).toEqual([`browser taken ${id}`, `server taken ${id}`, `server taken generic:pay_sub_${userId}`].sort());
    expect(countedPurchases()).toBe(2);
  });

  it('two tabs that complete two checkouts at once: one', async () => {
    const { page } = await knownBuyer();
    const fired = await page.evaluate(() =>
      Promise.all(['c-1', 'c-2', 'c-3'].map((c) => window.ttr.completePayment({ checkoutId: `${c}-${Date.now()}` }))),
    );
    expect(fired.filter(Boolean)).toHaveLength(1);
  });
});

describe('consent', () => {
  it('denied: neither tells, and the record says why', async () => {
    const { page, userId, checkoutId } = await buyer();
    await open(page, '/landing?ttclid=click-1');
    await page.evaluate((id) => {
      window.ttr.identify({ userId: id, email: 'anna@example.com' });
      window.ttr.consent('denied');
    }, userId);
    expect(await complete(page)).toBe(false);
    const order = `sub_${userId}`;
    const id = await checkoutId();
    await eventually(async () => expect((await relay.api('GET', `/users/${userId}`)).status).toBe(200)); // the denial has arrived
    await paid(order, { checkout_id: id });
    expect(await relay.settled('generic', order, `pay_${order}`)).toMatchObject({ state: 'suppressed', reason: 'consent' });
    expect(purchases()).toEqual([]);
  });

  it('asked for first, and granted later: both tell, with what the page had', async () => {
    await settings({ consent: { denied: 'do_not_send', unknown: 'do_not_send' } });
    const { page, userId, checkoutId } = await buyer();
    await open(page, '/landing?ttclid=click-1');
    await page.evaluate((id) => window.ttr.identify({ userId: id, email: 'anna@example.com' }), userId);
    expect(relay.tiktok.events()).toEqual([]);
    await page.evaluate(() => window.ttr.consent('granted'));
    expect(await complete(page)).toBe(true);
    const id = await checkoutId();
    await paid(`sub_${userId}`, { checkout_id: id });
    await untilTold(2);
    expect(told()).toEqual([`browser taken ${id}`, `server taken ${id}`]);
    for (const { user } of purchases())
      expect(user).toMatchObject({ ttclid: 'click-1', external_id: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
  });

  it('revoked: the next purchase is told by nobody', async () => {
    const { page, userId, checkoutId } = await buyer();
    await open(page, '/landing');
    await page.evaluate((id) => {
      window.ttr.identify({ userId: id });
      window.ttr.consent('granted');
    }, userId);
    expect(await complete(page)).toBe(true);
    await paid(`one_${userId}`, { user_id: userId, checkout_id: await checkoutId() });
    await untilTold(2);
    await page.evaluate(() => window.ttr.consent('denied'));
    expect(await complete(page, { checkoutId: `second-${userId}` })).toBe(false);
    await eventually(async () => {
      await paid(`two_${userId}`, { user_id: userId });
      expect(await relay.settled('generic', `two_${userId}`, `pay_two_${userId}`)).toMatchObject({ reason: 'consent' });
    });
    expect(told()).toHaveLength(2);
  });
});

describe('whatever is in the way, the page works and the server tells the purchase', () => {
  it.each<[string, (context: BrowserContext) => Promise<unknown>]>([
    ['TikTok’s script is blocked', (context) => context.route(`${relay.tiktok.url}/**`, (route) => route.abort())],
    ['our service is out of reach', (context) => context.route(`${frontUrl}/collect**`, (route) => route.abort())],
    ['our script is blocked', (context) => context.route(`${frontUrl}/pixel.js`, (route) => route.abort())],
    [
      'an ad blocker has put something else in TikTok’s place',
      (context) => context.addInitScript(() => Object.defineProperty(window, 'ttq', { value: () => undefined, writable: false })),
    ],
  ])('%s', async (_what, hinder) => {
    const { page, userId } = await buyer();
    await hinder(page.context());
    await page.goto(`${origin}/paywall`);
    await page.evaluate((id) => {
      window.ttr.identify({ userId: id });
      void window.ttr.completePayment({ value: 19.99, currency: 'USD' });
    }, userId);
    await paid(`sub_${userId}`, { user_id: userId });
    await relay.settled('generic', `sub_${userId}`, `pay_sub_${userId}`, 'sent');
    expect(await page.textContent('section')).toBe('Buy');
    expect(purchases().filter(({ source }) => source === 'server')).toHaveLength(1);
    expect(countedPurchases()).toBe(1);
  });
});

describe('an erased buyer', () => {
  it('is told of without a trace of the person, and not learned again from the next webhook', async () => {
    const { page, userId } = await buyer();
    await open(page, '/landing?ttclid=click-1');
    await page.evaluate((id) => window.ttr.identify({ userId: id, email: 'anna@example.com' }), userId);
    await eventually(async () => expect((await relay.api('GET', `/users/${userId}`)).status).toBe(200));
    await paid(`sub_${userId}`, { user_id: userId });
    await untilTold(1);
    expect(Object.keys(purchases()[0]?.user ?? {})).toContain('ttclid');

    expect((await relay.api('POST', `/users/${userId}/erase`)).status).toBe(200);
    expect((await relay.api('GET', `/users/${userId}`)).status).toBe(404);
    const renewal = {
      kind: 'renewal',
      money_id: `renewal_${userId}`,
      occurred_at: new Date(Date.now() + 30 * day).toISOString(),
    };
    await paid(`sub_${userId}`, { user_id: userId, email: 'anna@example.com', ip: buyerIp }, renewal);
    await untilTold(2);
    expect(purchases().at(-1)?.user).toEqual({});
    expect((await relay.api('GET', `/users/${userId}`)).status).toBe(404);
  });
});

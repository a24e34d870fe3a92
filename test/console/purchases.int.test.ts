/** The pages Purchases and Story in real Chromium: search, filters, drawer, commands, and what strangers wrote. */
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import type { Store } from '../../src/store';
import type { OperatorCommand } from '../../workflows/contract';
import { hashedEmail } from '../../src/tiktok';
import { type Api, keys, nowMs, operatorPassword, purchase, serveApi } from '../support/api-server';
import { launchBrowser, newContext } from '../support/browser';
import { signedIn } from '../support/console-client';
import { emptyStore } from '../support/test-database';
import { tried } from '../support/store-samples';
import { signInTo } from '../support/console-sign-in';

const hour = 3_600_000;
const evil = '<script>document.title="taken over"</script>';
const refused = purchase('in_refused', {
  state: 'needs_attention',
  subscription: 'sub_refused',
  lastError: { type: 'TikTokUnauthorized', code: 40105, message: 'Access token is incorrect' },
  ...{ requestId: null, sentAtMs: null, attempts: 1 },
});
const sent = purchase('in_sent', { occurredAtMs: nowMs - hour, subscription: 'sub_anna', sentAtMs: nowMs - 50 * hour });

let store: Store;
let api: Api;
let browser: Browser;
let page: Page;
const told: [string, OperatorCommand][] = [];

beforeAll(async () => {
  store = await emptyStore();
  api = await serveApi({
    ...{ store, console: true, temporalUrl: (id) => `http://ui.example/${encodeURIComponent(id)}` },
    subscriptions: {
      resend: async (_order, command) => (told.push(['resend', command]), { ...sent, state: 'pending' }),
      skip: async (_order, command) => (told.push(['skip', command]), { ...refused, state: 'skipped' }),
    },
  });
  await store.purchases.record('default', [
    purchase('in_skipped', { occurredAtMs: nowMs - 3 * hour, state: 'skipped', reason: evil, by: evil }),
    purchase('in_limited', {
      ...{ occurredAtMs: nowMs - 2 * hour, state: 'suppressed', reason: 'limited', sentAtMs: null, requestId: null },
      heldBy: { psp: 'stripe', subscription: 'sub_anna', moneyId: 'in_sent' },
    }),
  ]);
  const request = { data: [{ event: 'CompletePayment', user: { email: 'a'.repeat(64), ip: '[not kept]' } }] };
  await store.attempts.keep(
    'default',
    tried(sent, { outcome: 'accepted', code: 0, message: null, requestId: 'req-1', request }, { record: sent }, ['email', 'ip']),
  );
  await store.attempts.keep(
    'default',
    tried(refused, { outcome: 'unauthorized', code: 40105, message: `Access token is incorrect ${evil}` }, { record: refused }),
  );
  await store.users.register({
    ...{ integration: 'default', psp: 'stripe', subscription: 'sub_anna', moneyId: 'in_sent' },
    keys: keys.of(
      { integration: 'default', psp: 'stripe', subscription: 'sub_anna' },
      { userId: 'u-77' },
      { emailSha256: hashedEmail('anna@example.com')! },
    ),
    ...{ identity: {}, checkout: null, paymentIds: [], pending: null, atMs: nowMs },
  });
  browser = await launchBrowser();
  page = await (await newContext(browser)).newPage();
  await signInTo(page, api.url, operatorPassword);
});
afterAll(async () => {
  await browser.close();
  await api.close();
  await store.close();
});

const open = (path: string) => page.goto(`${api.url}/console${path}`);
const payments = () => page.locator('#list tbody td:nth-child(6) code').allInnerTexts();
const drawer = () => page.locator('#drawer');

it('lists the purchases, newest first, with what became of each in words', async () => {
  await open('/purchases');
  expect(await payments()).toEqual(['in_refused', 'in_sent', 'in_limited', 'in_skipped']);
  const text = await page.locator('#list').innerText();
  for (const words of ['Needs attention', 'Token or pixel refused', 'Kept back', 'buyer already counted', '19.99 USD'])
    expect(text).toContain(words);
  expect(text).not.toMatch(/needs_attention|suppressed|not_a_purchase/);
});

it.each([
  ['an e-mail', 'Anna@example.com', ['in_sent']],
  ['a user id', 'u-77', ['in_sent']],
  ['the beginning of a payment', 'in_s', ['in_sent', 'in_skipped']],
  ['the beginning of a subscription', 'sub_ref', ['in_refused']],
])('finds by %s in the one search field', async (_by, search, found) => {
  await open('/purchases');
  await page.keyboard.press('/');
  await page.keyboard.type(search);
  await page.keyboard.press('Enter');
  await page.waitForURL(/search=/);
  expect(await payments()).toEqual(found);
});

it('filters by what stands in the address, and says so where nothing is like that', async () => {
  await open('/purchases?state=suppressed&reason=limited');
  expect(await payments()).toEqual(['in_limited']);
  expect(await page.locator('select[name=state]').inputValue()).toBe('suppressed');
  await open('/purchases?state=sent&reason=limited');
  expect(await page.locator('#list').innerText()).toContain('No purchase is like that');
});

it('opens a story over the list, with an address of its own, and closes it by Escape', async () => {
  await open('/purchases?state=sent');
  await page.locator('#list tbody a').first().click();
  await drawer().locator('h2').waitFor();
  expect(new URL(page.url()).pathname).toBe('/console/purchases/stripe/in_sent');
  const text = await drawer().innerText();
  for (const words of ['What Stripe said', 'What it is', 'What was decided', '1 attempt', 'What comes next', 'Accepted', 'req-1'])
    expect(text).toContain(words);
  expect(text).toContain('known to TikTok by: e-mail, IP address');
  await drawer().getByText('The request as it was sent').click();
  expect(await drawer().locator('pre').innerText()).toContain('"ip": "[not kept]"');
  await page.keyboard.press('Escape');
  await page.waitForURL(/purchases\?state=sent$/);
});

it('leads from a purchase that was kept back to the one that came first', async () => {
  await open('/purchases/stripe/in_limited');
  expect(await page.locator('#story').innerText()).toContain('Limit Purchase Events is on');
  await page.locator('#story').getByRole('link', { name: 'in_sent' }).click();
  await page.waitForURL(/in_sent$/);
});

it('leads from a decision to what that version of the settings changed', async () => {
  await api.call('PATCH', '/api/settings', { maxEventAgeHours: 24 });
  await open('/purchases/stripe/in_limited');
  await page.locator('#story').getByRole('link', { name: 'version 1' }).click();
  await page.waitForURL(/#version-1$/);
  expect(await page.locator('main .card h2').allInnerTexts()).toEqual(['Settings, version 1']);
});

it('sends again what was sent only after saying what TikTok makes of it', async () => {
  await open('/purchases/stripe/in_sent');
  await page.getByText('Send again').click();
  expect(await page.locator('.confirm-card').first().innerText()).toMatch(/since 50 h[\s\S]*counted a second time/);
  await page.locator('.confirm-card input[name=reason]').first().fill('TikTok lost it');
  await page.getByRole('button', { name: 'Send it a second time' }).click();
  await page.getByText('It is being sent again.').waitFor();
  expect(told.at(-1)).toEqual([
    'resend',
    { moneyId: 'in_sent', by: expect.any(String) as string, reason: 'TikTok lost it', force: true },
  ]);
});

it('skips with a reason', async () => {
  await open('/purchases/stripe/in_refused');
  await page.getByText('Skip', { exact: true }).click();
  await page.locator('.confirm[open] input[name=reason]').fill('a test order');
  await page.getByRole('button', { name: 'Skip it' }).click();
  await page.getByText('Skipped: it will not be sent.').waitFor();
  expect(told.at(-1)).toMatchObject(['skip', { moneyId: 'in_refused', reason: 'a test order' }]);
});

it('shows what strangers wrote as text', async () => {
  for (const path of ['/purchases', '/purchases/stripe/in_skipped', '/purchases/stripe/in_refused']) {
    await open(path);
    expect(await page.title()).not.toContain('taken over');
  }
  expect(await page.locator('#story').innerText()).toContain(evil);
});

it.each(['/purchases', '/purchases/stripe/in_sent', '/purchases/stripe/in_refused'])(
  'is accessible, wide and narrow: %s',
  async (path) => {
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 900 });
      await open(path);
      await page.evaluate(axe.source);
      const found = await page.evaluate(() => (window as unknown as { axe: typeof axe }).axe.run());
      const serious = found.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
      expect(serious.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(overflow).toBeLessThanOrEqual(0);
    }
  },
);

it('downloads what is shown as CSV', async () => {
  const client = await signedIn(api.url);
  const { headers, html } = await client.get('/purchases?state=suppressed&format=csv');
  expect(headers.get('content-type')).toContain('text/csv');
  expect(html.split('\r\n')).toHaveLength(3);
});

it('offers a viewer nothing to change, and refuses it', async () => {
  const client = await signedIn(api.url, 'viewer-token', 'vera');
  const { html } = await client.get('/purchases/stripe/in_refused');
  expect(html).not.toContain('Skip it');
  expect((await client.post('/purchases/stripe/in_refused/skip', {})).status).toBe(403);
});

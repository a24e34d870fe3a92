/** The three questions that operators come with, each from signing in to its answer, by clicks alone; on the whole service, in real Chromium. */
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../support/browser';
import { Relay } from '../support/relay';

let relay: Relay;
let browser: Browser;

beforeAll(async () => {
  relay = await Relay.start('walks');
  browser = await launchBrowser();
  await relay.api('PATCH', '/settings', { limitPurchaseEvents: true });
  for (const [kind, index] of [
    ['conversion', 0],
    ['renewal', 1],
  ] as const)
    await pay('anna', kind, index);
  await relay.settled('generic', 'sub_anna', 'pay_anna_1', 'suppressed');
  await relay.settled('generic', 'sub_anna', 'pay_anna_0', 'sent');
  await relay.api('PATCH', '/settings', { accessToken: 'expired-on-saturday' });
  for (const buyer of ['bert', 'cleo']) await pay(buyer, 'conversion', 0);
  for (const buyer of ['bert', 'cleo']) await relay.settled('generic', `sub_${buyer}`, `pay_${buyer}_0`, 'needs_attention');
}, 300_000);

afterAll(async () => {
  await browser.close();
  await relay.stop();
}, 120_000);

function pay(buyer: string, kind: string, index: number) {
  return relay.generic({
    ...{ kind, subscription_id: `sub_${buyer}`, money_id: `pay_${buyer}_${index}`, amount: '19.99', currency: 'USD' },
    occurred_at: new Date(Date.now() - 3_600_000 * (2 - index)).toISOString(),
    metadata: { user_id: buyer, email: `${buyer}@example.com` },
  });
}

/** A walk through the console that counts its clicks. */
class Walk {
  clicks = 0;
  private constructor(readonly page: Page) {}

  static async fromSignIn(): Promise<Walk> {
    const page = await (await browser.newContext()).newPage();
    page.setDefaultTimeout(60_000);
    const walk = new Walk(page);
    await page.goto(`${relay.web.localUrl}/console/`);
    await page.getByLabel(/password/i).fill(relay.services.config.operator?.password ?? '');
    await walk.click('button', 'Sign in');
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    return walk;
  }

  async click(role: 'link' | 'button', name: string | RegExp): Promise<void> {
    this.clicks += 1;
    await this.page.getByRole(role, { name }).first().click();
  }

  async sees(text: string | RegExp): Promise<void> {
    await this.page.getByRole('main').getByText(text).first().waitFor();
  }

  async end(clicks: number): Promise<void> {
    expect(this.clicks).toBe(clicks);
    await this.page.context().close();
  }
}

it('answers what happened to a payment', async () => {
  const walk = await Walk.fromSignIn();
  await walk.click('link', 'Purchases');
  await walk.page.getByRole('searchbox').first().fill('pay_anna_1');
  await walk.page.keyboard.press('Enter');
  await walk.click('link', /Renewal/);
  await walk.sees(/Limit Purchase Events/);
  await walk.click('link', /pay_anna_0/);
  await walk.sees(/TikTok has it/);
  await walk.end(4);
}, 300_000);

it('answers why TikTok shows fewer than were sold', async () => {
  const walk = await Walk.fromSignIn();
  await walk.sees(/buyer already counted/i);
  await walk.click('link', /buyer already counted/i);
  await walk.page.waitForURL(/reason=limited/);
  await walk.page
    .getByRole('link', { name: /Renewal/ })
    .first()
    .waitFor();
  await walk.end(2);
}, 300_000);

it('puts right what an expired token left', async () => {
  const walk = await Walk.fromSignIn();
  await walk.click('link', /needs attention/i);
  await walk.sees(/token/i);
  await walk.click('link', /TikTok/);
  await walk.page.locator('#field-accessToken').fill('tiktok-token');
  await walk.click('button', 'Save connection');
  await walk.click('link', /needs attention/i);
  await walk.page.locator('summary', { hasText: 'Send all again' }).click();
  walk.clicks += 1;
  await walk.sees(/2 purchases of 2 orders/);
  await walk.page.locator('.confirm-card button').first().click();
  walk.clicks += 1;
  for (const buyer of ['bert', 'cleo']) await relay.settled('generic', `sub_${buyer}`, `pay_${buyer}_0`, 'sent');
  await walk.sees(/Nothing needs/);
  await walk.end(7);
}, 300_000);

/** The page Checks in real Chromium, on the whole service and a stand-in of Stripe's API: what runs is seen to move, without a reload. */
import type { Browser, Page } from 'playwright-core';
import { launchBrowser, newContext } from '../support/browser';
import { day, happen, hour, nowMs, relayWith } from '../support/checking';
import { type Sale, stripeEnd } from '../support/provider-stubs';
import type { Relay } from '../support/relay';

let relay: Relay;
let stripe: Awaited<ReturnType<typeof stripeEnd>>;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  stripe = await stripeEnd({ mostPerPage: 5 });
  relay = await relayWith('console-checks', [stripe]);
  browser = await launchBrowser();
  page = await (await newContext(browser)).newPage();
  await page.goto(`${relay.web.localUrl}/console/sign-in`);
  await page.getByLabel(/password/i).fill(relay.services.config.operator?.password ?? '');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
}, 300_000);

afterAll(async () => {
  await browser?.close();
  await relay?.stop();
  await stripe?.close();
}, 120_000);

/** Of whom no webhook ever told. */
function bought(name: string, startMs: number): void {
  const sale: Sale = {
    ...{ name, type: 'lifetime', startMs, renewals: 0 },
    currency: 'USD',
    amountMinor: 1999,
    trialAmountMinor: 100,
  };
  happen(stripe.eventsOf(sale));
}

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** The backfill that the list shows first. */
const newest = () =>
  page
    .getByRole('list', { name: /latest backfills/ })
    .getByRole('listitem')
    .first();
const showing = (words: string | RegExp) => newest().getByText(words).first().waitFor();

async function countFirst(fromMs: number, toMs: number): Promise<void> {
  await page.goto(`${relay.web.localUrl}/console/checks`);
  await page.getByLabel('From (UTC)').fill(dayOf(fromMs));
  await page.getByLabel('Before (UTC)').fill(dayOf(toMs));
  await page.getByRole('button', { name: 'Count first' }).click();
  await page.waitForURL(/backfill=/);
}

/** Until the page is loaded again, `isSamePage` holds. */
const markPage = () => page.evaluate(() => void (document.title = 'not loaded again'));
const isSamePage = async () => (await page.title()) === 'not loaded again';

const purchases = async (): Promise<readonly { moneyId: string }[]> =>
  (await relay.api('GET', '/purchases?psp=stripe')).body.items;

it('counts a backfill first, shows how it goes, and takes it in on a second word', async () => {
  bought('old', nowMs - 20 * day);
  bought('recent', nowMs - 2 * day);
  stripe.failNext(1, { status: 429, retryAfter: '20' });
  await countFirst(nowMs - 25 * day, nowMs + day);
  await markPage();
  await showing('Running');
  await showing(/Stripe could not be asked, and is asked again/);
  await showing('It would send 1 purchase at most, and record 1 as too old and 0 as no purchase.');
  expect(await isSamePage()).toBe(true);
  expect(await purchases()).toEqual([]);

  await newest().locator('summary', { hasText: 'Read and take in' }).click();
  await newest().getByRole('button', { name: 'Read and take in' }).click();
  await page.getByText('Reading and taking in.').waitFor();
  await markPage();
  await showing('Done');
  await showing('2 payments of them not known before');
  expect(await isSamePage()).toBe(true);
  expect(await purchases()).toHaveLength(2);
}, 300_000);

it('cancels a backfill that runs, and sees it end', async () => {
  stripe.failNext(1, { status: 429, retryAfter: '60' });
  await countFirst(nowMs - 5 * day, nowMs + day);
  await showing('Running');
  await newest().getByRole('button', { name: 'Cancel' }).click();
  await page.getByText('It ends within seconds. What was read stays.').waitFor();
  await showing('Cancelled');
  expect(await newest().getByRole('button', { name: 'Cancel' }).count()).toBe(0);
}, 300_000);

it('looks at an account now, and tells what it found', async () => {
  bought('missed', nowMs - hour);
  await page.goto(`${relay.web.localUrl}/console/checks`);
  await page.getByRole('button', { name: 'Run now' }).click();
  const check = page.locator('#check-stripe');
  await check.getByText('1 payment that no webhook had brought').waitFor();
  await check.getByText('All read').first().waitFor();
}, 300_000);

it('fetches what the report finds missing', async () => {
  bought('lost', nowMs - 3 * hour);
  await page.goto(`${relay.web.localUrl}/console/report`);
  await page.locator('#missing').getByText('Stripe has 1 payment of this period').waitFor();
  await page.locator('#missing summary', { hasText: 'Fetch it' }).click();
  await page.getByRole('button', { name: 'Read the account again' }).click();
  await page.getByText('Stripe is being read over this period').waitFor();
  await page.goto(`${relay.web.localUrl}/console/purchases`);
  // The list keeps itself fresh.
  await page.locator('#list tbody tr').nth(3).waitFor();
}, 300_000);

/** The page Needs attention in real Chromium: a group is noted as seen, and sent again with its progress, without a reload. Temporal is a fake. */
import type { Browser, Page } from 'playwright-core';
import type { PurchaseRecord } from '../../src/domain/purchase';
import type { Store } from '../../src/store';
import type { Task } from '../../src/temporal/tasks';
import type { BulkResendProgress } from '../../workflows/contract';
import { type Api, noResends, nowMs, operatorPassword, purchase, serveApi } from '../support/api-server';
import { launchBrowser, newContext } from '../support/browser';
import { emptyStore } from '../support/test-database';
import { signInTo } from '../support/console-sign-in';

const refused: readonly PurchaseRecord[] = [1, 2, 3].map((number) =>
  purchase(`in_${number}`, {
    ...{ subscription: `sub_${number}`, state: 'needs_attention', sentAtMs: null, requestId: null },
    lastError: { type: 'TikTokUnauthorized', code: 40105, message: 'Access token is incorrect' },
  }),
);

let store: Store;
let api: Api;
let browser: Browser;
let page: Page;
/** The resend, as Temporal would describe it; null before it was started. */
let task: Task<BulkResendProgress> | null = null;

beforeAll(async () => {
  store = await emptyStore();
  api = await serveApi({
    ...{ store, console: true },
    api: {
      bulkResends: {
        ...noResends,
        start: async () => {
          task = resend('running', 0);
          return 'bulk-resend/default';
        },
        find: async ({ error }) => (error === 'TikTokUnauthorized' ? task : null),
        cancel: async () => {
          task = resend('cancelled', task?.progress?.done ?? 0);
          return true;
        },
      },
    },
  });
  browser = await launchBrowser();
  page = await (await newContext(browser)).newPage();
  await signInTo(page, api.url, operatorPassword, 'anna');
});
afterAll(async () => {
  await browser.close();
  await api.close();
  await store.close();
});
beforeEach(async () => {
  task = null;
  await store.purchases.record('default', refused);
  await page.goto(`${api.url}/console/attention`);
});

function resend(state: Task<BulkResendProgress>['state'], done: number): Task<BulkResendProgress> {
  const progress = { by: 'anna', startedAtMs: nowMs, total: 3, done, orders: done, failed: 0, cursor: null, isDone: done === 3 };
  return { workflowId: 'bulk-resend/default', state, progress, startedAtMs: nowMs, endedAtMs: nowMs, lastError: null };
}

const group = () => page.locator('#error-TikTokUnauthorized');
const bar = () => page.getByRole('progressbar', { name: /Token or pixel refused/ });

async function sendAgain(): Promise<void> {
  await group().locator('summary', { hasText: 'Send all again' }).click();
  expect(await group().locator('.confirm-text').innerText()).toContain('Sends 3 purchases of 3 orders again.');
  await group().getByRole('button', { name: 'Send 3 purchases again' }).click();
  await page.getByText('They are being sent again').waitFor();
  await page.evaluate(() => void (document.title = 'not loaded again'));
}

it('notes that somebody has seen a group', async () => {
  expect(await group().locator('h2').innerText()).toContain('New');
  await group().getByRole('button', { name: 'I have seen it' }).click();
  await group().getByText('Seen by anna').waitFor();
  expect(await group().getByRole('button', { name: 'I have seen it' }).count()).toBe(0);
});

it('sends a group again, shows how far it is, and empties the page once it has ended', async () => {
  await sendAgain();
  await bar().waitFor();
  expect(await bar().getAttribute('value')).toBe('0');
  task = resend('running', 2);
  await group().getByText('2 of 3').waitFor();
  expect(await bar().getAttribute('value')).toBe('2');
  await store.purchases.record(
    'default',
    refused.map((record) => ({ ...record, state: 'sent' as const, lastError: null, sentAtMs: nowMs, requestId: 'req-1' })),
  );
  task = resend('done', 3);
  await page.getByText('Nothing needs attention').waitFor();
  expect(await page.locator('main').innerText()).toContain('3 purchases of 3 orders were sent on their way');
  expect(await page.title()).toBe('not loaded again');
});

it('ends a resend that runs, and offers the rest again', async () => {
  await sendAgain();
  task = resend('running', 1);
  await group().getByRole('button', { name: 'Cancel' }).click();
  await group()
    .getByText(/by anna was cancelled/)
    .waitFor();
  expect(await group().innerText()).toContain('1 purchase of 1 order was sent on its way');
  await group().locator('summary', { hasText: 'Send all again' }).waitFor();
});

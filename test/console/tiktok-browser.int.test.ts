/** The TikTok page in Chromium: the effect of the limit stands beside the switch before anything is saved; no serious findings of axe. */
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { defaultSettings } from '../../src/domain/settings';
import type { Store } from '../../src/store';
import { type Api, nowMs, operatorPassword, purchase, serveApi } from '../support/api-server';
import { launchBrowser } from '../support/browser';
import { emptyStore } from '../support/test-database';

let store: Store;
let api: Api;
let browser: Browser;

beforeAll(async () => {
  store = await emptyStore();
  api = await serveApi({ store, initial: { pixelCode: 'C4A1B2C3D4', accessToken: 'good-token' }, console: true });
  await store.purchases.record('default', [
    purchase('in_1', { phase: 'conversion', occurredAtMs: nowMs - 9 * 86_400_000 }),
    purchase('in_2', { occurredAtMs: nowMs - 2 * 86_400_000 }),
  ]);
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await api.close();
  await store.close();
});

async function opened(path: string, width: number): Promise<Page> {
  const context = await browser.newContext({ viewport: { width, height: 900 } });
  const page = await context.newPage();
  await page.goto(`${api.url}/console/sign-in`);
  await page.fill('[name=name]', 'anna');
  await page.fill('[name=secret]', operatorPassword);
  await page.click('main button, form button');
  await page.goto(api.url + path);
  return page;
}

async function findingsOf(page: Page): Promise<readonly string[]> {
  await page.evaluate(readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8'));
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> };
    };
    const { violations } = await axe.run();
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`);
  });
}

it('the switch shows the effect before saving; review, save, undo', async () => {
  const page = await opened('/console/tiktok', 1280);
  await page.getByRole('switch', { name: /Limit Purchase Events/ }).check();
  await page.getByText('1 purchase would have been sent instead of 2').waitFor();
  expect((await store.settings.load('default', defaultSettings)).version).toBe(1);
  await page.getByRole('button', { name: 'Review changes' }).click();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved as version 2').waitFor();
  await page.goto(`${api.url}/console/changes`);
  await page.getByText('Undo').first().click();
  await page.locator('.confirm-card button').first().click();
  await page.getByText('Version 2 is undone').waitFor();
  expect((await store.settings.load('default', defaultSettings)).limitPurchaseEvents).toBe(false);
});

it.each([
  ['/console/tiktok', 1280],
  ['/console/tiktok', 390],
  ['/console/changes', 390],
])('%s at %i px has no serious finding of axe and does not scroll sideways', async (path, width) => {
  const page = await opened(path, width);
  expect(await findingsOf(page)).toEqual([]);
  expect(
    await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
  ).toBeLessThanOrEqual(0);
});

/** The page Users in real Chromium: a file of buyers is sent as it is, and what became of it is shown without a reload. */
import type { Browser, Page } from 'playwright-core';
import type { Store } from '../../src/store';
import { type Api, keys, operatorPassword, serveApi } from '../support/api-server';
import { launchBrowser, newContext } from '../support/browser';
import { signInTo } from '../support/console-sign-in';
import { emptyStore } from '../support/test-database';

let store: Store;
let api: Api;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  store = await emptyStore();
  api = await serveApi({ store, console: true });
  browser = await launchBrowser();
  page = await (await newContext(browser)).newPage();
  await signInTo(page, api.url, operatorPassword, 'anna');
});
afterAll(async () => {
  await browser.close();
  await api.close();
  await store.close();
});
beforeEach(() => page.goto(`${api.url}/console/users`));

/** Chooses a file and sends it; resolves to what the page then says. */
async function imported(lines: string): Promise<string> {
  await page.setInputFiles('#import-file', { name: 'buyers.csv', mimeType: 'text/csv', buffer: Buffer.from(lines) });
  await page.getByRole('button', { name: 'Import' }).click();
  const result = page.locator('#import-result');
  await result
    .getByText(/imported|refused|status|needed|columns?/i)
    .first()
    .waitFor();
  await page.waitForFunction(() => !document.querySelector('#import-result')?.textContent?.includes('Importing'));
  return (await result.textContent()) ?? '';
}

it('imports a file that is larger than a form may be, and shows the refused lines', async () => {
  const many = Array.from({ length: 30_000 }, (_, n) => `u-${n},buyer-${n}@example.com,2025-03-31`);
  const text = await imported(['user_id,email,first_purchase_at', ...many, 'u-x,no-mail,2025-13-31'].join('\n'));
  expect(text).toContain('30,000 buyers imported, 0 known before, 1 line refused.');
  expect(text).toContain('30002');
  expect(text).toContain('is no day or time that there is');
  expect(page.url()).toBe(`${api.url}/console/users`);
  expect((await store.users.find('default', keys.userId('default', 'u-29999')))?.firstPurchase).toMatchObject({ psp: 'import' });
});

it('says why a file is none', async () => {
  expect(await imported('a,b\n1,2\n')).toMatch(/user_id/);
});

/** Every page in real Chromium, wide and on a phone, light and dark: readable for all, by keyboard too, and nothing that strangers wrote runs. */
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { actions, pages } from '../../src/console/pages';
import type { Store } from '../../src/store';
import { type Api, operatorPassword } from '../support/api-server';
import { launchBrowser, newContext } from '../support/browser';
import { signedIn } from '../support/console-client';
import { serveSampleConsole, storyAddress } from '../support/console-samples';
import { emptyStore } from '../support/test-database';
import { signInTo } from '../support/console-sign-in';

let store: Store;
let api: Api;
let browser: Browser;
let page: Page;
const complaints: string[] = [];

beforeAll(async () => {
  store = await emptyStore();
  api = await serveSampleConsole(store);
  browser = await launchBrowser();
  page = await (await newContext(browser)).newPage();
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await signInTo(page, api.url, operatorPassword);
});
afterAll(async () => {
  await browser.close();
  await api.close();
  await store.close();
});
beforeEach(() => void complaints.splice(0));

async function signInAnew(secret: string): Promise<void> {
  await page.context().clearCookies();
  await signInTo(page, api.url, secret);
}

const samples: Readonly<Record<string, string>> = {
  '/purchases/:psp/:moneyId': storyAddress,
  '/providers/:psp': '/providers/stripe',
};
/** They answer a part of a page, for htmx alone. */
const parts = ['/setup/sample', '/attention/resend'];

const addresses = [
  ...pages.flatMap(({ path }) =>
    path.includes(':') ? (samples[path] ?? []) : path.endsWith('.csv') || parts.includes(path) ? [] : path,
  ),
  '/users?user=user-1',
  '/nowhere',
];

const looks = [
  { name: 'wide, light', width: 1280, colorScheme: 'light' },
  { name: 'wide, dark', width: 1280, colorScheme: 'dark' },
  { name: 'phone, light', width: 390, colorScheme: 'light' },
  { name: 'phone, dark', width: 390, colorScheme: 'dark' },
] as const;

describe.each(addresses)('%s', (address) => {
  it('has no serious finding of axe, fits the screen, and runs nothing of a stranger', async () => {
    const findings: string[] = [];
    await page.goto(`${api.url}/console${address}`);
    await page.evaluate(axe.source);
    for (const { name, width, colorScheme } of looks) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const { violations } = await page.evaluate(() =>
        (window as unknown as { axe: typeof axe }).axe.run({ resultTypes: ['violations'] }),
      );
      for (const { id, impact, nodes } of violations)
        if (impact === 'serious' || impact === 'critical')
          findings.push(`${name}: ${id} ${nodes.map(({ html }) => html).join(' ')}`);
      const beyond = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      if (beyond > 0) findings.push(`${name}: ${beyond} px wider than the screen`);
    }
    expect(findings).toEqual([]);
    expect(await page.title()).not.toContain('taken over');
    expect(complaints.filter((text) => !/status of 404/.test(text))).toEqual([]);
  });
});

it('can be used by keyboard alone: skip link, rail, a question and its way back', async () => {
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.goto(`${api.url}/console/users?user=user-1`);
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the content');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => document.activeElement?.closest('main') !== null)).toBe(true);
  await page.locator('summary', { hasText: 'Forget…' }).focus();
  await page.keyboard.press('Enter');
  expect(await page.locator('.confirm-card').innerText()).toContain('This cannot be undone');
  await page.keyboard.press('Escape');
  expect(await page.locator('.confirm-card').isVisible()).toBe(false);
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Forget…');
});

it('leads from the rail to every section', async () => {
  const links = await page.locator('.rail nav a').evaluateAll((all) => all.map((one) => one.getAttribute('href') ?? ''));
  expect(links.length).toBeGreaterThan(5);
  for (const link of links) expect((await page.goto(api.url + link))?.status()).toBe(200);
});

describe('a viewer', () => {
  beforeAll(() => signInAnew('viewer-password'));
  afterAll(() => signInAnew(operatorPassword));

  it('has no button that changes anything', async () => {
    for (const address of addresses) {
      await page.goto(`${api.url}/console${address}`);
      expect([address, await page.locator('main form[method=post]:not([role=search]) button:enabled').count()]).toEqual([
        address,
        0,
      ]);
    }
  });

  it('is led nowhere that is for operators only', async () => {
    await page.goto(`${api.url}/console/quarantine`);
    expect(await page.locator('main tbody tr').count()).toBe(1);
    expect(await page.locator('main tbody a').count()).toBe(0);
  });

  it('is refused whatever changes something', async () => {
    const viewer = await signedIn(api.url, 'viewer-password', 'vera');
    for (const { path } of actions.filter(({ role }) => role !== 'viewer')) {
      const concrete = path.replace(/:(\w+)/g, 'stripe');
      expect([path, (await viewer.post(concrete)).status]).toEqual([path, 403]);
    }
  });
});

it('forgets a buyer when asked, and then knows them no more', async () => {
  await page.goto(`${api.url}/console/users?user=user-1`);
  await page.locator('summary', { hasText: 'Forget…' }).click();
  await page.locator('button', { hasText: 'Forget the buyer' }).click();
  await page.waitForURL(/\/console\/users$/);
  expect(await page.locator('main').innerText()).toContain('Forgotten.');
  await page.goto(`${api.url}/console/users?user=user-1`);
  expect(await page.locator('main').innerText()).toContain('No buyer is known by this');
  expect(api.audit.at(-1)).toMatchObject({ action: 'user.erase', by: 'operator' });
});

it('compares the account with the provider, and fetches what is missing', async () => {
  await page.goto(`${api.url}/console/report`);
  await page.locator('#missing code', { hasText: 'in_1QLost0006' }).waitFor();
  expect(await page.locator('#missing').innerText()).toContain('Stripe has 1 payment of this period');
  expect(await page.locator('#missing').innerText()).toContain('Paddle is not compared');
  await page.locator('summary', { hasText: 'Fetch it' }).click();
  await page.locator('button', { hasText: 'Read the account again' }).click();
  await page.locator('.banner-good').waitFor();
  expect(await page.locator('.banner-good').innerText()).toContain('Stripe is being read over this period');
  expect(api.audit.at(-1)).toMatchObject({ action: 'backfill', by: 'operator' });
});

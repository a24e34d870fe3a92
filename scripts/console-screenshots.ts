/**
 * `npm run console-pictures [-- <folder>]`: each page of the console as small pictures, wide and on a phone, light and dark, into
 * docs/console. Chromium is found as the tests find it.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { pages } from '../src/console/pages';
import { operatorPassword } from '../test/support/api-server';
import { signInTo } from '../test/support/console-sign-in';
import { serveSampleConsole, storyAddress } from '../test/support/console-samples';
import { emptyStore } from '../test/support/test-database';

const looks = [
  { name: 'wide', colorScheme: 'light', viewport: { width: 1280, height: 860 } },
  { name: 'wide-dark', colorScheme: 'dark', viewport: { width: 1280, height: 860 } },
  { name: 'phone', colorScheme: 'light', viewport: { width: 390, height: 844 } },
  { name: 'phone-dark', colorScheme: 'dark', viewport: { width: 390, height: 844 } },
] as const;

/** Pages that are an answer to a form or to a script, and files. */
const left = ['/report/missing', '/setup/sample', '/attention/resend'];

function addresses(): readonly (readonly [name: string, address: string])[] {
  const own = pages.filter(({ path }) => !path.includes(':') && !path.endsWith('.csv') && !left.includes(path));
  return [
    ...own.map(({ path }) => [path === '/' ? 'overview' : path.slice(1).replaceAll('/', '-'), path] as const),
    ['story', storyAddress],
    ['provider', '/providers/stripe'],
    ['user', '/users?user=user-1'],
  ];
}

async function main(): Promise<void> {
  const folder = process.argv[2] ?? join(__dirname, '../docs/console');
  await mkdir(folder, { recursive: true });
  const store = await emptyStore();
  const api = await serveSampleConsole(store);
  const browser = await chromium.launch({
    executablePath: process.argv[3] ?? '/usr/bin/chromium',
    headless: true,
    args: ['--no-sandbox', '--disable-gpu'],
  });
  try {
    for (const look of looks) await picturesOf(browser, api.url, folder, look);
  } finally {
    await browser.close();
    await api.close();
    await store.close();
  }
}

async function picturesOf(browser: Browser, url: string, folder: string, look: (typeof looks)[number]): Promise<void> {
  const { colorScheme, viewport } = look;
  const context = await browser.newContext({ colorScheme, viewport });
  const page = await context.newPage();
  await page.goto(`${url}/console/sign-in`);
  await keep('sign-in');
  await signInTo(page, url, operatorPassword);
  for (const [name, address] of addresses()) {
    await page.goto(`${url}/console${address}`, { waitUntil: 'networkidle' });
    await keep(name);
  }
  await context.close();

  /** WebP, since a page of text takes a third of a PNG. Only the browser itself can make it. */
  async function keep(name: string): Promise<void> {
    const session = await context.newCDPSession(page);
    const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 70 });
    await writeFile(join(folder, `${name}-${look.name}.webp`), Buffer.from(data, 'base64'));
    await session.detach();
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});

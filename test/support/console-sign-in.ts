import type { Page } from 'playwright-core';

/** Signs in as a person does, by the form of the console at `url`, and waits for the page behind it. */
export async function signInTo(page: Page, url: string, secret: string, name?: string): Promise<void> {
  await page.goto(`${url}/console/sign-in`);
  if (name !== undefined) await page.locator('input[name=name]').fill(name);
  await page.locator('input[name=secret]').fill(secret);
  await page.keyboard.press('Enter');
  await page.waitForURL(/console\/(?!sign-in)/);
}

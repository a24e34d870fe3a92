/** From the first start to the first sample seen at the sandbox, by the console alone, in real Chromium. */
import type { Browser, Page } from 'playwright-core';
import { sandboxPath } from '../../src/app/services';
import { startWorkers, type Workers } from '../../src/app/workers';
import { signGeneric } from '../../sandbox/generic/webhooks';
import { launchBrowser } from '../support/browser';
import { Relay } from '../support/relay';

let relay: Relay;
let workers: Workers;
let browser: Browser;
let page: Page;
const violations: string[] = [];

beforeAll(async () => {
  // As `npm start` on an empty machine: no provider, no pixel.
  const nothing = [
    'STRIPE_WEBHOOK_SECRETS',
    'GENERIC_WEBHOOK_SECRETS',
    'TIKTOK_API_URL',
    'TIKTOK_PIXEL_URL',
    'TIKTOK_PIXEL_CODE',
    'TIKTOK_ACCESS_TOKEN',
  ];
  relay = await Relay.start('first-start', { worker: false, env: Object.fromEntries(nothing.map((name) => [name, ''])) });
  workers = await startWorkers(relay.services, {
    bundle: { codePath: process.env['TEST_WORKFLOW_BUNDLE'] ?? '' },
    webUrl: relay.web.url,
    sandboxUrl: relay.web.localUrl + sandboxPath,
  });
  browser = await launchBrowser();
  page = await browser.newPage();
  page.setDefaultTimeout(60_000);
  page.on('console', (message) => void (message.type() === 'error' && violations.push(message.text())));
}, 300_000);

afterAll(async () => {
  await browser.close();
  await workers.stop();
  await relay.stop();
}, 120_000);

it('gets from the first start to the first sample at the sandbox', async () => {
  await page.goto(`${relay.web.localUrl}/console/`);
  await page.locator('input[name="secret"]').fill(relay.services.config.operator?.password ?? '');
  await page.locator('main button, form button').first().click();
  // The overview of a first start is the checklist: nothing has to be looked for.
  await page.getByRole('button', { name: 'Send a sample' }).click();
  await page.locator('#sample-watch').getByText('It arrived').waitFor();
  const events = (await (await fetch(`${relay.web.localUrl}${sandboxPath}/_sandbox/events`)).json()) as unknown;
  expect(JSON.stringify(events)).toContain('sample_');
  const { body } = await relay.api('GET', '/setup');
  expect(body).toMatchObject({ purchaseSent: false, sample: { last: { state: 'sent' } } });
}, 300_000);

it('marks the sample in its story, and counts it nowhere', async () => {
  await page.locator('#sample-watch').getByRole('link', { name: 'Read its story' }).click();
  await page.locator('.story-head .chip', { hasText: 'sample' }).waitFor();
  await page.goto(`${relay.web.localUrl}/console/report`);
  await page.getByText('No payments in this period').waitFor();
  const { body } = await relay.api('GET', '/coverage');
  expect(body).toMatchObject({ charged: { count: 0 }, coverage: null, latency: { p50Seconds: null } });
  expect((await relay.api('GET', '/match-quality')).body).toMatchObject({ sent: 0 });
}, 300_000);

it('has a generic secret that the console shows, and that signs webhooks', async () => {
  await page.goto(`${relay.web.localUrl}/console/providers/generic`);
  await page.getByRole('button', { name: 'Show, to copy' }).click();
  const secret = (await page.locator('[data-copy^="whsec_"]').getAttribute('data-copy')) ?? '';
  const sent = JSON.stringify({
    kind: 'conversion',
    money_id: '<script>alert(1)</script>',
    amount: '<img src=x onerror=alert(1)>',
  });
  const answer = await relay.post('/webhooks/generic', sent, signGeneric(sent, secret, 'msg_1', Math.floor(Date.now() / 1000)));
  expect([answer.status, answer.body.outcome]).toEqual([202, 'quarantined']);
}, 300_000);

it('shows what cannot be read, with what a stranger wrote as text, and dismisses it', async () => {
  await page.goto(`${relay.web.localUrl}/console/quarantine`);
  await page.locator('main table a').first().click();
  await page.getByText('subscription_id').first().waitFor();
  expect(await page.locator('pre.json').innerText()).toContain('<script>alert(1)</script>');
  expect(await page.locator('pre script, pre img').count()).toBe(0);
  await page.getByRole('button', { name: 'Retry' }).click();
  await page.getByText('It still cannot be read').waitFor();
  await page.locator('summary', { hasText: 'Dismiss' }).click();
  await page.locator('.confirm-card button').click();
  await page.getByText('Nothing is in quarantine').waitFor();
}, 300_000);

it('shows the snippet, and breaks no rule of its own policy', async () => {
  await page.goto(`${relay.web.localUrl}/console/pixel`);
  expect(await page.locator('pre.json').first().innerText()).toContain('/pixel.js');
  await page.goto(`${relay.web.localUrl}/console/providers`);
  await page.getByText('Stripe').first().waitFor();
  expect(violations).toEqual([]);
}, 300_000);

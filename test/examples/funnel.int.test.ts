/** The example funnel, as `npm run demo:funnel` starts it, walked through in a real browser. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Browser, BrowserContext, Frame, Page, Response } from 'playwright-core';
import { operatorToken } from '../../demo/client';
import type { ReceivedEvent } from '../../sandbox/tiktok/receiver';
import { launchBrowser, newContext } from '../support/browser';
import { eventually } from '../support/relay';

const root = resolve(__dirname, '..', '..');
const temporary = mkdtempSync(join(tmpdir(), 'funnel-test-'));
let funnel: Awaited<ReturnType<typeof start>>;
let browser: Browser;
let visitor: BrowserContext;
let page: Page;

async function start() {
  const { PATH, HOME, TEST_TEMPORAL_CLI } = process.env;
  const child: ChildProcess = spawn(process.execPath, ['scripts/run.mjs', 'examples/funnel/start'], {
    cwd: root,
    env: { PATH, HOME, TEMPORAL_CLI_PATH: TEST_TEMPORAL_CLI, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
  const exited = new Promise<number | null>((done) => child.once('exit', done));
  await eventually(() => {
    if (!output.includes('Ctrl-C')) throw new Error(output);
  });
  const found = (pattern: RegExp): string => pattern.exec(output)?.[1] ?? '';
  return {
    url: found(/Open (\S+)/),
    tiktokUrl: found(/(\S+)\/_sandbox\//),
    relayUrl: found(/Database, web .*(http\S+)/),
    /** Ctrl-C. */
    async stop() {
      child.kill('SIGINT');
      return { code: await exited, output };
    },
  };
}

beforeAll(async () => {
  [funnel, browser] = await Promise.all([start(), launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  const ended = await funnel?.stop();
  const left = readdirSync(temporary);
  rmSync(temporary, { recursive: true, force: true });
  expect(ended).toEqual({ code: 0, output: expect.stringContaining('nothing is left behind') });
  expect(ended?.output).not.toContain('✗');
  expect(left.filter((name) => name.startsWith('relay-demo-'))).toEqual([]);
});

beforeEach(async () => {
  await fetch(`${funnel.tiktokUrl}/_sandbox/reset`, { method: 'POST' });
  visitor = await newContext(browser);
  page = await visitor.newPage();
});
afterEach(() => visitor.close());

async function received(): Promise<ReceivedEvent[]> {
  const response = await fetch(`${funnel.tiktokUrl}/_sandbox/events`);
  return ((await response.json()) as { items: ReceivedEvent[] }).items;
}

const purchases = async (): Promise<ReceivedEvent[]> =>
  (await received()).filter(({ eventName }) => eventName === 'CompletePayment');

/** Resolves once there are so many. */
const untilPurchases = (count: number): Promise<ReceivedEvent[]> =>
  eventually(async () => {
    const seen = await purchases();
    if (seen.length < count) throw new Error(`${seen.length} of ${count} purchases`);
    return seen;
  });

async function setLimit(limit: boolean): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  await fetch(`${funnel.url}/stage/limit`, { method: 'PUT', headers, body: JSON.stringify({ limit }) });
}

/** The record of this visitor's purchase, once it is kept back. */
const untilSuppressed = (eventId: string): Promise<{ reason: string }> =>
  eventually(async () => {
    const headers = { authorization: `Bearer ${operatorToken}` };
    const response = await fetch(`${funnel.relayUrl}/api/purchases?q=${eventId}&state=suppressed`, { headers });
    const [record] = ((await response.json()) as { items: { reason: string }[] }).items;
    if (!record) throw new Error('nothing is kept back');
    return record;
  });

/** What would have come by then does not come. */
const settledMs = 300;

const click = 'E.C.P.of-the-test';

let visitors = 0;
async function toPaywall(at: Page | Frame = page): Promise<void> {
  await at.click('text=Make my plan');
  await at.fill('input[type=email]', `Visitor${++visitors}@example.com`);
  await at.click('text=See my plan');
}

/** From the paywall to the page of thanks, and what the page was told there: the answer to whether it may report the purchase. */
async function buy(plan: string, at: Page | Frame = page): Promise<{ send: boolean; eventId: string }> {
  await at.check(`input[value=${plan}]`, { force: true });
  await at.click('#continue');
  // A screen is looked at.
  await eventually(async () => {
    const seen = await received();
    if (!seen.some(({ eventName }) => eventName === 'InitiateCheckout')) throw new Error('the checkout was not seen');
  });
  const answered = page.waitForResponse(answersNewCheckout);
  await at.click('#pay');
  await at.waitForURL(/\/thanks/);
  const answer = await answered;
  checkoutsAnswered.add(checkoutIdOf(answer));
  return (await answer.json()) as { send: boolean; eventId: string };
}

const checkoutsAnswered = new Set<string>();

/** The script asks again when an answer is late, and then gets a second one. */
function answersNewCheckout(response: Response): boolean {
  const isAnswer = response.url().includes('/collect/purchase') && response.status() === 200;
  return isAnswer && !checkoutsAnswered.has(checkoutIdOf(response));
}

function checkoutIdOf(response: Response): string {
  return (JSON.parse(response.request().postData() ?? '{}') as { checkoutId?: string }).checkoutId ?? '';
}

const steps = [
  ...['Pageview', 'Pageview', 'CompleteRegistration', 'Pageview', 'checkout_presented', 'InitiateCheckout'],
  ...['Pageview', 'CompletePayment'],
];

const premium = { content_id: 'price_premium', quantity: 1 };
const bought: Readonly<Record<string, readonly object[]>> = {
  subscription: [{ ...premium, price: 9.99 }],
  free_trial: [premium],
  paid_trial: [premium, { content_id: 'price_premium_fee', quantity: 1, price: 1 }],
  lifetime: [{ content_id: 'premium_lifetime', quantity: 1 }],
};

it.each([
  ['subscription', 9.99],
  ['free_trial', 0],
  ['paid_trial', 1],
  ['lifetime', 89],
])('%s: each step once from the browser, and the purchase from both sides, counted once', async (plan, value) => {
  await page.goto(`${funnel.url}/landing?ttclid=${click}`);
  await toPaywall();
  const { eventId } = await buy(plan);
  const both = await untilPurchases(2);
  const all = await received();
  expect(all.filter(({ source }) => source === 'browser').map(({ eventName }) => eventName)).toEqual(steps);
  expect(all.filter(({ source }) => source === 'server').map(({ eventName }) => eventName)).toEqual(['CompletePayment']);
  expect(both.map(({ fate }) => fate)).toEqual(['counted', 'merged']);
  const [first, second] = both;
  for (const event of both) {
    expect(event).toMatchObject({ eventId, value, currency: 'USD', user: { ttclid: click } });
    expect(event.user).toMatchObject({ ttp: first?.user.ttp, external_id: first?.user.external_id });
  }
  // Both sides say the same of what was bought.
  const said = both.map(({ properties }) =>
    ['contents', 'content_ids', 'num_items', 'content_type'].map((name) => properties[name]),
  );
  expect(said[0]).toEqual(said[1]);
  expect(first?.properties).toMatchObject({ contents: bought[plan] });
  // The page learns it only once the order has proven whose checkout it is.
  for (const { source, properties } of both)
    expect(['new', ...(source === 'browser' ? [undefined] : [])]).toContain(properties['customer_type']);
  expect(new Set(both.map(({ source }) => source))).toEqual(new Set(['browser', 'server']));
  expect(second?.user.external_id).toMatch(/^[0-9a-f]{64}$/);
  expect(all.flatMap(({ warnings }) => warnings)).toEqual([]);
});

it('on the stage: the funnel, the clock, and TikTok’s end beside them', async () => {
  await page.goto(funnel.url);
  await page.waitForURL(funnel.url + '/');
  const shop = await eventually(() => {
    const frame = page.frames().find((one) => one.url().includes('/landing'));
    if (!frame) throw new Error('no funnel');
    return frame;
  });
  await toPaywall(shop);
  const { eventId } = await buy('free_trial', shop);
  await untilPurchases(2);
  await page.locator('#hint', { hasText: 'TikTok makes one of the two' }).waitFor();
  await shop.click('text=7 days later: the trial converts, $19.99');
  await untilPurchases(3);
  await shop.click('text=A month later: it renews, $19.99');
  const seen = await untilPurchases(4);
  expect(seen.map(({ value, fate }) => [value, fate])).toEqual([
    [0, 'counted'],
    [0, 'merged'],
    [19.99, 'counted'],
    [19.99, 'counted'],
  ]);
  const decisions = page.locator('#decisions li');
  await eventually(async () => {
    expect(await decisions.allTextContents()).toEqual([
      '✓Trial start $0.00Sent',
      '✓First payment $19.99Sent',
      '✓Renewal $19.99Sent',
    ]);
  });
  expect(await page.getAttribute('#temporal', 'href')).toMatch(/workflows\/subscription%2Fdefault%2Fstripe%2Fsub_/);
  const view = page.frameLocator('.tiktok').locator('.group', { hasText: eventId });
  await view.getByText('browser and server, counted once').waitFor();
  expect(await view.locator('.fate').allTextContents()).toEqual(['counted', 'merged']);
  // The checkout asked for it, so only the server knows it.
  expect(await view.locator('.chip.adds').allTextContents()).toEqual(['phone']);
  await view.locator('.event.server summary').click();
  await view.locator('.event.server pre', { hasText: '"event_source": "web"' }).waitFor();
});

it('with Limit Purchase Events a second purchase fires neither', async () => {
  await setLimit(true);
  try {
    await page.goto(`${funnel.url}/landing?ttclid=${click}`);
    await toPaywall();
    const first = await buy('subscription');
    expect(first.send).toBe(true);
    await untilPurchases(2);
    await page.click('text=Buy another plan');
    const second = await buy('lifetime');
    expect(second.send).toBe(false);
    expect(second.eventId).not.toBe(first.eventId);
    expect(await untilSuppressed(second.eventId)).toMatchObject({ reason: 'limited' });
    await page.waitForTimeout(settledMs);
    expect((await purchases()).map(({ eventId }) => eventId)).toEqual([first.eventId, first.eventId]);
    const presented = (await received()).filter(({ eventName }) => eventName === 'checkout_presented');
    expect(presented).toHaveLength(2);
  } finally {
    await setLimit(false);
  }
});

it('with consent denied TikTok hears nothing, from neither side', async () => {
  await visitor.addCookies([{ name: 'consent', value: 'denied', url: funnel.url }]);
  const ownClick = 'E.C.P.who.denies';
  await page.goto(`${funnel.url}/landing?ttclid=${ownClick}`);
  await toPaywall();
  await page.check('input[value=lifetime]', { force: true });
  await page.click('#pay');
  await page.waitForURL(/\/thanks/);
  const checkoutId = (await page.getAttribute('body', 'data-tt-checkout-id')) ?? '';
  expect(checkoutId).not.toBe('');
  expect(await untilSuppressed(checkoutId)).toMatchObject({ reason: 'consent' });
  await page.waitForTimeout(settledMs);
  // Events of the visitor before may still come in.
  const told = (await received()).map((event) => JSON.stringify(event));
  expect(told.filter((event) => event.includes(ownClick) || event.includes(checkoutId))).toEqual([]);
});

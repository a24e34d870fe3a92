/** The TikTok page and the change log, without scripts: forms as a browser sends them, and what stands on the pages that answer. */
import { startTikTokSandbox, type RunningTikTokSandbox } from '../../sandbox/tiktok/receiver';
import { patchOf, valuesOf } from '../../src/console/pages/tiktok/form-values';
import { whatIsSent } from '../../src/console/pages/tiktok/limit-tables';
import { phases, purchaseTypes } from '../../src/domain/fact';
import { presets } from '../../src/domain/policy';
import { defaultSettings, type Settings } from '../../src/domain/settings';
import { cursorAtVersion } from '../../src/operator/change-log';
import { applyMergePatch } from '../../src/operator/settings-document';
import type { Store } from '../../src/store';
import { createEventsApi } from '../../src/tiktok';
import { type Api, nowMs, purchase, serveApi } from '../support/api-server';
import { type ConsoleClient, signedIn } from '../support/console-client';
import { emptyStore } from '../support/test-database';

let store: Store;
let sandbox: RunningTikTokSandbox;
let api: Api;
let client: ConsoleClient;
let tests = 0;
let integration = '';
const events = createEventsApi();

beforeAll(async () => {
  store = await emptyStore();
  sandbox = await startTikTokSandbox({ accessTokens: ['good-token'], pixelCodes: ['C4A1B2C3D4'] });
});
beforeEach(async () => {
  integration = `page-${(tests += 1)}`;
  api = await serveApi({
    store,
    integrations: [integration],
    initial: { pixelCode: 'C4A1B2C3D4', accessToken: 'good-token' },
    console: true,
    api: {
      events,
      target: ({ pixelCode, accessToken }) =>
        pixelCode === null || accessToken === null ? null : { baseUrl: sandbox.url, pixelCode, accessToken },
    },
  });
  client = await signedIn(api.url);
});
afterEach(() => api.close());
afterAll(async () => {
  await events.close();
  await sandbox.close();
  await store.close();
});

const current = (): Promise<Settings> => store.settings.load(integration, defaultSettings);

/** The form as it stands, with some fields changed; null is a switch that was turned off. */
async function form(changes: Readonly<Record<string, string | null>>): Promise<Record<string, string>> {
  const settings = await current();
  const all = { ...valuesOf(settings), version: String(settings.version), ...changes };
  return Object.fromEntries(Object.entries(all).flatMap(([name, value]) => (value === null ? [] : [[name, value]])));
}

async function reviewed(changes: Readonly<Record<string, string | null>>) {
  const page = await client.post('/tiktok/review', await form(changes));
  const patch = /name="patch" value="([^"]*)"/.exec(page.html)?.[1]?.replaceAll('&quot;', '"') ?? '';
  const version = /name="version" value="(\d+)"/.exec(page.html)?.[1] ?? '';
  return { page, save: () => client.post('/tiktok/save', { patch, version }) };
}

it('shows every setting, and of the token only that there is one', async () => {
  const { status, html } = await client.get('/tiktok');
  expect(status).toBe(200);
  for (const words of [
    'Pixel code',
    'Limit Purchase Events',
    'Without the limit',
    'Oldest purchase to send',
    'Buyers who refused',
  ])
    expect(html).toContain(words);
  expect(html).not.toContain('good-token');
});

it('a change is reviewed with its effect on the last 30 days, then saved by whoever is signed in', async () => {
  await store.purchases.record(integration, [
    purchase('in_1', { subscription: 'sub_1', phase: 'conversion', occurredAtMs: nowMs - 9 * 86_400_000 }),
    purchase('in_2', { subscription: 'sub_1', occurredAtMs: nowMs - 2 * 86_400_000 }),
  ]);
  const { page, save } = await reviewed({ limitPurchaseEvents: 'on' });
  expect(page.status).toBe(200);
  expect(page.html).toContain('Limit Purchase Events');
  expect(page.html).toContain('1 purchase would have been sent instead of 2');
  expect((await current()).limitPurchaseEvents).toBe(false);
  expect(await save()).toMatchObject({ status: 303, location: expect.stringContaining('/console/tiktok') });
  expect(await current()).toMatchObject({ version: 2, limitPurchaseEvents: true });
  expect((await client.get('/tiktok')).html).toContain('Saved as version 2');
  expect(api.telemetry.at(-1)).toMatchObject({ by: 'anna', fields: ['limitPurchaseEvents'] });
});

it('htmx gets the effect alone while the form is being edited', async () => {
  const { html } = await client.post('/tiktok/effect', await form({ sendZeroValue: 'on' }), { 'hx-request': 'true' });
  expect(html).toMatch(/^<p class="muted">No payments in the last 30 days/);
  expect((await current()).version).toBe(1);
});

it('a cell of the policy is edited, and its diff reads in words', async () => {
  const cell = 'policy.subscription.renewal';
  const { page, save } = await reviewed({
    [`${cell}.eventName`]: 'Subscribe',
    [`${cell}.value.mode`]: 'percent',
    [`${cell}.value.percent`]: '30',
  });
  expect(page.html).toContain('Subscription › Renewal: event name');
  expect(page.html).toContain('30 % of the regular price');
  await save();
  expect((await current()).policy.subscription.renewal).toEqual({
    send: true,
    eventName: 'Subscribe',
    value: { mode: 'percent', percent: 30 },
  });
});

it('what is wrong is said at its field, and the form keeps what was entered', async () => {
  const name = 'policy.lifetime.conversion.value';
  const { page } = await reviewed({
    [`${name}.mode`]: 'fixed',
    [`${name}.amount`]: '9,99',
    [`${name}.currency`]: 'usd',
    maxEventAgeHours: '0',
  });
  expect(page.status).toBe(422);
  expect(page.html).toContain('must be a decimal string such as');
  expect(page.html).toContain('value="9,99"');
  expect(page.html).toContain('Oldest purchase to send must be a whole number of hours');
  expect((await current()).version).toBe(1);
});

it('a trial start is held, and its diff reads in words', async () => {
  const cell = 'policy.free_trial.trial_start';
  const { page, save } = await reviewed({ [`${cell}.hold.hours`]: '48' });
  expect(page.html).toContain('Free trial › Trial start: held');
  expect(page.html).toMatch(/not held[\s\S]*48 hours/);
  await save();
  expect((await current()).policy.free_trial.trial_start).toEqual({ send: true, hold: { hours: 48 } });
  expect((await client.get('/tiktok')).html).toContain('Purchase, after 48 h');
  await (await reviewed({ [`${cell}.hold.hours`]: '' })).save();
  expect((await current()).policy.free_trial.trial_start).toEqual({ send: true });
});

it.each(['0', '73', '1.5', 'a day'])('a hold of %s hours is refused at its field, and kept there', async (hours) => {
  const name = 'policy.paid_trial.trial_start.hold.hours';
  const { page } = await reviewed({ [name]: hours });
  expect(page.status).toBe(422);
  expect(page.html).toContain('must be a whole number of hours from 1 to 72');
  expect(page.html).toContain(`name="${name}" value="${hours}"`);
});

it('only a trial’s start has a field for its hold', async () => {
  const { html } = await client.get('/tiktok');
  expect([...html.matchAll(/name="policy\.([a-z_.]+)\.hold\.hours"/g)].map(([, cell]) => cell)).toEqual([
    'free_trial.trial_start',
    'paid_trial.trial_start',
  ]);
});

it('the preset of qualified trials holds both trial starts for a day', async () => {
  const { html } = await client.get('/tiktok?preset=qualified_trials');
  expect(html.match(/hold\.hours" value="24"/g)).toHaveLength(2);
});

it('products are added, changed and taken away, each with its words in the diff', async () => {
  const added = await reviewed({
    ...{ 'products.0.key': 'price_1', 'products.0.id': 'premium', 'products.0.predictedLtv': '89.00' },
    ...{ 'products.2.key': 'price.2', 'products.2.name': 'Basic' },
  });
  expect(added.page.html).toContain('Products: price_1');
  expect(added.page.html).toContain('id premium, what its buyer is expected to pay 89.00');
  await added.save();
  expect((await current()).products).toEqual({ price_1: { id: 'premium', predictedLtv: '89.00' }, 'price.2': { name: 'Basic' } });
  expect(api.telemetry.at(-1)).toMatchObject({ fields: ['products'] });

  const changed = await reviewed({ 'products.1.id': '', 'products.1.category': 'Apps', 'products.0.key': '' });
  expect(changed.page.html).toContain('Products: price_1: category');
  await changed.save();
  expect((await current()).products).toEqual({ price_1: { category: 'Apps', predictedLtv: '89.00' } });
  expect((await client.get('/changes')).html).toContain('Products: price.2');
});

it('a product that is wrong is named by its id, and the form keeps it', async () => {
  const { page } = await reviewed({
    'products.0.key': 'price_1',
    'products.0.predictedLtv': '89,00',
    'products.1.name': 'No id',
  });
  expect(page.status).toBe(422);
  expect(page.html).toContain('products.price_1.predictedLtv must be a decimal string');
  expect(page.html).toContain('value="89,00"');
  expect(page.html).toContain('value="No id"');
});

describe('only buyers from TikTok', () => {
  it('shows beside the switch what it would cost', async () => {
    expect((await client.get('/tiktok')).html).toContain('Nothing was sent in the last 30 days');
    const day = Math.floor(nowMs / 86_400_000);
    const tally = { integration, name: 'matched' as const, psp: 'stripe', day, lastAtMs: nowMs };
    await store.tallies.add([
      { ...tally, label: 'sent', count: 40 },
      { ...tally, label: 'ttclid', count: 10 },
    ]);
    const { html } = await client.get('/tiktok');
    expect(html).toContain('Of 40 purchases sent in the last 30 days, 25 % had a click id');
    expect(html).toMatch(/href="\/console\/match-quality[^"]*">Match quality/);
  });

  it('is switched on, and leads to what it has kept back', async () => {
    await (await reviewed({ attributedOnly: 'on' })).save();
    expect(await current()).toMatchObject({ version: 2, attributedOnly: true });
    expect((await client.get('/tiktok')).html).toMatch(/href="[^"]*reason=not_attributed[^"]*">what it has kept back/);
  });
});

it('a preset fills the form, and nothing is saved', async () => {
  const { html } = await client.get('/tiktok?preset=split');
  expect(html).toContain('value="StartTrial"');
  expect((await current()).version).toBe(1);
});

it('is refused when the settings were changed meanwhile, and says what was changed by whom', async () => {
  const { save } = await reviewed({ sendZeroValue: 'on' });
  await api.call('PATCH', `/api/settings?by=bob`, { maxEventAgeHours: 24 });
  const { status, html } = await save();
  expect(status).toBe(409);
  expect(html).toContain('168 hours → 24 hours (bob, version 2)');
  expect((await current()).sendZeroValue).toBe(false);
});

describe('the connection', () => {
  const fields = { version: '1', pixelCode: 'C4A1B2C3D4', accessToken: '', testEventCode: '' };

  it.each([
    ['a good token', {}, ['The connection works.', 'TikTok']],
    ['a bad token', { accessToken: 'bad-token' }, ['code 40105', 'Access token is incorrect']],
    ['an unknown pixel', { pixelCode: 'C0UNKNOWN0' }, ['code 40001', 'No permission']],
  ])('is checked with %s', async (_what, changes, words) => {
    const { status, html } = await client.post('/tiktok/check', { ...fields, ...changes });
    expect(status).toBe(200);
    for (const word of words) expect(html).toContain(word);
    expect(html).not.toContain('bad-token');
    expect((await current()).version).toBe(1);
  });

  it('is saved; an empty token keeps the one that is there', async () => {
    await client.post('/tiktok/connection', { ...fields, testEventCode: 'TEST1' });
    expect(await current()).toMatchObject({ version: 2, accessToken: 'good-token', testEventCode: 'TEST1' });
    await client.post('/tiktok/connection', { ...fields, version: '2', removeToken: 'on' });
    expect((await current()).accessToken).toBeNull();
  });

  it('says at its field what is wrong', async () => {
    const { status, html } = await client.post('/tiktok/connection', { ...fields, pixelCode: 'my pixel' });
    expect(status).toBe(422);
    expect(html).toContain('Pixel code must be a pixel code');
  });
});

it('viewers look and change nothing', async () => {
  const viewer = await signedIn(api.url, 'viewer-password');
  expect((await viewer.get('/tiktok')).html).not.toContain('Review changes');
  expect((await viewer.post('/tiktok/review', await form({ paused: 'on' }))).status).toBe(403);
});

describe('the change log', () => {
  it('lists settings and commands together, with who and from what to what, and undoes a change', async () => {
    await api.call('PATCH', '/api/settings?by=bob', { maxEventAgeHours: 24 });
    const entry = { integration, atMs: nowMs - 1_000, by: 'cleo', action: 'user.erase', target: 'hmac-of-a-user', reason: null };
    await store.audit.append(entry);
    const { html } = await client.get('/changes');
    for (const words of ['bob', '168 hours', '24 hours', 'A buyer was erased', 'cleo']) expect(html).toContain(words);
    expect((await client.get('/changes?kind=commands')).html).not.toContain('168 hours');
    expect((await client.post('/changes/undo', { version: '2' })).status).toBe(303);
    expect(await current()).toMatchObject({ version: 3, maxEventAgeHours: 168 });
  });

  it('says of a command what was done, not its name in the audit alone', async () => {
    const actions = [
      'purchase.resend.force',
      'purchase.skip',
      'attention.acknowledge',
      'check',
      'backfill',
      'secret.add',
      'sample',
    ];
    for (const action of actions)
      await store.audit.append({ integration, atMs: nowMs, by: 'dora', action, target: `of ${action}`, reason: null });
    const { html } = await client.get('/changes?by=dora');
    for (const action of actions) {
      expect(html).toContain(`<code class="term">${action}</code>`);
      expect(html).not.toContain(`<h2>${action}</h2>`);
    }
  });

  it('has an address of each version, which begins with it', async () => {
    await api.call('PATCH', '/api/settings', { maxEventAgeHours: 30 });
    const { version } = await current();
    const shown = async (one: number) =>
      (await client.get(`/changes?kind=settings&cursor=${cursorAtVersion(one)}`)).html.match(/id="version-\d+"/g);
    expect((await shown(version))?.[0]).toBe(`id="version-${version}"`);
    expect((await shown(version - 1))?.[0]).toBe(`id="version-${version - 1}"`);
  });

  it('says why an undo is refused', async () => {
    await api.call('PATCH', '/api/settings', { maxEventAgeHours: 24 });
    await api.call('PATCH', '/api/settings', { maxEventAgeHours: 48 });
    const { status, html } = await client.post('/changes/undo', { version: '2' });
    expect(status).toBe(409);
    expect(html).toContain('changed again since version 2');
  });

  it('comes in pages', async () => {
    for (let hour = 1; hour <= 52; hour += 1) await api.call('PATCH', '/api/settings', { maxEventAgeHours: hour });
    const { html } = await client.get('/changes');
    const next = /href="([^"]*cursor=[^"]*)"/.exec(html)?.[1]?.replaceAll('&amp;', '&').replace('/console', '') ?? '';
    const older = (await client.get(next)).html;
    expect(html).toContain('Settings, version 53');
    expect(html).not.toContain('id="version-3"');
    expect(older).toContain('id="version-3"');
    expect(older).toContain('id="version-1"');
  });
});

describe('the form', () => {
  it.each(Object.entries(presets))('sent as it was filled changes nothing: %s', (_name, { policy }) => {
    const products = { price_1: { id: 'premium', name: 'Premium', category: 'Apps', predictedLtv: '89.00' }, plan_2: {} };
    const settings: Settings = {
      ...defaultSettings,
      policy,
      products,
      prices: { price_1: 'trial' },
      attributedOnly: true,
      paused: true,
    };
    const outcome = applyMergePatch(settings, patchOf(valuesOf(settings), settings), { liveMode: false });
    expect(outcome).toMatchObject({ ok: true, changedFields: [] });
  });
});

it('both tables of the limit are those of the product', () => {
  const table = (limitPurchaseEvents: boolean) =>
    purchaseTypes.map((type) => phases.map((phase) => whatIsSent({ ...defaultSettings, limitPurchaseEvents }, type, phase)));
  const P = 'Purchase';
  expect(table(false)).toEqual([
    ['', P, P],
    [P, P, P],
    [P, P, P],
    ['', P, ''],
  ]);
  expect(table(true)).toEqual([
    ['', P, '–'],
    [P, P, '–'],
    [P, '–', '–'],
    ['', P, ''],
  ]);
});

it('shows the cells of the policy in the order in which people read them, whatever the database keeps', async () => {
  const { save } = await reviewed({ sendZeroValue: 'on' });
  await save();
  const { html } = await client.get('/tiktok');
  const rows = [...html.matchAll(/name="policy\.([a-z_]+\.[a-z_]+)\.send"/g)].map(([, cell]) => cell);
  expect(rows).toEqual([
    ...['subscription.conversion', 'subscription.renewal'],
    ...['free_trial.trial_start', 'free_trial.conversion', 'free_trial.renewal'],
    ...['paid_trial.trial_start', 'paid_trial.conversion', 'paid_trial.renewal'],
    'lifetime.conversion',
  ]);
});

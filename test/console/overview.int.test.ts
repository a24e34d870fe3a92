/** The overview, match quality and the strip on every page: what they say of what is stored, and that strangers' texts stay texts. */
import type { Store, Tally } from '../../src/store';
import { type Api, nowMs, purchase, serveApi } from '../support/api-server';
import { signedIn } from '../support/console-client';
import { emptyStore } from '../support/test-database';

const today = Math.floor(nowMs / 86_400_000);
let store: Store;
let api: Api;
let client: Awaited<ReturnType<typeof signedIn>>;
beforeAll(async () => {
  store = await emptyStore();
  api = await serveApi({
    store,
    integrations: ['first', 'busy'],
    console: {},
    api: {
      report: {
        purchases: store.purchases,
        api: async () => null,
        psps: () => ['stripe', 'paddle', 'generic'],
        placesOf: async () => [],
      },
      checkedAccounts: () => [{ integration: 'busy', psp: 'paddle' }],
    },
  });
  const tally = (more: Partial<Tally>): Tally => ({
    ...{ integration: 'busy', day: today, name: 'webhooks', psp: 'stripe', label: 'accepted', count: 12, lastAtMs: nowMs },
    ...more,
  });
  await store.purchases.record('busy', [
    ...Array.from({ length: 1_200 }, (_, index) => purchase(`in_${index}`)),
    purchase('in_limited', { state: 'suppressed', reason: 'limited' }),
    purchase('in_waiting', { state: 'pending', occurredAtMs: nowMs - 2 * 3_600_000 }),
    purchase('in_bad', { state: 'needs_attention', lastError: { type: 'TikTokRejected', code: 40002, message: 'no' } }),
  ]);
  await store.tallies.add([
    ...[tally({}), tally({ label: 'refused', count: 2 }), tally({ name: 'latency', label: '30', count: 100 })],
    tally({ name: 'refused_signatures', label: 'the timestamp is too old', count: 2 }),
    tally({ name: 'refused_origins', psp: '', label: 'https://x.example/<script>alert(1)</script>', count: 9 }),
    ...[tally({ name: 'matched', label: 'sent', count: 100 }), tally({ name: 'matched', label: 'email', count: 50 })],
  ]);
  await store.webhookLog.append('busy', {
    psp: 'stripe',
    receivedAtMs: nowMs - 60_000,
    type: null,
    outcome: 'accepted',
    reason: null,
  });
  await store.alerts.reconcile('busy', [{ kind: 'backlog_age', subject: '', message: '<b>a purchase</b> waits' }], nowMs - 1);
  // Last: the server closes a connection that is idle for 5 s.
  client = await signedIn(api.url);
});
afterAll(async () => {
  await api.close();
  await store.close();
});

/** Of the table of providers. */
const rowOf = (name: string, html: string) => html.split('<tr').find((row) => row.includes(`>${name}</a>`)) ?? '';
const get = async (path: string) => (await client.get(path)).html;

it('says how much is accounted for, what waits, and what needs attention, on every page', async () => {
  for (const path of ['/?integration=busy', '/match-quality?integration=busy']) {
    const html = await get(path);
    expect(html).toMatch(/Accounted for today<\/span> 99\.8 %/);
    expect(html).toMatch(/Waiting<\/span> 1, oldest 2 h ago/);
    expect(html).toContain('1 needs attention');
    expect(html).toContain('Sandbox: TikTok hears nothing');
  }
});

it('shows where payments went in words, with the term beside them and a way to each', async () => {
  const html = await get('/?integration=busy');
  expect(html).toContain('Kept back: buyer already counted');
  expect(html).toContain('href="/console/purchases?reason=limited&amp;from=2026-10-24&amp;integration=busy"');
  expect(html).toContain('No pixel is set, so TikTok hears of none of them.');
  expect(html).toContain('the timestamp is too old');
  const [generic, paddle, stripe] = ['Generic webhook', 'Paddle', 'Stripe'].map((name) => rowOf(name, html));
  expect(generic).toContain('none: it has no API to ask');
  expect(paddle).toContain('none yet');
  expect(stripe).toContain('none: needs an API key');
});

it('shows texts of strangers as texts, and has no script or style in the page', async () => {
  const html = await get('/?integration=busy');
  expect(html).toContain('&lt;script>alert(1)');
  expect(html).toContain('&lt;b>a purchase&lt;/b> waits');
  expect(html).not.toMatch(/<script>|<style|style="|onclick/);
});

it('draws charts with values on hover, and a table for those who do not see them', async () => {
  const html = await get('/?integration=busy&days=7');
  expect(html).toContain('<title>22 Nov: Accounted for 99.8 %</title>');
  expect(html).toContain('<caption class="unseen">Time from the payment to TikTok’s acceptance, by day</caption>');
  expect((await client.get('/?days=5')).status).toBe(400);
});

it('tells what buyers are recognised by, and what to do about the weakest', async () => {
  const html = await get('/match-quality?integration=busy');
  expect(html).toContain('What 100 sent purchases carried');
  expect(html).toMatch(/E-mail:<\/strong> 50 %, where 90 % can be expected/);
  expect(await get('/match-quality?integration=first')).toContain('Nothing was sent in 30 days');
});

it('says what to set up where no payment has come yet', async () => {
  const html = await get('/?integration=first');
  expect(html).not.toContain('What became of payments');
  expect(html).toContain('no payments yet');
});

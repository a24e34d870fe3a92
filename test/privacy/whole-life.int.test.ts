/**
 * A buyer's whole life, played with a person who cannot be mistaken: visits, sales of two providers, webhooks that cannot be read, look-ups by operators,
 * an erasure. Then the raw bytes of everything that was written are searched for that person, and each line of the log.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Keyring } from '../../src/crypto/keyring';
import { parseEncryptionKeys } from '../../src/config/config';
import { freePort } from '../../src/temporal/dev-server/ports';
import { signGeneric } from '../../sandbox/generic/webhooks';
import { signStripe, stripeEvent } from '../../sandbox/stripe/webhooks';
import type { RunningTikTokSandbox } from '../../sandbox/tiktok/receiver';
import { startTikTokSandbox } from '../../sandbox/tiktok/receiver';
import { signedIn } from '../support/console-client';
import { sealedInFiles, suspiciousIn, tracesIn, tracesInFiles, zaphira } from '../support/personal-traces';
import type { PostgresServer } from '../support/postgres';
import { createDatabase, postgresBinaries, query, startPostgres } from '../support/postgres';
import { eventually, genericSecret, stripeSecret } from '../support/relay';
import { Service } from '../support/service';

const token = 'token-of-the-operators-of-this-test';
const password = 'a pass phrase of the operators';
const keyId = 'life';
const encryptionKeys = `${keyId}:${Buffer.alloc(32, 7).toString('base64')}`;
/** The secrets of the service itself must not be found either. */
const secrets = { token, password, key: Buffer.alloc(32, 7).toString('base64'), stripeSecret, genericSecret };
const planted = { ...zaphira, ...secrets };

const binaries = postgresBinaries();
const onPostgres = binaries === null && process.env['CI'] !== 'true' ? describe.skip : describe;

let dataDir: string;
let tiktok: RunningTikTokSandbox;
let service: Service;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'relay-life-'));
  tiktok = await startTikTokSandbox();
});
afterEach(async () => {
  await service?.kill();
  killTemporal();
  await tiktok.close();
  rmSync(dataDir, { recursive: true, force: true });
});

async function start(env: Readonly<Record<string, string>> = {}): Promise<void> {
  service = await Service.start('all', {
    ...{ DATA_DIR: dataDir, LOG_LEVEL: 'trace', TRUST_PROXY: '1', ALLOWED_ORIGINS: 'https://shop.example' },
    PORT: String(await freePort('127.0.0.1')),
    TEMPORAL_PORT: String(await freePort('127.0.0.1')),
    TEMPORAL_UI_PORT: String(await freePort('127.0.0.1')),
    ...{ ENCRYPTION_KEYS: encryptionKeys, USER_ID_PEPPER: 'a pepper of this test, long enough' },
    ...{ OPERATOR_TOKEN: token, OPERATOR_PASSWORD: password },
    ...{ GENERIC_WEBHOOK_SECRETS: genericSecret, STRIPE_WEBHOOK_SECRETS: stripeSecret },
    ...{ TIKTOK_API_URL: tiktok.url, TIKTOK_PIXEL_CODE: 'C4TESTPIXEL000000001', TIKTOK_ACCESS_TOKEN: 'tiktok-token' },
    ...env,
  });
}

describe('on one machine', () => {
  it('nothing of a person is in clear in a file or a line, and an erasure leaves nothing that can be opened', async () => {
    await start();
    await live();
    await lookUp();
    await service.stop();
    expectSilentLog();
    expect(tracesInFiles(dataDir, planted)).toEqual([]);
    expect(openedIn(join(dataDir, 'database'))).not.toEqual([]); // sealed it is there

    await start();
    await erase();
    await service.stop();
    expectSilentLog();
    expect(tracesInFiles(dataDir, planted)).toEqual([]);
  });
});

onPostgres('on PostgreSQL', () => {
  let postgres: PostgresServer;
  let url: string;
  beforeAll(async () => {
    postgres = await startPostgres(binaries ?? '');
    url = await createDatabase(postgres, 'life');
  });
  afterAll(() => postgres?.stop());

  const dump = () => execFileSync(join(binaries ?? '', 'pg_dump'), [url], { maxBuffer: 1 << 28 });

  it('nothing of a person is in clear in the data folder, its WAL or a dump; after an erasure the rows have nothing sealed either', async () => {
    await start({ DATABASE_URL: url });
    await live();
    await lookUp();
    await query(url, 'checkpoint');
    expect(tracesInFiles(postgres.dataDir, planted)).toEqual([]);
    expect(tracesIn(dump(), planted)).toEqual([]);
    expect(openedOf(dump().toString('latin1').match(sealedPattern) ?? [])).not.toEqual([]);

    await erase();
    await service.stop();
    expectSilentLog();
    expect(tracesInFiles(postgres.dataDir, planted)).toEqual([]);
    expect(tracesIn(dump(), planted)).toEqual([]);
    // The rows are empty; what they held is sealed in dead rows until a vacuum, and in the WAL until it is recycled.
    expect(openedOf(dump().toString('latin1').match(sealedPattern) ?? [])).toEqual([]);
    await query(url, 'vacuum full');
    await query(url, 'checkpoint');
    expect(openedIn(join(postgres.dataDir, 'base'))).toEqual([]);
  });
});

const sealedPattern = new RegExp(`${keyId}\\.[A-Za-z0-9_-]{38,}`, 'g');
const keyring = new Keyring(parseEncryptionKeys(encryptionKeys));

/** What can be opened of sealed texts and names the person. */
function openedOf(sealed: readonly string[]): readonly string[] {
  return sealed.flatMap((text) => {
    try {
      return tracesIn(Buffer.from(JSON.stringify(keyring.openJson(text))), zaphira);
    } catch {
      return []; // cut off, or overwritten in part
    }
  });
}

function openedIn(folder: string): readonly string[] {
  return openedOf(sealedInFiles(folder, keyId));
}

/** Every line of the process so far, at the level `trace`. */
function expectSilentLog(): void {
  const lines = service.output.split('\n').filter((line) => line !== '');
  expect(lines.length).toBeGreaterThan(10);
  expect(tracesIn(Buffer.from(service.output), planted)).toEqual([]);
  expect(lines.flatMap((line) => suspiciousIn(line).map((what) => `${what} in ${line}`))).toEqual([]);
}

/** Two visits, a question of the browser, a sale of each provider, a renewal, a refund, and two webhooks that cannot be read. */
async function live(): Promise<void> {
  const { userId, email, phone, ip, userAgent, ttclid, ttp, street, name, customerId, card } = zaphira;
  const page = `https://shop.example/checkout?mail=${encodeURIComponent(email)}&street=${encodeURIComponent(street)}`;
  const visit = { userId, email, phone, ttclid, ttp, url: page, referrer: page, consent: 'granted', checkoutId: 'checkout-1' };
  const headers = { origin: 'https://shop.example', 'x-forwarded-for': ip, 'user-agent': userAgent };
  expect((await post('/collect', visit, headers)).status).toBe(204);
  expect((await post('/collect', { userId, url: page }, headers)).status).toBe(204);
  expect((await post('/collect/purchase', { userId, email, checkoutId: 'checkout-1' }, headers)).status).toBe(200);
  const metadata = { user_id: userId, email, phone, ip, user_agent: userAgent, ttclid, ttp, page_url: page };
  const sale = { subscription_id: 'sub_life', customer_id: customerId, currency: 'EUR', occurred_at: time(-120), metadata };
  expect(await generic({ ...sale, kind: 'conversion', money_id: 'pay_1', amount: '19.99' })).toBe(200);
  expect(await generic({ ...sale, kind: 'renewal', money_id: 'pay_2', amount: '19.99', occurred_at: time(-60) })).toBe(200);
  expect(await generic({ ...sale, kind: 'refund', money_id: 'pay_2', amount: '19.99', occurred_at: time(-30) })).toBe(200);
  const invoice = {
    ...{ id: 'in_life', object: 'invoice', amount_paid: 1999, currency: 'usd', billing_reason: 'subscription_create' },
    ...{ customer: customerId, customer_email: email, customer_phone: phone, customer_name: name },
    customer_address: { line1: street, city: 'Privatstadt' },
    status_transitions: { paid_at: seconds(-60) },
    parent: { subscription_details: { subscription: 'sub_life_stripe', metadata } },
  };
  expect(await stripe(stripeEvent('invoice.paid', invoice, { created: seconds(-60) }))).toBe(200);
  expect(
    await stripe(stripeEvent('invoice.paid', { ...invoice, id: 'in_odd', amount_paid: card }, { created: seconds(-60) })),
  ).toBe(202);
  expect(await generic({ ...sale, kind: 'renewal', money_id: 'pay_odd', amount: name })).toBe(202);
  // Refused ones say nothing either.
  expect((await post('/webhooks/generic', { ...sale, kind: 'renewal' })).status).toBe(401);
  expect((await post('/collect', { ...visit, url: 7 }, headers)).status).toBe(400);
  await eventually(() => expect(tiktok.events().filter(({ fate }) => fate === 'counted').length).toBeGreaterThanOrEqual(2));
  await eventually(async () => expect((await api('GET', '/purchases?state=pending')).items).toEqual([]));
}

/** As operators do, some of them carelessly: with the e-mail in the address. */
async function lookUp(): Promise<void> {
  const { email, userId, customerId } = zaphira;
  const anna = await signedIn(service.url, password);
  expect((await anna.get(`/users?user=${encodeURIComponent(email)}`)).html).toContain('sub_life');
  expect((await anna.post('/users/find', { user: email })).html).toContain('sub_life');
  expect((await anna.get(`/purchases?q=${encodeURIComponent(email)}`)).status).toBe(200);
  expect((await api('GET', `/users/${encodeURIComponent(email)}`)).orders).not.toEqual([]);
  expect((await api('GET', `/purchases?user=${userId}`)).items).not.toEqual([]);
  expect((await api('GET', '/users/nobody%40example.com/%00')).status).toBe(404);
  const known = await api('POST', '/users/export', { customer: { psp: 'stripe', id: customerId } });
  expect(known.orders.map(({ subscription }: { subscription: string }) => subscription)).toContain('sub_life_stripe');
  expect(known.identity).toMatchObject({ ip: zaphira.ip, userAgent: zaphira.userAgent });
  expect(known.quarantined).toHaveLength(2);
  for (const { id } of known.quarantined as { id: string }[]) await api('GET', `/quarantine/${id}`);
}

async function erase(): Promise<void> {
  const { email, userId } = zaphira;
  expect(await api('POST', '/users/erase', { email })).toMatchObject({ erased: true, quarantined: 2 });
  for (const named of [{ email }, { userId }]) expect((await api('POST', '/users/export', named)).status).toBe(404);
  const left = await api('POST', '/users/export', { order: { psp: 'generic', subscription: 'sub_life' } });
  expect(tracesIn(Buffer.from(JSON.stringify(left)), zaphira)).toEqual([]);
  // The account stays.
  expect((await api('GET', '/purchases')).items.map(({ moneyId }: { moneyId: string }) => moneyId)).toEqual(
    expect.arrayContaining(['pay_1', 'pay_2', 'in_life']),
  );
}

function post(path: string, body: object, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return fetch(service.url + path, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  });
}

async function generic(body: object): Promise<number> {
  const raw = JSON.stringify(body);
  const headers = signGeneric(raw, genericSecret, `msg_${raw.length}`, seconds(0));
  return (await post('/webhooks/generic', body, { ...headers })).status;
}

async function stripe(event: object): Promise<number> {
  const signature = signStripe(JSON.stringify(event), stripeSecret, seconds(0));
  return (await post('/webhooks/stripe', event, { 'stripe-signature': signature })).status;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what a client sees is not typed
async function api(method: string, path: string, body?: object): Promise<any> {
  const answer = await fetch(`${service.url}/api${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return { status: answer.status, ...((await answer.json()) as object) };
}

function seconds(from: number): number {
  return Math.floor(Date.now() / 1000) + from;
}

function time(fromSeconds: number): string {
  return new Date(seconds(fromSeconds) * 1000).toISOString();
}

function killTemporal(): void {
  try {
    process.kill((JSON.parse(readFileSync(join(dataDir, 'temporal.pid'), 'utf8')) as { pid: number }).pid, 'SIGKILL');
  } catch {
    // It ended with the service.
  }
}

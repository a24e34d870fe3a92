/** A database or a Temporal server that hangs, or is slow: webhooks are answered in time, and all goes on by itself afterwards. */
import { sendGeneric } from '../support/generic-webhook';
import { eventually, Relay, temporalAddress } from '../support/relay';
import { createDatabase, postgresBinaries, startPostgres, type PostgresServer } from '../support/postgres';
import { startWire, type Wire } from '../support/wire';

const binaries = postgresBinaries();
const withPostgres = binaries === null && process.env['CI'] !== 'true' ? describe.skip : describe;

/** A webhook has to be answered within 4 s; the rest is what a loaded machine may add. */
const answeredWithinMs = 12_000;

let relay: Relay;
let postgres: PostgresServer;
let database: Wire;
let temporal: Wire;

withPostgres('what the service needs', () => {
  beforeAll(async () => {
    if (binaries === null) throw new Error('initdb and postgres were not found');
    postgres = await startPostgres(binaries);
    const { host, username, password } = new URL(await createDatabase(postgres, 'hangs'));
    database = await startWire(host);
    temporal = await startWire(temporalAddress());
    const databaseUrl = `postgres://${username}:${password}@${database.address}/hangs`;
    relay = await Relay.start('hangs', { databaseUrl, temporal: temporal.address });
  });
  afterAll(async () => {
    database?.delay(0);
    temporal?.delay(0);
    await relay?.stop();
    await Promise.all([database?.close(), temporal?.close()]);
    await postgres?.stop();
  });

  it.each([
    ['the database', () => database],
    ['Temporal', () => temporal],
  ])('%s hangs: 503 in time, alive but not ready, and afterwards all is taken', async (what, wireOf) => {
    const name = what.replaceAll(' ', '_');
    expect((await sell(`${name}_before`)).status).toBe(200);
    await relay.settled('generic', `${name}_before`, `${name}_before_1`, 'sent');

    wireOf().hang();
    const answers = await Promise.all(Array.from({ length: 12 }, (_, n) => timed(() => sell(`${name}_${n}`))));
    for (const { status, headers, tookMs } of answers) {
      expect(status).toBe(503);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      expect(tookMs).toBeLessThan(answeredWithinMs);
    }
    const [health, readiness] = await Promise.all([timed(() => get('/healthz')), timed(() => get('/readyz'))]);
    expect([health.status, readiness.status]).toEqual([200, 503]);
    expect(readiness.tookMs).toBeLessThan(answeredWithinMs);

    wireOf().delay(0);
    // As a provider does: again and again.
    for (let n = 0; n < 12; n += 1)
      await eventually(async () => expect([n, (await sell(`${name}_${n}`)).status]).toEqual([n, 200]));
    for (let n = 0; n < 12; n += 1) await relay.settled('generic', `${name}_${n}`, `${name}_${n}_1`, 'sent');
    await eventually(async () => expect((await get('/readyz')).status).toBe(200));
    const ours = relay.counted().filter((id) => id.startsWith(`generic:${name}_`));
    expect([...ours].sort()).toEqual([...new Set(ours)].sort());
    expect(ours).toHaveLength(13);
  });

  it.each([
    ['the database', () => database],
    ['Temporal', () => temporal],
  ])('%s is slow, by some hundredths of a second for each word: all is taken, if late', async (what, wireOf) => {
    const name = `slow_${what.replaceAll(' ', '_')}`;
    wireOf().delay(20);
    try {
      await eventually(async () => expect((await sell(name)).status).toBe(200));
      await relay.settled('generic', name, `${name}_1`, 'sent');
    } finally {
      wireOf().delay(0);
    }
  });
});

/** One attempt at one webhook. */
function sell(subscription: string): Promise<Response> {
  const occurred_at = new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000 - 60_000).toISOString();
  const event = { kind: 'conversion', subscription_id: subscription, money_id: `${subscription}_1` };
  return sendGeneric(relay.web.localUrl, { ...event, amount: '9.99', currency: 'EUR', occurred_at }, `msg_${subscription}`);
}

function get(path: string): Promise<Response> {
  return fetch(relay.web.localUrl + path);
}

async function timed<T extends { readonly status: number; readonly headers: Headers }>(
  work: () => Promise<T>,
): Promise<Pick<T, 'status' | 'headers'> & { readonly tookMs: number }> {
  const startedAtMs = performance.now();
  const { status, headers } = await work();
  return { status, headers, tookMs: performance.now() - startedAtMs };
}

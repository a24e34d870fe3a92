/**
 * The operators' side with 100,000 purchases in the store, on PGlite and on PostgreSQL: how long each page takes, how long a simulation takes,
 * and whether webhooks are acknowledged as quickly while it runs. `npm run bench`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openServices } from '../src/app/services';
import { startWeb } from '../src/app/web';
import { loadConfig, temporalCliConfig } from '../src/config/config';
import { Keyring } from '../src/crypto/keyring';
import { createUserKeys } from '../src/crypto/user-keys';
import { signGeneric } from '../sandbox/generic/webhooks';
import { migrate } from '../src/store/driver/migrate';
import { readMigrations } from '../src/store/driver/migrations';
import type { Database } from '../src/store/driver/database';
import { openPglite } from '../src/store/driver/pglite';
import { openPostgres, patient } from '../src/store/driver/postgres';
import { createLogger } from '../src/telemetry/logger';
import { plainTarget } from '../src/temporal/connection';
import { findTemporalCli } from '../src/temporal/dev-server/cli';
import { startEmbeddedTemporal } from '../src/temporal/dev-server/embedded';
import { installRuntime } from '../src/temporal/runtime';
import { postgresBinaries, startPostgres } from '../test/support/postgres';
import { signIn } from './load/console';
import { percentile, spread } from './statistics';
import { seed } from './seed';

const orders = Number(process.argv[2] ?? 20_000);
const rounds = 5;
const secret = `whsec_${Buffer.from('a secret of the generic webhook').toString('base64')}`;
const token = 'operator-token-of-the-bench';
const encryptionKey = Buffer.alloc(32, 1);
const pepper = 'a pepper of the bench';

const pages = [
  '/console/',
  '/console/purchases',
  '/console/purchases?state=needs_attention',
  '/console/purchases?q=pay_123',
  '/console/purchases/stripe/pay_300_1',
  '/console/attention',
  '/console/tiktok',
  '/console/providers',
  '/console/checks',
  '/console/report',
  '/console/users?user=user-300',
  '/console/quarantine',
  '/console/match-quality',
  '/console/changes',
] as const;

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'relay-bench-'));
  const { path: cliPath } = await findTemporalCli({ ...temporalCliConfig(process.env), progress: (line) => console.error(line) });
  const temporal = await startEmbeddedTemporal({ cliPath, dataDir: folder, port: 0, uiPort: 0, logger: quiet });
  const binaries = postgresBinaries();
  const postgres = binaries === null ? null : await startPostgres(binaries);
  installRuntime(createLogger({ level: 'error' }));
  try {
    await measure('PGlite', folder, temporal.address, null);
    if (postgres) await measure('PostgreSQL', folder, temporal.address, postgres.url);
    else console.log('PostgreSQL: not installed here');
  } finally {
    await temporal.stop();
    await postgres?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(name: string, folder: string, temporalAddress: string, databaseUrl: string | null): Promise<void> {
  const startedAtMs = performance.now();
  const database = databaseUrl === null ? await openPglite(join(folder, 'data')) : await openPostgres(databaseUrl, patient);
  await fill(database);
  await database.close();
  console.log(`\n${name}: ${orders * 5} purchases of ${orders} orders, filled in ${seconds(performance.now() - startedAtMs)}`);

  const config = loadConfig(
    {
      HOME: folder,
      PORT: '0',
      DATA_DIR: join(folder, 'data'),
      TEMPORAL_ADDRESS: temporalAddress,
      ENCRYPTION_KEYS: `k1:${encryptionKey.toString('base64')}`,
      USER_ID_PEPPER: pepper,
      GENERIC_WEBHOOK_SECRETS: secret,
      OPERATOR_TOKEN: token,
      LOG_LEVEL: 'fatal',
      ...(databaseUrl === null ? {} : { DATABASE_URL: databaseUrl }),
    },
    'all',
  );
  const services = await openServices(config, plainTarget(temporalAddress, 'default'), createLogger({ level: 'fatal' }));
  const web = await startWeb(services, { temporalUiUrl: null });
  try {
    await measurePages(web.localUrl);
    await measureSimulation(web.localUrl);
  } finally {
    await web.stop();
    await services.close();
  }
}

async function fill(database: Database): Promise<void> {
  await migrate(database, readMigrations());
  const keyring = new Keyring([{ id: 'k1', key: encryptionKey }]);
  await seed({ database, keyring, keys: createUserKeys(pepper), orders, nowMs: Date.now() });
}

/** One after the other, as an operator opens them; the first round warms up and is not counted. */
async function measurePages(url: string): Promise<void> {
  const cookie = await signIn(url, token);
  for (const page of pages) {
    const times: number[] = [];
    let status = 0;
    for (let round = 0; round <= rounds; round++) {
      const startedAtMs = performance.now();
      const answer = await fetch(url + page, { headers: { cookie } });
      await answer.text();
      status = answer.status;
      if (round > 0) times.push(performance.now() - startedAtMs);
    }
    console.log(`  ${page.padEnd(42)} ${String(status)}  ${spread(times)}`);
  }
}

/** Webhooks alone, then webhooks while simulations run: renewals of new orders, four at once. */
async function measureSimulation(url: string): Promise<void> {
  const simulate = async (): Promise<number> => {
    const startedAtMs = performance.now();
    const answer = await fetch(`${url}/api/simulate`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ settings: { limitPurchaseEvents: true } }),
    });
    if (answer.status !== 200) throw new Error(`simulate answered ${answer.status}: ${await answer.text()}`);
    await answer.text();
    return performance.now() - startedAtMs;
  };
  await webhooks(url, 100, 'warm');
  const alone = await webhooks(url, 300, 'alone');
  const simulations: number[] = [];
  let isRunning = true;
  const simulating = (async () => {
    while (isRunning) simulations.push(await simulate());
  })();
  const beside = await webhooks(url, 300, 'beside');
  isRunning = false;
  await simulating;
  const quietly = [await simulate(), await simulate(), await simulate()];
  console.log(`  simulation alone                           ${spread(quietly)}`);
  console.log(`  simulation beside webhooks                 ${spread(simulations)}`);
  for (const share of [0.5, 0.95, 0.99]) {
    const [before, after] = [percentile(alone, share), percentile(beside, share)];
    console.log(
      `  webhook acknowledged, p${String(share * 100).padEnd(2)}                  alone ${ms(before)}, beside a simulation ${ms(after)}, ratio ${(after / before).toFixed(2)}`,
    );
  }
}

async function webhooks(url: string, count: number, run: string): Promise<readonly number[]> {
  const times: number[] = [];
  let next = 0;
  const sender = async (): Promise<void> => {
    while (next < count) {
      const number = next++;
      const body = JSON.stringify({
        kind: 'renewal',
        subscription_id: `${run}_${number}`,
        money_id: `${run}_pay_${number}`,
        amount: '19.99',
        currency: 'USD',
        occurred_at: new Date().toISOString(),
        metadata: { user_id: `${run}-${number}` },
      });
      const startedAtMs = performance.now();
      const answer = await fetch(`${url}/webhooks/generic`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...signGeneric(body, secret, `msg_${run}_${number}`, Math.floor(Date.now() / 1000)),
        },
        body,
      });
      if (answer.status !== 200) throw new Error(`a webhook was answered with ${answer.status}`);
      await answer.text();
      times.push(performance.now() - startedAtMs);
    }
  };
  await Promise.all([sender(), sender(), sender(), sender()]);
  return times;
}

function ms(time: number): string {
  return `${time.toFixed(0)} ms`;
}

function seconds(time: number): string {
  return `${(time / 1000).toFixed(1)} s`;
}

const quiet = { info: () => undefined, warn: () => undefined, error: console.error };

void main().then(
  () => process.exit(),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);

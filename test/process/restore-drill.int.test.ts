/**
 * A disaster with a backup, on the stack of a deployment: orders are under way, all three databases are lost and restored by
 * deploy/backup.sh, and what came after the backup comes again from the provider. Runs where RELAY_TEST_STACK=real.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Infrastructure, startInfrastructure } from '../../scripts/stack/infrastructure';
import { sources } from '../../scripts/stack/builds';
import { createService, type Service as StackService } from '../../scripts/stack/service';
import { type RunningTikTokSandbox, startTikTokSandbox } from '../../sandbox/tiktok/receiver';
import { temporalCliConfig } from '../../src/config/config';
import { sendGeneric } from '../support/generic-webhook';
import { eventually, genericSecret } from '../support/relay';
import { postgresBinaries, query } from '../support/postgres';
import { Service } from '../support/service';

const onRealStack = process.env['RELAY_TEST_STACK'] === 'real' ? it : it.skip;
const token = 'token-of-the-operators';
const startedAtMs = Date.now() - 60_000;
const databases = ['relay', 'temporal', 'temporal_visibility'];

let folder: string;
let stack: Infrastructure | undefined;
let tiktok: RunningTikTokSandbox | undefined;
const services: StackService[] = [];

afterAll(async () => {
  await Promise.all(services.map(({ part }) => part.stop()));
  await stack?.stop();
  await tiktok?.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

onRealStack('after a restore every purchase is known, and TikTok has counted each once', async () => {
  folder = mkdtempSync(join(tmpdir(), 'relay-restore-'));
  stack = await startInfrastructure({ folder, cli: temporalCliConfig(process.env) });
  tiktok = await startTikTokSandbox();
  const env = {
    DATABASE_URL: stack.databaseUrl,
    TEMPORAL_ADDRESS: stack.temporal.address,
    ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    USER_ID_PEPPER: randomBytes(32).toString('hex'),
    OPERATOR_TOKEN: token,
    OPERATOR_PASSWORD: 'a pass phrase of the operators',
    GENERIC_WEBHOOK_SECRETS: genericSecret,
    TIKTOK_API_URL: tiktok.url,
    TIKTOK_PIXEL_CODE: 'C4TESTPIXEL000000001',
    TIKTOK_ACCESS_TOKEN: 'tiktok-token',
  };
  for (const kind of ['web', 'worker'] as const)
    services.push(await createService({ ...{ kind, name: kind, folder, env }, build: sources() }));
  const [web] = services as [StackService];
  await Promise.all(services.map(({ part }) => part.start()));

  await sell(web.url, 0, 20);
  await eventually(() => expect(counted()).toHaveLength(20));
  await pause(web.url, true);
  await sleep(5_000); // the worker reads settings again after 2 s; the rest is room for a loaded machine
  await sell(web.url, 20, 30);
  expect(await states(web.url)).toEqual({ sent: 20, pending: 10 });
  const backedUp = await backup('backup');

  // What happens after the backup is not in it.
  await pause(web.url, false);
  await sell(web.url, 30, 40);
  await eventually(() => expect(counted()).toHaveLength(40));

  await Promise.all(services.map(({ part }) => part.stop()));
  await stack.temporal.part.stop();
  for (const database of databases) {
    await query(stack.postgres.url, `drop database ${database} with (force)`);
    await query(stack.postgres.url, `create database ${database}`);
  }
  const lostAtMs = Date.now();
  const restored = await backup('restore');
  await stack.temporal.part.start();
  await Promise.all(services.map(({ part }) => part.start()));
  // The provider sends again what it can't know to be lost, and goes on selling.
  await sell(web.url, 30, 50);
  console.info(`${backedUp}${restored}from the loss to the first webhooks: ${Math.round((Date.now() - lostAtMs) / 1_000)} s`);

  const reproject = Service.run('reproject', env);
  expect([await reproject.exited, reproject.output]).toEqual([0, expect.anything()]);
  expect(await states(web.url)).toEqual({ sent: 20, pending: 30 });
  await pause(web.url, false);
  await eventually(async () => expect(await states(web.url)).toEqual({ sent: 50 }));
  expect(counted().sort()).toEqual(numbers(0, 50).map(eventId).sort());
});

const numbers = (from: number, to: number): readonly number[] => Array.from({ length: to - from }, (_, n) => from + n);
const eventId = (n: number): string => `generic:pay_${n}`;

function counted(): string[] {
  return (tiktok?.events() ?? []).flatMap((event) => (event.fate === 'counted' ? [String(event.eventId)] : []));
}

/** Each again until it is taken, as providers do. */
async function sell(url: string, from: number, to: number): Promise<void> {
  for (const n of numbers(from, to)) {
    const occurred_at = new Date(startedAtMs - n * 1_000).toISOString();
    const order = { kind: 'conversion', subscription_id: `sub_${n}`, money_id: `pay_${n}` };
    const payment = { ...order, amount: '9.99', currency: 'EUR', occurred_at, metadata: { user_id: `user_${n}` } };
    await eventually(async () => expect((await sendGeneric(url, payment, `msg_${n}`)).status).toBe(200));
  }
}

async function pause(url: string, paused: boolean): Promise<void> {
  const answer = await fetch(`${url}/api/settings`, {
    method: 'PATCH',
    body: JSON.stringify({ paused }),
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/merge-patch+json' },
  });
  expect(answer.status).toBe(200);
}

async function states(url: string): Promise<Record<string, number>> {
  const answer = await fetch(`${url}/api/report`, { headers: { authorization: `Bearer ${token}` } });
  const { rows } = (await answer.json()) as { rows: readonly Readonly<Record<string, { readonly count?: number }>>[] };
  const sums = Object.fromEntries(
    ['sent', 'pending', 'suppressed', 'needs_attention'].map((state) => [
      state,
      rows.reduce((sum, row) => sum + (row[state]?.count ?? 0), 0),
    ]),
  );
  return Object.fromEntries(Object.entries(sums).filter(([, count]) => count > 0));
}

/** What deploy/backup.sh prints. */
async function backup(command: 'backup' | 'restore'): Promise<string> {
  if (!stack) throw new Error('the stack does not run');
  const { port, user, password } = stack.postgres;
  const { stdout } = await promisify(execFile)(join(__dirname, '../../deploy/backup.sh'), [command, join(folder, 'backup')], {
    env: {
      PATH: `${postgresBinaries() ?? ''}:${process.env['PATH'] ?? ''}`,
      ...{ PGHOST: '127.0.0.1', PGPORT: String(port), PGUSER: user, PGPASSWORD: password, DATABASES: databases.join(' ') },
    },
  });
  return stdout;
}

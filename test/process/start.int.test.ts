/** `npm start`, as a person or a crash treats it. */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningTikTokSandbox } from '../../sandbox/tiktok/receiver';
import { startTikTokSandbox } from '../../sandbox/tiktok/receiver';
import { sendGeneric } from '../support/generic-webhook';
import { eventually, genericSecret } from '../support/relay';
import { freePort } from '../../src/temporal/dev-server/ports';
import { Service } from '../support/service';

let dataDir: string;
let tiktok: RunningTikTokSandbox;
let env: Record<string, string>;
let service: Service | undefined;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'relay-start-'));
  tiktok = await startTikTokSandbox();
  env = {
    DATA_DIR: dataDir,
    PORT: String(await freePort('127.0.0.1')),
    TEMPORAL_PORT: String(await freePort('127.0.0.1')),
    TEMPORAL_UI_PORT: String(await freePort('127.0.0.1')),
    GENERIC_WEBHOOK_SECRETS: genericSecret,
    TIKTOK_API_URL: tiktok.url,
    TIKTOK_PIXEL_CODE: 'C4TESTPIXEL000000001',
    TIKTOK_ACCESS_TOKEN: 'tiktok-token',
    OPERATOR_TOKEN: 'token',
  };
});

afterEach(async () => {
  await service?.kill();
  killTemporal();
  await tiktok.close();
  rmSync(dataDir, { recursive: true, force: true });
});

it('is ready with the addresses it prints, keeps its secrets to itself, stops on Ctrl-C and goes on where it was', async () => {
  service = await Service.start('all', env);
  expect(service.output).toContain(service.url);
  expect(service.output).toContain(`http://127.0.0.1:${String(env['TEMPORAL_UI_PORT'])}`);
  expect((await fetch(`${service.url}/readyz`)).status).toBe(200);
  expect(await (await fetch(`${service.url}/metrics`)).text()).toMatch(/^temporal_\w+.*\{/m);
  expect((await fetch(`http://127.0.0.1:${String(env['TEMPORAL_UI_PORT'])}`)).status).toBe(200);
  const secrets = readFileSync(join(dataDir, 'secrets.json'), 'utf8');
  expect(statSync(join(dataDir, 'secrets.json')).mode & 0o777).toBe(0o600);
  for (const secret of Object.values(JSON.parse(secrets) as Record<string, string>)) expect(service.output).not.toContain(secret);

  await buy(service, 'before');
  await eventually(() => expect(counted()).toEqual(['generic:before']));
  expect(await service.stop()).toBe(0);
  expect(isAlive(temporalPid())).toBe(false);

  service = await Service.start('all', env);
  const { items } = (await api(service, '/purchases')) as { items: { moneyId: string; state: string }[] };
  expect(items).toMatchObject([{ moneyId: 'before', state: 'sent' }]);
  expect(readFileSync(join(dataDir, 'secrets.json'), 'utf8')).toBe(secrets);
});

it('loses none and counts none twice of 20 purchases on their way, when everything is killed', async () => {
  service = await Service.start('all', env);
  // Of some TikTok takes the event and nobody hears of it; the others it keeps waiting.
  const isTaken = (body: unknown): boolean => /pay_0[0-4]/.test(JSON.stringify(body));
  const stop = tiktok.failWhile(({ body }) => ({ kind: isTaken(body) ? 'accept_then_drop' : 'hang' }));
  const ids = Array.from({ length: 20 }, (_, n) => `pay_${String(n).padStart(2, '0')}`);
  await Promise.all(ids.map((id) => buy(service!, id)));
  await eventually(() => expect(counted()).toHaveLength(5));
  await service.kill();
  process.kill(temporalPid(), 'SIGKILL');
  stop();

  service = await Service.start('all', env);
  await eventually(() => expect(counted().sort()).toEqual(ids.map((id) => `generic:${id}`)));
  await eventually(async () => {
    const { items } = (await api(service!, '/purchases')) as { items: { state: string }[] };
    expect(items.map(({ state }) => state)).toEqual(ids.map(() => 'sent'));
  });
  expect(counted()).toHaveLength(20);
});

it('starts again after only its own process was killed, and ends the Temporal server that was left behind', async () => {
  service = await Service.start('all', env);
  await buy(service, 'one');
  await eventually(() => expect(counted()).toEqual(['generic:one']));
  const orphan = temporalPid();
  await service.kill();
  expect(isAlive(orphan)).toBe(true);
  service = await Service.start('all', env);
  expect(isAlive(orphan)).toBe(false);
  await buy(service, 'two');
  await eventually(() => expect(counted()).toEqual(['generic:one', 'generic:two']));
});

it.each(['PORT', 'TEMPORAL_PORT', 'TEMPORAL_UI_PORT'])('says which variable to set when %s is in use', async (variable) => {
  const other = createServer().listen(Number(env[variable]), '127.0.0.1');
  await sleep(100);
  service = Service.run('all', env);
  expect(await service.exited).toBe(1);
  expect(service.output).toContain(`port ${String(env[variable])} is in use`);
  expect(service.output).toContain(`${variable}=`);
  expect(service.output).not.toMatch(/\n {4}at /);
  other.close();
});

it('names every problem of its configuration at once, each with an example', async () => {
  service = Service.run('all', {
    ...env,
    PORT: 'eighty',
    ENCRYPTION_KEYS: 'k1:short',
    LIVE_MODE: 'perhaps',
    DATABASE_URL: 'mysql://x',
  });
  expect(await service.exited).toBe(1);
  const lines = service.output.trim().split('\n');
  for (const variable of ['PORT', 'ENCRYPTION_KEYS', 'LIVE_MODE', 'DATABASE_URL'])
    expect(lines.filter((line) => line.startsWith(variable))).toHaveLength(1);
  expect(lines.every((line) => line.includes('example'))).toBe(true);
});

it('takes webhooks again by itself after its Temporal server died; until then the provider is told to come back', async () => {
  service = await Service.start('all', env);
  process.kill(temporalPid(), 'SIGKILL');
  const answer = await webhook(service, 'meanwhile');
  if (answer.status !== 200) {
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
  }
  await eventually(async () => expect((await webhook(service!, 'afterwards')).status).toBe(200));
  await eventually(() => expect(counted()).toContain('generic:afterwards'));
});

function counted(): string[] {
  return tiktok.events().flatMap(({ fate, eventId }) => (fate === 'counted' ? [String(eventId)] : []));
}

/** As a provider does: again after a 503, with which a slow machine answers many at once. */
async function buy(to: Service, moneyId: string): Promise<void> {
  await eventually(async () => expect((await webhook(to, moneyId)).status).toBe(200));
}

/** One attempt. */
function webhook({ url }: Service, moneyId: string): Promise<Response> {
  const occurred_at = new Date(Date.now() - 60_000).toISOString();
  const payment = { kind: 'one_off', money_id: moneyId, amount: '9.99', currency: 'EUR', occurred_at };
  return sendGeneric(url, payment, `msg_${moneyId}`);
}

async function api({ url }: Service, path: string): Promise<unknown> {
  return (await fetch(`${url}/api${path}`, { headers: { authorization: 'Bearer token' } })).json();
}

function temporalPid(): number {
  try {
    return (JSON.parse(readFileSync(join(dataDir, 'temporal.pid'), 'utf8')) as { pid: number }).pid;
  } catch {
    return -1;
  }
}

function killTemporal(): void {
  const pid = temporalPid();
  if (pid > 1 && isAlive(pid)) process.kill(pid, 'SIGKILL');
}

function isAlive(pid: number): boolean {
  if (pid < 2) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

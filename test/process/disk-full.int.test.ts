/** A disk that is full, under everything embedded: webhooks get 503 in time, nothing is lost, and all goes on without a restart. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../src/temporal/dev-server/ports';
import { sendGeneric } from '../support/generic-webhook';
import { eventually, genericSecret } from '../support/relay';
import { Service } from '../support/service';

const token = 'token-of-the-operators';
const disk = mkdtempSync(join(tmpdir(), 'relay-disk-'));
const isMounted = mounts();
let service: Service | undefined;

afterAll(async () => {
  await service?.stop();
  if (isMounted) execFileSync('umount', ['-l', disk]);
  rmSync(disk, { recursive: true, force: true });
});

/** A small disk can be had by who may mount one. */
const onSmallDisk = isMounted ? it : it.skip;

onSmallDisk('a full disk', async () => {
  const port = async (): Promise<string> => String(await freePort('127.0.0.1'));
  service = await Service.start('all', {
    ...{ DATA_DIR: join(disk, 'data'), PORT: await port(), TEMPORAL_PORT: await port(), TEMPORAL_UI_PORT: await port() },
    ...{ GENERIC_WEBHOOK_SECRETS: genericSecret, OPERATOR_TOKEN: token },
  });
  const { url } = service;
  expect((await sell(url, 0)).status).toBe(200);

  fill(join(disk, 'ballast'));
  const all = Array.from({ length: 40 }, (_, n) => n + 1);
  const refused: number[] = [];
  for (const n of all) {
    if (refused.length === 8) break; // each takes the whole time that a webhook has
    const { status } = await sell(url, n);
    if (status !== 200) refused.push(status);
  }
  expect(refused.length).toBeGreaterThan(0);
  expect(new Set(refused)).toEqual(new Set([503]));
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  expect(service.output).toContain('No space left on device');

  rmSync(join(disk, 'ballast'));
  // As a provider does: again and again.
  for (const n of all) await eventually(async () => expect([n, (await sell(url, n)).status]).toEqual([n, 200]));
  await eventually(async () => expect(await sent(url)).toBe(all.length + 1));
  expect(await service.stop()).toBe(0);
  service = undefined;
});

function mounts(): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=160m', 'tmpfs', disk], { stdio: 'ignore' });
    return true;
  } catch {
    console.warn('no small disk can be mounted here: the test of a full one is left out');
    return false;
  }
}

/** Writes until there is no space. */
function fill(path: string): void {
  const file = openSync(path, 'w');
  try {
    // Of a file system in memory the last piece may be smaller than a block.
    for (const size of [1 << 20, 1 << 12]) while (writesAll(file, Buffer.alloc(size)));
  } finally {
    closeSync(file);
  }
}

function writesAll(file: number, bytes: Buffer): boolean {
  try {
    return writeSync(file, bytes) === bytes.length;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false;
    throw error;
  }
}

/** One attempt at a webhook that is large enough to need space. */
function sell(url: string, n: number): Promise<Response> {
  const occurred_at = new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000 - 60_000).toISOString();
  const metadata = { user_id: `user_${n}`, note: 'x'.repeat(3_000) };
  const payment = { kind: 'one_off', money_id: `pay_${n}`, amount: '9.99', currency: 'EUR', occurred_at, metadata };
  return sendGeneric(url, payment, `msg_${n}`);
}

async function sent(url: string): Promise<number> {
  const answer = await fetch(`${url}/api/report`, { headers: { authorization: `Bearer ${token}` } });
  const { rows } = (await answer.json()) as { rows: readonly { readonly sent: { readonly count: number } }[] };
  return rows.reduce((sum, row) => sum + row.sent.count, 0);
}

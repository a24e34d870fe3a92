import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type Server, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { connectClient, plainTarget } from '../../../src/temporal/connection';
import {
  type EmbeddedTemporal,
  type EmbeddedTemporalOptions,
  startEmbeddedTemporal,
} from '../../../src/temporal/dev-server/embedded';
import { freePort } from '../../../src/temporal/dev-server/ports';
import { isAlive } from '../../../src/temporal/dev-server/processes';
import { searchAttributeTypes } from '../../../src/temporal/search-attribute-types';
import { ensureSearchAttributes } from '../../../src/temporal/search-attributes';

let dataDir: string;
let running: { stop(): Promise<void> }[];
const lines: string[] = [];
const logger = {
  info: (_fields: object, message: string) => void lines.push(message),
  warn: (_fields: object, message: string) => void lines.push(message),
  error: (_fields: object, message: string) => void lines.push(message),
};

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'relay-embedded-'));
  running = [];
  lines.length = 0;
});

afterEach(async () => {
  for (const { stop } of running.reverse()) await stop();
  rmSync(dataDir, { recursive: true, force: true });
});

async function start(changes: Partial<EmbeddedTemporalOptions> = {}): Promise<EmbeddedTemporal> {
  const server = await startEmbeddedTemporal({ cliPath: cliPath(), dataDir, port: 0, uiPort: 0, logger, ...changes });
  running.push({ stop: () => server.stop() });
  return server;
}

function cliPath(): string {
  return process.env.TEST_TEMPORAL_CLI ?? '';
}

async function withClient<T>(server: EmbeddedTemporal, use: (client: Client) => Promise<T>): Promise<T> {
  const client = await connectClient(plainTarget(server.address, server.namespace), {});
  try {
    return await use(client);
  } finally {
    await client.connection.close();
  }
}

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    if (tries > 600) throw new Error('did not come true within 30 s');
    await sleep(50);
  }
}

async function attributesOf(server: EmbeddedTemporal): Promise<string[]> {
  return withClient(server, async (client) => {
    const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace: server.namespace });
    return Object.keys(customAttributes);
  });
}

it('serves with the search attributes that workflows set', async () => {
  const server = await start();
  expect(await attributesOf(server)).toEqual(expect.arrayContaining(Object.keys(searchAttributeTypes)));
});

it('adds search attributes to a namespace that lacks them, once and again', async () => {
  const server = await start();
  const namespace = 'elsewhere';
  const client = await connectClient(plainTarget(server.address, namespace), {});
  try {
    await client.connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
    });
    for (let tries = 0; tries < 3; tries++)
      await ensureSearchAttributes(client, { warn: (_fields, message) => lines.push(message) });
    const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace });
    expect(Object.keys(customAttributes)).toEqual(expect.arrayContaining(Object.keys(searchAttributeTypes)));
    expect(lines).toEqual([]);
  } finally {
    await client.connection.close();
  }
});

it('a second start goes on with the workflows of the first', async () => {
  const first = await start();
  await withClient(first, (client) => client.workflow.start('anything', { workflowId: 'kept', taskQueue: 'nobody' }));
  await first.stop();

  const second = await start();
  const status = await withClient(second, async (client) => (await client.workflow.getHandle('kept').describe()).status.name);
  expect(status).toBe('RUNNING');
});

it('keeps what was acknowledged when the server is killed, and comes back at the same address', async () => {
  const server = await start();
  await withClient(server, (client) => client.workflow.start('anything', { workflowId: 'kept', taskQueue: 'nobody' }));
  const killed = server.pid ?? 0;
  process.kill(killed, 'SIGKILL');

  await until(() => server.pid !== null && server.pid !== killed && lines.some((line) => line.includes('is back')));
  expect(lines.filter((line) => line.includes('died'))).toHaveLength(1);
  const status = await withClient(server, async (client) => (await client.workflow.getHandle('kept').describe()).status.name);
  expect(status).toBe('RUNNING');
});

it('does not bring a stopped server back', async () => {
  const server = await start();
  const pid = server.pid ?? 0;
  await server.stop();
  await server.stop();
  await sleep(1_000);
  expect(isAlive(pid)).toBe(false);
  expect(server.pid).toBeNull();
  expect(lines).toEqual([]);
});

it.each([
  { variable: 'TEMPORAL_PORT', option: 'port' },
  { variable: 'TEMPORAL_UI_PORT', option: 'uiPort' },
])('a port in use is refused by name of the variable: $variable', async ({ variable, option }) => {
  const { server, port } = await listenSomewhere();
  try {
    await expect(start({ [option]: port })).rejects.toThrow(
      new RegExp(`^port ${port} is in use.*set ${variable} to another port`),
    );
    if (process.platform === 'linux') await expect(start({ [option]: port })).rejects.toThrow(`by process ${process.pid}`);
  } finally {
    server.close();
  }
});

it('uses the ports that it is told', async () => {
  const port = await freePort('127.0.0.1');
  const server = await start({ port });
  expect(server.address).toBe(`127.0.0.1:${port}`);
});

it('a server left behind by a killed process is found and replaced', async () => {
  const owner = await startOwner();
  owner.process.kill('SIGKILL');
  await until(() => !isAlive(owner.pid));
  expect(isAlive(owner.server)).toBe(true);

  const server = await start({ port: owner.port });
  expect(isAlive(owner.server)).toBe(false);
  expect(lines).toEqual(['stopping a Temporal server that an earlier run left behind']);
  expect(server.address).toBe(`127.0.0.1:${owner.port}`);
});

it('a server whose owner lives is left alone', async () => {
  const owner = await startOwner();
  try {
    await expect(start()).rejects.toThrow(new RegExp(`^process ${owner.pid} is already running with this DATA_DIR`));
    expect(isAlive(owner.server)).toBe(true);
  } finally {
    owner.process.kill('SIGTERM');
    await until(() => !isAlive(owner.server));
  }
});

it.each([
  ['another program that has the number now', () => JSON.stringify({ pid: process.pid, owner: 1 })],
  ['a process that is gone', () => JSON.stringify({ pid: 2 ** 22 - 1, owner: 1 })],
  ['junk', () => 'not json'],
  ['a group of processes', () => JSON.stringify({ pid: -1, owner: 1 })],
])('a pid file that names %s harms nobody', async (_what, content) => {
  writeFileSync(join(dataDir, 'temporal.pid'), content());
  const server = await start();
  expect(JSON.parse(readFileSync(join(dataDir, 'temporal.pid'), 'utf8'))).toEqual({ pid: server.pid, owner: process.pid });
});

it('a server that does not start shows what it said', async () => {
  const broken = join(dataDir, 'temporal');
  writeFileSync(broken, '#!/bin/sh\necho "the disk is full" >&2\nexit 3\n', { mode: 0o755 });
  await expect(start({ cliPath: broken })).rejects.toThrow(/did not start: exit code 3; it said:\nthe disk is full/);
});

it('a CLI that is not there is named', async () => {
  await expect(start({ cliPath: '/nowhere/temporal' })).rejects.toThrow(/did not start: spawn \/nowhere\/temporal ENOENT/);
});

/** Another process that starts a server on `dataDir`, as `npm start` does. */
async function startOwner(): Promise<{ process: ChildProcess; pid: number; server: number; port: number }> {
  const code = `
    const { startEmbeddedTemporal } = require('./src/temporal/dev-server/embedded');
    const logger = { info() {}, warn: console.error, error: console.error };
    startEmbeddedTemporal({ cliPath: ${JSON.stringify(cliPath())}, dataDir: ${JSON.stringify(dataDir)}, port: 0, uiPort: 0, logger }).then(
      (server) => {
        process.on('SIGTERM', () => server.stop().then(() => process.exit(0)));
        console.log(JSON.stringify({ server: server.pid, port: Number(server.address.split(':')[1]) }));
      },
    );`;
  const owner = spawn(process.execPath, ['--import', 'tsx', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  running.push({ stop: async () => void owner.kill('SIGKILL') });
  const said = await new Promise<string>((resolve) => owner.stdout.once('data', (data: Buffer) => resolve(data.toString())));
  return { process: owner, pid: owner.pid ?? 0, ...(JSON.parse(said) as { server: number; port: number }) };
}

async function listenSomewhere(): Promise<{ server: Server; port: number }> {
  const port = await freePort('127.0.0.1');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { server, port };
}

/** A Temporal dev server of our own on a SQLite file: started, watched, brought back when it dies, stopped in order. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, holderOfPort, isPortFree } from './ports';
import { commandLineOf, isAlive, parentOf } from './processes';
import { searchAttributeTypes } from '../search-attribute-types';

export interface EmbeddedTemporalOptions {
  readonly cliPath: string;
  /** Holds `temporal.db`, `temporal.log` and `temporal.pid`. */
  readonly dataDir: string;
  /** 0 takes any free port, and keeps it over restarts. */
  readonly port: number;
  readonly uiPort: number;
  readonly namespace?: string;
  /** Where the Temporal UI has payloads decoded (`/codec`). */
  readonly uiCodecEndpoint?: string;
  /** Beside our own, `key=JSON`; tests force continue-as-new with it. */
  readonly dynamicConfig?: readonly string[];
  readonly logger: EmbeddedTemporalLogger;
}

export interface EmbeddedTemporalLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface EmbeddedTemporal {
  /** host:port for clients and workers. */
  readonly address: string;
  readonly uiUrl: string;
  readonly namespace: string;
  /** The process id of the running server; changes with a restart. Null while no server runs. */
  readonly pid: number | null;
  /** Ends the server and the watch over it. Repeatable. */
  stop(): Promise<void>;
}

/** The server can't be started; the message says why and what to change. */
export class EmbeddedTemporalError extends Error {
  override readonly name = 'EmbeddedTemporalError';
}

/** A server whose process runs, and whose addresses are settled. */
export interface LaunchedTemporal extends Pick<EmbeddedTemporal, 'address' | 'uiUrl' | 'namespace' | 'stop'> {
  /** Resolves when it serves. Rejects with EmbeddedTemporalError. */
  readonly serving: Promise<EmbeddedTemporal>;
}

/** Resolves when it serves. @throws EmbeddedTemporalError */
export async function startEmbeddedTemporal(options: EmbeddedTemporalOptions): Promise<EmbeddedTemporal> {
  const { serving } = await launchEmbeddedTemporal(options);
  return serving;
}

/** Resolves as soon as its process runs: it needs a second or so to serve. @throws EmbeddedTemporalError */
export async function launchEmbeddedTemporal(options: EmbeddedTemporalOptions): Promise<LaunchedTemporal> {
  const files = filesIn(options.dataDir);
  mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
  await stopOrphan(options.dataDir, options.logger);
  const port = await claimPort(options.port, 'TEMPORAL_PORT');
  const uiPort = await claimPort(options.uiPort, 'TEMPORAL_UI_PORT');

  const server = new WatchedServer({ ...options, port, uiPort, namespace: options.namespace ?? 'default' }, files);
  const serving = server.start().then(() => server);
  serving.catch(() => undefined); // for who awaits it
  const { address, uiUrl, namespace } = server;
  return { address, uiUrl, namespace, serving, stop: () => server.stop() };
}

type Placed = EmbeddedTemporalOptions & { readonly namespace: string };

class WatchedServer implements EmbeddedTemporal {
  readonly address: string;
  readonly uiUrl: string;
  readonly namespace: string;
  private child: ChildProcess | null = null;
  private readonly stopping = new AbortController();
  private watching: Promise<void> = Promise.resolve();

  constructor(
    private readonly options: Placed,
    private readonly files: ServerFiles,
  ) {
    this.address = `${ip}:${options.port}`;
    this.uiUrl = `http://${ip}:${options.uiPort}`;
    this.namespace = options.namespace;
  }

  get pid(): number | null {
    return this.child?.pid ?? null;
  }

  async start(): Promise<void> {
    const { exited } = await this.launch();
    this.watching = this.watch(exited);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.endChild();
    await this.watching;
    rmSync(this.files.pid, { force: true });
  }

  /** Starts the process and waits until it serves. `exited` says how it ended, some day. */
  private async launch(): Promise<{ readonly exited: Promise<string> }> {
    rotateLog(this.files.log);
    const log = openSync(this.files.log, 'a', 0o600);
    const logStart = statSync(this.files.log).size;
    // A process group of its own: Ctrl-C in a terminal reaches us alone, and the server ends after what needs it.
    const child = spawn(this.options.cliPath, serverArguments(this.options, this.files), {
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    const exited = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code ?? 'unknown'}` : `signal ${signal}`));
    });
    this.child = child;
    const ended = new AbortController();
    void exited.then(() => {
      ended.abort();
      if (this.child === child) this.child = null;
    });
    if (child.pid !== undefined)
      writeFileSync(this.files.pid, JSON.stringify({ pid: child.pid, owner: process.pid } satisfies PidFile), { mode: 0o600 });

    const outcome = await Promise.race([exited, this.untilServing(ended.signal)]);
    if (outcome === serving) return { exited };
    await this.endChild();
    const said = lastLines(this.files.log, logStart);
    throw new EmbeddedTemporalError(
      `the embedded Temporal server did not start: ${outcome}${said === '' ? '' : `; it said:\n${said}`}\n(log: ${this.files.log})`,
    );
  }

  /** Asks until the server answers, its process has `ended`, or the time is over. */
  private async untilServing(ended: AbortSignal): Promise<string> {
    const deadline = Date.now() + startTimeoutMs;
    let reason = '';
    while (Date.now() < deadline) {
      if (this.stopping.signal.aborted || ended.aborted) return 'it was stopped';
      try {
        await prepareNamespace(this.address, this.namespace, ended);
        return serving;
      } catch (error) {
        reason = (error as Error).message;
      }
      await sleep(100);
    }
    return `it did not answer within ${startTimeoutMs / 1000} s (${reason})`;
  }

  /** Brings the server back for as long as we are not stopped. */
  private async watch(firstExit: Promise<string>): Promise<void> {
    const { logger } = this.options;
    let exited = firstExit;
    for (;;) {
      const how = await exited;
      if (this.stopping.signal.aborted) return;
      logger.error({ how, log: this.files.log }, 'the embedded Temporal server died; bringing it back');
      const diedAt = Date.now();
      for (let attempt = 0; ; attempt++) {
        await this.pause(Math.min(restartPauseMs * 2 ** attempt, longestPauseMs));
        if (this.stopping.signal.aborted) return;
        try {
          ({ exited } = await this.launch());
          logger.info({ address: this.address, downMs: Date.now() - diedAt }, 'the embedded Temporal server is back');
          break;
        } catch (error) {
          if (this.stopping.signal.aborted) return;
          logger.error(
            { attempt: attempt + 1, reason: (error as Error).message },
            'the embedded Temporal server does not come back; trying again',
          );
        }
      }
    }
  }

  private async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }

  private async endChild(): Promise<void> {
    const { child } = this;
    if (child?.pid !== undefined) await endProcess(child.pid);
  }
}

const ip = '127.0.0.1';
const serving = 'serving';
const startTimeoutMs = 60_000;
const restartPauseMs = 250;
const longestPauseMs = 30_000;

interface ServerFiles {
  readonly db: string;
  readonly log: string;
  readonly pid: string;
}

function filesIn(dataDir: string): ServerFiles {
  const folder = resolve(dataDir);
  return { db: join(folder, 'temporal.db'), log: join(folder, 'temporal.log'), pid: join(folder, 'temporal.pid') };
}

function serverArguments(
  { port, uiPort, namespace, uiCodecEndpoint, dynamicConfig = [] }: Placed,
  { db }: ServerFiles,
): string[] {
  const repeated = (flag: string, values: readonly string[]): string[] => values.flatMap((value) => [flag, value]);
  return [
    ...['server', 'start-dev', '--ip', ip, '--port', `${port}`, '--ui-port', `${uiPort}`, '--namespace', namespace],
    ...['--db-filename', db, '--log-level', 'warn', '--log-format', 'json', '--ui-disable-news-fetch'],
    // A committed write survives kill -9 of all processes; only a crash of the machine can lose the last moment.
    ...repeated('--sqlite-pragma', ['journal_mode=WAL', 'synchronous=NORMAL']),
    ...repeated(
      '--search-attribute',
      Object.entries(searchAttributeTypes).map(([name, type]) => `${name}=${type}`),
    ),
    ...repeated('--dynamic-config-value', [...raisedLimits, ...dynamicConfig]),
    ...(uiCodecEndpoint === undefined ? [] : ['--ui-codec-endpoint', uiCodecEndpoint]),
  ];
}

/** A dev server's limits are those of someone trying it out; these let the machine be the limit. */
const raisedLimits = [
  'frontend.rps=100000',
  'frontend.namespaceRPS=100000',
  'frontend.namespaceRPS.visibility=1000',
  'frontend.namespaceCount=10000',
  'history.persistenceMaxQPS=100000',
  'matching.persistenceMaxQPS=100000',
  'frontend.enableServerVersionCheck=false',
  // One partition, so that a queue's rate limit is exact.
  'matching.numTaskqueueReadPartitions=1',
  'matching.numTaskqueueWritePartitions=1',
];

/** Asks the server for its namespace, and to keep closed workflows for longer than a dev server's day: operators ask later. */
async function prepareNamespace(address: string, namespace: string, signal: AbortSignal): Promise<void> {
  // Loaded while the server comes up: it takes as long as much of that.
  const [{ Connection }, { msToTs }] = await Promise.all([
    import('@temporalio/client'),
    import('@temporalio/common/lib/time.js'),
  ]);
  // `Connection.connect` would leave its channel open when it fails, and this is repeated until the server serves.
  const connection = Connection.lazy({ address });
  try {
    const config = { workflowExecutionRetentionTtl: msToTs('30 days') };
    await connection.withAbortSignal(signal, () =>
      connection.withDeadline(Date.now() + 2_000, () => connection.workflowService.updateNamespace({ namespace, config })),
    );
  } finally {
    await connection.close();
  }
}

async function claimPort(port: number, variable: string): Promise<number> {
  if (port === 0) return freePort(ip);
  if (await isPortFree(ip, port)) return port;
  const holder = holderOfPort(port);
  throw new EmbeddedTemporalError(
    `port ${port} is in use${holder === null ? '' : ` by process ${holder.pid} (${holder.command})`}: end it, or set ${variable} to another port (example: ${variable}=${port + 100}; 0 takes any)`,
  );
}

interface PidFile {
  readonly pid: number;
  /** The process that started it. */
  readonly owner: number;
}

/**
 * After kill -9 of its owner a server lives on and holds ports and database: this ends it.
 * @throws EmbeddedTemporalError when its owner lives, for then it is no orphan.
 */
export async function stopOrphan(dataDir: string, logger: EmbeddedTemporalLogger): Promise<void> {
  const files = filesIn(dataDir);
  const noted = readPidFile(files.pid);
  if (noted === null || !isAlive(noted.pid)) return;
  // The number may have been given to another program since.
  if (!commandLineOf(noted.pid)?.includes(files.db)) return;
  // A killed owner stays its parent for the moment in which it is a zombie.
  if (parentOf(noted.pid) === noted.owner && isAlive(noted.owner) && noted.owner !== 1)
    throw new EmbeddedTemporalError(
      `process ${noted.owner} is already running with this DATA_DIR (its Temporal server is process ${noted.pid}): end it first, or set DATA_DIR to another folder (example: DATA_DIR=.data2)`,
    );
  logger.warn({ pid: noted.pid }, 'stopping a Temporal server that an earlier run left behind');
  await endProcess(noted.pid);
}

function readPidFile(path: string): PidFile | null {
  try {
    const { pid, owner } = JSON.parse(readFileSync(path, 'utf8')) as Partial<PidFile>;
    return Number.isInteger(pid) && Number.isInteger(owner) && Number(pid) > 1
      ? { pid: Number(pid), owner: Number(owner) }
      : null;
  } catch {
    // None, or cut off by a crash.
    return null;
  }
}

async function endProcess(pid: number): Promise<void> {
  for (const [signal, waitMs] of [['SIGTERM', 10_000] as const, ['SIGKILL', 5_000] as const]) {
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    for (const deadline = Date.now() + waitMs; Date.now() < deadline; await sleep(25)) if (!isAlive(pid)) return;
  }
}

const largestLogBytes = 10_000_000;

function rotateLog(path: string): void {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > largestLogBytes) renameSync(path, `${path}.1`);
}

function lastLines(path: string, from: number): string {
  return readFileSync(path).subarray(from).toString('utf8').trimEnd().split('\n').slice(-8).join('\n');
}

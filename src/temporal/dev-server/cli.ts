/** Finds the Temporal CLI, which holds the embedded server: yours, one on PATH, the cache, a download, or a build with Go. */
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildCli } from './cli-build';
import { downloadCli } from './cli-download';
import { executableSuffix, findExecutable, isExecutable } from './executables';

/** The version that is downloaded or built, and under which it is cached. */
export const cliVersion = '1.8.2';

export interface CliSearch {
  /** TEMPORAL_CLI_PATH: if given, nothing else is tried. */
  readonly cliPath: string | null;
  /** PATH, as the system writes it. */
  readonly searchPath: string;
  readonly cacheDir: string;
  /** Told what is going on, as soon as it takes more than a moment. */
  readonly progress: (line: string) => void;
  /** Stops a download or a build. */
  readonly signal?: AbortSignal;
  /** Where to download from; tests have another. */
  readonly downloadUrl?: string;
  /** The folder of the Go module; tests have another. */
  readonly buildFolder?: string;
}

export interface FoundCli {
  readonly path: string;
  readonly from: 'TEMPORAL_CLI_PATH' | 'PATH' | 'cache' | 'download' | 'build';
}

/** No way led to a CLI; the message names every way and why it failed. */
export class TemporalCliNotFound extends Error {
  override readonly name = 'TemporalCliNotFound';
}

/** @throws TemporalCliNotFound */
export async function findTemporalCli(search: CliSearch): Promise<FoundCli> {
  if (search.cliPath !== null) return { path: await given(search.cliPath), from: 'TEMPORAL_CLI_PATH' };

  const cached = join(search.cacheDir, `temporal-${cliVersion}${executableSuffix}`);
  const ways: readonly (readonly [FoundCli['from'], () => Promise<string>])[] = [
    ['PATH', () => onPath(search.searchPath)],
    ['cache', () => inCache(cached)],
    ['download', () => intoCache(cached, (folder) => downloadCli(cliVersion, folder, search))],
    ['build', () => intoCache(cached, (folder) => buildCli(cliVersion, folder, search))],
  ];
  const failures: string[] = [];
  for (const [from, way] of ways) {
    search.signal?.throwIfAborted();
    try {
      return { path: await way(), from };
    } catch (error) {
      failures.push(`${from}: ${(error as Error).message}`);
    }
  }
  search.signal?.throwIfAborted();
  throw new TemporalCliNotFound(
    [
      'no Temporal CLI could be found or made, and without it there is no embedded Temporal server. Tried:',
      ...failures.map((failure) => `  - ${failure}`),
      'Install it (https://docs.temporal.io/cli), name it with TEMPORAL_CLI_PATH, or use a server of yours with TEMPORAL_ADDRESS.',
    ].join('\n'),
  );
}

/** Servers before this one lack what the workflows use. */
const oldestServer = { major: 1, minor: 29 };

async function given(path: string): Promise<string> {
  if (!isExecutable(path)) throw new TemporalCliNotFound(`TEMPORAL_CLI_PATH: ${path} is not an executable file`);
  try {
    await serverVersion(path);
  } catch (error) {
    throw new TemporalCliNotFound(`TEMPORAL_CLI_PATH: ${(error as Error).message}`);
  }
  return path;
}

async function onPath(searchPath: string): Promise<string> {
  const path = findExecutable('temporal', searchPath);
  if (path === null) throw new Error('no executable "temporal" on it');
  const { major, minor } = await serverVersion(path);
  if (major < oldestServer.major || (major === oldestServer.major && minor < oldestServer.minor))
    throw new Error(`${path} holds server ${major}.${minor}; ${oldestServer.major}.${oldestServer.minor} or later is needed`);
  return path;
}

async function inCache(path: string): Promise<string> {
  if (!isExecutable(path)) throw new Error(`${path} does not exist`);
  await serverVersion(path);
  return path;
}

/**
 * Lets `make` put an executable into a folder of its own beside the cached one, checks that it runs, and moves it into place:
 * another process sees nothing or the whole file, and of several makers the last one wins with an equal file.
 */
async function intoCache(cached: string, make: (folder: string) => Promise<string>): Promise<string> {
  const cacheDir = join(cached, '..');
  mkdirSync(cacheDir, { recursive: true });
  const folder = mkdtempSync(join(cacheDir, '.making-'));
  try {
    const made = await make(folder);
    chmodSync(made, 0o755);
    await serverVersion(made);
    renameSync(made, cached);
    return cached;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Asks the CLI itself: `temporal version 1.8.2 (Server 1.31.2, UI 2.50.1)`. */
async function serverVersion(path: string): Promise<{ major: number; minor: number }> {
  const { stdout } = await promisify(execFile)(path, ['--version'], { timeout: 20_000 }).catch((error: Error) => {
    throw new Error(`${path} does not run: ${error.message.trim()}`);
  });
  const [, major, minor] = /^temporal version .*\(Server (\d+)\.(\d+)/m.exec(stdout) ?? [];
  if (major === undefined || minor === undefined)
    throw new Error(`${path} is not the Temporal CLI: it answers ${JSON.stringify(stdout.slice(0, 80))}`);
  return { major: Number(major), minor: Number(minor) };
}

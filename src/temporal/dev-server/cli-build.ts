/** The Temporal CLI built with Go, from the module in `tools/temporal`: for machines that reach a Go proxy and no download site. */
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { executableSuffix, findExecutable } from './executables';

export interface CliBuild {
  /** PATH, where `go` is looked for. */
  readonly searchPath: string;
  readonly progress: (line: string) => void;
  readonly signal?: AbortSignal;
  readonly buildFolder?: string;
}

/** Leaves the executable in `folder` and answers its path. Takes minutes, and says every few seconds how far it is. */
export async function buildCli(
  version: string,
  folder: string,
  { searchPath, progress, signal, buildFolder }: CliBuild,
): Promise<string> {
  const moduleFolder = buildFolder ?? findModuleFolder();
  const go = findExecutable('go', searchPath);
  if (go === null) throw new Error('no "go" on PATH (https://go.dev/dl)');
  progress(`building the Temporal CLI ${version} with ${await versionOf(go)}: this takes some minutes, once`);
  const output = join(folder, `temporal${executableSuffix}`);
  const versionFlag = `-X github.com/temporalio/cli/internal/temporalcli.Version=${version}`;
  const args = ['build', '-v', '-ldflags', `-s -w ${versionFlag}`, '-o', output, 'github.com/temporalio/cli/cmd/temporal'];
  await run(go, args, { cwd: moduleFolder, progress, signal });
  return output;
}

/** Go 1.21 and later fetch the newer toolchain that `go.mod` asks for; earlier ones don't even read it. */
const oldestGo = { major: 1, minor: 21 };

async function versionOf(go: string): Promise<string> {
  const { stdout } = await promisify(execFile)(go, ['version'], { timeout: 20_000 }).catch((error: Error) => {
    throw new Error(`${go} does not run: ${error.message.trim()}`);
  });
  const [text = stdout.trim(), major, minor] = /go(\d+)\.(\d+)[.\w]*/.exec(stdout) ?? [];
  const tooOld = Number(major) < oldestGo.major || (Number(major) === oldestGo.major && Number(minor) < oldestGo.minor);
  if (tooOld)
    throw new Error(`${text} is too old: Go ${oldestGo.major}.${oldestGo.minor} or later is needed (https://go.dev/dl)`);
  return text;
}

/** Go names every module it fetches and every package it compiles, thousands of lines; shown are a count and the latest. */
async function run(
  go: string,
  args: readonly string[],
  {
    cwd,
    progress,
    signal,
  }: {
    readonly cwd: string;
    readonly progress: (line: string) => void;
    readonly signal: AbortSignal | undefined;
  },
): Promise<void> {
  const startedAt = Date.now();
  const build = spawn(go, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'], ...(signal ? { signal } : {}) });
  const seen = { fetched: 0, compiled: 0, latest: '' };
  const complaints: string[] = [];
  createInterface({ input: build.stderr }).on('line', (line) => {
    if (line.startsWith('go: downloading ')) seen.fetched += 1;
    else if (/^[\w.~-]+(\/[\w.~-]+)*$/.test(line)) seen.compiled += 1;
    else complaints.push(line);
    seen.latest = line.replace(/^go: /, '');
  });
  const report = setInterval(() => {
    const seconds = Math.round((Date.now() - startedAt) / 1000);
    progress(
      `building the Temporal CLI: ${seconds} s, ${seen.fetched} modules fetched, ${seen.compiled} packages compiled, now ${seen.latest || 'starting'}`,
    );
  }, reportEveryMs);
  try {
    const code = await new Promise<number | null>((resolve, reject) => build.once('error', reject).once('close', resolve));
    if (code !== 0)
      throw new Error(`go build failed:\n${complaints.slice(-15).join('\n') || `it ended with ${code ?? 'a signal'}`}`);
  } finally {
    clearInterval(report);
  }
}

const reportEveryMs = 5_000;

/** `tools/temporal`, seen from `src/temporal` and from `dist/src/temporal`. */
function findModuleFolder(): string {
  for (let folder = __dirname; folder !== dirname(folder); folder = dirname(folder)) {
    const candidate = join(folder, 'tools', 'temporal');
    if (existsSync(join(candidate, 'go.mod'))) return candidate;
  }
  throw new Error('tools/temporal, the Go module to build it from, is not here');
}

/** A real Temporal server and its schema tool, built with Go from the module in `tools/temporal`, and kept outside the repository. */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TemporalCliConfig } from '../../src/config/config';
import { findTemporalCli } from '../../src/temporal/dev-server/cli';
import { findExecutable } from '../../src/temporal/dev-server/executables';

export interface TemporalBinaries {
  /** Holds `temporal-server`, `temporal-sql-tool` and `temporal`, as the images of Temporal do. */
  readonly folder: string;
  /** `postgresql/v12/…` of the same version. */
  readonly schema: string;
}

const server = 'go.temporal.io/server';

/**
 * The version is that of `tools/temporal/go.mod`, which is the dev server's too. The first call takes minutes; where the CLI was built
 * before, most of it is compiled already.
 */
export async function temporalBinaries(
  cli: TemporalCliConfig,
  progress: (line: string) => void = () => undefined,
): Promise<TemporalBinaries> {
  const go = findExecutable('go', cli.searchPath);
  if (go === null) throw new Error('the Temporal server is built with Go: no "go" on PATH (https://go.dev/dl)');
  const module = join(__dirname, '..', '..', 'tools', 'temporal');
  const run = async (...args: string[]): Promise<string> =>
    (await promisify(execFile)(go, args, { cwd: module, maxBuffer: 64e6 })).stdout.trim();

  const version = await run('list', '-m', '-f', '{{.Version}}', server);
  const folder = join(cli.cacheDir, `server-${version}`);
  const binaries = { folder: join(folder, 'bin'), schema: join(folder, 'schema') };
  if (existsSync(folder)) return binaries;

  progress(`building the Temporal server ${version}: this takes some minutes, once`);
  mkdirSync(cli.cacheDir, { recursive: true });
  const making = mkdtempSync(join(cli.cacheDir, '.making-'));
  try {
    for (const [name, source] of Object.entries({ 'temporal-server': 'cmd/server', 'temporal-sql-tool': 'cmd/tools/sql' }))
      await run('build', '-ldflags', '-s -w', '-o', join(making, 'bin', name), `${server}/${source}`);
    const source = await run('list', '-m', '-f', '{{.Dir}}', server);
    cpSync(join(source, 'schema', 'postgresql'), join(making, 'schema', 'postgresql'), { recursive: true });
    symlinkSync((await findTemporalCli({ ...cli, progress })).path, join(making, 'bin', 'temporal'));
    // Of several makers the first wins; theirs is equal.
    if (!existsSync(folder)) renameSync(making, folder);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  return binaries;
}

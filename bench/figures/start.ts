/** From the start of `npm start` to /readyz, against a dev server and a bare worker with a prepared bundle. The Temporal CLI is there already. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { temporalCliConfig } from '../../src/config/config';
import { findTemporalCli } from '../../src/temporal/dev-server/cli';
import { startEmbeddedTemporal } from '../../src/temporal/dev-server/embedded';
import { freePort } from '../../src/temporal/dev-server/ports';
import { type Build, buildsFolder, currentBuild, sources } from '../../scripts/stack/builds';
import { createService } from '../../scripts/stack/service';
import { buildBare } from '../bare/build';
import { bareVariables } from '../bare/contract';
import type { AloneOptions, FigureAlone } from '../figure';
import type { Goal, Row } from '../results';
import { barePart } from '../stage';

const goal: Goal = { of: 'ratio', atMost: 1.3 };

export const start: FigureAlone = {
  name: 'start',
  async measureAlone(options) {
    const { rounds, isShort, progress } = options;
    progress('start');
    const cli = temporalCliConfig(process.env);
    const { path: cliPath } = await findTemporalCli({ ...cli, progress });
    const build = currentBuild(buildsFolder(cli));
    const bareFolder = await buildBare(build);
    const count = isShort ? 1 : Math.min(rounds, 3);
    // As at the end of `npm ci`.
    execFileSync(process.execPath, [join('scripts', 'prepare.mjs')], { cwd: sources().root, stdio: 'inherit' });
    const times = { sources: twiceEach(), built: twiceEach(), bare: twiceEach() };
    for (let round = 0; round < count; round++) {
      times.sources.add(await ours(options, { name: `sources${round}`, build: sources(), cliPath }));
      times.bare.add(await bare(options, { name: `bare${round}`, bareFolder, cliPath }));
      times.built.add(await ours(options, { name: `built${round}`, build, cliPath }));
    }
    const row = (name: string, from: 'sources' | 'built', which: 'first' | 'second', limit: Goal | null): Row => ({
      ...{ name, unit: 's', goal: limit, ours: times[from][which], bare: times.bare[which] },
    });
    return [
      row('npm start, first', 'sources', 'first', goal),
      row('npm start, second', 'sources', 'second', goal),
      row('the build, first', 'built', 'first', null),
      row('the build, second', 'built', 'second', null),
    ];
  },
};

/** In a new folder, then once more in the same. Seconds. */
type Twice = readonly [first: number, second: number];

function twiceEach() {
  const [first, second]: [number[], number[]] = [[], []];
  const add = ([one, two]: Twice): void => {
    first.push(one);
    second.push(two);
  };
  return { first, second, add };
}

async function ours(
  { folder }: AloneOptions,
  { name, build, cliPath }: { readonly name: string; readonly build: Build; readonly cliPath: string },
): Promise<Twice> {
  const dataDir = join(folder, name);
  mkdirSync(dataDir, { mode: 0o700 });
  const env = {
    DATA_DIR: dataDir,
    TEMPORAL_CLI_PATH: cliPath,
    TEMPORAL_PORT: String(await freePort('127.0.0.1')),
    TEMPORAL_UI_PORT: String(await freePort('127.0.0.1')),
  };
  const { part } = await createService({ kind: 'all', name, build, folder, env });
  return twice(
    () => part.start(),
    () => part.stop(),
  );
}

async function bare(
  { folder }: AloneOptions,
  { name, bareFolder, cliPath }: { readonly name: string; readonly bareFolder: string; readonly cliPath: string },
): Promise<Twice> {
  const dataDir = join(folder, name);
  let end = (): Promise<void> => Promise.resolve();
  return twice(
    async () => {
      const server = await startEmbeddedTemporal({ cliPath, dataDir, port: 0, uiPort: 0, logger: quiet });
      const sizes = { signalBytes: 0, activityBytes: 0, bodyBytes: 0 };
      const env = {
        [bareVariables.temporal]: server.address,
        [bareVariables.key]: randomBytes(32).toString('base64'),
        [bareVariables.receiver]: 'http://127.0.0.1:9',
      };
      const { part } = await barePart('worker', { folder, bareFolder, env, sizes });
      await part.start();
      end = async () => {
        await part.stop();
        await server.stop();
      };
    },
    () => end(),
  );
}

async function twice(begin: () => Promise<void>, end: () => Promise<void>): Promise<Twice> {
  const seconds: number[] = [];
  for (let time = 0; time < 2; time++) {
    const startedAtMs = performance.now();
    try {
      await begin();
      seconds.push((performance.now() - startedAtMs) / 1_000);
    } finally {
      await end();
    }
  }
  return [seconds[0] ?? 0, seconds[1] ?? 0];
}

const quiet = { info: () => undefined, warn: () => undefined, error: console.error };

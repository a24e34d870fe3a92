/**
 * One Temporal server and one workflow bundle for the whole run of the integration tests. They find them in
 * TEST_TEMPORAL_ADDRESS, TEST_TEMPORAL_CLI (the executable) and TEST_WORKFLOW_BUNDLE (a file).
 * With RELAY_TEST_STACK=real it is what a deployment has: a Temporal server that is no dev server, and PostgreSQL, which the
 * service uses as well (TEST_POSTGRES_URL). Where PostgreSQL is installed, TEST_DATABASES_URL is a server of which tests have databases.
 */
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startInfrastructure } from '../../scripts/stack/infrastructure';
import { postgresBinaries, startPostgres } from '../../scripts/stack/postgres';
import { temporalCliConfig } from '../../src/config/config';
import { findTemporalCli } from '../../src/temporal/dev-server/cli';
import { startEmbeddedTemporal, stopOrphan } from '../../src/temporal/dev-server/embedded';
import { keepNewDatabase } from '../../src/store/driver/new-database';
import { makeTemplate } from './test-database';
import { writeBundle } from '../../src/temporal/workflow-bundle';

export interface TestRun {
  readonly server: { stop(): Promise<void> };
  readonly folder: string;
}

export default async function globalSetup(): Promise<void> {
  await endKilledRuns();
  await keepNewDatabase();
  const folder = mkdtempSync(join(tmpdir(), folderPrefix));
  const cli = temporalCliConfig(process.env);
  const progress = (line: string): void => console.error(line);
  const { path: cliPath } = await findTemporalCli({ ...cli, progress });
  process.env.TEST_TEMPORAL_CLI = cliPath;
  let server: TestRun['server'];
  if (process.env.RELAY_TEST_STACK === 'real') {
    // A shard costs the server work also while nothing happens; of docker-compose's 512 a test run would feel it.
    const stack = await startInfrastructure({ folder, cli, progress, historyShards: 4 });
    process.env.TEST_TEMPORAL_ADDRESS = stack.temporal.address;
    process.env.TEST_POSTGRES_URL = stack.postgres.url;
    process.env.TEST_DATABASES_URL = stack.postgres.url;
    server = stack;
  } else {
    const embedded = await startEmbeddedTemporal({ cliPath, dataDir: folder, port: 0, uiPort: 0, logger: silent });
    process.env.TEST_TEMPORAL_ADDRESS = embedded.address;
    const programs = postgresBinaries();
    chmodSync(folder, 0o711); // PostgreSQL, as another user, passes through
    const postgres = programs === null ? null : await startPostgres(programs, join(folder, 'postgres'));
    if (postgres) process.env.TEST_DATABASES_URL = postgres.url;
    server = { stop: async () => void (await Promise.all([embedded.stop(), postgres?.part.stop('SIGINT')])) };
  }
  if (process.env.TEST_DATABASES_URL) await makeTemplate({ url: process.env.TEST_DATABASES_URL });
  (globalThis as { testRun?: TestRun }).testRun = { server, folder };

  const bundle = join(folder, 'workflow-bundle.js');
  try {
    await writeBundle(bundle);
    process.env.TEST_WORKFLOW_BUNDLE = bundle;
  } catch (error) {
    // Tests that run no workflow still can; the others find no bundle, and the reason is here.
    console.error(`\nTEST_WORKFLOW_BUNDLE is not set: ${(error as Error).message}`);
  }
}

const folderPrefix = 'relay-test-run-';

/** A run that was killed had no teardown: its servers are still there. */
async function endKilledRuns(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((each) => each.startsWith(folderPrefix))) {
    const folder = join(tmpdir(), name);
    // One without a server yet may belong to a run that is starting at this moment.
    if (!existsSync(join(folder, 'temporal.pid'))) continue;
    stopPostgresOf(folder);
    await stopOrphan(folder, silent).then(
      () => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }),
      () => undefined,
    );
  }
}

function stopPostgresOf(folder: string): void {
  const file = join(folder, 'postgres', 'data', 'postmaster.pid');
  if (!existsSync(file)) return;
  try {
    process.kill(Number(readFileSync(file, 'utf8').split('\n')[0]), 'SIGINT');
  } catch {
    // It has ended.
  }
}

const silent = { info: () => undefined, warn: () => undefined, error: console.error };

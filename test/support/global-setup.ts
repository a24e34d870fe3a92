/**
 * One Temporal dev server and one workflow bundle for the whole run of the integration tests. They find them in
 * TEST_TEMPORAL_ADDRESS, TEST_TEMPORAL_CLI (the executable) and TEST_WORKFLOW_BUNDLE (a file).
 */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { temporalCliConfig } from '../../src/config/config';
import { findTemporalCli } from '../../src/temporal/dev-server/cli';
import { type EmbeddedTemporal, startEmbeddedTemporal, stopOrphan } from '../../src/temporal/dev-server/embedded';
import { writeBundle } from '../../src/temporal/workflow-bundle';

export interface TestRun {
  readonly server: EmbeddedTemporal;
  readonly folder: string;
}

export default async function globalSetup(): Promise<void> {
  await endKilledRuns();
  const folder = mkdtempSync(join(tmpdir(), folderPrefix));
  const { path: cliPath } = await findTemporalCli({ ...temporalCliConfig(process.env), progress: (line) => console.error(line) });
  const server = await startEmbeddedTemporal({ cliPath, dataDir: folder, port: 0, uiPort: 0, logger: silent });
  (globalThis as { testRun?: TestRun }).testRun = { server, folder };
  process.env.TEST_TEMPORAL_ADDRESS = server.address;
  process.env.TEST_TEMPORAL_CLI = cliPath;

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

/** A run that was killed had no teardown: its server is still there. */
async function endKilledRuns(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((each) => each.startsWith(folderPrefix))) {
    const folder = join(tmpdir(), name);
    // One without a server yet may belong to a run that is starting at this moment.
    if (!existsSync(join(folder, 'temporal.pid'))) continue;
    await stopOrphan(folder, silent).then(
      () => rmSync(folder, { recursive: true, force: true }),
      () => undefined,
    );
  }
}

const silent = { info: () => undefined, warn: () => undefined, error: console.error };

/**
 * Replays one history against the workflow code of this folder: `npm run replay -- history.json`. The file is what
 * `temporal workflow show --workflow-id … --output json` prints. Payloads are decrypted with ENCRYPTION_KEYS, or else with the keys in
 * `DATA_DIR/secrets.json`. A breakpoint in workflows/ or src/domain/ stops there when the debugger runs this script (.vscode/launch.json).
 */
import { readFileSync } from 'node:fs';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { configFromEnvironment } from '../src/config/config';
import { Keyring } from '../src/crypto/keyring';
import { failureConverterPath, workerConverterFor } from '../src/temporal/codec';
import { bundleWorkflows } from '../src/temporal/workflow-bundle';

type DataConverter = ReturnType<typeof workerConverterFor>;

/** @throws DeterminismViolationError when the code would ask Temporal for something else than it did when the history was made. */
export async function replayHistory(json: string, dataConverter: DataConverter): Promise<void> {
  const history = historyFromJSON(JSON.parse(json));
  await Worker.runReplayHistory({ workflowBundle: { code: await bundleWorkflows() }, dataConverter }, history);
}

/** A history without encrypted payloads, as in test/histories, needs no key, and none is generated for it. */
export function converterFor(json: string): DataConverter {
  const isEncrypted = json.includes(Buffer.from('binary/encrypted').toString('base64'));
  if (!isEncrypted) return { failureConverterPath };
  return workerConverterFor(new Keyring(configFromEnvironment('reproject').encryptionKeys));
}

async function main(): Promise<void> {
  const file = process.argv[2];
  if (file === undefined) throw new Error('usage: npm run replay -- history.json');
  const json = readFileSync(file, 'utf8');
  Runtime.install({ logger: new DefaultLogger('WARN'), telemetryOptions: { logging: { forward: {}, filter: 'ERROR' } } });
  await replayHistory(json, converterFor(json));
  console.log(`${file} replays: the code of this folder can go on with it`);
}

if (require.main === module)
  main().then(
    () => process.exit(0),
    (error: unknown) => {
      if (error instanceof DeterminismViolationError) console.error('The code would do something else than the history says:');
      console.error(error instanceof Error ? error.message : error);
      process.exit(1);
    },
  );

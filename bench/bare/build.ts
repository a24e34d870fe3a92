/** The bare processes as JavaScript beside the service's own, with their workflow bundle: neither side compiles anything when it starts. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleWorkflowCode } from '@temporalio/worker';
import { build as compile } from 'esbuild';
import type { Build } from '../../scripts/stack/builds';

/** Resolves to the folder with `web.js` and `worker.js`, beside the service's code, whose codec they use. Sources must have been started once. */
export async function buildBare({ root, fromSources }: Build): Promise<string> {
  const folder = join(root, fromSources ? 'dist/start' : 'dist', 'bench', 'bare');
  const bundle = join(folder, 'workflow-bundle.js');
  const workflow = join(folder, 'workflow.js');
  const before = existsSync(bundle) ? readFileSync(workflow, 'utf8') : null;
  await compile({
    entryPoints: ['web', 'worker', 'workflow', 'activities', 'contract'].map((name) => join(__dirname, `${name}.ts`)),
    outdir: folder,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
  });
  if (before !== readFileSync(workflow, 'utf8'))
    writeFileSync(bundle, (await bundleWorkflowCode({ workflowsPath: workflow, logger })).code);
  return folder;
}

const nothing = (): void => undefined;
const logger = { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: console.error, error: console.error };

/** The workflows' code as one file: made at build time, and used at start if it is made of this very code. */
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, extname, join, relative, resolve } from 'node:path';
import { failureConverterPath } from './codec';

/** The `workflowBundle` option of a worker. */
export type WorkflowBundle = { readonly codePath: string } | { readonly code: string };

/** The prebuilt bundle when it matches, else a new one (some seconds), kept for the next start where that is possible. */
export async function workflowBundle(): Promise<WorkflowBundle> {
  const prebuilt = prebuiltBundle();
  if (prebuilt) return prebuilt;
  const code = await bundleInProcess();
  try {
    keepBundle(code, bundlePath);
  } catch {
    // A read-only installation bundles at every start.
  }
  return { code };
}

/** What a bundling process says at its end. */
export type BundlingAnswer = { readonly code: string } | { readonly error: string };

/** Bundles in a process of its own: webpack computes for seconds, in which this one goes on starting. */
function bundleInProcess(): Promise<string> {
  return new Promise((resolve, reject) => {
    const bundling = fork(join(__dirname, `workflow-bundle-process${extension}`), {
      execArgv: compiled ? [] : ['--require', require.resolve('tsx/cjs')],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    bundling.once('message', (answer: BundlingAnswer) => {
      if ('code' in answer) resolve(answer.code);
      else reject(new Error(answer.error));
    });
    bundling.once('error', reject);
    bundling.once('close', (code, signal) => reject(new Error(`bundling ended with ${signal ?? code ?? 'nothing'}`)));
  });
}

/** Bundles `workflows/index`. @throws with webpack's own words when that doesn't compile. */
export async function bundleWorkflows(): Promise<string> {
  const workflowsPath = join(codeRoot, 'workflows', `index${extension}`);
  if (!existsSync(workflowsPath))
    throw new Error(`there are no workflows to bundle: ${relative(process.cwd(), workflowsPath)} does not exist`);
  const said: string[] = [];
  const note = (message: string): void => void said.push(message);
  const { bundleWorkflowCode } = await import('@temporalio/worker');
  const quiet = { log: note, trace: note, debug: note, info: note, warn: note, error: note };
  try {
    const { code } = await bundleWorkflowCode({
      ...{ workflowsPath, failureConverterPath, logger: quiet },
      workflowInterceptorModules: [join(codeRoot, 'workflows', `trace-interceptors${extension}`)],
    });
    return code;
  } catch (error) {
    throw new Error(`the workflows cannot be bundled: ${(error as Error).message}\n${said.join('\n')}`, { cause: error });
  }
}

/** Writes the bundle and what it was made of; `prebuiltBundle` finds it there. */
export async function writeBundle(codePath = bundlePath): Promise<void> {
  keepBundle(await bundleWorkflows(), codePath);
}

function keepBundle(code: string, codePath: string): void {
  mkdirSync(dirname(codePath), { recursive: true });
  writeWhole(codePath, code);
  const manifest: Manifest = { sdk: sdkVersion(), sources: sourcesHash(), extension };
  writeWhole(manifestPath(codePath), `${JSON.stringify(manifest)}\n`);
}

interface Manifest {
  readonly sdk: string;
  readonly sources: string;
  /** Of the sources: `.ts`, or `.js` where `npm start` has translated them. */
  readonly extension: string;
}

/** `.ts` when run from the sources, `.js` when run from `dist/`. */
const extension = extname(__filename);
/** The folder that holds `src/` and `workflows/`: the repository, or `dist/`. */
const codeRoot = resolve(__dirname, '..', '..');
const compiled = extension === '.js';
const bundlePath = join(compiled ? codeRoot : join(codeRoot, 'dist'), 'workflow-bundle.js');

function prebuiltBundle(): WorkflowBundle | null {
  if (!existsSync(bundlePath) || !existsSync(manifestPath(bundlePath))) return null;
  const made = JSON.parse(readFileSync(manifestPath(bundlePath), 'utf8')) as Manifest;
  // `npm run build` makes `dist/` and this of the TypeScript in one go, so there only the SDK can have moved; elsewhere everything can.
  const isOfBuild = compiled && made.extension === '.ts';
  const matches = made.sdk === sdkVersion() && (isOfBuild || (made.extension === extension && made.sources === sourcesHash()));
  return matches ? { codePath: bundlePath } : null;
}

function manifestPath(codePath: string): string {
  return `${codePath}.json`;
}

function sdkVersion(): string {
  const manifest = readFileSync(require.resolve('@temporalio/worker/package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

/** Over all that can end up in the bundle. */
function sourcesHash(): string {
  const hash = createHash('sha256');
  const files = ['workflows', join('src', 'domain')].flatMap((folder) => sourceFiles(join(codeRoot, folder)));
  for (const file of [...files, failureConverterPath].sort())
    hash
      .update(`${relative(codeRoot, file)}\n`)
      .update(readFileSync(file))
      .update('\0');
  return hash.digest('hex');
}

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(extension))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

function writeWhole(path: string, text: string): void {
  const partial = `${path}.${process.pid}`;
  writeFileSync(partial, text);
  renameSync(partial, path);
}

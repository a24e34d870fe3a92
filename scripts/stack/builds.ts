/** What the processes run: the build of this working tree, or of an earlier commit, which is kept outside the repository. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import type { TemporalCliConfig } from '../../src/config/config';

export interface Build {
  /** Short; of a working tree with changes, its commit and `+`. */
  readonly version: string;
  /** Holds `dist/` and `node_modules/`. */
  readonly root: string;
  /** Runs the sources, and nothing has to be built. */
  readonly fromSources?: true;
}

/** What a build is made of. */
const codeFolders = ['src', 'workflows', 'activities', 'sandbox'];

const repository = join(__dirname, '..', '..');

/**
 * The build of the working tree. Where nothing differs from its commit it is that commit's, which no later build changes under a run;
 * else it is `dist/`, built unless no source is newer.
 */
export function currentBuild(cacheDir: string): Build {
  if (git('status', '--porcelain', '--untracked-files=no') === '') return buildOf('HEAD', cacheDir);
  const folders = codeFolders.map((folder) => join(repository, folder));
  const builtAtMs = statSync(join(repository, 'dist', 'workflow-bundle.js'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (folders.some((folder) => newestMs(folder) > builtAtMs)) buildUnchecked(repository);
  return { version: `${git('rev-parse', '--short', 'HEAD')}+`, root: repository };
}

/** The sources as they are, for tests. */
export function sources(): Build {
  return { version: 'sources', root: repository, fromSources: true };
}

/** Where builds are kept. */
export function buildsFolder({ cacheDir }: Pick<TemporalCliConfig, 'cacheDir'>): string {
  return join(cacheDir, '..', 'builds');
}

/** Builds a commit with today's packages, unless that was done before. */
export function buildOf(revision: string, cacheDir: string): Build {
  const version = git('rev-parse', '--short', revision);
  // Commits of the same code share a build.
  const trees = [...codeFolders, 'package-lock.json', 'scripts/bundle-workflows.ts'].map((path) =>
    git('rev-parse', `${revision}:${path}`),
  );
  const root = join(cacheDir, `build-${createHash('sha256').update(trees.join()).digest('hex').slice(0, 12)}`);
  if (existsSync(root)) return { version, root };
  mkdirSync(cacheDir, { recursive: true });
  const making = mkdtempSync(join(cacheDir, '.making-'));
  try {
    const archive = execFileSync('git', ['archive', version], { cwd: repository, maxBuffer: 1e9 });
    execFileSync('tar', ['-x', '-C', making], { input: archive });
    symlinkSync(join(repository, 'node_modules'), join(making, 'node_modules'));
    buildUnchecked(making);
    // Another process may have built the same meanwhile.
    if (!existsSync(root)) renameSync(making, root);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  return { version, root };
}

/** The latest commit before this one whose code differs and whose database schema does not; null when there is none. */
export function earlierVersion(): string | null {
  const ofPath = (revision: string, path: string): string => git('rev-parse', `${revision}:${path}`);
  const differs = (revision: string, path: string): boolean => ofPath(revision, path) !== ofPath('HEAD', path);
  const earlier = git('rev-list', '--first-parent', '-n', '40', 'HEAD').split('\n').slice(1);
  const other = earlier.find((revision) => codeFolders.some((path) => differs(revision, path)));
  return other === undefined || differs(other, 'src/store/migrations') ? null : other;
}

function newestMs(folder: string): number {
  const entries = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return Math.max(...entries.map((entry) => statSync(join(folder, entry)).mtimeMs));
}

/** `npm run build` without the check of types, which takes most of its time and is a step of its own (`npm run typecheck`). */
function buildUnchecked(root: string): void {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: { build: string } };
  const unchecked = scripts.build.replace('tsc -p tsconfig.build.json', '$& --noCheck');
  execFileSync('npm', ['exec', '--call', unchecked], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
}

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: repository, encoding: 'utf8' }).trim();
}

/**
 * `npm run dependencies`: what the service is made of. Every entry of the lock has a checksum, every production package a licence that may be
 * used, every package that runs a script when it is installed is known, and no known weakness is high (`npm audit`; without a registry
 * this part is left out, and says so).
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** An entry of package-lock.json, as far as it matters. https://docs.npmjs.com/cli/v10/configuring-npm/package-lock-json#packages */
export interface LockEntry {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
}

/** Permissive, and compatible with this project's Apache-2.0. */
const allowedLicences: ReadonlySet<string> = new Set([
  ...['MIT', 'Apache-2.0', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'BlueOak-1.0.0', 'Unlicense', 'CC0-1.0', 'Zlib'],
  ...['Python-2.0', 'CC-BY-4.0', 'MIT-0'],
]);

/** Of packages whose package.json names none: what their repository says. */
const licencesElsewhere: Readonly<Record<string, string>> = { unionfs: 'Unlicense' };

/** They build or fetch a native part, or tell a version; looked at when they came in. */
const knownInstallScripts: ReadonlySet<string> = new Set([
  ...['protobufjs', '@swc/core', 'esbuild', '@parcel/watcher', 'unrs-resolver', 'fsevents', '@temporalio/core-bridge'],
]);

/** The problems of a lock, a line each. `licenceOf` reads the licence of a package whose entry has none; null when it has none either. */
export function lockProblems(
  packages: Readonly<Record<string, LockEntry>>,
  licenceOf: (path: string) => string | null,
): readonly string[] {
  return Object.entries(packages).flatMap(([path, entry]) => {
    if (path === '' || entry.link === true) return [];
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const problems: string[] = [];
    if (entry.integrity === undefined) problems.push(`${name}: no checksum in package-lock.json`);
    if (entry.hasInstallScript === true && !knownInstallScripts.has(name))
      problems.push(`${name}: runs a script when it is installed, and is not on the list of scripts/check-dependencies.ts`);
    if (entry.dev !== true && entry.devOptional !== true) {
      const licence = entry.license ?? licenceOf(path);
      if (licence === null) problems.push(`${name}: has no licence`);
      else if (!isAllowed(licence))
        problems.push(`${name}: its licence ${licence} is not on the list of scripts/check-dependencies.ts`);
    }
    return problems;
  });
}

/** `(MIT OR GPL-2.0)` may be used as MIT; `MIT AND GPL-2.0` may not. */
function isAllowed(licence: string): boolean {
  const plain = licence.replace(/^\(|\)$/g, '');
  return plain
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every((one) => allowedLicences.has(one.trim().replace(/^\(|\)$/g, ''))));
}

const root = join(__dirname, '..');

function licenceIn(path: string): string | null {
  const file = join(root, path, 'package.json');
  if (!existsSync(file)) return null;
  const { license, licenses } = JSON.parse(readFileSync(file, 'utf8')) as {
    license?: string | { type?: string };
    licenses?: readonly { type?: string }[];
  };
  if (typeof license === 'string') return license;
  return license?.type ?? licenses?.[0]?.type ?? licencesElsewhere[path.replace(/^.*node_modules\//, '')] ?? null;
}

/** Null where the registry does not answer audits. */
function highWeaknesses(): readonly string[] | null {
  let report: string;
  try {
    report = execFileSync('npm', ['audit', '--omit=dev', '--json'], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch (error) {
    // npm exits with 1 also when it has found something.
    const { stdout } = error as { stdout?: unknown };
    report = typeof stdout === 'string' ? stdout : '';
  }
  try {
    const { vulnerabilities } = JSON.parse(report) as { vulnerabilities?: Record<string, { severity: string }> };
    if (vulnerabilities === undefined) return null;
    return Object.entries(vulnerabilities).flatMap(([name, { severity }]) =>
      severity === 'high' || severity === 'critical' ? [`${name}: a known weakness, ${severity} (npm audit)`] : [],
    );
  } catch {
    return null;
  }
}

if (require.main === module) {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: Record<string, LockEntry> };
  const weaknesses = highWeaknesses();
  if (weaknesses === null) console.log('npm audit: the registry does not answer it; left out');
  const problems = [...lockProblems(lock.packages, licenceIn), ...(weaknesses ?? [])];
  for (const problem of problems) console.error(problem);
  const count = Object.keys(lock.packages).length - 1;
  console.log(
    `${count} packages: ${problems.length === 0 ? 'checksums, licences and install scripts are as they should be' : `${problems.length} problems`}`,
  );
  process.exitCode = problems.length === 0 ? 0 : 1;
}

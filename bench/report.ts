/** What a run has measured, where, and with which versions: the JSON that it writes. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import type { Result } from './results';

export interface Report {
  readonly machine: Machine;
  readonly rounds: number;
  readonly isShort: boolean;
  readonly results: readonly Result[];
}

export interface Machine {
  /** ISO 8601, the day alone. */
  readonly day: string;
  readonly commit: string;
  readonly cpus: string;
  readonly memoryGb: number;
  readonly node: string;
  readonly temporalSdk: string;
}

export function machineOf(): Machine {
  const [first] = cpus();
  const sdk = JSON.parse(readFileSync(require.resolve('@temporalio/worker/package.json'), 'utf8')) as { version: string };
  return {
    day: new Date().toISOString().slice(0, 10),
    commit: execFileSync('git', ['describe', '--always', '--dirty=+'], { cwd: __dirname, encoding: 'utf8' }).trim(),
    cpus: `${cpus().length} × ${first?.model.trim() ?? 'unknown'}`,
    memoryGb: Math.round(totalmem() / 1e9),
    node: process.versions.node,
    temporalSdk: sdk.version,
  };
}

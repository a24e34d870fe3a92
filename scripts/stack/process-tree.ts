/** Signals to a process and all that it has started: PostgreSQL is many processes, and `npm start` has a Temporal server. */
import { readdirSync } from 'node:fs';
import { parentOf } from '../../src/temporal/dev-server/processes';

/** The process first, then its children, and theirs. */
export function processTree(pid: number): readonly number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc')) {
    const child = Number(entry);
    if (!Number.isInteger(child)) continue;
    const parent = parentOf(child);
    if (parent !== null) children.set(parent, [...(children.get(parent) ?? []), child]);
  }
  const tree = [pid];
  for (const each of tree) tree.push(...(children.get(each) ?? []));
  return tree;
}

/** Those that are gone by now are left out. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended.
    }
  }
}

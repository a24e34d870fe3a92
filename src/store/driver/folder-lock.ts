import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { commandLineOf } from '../../temporal/dev-server/processes';

/** A second process on the same embedded database would destroy it. */
export class FolderInUse extends Error {
  override readonly name = 'FolderInUse';
}

/**
 * Claims a folder for this process by a file with its process id and command line; what a process that died left behind is taken over,
 * also when another program has its id by now, as after a power failure.
 * @returns gives the folder back
 * @throws FolderInUse
 */
export function lockFolder(lockFile: string): () => void {
  if (!write(lockFile)) {
    const holder = read(lockFile);
    if (isAlive(holder, lockFile)) throw new FolderInUse(inUse(lockFile, holder?.pid ?? null));
    rmSync(lockFile, { force: true });
    if (!write(lockFile)) throw new FolderInUse(inUse(lockFile, read(lockFile)?.pid ?? null));
  }
  heldHere.add(lockFile);
  let isHeld = true;
  return () => {
    if (!isHeld) return;
    isHeld = false;
    heldHere.delete(lockFile);
    rmSync(lockFile, { force: true });
  };
}

/** In a container the process before the restart had the same id as this one: only this set knows who is meant. */
const heldHere = new Set<string>();

/** False when the file is there already. */
function write(lockFile: string): boolean {
  try {
    writeFileSync(lockFile, `${process.pid}\n${commandLineOf(process.pid) ?? ''}\n`, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

interface Holder {
  readonly pid: number;
  /** Empty where the system does not tell, and in the files of before. */
  readonly commandLine: string;
}

/** Null for a file without a process id: its writer may be about to write it. */
function read(lockFile: string): Holder | null {
  try {
    const [first = '', ...rest] = readFileSync(lockFile, 'utf8').split('\n');
    const pid = Number.parseInt(first, 10);
    return pid > 0 ? { pid, commandLine: rest.join('\n').trim() } : null;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}

function isAlive(holder: Holder | null, lockFile: string): boolean {
  if (holder === null) return true;
  const { pid, commandLine } = holder;
  if (pid === process.pid) return heldHere.has(lockFile);
  try {
    process.kill(pid, 0);
    const now = commandLineOf(pid);
    return commandLine === '' || now === null || now === commandLine;
  } catch (error) {
    return !hasCode(error, 'ESRCH'); // EPERM: it runs, as another user
  }
}

function inUse(lockFile: string, pid: number | null): string {
  const who = pid === null ? 'another process' : `process ${pid}`;
  return `the embedded database is open in ${who}: stop it first, or set DATABASE_URL to share one. If nothing runs there, delete ${lockFile}`;
}

function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}

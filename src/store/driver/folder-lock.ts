import { readFileSync, rmSync, writeFileSync } from 'node:fs';

/** A second process on the same embedded database would destroy it. */
export class FolderInUse extends Error {
  override readonly name = 'FolderInUse';
}

/**
 * Claims a folder for this process by a file with its process id; what a process that died left behind is taken over.
 * @returns gives the folder back
 * @throws FolderInUse
 */
export function lockFolder(lockFile: string): () => void {
  if (!write(lockFile)) {
    const holder = read(lockFile);
    if (isAlive(holder, lockFile)) throw new FolderInUse(inUse(lockFile, holder));
    rmSync(lockFile, { force: true });
    if (!write(lockFile)) throw new FolderInUse(inUse(lockFile, read(lockFile)));
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
    writeFileSync(lockFile, `${process.pid}\n`, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/** Null for a file without a process id: its writer may be about to write it. */
function read(lockFile: string): number | null {
  try {
    const pid = Number.parseInt(readFileSync(lockFile, 'utf8'), 10);
    return pid > 0 ? pid : null;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}

function isAlive(pid: number | null, lockFile: string): boolean {
  if (pid === null) return true;
  if (pid === process.pid) return heldHere.has(lockFile);
  try {
    process.kill(pid, 0);
    return true;
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

/** The system's information about a process: from /proc, or from `ps` on systems without it. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** A zombie, dead but not yet collected by its parent, is not alive. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return stat(pid)?.state !== 'Z';
}

/** Null when there is no such process, or we can't tell. */
export function commandLineOf(pid: number): string | null {
  try {
    if (hasProc) return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return ps(pid, 'command=');
  } catch {
    return null;
  }
}

export function parentOf(pid: number): number | null {
  try {
    return hasProc ? (stat(pid)?.parent ?? null) : Number(ps(pid, 'ppid='));
  } catch {
    return null;
  }
}

const hasProc = existsSync('/proc/self/stat');

/** `pid (name) state ppid …`; the name may hold spaces and parentheses. */
function stat(pid: number): { readonly state: string; readonly parent: number } | null {
  if (!hasProc) return null;
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state = '', parent = ''] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state, parent: Number(parent) };
  } catch {
    return null;
  }
}

function ps(pid: number, format: string): string {
  return execFileSync('ps', ['-o', format, '-p', String(pid)], { encoding: 'utf8' }).trim();
}

/** Programs on this machine. */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export const executableSuffix = process.platform === 'win32' ? '.exe' : '';

/** Where a program of that name stands on PATH; null when it doesn't. */
export function findExecutable(name: string, searchPath: string): string | null {
  const folders = searchPath.split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, `${name}${executableSuffix}`)).find(isExecutable) ?? null;
}

/** True for an executable file; false for a folder. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

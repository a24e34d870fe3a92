/** The few files that configuration touches. */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

export interface ConfigFiles {
  /** Null when there is no such file. @throws when it can't be read. */
  read(path: string): string | null;
  /** Stores secrets for their owner's eyes only, whole or not at all. Answers what the file holds afterwards. */
  keepSecrets(path: string, secrets: Readonly<Record<string, string>>): string;
  /** Makes the folder if it is not there. @throws when nothing can be written into it. */
  prepareFolder?(path: string): void;
}

export const nodeConfigFiles: ConfigFiles = { read, keepSecrets, prepareFolder };

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function prepareFolder(path: string): void {
  makeFolder(path);
  const probe = `${path}/.written-${randomBytes(4).toString('hex')}`;
  closeSync(openSync(probe, 'wx', 0o600));
  rmSync(probe, { force: true });
}

/** Level by level: Node's own `recursive` never returns where the system refuses a folder with ENOENT, as /proc does. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function keepSecrets(path: string, secrets: Readonly<Record<string, string>>): string {
  makeFolder(dirname(path));
  const isNew = read(path) === null;
  const partial = `${path}.${randomBytes(4).toString('hex')}`;
  try {
    writeDurably(partial, `${JSON.stringify(secrets, null, 2)}\n`);
    // Two first starts at once: only one of them may decide, since a key that was used must not be lost.
    if (isNew) linkUnlessThere(partial, path);
    else renameSync(partial, path);
  } finally {
    rmSync(partial, { force: true });
  }
  return readFileSync(path, 'utf8');
}

function writeDurably(path: string, text: string): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function linkUnlessThere(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    // A file system without hard links.
    if (code === 'EPERM' || code === 'ENOTSUP' || code === 'EOPNOTSUPP' || code === 'ENOSYS') renameSync(from, to);
    else throw error;
  }
}

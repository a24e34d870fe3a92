/** The few files that configuration touches. */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

export interface ConfigFiles {
  /** Null when there is no such file. @throws when it can't be read. */
  read(path: string): string | null;
  /** Stores secrets for their owner's eyes only, whole or not at all. Answers what the file holds afterwards. */
  keepSecrets(path: string, secrets: Readonly<Record<string, string>>): string;
}

export const nodeConfigFiles: ConfigFiles = { read, keepSecrets };

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function keepSecrets(path: string, secrets: Readonly<Record<string, string>>): string {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
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

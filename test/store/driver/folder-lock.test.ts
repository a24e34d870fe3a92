import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandLineOf } from '../../../src/temporal/dev-server/processes';
import { FolderInUse, lockFolder } from '../../../src/store/driver/folder-lock';

describe('a folder', () => {
  let folder = '';
  let lockFile = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'relay-lock-'));
    lockFile = join(folder, 'database.lock');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const holder = (): number => Number.parseInt(readFileSync(lockFile, 'utf8'), 10);

  it('is held by this process until it is given back', () => {
    const unlock = lockFolder(lockFile);
    expect(holder()).toBe(process.pid);
    expect(() => lockFolder(lockFile)).toThrow(FolderInUse);
    unlock();
    expect(existsSync(lockFile)).toBe(false);
    lockFolder(lockFile)();
  });

  it('is given back once: the next holder keeps it', () => {
    const unlock = lockFolder(lockFile);
    unlock();
    const unlockNext = lockFolder(lockFile);
    unlock();
    expect(existsSync(lockFile)).toBe(true);
    unlockNext();
  });

  it.each([
    ['another process lives', `${process.ppid}\n${String(commandLineOf(process.ppid))}\n`, `process ${process.ppid}`],
    ['another process lives, of a version that did not say what it is', `${process.ppid}\n`, `process ${process.ppid}`],
    ['a process is just writing its id', '', 'another process'],
    ['nobody knows whose it is', 'junk', 'another process'],
  ])('is refused while %s', (_why, content, who) => {
    writeFileSync(lockFile, content);
    expect(() => lockFolder(lockFile)).toThrow(who);
    expect(readFileSync(lockFile, 'utf8')).toBe(content);
  });

  it.each([
    ['a process that died', spawnSync(process.execPath, ['--version']).pid],
    ['a process that died and had the id of this one, as in a container', process.pid],
    ['a process that died and whose id another program has by now, as after a power failure', process.ppid],
  ])('is taken over from %s', (_who, pid) => {
    writeFileSync(lockFile, `${pid}\nnode --import tsx src/bin/all.ts of before\n`);
    const unlock = lockFolder(lockFile);
    expect(holder()).toBe(process.pid);
    expect(() => lockFolder(lockFile)).toThrow(`process ${process.pid}`);
    unlock();
  });
});

/**
 * A new embedded database is a copy of one that has all tables and no rows. PGlite needs ten times as long to make one (`initdb`) as to open
 * its copy, so one is kept beside the packages: `npm ci` makes it. Without it PGlite makes each database anew.
 */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { serveHere } from './embedded-server';
import { migrate } from './migrate';
import { readMigrations } from './migrations';
import { connectTo } from './one-connection';

/** Puts a copy at `folder`, unless there is a database already, or nothing to copy. */
export function copyNewDatabase(folder: string): void {
  const kept = keptFolder();
  if (existsSync(folder) || !existsSync(kept)) return;
  // A copy that was cut off is none, and is made anew. The caller has the folder to itself.
  const copying = `${folder}.new`;
  rmSync(copying, { recursive: true, force: true });
  cpSync(kept, copying, { recursive: true });
  renameSync(copying, folder);
}

/** Makes the one that is copied, unless it is there. */
export async function keepNewDatabase(): Promise<void> {
  const kept = keptFolder();
  if (existsSync(kept)) return;
  const making = `${kept}.${process.pid}`;
  mkdirSync(dirname(kept), { recursive: true });
  const database = await connectTo(serveHere(await PGlite.create(making)));
  await migrate(database, readMigrations());
  await database.close();
  try {
    renameSync(making, kept);
  } catch (error) {
    rmSync(making, { recursive: true, force: true });
    if (!existsSync(kept)) throw error; // else another process was first
  }
}

/** By what it is made of: another version of PGlite may keep its files in another way. */
function keptFolder(): string {
  const packageFolder = join(dirname(require.resolve('@electric-sql/pglite')), '..');
  const madeOf = [readFileSync(join(packageFolder, 'package.json')), JSON.stringify(readMigrations())];
  const key = madeOf.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex');
  return join(packageFolder, '..', '..', '.cache', 'tiktok-purchase-relay', `database-${key.slice(0, 16)}`);
}

import { sql } from 'drizzle-orm';
import type { Keyring } from '../crypto/keyring';
import { auditStore } from './audit';
import { checkStore } from './checks';
import type { Database } from './driver/database';
import { withPlainErrors } from './driver/database';
import { webhookLogStore } from './webhook-log';
import { migrate } from './driver/migrate';
import { readMigrations } from './driver/migrations';
import { orderStore } from './orders';
import { openPglite } from './driver/pglite';
import { openPostgres, patient } from './driver/postgres';
import { purchaseStore } from './purchases';
import { quarantineStore } from './quarantine';
import { settingsStore } from './settings';
import type { Store } from './store';
import { signalledFactStore } from './signalled-facts';
import { userStore } from './users/users';

export interface StoreOptions {
  /** `postgres://…`; without it the database is embedded (PGlite). */
  readonly databaseUrl?: string | undefined;
  /** Where the embedded database has its folder. Null keeps it in memory: for tests. */
  readonly dataDir: string | null;
  readonly keyring: Keyring;
}

/**
 * Opens the database and brings its schema up to date.
 * @throws DatabaseUnreachable, FolderInUse
 */
export async function openStore({ databaseUrl, dataDir, keyring }: StoreOptions): Promise<Store> {
  const database = databaseUrl === undefined ? await openEmbedded(dataDir) : await openShared(databaseUrl);
  return storeOver(database, keyring);
}

async function openEmbedded(dataDir: string | null): Promise<Database> {
  const database = await openPglite(dataDir);
  try {
    await migrate(database, readMigrations());
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function openShared(databaseUrl: string): Promise<Database> {
  const setup = await openPostgres(databaseUrl, patient);
  try {
    await migrate(setup, readMigrations());
  } finally {
    await setup.close();
  }
  return openPostgres(databaseUrl);
}

/** The store over an open database whose schema is up to date. */
export function storeOver(database: Database, keyring: Keyring): Store {
  return withPlainErrors<Store>({
    settings: withPlainErrors(settingsStore(database, keyring)),
    users: withPlainErrors(userStore(database, keyring)),
    purchases: withPlainErrors(purchaseStore(database)),
    quarantine: withPlainErrors(quarantineStore(database, keyring)),
    audit: withPlainErrors(auditStore(database)),
    orders: withPlainErrors(orderStore(database)),
    checks: withPlainErrors(checkStore(database)),
    webhookLog: withPlainErrors(webhookLogStore(database)),
    signalledFacts: withPlainErrors(signalledFactStore(database)),
    ping: async () => void (await database.queries.execute(sql`select 1`)),
    close: () => database.close(),
  });
}

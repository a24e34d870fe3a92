/** A new layer of the pepper over the whole database: switched on at one moment, then drawn over what is there, page by page. */
import type { SQL } from 'drizzle-orm';
import { and, asc, eq, inArray, lt, or, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { Keyring } from '../crypto/keyring';
import type { PepperLayers } from '../crypto/pepper-layers';
import type { IdentifierKind } from '../domain/identity';
import type { Database, Queries } from './driver/database';
import { codeOf } from './driver/database';
import type { PepperGeneration } from './pepper-generation';
import { heldGeneration, knownGeneration, lockGeneration } from './pepper-generation';
import { after, type Place, type Placed, placeColumns, placeOf } from './place';
import { renameMarks } from './quarantine-marks';
import { pepperGenerations, quarantine, userJoins, userOrders } from './schema';
import type { Renaming, StoredKey } from './users/renaming';
import { hmacColumns, isOlder, rename, renameInJoins, renameNamedCheckouts } from './users/renaming';
import { withUsers } from './users/user-merge';

export interface PepperStore {
  /** The columns with HMACs of identifiers, as `table.column`. */
  readonly columns: readonly string[];
  /** @throws PepperLayerMissing */
  generation(): Promise<PepperGeneration>;
  /**
   * Makes the newest layer the current one. Transactions that have begun end with the former one first; from then on all work with the new one,
   * and lift what they meet. Repeatable.
   */
  begin(): Promise<void>;
  /** How many rows of a column have an older form than the newest layer's, page by page. `from` is null at the beginning. */
  count(column: string, from: Place | null): Promise<{ readonly older: number; readonly next: Place | null }>;
  /** Lifts the next rows of a column that have an older form. Repeatable: what is lifted is not found again. */
  lift(column: string, from: Place | null): Promise<{ readonly lifted: number; readonly next: Place | null }>;
  /** Nothing is left to be lifted on sight. */
  complete(): Promise<void>;
}

/** Over all tables with HMACs of identifiers. */
export function pepperStore(database: Database, keyring: Keyring, layers: PepperLayers): PepperStore {
  const { queries } = database;
  const { newest } = layers;

  return {
    columns: Object.keys(walkedColumns),

    generation: () => knownGeneration(queries, layers),

    begin: () =>
      alone(database, async (tx) => {
        await knownGeneration(tx, layers); // a generation that this process does not know stays
        await tx
          .insert(pepperGenerations)
          .values({ generation: newest, isComplete: false })
          .onConflictDoUpdate({ target: pepperGenerations.generation, set: { isComplete: false } });
      }),

    async count(name, from) {
      const column = columnOf(name);
      const rows = await queries
        .select({ ...placeColumns(column), isOlder: sql<boolean>`coalesce(${column.isOlder(newest)}, false)` })
        .from(column.table)
        .where(sql`true${after(column, from)}`)
        .orderBy(...column.key.map((part) => asc(part)))
        .limit(countedPerPage);
      const older = rows.filter((row) => row['isOlder'] === true).length;
      return { older, next: rows.length < countedPerPage ? null : placeOf(column, rows.at(-1)) };
    },

    async lift(name, from) {
      const column = columnOf(name);
      const rows = await queries
        .select({ ...placeColumns(column), ...column.read })
        .from(column.table)
        .where(sql`${column.isOlder(newest)}${after(column, from)}`)
        .orderBy(...column.key.map((part) => asc(part)))
        .limit(liftedPerPage);
      // Each integration has locks of its own.
      for (const integration of new Set(rows.map((row) => String(row['integration']))))
        await withUsers(database, async (tx) => {
          const { generation } = await heldGeneration(tx, layers);
          const own = rows.filter((row) => row['integration'] === integration);
          await column.lift({ tx, keyring, layers, generation, integration }, own);
        });
      return { lifted: rows.length, next: rows.length < liftedPerPage ? null : placeOf(column, rows.at(-1)) };
    },

    complete: () =>
      alone(database, async (tx) => {
        const isNewest = eq(pepperGenerations.generation, newest);
        await tx.update(pepperGenerations).set({ isComplete: true }).where(isNewest);
        await tx.delete(pepperGenerations).where(lt(pepperGenerations.generation, newest));
      }),
  };
}

/** In a transaction beside which no other holds the generation. A long one is waited for in turns, so that others are let through between them. */
async function alone(database: Database, work: (tx: Queries) => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await database.transaction(async (tx) => {
        await tx.execute(sql.raw(`set local lock_timeout = ${turnMs}`));
        await lockGeneration(tx);
        await work(tx);
      });
    } catch (error) {
      if (codeOf(error) !== lockNotAvailable || attempt === maxTurns) throw error;
    }
  }
}

const turnMs = 1_000;
const maxTurns = 60;
/** SQLSTATE `lock_not_available`. */
const lockNotAvailable = '55P03';

const countedPerPage = 5_000;
const liftedPerPage = 100;

type Row = Readonly<Record<string, unknown>>;

interface WalkedColumn extends Placed {
  readonly isOlder: (generation: number) => SQL;
  /** What `lift` needs of each row, `integration` among it. */
  readonly read: Readonly<Record<string, PgColumn | SQL>>;
  /** The rows are of one integration. */
  readonly lift: (renaming: Renaming, rows: readonly Row[]) => Promise<unknown>;
}

const walkedColumns: Readonly<Record<string, WalkedColumn>> = {
  ...Object.fromEntries(
    Object.entries(hmacColumns).map(([name, { table, key, column, kind }]): [string, WalkedColumn] => [
      name,
      {
        ...{ table, key },
        isOlder: (generation) => isOlder(column, generation),
        read: { integration: sql`${key[0]}`, kind, hmac: column },
        lift: (renaming, rows) => rename(renaming, keysOf(rows)),
      },
    ]),
  ),
  'user_orders.checkout_hmac': {
    table: userOrders,
    key: [userOrders.integration, userOrders.psp, userOrders.subscription],
    isOlder: (generation) => isOlder(userOrders.checkoutHmac, generation),
    read: {
      ...{ integration: userOrders.integration, psp: userOrders.psp, subscription: userOrders.subscription },
      ...{ kind: sql`'checkout'`, hmac: userOrders.checkoutHmac },
    },
    lift: async (renaming, rows) => {
      await rename(renaming, keysOf(rows));
      const isRow = rows.map((row) =>
        and(eq(userOrders.psp, String(row['psp'])), eq(userOrders.subscription, String(row['subscription']))),
      );
      await renameNamedCheckouts(renaming, sql`${or(...isRow)}`, keysOf(rows));
    },
  },
  'user_joins.identifiers': {
    table: userJoins,
    key: [userJoins.id],
    isOlder: (generation) =>
      sql`exists (select 1 from jsonb_array_elements(${userJoins.identifiers}) as one where ${isOlder(sql`one ->> 'hmac'`, generation)})`,
    read: { integration: userJoins.integration, id: userJoins.id },
    lift: (renaming, rows) =>
      renameInJoins(
        renaming,
        rows.map((row) => Number(row['id'])),
      ),
  },
  'quarantine.persons': {
    table: quarantine,
    key: [quarantine.integration, quarantine.id],
    isOlder: (generation) =>
      sql`exists (select 1 from jsonb_array_elements_text(${quarantine.persons}) as mark where ${isOlder(sql`mark`, generation)})`,
    read: { integration: quarantine.integration, id: quarantine.id },
    lift: ({ tx, layers, generation, integration }, rows) => {
      const ids = rows.map((row) => String(row['id']));
      const isRow = and(eq(quarantine.integration, integration), inArray(quarantine.id, ids));
      return renameMarks(tx, (hmac) => layers.lift(hmac, generation), isRow);
    },
  },
};

function columnOf(name: string): WalkedColumn {
  const column = Object.hasOwn(walkedColumns, name) ? walkedColumns[name] : undefined;
  if (!column) throw new Error(`${name} has no HMACs of identifiers`);
  return column;
}

function keysOf(rows: readonly Row[]): readonly StoredKey[] {
  return rows.map((row) => ({ kind: row['kind'] as IdentifierKind | 'caller', hmac: String(row['hmac']) })); // as `read` selects them
}

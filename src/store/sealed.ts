/** Every sealed value of the database: counted by key, and sealed again with the first key, so that an older one can be retired. */
import type { SQL } from 'drizzle-orm';
import { asc, sql } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import type { Keyring } from '../crypto/keyring';
import { UnknownKeyError } from '../crypto/keyring';
import type { Database } from './driver/database';
import { codeOf } from './driver/database';
import { after, type Place, placeColumns, placeOf } from './place';
import {
  deliveryAttempts,
  providerSecrets,
  quarantine,
  settingsVersions,
  userJoins,
  userOrders,
  users,
  visits,
  waitingFacts,
} from './schema';

export interface SealedStore {
  /** The sealed columns. */
  readonly columns: readonly SealedColumn[];
  /** How many values of a column each key has sealed, page by page. `from` is null at the beginning. */
  count(column: SealedColumn, from: Place | null): Promise<CountedPage>;
  /**
   * Seals the next values of a column that another key than the first has sealed. A value that somebody writes meanwhile stays as it is
   * written. Repeatable: what is done is not found again.
   */
  reseal(column: SealedColumn, from: Place | null): Promise<ResealedPage>;
}

/** `table.column`. */
export type SealedColumn = string;

export interface CountedPage {
  readonly byKey: Readonly<Record<string, number>>;
  /** Null when the column has been read. */
  readonly next: Place | null;
}

export interface ResealedPage {
  readonly resealed: number;
  /** Written by others between reading and writing. */
  readonly changed: number;
  /** What could not be opened, by the key that is missing. */
  readonly missing: Readonly<Record<string, number>>;
  /** Values that do not open although their key is there. */
  readonly damaged: number;
  readonly next: Place | null;
}

/** A column whose values are `keyId.ciphertext`, or can be written so. */
interface Sealed {
  readonly table: PgTable;
  readonly key: readonly PgColumn[];
  /** The value as `keyId.ciphertext`; null where there is none. */
  readonly value: SQL;
  readonly keyId: SQL;
  /** The assignments that replace it. `fresh` is `keyId.ciphertext`. */
  readonly replace: (fresh: SQL) => SQL;
  /** Base64 of the ciphertext, or what `sealJson` writes. */
  readonly encoding: 'base64' | 'base64url';
  readonly perPage: number;
}

function textColumn(table: PgTable, key: readonly PgColumn[], column: PgColumn): Sealed {
  return {
    ...{ table, key, encoding: 'base64url', perPage: 200 },
    value: sql`${column}`,
    keyId: sql`split_part(${column}, '.', 1)`,
    replace: (fresh) => sql`${sql.identifier(column.name)} = ${fresh}`,
  };
}

const sealedColumns: Readonly<Record<SealedColumn, Sealed>> = {
  'settings_versions.access_token': textColumn(
    settingsVersions,
    [settingsVersions.integration, settingsVersions.version],
    settingsVersions.accessToken,
  ),
  'provider_secrets.sealed': textColumn(
    providerSecrets,
    [providerSecrets.integration, providerSecrets.psp, providerSecrets.kind, providerSecrets.id],
    providerSecrets.sealed,
  ),
  'users.identity': textColumn(users, [users.id], users.identity),
  'visits.words': textColumn(visits, [visits.integration, visits.kind, visits.hmac], visits.words),
  'user_joins.survivor_knew': textColumn(userJoins, [userJoins.id], userJoins.survivorKnew),
  'user_joins.merged_knew': textColumn(userJoins, [userJoins.id], userJoins.mergedKnew),
  'user_orders.own_identity': textColumn(
    userOrders,
    [userOrders.integration, userOrders.psp, userOrders.subscription],
    userOrders.ownIdentity,
  ),
  'delivery_attempts.request': textColumn(
    deliveryAttempts,
    [deliveryAttempts.integration, deliveryAttempts.psp, deliveryAttempts.moneyId, deliveryAttempts.number],
    deliveryAttempts.request,
  ),
  'waiting_facts.sealed': textColumn(
    waitingFacts,
    [waitingFacts.integration, waitingFacts.psp, waitingFacts.id, waitingFacts.factHash],
    waitingFacts.sealed,
  ),
  'quarantine.sealed_body': {
    table: quarantine,
    key: [quarantine.integration, quarantine.id],
    value: sql`${quarantine.keyId} || '.' || translate(encode(${quarantine.sealedBody}, 'base64'), E'\n', '')`,
    keyId: sql`${quarantine.keyId}`,
    replace: (fresh) => sql`key_id = split_part(${fresh}, '.', 1), sealed_body = decode(split_part(${fresh}, '.', 2), 'base64')`,
    encoding: 'base64',
    // Bodies of up to a megabyte.
    perPage: 10,
  },
};

const countedPerPage = 5_000;

/** Over all tables with sealed columns. */
export function sealedStore({ queries }: Database, keyring: Keyring): SealedStore {
  return {
    columns: Object.keys(sealedColumns),

    async count(name, from) {
      const column = columnOf(name);
      const rows = await queries
        .select({ ...placeColumns(column), keyId: sql<string>`${column.keyId}` })
        .from(column.table)
        .where(sql`${column.value} is not null${after(column, from)}`)
        .orderBy(...column.key.map((part) => asc(part)))
        .limit(countedPerPage);
      const byKey: Record<string, number> = {};
      for (const { keyId } of rows) byKey[String(keyId)] = (byKey[String(keyId)] ?? 0) + 1;
      return { byKey, next: rows.length < countedPerPage ? null : placeOf(column, rows.at(-1)) };
    },

    async reseal(name, from) {
      const column = columnOf(name);
      const rows = await queries
        .select({ ...placeColumns(column), sealed: sql<string>`${column.value}` })
        .from(column.table)
        .where(sql`${column.value} is not null and ${column.keyId} <> ${keyring.firstKeyId}${after(column, from)}`)
        .orderBy(...column.key.map((part) => asc(part)))
        .limit(column.perPage);
      const missing: Record<string, number> = {};
      let damaged = 0;
      const fresh = rows.flatMap((row) => {
        const place = placeOf(column, row);
        const stale = String(row['sealed']);
        try {
          return [{ place, stale, fresh: resealed(stale, column.encoding) }];
        } catch (error) {
          if (error instanceof UnknownKeyError) missing[error.keyId] = (missing[error.keyId] ?? 0) + 1;
          else damaged += 1;
          return [];
        }
      });
      const written = await replaced(column, fresh);
      return {
        ...{ resealed: written, changed: fresh.length - written, missing, damaged },
        next: rows.length < column.perPage ? null : placeOf(column, rows.at(-1)),
      };
    },
  };

  function resealed(stale: string, encoding: Sealed['encoding']): string {
    if (encoding === 'base64url') return keyring.resealJson(stale);
    const dot = stale.indexOf('.');
    const clear = keyring.open({ keyId: stale.slice(0, dot), bytes: Buffer.from(stale.slice(dot + 1), 'base64') });
    const { keyId, bytes } = keyring.seal(clear);
    return `${keyId}.${bytes.toString('base64')}`;
  }

  /** One statement, whose rows are locked as long as it runs. A row is written only if its value is still the one that was read. */
  async function replaced(column: Sealed, rows: readonly Replacement[], attempt = 1): Promise<number> {
    if (rows.length === 0) return 0;
    const { table, key, value, replace } = column;
    const json = rows.map(({ place, ...row }) => ({ ...Object.fromEntries(place.map((part, n) => [`k${n}`, part])), ...row }));
    const types = key.map((part, n) => sql.raw(`k${n} ${part.getSQLType().replace(/ collate.*/, '')}`));
    const isSame = key.map((part, n) => sql`${part} = ${sql.raw(`given.k${n}`)}`);
    try {
      const answer = await queries.execute(sql`
        update ${table} set ${replace(sql.raw('given.fresh'))}
        from jsonb_to_recordset(${JSON.stringify(json)}::jsonb) as given(${sql.join(types, sql`, `)}, stale text, fresh text)
        where ${sql.join(isSame, sql` and `)} and ${value} = given.stale
        returning 1 as written`);
      return (answer as { readonly rows: readonly unknown[] }).rows.length; // of both drivers
    } catch (error) {
      // Others lock users in an order of their own.
      if (codeOf(error) !== deadlock || attempt === maxAttempts) throw error;
      return replaced(column, rows, attempt + 1);
    }
  }
}

interface Replacement {
  readonly place: Place;
  readonly stale: string;
  readonly fresh: string;
}

const deadlock = '40P01';
const maxAttempts = 5;

function columnOf(name: SealedColumn): Sealed {
  const column = Object.hasOwn(sealedColumns, name) ? sealedColumns[name] : undefined;
  if (!column) throw new Error(`${name} is no sealed column`);
  return column;
}

/**
 * Gives identifiers the form of the database's generation of the pepper. All rows of one identifier change together, in one transaction, so that
 * what compares two columns is right at any moment.
 */
import type { SQL } from 'drizzle-orm';
import { inArray, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import { generationOf, type PepperLayers } from '../../crypto/pepper-layers';
import type { Keyring } from '../../crypto/keyring';
import type { IdentifierKind } from '../../domain/identity';
import type { Queries } from '../driver/database';
import type { Placed } from '../place';
import { browserPurchases, checkouts, userIdentifiers, userJoins, userOrders, visits } from '../schema';
import { joinUsers, lockKeys } from './user-merge';

/** An identifier, or what stands for who asks (`visits.caller`), as a row has it. */
export interface StoredKey {
  readonly kind: IdentifierKind | 'caller';
  readonly hmac: string;
}

/** Columns with HMACs of identifiers. The first column of each key is the integration. */
export interface HmacColumn extends Placed {
  readonly column: PgColumn;
  /** Of what kind the identifier is: the same in every row, or what the row says. */
  readonly kind: SQL;
  /** True where the HMAC is part of the key, so that an identifier has one row. */
  readonly isKey: boolean;
}

const ofVisits = { table: visits, key: [visits.integration, visits.kind, visits.hmac], isKey: false };
const ofBrowserPurchases = { table: browserPurchases, key: [browserPurchases.integration, browserPurchases.hmac], isKey: false };

export const hmacColumns: Readonly<Record<string, HmacColumn>> = {
  'user_identifiers.hmac': {
    ...{ table: userIdentifiers, key: [userIdentifiers.integration, userIdentifiers.kind, userIdentifiers.hmac] },
    ...{ column: userIdentifiers.hmac, kind: sql`${userIdentifiers.kind}`, isKey: true },
  },
  'visits.hmac': { ...ofVisits, column: visits.hmac, kind: sql`${visits.kind}`, isKey: true },
  'visits.user_id_hmac': { ...ofVisits, column: visits.userIdHmac, kind: sql`'user_id'` },
  'visits.email_hmac': { ...ofVisits, column: visits.emailHmac, kind: sql`'email'` },
  'visits.caller': { ...ofVisits, column: visits.caller, kind: sql`'caller'` },
  'checkouts.hmac': {
    ...{ table: checkouts, key: [checkouts.integration, checkouts.hmac] },
    ...{ column: checkouts.hmac, kind: sql`'checkout'`, isKey: true },
  },
  'browser_purchases.hmac': { ...ofBrowserPurchases, column: browserPurchases.hmac, kind: sql`'checkout'`, isKey: true },
  'browser_purchases.caller': { ...ofBrowserPurchases, column: browserPurchases.caller, kind: sql`'caller'` },
};

/** The condition that an HMAC is of another generation than this. */
export function isOlder(hmac: SQL | PgColumn, generation: number): SQL {
  return sql`not starts_with(${hmac}, ${`${generation}.`})`;
}

export interface Renaming {
  readonly tx: Queries;
  readonly keyring: Keyring;
  readonly layers: PepperLayers;
  readonly integration: string;
  /** The wanted one. */
  readonly generation: number;
}

/**
 * Gives these identifiers, and all that a transaction may meet by them, the wanted form: those of the same users, and what pages have said
 * beside them. Afterwards the caller holds the locks of the identifiers.
 */
export async function renameOnSight(renaming: Renaming, keys: readonly StoredKey[]): Promise<void> {
  const { tx, layers, integration, generation } = renaming;
  const current = keys.map(({ kind, hmac }) => ({ kind, hmac: layers.lift(hmac, generation) }));
  const found = await olderBeside(renaming, keys);
  if (found.length === 0) return;
  const lifted = found.map(({ kind, hmac }) => ({ kind, hmac: layers.lift(hmac, generation) }));
  await lockKeys(tx, integration, identifiersOf([...current, ...lifted]));
  await rename(renaming, found);
  const named = identifiersOf(current).map(({ kind, hmac }) => sql`(${kind}, ${hmac})`);
  if (named.length === 0) return;
  const users = sql`select user_id from user_identifiers where integration = ${integration} and (kind, hmac) in (${sql.join(named, sql`, `)})`;
  await renameNamedCheckouts(renaming, sql`${userOrders.userId} in (${users})`, found);
}

/** Gives these identifiers the wanted form in every column but `user_orders.checkout_hmac`, which has no index. */
export async function rename(renaming: Renaming, keys: readonly StoredKey[]): Promise<void> {
  // An identifier that has two forms gets rid of the older one last.
  const generations = [...new Set(keys.map(({ hmac }) => generationOf(hmac)))].sort((a, b) => b - a);
  for (const generation of generations) {
    const given = givenOf(
      renaming,
      keys.filter(({ hmac }) => generationOf(hmac) === generation),
    );
    await mergeDoubled(renaming, given);
    for (const { table, column, key, kind } of Object.values(hmacColumns)) {
      await renaming.tx.execute(sql`
        update ${table} set ${sql.identifier(column.name)} = given.fresh from ${given}
        where ${key[0]} = ${renaming.integration} and ${kind} = given.kind and ${column} = given.stale`);
    }
  }
}

/** The checkouts that orders have named, in the orders that meet the condition. */
export async function renameNamedCheckouts(renaming: Renaming, isRow: SQL, keys: readonly StoredKey[]): Promise<void> {
  const checkoutKeys = keys.filter(({ kind }) => kind === 'checkout');
  if (checkoutKeys.length === 0) return;
  await renaming.tx.execute(sql`
    update ${userOrders} set checkout_hmac = given.fresh from ${givenOf(renaming, checkoutKeys)}
    where ${userOrders.integration} = ${renaming.integration} and ${userOrders.checkoutHmac} = given.stale and ${isRow}`);
}

/** The identifiers that these joins have kept, in the wanted form, and so they are written. */
export async function renameInJoins(renaming: Renaming, ids: readonly number[]): Promise<readonly StoredKey[]> {
  const { tx, layers, generation } = renaming;
  const joins = await tx
    .select({ id: userJoins.id, identifiers: userJoins.identifiers })
    .from(userJoins)
    .where(inArray(userJoins.id, [...ids]))
    .for('update');
  for (const { id, identifiers } of joins) {
    const lifted = identifiers.map(({ kind, hmac }) => ({ kind, hmac: layers.lift(hmac, generation) }));
    if (lifted.some(({ hmac }, n) => hmac !== identifiers[n]?.hmac))
      await tx
        .update(userJoins)
        .set({ identifiers: lifted })
        .where(inArray(userJoins.id, [id]));
  }
  return joins.flatMap(({ identifiers }) => identifiers);
}

/** What has another form than the wanted one, of these identifiers and of those beside them. */
async function olderBeside(
  { tx, layers, integration, generation }: Renaming,
  keys: readonly StoredKey[],
): Promise<readonly StoredKey[]> {
  const forms = keys.flatMap(({ kind, hmac }) => layers.forms(hmac).map((form) => ({ kind, hmac: form })));
  const answer = await tx.execute(sql`
    with given as materialized (select * from jsonb_to_recordset(${JSON.stringify(forms)}::jsonb) as given(kind text, hmac text)),
    persons as materialized (
      select distinct i.user_id from given
      join user_identifiers i on i.integration = ${integration} and i.kind = given.kind and i.hmac = given.hmac
    ),
    pages as materialized (
      select v.kind, v.hmac, v.user_id_hmac, v.email_hmac, v.caller from given
      join visits v on v.integration = ${integration} and v.kind = given.kind and v.hmac = given.hmac
      union select v.kind, v.hmac, v.user_id_hmac, v.email_hmac, v.caller from given
      join visits v on v.integration = ${integration} and given.kind = 'user_id' and v.user_id_hmac = given.hmac
      union select v.kind, v.hmac, v.user_id_hmac, v.email_hmac, v.caller from given
      join visits v on v.integration = ${integration} and given.kind = 'email' and v.email_hmac = given.hmac
    ),
    reported as materialized (
      select b.hmac, b.caller from browser_purchases b join persons p on p.user_id = b.user_id
      union select b.hmac, b.caller from given
      join browser_purchases b on b.integration = ${integration} and given.kind = 'checkout' and b.hmac = given.hmac
    ),
    found as (
      select i.kind, i.hmac from user_identifiers i join persons p on p.user_id = i.user_id
      union select kind, hmac from pages
      union select 'user_id', user_id_hmac from pages
      union select 'email', email_hmac from pages
      union select 'caller', caller from pages
      union select 'checkout', hmac from reported
      union select 'caller', caller from reported
      union select 'checkout', o.checkout_hmac from user_orders o join persons p on p.user_id = o.user_id
      union select 'checkout', c.hmac from given
        join checkouts c on c.integration = ${integration} and given.kind = 'checkout' and c.hmac = given.hmac
      union select 'caller', v.caller from given
        join visits v on v.integration = ${integration} and given.kind = 'caller' and v.caller = given.hmac
      union select 'caller', b.caller from given
        join browser_purchases b on b.integration = ${integration} and given.kind = 'caller' and b.caller = given.hmac
    )
    select kind, hmac from found where hmac is not null and ${isOlder(sql`hmac`, generation)}`);
  return (answer as { readonly rows: readonly StoredKey[] }).rows; // both drivers answer so
}

/**
 * Where a process without the layer has written an identifier anew, it has two forms: then its users are one. Of what has one row for each
 * identifier the current one stays, with a refusal that only the older one knew.
 */
async function mergeDoubled({ tx, keyring, integration }: Renaming, given: SQL): Promise<void> {
  const answer = await tx.execute(sql`
    select stale.kind, stale.hmac as "stale", fresh.hmac as "fresh", stale.user_id <> fresh.user_id as "areTwo",
      (extract(epoch from now()) * 1000)::bigint::text as "atMs"
    from ${given}
    join user_identifiers stale on stale.integration = ${integration} and stale.kind = given.kind and stale.hmac = given.stale
    join user_identifiers fresh on fresh.integration = ${integration} and fresh.kind = given.kind and fresh.hmac = given.fresh`);
  for (const { kind, stale, fresh, areTwo, atMs } of (answer as { readonly rows: readonly Doubled[] }).rows) {
    const keys = [stale, fresh].map((hmac) => ({ kind, hmac }));
    if (areTwo) await joinUsers(tx, keyring, { integration, keys, identity: {}, atMs: Number(atMs), evidence: 'webhook' });
  }
  await tx.execute(sql`
    update visits as fresh set consent = 'denied', consent_at_ms = stale.consent_at_ms from visits as stale, ${given}
    where stale.integration = ${integration} and stale.kind = given.kind and stale.hmac = given.stale and stale.consent = 'denied'
      and fresh.integration = ${integration} and fresh.kind = given.kind and fresh.hmac = given.fresh`);
  for (const { table, key, column, kind } of Object.values(hmacColumns).filter(({ isKey }) => isKey)) {
    const fresh = [sql`fresh.integration = ${integration}`, sql`fresh.hmac = given.fresh`];
    const ofKind = key.length > 2 ? [sql`fresh.kind = given.kind`] : [];
    await tx.execute(sql`
      delete from ${table} using ${table} as fresh, ${given}
      where ${key[0]} = ${integration} and ${kind} = given.kind and ${column} = given.stale
        and ${sql.join([...fresh, ...ofKind], sql` and `)}`);
  }
}

interface Doubled {
  readonly kind: IdentifierKind;
  readonly stale: string;
  readonly fresh: string;
  readonly areTwo: boolean;
  readonly atMs: string;
}

/** `given(kind, stale, fresh)`. */
function givenOf({ layers, generation }: Renaming, keys: readonly StoredKey[]): SQL {
  const pairs = keys.map(({ kind, hmac }) => ({ kind, stale: hmac, fresh: layers.lift(hmac, generation) }));
  return sql`jsonb_to_recordset(${JSON.stringify(pairs)}::jsonb) as given(kind text, stale text, fresh text)`;
}

function identifiersOf(keys: readonly StoredKey[]) {
  return keys.flatMap(({ kind, hmac }) => (kind === 'caller' ? [] : [{ kind, hmac }]));
}

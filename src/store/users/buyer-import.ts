/**
 * Buyers from before this service: their identifiers and first purchases, many at a time. New buyers, and known ones who turn out to be nobody
 * else, are written by one statement; a line that joins two buyers, or that meets a buyer of the same batch, goes the way of a single fact.
 */
import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { Keyring } from '../../crypto/keyring';
import type { UserKey } from '../../domain/identity';
import { decideImport, importedPsp, type ImportDecision, type KnownClaim } from '../../domain/imported-buyer';
import type { Database, Queries } from '../driver/database';
import { codeOf } from '../driver/database';
import { joinUsers, lockKeys, UserHasChanged, withUsers } from './user-merge';

export interface BuyerImportStore {
  /**
   * Remembers first purchases from before this service. A first purchase that came from a payment stays; an imported one only becomes earlier.
   * Repeatable: the second time all are known.
   */
  take(integration: string, buyers: readonly ImportedBuyer[], atMs: number): Promise<ImportedCounts>;
}

/** A buyer by at least one identifier, all of them the same person's. */
export interface ImportedBuyer {
  readonly keys: readonly UserKey[];
  /** Unix milliseconds. */
  readonly firstPurchaseAtMs: number;
}

export interface ImportedCounts {
  /** Those whose first purchase is the listed one from now on. */
  readonly imported: number;
  /** Those who had one: that of a payment, or one as early. */
  readonly known: number;
  /** How many users turned out to be another one's. */
  readonly joined: number;
}

/**
 * The same, of half as many buyers at a time where the database has no room for a lock per identifier: the table of locks is shared by all
 * transactions. https://www.postgresql.org/docs/15/runtime-config-locks.html (max_locks_per_transaction)
 */
export function inHalves(store: BuyerImportStore): BuyerImportStore {
  const taking: BuyerImportStore['take'] = async (integration, buyers, atMs) => {
    try {
      return await store.take(integration, buyers, atMs);
    } catch (error) {
      if (codeOf(error) !== outOfMemory || buyers.length < 2) throw error;
      const half = Math.ceil(buyers.length / 2);
      const a = await taking(integration, buyers.slice(0, half), atMs);
      const b = await taking(integration, buyers.slice(half), atMs);
      return { imported: a.imported + b.imported, known: a.known + b.known, joined: a.joined + b.joined };
    }
  };
  return { take: taking };
}

/** SQLSTATE `out_of_memory`, of locks. */
const outOfMemory = '53200';

/** Imports over the tables `users`, `user_identifiers` and `first_purchases`. */
export function buyerImportStore(database: Database, keyring: Keyring): BuyerImportStore {
  return {
    async take(integration, buyers, atMs) {
      const lines = buyers.map((buyer, line) => ({ ...buyer, line }));
      if (lines.length === 0) return { imported: 0, known: 0, joined: 0 };
      const { first, repeated } = withoutSharedKeys(lines);
      const batch = await withUsers(database, (tx) => takeTogether(tx, integration, first, atMs));
      let imported = batch.imported;
      let joined = 0;
      for (const buyer of [...batch.left, ...repeated].sort((a, b) => a.line - b.line)) {
        const one = await takeOne(database, keyring, { integration, buyer, atMs });
        imported += one.isImported ? 1 : 0;
        joined += one.joined;
      }
      return { imported, known: lines.length - imported, joined };
    },
  };
}

interface Line extends ImportedBuyer {
  readonly line: number;
}

/** `given(line, kind, hmac, at)`, as one parameter. */
function givenKeys(lines: readonly Line[]) {
  const keys = lines.flatMap(({ line, keys: of, firstPurchaseAtMs: at }) =>
    of.map(({ kind, hmac }) => ({ line, kind, hmac, at })),
  );
  return sql`select * from json_to_recordset(${JSON.stringify(keys)}::json) as given(line int, kind text, hmac text, at bigint)`;
}

/** Lines none of which has an identifier of another, and the rest. */
function withoutSharedKeys(lines: readonly Line[]): { readonly first: readonly Line[]; readonly repeated: readonly Line[] } {
  const seen = new Set<string>();
  const first: Line[] = [];
  const repeated: Line[] = [];
  for (const line of lines) {
    const names = line.keys.map(({ kind, hmac }) => `${kind} ${hmac}`);
    (names.some((name) => seen.has(name)) ? repeated : first).push(line);
    for (const name of names) seen.add(name);
  }
  return { first, repeated };
}

interface Batch {
  readonly imported: number;
  /** Lines that have to be looked at one by one. */
  readonly left: readonly Line[];
}

async function takeTogether(tx: Queries, integration: string, lines: readonly Line[], atMs: number): Promise<Batch> {
  await lockKeys(
    tx,
    integration,
    lines.flatMap(({ keys }) => keys),
  );
  const owners = await ownersOf(tx, integration, lines);
  const fresh = lines.filter(({ line }) => !owners.has(line));
  const open = lines.flatMap((line) => {
    const { userIds = [], isSettled = false } = owners.get(line.line) ?? {};
    return userIds.length === 0 || isSettled ? [] : [{ ...line, userIds }];
  });
  const { single, left } = withoutSharedUsers(open);
  const claims = await lockedClaimsOf(
    tx,
    single.map(({ userId }) => userId),
  );
  const decided = single.map((line) => ({ ...line, decision: decisionFor(claims.get(line.userId), line) }));
  const moved = decided.flatMap(({ decision, firstPurchaseAtMs }) =>
    decision.kind === 'move' ? [{ claim: decision.claim, firstPurchaseAtMs }] : [],
  );
  for (const { claim, firstPurchaseAtMs } of moved) await moveClaim(tx, integration, claim, firstPurchaseAtMs);
  const added = decided.filter(({ decision }) => decision.kind === 'add');
  await insert(tx, integration, { fresh, known: single, claiming: [...fresh, ...added], atMs });
  return { imported: fresh.length + added.length + moved.length, left };
}

interface Owners {
  readonly userIds: readonly number[];
  /** All identifiers are this one user's, who has a first purchase that the listed one does not change: nothing is to be written. */
  readonly isSettled: boolean;
}

/** The users of the lines' identifiers, which are locked; a line that nobody is known by is left out. */
async function ownersOf(tx: Queries, integration: string, lines: readonly Line[]): Promise<ReadonlyMap<number, Owners>> {
  const answer = await tx.execute(sql`
    with found as materialized (
      select given.line, given.at, count(*) as keys, count(i.user_id) as known, array_agg(distinct i.user_id) as users
      from (${givenKeys(lines)}) as given
      left join user_identifiers i on i.integration = ${integration} and i.kind = given.kind and i.hmac = given.hmac
      group by given.line, given.at
      having count(i.user_id) > 0
    )
    select line, to_json(array_remove(users, null)) as "userIds", keys = known and cardinality(users) = 1 and exists (
      select from first_purchases f where f.user_id = users[1] and (f.psp <> ${importedPsp} or f.claimed_at_ms <= at)
    ) as "isSettled" from found`);
  return new Map(rowsOf<Owners & { line: number }>(answer).map(({ line, ...owners }) => [line, owners]));
}

interface KnownLine extends Line {
  readonly userId: number;
}

/** Lines of one user each, none of whom has another line, and the rest. */
function withoutSharedUsers(lines: readonly (Line & { readonly userIds: readonly number[] })[]) {
  const seen = new Set<number>();
  const single: KnownLine[] = [];
  const left: Line[] = [];
  for (const line of lines) {
    const [userId, ...others] = line.userIds;
    if (userId === undefined || others.length > 0 || seen.has(userId)) left.push(line);
    else single.push({ ...line, userId });
    for (const one of line.userIds) seen.add(one);
  }
  return { single, left };
}

interface ClaimsOfUser {
  readonly claims: readonly KnownClaim[];
  /** When the earliest payment that waits to be sent happened; null without one. */
  readonly waitingAtMs: number | null;
}

/** Locks users in the order in which others lock them, until the transaction ends, and reads their claims. */
async function lockedClaimsOf(tx: Queries, userIds: readonly number[]): Promise<ReadonlyMap<number, ClaimsOfUser>> {
  if (userIds.length === 0) return new Map();
  const named = sql`select id::bigint from json_array_elements_text(${JSON.stringify(userIds)}::json) as given(id)`;
  const locked = await tx.execute(sql`
    select merged_into is not null or erased_at_ms is not null as "hasChanged" from users where id in (${named}) order by id for update`);
  // Another transaction has merged or erased them by other identifiers, or deleted them.
  const rows = rowsOf<{ hasChanged: boolean }>(locked);
  if (rows.length < new Set(userIds).size || rows.some(({ hasChanged }) => hasChanged)) throw new UserHasChanged();
  return claimsOf(tx, userIds);
}

/** The claims of users who are locked. */
async function claimsOf(tx: Queries, userIds: readonly number[]): Promise<ReadonlyMap<number, ClaimsOfUser>> {
  const answer = await tx.execute(sql`
    select u.id::text as "userId", (
      select json_agg(json_build_object('psp', f.psp, 'subscription', f.subscription, 'moneyId', f.money_id, 'claimedAtMs', f.claimed_at_ms))
      from first_purchases f where f.user_id = u.id
    ) as claims, (
      select min(p.occurred_at_ms)::text from user_orders o
      join purchases p on p.integration = o.integration and p.psp = o.psp and p.subscription = o.subscription
      where o.user_id = u.id and p.state in ('pending', 'needs_attention')
    ) as "waitingAtMs"
    from users u join json_array_elements_text(${JSON.stringify(userIds)}::json) as given(id) on u.id = given.id::bigint`);
  const rows = rowsOf<{ userId: string; claims: readonly KnownClaim[] | null; waitingAtMs: string | null }>(answer);
  return new Map(
    rows.map(({ userId, claims, waitingAtMs }) => [
      Number(userId),
      { claims: claims ?? [], waitingAtMs: waitingAtMs === null ? null : Number(waitingAtMs) },
    ]),
  );
}

function decisionFor(of: ClaimsOfUser | undefined, { firstPurchaseAtMs }: ImportedBuyer): ImportDecision {
  return decideImport(of?.claims ?? [], firstPurchaseAtMs, of?.waitingAtMs ?? null);
}

interface Inserted {
  readonly fresh: readonly Line[];
  readonly known: readonly KnownLine[];
  /** Those who get the first purchase. */
  readonly claiming: readonly Line[];
  readonly atMs: number;
}

/** New users, the identifiers of all, and first purchases, in one statement. New users differ in nothing, so any of them may be any line's. */
async function insert(tx: Queries, integration: string, { fresh, known, claiming, atMs }: Inserted): Promise<void> {
  const lines = [...fresh, ...known];
  if (lines.length === 0) return;
  const claims = claiming.map(({ line, firstPurchaseAtMs: at }) => ({ line, at, id: randomUUID(), time: isoTime(at) }));
  const owners = known.map(({ line, userId }) => ({ line, user_id: userId }));
  await tx.execute(sql`
    with given as materialized (${givenKeys(lines)}),
    made as (
      insert into users (integration, created_at_ms, updated_at_ms)
      select ${integration}, ${atMs}::bigint, ${atMs}::bigint from generate_series(1, ${fresh.length}::int)
      returning id
    ),
    owners as materialized (
      select line::int, user_id from (select id as user_id, row_number() over () as n from made) as numbered
      join json_array_elements_text(${JSON.stringify(fresh.map(({ line }) => line))}::json) with ordinality as fresh(line, n) using (n)
      union all select line, user_id from json_to_recordset(${JSON.stringify(owners)}::json) as known(line int, user_id bigint)
    ),
    named as (
      insert into user_identifiers (integration, kind, hmac, user_id)
      select ${integration}, given.kind, given.hmac, owners.user_id from given join owners using (line)
      on conflict do nothing
    )
    insert into first_purchases (integration, psp, subscription, money_id, user_id, claimed_at_ms)
    select ${integration}, ${importedPsp}, claims.id, claims.time, owners.user_id, claims.at
    from json_to_recordset(${JSON.stringify(claims)}::json) as claims(line int, at bigint, id text, time text)
    join owners using (line)`);
}

async function moveClaim(
  tx: Queries,
  integration: string,
  { psp, subscription, moneyId }: KnownClaim,
  firstPurchaseAtMs: number,
): Promise<void> {
  await tx.execute(sql`
    update first_purchases set claimed_at_ms = ${firstPurchaseAtMs}::bigint, money_id = ${isoTime(firstPurchaseAtMs)}
    where integration = ${integration} and psp = ${psp} and subscription = ${subscription} and money_id = ${moneyId}`);
}

interface Single {
  readonly integration: string;
  readonly buyer: ImportedBuyer;
  readonly atMs: number;
}

/** A buyer whose identifiers may be several users', who are one from now on. */
function takeOne(database: Database, keyring: Keyring, { integration, buyer: { keys, firstPurchaseAtMs }, atMs }: Single) {
  return withUsers(database, async (tx) => {
    await lockKeys(tx, integration, keys);
    const { id, joined } = await joinUsers(tx, keyring, { integration, keys, identity: {}, atMs, evidence: 'import' });
    const decision = decisionFor((await claimsOf(tx, [id])).get(id), { keys, firstPurchaseAtMs });
    if (decision.kind === 'move') await moveClaim(tx, integration, decision.claim, firstPurchaseAtMs);
    if (decision.kind === 'add')
      await tx.execute(sql`
        insert into first_purchases (integration, psp, subscription, money_id, user_id, claimed_at_ms)
        values (${integration}, ${importedPsp}, ${randomUUID()}, ${isoTime(firstPurchaseAtMs)}, ${id}::bigint, ${firstPurchaseAtMs}::bigint)`);
    return { isImported: decision.kind !== 'keep', joined };
  });
}

/** The money id of an imported first purchase. */
function isoTime(atMs: number): string {
  return new Date(atMs).toISOString();
}

function rowsOf<T>(answer: unknown): readonly T[] {
  return (answer as { readonly rows: readonly T[] }).rows; // both drivers answer so
}

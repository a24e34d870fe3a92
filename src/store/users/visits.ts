/**
 * What pages said without proof, over the table `visits`: by each user id and e-mail that they named, to fill gaps with, and by checkout,
 * until something proves the checkout to be a buyer's. Nothing here joins users.
 */
import { isDeepStrictEqual } from 'node:util';
import { and, eq, exists, inArray, isNotNull, lt, ne, not, or, sql } from 'drizzle-orm';
import { dayMs, hourMs } from '../../domain/duration';
import type { Consent, Identity, UserKey } from '../../domain/identity';
import { mergeIdentity, wordsOfPage } from '../../domain/identity';
import type { Keyring } from '../../crypto/keyring';
import type { Queries } from '../driver/database';
import { browserPurchases, userIdentifiers, userOrders, visits } from '../schema';

/** Who a page says its visitor is. */
export interface StatedKeys {
  readonly userId: UserKey | null;
  readonly email: UserKey | null;
  readonly checkout: UserKey | null;
}

/** The words of a page that proved nothing. */
export interface UnprovenVisit {
  readonly integration: string;
  readonly stated: StatedKeys;
  /** The checkout's id in clear. */
  readonly checkoutId: string | null;
  readonly identity: Identity;
  readonly atMs: number;
}

/** A checkout as pages have spoken of it. */
export interface StatedCheckout {
  /** The user id and the e-mail that its page named first. */
  readonly userId: UserKey | null;
  readonly email: UserKey | null;
  readonly identity: Identity;
  readonly consentAtMs: number | null;
}

/** Keeps the words under each of the stated identifiers. The caller has locked them. */
export async function keepWords(tx: Queries, keyring: Keyring, visit: UnprovenVisit): Promise<void> {
  const { integration, stated, identity, atMs } = visit;
  const keys = [stated.userId, stated.email, stated.checkout].filter((key) => key !== null);
  if (keys.length === 0) return;
  const known = await tx.select().from(visits).where(isOneOf(integration, keys));
  const rows = keys.flatMap((key) => {
    const former = known.find(({ kind, hmac }) => kind === key.kind && hmac === key.hmac) ?? null;
    const row = key.kind === 'checkout' ? checkoutRow(keyring, visit, former) : personRow(keyring, { identity, atMs }, former);
    const isKnown = former !== null && row === null;
    return isKnown || row === null ? [] : [{ ...row, integration, kind: key.kind as VisitRow['kind'], hmac: key.hmac }];
  });
  if (rows.length === 0) return;
  await tx
    .insert(visits)
    .values(rows)
    .onConflictDoUpdate({
      target: [visits.integration, visits.kind, visits.hmac],
      set: {
        words: sql`excluded.words`,
        consent: sql`excluded.consent`,
        consentAtMs: sql`excluded.consent_at_ms`,
        userIdHmac: sql`coalesce(${visits.userIdHmac}, excluded.user_id_hmac)`,
        emailHmac: sql`coalesce(${visits.emailHmac}, excluded.email_hmac)`,
        updatedAtMs: sql`greatest(${visits.updatedAtMs}, excluded.updated_at_ms)`,
      },
    });
}

/** What pages said of a checkout; null when none did. */
export async function statedCheckout(
  queries: Queries,
  keyring: Keyring,
  integration: string,
  hmac: string,
): Promise<StatedCheckout | null> {
  const [row] = await queries.select().from(visits).where(isCheckout(integration, hmac));
  if (!row) return null;
  const { userIdHmac, emailHmac, consent, consentAtMs } = row;
  return {
    userId: userIdHmac === null ? null : { kind: 'user_id', hmac: userIdHmac },
    email: emailHmac === null ? null : { kind: 'email', hmac: emailHmac },
    identity: { ...openedWords(keyring, row.words), ...(consent === null ? {} : { consent }) },
    consentAtMs,
  };
}

/**
 * The consent that counts for the pages of a checkout: a refusal for its user id, e-mail or itself, else what was said with the checkout
 * itself. A grant for a user id or e-mail is not kept.
 */
export async function consentSaidBy(
  tx: Queries,
  integration: string,
  { userId, email, checkout }: StatedKeys,
): Promise<Consent | undefined> {
  const keys = [userId, email, checkout].filter((key) => key !== null);
  const said = await tx
    .select({ consent: visits.consent })
    .from(visits)
    .where(and(isOneOf(integration, keys), isNotNull(visits.consent)));
  const words = said.map(({ consent }) => consent);
  return words.includes('denied') ? 'denied' : (words[0] ?? undefined);
}

/**
 * The checkout is proven to be a buyer's: its words are the buyer's from now on, and the browser's report of it holds their first
 * purchase provisionally.
 */
export async function moveToBuyer(tx: Queries, integration: string, hmac: string, userId: number): Promise<void> {
  const [row] = await tx.delete(visits).where(isCheckout(integration, hmac)).returning();
  const { reportedAtMs = null, checkoutId = null, caller = null } = row ?? {};
  if (reportedAtMs === null || checkoutId === null) return;
  await tx
    .insert(browserPurchases)
    .values({ integration, hmac, checkoutId, userId, authorizedAtMs: reportedAtMs, eventId: checkoutId, caller })
    .onConflictDoNothing();
}

/** Notes that the browser may report the checkout, and who asked. */
export async function noteReport(
  tx: Queries,
  integration: string,
  hmac: string,
  { atMs, caller }: { readonly atMs: number; readonly caller: string | null },
): Promise<void> {
  await tx
    .update(visits)
    .set({ reportedAtMs: atMs, caller })
    .where(and(isCheckout(integration, hmac), sql`${visits.reportedAtMs} is null`));
}

/** True when the same asker was told before that another checkout may be reported. */
export async function hasReportedAnother(
  tx: Queries,
  integration: string,
  hmac: string,
  caller: string | null,
): Promise<boolean> {
  if (caller === null) return false;
  for (const table of [visits, browserPurchases]) {
    const [other] = await tx
      .select({ hmac: table.hmac })
      .from(table)
      .where(and(eq(table.integration, integration), eq(table.caller, caller), ne(table.hmac, hmac)))
      .limit(1);
    if (other) return true;
  }
  return false;
}

/** What pages said of one identifier, as it is kept. Times in Unix milliseconds. */
export interface PageWords {
  readonly kind: 'user_id' | 'email' | 'checkout';
  readonly words: Identity;
  readonly consent: Consent | null;
  readonly consentAtMs: number | null;
  readonly firstSeenAtMs: number;
  readonly lastSeenAtMs: number;
}

/** What pages said of each of these identifiers, the oldest first. */
export async function wordsByKey(
  queries: Queries,
  keyring: Keyring,
  integration: string,
  keys: readonly UserKey[],
): Promise<readonly PageWords[]> {
  if (keys.length === 0) return [];
  const rows = await queries.select().from(visits).where(isOneOf(integration, keys)).orderBy(visits.createdAtMs, visits.kind);
  return rows.map(({ kind, words, consent, consentAtMs, createdAtMs, updatedAtMs }) => ({
    ...{ kind, consent, consentAtMs, firstSeenAtMs: createdAtMs, lastSeenAtMs: updatedAtMs },
    words: openedWords(keyring, words),
  }));
}

/** True when a page has named this user id, e-mail or checkout. */
export async function isSpokenOf(queries: Queries, integration: string, key: UserKey): Promise<boolean> {
  const [row] = await queries
    .select({ hmac: visits.hmac })
    .from(visits)
    .where(isOneOf(integration, [key]));
  return row !== undefined;
}

/** Deletes what was said under these keys, and the checkouts whose pages named them. Returns whether a page had refused consent. */
export async function forgetWords(
  tx: Queries,
  integration: string,
  keys: readonly UserKey[],
): Promise<{ found: boolean; refused: boolean }> {
  const hmacsOf = (kind: UserKey['kind']): string[] => keys.flatMap((key) => (key.kind === kind ? [key.hmac] : []));
  const named = or(
    isOneOf(integration, keys),
    and(eq(visits.integration, integration), inArray(visits.userIdHmac, hmacsOf('user_id'))),
    and(eq(visits.integration, integration), inArray(visits.emailHmac, hmacsOf('email'))),
  );
  const gone = await tx.delete(visits).where(named).returning({ consent: visits.consent });
  return { found: gone.length > 0, refused: gone.some(({ consent }) => consent === 'denied') };
}

/** Deletes up to `limit` visits that no page has repeated since a time, of people who bought nothing. Returns their number. */
export async function purgeVisits(queries: Queries, beforeMs: number, limit: number): Promise<number> {
  const isBuyers = exists(
    queries
      .select({ found: sql`1` })
      .from(userIdentifiers)
      .innerJoin(userOrders, eq(userOrders.userId, userIdentifiers.userId))
      .where(
        and(
          eq(userIdentifiers.integration, visits.integration),
          eq(userIdentifiers.kind, visits.kind),
          eq(userIdentifiers.hmac, visits.hmac),
        ),
      ),
  );
  const old = await queries
    .select({ integration: visits.integration, kind: visits.kind, hmac: visits.hmac })
    .from(visits)
    .where(and(lt(visits.updatedAtMs, beforeMs), not(isBuyers)))
    .limit(limit);
  if (old.length === 0) return 0;
  const each = old.map(({ integration, kind, hmac }) =>
    and(eq(visits.integration, integration), eq(visits.kind, kind), eq(visits.hmac, hmac)),
  );
  // A page may have repeated it since.
  await queries.delete(visits).where(and(or(...each), lt(visits.updatedAtMs, beforeMs)));
  return old.length;
}

/** Refusals that a page without proof said within a period. */
export function isRefusal(integration: string, fromMs: number, toMs: number) {
  return and(
    eq(visits.integration, integration),
    eq(visits.consent, 'denied'),
    ne(visits.kind, 'checkout'),
    sql`${visits.consentAtMs} >= ${fromMs}::bigint and ${visits.consentAtMs} < ${toMs}::bigint`,
  );
}

type VisitRow = typeof visits.$inferSelect;
type NewWords = Omit<typeof visits.$inferInsert, 'integration' | 'kind' | 'hmac'>;

/** Of a user id or an e-mail: how the visitor came, and a refusal. Null when nothing is new. */
function personRow(
  keyring: Keyring,
  { identity, atMs }: Pick<UnprovenVisit, 'identity' | 'atMs'>,
  former: VisitRow | null,
): NewWords | null {
  const known = openedWords(keyring, former?.words ?? null);
  const words = mergeIdentity(known, wordsOfPage(identity));
  const isRefused = identity.consent === 'denied';
  const isNews = !isDeepStrictEqual(words, known) || isRefused || former === null || atMs >= former.updatedAtMs + dayMs;
  if (!isNews) return null;
  return {
    words: sealedWords(keyring, words),
    consent: isRefused ? 'denied' : (former?.consent ?? null),
    consentAtMs: isRefused ? atMs : (former?.consentAtMs ?? null),
    createdAtMs: former?.createdAtMs ?? atMs,
    updatedAtMs: atMs,
  };
}

/** Of a checkout: all that its page said, for the order that may come of it. Null when nothing is new. */
function checkoutRow(keyring: Keyring, visit: UnprovenVisit, former: VisitRow | null): NewWords | null {
  const { identity, stated, atMs, checkoutId } = visit;
  const { consent = null, ...said } = identity;
  const known = openedWords(keyring, former?.words ?? null);
  const words = mergeIdentity(known, said);
  const isStated = consent === 'granted' || consent === 'denied' || former === null;
  const namesMore =
    (former?.userIdHmac == null && stated.userId !== null) || (former?.emailHmac == null && stated.email !== null);
  const isNews = !isDeepStrictEqual(words, known) || isStated || namesMore || atMs >= former.updatedAtMs + hourMs;
  if (!isNews) return null;
  return {
    checkoutId,
    words: sealedWords(keyring, words),
    consent: isStated ? consent : former.consent,
    consentAtMs: isStated && consent !== null ? atMs : (former?.consentAtMs ?? null),
    userIdHmac: stated.userId?.hmac ?? null,
    emailHmac: stated.email?.hmac ?? null,
    createdAtMs: former?.createdAtMs ?? atMs,
    updatedAtMs: atMs,
  };
}

/** Opens the column `words`; empty where a page said nothing. */
export function openedWords(keyring: Keyring, words: string | null): Identity {
  return words === null ? {} : (keyring.openJson(words, 'the words of a page') as Identity); // `sealedWords` put an identity in
}

function sealedWords(keyring: Keyring, words: Identity): string | null {
  return Object.keys(words).length === 0 ? null : keyring.sealJson(words);
}

function isCheckout(integration: string, hmac: string) {
  return and(eq(visits.integration, integration), eq(visits.kind, 'checkout'), eq(visits.hmac, hmac));
}

function isOneOf(integration: string, keys: readonly UserKey[]) {
  const each = keys.map(({ kind, hmac }) => and(eq(visits.kind, kind as VisitRow['kind']), eq(visits.hmac, hmac)));
  return and(eq(visits.integration, integration), each.length > 0 ? or(...each) : sql`false`);
}

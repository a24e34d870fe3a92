/** What is known of a buyer when a purchase is reported, in one round trip: the function `known_of_buyer` (migrations/0013), and what follows. */
import { sql } from 'drizzle-orm';
import { compact } from '../../domain/compact';
import type { Order } from '../../domain/first-purchase';
import type { Consent, Identity, UserKey } from '../../domain/identity';
import { effectiveConsent, mergeIdentity, withPageWords } from '../../domain/identity';
import type { Keyring } from '../../crypto/keyring';
import type { Queries } from '../driver/database';
import { functionCall } from '../driver/statement';
import { joinKnowledge, knownOf, nothing } from './user-merge';
import { openedWords } from './visits';

/**
 * The merged identity of the users of all keys. What the order itself says of its buyer outranks it; what pages said without proof fills the
 * gaps, and their refusal of consent counts if `obeysPages`.
 */
export async function identityOfBuyer(
  queries: Queries,
  keyring: Keyring,
  { integration, keys, order, obeysPages }: Asked,
): Promise<Identity> {
  const { users, ownedCheckouts, ownIdentity, visits } = await knownOfBuyer(queries, { integration, keys, order });
  const trusted = users.filter(isTrusted(keys, ownedCheckouts));
  const erased = trusted.filter(({ isErased }) => isErased);
  // If one of them is erased, the others are not counted as the same person.
  const counted = new Map((erased.length > 0 ? erased : trusted).map((user) => [user.id, user]));
  const known = [...counted.values()].map((user) => knownOf(keyring, user)).reduce(joinKnowledge, nothing);
  const what = order && `the buyer of ${order.psp} ${order.subscription}`;
  // `register` put an identity in
  const own = ownIdentity === null ? {} : (keyring.openJson(ownIdentity, what) as Identity);
  const { consent, ...rest } = withOwn(known.identity, own);
  const words = visits.map((visit) => openedWords(keyring, visit.words)).reduce(mergeIdentity, {});
  const refusals = visits.flatMap((visit) => (visit.consent === 'denied' ? [visit.consentAtMs ?? 0] : []));
  const refusedAtMs = refusals.length === 0 || !obeysPages ? null : Math.max(...refusals);
  const stated = consent === undefined ? null : { consent, atMs: known.consentAtMs ?? 0 };
  return { ...withPageWords(rest, words), ...effectiveConsent(stated, refusedAtMs) };
}

interface Asked {
  readonly integration: string;
  readonly keys: readonly UserKey[];
  readonly order: Order | undefined;
  readonly obeysPages: boolean;
}

/** As `known_of_buyer` answers. What is sealed is sealed. */
interface Known {
  /** Oldest first; one for each key that is known. */
  readonly users: readonly (UserKey & {
    readonly id: number;
    readonly identity: string | null;
    readonly consent: Consent | null;
    readonly consentAtMs: number | null;
    readonly isErased: boolean;
  })[];
  readonly ownedCheckouts: readonly string[];
  readonly ownIdentity: string | null;
  readonly visits: readonly {
    readonly words: string | null;
    readonly consent: Consent | null;
    readonly consentAtMs: number | null;
  }[];
}

function knownOfBuyer(queries: Queries, { integration, keys, order }: Omit<Asked, 'obeysPages'>): Promise<Known> {
  const named = JSON.stringify(keys.map(({ kind, hmac }) => ({ kind, hmac })));
  return knownBy(queries, { integration, keys: named, psp: order?.psp ?? null, subscription: order?.subscription ?? null });
}

const knownBy = functionCall<Known>(
  'known_of_buyer',
  sql`known_of_buyer(${sql.placeholder('integration')}::text, ${sql.placeholder('keys')}::jsonb, ${sql.placeholder('psp')}::text, ${sql.placeholder('subscription')}::text)`,
);

/**
 * The keys whose identities may be merged. A checkout of an order adds nothing to that order's own keys, and would mix two buyers
 * beside the keys of another order, so it counts only when it is the only key.
 */
function isTrusted(keys: readonly UserKey[], ownedCheckouts: readonly string[]): (key: UserKey) => boolean {
  const isOwned = ({ kind, hmac }: UserKey): boolean => kind === 'checkout' && ownedCheckouts.includes(hmac);
  return keys.every(isOwned) ? () => true : (key) => !isOwned(key);
}

/** Several people may share an identifier. If the e-mail differs the remembered click is another person's, too. */
export function withOwn(remembered: Identity, own: Identity): Identity {
  const isSame = own.emailSha256 === undefined || own.emailSha256 === (remembered.emailSha256 ?? own.emailSha256);
  const { emailSha256, phoneSha256, externalIdSha256 } = own;
  return { ...remembered, ...(isSame ? compact<Identity>({ emailSha256, phoneSha256, externalIdSha256 }) : own) };
}

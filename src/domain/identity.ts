/** The buyer: the data that TikTok matches by, and the identifiers by which this service recognises a buyer. */
import { compact } from './compact';

export type Consent = 'granted' | 'denied' | 'unknown';

/**
 * A buyer's data as a provider or the browser sent it: raw, possibly junk. It exists in memory only; the store keeps an `Identity`,
 * encrypted.
 */
export interface IdentityHints {
  /** The merchant's own id of the user. */
  readonly userId?: string;
  /**
   * The merchant's reference of a checkout (Stripe's `client_reference_id`): the user id at most merchants, a tag of many buyers at some.
   * It counts as the user id where nothing contradicts it.
   */
  readonly reference?: string;
  /** The provider's customer id. */
  readonly customerId?: string;
  readonly checkoutId?: string;
  readonly email?: string;
  readonly phone?: string;
  /** TikTok's click id, up to 1,000 characters, never cut. */
  readonly ttclid?: string;
  /** The `_ttp` cookie. */
  readonly ttp?: string;
  /** The buyer's address, never the provider's. */
  readonly ip?: string;
  readonly userAgent?: string;
  readonly pageUrl?: string;
  readonly referrer?: string;
  readonly locale?: string;
  readonly consent?: Consent;
}

/**
 * A buyer's data as the store keeps it, encrypted: e-mail, phone and external id only as the SHA-256 that TikTok takes.
 * `clickAtMs` (Unix milliseconds) says which of two clicks is newer.
 */
export interface Identity {
  readonly emailSha256?: string;
  readonly phoneSha256?: string;
  readonly externalIdSha256?: string;
  readonly ttclid?: string;
  readonly clickAtMs?: number;
  readonly ttp?: string;
  readonly ip?: string;
  readonly userAgent?: string;
  readonly pageUrl?: string;
  readonly referrer?: string;
  readonly locale?: string;
  readonly consent?: Consent;
  /** True when only a page without proof refused consent; `consent` is `denied` then. Found out at each reading, never stored. */
  readonly isRefusedByPage?: true;
}

export const identifierKinds = ['user_id', 'email', 'customer', 'checkout', 'order'] as const;
/**
 * The kinds of identifiers, strongest first. `checkout` connects a browser's report with the order; `order` is the order itself, so
 * that a buyer without any other identifier is a user too.
 */
export type IdentifierKind = (typeof identifierKinds)[number];

/** One identifier of a user, as an HMAC with the secret pepper: safe in workflow histories and search attributes. */
export interface UserKey {
  readonly kind: IdentifierKind;
  /** base64url HMAC-SHA256 over integration, kind and value. */
  readonly hmac: string;
}

/**
 * What showed that two users are one: a provider's event, a page that knows the checkout of an order, a user token of the merchant's
 * server, the claim of an order that named both, or a line of a merchant's list of buyers.
 */
export type JoinEvidence = 'webhook' | 'checkout' | 'user_token' | 'claim' | 'import';

/** What a page may say of a visitor without proof: the click, the page, the address and the browser. Nothing that names a person. */
export function wordsOfPage({ ttclid, clickAtMs, ttp, ip, userAgent, pageUrl, referrer, locale }: Identity): Identity {
  return compact<Identity>({ ttclid, clickAtMs, ttp, ip, userAgent, pageUrl, referrer, locale });
}

/** Fills the gaps of what is known of a buyer with the words of pages that proved nothing. They replace nothing. */
export function withPageWords(known: Identity, words: Identity): Identity {
  return { ...wordsOfPage(words), ...known };
}

/** A statement of consent, and when it was made (Unix milliseconds; 0 when nobody knows). */
export interface ConsentStatement {
  readonly consent: Consent;
  readonly atMs: number;
}

/**
 * The consent that counts. A refusal by a page without proof is obeyed, since the law comes before the signal, unless a proven grant
 * came later; a grant without proof is not even kept.
 */
export function effectiveConsent(
  proven: ConsentStatement | null,
  refusedByPageAtMs: number | null,
): Pick<Identity, 'consent' | 'isRefusedByPage'> {
  const isObeyed =
    refusedByPageAtMs !== null &&
    proven?.consent !== 'denied' &&
    !(proven?.consent === 'granted' && proven.atMs >= refusedByPageAtMs);
  if (isObeyed) return { consent: 'denied', isRefusedByPage: true };
  return proven === null ? {} : { consent: proven.consent };
}

/**
 * Merges two identities of one buyer. `later` fills the gaps of `earlier`; a newer click replaces `ttclid`, page, address and browser
 * together. A stated consent replaces an unknown one, and the later statement the earlier.
 */
export function mergeIdentity(earlier: Identity, later: Identity): Identity {
  const isAnother = later.ttclid !== undefined && later.ttclid !== earlier.ttclid;
  const newerClick = isAnother && (earlier.ttclid === undefined || (later.clickAtMs ?? 0) >= (earlier.clickAtMs ?? 0));
  const { ttclid, clickAtMs, pageUrl, referrer, ip, userAgent } = later;
  const click = newerClick ? compact<Identity>({ ttclid, clickAtMs, pageUrl, referrer, ip, userAgent }) : {};
  const consent = later.consent === undefined || later.consent === 'unknown' ? (earlier.consent ?? later.consent) : later.consent;
  return { ...later, ...earlier, ...click, ...compact<Identity>({ consent }) };
}

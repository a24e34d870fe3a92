/** Who bought: what TikTok needs for matching, and the identifiers by which we recognise a buyer. */
import { compact } from './compact';

export type Consent = 'granted' | 'denied' | 'unknown';

/**
 * What was said of a buyer, as a provider's metadata, its customer data or the browser said it: raw, possibly junk.
 * Lives in memory at the edge only; `SealedIdentity` is what is kept.
 */
export interface IdentityHints {
  /** The merchant's own id of the user. */
  readonly userId?: string;
  /** The provider's customer id. */
  readonly customerId?: string;
  readonly checkoutId?: string;
  readonly email?: string;
  readonly phone?: string;
  /** TikTok's click id, up to 1,000 characters, never cut. */
  readonly ttclid?: string;
  /** The `_ttp` cookie. */
  readonly ttp?: string;
  /** The buyer's, never the provider's. */
  readonly ip?: string;
  readonly userAgent?: string;
  readonly pageUrl?: string;
  readonly referrer?: string;
  readonly locale?: string;
  readonly consent?: Consent;
}

/**
 * What is kept of a buyer (encrypted at rest): e-mail, phone and external id only as the SHA-256 that TikTok takes.
 * `clickAtMs` tells which click is newer.
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
}

export const identifierKinds = ['user_id', 'email', 'customer', 'checkout', 'order'] as const;
/**
 * By what a buyer is recognised, strongest first. `checkout` joins what the browser said to the order that came of it;
 * `order` is the order itself, so that a buyer of whom nothing else is known is one user too.
 */
export type IdentifierKind = (typeof identifierKinds)[number];

/** One identifier of a user, as an HMAC with the secret pepper: safe in workflow histories and search attributes. */
export interface UserKey {
  readonly kind: IdentifierKind;
  /** base64url HMAC-SHA256 over integration, kind and value. */
  readonly hmac: string;
}

/**
 * Joins two views of one buyer: `later` fills gaps; a newer click brings its `ttclid`, and the page, address and browser it was made
 * with; a stated consent wins over an unknown one, and the later statement over the earlier.
 */
export function mergeIdentity(earlier: Identity, later: Identity): Identity {
  const isAnother = later.ttclid !== undefined && later.ttclid !== earlier.ttclid;
  const newerClick = isAnother && (earlier.ttclid === undefined || (later.clickAtMs ?? 0) >= (earlier.clickAtMs ?? 0));
  const { ttclid, clickAtMs, pageUrl, referrer, ip, userAgent } = later;
  const click = newerClick ? compact<Identity>({ ttclid, clickAtMs, pageUrl, referrer, ip, userAgent }) : {};
  const consent = later.consent === undefined || later.consent === 'unknown' ? (earlier.consent ?? later.consent) : later.consent;
  return { ...later, ...earlier, ...click, ...compact<Identity>({ consent }) };
}

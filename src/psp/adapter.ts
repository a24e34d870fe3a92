/** What a payment provider's folder must offer. A new provider is one folder here and one line in `providers.ts`. */
import type { IdentityHints } from '../domain/identity';
import type { PriceRole, SubscriptionFact } from '../domain/fact';
import type { PspManifest } from './manifest';

export interface WebhookHeaders {
  /** Node's lower-cased header names; a header sent twice may be an array. */
  readonly [name: string]: string | readonly string[] | undefined;
}

export type Verification = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** One fact, the order it belongs to, and what the same event said of the buyer and of the payment's other ids. */
export interface ReadFact {
  readonly fact: SubscriptionFact;
  /**
   * The order: the subscription's id, or a one-off's money id. Null for a refund of which the provider names only the payment;
   * ingestion then finds the order by the payment's ids.
   */
  readonly subscription: string | null;
  readonly identity: IdentityHints;
  /** The payment's other ids (charge, payment intent, session …), by which a later refund may name it. */
  readonly paymentIds: readonly string[];
}

/** Three answers, never a silent null. */
export type Reading =
  | { readonly kind: 'facts'; readonly facts: readonly ReadFact[] }
  /**
   * Nothing for us to do. `links` (optional) are payment ids learned on the way: an id → the money id it belongs to.
   */
  | { readonly kind: 'ignored'; readonly reason: string; readonly links?: readonly PaymentLink[] }
  /** Verified, but not in a shape we know: kept in quarantine. */
  | { readonly kind: 'unreadable'; readonly reason: string };

export interface PaymentLink {
  readonly id: string;
  readonly moneyId: string;
}

export interface ReadingContext {
  /** The merchant's role of a price or plan id, if one is set. */
  readonly roleOf: (priceId: string) => PriceRole | undefined;
}

export interface VerificationContext {
  /** The time by which stale and future timestamps are refused, Unix milliseconds. */
  readonly nowMs: number;
  /** For providers whose signature needs a certificate. Default: the global one. */
  readonly fetch?: typeof globalThis.fetch;
}

export interface PspAdapter {
  /** Its name, variables and links. */
  readonly manifest: PspManifest;
  /**
   * Checks the signature over the raw bytes, in constant time, against every configured secret.
   */
  verify(
    raw: Buffer,
    headers: WebhookHeaders,
    secrets: readonly string[],
    at: VerificationContext,
  ): Verification | Promise<Verification>;
  /** The event's type, for logs and quarantine; any JSON. */
  typeOf(body: unknown, headers?: WebhookHeaders): string;
  /** True when the event comes from the provider's test mode, null when it doesn't say. */
  isTestMode(body: unknown): boolean | null;
  /**
   * Reads a verified, parsed body. Total: never throws. `headers` are those of the webhook, for providers that say something only
   * there; absent when the event comes from the provider's API.
   */
  read(body: unknown, context: ReadingContext, headers?: WebhookHeaders): Reading;
  /** The provider's API, for renewal checks; absent where there is none that helps. */
  readonly api?: (options: PspApiOptions) => PspApi;
}

export interface PspApiOptions {
  /** As configured, the one to use first. Solidgate: `public:secret`; PayPal: `clientId:clientSecret`. */
  readonly keys: readonly string[];
  /** Null: the provider's own. */
  readonly baseUrl: string | null;
  readonly context: ReadingContext;
  /** The http client: a pooled `fetch` with a time limit. */
  readonly fetch: typeof globalThis.fetch;
  readonly nowMs: () => number;
}

/** From (included) and to (excluded), Unix milliseconds. */
export interface TimeWindow {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * What a renewal check asks a provider for. Read only. Every fact equals the one that the webhook of the same payment gives: same
 * money id, amount, time and order, so that whichever comes first, the other changes nothing.
 * Calls reject with `PspApiError`.
 */
export interface PspApi {
  /**
   * What has happened in the window: payments, refunds and ends of subscriptions. A page per call; `page` is null for the first,
   * then `nextPage`, an opaque string that survives a restart.
   */
  changes(window: TimeWindow, page: string | null): Promise<ApiPage>;
  /** What the provider has of one subscription since `fromMs`: its payments, its end. Empty when it does not know it. */
  ofSubscription(subscription: string, fromMs: number): Promise<ApiPage>;
}

export interface ApiPage {
  readonly facts: readonly ReadFact[];
  /** Ids of payments that can be told (`PaymentLink`), as an ignored webhook teaches them. */
  readonly links: readonly PaymentLink[];
  /** What could not be read, so that nothing is passed over in silence. No values of the body. */
  readonly unreadable: readonly { readonly id: string | null; readonly reason: string }[];
  readonly nextPage: string | null;
}

/** Why a provider's API gave no answer. Messages hold no credentials and no personal data. */
export class PspApiError extends Error {
  override readonly name = 'PspApiError';
  constructor(
    /** `throttled` and `unreachable` pass by themselves; `unauthorized` needs the operator; `unexpected` a developer. */
    readonly kind: 'throttled' | 'unreachable' | 'unauthorized' | 'unexpected',
    message: string,
    /** When the provider says to come back. */
    readonly retryAfterMs?: number,
  ) {
    super(message);
  }
}

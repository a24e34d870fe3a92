/** The interface of a payment provider's folder. A new provider is one folder here and one line in `providers.ts`. */
import type { IdentityHints } from '../domain/identity';
import type { PriceRole, SubscriptionFact } from '../domain/fact';
import type { PspManifest } from './manifest';

/** The headers of a webhook. */
export interface WebhookHeaders {
  /** Node's lower-cased header names; a header sent twice may be an array. */
  readonly [name: string]: string | readonly string[] | undefined;
}

/** The result of checking a signature. `reason` goes to the log: it holds no secret and nothing of the body. */
export type Verification = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** One fact, with its order, and the buyer and the other payment ids that the same event named. */
export interface ReadFact {
  readonly fact: SubscriptionFact;
  /**
   * The order: the subscription's id, or a one-off's money id. Null when the provider names only the payment of a refund or dispute;
   * ingestion then finds the order by the payment's ids.
   */
  readonly subscription: string | null;
  readonly identity: IdentityHints;
  /** The payment's other ids (charge, payment intent, session …), by which a later refund may name it. */
  readonly paymentIds: readonly string[];
}

/** An adapter's reading of a verified webhook. `reason` goes to the webhook log and the quarantine: it holds no value of the body. */
export type Reading =
  | { readonly kind: 'facts'; readonly facts: readonly ReadFact[] }
  /**
   * The event changes nothing. `links` are payment ids that it teaches all the same.
   */
  | { readonly kind: 'ignored'; readonly reason: string; readonly links?: readonly PaymentLink[] }
  /** Verified, but its body does not fit the schema: it is kept in quarantine. */
  | { readonly kind: 'unreadable'; readonly reason: string };

/** Another id of a payment, by which a later refund may name it, and the money id it belongs to. */
export interface PaymentLink {
  readonly id: string;
  readonly moneyId: string;
}

/** The merchant's knowledge that a reading needs. */
export interface ReadingContext {
  /** The merchant's role of a price or plan id, if one is set. */
  readonly roleOf: (priceId: string) => PriceRole | undefined;
}

export interface VerificationContext {
  /** The clock by which stale and future timestamps are refused, Unix milliseconds. */
  readonly nowMs: number;
  /** For providers whose signature needs a certificate. Default: the global one. */
  readonly fetch?: typeof globalThis.fetch;
}

/** A payment provider, as the rest of the relay knows it. */
export interface PspAdapter {
  /** Its name, variables and links. */
  readonly manifest: PspManifest;
  /**
   * Checks the signature over the raw bytes, in constant time, against every configured secret. May reject when a certificate cannot be
   * fetched now; the provider should then send again.
   */
  verify(
    raw: Buffer,
    headers: WebhookHeaders,
    secrets: readonly string[],
    at: VerificationContext,
  ): Verification | Promise<Verification>;
  /** The event's type, for logs and quarantine. Takes any JSON and never throws; `unknown` when there is no type. */
  typeOf(body: unknown, headers?: WebhookHeaders): string;
  /** True when the event comes from the provider's test mode, null when the event does not say. Takes any JSON and never throws. */
  isTestMode(body: unknown): boolean | null;
  /**
   * Reads a verified, parsed body. Never throws. `headers` are the webhook's, for providers that state the event's type only there;
   * absent when the event comes from the provider's API.
   */
  read(body: unknown, context: ReadingContext, headers?: WebhookHeaders): Reading;
  /** The provider's API, for renewal checks; absent where the provider has none that lists payments. */
  readonly api?: (options: PspApiOptions) => PspApi;
}

/** The options of a provider's API client. */
export interface PspApiOptions {
  /** The configured keys, in the order of use. Solidgate: `public:secret`; PayPal: `clientId:clientSecret`. */
  readonly keys: readonly string[];
  /** Null for the provider's own address. */
  readonly baseUrl: string | null;
  readonly context: ReadingContext;
  /** The http client: a pooled `fetch` with a time limit. */
  readonly fetch: typeof globalThis.fetch;
  readonly nowMs: () => number;
}

/** A span of time, from (included) and to (excluded), in Unix milliseconds. */
export interface TimeWindow {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * A provider's API as renewal checks read it. Every fact equals the one that the webhook of the same payment gives (same money id,
 * amount, time and order), so that the second of the two changes nothing. Calls reject with `PspApiError`.
 */
export interface PspApi {
  /**
   * The payments, refunds and ends of subscriptions in the window, one page per call. `page` is null for the first page, then
   * the last answer's `nextPage`, an opaque string that survives a restart.
   */
  changes(window: TimeWindow, page: string | null): Promise<ApiPage>;
  /** The payments and the end of one subscription since `fromMs` (Unix milliseconds). Empty when the provider does not know it. */
  ofSubscription(subscription: string, fromMs: number): Promise<ApiPage>;
}

/** A page of a provider's answer. */
export interface ApiPage {
  readonly facts: readonly ReadFact[];
  /** Payment ids that the page teaches, as an ignored webhook does. */
  readonly links: readonly PaymentLink[];
  /** The objects that could not be read, each with the reason. No values of the body. */
  readonly unreadable: readonly { readonly id: string | null; readonly reason: string }[];
  readonly nextPage: string | null;
}

/** The failure of a call to a provider's API. Messages hold no credentials and no personal data. */
export class PspApiError extends Error {
  override readonly name = 'PspApiError';
  constructor(
    /** `throttled` and `unreachable` pass by themselves; `unauthorized` needs an operator, `unexpected` a developer. */
    readonly kind: 'throttled' | 'unreachable' | 'unauthorized' | 'unexpected',
    message: string,
    /** How long the provider asks to wait. */
    readonly retryAfterMs?: number,
  ) {
    super(message);
  }
}

/** The interface of a payment provider's folder. A new provider is one folder here and one line in `providers.ts`. */
import type { IdentityHints } from '../domain/identity';
import type { PriceRole, SubscriptionFact } from '../domain/fact';
import type { Metadata } from '../domain/routing';
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
  /** All that the merchant wrote beside it, for routing: never signalled, stored or logged. Absent where the event carries none. */
  readonly metadata?: Metadata | undefined;
}

/** An adapter's reading of a verified webhook. `reason` goes to the webhook log and the quarantine: it holds no value of the body. */
export type Reading =
  | { readonly kind: 'facts'; readonly facts: readonly ReadFact[]; readonly links?: readonly PaymentLink[] }
  /** The event changes nothing. It may teach ids of payments all the same, or that a payment is made which may be paid later. */
  | { readonly kind: 'ignored'; readonly reason: string; readonly links?: readonly PaymentLink[]; readonly openPayment?: string }
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

/** How a provider's list of what happened is ordered and how far it reaches. Its window is a span of that order's times. */
export interface ListDescription {
  /**
   * `creation`: by when an object was made, so that a payment may become one long after its place in the list has passed. `change`: by
   * when an object last changed. `event`: by when the event was written.
   */
  readonly orderedBy: 'creation' | 'change' | 'event';
  /** How long after its place in the list an object may still become a payment; 0 unless ordered by creation. */
  readonly lookBackMs: number;
  /** How long the provider keeps the list; null where it names no limit. */
  readonly kept: {
    readonly forMs: number;
    /** True when older payments are read from other lists. */
    readonly hasOlderPayments: boolean;
    /** What is not read of the time before: a sentence for the operator. */
    readonly beyond: string;
  } | null;
}

/** The payments among these ids that the relay has as paid, each with its money id: the provider need not be asked about them. */
export type KnownPayments = (ids: readonly string[]) => Promise<ReadonlyMap<string, string>>;

/**
 * A provider's API as renewal checks read it. Every fact equals the one that the webhook of the same payment gives (same money id,
 * amount, time and order), so that the second of the two changes nothing. Calls reject with `PspApiError`.
 */
export interface PspApi {
  readonly list: ListDescription;
  /**
   * The payments, refunds and ends of subscriptions in the window, one page per call. `page` is null for the first page, then
   * the last answer's `nextPage`, an opaque string that survives a restart. What `known` knows is not asked for in detail; without it
   * all is asked for.
   */
  changes(window: TimeWindow, page: string | null, known?: KnownPayments): Promise<ApiPage>;
  /** The payments and the end of one subscription since `fromMs` (Unix milliseconds). Empty when the provider does not know it. */
  ofSubscription(subscription: string, fromMs: number): Promise<SubscriptionPage>;
  /** For a list by creation: the payments that are listed before they are paid. */
  readonly open?: OpenPayments;
}

/** Payments that may still be paid: a check remembers them, and asks for those that are open no longer. */
export interface OpenPayments {
  /** The ids of the open payments that were made in the window, one page per call. */
  page(window: TimeWindow, page: string | null): Promise<{ readonly ids: readonly string[]; readonly nextPage: string | null }>;
  /** What became of one payment. */
  read(id: string): Promise<ApiPage>;
}

/** A page of a provider's answer. */
export interface ApiPage {
  readonly facts: readonly ReadFact[];
  /** Payment ids that the page teaches, as an ignored webhook does. */
  readonly links: readonly PaymentLink[];
  /** The objects that could not be read. */
  readonly unreadable: readonly UnreadableItem[];
  /** The ids of the objects that were read, whatever came of them. */
  readonly readIds?: readonly string[];
  readonly nextPage: string | null;
}

/** What a provider says of one subscription. */
export interface SubscriptionPage extends ApiPage {
  /** When the next payment is due by the provider's own word, Unix milliseconds. */
  readonly nextDueAtMs?: number | undefined;
}

export interface UnreadableItem {
  readonly id: string | null;
  /** No values of the body. */
  readonly reason: string;
  /** The object in the shape of a webhook's body, for the quarantine; absent when there is none. */
  readonly body?: unknown;
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

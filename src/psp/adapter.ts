/** What a payment provider's folder must offer. A new provider is one folder here and one line in `index.ts`. */
import type { IdentityHints } from '../domain/identity';
import type { PriceRole, SubscriptionFact } from '../domain/fact';

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

export interface PspAdapter {
  /** The name in `/webhooks/:psp` and in ids. */
  readonly name: string;
  /**
   * Checks the signature over the raw bytes, in constant time, against every configured secret.
   * `nowMs` is the time by which stale and future timestamps are refused.
   */
  verify(raw: Buffer, headers: WebhookHeaders, secrets: readonly string[], nowMs: number): Verification;
  /** The event's type, for logs and quarantine; any JSON. */
  typeOf(body: unknown): string;
  /** True when the event comes from the provider's test mode, null when it doesn't say. */
  isTestMode(body: unknown): boolean | null;
  /** Reads a verified, parsed body. Total: never throws. */
  read(body: unknown, context: ReadingContext): Reading;
}

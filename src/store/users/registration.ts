/** A fact of an order as ingestion writes it to the database before it signals the workflow. */
import type { Identity, JoinEvidence, UserKey } from '../../domain/identity';
import type { PaymentRef, PurchaseRecord } from '../../domain/purchase';

/** Everything ingestion must have in the database before it signals, written in one transaction. */
export interface Registration extends PaymentRef {
  readonly integration: string;
  readonly keys: readonly UserKey[];
  /** The key among them that may be many buyers': it is left out where the buyer who has it is known to be another one. */
  readonly doubtfulKey?: UserKey | null;
  /** What the fact itself says of its buyer. */
  readonly identity: Identity;
  /** A checkout id belongs to the first order that brings it, unless that is not paid and this one is. */
  readonly checkout: UserKey | null;
  /** The checkout's id in clear, which the order remembers until it is paid. */
  readonly checkoutId?: string | null;
  /** Other ids of the payment (its `moneyId` is always one). Empty for facts that are no payment. */
  readonly paymentIds: readonly string[];
  /** The row shown until the workflow has decided; null for facts that make no record. Never overwrites a row. */
  readonly pending: PurchaseRecord | null;
  /** When the next payment of the order is due, where the fact says so. */
  readonly dueAtMs?: number | null;
  /** When the fact happened that says when the payment is due. Default: `atMs`. */
  readonly saidAtMs?: number;
  /** When the order ended, where the fact says so. */
  readonly endedAtMs?: number | null;
  /** When the order was resumed, or its cancellation undone, where the fact says so. */
  readonly resumedAtMs?: number | null;
  /**
   * When the payment happened, if it may be an order's first phase; then an order without a checkout of its own adopts a checkout that
   * only the browser has reported. Null for everything else.
   */
  readonly firstPhaseAtMs?: number | null;
  /** True when the limit lets the payment be sent only as its user's first purchase. */
  readonly limited?: boolean;
  readonly atMs: number;
}

/** The result of a registration. */
export interface Registered {
  /** The registration's keys as the database knows them: they may be of a later generation of the pepper. */
  readonly keys: readonly UserKey[];
  /** True when the checkout id belongs to this order (it becomes the event id of the order's first phase). */
  readonly ownsCheckout: boolean;
  /** The checkout id that the order has from the browser's report of the purchase, or from an earlier fact, if this one brings none. */
  readonly adoptedCheckoutId: string | null;
  /** True when the order's buyer was erased: then only the order itself identifies the buyer. */
  readonly isErased: boolean;
  /** True when the doubtful key turned out to be another buyer's. */
  readonly isOthersKey: boolean;
  /** How many users turned out to be one, and what showed it; 0 at almost every registration. */
  readonly joined: number;
  readonly evidence: JoinEvidence;
}

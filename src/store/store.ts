/**
 * What is looked up: settings, users, the list of purchases, the quarantine. One interface, one implementation over drizzle,
 * two drivers (PGlite, PostgreSQL). Every write is keyed and repeatable.
 */
import type { Identity, UserKey } from '../domain/identity';
import type { BrowserCheckout } from '../domain/browser-purchase';
import type { ClaimMode } from '../domain/limit';
import type { DeliveryError, EventValue, PaymentRef, PurchaseRecord, PurchaseState } from '../domain/purchase';
import type { SubscriptionFact } from '../domain/fact';
import type { Settings } from '../domain/settings';

export type { ClaimMode };

export interface Store {
  readonly settings: SettingsStore;
  readonly users: UserStore;
  readonly purchases: PurchaseStore;
  readonly quarantine: QuarantineStore;
  readonly audit: AuditStore;
  readonly orders: OrderStore;
  readonly checks: CheckStore;
  readonly signalledFacts: SignalledFactStore;
  readonly webhookLog: WebhookLog;
  /** Resolves when a query can be answered; rejects otherwise. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface SettingsStore {
  /** The newest version; `initial` is stored as version 1 when there is none. Safe from several processes. */
  load(integration: string, initial: Settings): Promise<Settings>;
  /**
   * Stores `next` (its `version` is set to the stored one + 1) if the newest version is still `expectedVersion`;
   * otherwise changes nothing and answers `conflict` with the newest version's number.
   */
  save(integration: string, next: Settings, expectedVersion: number, by: string, atMs: number): Promise<SaveOutcome>;
}

export type SaveOutcome =
  { readonly kind: 'saved'; readonly settings: Settings } | { readonly kind: 'conflict'; readonly version: number };

/** Everything ingestion must have in the database before it signals, written in one transaction. */
export interface Registration extends PaymentRef {
  readonly integration: string;
  readonly keys: readonly UserKey[];
  readonly identity: Identity;
  /** A checkout id belongs to the first order that brings it. */
  readonly checkout: UserKey | null;
  /** Other ids of the payment (its `moneyId` is always one). Empty for facts that are no payment. */
  readonly paymentIds: readonly string[];
  /** The row shown until the workflow has decided; null for facts that make no record. Never overwrites a row. */
  readonly pending: PurchaseRecord | null;
  /** When the next payment of the order is due, where the fact says so. */
  readonly dueAtMs?: number | null;
  /** When the order ended, where the fact says so. */
  readonly endedAtMs?: number | null;
  /**
   * When the payment happened, if it may be an order's first phase; then an order without a checkout of its own takes over a checkout
   * that only the browser has reported. Null for everything else.
   */
  readonly firstPhaseAtMs?: number | null;
  /** True when the limit lets the payment be sent only as its user's first. */
  readonly limited?: boolean;
  readonly atMs: number;
}

export interface Registered {
  /** True when the checkout id belongs to this order (it becomes the event id of the order's first phase). */
  readonly ownsCheckout: boolean;
  /** The checkout id that the order has from the browser's report of the purchase, if it brings none itself. */
  readonly adoptedCheckoutId: string | null;
  /** True when the order's buyer asked to be forgotten: nothing but the order itself may say who it is. */
  readonly isErased: boolean;
}

/** What the browser script tells of a visitor. No order is known, or will ever be. */
export interface Visit {
  readonly integration: string;
  /** At least one of user id, e-mail, checkout (`UserKeys.ofBuyer`). */
  readonly keys: readonly UserKey[];
  readonly identity: Identity;
  readonly atMs: number;
}

/** The browser asks whether it may report a checkout as a purchase. */
export interface BrowserPurchaseRequest extends Visit {
  /** In clear: it is to be the event id. Random, no personal data. */
  readonly checkoutId: string;
  /** Whether it may (domain/browser-purchase.ts); asked while the user is locked. */
  readonly decide: (checkout: BrowserCheckout) => boolean;
}

export interface BrowserPurchaseDecision {
  readonly send: boolean;
  /** The same that the server uses, or will use, for this purchase. */
  readonly eventId: string;
}

export interface Erased {
  /** Orders whose workflows have to forget the buyer too. */
  readonly orders: readonly { readonly psp: string; readonly subscription: string }[];
}

export interface ClaimResult {
  readonly granted: boolean;
  /** Who holds the place after the call. */
  readonly holder: PaymentRef;
}

export interface UserView {
  readonly identifiers: readonly string[];
  readonly firstPurchase: PaymentRef | null;
  readonly orders: readonly { readonly psp: string; readonly subscription: string }[];
}

export interface UserStore {
  /**
   * Joins all `keys` to one user (merging users that turn out to be one: the earlier first place wins, identities merge),
   * fills identity, records the order, the payment's ids and the pending row. One transaction, repeatable.
   */
  register(registration: Registration): Promise<Registered>;
  /**
   * Claims the user's first place for a payment under all `keys` at once: concurrent claims of one user are serialised and
   * exactly one gets a free place. Repeatable: the holder is granted again.
   */
  claimFirstPurchase(
    integration: string,
    keys: readonly UserKey[],
    payment: PaymentRef,
    mode: ClaimMode,
    atMs: number,
  ): Promise<ClaimResult>;
  /**
   * What a visit tells: joins its keys to one user and fills identity, as `register` does, without an order. A checkout joins the
   * visitor to the order that came of it, unless two user ids have come together by it already.
   */
  recordVisit(visit: Visit): Promise<void>;
  /**
   * As `meet`; then decides, once for all who ask at the same time, whether the browser may report the checkout, and remembers a yes.
   * Until the user's next order takes it over (`register`) or claims the place (`claimFirstPurchase`), the checkout holds the user's first
   * place provisionally if nobody else does: against other checkouts; against orders only once it is another order's.
   * The order of the checkout is the one that brought its id, or else one of the user's that has no checkout and was paid at about
   * the same time; that one is bound to the checkout from then on. Repeatable.
   */
  authorizeBrowserPurchase(ask: BrowserPurchaseRequest): Promise<BrowserPurchaseDecision>;
  /**
   * Forgets who a user is: identity and all identifiers but its orders. Its orders keep their payments, first place and event ids, and
   * never learn identity or identifiers again. Null when no user has the key. Repeatable.
   */
  erase(integration: string, key: UserKey, atMs: number): Promise<Erased | null>;
  /** Forgets visitors without an order who were not met since. Answers how many. */
  purgeVisitors(beforeMs: number): Promise<number>;
  /** Frees the place if `payment` holds it. */
  releaseFirstPurchase(integration: string, keys: readonly UserKey[], payment: PaymentRef): Promise<void>;
  /** What is known of the buyer, all keys' users taken together. */
  identity(integration: string, keys: readonly UserKey[]): Promise<Identity>;
  find(integration: string, key: UserKey): Promise<UserView | null>;
  /** The order and money id of a payment, by any of its ids. */
  orderOfPayment(integration: string, psp: string, paymentId: string): Promise<PaymentRef | null>;
  /** Learns that `id` belongs to `moneyId`'s payment. */
  linkPayment(integration: string, psp: string, id: string, moneyId: string): Promise<void>;
  /** Keeps a fact (a refund) whose payment is not known yet, under the id it names. Repeatable. */
  keepUnmatchedRefund(integration: string, psp: string, paymentId: string, fact: SubscriptionFact, atMs: number): Promise<void>;
  /** The facts that wait for this payment, by any of its ids; they stay kept (facts are repeatable). */
  unmatchedRefundsOf(integration: string, psp: string, paymentIds: readonly string[]): Promise<readonly SubscriptionFact[]>;
}

export interface PurchaseFilter {
  readonly integration: string;
  readonly state?: PurchaseState;
  readonly psp?: string;
  readonly user?: UserKey;
  readonly fromMs?: number;
  readonly toMs?: number;
  /** Exact subscription, payment or event id. */
  readonly q?: string;
  readonly errorType?: string;
  readonly cursor?: string;
  readonly limit: number;
}

export interface PurchasePage {
  readonly items: readonly PurchaseRecord[];
  readonly nextCursor: string | null;
}

export interface Attempt {
  readonly attempts: number;
  readonly firstAttemptAtMs: number;
  /** What the last failed attempt came to. */
  readonly lastError: DeliveryError | null;
  readonly alreadySent: {
    readonly eventId: string;
    readonly requestId: string | null;
    readonly sentAtMs: number;
    readonly value: EventValue | null;
  } | null;
}

export interface PurchaseSum {
  readonly psp: string;
  readonly currency: string;
  readonly state: PurchaseState;
  readonly count: number;
  readonly chargedMinor: number;
}

export interface PurchaseStore {
  /** Upserts by (integration, psp, moneyId); a row with a higher `revision` is left alone. */
  record(integration: string, records: readonly PurchaseRecord[]): Promise<void>;
  /**
   * Notes an attempt and when the first one was made (later ones never reset it).
   * Answers the number of attempts so far, this one included, when the first was made, and what was sent if the row says `sent`
   * already (an attempt whose end nobody heard of, or a workflow that has closed since).
   */
  beginAttempt(integration: string, payment: PaymentRef, atMs: number): Promise<Attempt>;
  /** Notes the error of a failed attempt on a row that is still pending. */
  recordFailedAttempt(
    integration: string,
    payment: PaymentRef,
    error: { readonly type: string; readonly code: number | null; readonly message: string },
  ): Promise<void>;
  /** Newest first (by `occurredAtMs`, then money id). Throws `InvalidCursor` on a cursor that is none. */
  list(filter: PurchaseFilter): Promise<PurchasePage>;
  ofSubscription(integration: string, psp: string, subscription: string): Promise<readonly PurchaseRecord[]>;
  count(integration: string): Promise<Readonly<Record<PurchaseState, number>>>;
  /** When the oldest pending purchase happened; null when none is pending. */
  oldestPendingAtMs(integration: string): Promise<number | null>;
  /** What was charged in a period, by provider, currency and state. Charges that failed are not in it. */
  sums(filter: {
    readonly integration: string;
    readonly psp?: string;
    readonly fromMs: number;
    readonly toMs: number;
  }): Promise<readonly PurchaseSum[]>;
  /** Which of these payments have a row. */
  known(integration: string, psp: string, moneyIds: readonly string[]): Promise<ReadonlySet<string>>;
}

export interface QuarantinedWebhook {
  readonly id: string;
  readonly psp: string;
  readonly receivedAtMs: number;
  readonly type: string;
  readonly reason: string;
}

export interface QuarantineStore {
  /** Keeps the raw body, encrypted. The same body twice is one entry. */
  keep(integration: string, psp: string, raw: Buffer, type: string, reason: string, atMs: number): Promise<string>;
  list(
    integration: string,
    cursor: string | undefined,
    limit: number,
  ): Promise<{ readonly items: readonly QuarantinedWebhook[]; readonly nextCursor: string | null }>;
  body(integration: string, id: string): Promise<{ readonly psp: string; readonly raw: Buffer } | null>;
  remove(integration: string, id: string): Promise<void>;
}

export interface AuditStore {
  append(entry: {
    readonly integration: string;
    readonly atMs: number;
    readonly by: string;
    readonly action: string;
    readonly target: string;
    readonly reason: string | null;
  }): Promise<void>;
}

export interface OverdueOrder {
  readonly subscription: string;
  readonly dueAtMs: number;
}

export interface OrderStore {
  /** Orders that have not ended, whose next payment was due before a time, and that were not asked for since another; longest due first. */
  overdue(filter: {
    readonly integration: string;
    readonly psp: string;
    readonly dueBeforeMs: number;
    readonly dueAfterMs: number;
    readonly polledBeforeMs: number;
    readonly limit: number;
  }): Promise<readonly OverdueOrder[]>;
  /** `settledDueAtMs`: what was due then is paid, so nothing is until a later date is known. Null: still open. */
  markPolled(integration: string, psp: string, subscription: string, atMs: number, settledDueAtMs: number | null): Promise<void>;
}

/** What a renewal check came to. Counts only. */
export interface CheckSummary {
  /** Facts that the provider told, and how many of the payments among them were not known before. */
  readonly facts: number;
  readonly found: number;
  /** Overdue subscriptions that were asked for. */
  readonly polled: number;
  readonly unreadable: number;
  /** Null while all went well. */
  readonly error: string | null;
}

export interface CheckState {
  /** Everything before this was looked at. */
  readonly upToMs: number;
  readonly finishedAtMs: number;
  readonly summary: CheckSummary;
}

export interface CheckStore {
  last(integration: string, psp: string): Promise<CheckState | null>;
  /** `upToMs` never goes back. */
  finish(integration: string, psp: string, state: CheckState): Promise<void>;
}

/** Which facts workflows were told lately. A memory to save work: what is forgotten is told again, and changes nothing. */
export interface SignalledFactStore {
  /** True when this very fact of this order was told and noted. */
  wasSignalled(integration: string, psp: string, subscription: string, fact: SubscriptionFact): Promise<boolean>;
  markSignalled(integration: string, psp: string, subscription: string, fact: SubscriptionFact, atMs: number): Promise<void>;
  /** Answers how many went. */
  purge(beforeMs: number): Promise<number>;
}

export interface LoggedWebhook {
  readonly psp: string;
  readonly receivedAtMs: number;
  readonly type: string | null;
  readonly outcome: string;
  readonly reason: string | null;
}

export interface WebhookLog {
  append(integration: string, delivery: LoggedWebhook): Promise<void>;
  /** Newest first. */
  list(filter: {
    readonly integration: string;
    readonly psp?: string;
    readonly cursor?: string;
    readonly limit: number;
  }): Promise<{ readonly items: readonly LoggedWebhook[]; readonly nextCursor: string | null }>;
  /** Answers how many went. */
  purge(beforeMs: number): Promise<number>;
}

/**
 * The tables. `npm run migration` (drizzle-kit) writes a new step to `migrations/` from a change of this file; a test fails until it has.
 * Times are Unix milliseconds, amounts are in minor units. No personal data in clear: identifiers are HMACs, the rest is sealed.
 */
import { sql } from 'drizzle-orm';
import type { AnyPgColumn } from 'drizzle-orm/pg-core';
import {
  bigint,
  boolean,
  customType,
  index,
  integer,
  json,
  jsonb,
  numeric,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import type { DeliveryOutcome } from '../domain/delivery';
import type { Destination, MatchedBy, PaymentRef, PurchaseState, WaitingFor } from '../domain/purchase';
import type { Phase, PurchaseType, SubscriptionFact } from '../domain/fact';
import type { Consent, IdentifierKind, JoinEvidence, UserKey } from '../domain/identity';
import type { Settings } from '../domain/settings';
import type { NotCompared, OurCounts } from '../domain/tiktok-count';

/** The counts of a renewal check. */
export interface CheckSummary {
  /** Facts that the provider's API reported. */
  readonly facts: number;
  /** The payments among them that were not known before. */
  readonly found: number;
  /** Overdue subscriptions that were polled. */
  readonly polled: number;
  readonly unreadable: number;
  /** Why the check failed; null when it did not. */
  readonly error: string | null;
  /** The window that was read, Unix milliseconds. Checks of before have neither this nor the next. */
  readonly window?: { readonly fromMs: number; readonly toMs: number };
  /** What the provider could not be asked for. */
  readonly notes?: readonly string[];
}

const millis = (name: string) => bigint(name, { mode: 'number' });
const minor = (name: string) => bigint(name, { mode: 'number' });
const id = (name: string) => bigint(name, { mode: 'number' });

const bytes = customType<{ data: Buffer; driverData: Uint8Array }>({
  dataType: () => 'bytea',
  fromDriver: (value) => Buffer.from(value),
});

/** Text that every database sorts alike, by its bytes: pages are ordered by it. */
const sortedText = customType<{ data: string }>({ dataType: () => 'text collate "C"' });

/** The part of the settings that is stored in clear. */
export type SettingsDocument = Omit<Settings, 'accessToken' | 'version'>;

/** Every version of the settings; rows are only added. */
export const settingsVersions = pgTable(
  'settings_versions',
  {
    integration: text('integration').notNull(),
    version: integer('version').notNull(),
    document: jsonb('document').$type<SettingsDocument>().notNull(),
    /** Sealed JSON. */
    accessToken: text('access_token'),
    savedBy: text('saved_by').notNull(),
    /** Null for version 1, which comes from the environment. */
    savedAtMs: millis('saved_at_ms'),
  },
  (table) => [primaryKey({ columns: [table.integration, table.version] })],
);

export const users = pgTable(
  'users',
  {
    id: id('id').primaryKey().generatedAlwaysAsIdentity(),
    integration: text('integration').notNull(),
    /** Sealed JSON: an `Identity` without its consent. Null when nothing is known. */
    identity: text('identity'),
    consent: text('consent').$type<Consent>(),
    /** When `consent` was stated. */
    consentAtMs: millis('consent_at_ms'),
    /** The user that this one was merged into; no other row refers to a merged user. */
    mergedInto: id('merged_into').references((): AnyPgColumn => users.id, { onDelete: 'cascade' }),
    /** Set when the user asked to be forgotten: from then on the row has only its orders. */
    erasedAtMs: millis('erased_at_ms'),
    createdAtMs: millis('created_at_ms').notNull(),
    /** The last change or visit, to the day. */
    updatedAtMs: millis('updated_at_ms').notNull(),
  },
  (table) => [
    index('users_merged')
      .on(table.mergedInto)
      .where(sql`${table.mergedInto} is not null`),
    index('users_idle').on(table.updatedAtMs),
    index('users_identified')
      .on(table.updatedAtMs)
      .where(sql`${table.identity} is not null`),
  ],
);

export const userIdentifiers = pgTable(
  'user_identifiers',
  {
    integration: text('integration').notNull(),
    kind: text('kind').$type<IdentifierKind>().notNull(),
    hmac: text('hmac').notNull(),
    userId: id('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
  },
  (table) => [
    primaryKey({ columns: [table.integration, table.kind, table.hmac] }),
    index('user_identifiers_user').on(table.userId),
  ],
);

export const userOrders = pgTable(
  'user_orders',
  {
    integration: text('integration').notNull(),
    psp: text('psp').notNull(),
    subscription: text('subscription').notNull(),
    userId: id('user_id')
      .notNull()
      .references(() => users.id),
    /** Sealed JSON: what the order's own facts say of its buyer. It outranks what is remembered of the user. */
    ownIdentity: text('own_identity'),
    /** The checkout that the order's facts named last. It may be another order's, until this one is paid. */
    checkoutHmac: text('checkout_hmac'),
    /** In clear: it is random, and may become an event id. */
    checkoutId: text('checkout_id'),
    /** When the next payment is expected; null while nothing says so. */
    dueAtMs: millis('due_at_ms'),
    /** When the fact happened that said so: a later one replaces it. */
    dueSaidAtMs: millis('due_said_at_ms'),
    /** Null while the order runs, and again when it was resumed after its end. */
    endedAtMs: millis('ended_at_ms'),
    /** When the order was last resumed, so that an end from before, heard of later, does not count. */
    resumedAtMs: millis('resumed_at_ms'),
    /** When a renewal check last read this order at its provider. */
    polledAtMs: millis('polled_at_ms'),
    /** Marks of what facts have said of the buyer since `settledFor` became what it is: to hear it again changes nothing. */
    settledAs: text('settled_as').array(),
    /** What was known of the buyer then, as a hash (`settled_mark`). */
    settledFor: text('settled_for'),
  },
  (table) => [
    primaryKey({ columns: [table.integration, table.psp, table.subscription] }),
    index('user_orders_user').on(table.userId),
    index('user_orders_due')
      .on(table.integration, table.psp, table.dueAtMs, table.subscription)
      .where(sql`${table.endedAtMs} is null and ${table.dueAtMs} is not null`),
  ],
);

/**
 * The claims of a user's first purchase. A merged user may have several: the earliest row holds.
 * The later rows stay, so that the user still has a first purchase after the earliest was released.
 */
export const firstPurchases = pgTable(
  'first_purchases',
  {
    integration: text('integration').notNull(),
    psp: sortedText('psp').notNull(),
    subscription: sortedText('subscription').notNull(),
    moneyId: sortedText('money_id').notNull(),
    userId: id('user_id')
      .notNull()
      .references(() => users.id),
    claimedAtMs: millis('claimed_at_ms').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.integration, table.psp, table.subscription, table.moneyId] }),
    index('first_purchases_user').on(table.userId, table.claimedAtMs),
  ],
);

/** The order that brought a checkout id first, or took it over from the browser. */
export const checkouts = pgTable(
  'checkouts',
  {
    integration: text('integration').notNull(),
    hmac: text('hmac').notNull(),
    psp: text('psp').notNull(),
    subscription: text('subscription').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.integration, table.hmac] }),
    index('checkouts_by_order').on(table.integration, table.psp, table.subscription),
  ],
);

/** The checkouts that the browser may report as a purchase. Its order is that of the checkout (`checkouts`). */
export const browserPurchases = pgTable(
  'browser_purchases',
  {
    integration: text('integration').notNull(),
    /** Of the checkout's key; the checkout is an identifier of the same user. */
    hmac: text('hmac').notNull(),
    /** In clear: it is random, and may become an event id. */
    checkoutId: text('checkout_id').notNull(),
    userId: id('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** When the browser was first authorized. */
    authorizedAtMs: millis('authorized_at_ms').notNull(),
    /** The event id that the browser was given. */
    eventId: text('event_id').notNull(),
    /** Who asked, as in `visits`; null of a buyer who was known by proof. */
    caller: text('caller'),
  },
  (table) => [
    primaryKey({ columns: [table.integration, table.hmac] }),
    index('browser_purchases_user').on(table.userId),
    index('browser_purchases_caller')
      .on(table.integration, table.caller)
      .where(sql`${table.caller} is not null`),
  ],
);

/**
 * What pages said without proof, by each identifier that they named: it fills gaps of a buyer's click, page, address and browser, and
 * joins nobody. A row of a checkout becomes its buyer's word once an order or a user token proves the checkout; then it is deleted.
 */
export const visits = pgTable(
  'visits',
  {
    integration: text('integration').notNull(),
    kind: text('kind').$type<'user_id' | 'email' | 'checkout'>().notNull(),
    hmac: text('hmac').notNull(),
    /** Sealed JSON: an `Identity` without its consent. Of a user id or e-mail only click, page, address and browser. */
    words: text('words'),
    /** Of a user id or e-mail only a refusal: a grant without proof loosens nothing. */
    consent: text('consent').$type<Consent>(),
    consentAtMs: millis('consent_at_ms'),
    /** The rest is of a checkout only. Its id in clear: it is random, and may become an event id. */
    checkoutId: text('checkout_id'),
    /** The user id and the e-mail that its page named first. */
    userIdHmac: text('user_id_hmac'),
    emailHmac: text('email_hmac'),
    /** When the browser was told that it may report the checkout as a purchase. */
    reportedAtMs: millis('reported_at_ms'),
    /** HMAC over the asker's address, browser and stated identifier: another checkout of the same asker is limited. */
    caller: text('caller'),
    createdAtMs: millis('created_at_ms').notNull(),
    /** The last visit: to the hour of a checkout, else to the day. */
    updatedAtMs: millis('updated_at_ms').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.integration, table.kind, table.hmac] }),
    index('visits_idle').on(table.updatedAtMs),
    index('visits_refused')
      .on(table.integration, table.consentAtMs)
      .where(sql`${table.consent} = 'denied' and ${table.kind} <> 'checkout'`),
    index('visits_of_user_id')
      .on(table.integration, table.userIdHmac)
      .where(sql`${table.userIdHmac} is not null`),
    index('visits_of_email')
      .on(table.integration, table.emailHmac)
      .where(sql`${table.emailHmac} is not null`),
    index('visits_caller')
      .on(table.integration, table.caller)
      .where(sql`${table.caller} is not null`),
  ],
);

/**
 * By how many layers of the pepper identifiers are written (docs/decisions/0023): the row with the highest number counts. Without a row it is
 * generation 1.
 */
export const pepperGenerations = pgTable('pepper_generations', {
  generation: integer('generation').primaryKey(),
  /** False while rows of earlier generations may be left, which the store lifts when it meets them. */
  isComplete: boolean('is_complete').notNull(),
});

/** Two users who turned out to be one: by what, and what each of them was, so that an operator can undo it. */
export const userJoins = pgTable(
  'user_joins',
  {
    id: id('id').primaryKey().generatedAlwaysAsIdentity(),
    integration: text('integration').notNull(),
    survivorId: id('survivor_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    mergedId: id('merged_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    atMs: millis('at_ms').notNull(),
    evidence: text('evidence').$type<JoinEvidence>().notNull(),
    /** Which kinds of identifiers came together. */
    kinds: jsonb('kinds').$type<readonly IdentifierKind[]>().notNull(),
    /** What the merged user had. */
    identifiers: jsonb('identifiers').$type<readonly UserKey[]>().notNull(),
    orders: jsonb('orders').$type<readonly { readonly psp: string; readonly subscription: string }[]>().notNull(),
    /** Sealed JSON: the survivor's `Knowledge` before. Null once it is of no use: undone, or the buyer's identity is over. */
    survivorKnew: text('survivor_knew'),
    /** Sealed JSON: that of the merged user. */
    mergedKnew: text('merged_knew'),
    undoneAtMs: millis('undone_at_ms'),
    undoneBy: text('undone_by'),
  },
  (table) => [
    index('user_joins_newest').on(table.integration, table.id),
    index('user_joins_pair').on(table.mergedId, table.survivorId),
    index('user_joins_survivor').on(table.survivorId),
  ],
);

/** The order of every payment that was registered. */
export const payments = pgTable(
  'payments',
  {
    integration: text('integration').notNull(),
    psp: text('psp').notNull(),
    moneyId: text('money_id').notNull(),
    subscription: text('subscription').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.integration, table.psp, table.moneyId] }),
    index('payments_by_order').on(table.integration, table.psp, table.subscription),
  ],
);

/** A payment's other ids. What an id belongs to may itself turn out to be another payment's id (charge → intent → invoice). */
export const paymentIds = pgTable(
  'payment_ids',
  {
    integration: text('integration').notNull(),
    psp: text('psp').notNull(),
    paymentId: text('payment_id').notNull(),
    moneyId: text('money_id').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.integration, table.psp, table.paymentId, table.moneyId] }),
    index('payment_ids_money').on(table.integration, table.psp, table.moneyId),
  ],
);

/** Refunds whose payment was not known when they came. */
export const unmatchedRefunds = pgTable(
  'unmatched_refunds',
  {
    integration: text('integration').notNull(),
    psp: text('psp').notNull(),
    paymentId: text('payment_id').notNull(),
    factHash: text('fact_hash').notNull(),
    fact: jsonb('fact').$type<SubscriptionFact>().notNull(),
    keptAtMs: millis('kept_at_ms').notNull(),
  },
  (table) => [primaryKey({ columns: [table.integration, table.psp, table.paymentId, table.factHash] })],
);

export const purchases = pgTable(
  'purchases',
  {
    integration: text('integration').notNull(),
    psp: sortedText('psp').notNull(),
    moneyId: sortedText('money_id').notNull(),
    subscription: text('subscription').notNull(),
    purchaseType: text('purchase_type').$type<PurchaseType>().notNull(),
    phase: text('phase').$type<Phase>(),
    state: text('state').$type<PurchaseState>().notNull(),
    reason: text('reason'),
    heldBy: jsonb('held_by').$type<PaymentRef>(),
    eventId: text('event_id').notNull(),
    eventName: text('event_name').notNull(),
    valueMinor: minor('value_minor'),
    valueCurrency: text('value_currency'),
    chargedMinor: minor('charged_minor').notNull(),
    refundedMinor: minor('refunded_minor').notNull(),
    currency: text('currency').notNull(),
    occurredAtMs: millis('occurred_at_ms').notNull(),
    attempts: integer('attempts').notNull(),
    firstAttemptAtMs: millis('first_attempt_at_ms'),
    errorType: text('error_type'),
    errorCode: integer('error_code'),
    errorMessage: text('error_message'),
    requestId: text('request_id'),
    sentAtMs: millis('sent_at_ms'),
    by: text('by_whom'),
    settingsVersion: integer('settings_version').notNull(),
    revision: integer('revision').notNull(),
    /** When what the row says was decided, by Temporal's clock: of two rows with one revision the later decision stands. */
    asOfMs: millis('as_of_ms').notNull().default(0),
    /** The columns from here on are the delivery's trace: the report writes them, and a record leaves them as they are. */
    destination: text('destination').$type<Destination>(),
    waitingFor: text('waiting_for').$type<WaitingFor>(),
    nextAttemptAtMs: millis('next_attempt_at_ms'),
    givesUpAtMs: millis('gives_up_at_ms'),
    /** What identified the buyer in the last attempt. */
    matchedBy: jsonb('matched_by').$type<readonly MatchedBy[]>(),
    /** True when it was kept back for a refusal that only a page without proof said. */
    refusedByPage: boolean('refused_by_page').notNull().default(false),
  },
  (table) => [
    primaryKey({ columns: [table.integration, table.psp, table.moneyId] }),
    index('purchases_newest').on(
      table.integration,
      table.occurredAtMs.desc().nullsFirst(),
      table.moneyId.desc().nullsFirst(),
      table.psp.desc().nullsFirst(),
    ),
    index('purchases_by_state').on(
      table.integration,
      table.state,
      table.occurredAtMs.desc().nullsFirst(),
      table.moneyId.desc().nullsFirst(),
      table.psp.desc().nullsFirst(),
    ),
    index('purchases_by_psp').on(
      table.integration,
      table.psp,
      table.occurredAtMs.desc().nullsFirst(),
      table.moneyId.desc().nullsFirst(),
    ),
    // By its beginning, too.
    index('purchases_by_subscription').on(table.integration, table.subscription.op('text_pattern_ops')),
    index('purchases_by_payment').on(table.integration, table.moneyId),
    index('purchases_by_event').on(table.integration, table.eventId.op('text_pattern_ops')),
    index('purchases_by_reason')
      .on(table.integration, table.reason, table.occurredAtMs.desc().nullsFirst())
      .where(sql`${table.state} in ('suppressed', 'not_a_purchase')`),
    index('purchases_refused_by_page')
      .on(table.integration, table.occurredAtMs)
      .where(sql`${table.refusedByPage}`),
    index('purchases_by_error')
      .on(table.integration, table.errorType, table.occurredAtMs.desc().nullsFirst())
      .where(sql`${table.errorType} is not null`),
  ],
);

/** Each attempt to send a purchase, with the request as it was sent. As long as its purchase. */
export const deliveryAttempts = pgTable(
  'delivery_attempts',
  {
    integration: text('integration').notNull(),
    psp: sortedText('psp').notNull(),
    moneyId: sortedText('money_id').notNull(),
    /** 1, 2, 3 … */
    number: integer('number').notNull(),
    atMs: millis('at_ms').notNull(),
    durationMs: integer('duration_ms').notNull(),
    outcome: text('outcome').$type<DeliveryOutcome['kind']>().notNull(),
    code: integer('code'),
    /** TikTok's words, redacted. */
    message: text('message'),
    requestId: text('request_id'),
    /** The operator who asked for it; null when the settings decided. */
    by: text('by_whom'),
    destination: text('destination').$type<Destination>().notNull(),
    /** Sealed JSON: the request's body, without what would name a person in clear. Null when none was sent, and after an erasure. */
    request: text('request'),
  },
  (table) => [
    primaryKey({ columns: [table.integration, table.psp, table.moneyId, table.number] }),
    index('delivery_attempts_requests')
      .on(table.atMs)
      .where(sql`${table.request} is not null`),
  ],
);

/**
 * Purchases counted by day and by what became of them, so that nobody has to scan them. A trigger adds each change of a purchase to
 * `purchase_total_changes`; `purchase_totals` takes them up from time to time, and a sum reads both.
 */
const totalColumns = () => ({
  integration: text('integration').notNull(),
  psp: text('psp').notNull(),
  /** Days since 1970-01-01 UTC, of `occurred_at_ms`. */
  day: integer('day').notNull(),
  purchaseType: text('purchase_type').$type<PurchaseType>().notNull(),
  /** Empty for a charge without a phase. */
  phase: text('phase').$type<Phase | ''>().notNull(),
  state: text('state').$type<PurchaseState>().notNull(),
  /** Of `suppressed` and `not_a_purchase`; empty for the other states, whose reasons are free text. */
  reason: text('reason').notNull(),
  currency: text('currency').notNull(),
  count: bigint('count', { mode: 'number' }).notNull(),
  /** A sum: it may be larger than any one amount, and than 64 bits. */
  chargedMinor: numeric('charged_minor', { mode: 'bigint' }).notNull(),
});

export const purchaseTotals = pgTable('purchase_totals', totalColumns(), (table) => [
  primaryKey({
    name: 'purchase_totals_pk',
    columns: [
      table.integration,
      table.day,
      table.psp,
      table.purchaseType,
      table.phase,
      table.state,
      table.reason,
      table.currency,
    ],
  }),
]);

export const purchaseTotalChanges = pgTable(
  'purchase_total_changes',
  { id: id('id').primaryKey().generatedAlwaysAsIdentity(), ...totalColumns() },
  (table) => [index('purchase_total_changes_of').on(table.integration, table.day)],
);

/** Things that are counted by day as they happen: refused signatures, refused origins, webhooks, latency, matched identifiers. */
export const tallies = pgTable(
  'tallies',
  {
    integration: text('integration').notNull(),
    /** Days since 1970-01-01 UTC. */
    day: integer('day').notNull(),
    name: text('name').notNull(),
    /** Empty where no provider is meant. */
    psp: text('psp').notNull(),
    label: text('label').notNull(),
    count: bigint('count', { mode: 'number' }).notNull(),
    lastAtMs: millis('last_at_ms').notNull(),
  },
  (table) => [primaryKey({ columns: [table.integration, table.day, table.name, table.psp, table.label] })],
);

/** What needs somebody's eye, from when it was noticed until it was over. */
export const alerts = pgTable(
  'alerts',
  {
    id: id('id').primaryKey().generatedAlwaysAsIdentity(),
    integration: text('integration').notNull(),
    kind: text('kind').notNull(),
    /** Tells two alerts of one kind apart: a provider, an error type. */
    subject: text('subject').notNull(),
    message: text('message').notNull(),
    openedAtMs: millis('opened_at_ms').notNull(),
    closedAtMs: millis('closed_at_ms'),
    /** When its opening, and then its closing, was told to `ALERT_WEBHOOK_URL`. */
    openingToldAtMs: millis('opening_told_at_ms'),
    closingToldAtMs: millis('closing_told_at_ms'),
  },
  (table) => [
    uniqueIndex('alerts_open')
      .on(table.integration, table.kind, table.subject)
      .where(sql`${table.closedAtMs} is null`),
    index('alerts_newest').on(table.integration, table.openedAtMs.desc().nullsFirst()),
  ],
);

/** Groups of purchases that need attention which an operator has seen: by error type, until the group is empty. */
export const acknowledgements = pgTable(
  'acknowledgements',
  {
    integration: text('integration').notNull(),
    errorType: text('error_type').notNull(),
    by: text('by_whom').notNull(),
    atMs: millis('at_ms').notNull(),
  },
  (table) => [primaryKey({ columns: [table.integration, table.errorType] })],
);

/** Secrets of providers that operators entered, beside those of the environment. */
export const providerSecrets = pgTable(
  'provider_secrets',
  {
    integration: text('integration').notNull(),
    psp: text('psp').notNull(),
    /** `webhook` or `api`. */
    kind: text('kind').$type<'webhook' | 'api'>().notNull(),
    /** An HMAC of the secret, so that one is kept once. */
    id: text('id').notNull(),
    /** Sealed JSON: the secret, written as in the environment. */
    sealed: text('sealed').notNull(),
    addedBy: text('added_by').notNull(),
    addedAtMs: millis('added_at_ms').notNull(),
  },
  (table) => [primaryKey({ columns: [table.integration, table.psp, table.kind, table.id] })],
);

/** Tokens of operators and viewers that were made here, as hashes. */
export const operatorTokens = pgTable(
  'operator_tokens',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    role: text('role').$type<'viewer' | 'operator'>().notNull(),
    hash: text('hash').notNull(),
    createdBy: text('created_by').notNull(),
    createdAtMs: millis('created_at_ms').notNull(),
    lastUsedAtMs: millis('last_used_at_ms'),
    revokedAtMs: millis('revoked_at_ms'),
  },
  (table) => [
    uniqueIndex('operator_tokens_named')
      .on(table.name)
      .where(sql`${table.revokedAtMs} is null`),
  ],
);

export const quarantine = pgTable(
  'quarantine',
  {
    integration: text('integration').notNull(),
    id: sortedText('id').notNull(),
    psp: text('psp').notNull(),
    type: text('type').notNull(),
    reason: text('reason').notNull(),
    /** The provider's id of the object, where it came from the provider's API and not as a webhook. */
    item: text('item'),
    receivedAtMs: millis('received_at_ms').notNull(),
    keyId: text('key_id').notNull(),
    sealedBody: bytes('sealed_body').notNull(),
    /** Ids that its body names, of which one may be the payment's: a corrected webhook is known by it. */
    mentions: jsonb('mentions').$type<readonly string[]>(),
    /** Whom its body may name, as HMACs: an erasure finds it by them. Null for bodies of before. */
    persons: jsonb('persons').$type<readonly string[]>(),
  },
  (table) => [
    primaryKey({ columns: [table.integration, table.id] }),
    index('quarantine_by_item')
      .on(table.integration, table.psp, table.item)
      .where(sql`${table.item} is not null`),
    index('quarantine_newest').on(table.integration, table.receivedAtMs.desc().nullsFirst(), table.id.desc().nullsFirst()),
  ],
);

export const audit = pgTable(
  'audit',
  {
    id: id('id').primaryKey().generatedAlwaysAsIdentity(),
    integration: text('integration').notNull(),
    atMs: millis('at_ms').notNull(),
    by: text('by_whom').notNull(),
    action: text('action').notNull(),
    target: text('target').notNull(),
    reason: text('reason'),
  },
  (table) => [index('audit_newest').on(table.integration, table.atMs.desc().nullsFirst())],
);

/** How far the renewal checks of an account have looked. */
export const checks = pgTable(
  'checks',
  {
    integration: text('integration').notNull(),
    psp: text('psp').notNull(),
    upToMs: millis('up_to_ms').notNull(),
    finishedAtMs: millis('finished_at_ms').notNull(),
    summary: jsonb('summary').$type<CheckSummary>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.integration, table.psp] })],
);

/** TikTok's own count, by event and UTC day, with ours at that moment. */
export const tiktokCounts = pgTable(
  'tiktok_counts',
  {
    integration: text('integration').notNull(),
    /** Days since 1970-01-01 UTC. */
    day: integer('day').notNull(),
    event: text('event').notNull(),
    countedAtMs: millis('counted_at_ms').notNull(),
    /** Null where TikTok did not say. */
    total: bigint('total', { mode: 'number' }),
    server: bigint('server', { mode: 'number' }),
    browser: bigint('browser', { mode: 'number' }),
    ours: jsonb('ours').$type<OurCounts>().notNull(),
    notCompared: text('not_compared').$type<NotCompared>(),
  },
  (table) => [primaryKey({ columns: [table.integration, table.day, table.event] })],
);

/** When TikTok was last asked for its count, and what came of it. */
export const tiktokCountRuns = pgTable('tiktok_count_runs', {
  integration: text('integration').primaryKey(),
  finishedAtMs: millis('finished_at_ms').notNull(),
  /** Why it could not be read; null when it was. */
  error: text('error'),
  /** What of it could not be read. */
  notes: jsonb('notes').$type<readonly string[]>().notNull(),
});

/** Payments that a provider showed before they were final: the next check asks what became of them. */
export const openPayments = pgTable(
  'open_payments',
  {
    integration: text('integration').notNull(),
    psp: text('psp').notNull(),
    paymentId: text('payment_id').notNull(),
    listedAtMs: millis('listed_at_ms').notNull(),
  },
  (table) => [primaryKey({ columns: [table.integration, table.psp, table.paymentId] })],
);

/** Hashes of the facts that workflows were signalled lately: a renewal check does not signal them again. */
export const signalledFacts = pgTable(
  'signalled_facts',
  {
    integration: text('integration').notNull(),
    factHash: text('fact_hash').notNull(),
    signalledAtMs: millis('signalled_at_ms').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.integration, table.factHash] }),
    index('signalled_facts_oldest').on(table.signalledAtMs),
  ],
);

/** The facts of every order, as they were accepted: an order whose workflow is gone starts again from them. No personal data. */
export const orderFacts = pgTable(
  'order_facts',
  {
    integration: text('integration').notNull(),
    psp: text('psp').notNull(),
    subscription: text('subscription').notNull(),
    factHash: text('fact_hash').notNull(),
    /** `json`, since `jsonb` refuses texts that a provider may send (a NUL). */
    fact: json('fact').$type<SubscriptionFact>().notNull(),
    settingsVersion: integer('settings_version').notNull(),
    tooOld: boolean('too_old').notNull(),
    acceptedAtMs: millis('accepted_at_ms').notNull(),
    checkoutId: text('checkout_id'),
  },
  (table) => [primaryKey({ columns: [table.integration, table.psp, table.subscription, table.factHash] })],
);

/**
 * Facts of a shared account of which nothing says yet whether they belong to this integration: until a later fact of the order does. A row
 * for each id under which a later one may name the same order or payment.
 */
export const waitingFacts = pgTable(
  'waiting_facts',
  {
    integration: text('integration').notNull(),
    psp: text('psp').notNull(),
    id: text('id').notNull(),
    /** Tells one reading from another; of the buyer it holds HMACs. */
    factHash: text('fact_hash').notNull(),
    /** The order of arrival. */
    number: id('number').notNull().generatedAlwaysAsIdentity(),
    /** Sealed JSON: a `WaitingFact`'s reading, without its metadata. */
    sealed: text('sealed').notNull(),
    keptAtMs: millis('kept_at_ms').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.integration, table.psp, table.id, table.factHash] }),
    index('waiting_facts_oldest').on(table.keptAtMs),
  ],
);

/** Orders of a shared account whose metadata said that they are not this integration's: what says nothing is not kept for them. */
export const declinedOrders = pgTable(
  'declined_orders',
  {
    integration: text('integration').notNull(),
    psp: text('psp').notNull(),
    subscription: text('subscription').notNull(),
    declinedAtMs: millis('declined_at_ms').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.integration, table.psp, table.subscription] }),
    index('declined_orders_oldest').on(table.declinedAtMs),
  ],
);

/** Recent webhooks: no bodies. */
export const webhookLog = pgTable(
  'webhook_log',
  {
    id: id('id').primaryKey().generatedAlwaysAsIdentity(),
    integration: text('integration').notNull(),
    psp: text('psp').notNull(),
    receivedAtMs: millis('received_at_ms').notNull(),
    type: text('type'),
    outcome: text('outcome').notNull(),
    reason: text('reason'),
  },
  (table) => [
    index('webhook_log_newest').on(table.integration, table.psp, table.id.desc().nullsFirst()),
    index('webhook_log_oldest').on(table.receivedAtMs),
  ],
);

/**
 * The tables, as drizzle sees them. `migrations/` creates them; a test holds the two together.
 * Times are Unix milliseconds, amounts are in minor units. No personal data in clear: identifiers are HMACs, the rest is sealed.
 */
import { bigint, customType, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import type { PaymentRef, PurchaseState } from '../domain/purchase';
import type { Phase, PurchaseType, SubscriptionFact } from '../domain/fact';
import type { Consent, IdentifierKind } from '../domain/identity';
import type { Settings } from '../domain/settings';
import type { CheckSummary } from './store';

const millis = (name: string) => bigint(name, { mode: 'number' });
const minor = (name: string) => bigint(name, { mode: 'number' });
const id = (name: string) => bigint(name, { mode: 'number' });

const bytes = customType<{ data: Buffer; driverData: Uint8Array }>({
  dataType: () => 'bytea',
  fromDriver: (value) => Buffer.from(value),
});

/** What of the settings is stored in clear. */
export type SettingsDocument = Omit<Settings, 'accessToken' | 'version'>;

/** Every version that ever was; rows are never changed. */
export const settingsVersions = pgTable(
  'settings_versions',
  {
    integration: text('integration').notNull(),
    version: integer('version').notNull(),
    document: jsonb('document').$type<SettingsDocument>().notNull(),
    /** Sealed JSON. */
    accessToken: text('access_token'),
    savedBy: text('saved_by').notNull(),
    /** Null for version 1, which nobody saved. */
    savedAtMs: millis('saved_at_ms'),
  },
  (table) => [primaryKey({ columns: [table.integration, table.version] })],
);

export const users = pgTable('users', {
  id: id('id').primaryKey().generatedAlwaysAsIdentity(),
  integration: text('integration').notNull(),
  /** Sealed JSON: an `Identity` without its consent. Null when nothing is known. */
  identity: text('identity'),
  consent: text('consent').$type<Consent>(),
  /** When `consent` was stated. */
  consentAtMs: millis('consent_at_ms'),
  /** Set on a user that turned out to be another one; nothing points at it any more. */
  mergedInto: id('merged_into'),
  /** Set on a user who asked to be forgotten: it has nothing but its orders, and stays so. */
  erasedAtMs: millis('erased_at_ms'),
  createdAtMs: millis('created_at_ms').notNull(),
  /** When it last changed or was met, to the day. */
  updatedAtMs: millis('updated_at_ms').notNull(),
});

export const userIdentifiers = pgTable(
  'user_identifiers',
  {
    integration: text('integration').notNull(),
    kind: text('kind').$type<IdentifierKind>().notNull(),
    hmac: text('hmac').notNull(),
    userId: id('user_id').notNull(),
  },
  (table) => [primaryKey({ columns: [table.integration, table.kind, table.hmac] })],
);

export const userOrders = pgTable(
  'user_orders',
  {
    integration: text('integration').notNull(),
    psp: text('psp').notNull(),
    subscription: text('subscription').notNull(),
    userId: id('user_id').notNull(),
    /** When the next payment is expected; null while nothing says so. */
    dueAtMs: millis('due_at_ms'),
    endedAtMs: millis('ended_at_ms'),
    /** When a renewal check last asked the provider for this order. */
    askedAtMs: millis('asked_at_ms'),
  },
  (table) => [primaryKey({ columns: [table.integration, table.psp, table.subscription] })],
);

/**
 * Who holds, or held before two users turned out to be one, a user's first place: the earliest row counts.
 * The others stay, so that freeing the first does not make a buyer of two orders look like one of none.
 */
export const firstPurchases = pgTable(
  'first_places',
  {
    integration: text('integration').notNull(),
    psp: text('psp').notNull(),
    subscription: text('subscription').notNull(),
    moneyId: text('money_id').notNull(),
    userId: id('user_id').notNull(),
    takenAtMs: millis('taken_at_ms').notNull(),
  },
  (table) => [primaryKey({ columns: [table.integration, table.psp, table.subscription, table.moneyId] })],
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
  (table) => [primaryKey({ columns: [table.integration, table.hmac] })],
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
    userId: id('user_id').notNull(),
    /** When the browser was first told that it may. */
    askedAtMs: millis('asked_at_ms').notNull(),
    /** Under which id. */
    eventId: text('event_id').notNull(),
  },
  (table) => [primaryKey({ columns: [table.integration, table.hmac] })],
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
  (table) => [primaryKey({ columns: [table.integration, table.psp, table.moneyId] })],
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
  (table) => [primaryKey({ columns: [table.integration, table.psp, table.paymentId, table.moneyId] })],
);

/** Facts whose payment was not known when they came. */
export const unmatchedRefunds = pgTable(
  'orphan_facts',
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
    psp: text('psp').notNull(),
    moneyId: text('money_id').notNull(),
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
  },
  (table) => [primaryKey({ columns: [table.integration, table.psp, table.moneyId] })],
);

export const quarantine = pgTable(
  'quarantine',
  {
    integration: text('integration').notNull(),
    id: text('id').notNull(),
    psp: text('psp').notNull(),
    type: text('type').notNull(),
    reason: text('reason').notNull(),
    receivedAtMs: millis('received_at_ms').notNull(),
    keyId: text('key_id').notNull(),
    sealedBody: bytes('sealed_body').notNull(),
  },
  (table) => [primaryKey({ columns: [table.integration, table.id] })],
);

export const audit = pgTable('audit', {
  id: id('id').primaryKey().generatedAlwaysAsIdentity(),
  integration: text('integration').notNull(),
  atMs: millis('at_ms').notNull(),
  by: text('by_whom').notNull(),
  action: text('action').notNull(),
  target: text('target').notNull(),
  reason: text('reason'),
});

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

/** Facts that a workflow was told lately, as hashes: a renewal check does not tell them again. */
export const signalledFacts = pgTable(
  'told_facts',
  {
    integration: text('integration').notNull(),
    factHash: text('fact_hash').notNull(),
    toldAtMs: millis('told_at_ms').notNull(),
  },
  (table) => [primaryKey({ columns: [table.integration, table.factHash] })],
);

/** Recent webhooks: no bodies. */
export const webhookLog = pgTable('deliveries', {
  id: id('id').primaryKey().generatedAlwaysAsIdentity(),
  integration: text('integration').notNull(),
  psp: text('psp').notNull(),
  receivedAtMs: millis('received_at_ms').notNull(),
  type: text('type'),
  outcome: text('outcome').notNull(),
  reason: text('reason'),
});

/**
 * The messages of the workflows, as a table of contents: ids, task queues, signals, updates, queries and their payloads.
 * Client and workflows share it; it imports nothing that the workflow sandbox does not have.
 */
import type { SignalDefinition } from '@temporalio/workflow';
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { LifecycleFact, PaymentFact, RefundFact, SubscriptionFact } from '../src/domain/fact';
import type { Acceptance } from '../src/domain/observe';
import type { PurchaseRecord } from '../src/domain/purchase';
import type { Subscription } from '../src/domain/subscription';
import type { Input } from '../src/domain/transition';

/** Workflows, and the activities that belong to them. */
export const coreTaskQueue = 'tiktok-purchase-relay';
/** `reportPurchase` only, so that sends have a rate limit of their own and never starve workflows. */
export const eventsTaskQueue = 'tiktok-events';

/** An order: a subscription, or a one-off under its money id. */
export interface OrderRef {
  readonly integration: string;
  readonly psp: string;
  readonly subscription: string;
}

export function subscriptionWorkflowId({ integration, psp, subscription }: OrderRef): string {
  return `subscription/${integration}/${psp}/${subscription}`;
}

/** The inverse of `subscriptionWorkflowId`; null for an id of another kind. */
export function orderOfWorkflowId(workflowId: string): OrderRef | null {
  const [type, integration, psp, ...rest] = workflowId.split('/');
  const subscription = rest.join('/');
  return type === 'subscription' && integration && psp && subscription ? { integration, psp, subscription } : null;
}

/**
 * A worker wraps what came without our seal in this member, so that a workflow can tell what this service sent from what anybody with
 * access to Temporal did (`src/temporal/codec.ts`).
 */
export const unsealedMember = 'tiktok-purchase-relay/unsealed';

/** The content of a message, and whether this service sealed it. */
export function opened(message: unknown): { readonly content: unknown; readonly isSealed: boolean } {
  const isWrapped = typeof message === 'object' && message !== null && Object.hasOwn(message, unsealedMember);
  if (!isWrapped) return { content: message, isSealed: true };
  return { content: (message as Record<string, unknown>)[unsealedMember], isSealed: false };
}

export interface SubscriptionInput extends OrderRef {
  /** How long an order that has ended stays open for late facts; default 45 days. */
  readonly closeAfterMs?: number;
  /** The service knows the order from before: without a workflow that remembers it, it starts from what the database has. */
  readonly fromRecords?: boolean;
  /** Carried through continue-as-new; absent on the first run. */
  readonly carried?: Subscription;
}

/** The header of signals and activities that carries a trace (src/telemetry/tracing.ts). */
export const traceHeader = 'relay-trace';

/** A fact, with the settings and identifiers at the time of its acceptance. */
export interface Accepted<F> {
  readonly fact: F;
  readonly accepted: Acceptance;
}

export const trialStartSignal = defineSignal<[Accepted<PaymentFact>]>('trialStart');
export const conversionSignal = defineSignal<[Accepted<PaymentFact>]>('conversion');
export const renewalSignal = defineSignal<[Accepted<PaymentFact>]>('renewal');
export const lifecycleSignal = defineSignal<[Accepted<LifecycleFact>]>('lifecycle');
export const refundSignal = defineSignal<[Accepted<RefundFact>]>('refund');

/** The signals that carry a fact. The Temporal UI shows the descriptions. */
export const factSignals: readonly {
  readonly signal: SignalDefinition<[Accepted<SubscriptionFact>]>;
  readonly description: string;
}[] = [
  { signal: trialStartSignal, description: 'A trial started: with a payment, or free' },
  { signal: conversionSignal, description: 'The first full payment, or a one-off' },
  { signal: renewalSignal, description: 'A later payment, or a charge that is not a purchase' },
  { signal: lifecycleSignal, description: 'The subscription began, was cancelled, ended, paused, failed to pay …' },
  { signal: refundSignal, description: 'Money was refunded or disputed' },
];

/** Sends again every purchase that needs attention, or those with one error type. */
export const resendSignal = defineSignal<[{ readonly by: string; readonly error?: string }]>('resend');
/** Forgets the buyer, after a request for erasure. */
export const eraseSignal = defineSignal('erase');
/**
 * Begins a new history as soon as nothing is under way, sealed with the first key: then an older key can be retired. `lifted` are the buyer's
 * HMACs that the order holds, each with its form under a newer pepper, which takes its place.
 */
export const resealSignal = defineSignal<[message?: { readonly lifted: Readonly<Record<string, string>> }]>('reseal');

/** An operator's command for one purchase. `by` names the operator in the record. */
export interface OperatorCommand {
  readonly moneyId: string;
  readonly by: string;
  readonly reason?: string;
  /** Of a resend: also if TikTok has the purchase. It drops the repetition within 48 h of the first, and counts it anew after. */
  readonly force?: boolean;
}

/** The types of the failures with which a command is refused. */
export const refusedCommands = { unknownPayment: 'UnknownPayment', alreadySent: 'AlreadySent' } as const;

export const resendPurchaseUpdate = defineUpdate<PurchaseRecord, [OperatorCommand]>('resendPurchase');
export const skipPurchaseUpdate = defineUpdate<PurchaseRecord, [OperatorCommand]>('skipPurchase');

/** The updates for operators, each with the input that the workflow applies. The Temporal UI shows the descriptions. */
export const operatorUpdates: readonly {
  readonly update: typeof resendPurchaseUpdate;
  readonly description: string;
  readonly inputOf: (command: OperatorCommand) => Input;
  /** Answer only once no delivery of the purchase is under way. */
  readonly waitsForDelivery: boolean;
  /** A purchase that was sent is left alone, unless the command has `force`. */
  readonly guardsSent: boolean;
}[] = [
  {
    update: resendPurchaseUpdate,
    description: 'Sends one purchase again: {"moneyId": "…", "by": "…", "reason"?: "…", "force"?: true for one that was sent}',
    inputOf: ({ moneyId, by }) => ({ kind: 'resend', moneyId, by }),
    waitsForDelivery: false,
    guardsSent: true,
  },
  {
    update: skipPurchaseUpdate,
    description: 'Gives up one purchase: {"moneyId": "…", "by": "…", "reason"?: "…"}',
    inputOf: ({ moneyId, by, reason }) => ({ kind: 'skip', moneyId, by, reason: reason ?? null }),
    waitsForDelivery: true,
    guardsSent: false,
  },
];

export interface SubscriptionView extends OrderRef {
  readonly status: Subscription['status'];
  readonly purchaseType: PurchaseRecord['purchaseType'];
  /** In the order in which they happened, without those that are folded. */
  readonly purchases: readonly PurchaseRecord[];
  /** How many settled purchases only the table has; absent while it is none. */
  readonly folded?: number;
}

export const stateQuery = defineQuery<SubscriptionView>('state');

/** All that the workflow knows of its order, for a database that has lost it. */
export const orderQuery = defineQuery<Subscription>('order');

/** Names of the search attributes, all without personal data. */
export const searchAttributes = {
  integration: 'TtIntegration',
  psp: 'TtPsp',
  purchaseType: 'TtPurchaseType',
  subscriptionStatus: 'TtSubscriptionStatus',
  deliveryStatus: 'TtDeliveryStatus',
  user: 'TtUser',
  errorType: 'TtErrorType',
  needsAttention: 'TtNeedsAttention',
} as const;

/** A provider's account of an integration. */
export interface AccountRef {
  readonly integration: string;
  readonly psp: string;
}

export function renewalCheckId({ integration, psp }: AccountRef): string {
  return `renewal-check/${integration}/${psp}`;
}

/** A backfill of one range of dates runs once at a time; one that only counts has an id of its own. */
export function backfillId(account: AccountRef, { fromMs, toMs }: TimeWindow, dryRun = false): string {
  const range = `${new Date(fromMs).toISOString()}..${new Date(toMs).toISOString()}`;
  return `${backfillPrefix(account)}${range}${dryRun ? '/dry-run' : ''}`;
}

export function backfillPrefix({ integration, psp }: AccountRef): string {
  return `backfill/${integration}/${psp}/`;
}

/** The inverse of `backfillId`; null for an id of another kind. */
export function backfillOfId(workflowId: string): { readonly window: TimeWindow; readonly dryRun: boolean } | null {
  const [, from = '', to = '', dryRun] = /^backfill\/.+\/([^/]+)\.\.([^/]+?)(\/dry-run)?$/.exec(workflowId) ?? [];
  const window = { fromMs: Date.parse(from), toMs: Date.parse(to) };
  return Number.isNaN(window.fromMs + window.toMs) ? null : { window, dryRun: dryRun !== undefined };
}

/** From (included) and to (excluded), Unix milliseconds. */
export interface TimeWindow {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The progress of a check or backfill. Carried through continue-as-new. */
export interface CheckProgress {
  readonly window: TimeWindow;
  /** The provider's next page; null when the window has been read. */
  readonly page: string | null;
  readonly isRead: boolean;
  readonly facts: number;
  /** Payments among the facts that were not known before. */
  readonly found: number;
  readonly polled: number;
  readonly unreadable: number;
  /** Of the pages so far; absent before the first. */
  readonly reading?: ReadingState;
  /** What the provider could not be asked for. */
  readonly notes?: readonly string[];
  /** Of a backfill that only counts; absent otherwise. */
  readonly dryRun?: DryRunCounts;
}

/** What a backfill would do, of payments that are not known. Settings other than the age limit may keep more of them back. */
export interface DryRunCounts {
  readonly wouldSend: number;
  /** Recorded as too old, and not sent. */
  readonly tooOld: number;
  /** Recorded as no purchase: prorations, amounts of zero and the like. */
  readonly notPurchases: number;
}

/** How far a check is: first the provider's list, then the payments that it listed before they were paid. */
export interface ReadingState extends PagesSoFar {
  readonly stage: 'list' | 'open';
}

/** What is remembered of the pages so far, so that a list which goes in circles is noticed. */
export interface PagesSoFar {
  readonly pages: number;
  /** Pages without anything in them, one after the other. */
  readonly empty: number;
  /** The position and the content of an earlier page. */
  readonly anchor: { readonly next: string; readonly content: string | null } | null;
}

export interface RenewalCheckInput extends AccountRef {
  readonly carried?: CheckProgress;
}

export interface BackfillInput extends AccountRef {
  readonly window: TimeWindow;
  /** A payment that is too old to be sent also becomes its user's first purchase, so that the limit knows earlier buyers. */
  readonly rememberFirstPurchases: boolean;
  /** Only count: nothing is taken in. */
  readonly dryRun?: boolean;
  readonly carried?: CheckProgress;
}

export const progressQuery = defineQuery<CheckProgress>('progress');

/** What TikTok has counted of the purchases of an integration. */
export interface TikTokCountInput {
  readonly integration: string;
}

export interface TikTokCountResult {
  /** Days that were read. */
  readonly days: number;
  /** Why it could not be read; null when it was. */
  readonly error: string | null;
}

export function tiktokCountId({ integration }: TikTokCountInput): string {
  return `tiktok-count/${integration}`;
}

/** Sends again what needs attention in one integration: all of it, or what has one error type. */
export interface BulkResendInput {
  readonly integration: string;
  /** Null for all. */
  readonly error: string | null;
  /** The operator, for the records. */
  readonly by: string;
  readonly carried?: BulkResendProgress;
}

export interface BulkResendProgress {
  readonly by: string;
  readonly startedAtMs: number;
  /** Purchases that needed attention when it began. */
  readonly total: number;
  /** Those that were sent on their way again. */
  readonly done: number;
  /** Orders that were told. */
  readonly orders: number;
  /** Orders that could not be told: they still need attention. */
  readonly failed: number;
  /** Where the next page of orders begins. */
  readonly cursor: string | null;
  readonly isDone: boolean;
}

export function bulkResendId({ integration, error }: Pick<BulkResendInput, 'integration' | 'error'>): string {
  return error === null ? `bulk-resend/${integration}` : `bulk-resend/${integration}/${error}`;
}

export const bulkResendProgressQuery = defineQuery<BulkResendProgress>('progress');

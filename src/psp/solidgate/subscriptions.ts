/** Snapshots of a subscription: what happened to it, and the money of its latest invoice, whatever the callback. */
import type { LifecycleFact, LifecycleKind, TrialWindow } from '../../domain/fact';
import type { ReadFact, Reading, ReadingContext } from '../adapter';
import { compact } from '../../domain/compact';
import { minorFromInteger } from '../money';
import { readMetadata, withCustomer } from '../metadata';
import { facts, ignored, unreadable } from '../schema-mismatch';
import { isTrialInvoice, lastFailedOrder, paidInvoices } from './invoices';
import type { SubscriptionEvent } from './schema';

/** https://api-docs.solidgate.com/api/manage-subscriptions/webhook-subscription-status */
export function readSubscription(event: SubscriptionEvent, context: ReadingContext): Reading {
  const { payments, problem } = paidInvoices(event, context);
  if (problem !== null) return unreadable(problem);
  const states = statesOf(event);
  if (states.some(({ occurredAtMs }) => Number.isNaN(occurredAtMs)))
    return unreadable('subscription.updated_at: expected a time');
  const read = [...states.map((fact) => ofSubscription(event, fact)), ...payments.map(({ payment }) => payment)];
  if (read.length > 0) return facts(...read);
  return ignored(quiet.get(event.callback_type ?? '') ?? 'no invoice is paid, and nothing that matters has changed');
}

/** The end of a subscription, read from its status alone: the API's answers name no callback. */
export function endOf(event: SubscriptionEvent): ReadFact | null {
  const { status } = event.subscription;
  if (status !== 'cancelled' && status !== 'expired') return null;
  const fact = ended(event);
  return Number.isNaN(fact.occurredAtMs) ? null : ofSubscription(event, fact);
}

/** Why some callbacks say nothing. */
const quiet: ReadonlyMap<string, string> = new Map([
  ['create', 'the first payment is under way'],
  ['payment_attempt', 'the first payment is under way'],
  ['recurring', 'a payment is under way; renew or redemption follows'],
  ['retry', 'a payment is tried again; renew or scheduled_for_retry follows'],
  ['pause_schedule.create', 'a pause is only planned'],
  ['pause_schedule.update', 'a pause is only planned'],
  ['pause_schedule.delete', 'a planned pause was called off'],
]);

function statesOf(event: SubscriptionEvent): readonly LifecycleFact[] {
  const { subscription } = event;
  const now = subscription.updated_at ?? NaN;
  const plain = (kind: LifecycleKind): LifecycleFact => ({ kind, occurredAtMs: now });
  switch (event.callback_type) {
    case 'active':
    case 'init':
      return [began(event)];
    case 'switch_product':
      return [plain('price_changed')];
    case 'pause':
      return [plain('paused')];
    case 'resume':
      return [plain('resumed')];
    // Not a start: it goes on where it was, also after its end.
    case 'restore':
      return [plain('resumed'), plain('cancellation_undone')];
    case 'scheduled_for_cancellation':
      return [scheduled(event)];
    case 'cancel':
      return [ended(event)];
    // The start failed.
    case 'expire':
      return [failed(event), ended(event)];
    case 'redemption':
    case 'scheduled_for_retry':
      return [failed(event)];
    // Legacy: one callback for all that v2 tells apart.
    case 'update':
      if (subscription.status === 'cancelled') return [ended(event)];
      if (subscription.status === 'redemption') return [failed(event)];
      return subscription.cancellation_requested_at === undefined ? [plain('updated')] : [scheduled(event)];
    default:
      return [];
  }
}

function began(event: SubscriptionEvent): LifecycleFact {
  const { started_at: started, updated_at: updated } = event.subscription;
  return { kind: 'began', occurredAtMs: started ?? updated ?? NaN, trials: trialsOf(event) };
}

function trialsOf(event: SubscriptionEvent): readonly TrialWindow[] {
  const { subscription } = event;
  if (subscription.trial !== true) return [];
  const invoice = event.invoices.find((one) => isTrialInvoice(one, event));
  const [first] = paidInvoices(event, { roleOf: () => undefined }).payments;
  const trial = compact<TrialWindow>({
    kind: first === undefined ? undefined : first.payment.fact.amountMinor > 0 ? 'paid' : 'free',
    startsAtMs: subscription.started_at,
    endsAtMs: invoice?.billing_period_ended_at ?? subscription.next_charge_at,
  });
  return [trial];
}

function scheduled({ subscription }: SubscriptionEvent): LifecycleFact {
  return compact<LifecycleFact>({
    kind: 'cancellation_scheduled',
    occurredAtMs: subscription.cancellation_requested_at ?? subscription.updated_at ?? NaN,
    endsAtMs: subscription.expired_at ?? subscription.cancelled_at,
  });
}

function ended({ subscription }: SubscriptionEvent): LifecycleFact {
  return { kind: 'ended', occurredAtMs: subscription.cancelled_at ?? subscription.updated_at ?? NaN };
}

function failed(event: SubscriptionEvent): LifecycleFact {
  const order = lastFailedOrder(event);
  const currency = event.product.currency ?? undefined;
  const amountMinor = currency === undefined ? null : minorFromInteger(order?.amount ?? NaN);
  return compact<LifecycleFact>({
    kind: 'payment_failed',
    occurredAtMs: order?.processed_at ?? order?.created_at ?? event.subscription.updated_at ?? NaN,
    moneyId: order?.id,
    amountMinor: amountMinor ?? undefined,
    currency,
  });
}

function ofSubscription(event: SubscriptionEvent, fact: LifecycleFact): ReadFact {
  const { subscription, customer, invoices } = event;
  const { hints, purchaseType, metadata } = readMetadata(...invoices.map(({ order_metadata: place }) => place));
  const account = customer?.customer_account_id;
  const identity = withCustomer(hints, { userId: account, customerId: account, email: customer?.customer_email });
  const nextDueAtMs = fact.kind === 'ended' ? undefined : subscription.next_charge_at;
  const declared = compact<LifecycleFact>({ ...fact, declaredType: purchaseType, nextDueAtMs });
  return { fact: declared, subscription: subscription.id, identity, paymentIds: [], metadata };
}

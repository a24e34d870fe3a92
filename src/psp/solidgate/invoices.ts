/**
 * The money of subscriptions: the successful order of an invoice. Snapshots of a subscription repeat its latest invoice, so what
 * is read depends on the invoice and not on the callback that brings it: every callback gives the same payment.
 * https://docs.solidgate.com/billing/subscriptions/subscriptions-1.0/subscription-overview/#invoice-statuses
 */
import { hourMs } from '../../domain/duration';
import type { PaymentFact, PaymentKind, PriceRole } from '../../domain/fact';
import { freeTrialMoneyId } from '../../domain/fact';
import type { ReadFact, ReadingContext } from '../adapter';
import { compact } from '../../domain/compact';
import { boughtItem, boughtList } from '../../domain/bought-item';
import { minorFromInteger } from '../money';
import { namesBuyer, readMetadata, withCustomer } from '../metadata';
import type { Invoice, InvoiceOrder, SubscriptionEvent } from './schema';

export interface PaidInvoices {
  readonly payments: readonly PaidOrder[];
  /** The reason why a paid order cannot be read; null when all can. */
  readonly problem: string | null;
}

export interface PaidOrder {
  readonly payment: ReadFact & { readonly fact: PaymentFact };
  /** When Solidgate last changed something about it. */
  readonly changedAtMs: number;
}

export function paidInvoices(event: SubscriptionEvent, context: ReadingContext): PaidInvoices {
  const read = event.invoices.flatMap((invoice) =>
    ordersOf(invoice, event).map((order) => readPaid(event, invoice, order, context)),
  );
  const problem = read.find((one) => typeof one === 'string') ?? null;
  return { payments: read.filter((one) => typeof one !== 'string'), problem };
}

/** The order by which a payment failed last, for the callbacks that say so. */
export function lastFailedOrder(event: SubscriptionEvent): InvoiceOrder | undefined {
  const failed = event.invoices
    .flatMap(({ orders }) => orders)
    .filter(({ status }) => status === 'auth_failed' || status === 'declined');
  return failed.sort((a, b) => (a.processed_at ?? a.created_at ?? 0) - (b.processed_at ?? b.created_at ?? 0)).at(-1);
}

/** https://docs.solidgate.com/payments/card-payments/card-payments-insights/payment-lifecycle/ */
const settled: ReadonlySet<string> = new Set(['settle_ok', 'partial_settled', 'approved', 'refunded']);

/**
 * `auth_ok` is not settled yet, but here the invoice has Solidgate's word that the period is paid; it settles hours later. A card
 * that was only verified (`void_ok`) paid nothing: that begins a free trial, or a period at no price.
 */
function paidOrdersOf({ status, orders, amount }: Invoice, isTrial: boolean): readonly InvoiceOrder[] {
  if (status !== 'success') return [];
  const paid = orders.filter((order) => settled.has(order.status ?? ''));
  if (paid.length > 0) return paid;
  const authorised = orders.filter((order) => order.status === 'auth_ok');
  if (authorised.length > 0) return authorised.slice(-1);
  const verified = orders.filter((order) => order.status === 'void_ok' && (isTrial || amount === 0 || order.amount === 0));
  return verified.slice(-1);
}

/**
 * The paid orders. An invoice of nothing may have none: then a free trial's start has an id of its own, and a period that a discount paid
 * has the invoice's.
 */
function ordersOf(invoice: Invoice, event: SubscriptionEvent): readonly InvoiceOrder[] {
  const isTrial = isTrialInvoice(invoice, event);
  const isOfNothing =
    invoice.status === 'success' && invoice.orders.length === 0 && (invoice.amount ?? (isTrial ? 0 : null)) === 0;
  const id = isTrial ? freeTrialMoneyId(event.subscription.id) : invoice.id;
  if (!isOfNothing || !id) return paidOrdersOf(invoice, isTrial);
  const { billing_period_started_at: start, created_at: created } = invoice;
  const startedAtMs = created ?? start ?? event.subscription.started_at;
  return [{ id, status: 'void_ok', created_at: startedAtMs, processed_at: undefined, amount: 0 }];
}

function readPaid(event: SubscriptionEvent, invoice: Invoice, order: InvoiceOrder, context: ReadingContext): PaidOrder | string {
  const { subscription, product, customer } = event;
  const isTrial = isTrialInvoice(invoice, event);
  const currency = (isTrial ? product.trial_currency : null) ?? product.currency;
  if (!currency) return 'product.currency: expected string';
  const amountMinor = minorFromInteger(isCharged(order, isTrial, event) ? (order.amount ?? NaN) : 0);
  if (amountMinor === null) return 'invoices.orders.amount: expected an amount';
  const occurredAtMs = order.processed_at ?? order.created_at ?? invoice.created_at;
  if (occurredAtMs === undefined) return 'invoices.orders.created_at: expected a time';

  const { hints, purchaseType, metadata } = readMetadata(invoice.order_metadata);
  const account = customer?.customer_account_id;
  const identity = withCustomer(hints, { userId: account, customerId: account, email: customer?.customer_email });
  const isFirst = isTrial || isFirstPeriod(invoice, event);
  const kind = kindOf(event, invoice, isTrial, isFirst);
  const regularMinor =
    product.currency === currency && typeof product.amount === 'number' ? minorFromInteger(product.amount) : null;
  const fact = compact<PaymentFact>({
    kind,
    moneyId: order.id,
    occurredAtMs,
    settledLater: order.processed_at === undefined && amountMinor > 0 ? true : undefined,
    amountMinor,
    currency,
    regularMinor: regularMinor ?? undefined,
    inferredType: isTrial
      ? amountMinor > 0
        ? 'paid_trial'
        : 'free_trial'
      : isFirst && product.trial !== true
        ? 'subscription'
        : undefined,
    declaredType: purchaseType,
    role: roleOf(invoice, event, context, isTrial),
    otherCharge: kind === 'other_charge' ? 'plan_change' : undefined,
    occasion: isTrial || startsWithSubscription(invoice, event) ? 'start' : kind === 'other_charge' ? 'change' : undefined,
    bought: boughtBy(event, regularMinor),
    trial: isTrial,
    // Then only the event of the order, which comes beside it, knows the buyer.
    awaits: isFirst && !namesBuyer(identity) ? ['buyer'] : undefined,
    paidPeriod: isTrial || kind === 'other_charge' ? undefined : paidPeriodOf(invoice, isFirst),
    periodStartMs: invoice.billing_period_started_at,
    periodEndMs: invoice.billing_period_ended_at,
  });
  const paymentIds = invoice.id && invoice.id !== order.id ? [invoice.id] : [];
  const changedAtMs = Math.max(occurredAtMs, invoice.updated_at ?? 0);
  return { payment: { fact, subscription: subscription.id, identity, paymentIds, metadata }, changedAtMs };
}

/** In a trial the card may only have been verified: then whatever was authorised is given back. */
function isCharged({ status }: InvoiceOrder, isTrial: boolean, { product }: SubscriptionEvent): boolean {
  if (settled.has(status ?? '')) return true;
  const isVerification = product.payment_action === 'auth_void' || product.payment_action === 'auth_0_amount';
  return status === 'auth_ok' && !(isTrial && isVerification);
}

function kindOf(event: SubscriptionEvent, invoice: Invoice, isTrial: boolean, isFirst: boolean): PaymentKind {
  if (isTrial) return 'trial_start';
  if (isOfSwitch(event, invoice)) return 'other_charge';
  return isFirst || event.callback_type === 'active' || event.callback_type === 'init' ? 'conversion' : 'renewal';
}

/** Solidgate counts the periods begun, without the trial: 2 is the second at the regular price. */
function paidPeriodOf({ subscription_term_number: term }: Invoice, isFirst: boolean): PaymentFact['paidPeriod'] {
  if (isFirst) return 'first';
  return typeof term === 'number' && term > 1 ? 'later' : undefined;
}

/** A switch of product repeats the last invoice, or comes with one of its own, made at that moment. */
function isOfSwitch({ callback_type: callback, subscription }: SubscriptionEvent, { created_at: created }: Invoice): boolean {
  return (
    callback === 'switch_product' && created !== undefined && created >= (subscription.updated_at ?? Infinity) - sameMomentMs
  );
}

/**
 * True for the invoice of a trial. `subscription.trial` is the present state, while the term number stays with the invoice: both count,
 * so that the invoice is recognised after the trial is over.
 */
export function isTrialInvoice(invoice: Invoice, event: SubscriptionEvent): boolean {
  const { subscription, product } = event;
  const term = invoice.subscription_term_number ?? null;
  if (subscription.trial === true) return term === null || term === 0;
  if (product.trial !== true) return false;
  return term === 0
    ? !isAfterStart(invoice, event)
    : term === null && typeof subscription.trial !== 'boolean' && startsWithSubscription(invoice, event);
}

/** The first full period: that with which the subscription began, or the one after the trial. */
function isFirstPeriod(invoice: Invoice, event: SubscriptionEvent): boolean {
  if (startsWithSubscription(invoice, event)) return true;
  const { product, subscription } = event;
  const hasDates = invoice.billing_period_started_at !== undefined && subscription.started_at !== undefined;
  return invoice.subscription_term_number === 1 && (product.trial === true || !(hasDates || isAfterStart(invoice, event)));
}

function startsWithSubscription(invoice: Invoice, { subscription: { started_at: started } }: SubscriptionEvent): boolean {
  const start = startOf(invoice);
  return start !== undefined && started !== undefined && Math.abs(start - started) <= sameMomentMs;
}

/** True for the invoice of a later period than the first. One that was made long before the start was only slow to be paid. */
function isAfterStart(invoice: Invoice, { subscription: { started_at: started } }: SubscriptionEvent): boolean {
  const start = startOf(invoice);
  return start !== undefined && started !== undefined && start > started + sameMomentMs;
}

/** Most invoices do not name their period: then it begins when the invoice was made. */
function startOf({ billing_period_started_at: start, created_at: created }: Invoice): number | undefined {
  return start ?? created;
}

const sameMomentMs = hourMs;

/** A subscription sells one product; its price, where that is in the payment's currency. Solidgate knows no quantities. */
function boughtBy({ product }: SubscriptionEvent, unitMinor: number | null): PaymentFact['bought'] {
  return boughtList([boughtItem({ id: product.product_id ?? product.id, name: product.name, unitMinor })]);
}

/** Solidgate's trial is part of the product: which of the two was paid Solidgate says, not the map. */
function roleOf(
  invoice: Invoice,
  { product }: SubscriptionEvent,
  context: ReadingContext,
  isTrial: boolean,
): PriceRole | undefined {
  const ids = [invoice.product_price_id, product.product_id, product.id].filter((id) => typeof id === 'string');
  const role = ids.map((id) => context.roleOf(id)).find((known) => known !== undefined);
  const said = isTrial ? 'regular' : product.trial === true ? 'trial' : undefined;
  return role === said ? undefined : role;
}

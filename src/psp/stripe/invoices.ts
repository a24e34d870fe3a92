/** Invoices: the money of subscriptions, and of one-offs that are invoiced. https://docs.stripe.com/api/invoices/object */
import type { LifecycleFact, OtherChargeReason, PaymentFact, PaymentKind, PriceRole, PurchaseType } from '../../domain/fact';
import type { IdentityHints } from '../../domain/identity';
import type { ReadFact, Reading, ReadingContext } from '../adapter';
import { compact } from '../../domain/compact';
import { readMetadata, withCustomer } from '../metadata';
import { facts, ignored, unreadable } from '../schema-mismatch';
import { minorOf } from './amounts';
import type { Invoice, InvoiceLine, StripeEvent } from './schema';
import type { invoicePaymentSchema } from './schema';
import type { z } from 'zod';

export function readPaidInvoice(invoice: Invoice, event: StripeEvent, context: ReadingContext): Reading {
  const { currency } = invoice;
  const paid = paidOf(invoice);
  const amountMinor = paid < 0 ? null : minorOf(paid, currency);
  if (amountMinor === null) return unreadable('data.object.amount_paid: expected an amount');
  const { declaredType, ...who } = buyerOf(invoice);
  const lines = linesOf(invoice, context);
  const classification = classify(invoice, lines, declaredType, isTrialOfferVersion(event.api_version));
  const period = classification.kind === 'one_off' ? undefined : newestPeriodOf(lines);
  const fact = compact<PaymentFact>({
    ...classification,
    moneyId: invoice.id,
    occurredAtMs: (invoice.status_transitions?.paid_at ?? event.created) * 1000,
    amountMinor,
    currency,
    netMinor: netOf(invoice),
    // While it may still be a Trial Offer, its price may be the trial's.
    regularMinor: classification.awaitsState ? undefined : regularOf(lines, currency),
    declaredType,
    role: roleOf(lines),
    periodStartMs: period && period.start * 1000,
    periodEndMs: period?.end === undefined ? undefined : period.end * 1000,
  });
  return facts({ fact, ...who });
}

export function readFailedInvoice(invoice: Invoice, event: StripeEvent): Reading {
  const { currency, amount_due: due } = invoice;
  const { declaredType, ...who } = buyerOf(invoice);
  const fact = compact<LifecycleFact>({
    kind: 'payment_failed',
    occurredAtMs: event.created * 1000,
    moneyId: invoice.id,
    amountMinor: minorOf(due ?? NaN, currency) ?? undefined,
    currency,
    declaredType,
  });
  return facts({ fact, ...who });
}

/** Since basil the only event that says which payment paid an invoice. https://docs.stripe.com/api/invoice-payment/object */
export function readInvoicePayment({ invoice, payment }: z.infer<typeof invoicePaymentSchema>): Reading {
  if (!invoice) return unreadable('data.object.invoice: expected string');
  const ids = [payment?.payment_intent, payment?.charge].filter((id) => typeof id === 'string');
  return ignored(
    'the invoice itself carries the payment',
    ids.map((id) => ({ id, moneyId: invoice })),
  );
}

type Classification = Pick<PaymentFact, 'kind' | 'inferredType' | 'otherCharge' | 'initial' | 'awaitsState'>;

/** Classifies an invoice by Stripe's `billing_reason`. https://docs.stripe.com/api/invoices/object#invoice_object-billing_reason */
function classify(
  invoice: Invoice,
  lines: readonly Line[],
  declared: PurchaseType | undefined,
  mayBeOffer: boolean,
): Classification {
  if (subscriptionOf(invoice) === null) return { kind: 'one_off', inferredType: 'lifetime' };
  switch (invoice.billing_reason) {
    case 'subscription_create':
    case 'quote_accept':
      return classifyInitial(invoice, lines, declared, mayBeOffer);
    case 'subscription_cycle':
    // Before 2018 all invoices of a subscription had the same reason, or none.
    case 'subscription':
    case null:
    case undefined:
      // Only the order's history decides between conversion and renewal.
      return { kind: 'renewal' };
    case 'subscription_update':
      return classifyUpdate(lines, declared);
    case 'subscription_threshold':
      return otherCharge('overage');
    default:
      return otherCharge('other_charge');
  }
}

/** The invoice of the checkout that created the subscription. */
function classifyInitial(
  invoice: Invoice,
  lines: readonly Line[],
  declared: PurchaseType | undefined,
  mayBeOffer: boolean,
): Classification {
  // Usage that is billed later has a line without quantity, which says nothing.
  const ofSubscription = lines.filter(({ isSubscription, quantity }) => isSubscription && quantity !== 0);
  const isTrial = ofSubscription.length > 0 && ofSubscription.every(({ zero }) => zero === 'trial');
  const isPaid = paidOf(invoice) > 0;
  const role = roleOf(lines);
  if (isTrial && declared !== 'subscription' && declared !== 'lifetime') {
    // A fee beside a free trial is how paid trials were sold before Trial Offers; an add-on (`ignore`) is no such fee.
    const hasFee = isPaid && lines.some(({ amount, role: of }) => amount > 0 && of !== 'ignore');
    return trialStart(hasFee ? 'paid_trial' : 'free_trial');
  }
  if (role === 'trial') return trialStart(isPaid ? 'paid_trial' : 'free_trial');
  if (declared === 'paid_trial' && isPaid && role !== 'regular') return trialStart('paid_trial');
  if (declared === 'free_trial' && !isPaid) return trialStart('free_trial');

  // The invoice of a Trial Offer, or of a price of zero, looks like any other; only the subscription's items differ.
  const isFreePrice = ofSubscription.some(({ zero }) => zero === 'price') || (lines.length === 0 && !isPaid);
  const isUndecided = declared === undefined && role === undefined && ((mayBeOffer && isPaid) || isFreePrice);
  return { kind: 'conversion', initial: true, inferredType: 'subscription', ...(isUndecided ? { awaitsState: true } : {}) };
}

function trialStart(inferredType: PurchaseType): Classification {
  return { kind: 'trial_start', initial: true, inferredType };
}

/**
 * An update of a subscription: a proration, a change of plan, or, where nothing is prorated, a new period from now on. The
 * latter is also what a schedule's next phase looks like, so prices that are sold at an introductory price (which need the
 * map of prices anyway) are read as periods when the map or the metadata says so.
 */
function classifyUpdate(lines: readonly Line[], declared: PurchaseType | undefined): Classification {
  if (lines.some(({ isProration, amount }) => isProration || amount < 0)) return otherCharge('proration');
  const isPeriod = lines.some(({ isSubscription, amount }) => isSubscription && amount > 0);
  const isKnownPrice = roleOf(lines) === 'regular' || declared === 'paid_trial';
  return isPeriod && isKnownPrice ? { kind: 'renewal' } : otherCharge('plan_change');
}

function otherCharge(reason: OtherChargeReason): { readonly kind: PaymentKind; readonly otherCharge: OtherChargeReason } {
  return { kind: 'other_charge', otherCharge: reason };
}

/** A line in our words, whichever version wrote it. */
interface Line {
  readonly amount: number;
  readonly isSubscription: boolean;
  readonly isProration: boolean;
  /** Why a line of the subscription costs nothing: it is a trial, or its price is zero. */
  readonly zero: 'trial' | 'price' | null;
  readonly role: PriceRole | undefined;
  readonly unitAmount: number | undefined;
  readonly quantity: number;
  readonly period: Period | undefined;
}

/** Unix seconds. */
interface Period {
  readonly start: number;
  readonly end: number | undefined;
}

function linesOf(invoice: Invoice, { roleOf: roleOfPrice }: ReadingContext): readonly Line[] {
  return (invoice.lines?.data ?? []).map((line): Line => {
    const { amount, parent } = line;
    const priceId = line.pricing?.price_details?.price ?? line.price?.id ?? line.plan?.id;
    const isUnsaid = parent === undefined && line.type === undefined && subscriptionOf(invoice) !== null;
    const isSubscription = parent ? Boolean(parent.subscription_item_details) : line.type === 'subscription' || isUnsaid;
    const isProration =
      parent?.subscription_item_details?.proration ?? parent?.invoice_item_details?.proration ?? line.proration ?? false;
    return {
      amount,
      isSubscription: isSubscription && !isProration,
      isProration,
      zero: isSubscription && !isProration && amount === 0 && line.quantity !== 0 ? whyZero(line) : null,
      role: priceId === undefined ? undefined : roleOfPrice(priceId),
      unitAmount: unitAmountOf(line),
      quantity: line.quantity ?? 1,
      period: periodOf(line),
    };
  });
}

/**
 * Before basil a line has its price, which is not zero in a trial. Since then it has not; but a line that is charged says at
 * what price (`1 × Premium (at $0.00 / month)`, in the customer's language), and one of a trial does not (`Trial period for Premium`).
 */
function whyZero({ price, description }: InvoiceLine): 'trial' | 'price' {
  if (typeof price?.unit_amount === 'number') return price.unit_amount > 0 ? 'trial' : 'price';
  if (/^(free )?trial\b/i.test(description ?? '')) return 'trial';
  return /\(.*\d.*\/.*\)/.test(description ?? '') ? 'price' : 'trial';
}

function unitAmountOf({ price, pricing }: InvoiceLine): number | undefined {
  const unit = Number(price?.unit_amount ?? pricing?.unit_amount_decimal ?? 0);
  return Number.isSafeInteger(unit) && unit > 0 ? unit : undefined;
}

/**
 * The merchant's role of the price that was paid. Lines with an amount decide, the subscription's before others, since the zero line of
 * a trial has the regular price. Add-ons (`ignore`) decide only if there are no other lines.
 */
function roleOf(lines: readonly Line[]): PriceRole | undefined {
  const paid = lines.filter(({ amount, isProration }) => amount > 0 && !isProration);
  const paidPeriods = paid.filter(({ isSubscription }) => isSubscription);
  const trials = lines.filter(({ zero }) => zero === 'trial');
  const speaking = paidPeriods.length > 0 ? paidPeriods : paid.length > 0 ? paid : lines;
  const roles = speaking
    .map(({ role }) => role)
    .filter((role) => !(role === 'regular' && speaking.every((line) => line.zero === 'trial')));
  const strongest = (['trial', 'regular', 'lifetime'] as const).find((role) => roles.includes(role));
  if (strongest) return strongest;
  const isAllIgnored = roles.length > 0 && roles.every((role) => role === 'ignore');
  // An add-on bought together with a free trial does not make the trial disappear.
  return isAllIgnored && (trials.length === 0 || trials.every(({ role }) => role === 'ignore')) ? 'ignore' : undefined;
}

function periodOf({ period }: InvoiceLine): Period | undefined {
  return typeof period?.start === 'number' ? { start: period.start, end: period.end ?? undefined } : undefined;
}

/** The newest period that is paid for: usage is billed in arrears, with the period before. */
function newestPeriodOf(lines: readonly Line[]): Period | undefined {
  const periods = lines.flatMap(({ isSubscription, period }) => (isSubscription && period ? [period] : []));
  return periods.reduce<Period | undefined>(
    (newest, period) => (newest && newest.start >= period.start ? newest : period),
    undefined,
  );
}

/**
 * Gross, after discounts, without what a credit balance paid. What is paid outside Stripe is in it only since basil.
 * https://docs.stripe.com/changelog/basil/2025-03-31/add-support-for-multiple-partial-payments-on-invoices
 */
function paidOf({ amount_paid: paid, amount_due: due, paid_out_of_band: outside }: Invoice): number {
  return outside === true ? Math.max(paid, due ?? 0) : paid;
}

/** Known only if the whole invoice was paid: Stripe does not say which part of a partial payment is tax. */
function netOf(invoice: Invoice): number | undefined {
  const { total, total_excluding_tax: net, currency } = invoice;
  const paid = paidOf(invoice);
  if (typeof net !== 'number' || net < 0 || paid === 0 || paid !== total) return undefined;
  return minorOf(net, currency) ?? undefined;
}

/** The subscription's price without trial and discount, if this invoice states it. A trial's price does not count. */
function regularOf(lines: readonly Line[], currency: string): number | undefined {
  const priced = lines.filter(
    (line) => line.isSubscription && line.unitAmount !== undefined && line.role !== 'trial' && line.role !== 'ignore',
  );
  if (priced.length === 0) return undefined;
  const sum = priced.reduce((total, { unitAmount = 0, quantity }) => total + unitAmount * quantity, 0);
  return minorOf(sum, currency) ?? undefined;
}

/** Trial Offers came with 2026-09-30.endive; an older endpoint's subscription does not show them. */
function isTrialOfferVersion(version: string | null | undefined): boolean {
  return typeof version === 'string' && /^\d{4}-\d{2}-\d{2}/.test(version) && version.slice(0, 10) >= '2026-09-30';
}

function subscriptionOf(invoice: Invoice): string | null {
  return invoice.parent?.subscription_details?.subscription ?? invoice.subscription ?? null;
}

/** The invoice's order, buyer and other ids. */
function buyerOf(invoice: Invoice): Omit<ReadFact, 'fact'> & { readonly declaredType: PurchaseType | undefined } {
  const { hints, purchaseType } = readMetadata(
    invoice.metadata,
    invoice.parent?.subscription_details?.metadata,
    invoice.subscription_details?.metadata,
    ...(invoice.lines?.data ?? []).map((line) => line.metadata),
  );
  const identity: IdentityHints = withCustomer(hints, {
    customerId: invoice.customer,
    email: invoice.customer_email,
    phone: invoice.customer_phone,
  });
  const payments = (invoice.payments?.data ?? []).flatMap(({ payment }) => [payment?.payment_intent, payment?.charge]);
  const ids = [invoice.payment_intent, invoice.charge, ...payments].filter((id) => typeof id === 'string');
  return {
    subscription: subscriptionOf(invoice) ?? invoice.id,
    identity,
    paymentIds: [...new Set(ids)],
    declaredType: purchaseType,
  };
}

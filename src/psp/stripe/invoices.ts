/** Invoices: the money of subscriptions, and of one-offs that are invoiced. https://docs.stripe.com/api/invoices/object */
import type { Awaited, LifecycleFact, PaymentFact, PaymentLine, PurchaseType } from '../../domain/fact';
import type { IdentityHints } from '../../domain/identity';
import { chargeOf, mayBeRegular, readChange, readOther, readStart, roleOfLines } from '../../domain/phase';
import type { ChargeReading, ListedCharge } from '../../domain/phase';
import type { ReadFact, Reading, ReadingContext } from '../adapter';
import { compact } from '../../domain/compact';
import { namesBuyer, readMetadata, withCustomer } from '../metadata';
import { facts, ignored, unreadable } from '../schema-mismatch';
import { minorOf, unitAmountOf } from './amounts';
import { boughtByInvoice, isProration, priceIdOf } from './bought';
import type { Invoice, InvoiceLine } from './schema';
import type { StripeEvent } from './schema';
import type { invoicePaymentSchema } from './schema';
import type { z } from 'zod';

export function readPaidInvoice(invoice: Invoice, event: StripeEvent, context: ReadingContext): Reading {
  const { currency } = invoice;
  const paid = paidOf(invoice);
  const amountMinor = paid === null || paid < 0 ? null : minorOf(paid, currency);
  if (amountMinor === null) return unreadable('data.object.amount_paid: expected an amount');
  const { declaredType, isNamed, ...who } = buyerOf(invoice);
  const lines = linesOf(invoice, context);
  const isOneOff = subscriptionOf(invoice) === null;
  const period = isOneOff ? undefined : newestPeriodOf(invoice);
  const role = roleOfLines(lines);
  const fact = compact<PaymentFact>({
    ...readingOf(invoice, { charge: chargeOf({ lines, amountMinor }), amountMinor, role, declared: declaredType }),
    moneyId: invoice.id,
    occurredAtMs: (invoice.status_transitions?.paid_at ?? event.created) * 1000,
    amountMinor,
    currency,
    netMinor: netOf(invoice),
    regularMinor: isOneOff ? undefined : regularOf(invoice, lines),
    declaredType,
    role,
    lines: isOneOff || lines.length === 0 ? undefined : lines,
    bought: boughtByInvoice(invoice, context),
    periodStartMs: period && period.start * 1000,
    periodEndMs: period?.end === undefined ? undefined : period.end * 1000,
  });
  const awaits = awaitedBy(fact, { isNamed });
  return facts({ fact: awaits.length === 0 ? fact : { ...fact, awaits }, ...who });
}

export function readFailedInvoice(invoice: Invoice, event: StripeEvent): Reading {
  const { currency, amount_due: due } = invoice;
  const { declaredType, isNamed: _, ...who } = buyerOf(invoice);
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

const oneOff: ChargeReading = { kind: 'one_off', inferredType: 'lifetime' };

/** By Stripe's `billing_reason`. https://docs.stripe.com/api/invoices/object#invoice_object-billing_reason */
function readingOf(invoice: Invoice, listed: ListedCharge): ChargeReading {
  if (subscriptionOf(invoice) === null) return oneOff;
  switch (invoice.billing_reason) {
    case 'subscription_create':
    case 'quote_accept':
      return readStart(listed, !listed.charge.freePeriods.some(({ trial }) => trial === false) && readsLikeTrial(invoice));
    case 'subscription_cycle':
    // Before 2018 all invoices of a subscription had the same reason, or none.
    case 'subscription':
    case null:
    case undefined:
      // Only the order's history decides between conversion and renewal.
      return { kind: 'renewal', occasion: 'cycle' };
    case 'subscription_update':
      return readChange(listed);
    case 'subscription_threshold':
      return readOther('overage');
    default:
      return readOther('other_charge');
  }
}

/**
 * The wording of a line that costs nothing: one that is charged at a price of zero names the price (`1 × Premium (at $0.00 / month)`). It
 * is only a reading, in one of many languages: the payment waits for the subscription's own word.
 */
function readsLikeTrial({ lines }: Invoice): boolean {
  const billed = (lines?.data ?? []).filter(({ quantity, amount }) => quantity !== 0 && amount === 0);
  return billed.length > 0 && billed.every(({ description }) => !/\(.*\d.*\/.*\)/.test(description ?? ''));
}

/**
 * A Checkout Session knows the buyer, which its invoice often does not. The invoice of a Trial Offer, and one of nothing, look like any
 * other: only the subscription says what they are.
 */
function awaitedBy({ kind, occasion, role }: PaymentFact, { isNamed }: { readonly isNamed: boolean }): readonly Awaited[] {
  const isStart = occasion === 'start' || occasion === 'change' || kind === 'one_off';
  const awaitsTrial = occasion === 'start' && role === undefined;
  return [...(awaitsTrial ? (['trial'] as const) : []), ...(isStart && !isNamed ? (['buyer'] as const) : [])];
}

function linesOf(invoice: Invoice, { roleOf: roleOfPrice }: ReadingContext): readonly PaymentLine[] {
  return (invoice.lines?.data ?? []).flatMap((line): readonly PaymentLine[] => {
    const { amount, parent } = line;
    const amountMinor = minorOf(amount, invoice.currency);
    if (amountMinor === null) return [];
    const ofItem = parent?.subscription_item_details ?? undefined;
    const priceId = priceIdOf(line);
    const isProrated = isProration(line);
    return [
      compact<PaymentLine>({
        amountMinor,
        of: isOfSubscription(line, invoice) ? 'period' : 'once',
        proration: isProrated ? true : undefined,
        trial: amount === 0 && !isProrated ? isTrialPrice(line) : undefined,
        items: compactList([ofItem?.subscription_item ?? line.subscription_item, priceId]),
        role: priceId === undefined ? undefined : roleOfPrice(priceId),
      }),
    ];
  });
}

function compactList(ids: readonly (string | null | undefined)[]): readonly string[] | undefined {
  const known = ids.filter((id) => typeof id === 'string');
  return known.length === 0 ? undefined : known;
}

function isOfSubscription({ parent, type }: InvoiceLine, invoice: Invoice): boolean {
  if (parent) return Boolean(parent.subscription_item_details);
  return type === undefined || type === null ? subscriptionOf(invoice) !== null : type === 'subscription';
}

/** Before basil a line has its price. Usage that is billed later has a line without quantity, which says nothing. */
function isTrialPrice(line: InvoiceLine): boolean | undefined {
  const unitAmount = unitAmountOf(line);
  return unitAmount === undefined || line.quantity === 0 ? undefined : unitAmount > 0;
}

/** Unix seconds. */
interface Period {
  readonly start: number;
  readonly end: number | undefined;
}

/** The newest period that is paid for: usage is billed in arrears, with the period before. */
function newestPeriodOf(invoice: Invoice): Period | undefined {
  const whole = (invoice.lines?.data ?? []).filter((line) => isOfSubscription(line, invoice) && !isProration(line));
  const periods = whole.flatMap(({ period }) =>
    typeof period?.start === 'number' ? [{ start: period.start, end: period.end ?? undefined }] : [],
  );
  return periods.reduce<Period | undefined>(
    (newest, period) => (newest && newest.start >= period.start ? newest : period),
    undefined,
  );
}

/**
 * Gross, after discounts, without what a credit balance paid. What is paid outside Stripe is in it only since basil.
 * https://docs.stripe.com/changelog/basil/2025-03-31/add-support-for-multiple-partial-payments-on-invoices
 */
function paidOf({ amount_paid: amount, amount_due: due, paid: isPaid, paid_out_of_band: outside }: Invoice): number | null {
  const paid = amount ?? (isPaid === true ? due : null) ?? null;
  return outside === true && paid !== null ? Math.max(paid, due ?? 0) : paid;
}

/**
 * Known only if the whole invoice was paid: Stripe does not say which part of a partial payment is tax. Before 2022 it says the tax alone.
 */
function netOf(invoice: Invoice): number | undefined {
  const { total, total_excluding_tax: untaxed, tax, currency } = invoice;
  const paid = paidOf(invoice);
  if (typeof total !== 'number' || paid === 0 || paid !== total) return undefined;
  const net = untaxed ?? (typeof tax === 'number' ? total - tax : undefined);
  return net === undefined || net < 0 ? undefined : (minorOf(net, currency) ?? undefined);
}

/**
 * The regular price of the periods that were charged: the lines' amounts, before discounts, since packages, tiers and decimal prices
 * can't be computed from a unit price. For a trial the unit price, where it is a plain one.
 */
function regularOf(invoice: Invoice, lines: readonly PaymentLine[]): number | undefined {
  const charged = chargeOf({ lines, amountMinor: 0 }).periods.filter(({ role }) => mayBeRegular(role));
  if (charged.length > 0) return charged.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
  const free = (invoice.lines?.data ?? []).filter(({ amount }) => amount === 0);
  const sum = free.reduce((total, line) => total + (unitAmountOf(line) ?? 0) * (line.quantity ?? 1), 0);
  return sum > 0 ? (minorOf(sum, invoice.currency) ?? undefined) : undefined;
}

function subscriptionOf(invoice: Invoice): string | null {
  return invoice.parent?.subscription_details?.subscription ?? invoice.subscription ?? null;
}

/** The invoice's order, buyer and other ids. */
function buyerOf(
  invoice: Invoice,
): Omit<ReadFact, 'fact'> & { readonly declaredType: PurchaseType | undefined; readonly isNamed: boolean } {
  const { hints, purchaseType, metadata } = readMetadata(
    invoice.metadata,
    invoice.parent?.subscription_details?.metadata,
    invoice.subscription_details?.metadata,
    ...(invoice.lines?.data ?? []).map((line) => line.metadata),
  );
  const identity: IdentityHints = withCustomer(hints, {
    customerId: invoice.customer ?? invoice.customer_account,
    email: invoice.customer_email,
    phone: invoice.customer_phone,
  });
  const payments = (invoice.payments?.data ?? []).flatMap(({ payment }) => [payment?.payment_intent, payment?.charge]);
  const ids = [invoice.payment_intent, invoice.charge, ...payments].filter((id) => typeof id === 'string');
  return {
    subscription: subscriptionOf(invoice) ?? invoice.id,
    identity,
    metadata,
    paymentIds: [...new Set(ids)],
    declaredType: purchaseType,
    isNamed: namesBuyer(hints),
  };
}

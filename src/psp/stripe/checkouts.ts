/** Checkout Sessions and PaymentIntents: one-offs, and who the buyer of a subscription is. */
import type { Awaited, LifecycleFact, PaymentFact } from '../../domain/fact';
import type { IdentityHints } from '../../domain/identity';
import type { PaymentLink, ReadFact, Reading, ReadingContext } from '../adapter';
import { compact } from '../../domain/compact';
import { boughtInMetadata } from '../bought';
import { namesBuyer, readMetadata, withCustomer } from '../metadata';
import { facts, ignored, unreadable } from '../schema-mismatch';
import { minorOf } from './amounts';
import { boughtBySession } from './bought';
import type { Charge, CheckoutSession, PaymentIntent, StripeEvent } from './schema';

/** https://docs.stripe.com/api/checkout/sessions/object */
export function readSession(session: CheckoutSession, event: StripeEvent, context: ReadingContext): Reading {
  switch (session.mode) {
    case 'subscription':
      return readBeginning(session, event);
    case 'payment':
      return session.payment_status === 'unpaid' ? readUnpaid(session, event) : readOneOff(session, event, context);
    case 'setup':
      return ignored('a checkout that only saved a payment method');
    default:
      return unreadable('data.object.mode: expected payment, setup or subscription');
  }
}

/** A payment that takes days (bank debits, vouchers) has come in. */
export function readSessionPaidLater(session: CheckoutSession, event: StripeEvent, context: ReadingContext): Reading {
  if (session.mode === 'subscription') return ignored('the invoice carries the payment');
  return session.mode === 'payment' ? readOneOff(session, event, context) : ignored('not a checkout with a payment');
}

export function readFailedSession(session: CheckoutSession, event: StripeEvent): Reading {
  if (session.mode !== 'payment') return ignored('invoice.payment_failed carries the failure');
  const { declaredType, ...who } = buyerOf(session);
  const order = orderOf(session);
  const { currency } = session;
  const amountMinor = currency ? minorOf(session.amount_total ?? NaN, currency) : null;
  const fact = compact<LifecycleFact>({
    kind: 'payment_failed',
    occurredAtMs: event.created * 1000,
    moneyId: order.moneyId,
    amountMinor: amountMinor ?? undefined,
    currency: currency ?? undefined,
    declaredType,
  });
  return facts({ fact, subscription: order.moneyId, ...who, paymentIds: order.otherIds });
}

/**
 * Nothing is paid yet: a bank debit may take days (`checkout.session.async_payment_succeeded` follows), and what is captured by hand
 * comes as `payment_intent.succeeded`. The session knows the buyer all the same.
 */
function readUnpaid(session: CheckoutSession, event: StripeEvent): Reading {
  const { payment_intent: intent } = session;
  if (!intent) return ignored('not paid yet; checkout.session.async_payment_succeeded follows');
  const { declaredType, ...who } = buyerOf(session);
  const fact = compact<LifecycleFact>({
    kind: 'updated',
    occurredAtMs: event.created * 1000,
    // An invoice that Checkout makes of a payment is made when it has come in.
    tells: session.invoice_creation?.enabled === true ? ['buyer'] : ['buyer', 'order'],
    declaredType,
  });
  return facts({ fact, subscription: intent, ...who, paymentIds: [] });
}

/** The subscription's money comes as invoices; the session knows who bought, which they often do not. */
function readBeginning(session: CheckoutSession, event: StripeEvent): Reading {
  if (!session.subscription) return unreadable('data.object.subscription: expected string');
  const { declaredType, ...who } = buyerOf(session);
  const fact = compact<LifecycleFact>({
    kind: 'began',
    occurredAtMs: event.created * 1000,
    tells: ['buyer'],
    declaredType,
  });
  const began = facts({ fact, subscription: session.subscription, ...who, paymentIds: [] });
  // A PaymentIntent may name the session as its reference: it pays the invoice.
  return session.invoice ? { ...began, links: [{ id: session.id, moneyId: session.invoice }] } : began;
}

function readOneOff(session: CheckoutSession, event: StripeEvent, context: ReadingContext): Reading {
  const { amount_total: total, currency } = session;
  if (typeof total !== 'number' || total < 0) return unreadable('data.object.amount_total: expected an amount');
  if (!currency) return unreadable('data.object.currency: expected string');
  const amountMinor = minorOf(total, currency);
  if (amountMinor === null) return unreadable('data.object.amount_total: expected an amount');
  const tax = session.total_details?.amount_tax;
  const { declaredType, ...who } = buyerOf(session);
  const order = orderOf(session);
  const fact = compact<PaymentFact>({
    kind: 'one_off',
    moneyId: order.moneyId,
    occurredAtMs: event.created * 1000,
    amountMinor,
    currency,
    netMinor: typeof tax === 'number' && tax >= 0 && tax <= total ? (minorOf(total - tax, currency) ?? undefined) : undefined,
    inferredType: 'lifetime',
    declaredType,
    // An event shows no line items, unless the merchant expands them.
    bought: boughtBySession(session, context) ?? boughtInMetadata(session.metadata),
    // The invoice that Checkout makes of the payment is told as paid, too.
    awaits: session.invoice_creation?.enabled === true && !session.invoice ? ['order'] : undefined,
  });
  return facts({ fact, subscription: order.moneyId, ...who, paymentIds: order.otherIds });
}

/**
 * A one-off is named by its PaymentIntent; by its invoice where Checkout makes one (`invoice_creation`), since that invoice is
 * told as paid, too; by the session where nothing had to be paid.
 */
function orderOf(session: CheckoutSession): { readonly moneyId: string; readonly otherIds: readonly string[] } {
  const ids = [session.invoice, session.payment_intent, session.id].filter((id) => typeof id === 'string');
  const moneyId = ids[0] ?? session.id;
  return { moneyId, otherIds: ids.slice(1) };
}

function buyerOf(session: CheckoutSession): Pick<ReadFact, 'identity' | 'metadata'> & Pick<LifecycleFact, 'declaredType'> {
  const { hints, purchaseType, metadata } = readMetadata(session.metadata);
  const identity = withCustomer(hints, {
    reference: session.client_reference_id,
    customerId: session.customer ?? session.customer_account,
    email: session.customer_details?.email ?? session.customer_email,
    phone: session.customer_details?.phone,
  });
  return purchaseType === undefined ? { identity, metadata } : { identity, metadata, declaredType: purchaseType };
}

/** https://docs.stripe.com/api/payment_intents/object */
export function readPaymentIntent(intent: PaymentIntent, event: StripeEvent): Reading {
  const { hints, purchaseType, metadata } = readMetadata(intent.metadata);
  const elsewhere = ignoredForInvoice(intent, namesBuyer(hints) || purchaseType !== undefined);
  if (elsewhere) return elsewhere;
  const { currency, amount_received: received } = intent;
  const amountMinor = received < 0 ? null : minorOf(received, currency);
  if (amountMinor === null) return unreadable('data.object.amount_received: expected an amount');
  const session = sessionOf(intent);
  const fact = compact<PaymentFact>({
    kind: 'one_off',
    moneyId: intent.id,
    occurredAtMs: event.created * 1000,
    amountMinor,
    currency,
    inferredType: 'lifetime',
    declaredType: purchaseType,
    bought: boughtInMetadata(intent.metadata),
    awaits: awaitedBy(intent, namesBuyer(hints)),
  });
  const paymentIds = [...chargesOf(intent), ...(session === null ? [] : [session])];
  return facts({ fact, subscription: intent.id, identity: identityOf(intent, hints), paymentIds, metadata });
}

/**
 * Checkout sends the same payment with the session, often a moment later, which knows the buyer. An invoice may have made it, too: also
 * that of a subscription's Checkout may name the session as its reference.
 */
function awaitedBy(intent: PaymentIntent, isNamed: boolean): readonly Awaited[] | undefined {
  const mayBeInvoice = intent.invoice === undefined;
  const awaits: readonly Awaited[] = [...(isNamed ? [] : (['buyer'] as const)), ...(mayBeInvoice ? (['order'] as const) : [])];
  return awaits.length === 0 ? undefined : awaits;
}

function sessionOf({ payment_details: details }: PaymentIntent): string | null {
  const reference = details?.order_reference ?? '';
  return /^cs_./.test(reference) && reference.length !== cutLength ? reference : null;
}

function identityOf(intent: PaymentIntent, hints: IdentityHints): IdentityHints {
  const billing = intent.charges?.data?.[0]?.billing_details;
  return withCustomer(hints, {
    customerId: intent.customer ?? intent.customer_account,
    email: intent.receipt_email ?? billing?.email,
    phone: billing?.phone,
  });
}

/**
 * Ignores a PaymentIntent whose invoice carries the payment; null for others. Up to acacia the PaymentIntent names its invoice. Since
 * basil (https://docs.stripe.com/changelog/basil/2025-03-31/add-support-for-multiple-partial-payments-on-invoices) only the order
 * reference may (sometimes cut to 25 characters). Any other PaymentIntent may be an invoice's: it waits for the event that says so.
 * Stripe's own words for an invoice's save that wait, unless the merchant wrote on it for us; a Checkout is counted by its session all
 * the same.
 */
function ignoredForInvoice(intent: PaymentIntent, isOfMerchant: boolean): Reading | null {
  const { invoice } = intent;
  const links = (moneyId: string): readonly PaymentLink[] => [intent.id, ...chargesOf(intent)].map((id) => ({ id, moneyId }));
  if (invoice) return ignored('the invoice carries the payment', links(invoice));
  if (invoice === null) return null;
  const reference = intent.payment_details?.order_reference ?? '';
  if (/^in_./.test(reference))
    return ignored('the invoice carries the payment', reference.length !== cutLength ? links(reference) : []);
  return !isOfMerchant && wordsForInvoices.has(intent.description ?? '') ? ignored('the invoice carries the payment') : null;
}

const wordsForInvoices: ReadonlySet<string> = new Set(['Subscription creation', 'Subscription update', 'Payment for Invoice']);

/** A reference of this length may be the beginning of an id. */
const cutLength = 25;

function chargesOf(intent: PaymentIntent): readonly string[] {
  const ids = [intent.latest_charge, ...(intent.charges?.data ?? []).map(({ id }) => id)].filter((id) => typeof id === 'string');
  return [...new Set(ids)];
}

/** A charge is no payment of its own. It adds ids by which refunds may name the payment. */
export function readCharge(charge: Charge): Reading {
  const { id, invoice, payment_intent: intent } = charge;
  if (invoice)
    return ignored(
      'the invoice carries the payment',
      [id, ...(intent ? [intent] : [])].map((of) => ({ id: of, moneyId: invoice })),
    );
  if (!intent) return ignored('a payment by the Charges API, which is not read');
  // Since basil the PaymentIntent may be an invoice's: then invoice_payment.paid says so.
  return ignored('the PaymentIntent carries the payment', invoice === null ? [{ id, moneyId: intent }] : []);
}

/** Checkout Sessions and PaymentIntents: one-offs, and who the buyer of a subscription is. */
import type { LifecycleFact, PaymentFact } from '../../domain/fact';
import type { IdentityHints } from '../../domain/identity';
import type { PaymentLink, ReadFact, Reading } from '../adapter';
import { compact } from '../../domain/compact';
import { type MetadataReading, readMetadata, withCustomer } from '../metadata';
import { facts, ignored, unreadable } from '../schema-mismatch';
import { minorOf } from './amounts';
import type { Charge, CheckoutSession, PaymentIntent, StripeEvent } from './schema';

/** https://docs.stripe.com/api/checkout/sessions/object */
export function readSession(session: CheckoutSession, event: StripeEvent): Reading {
  switch (session.mode) {
    case 'subscription':
      return readBeginning(session, event);
    case 'payment':
      if (session.payment_status === 'unpaid') return ignored('not paid yet; checkout.session.async_payment_succeeded follows');
      return readOneOff(session, event);
    case 'setup':
      return ignored('a checkout that only saved a payment method');
    default:
      return unreadable('data.object.mode: expected payment, setup or subscription');
  }
}

/** A payment that takes days (bank debits, vouchers) has come in. */
export function readSessionPaidLater(session: CheckoutSession, event: StripeEvent): Reading {
  if (session.mode === 'subscription') return ignored('the invoice carries the payment');
  return session.mode === 'payment' ? readOneOff(session, event) : ignored('not a checkout with a payment');
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

/** The subscription's money comes as invoices; the session knows who bought, which they often do not. */
function readBeginning(session: CheckoutSession, event: StripeEvent): Reading {
  if (!session.subscription) return unreadable('data.object.subscription: expected string');
  const { declaredType, ...who } = buyerOf(session);
  const fact = compact<LifecycleFact>({ kind: 'began', occurredAtMs: event.created * 1000, declaredType });
  return facts({ fact, subscription: session.subscription, ...who, paymentIds: [] });
}

function readOneOff(session: CheckoutSession, event: StripeEvent): Reading {
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

function buyerOf(session: CheckoutSession): Pick<ReadFact, 'identity'> & Pick<LifecycleFact, 'declaredType'> {
  const { hints, purchaseType } = readMetadata(session.metadata);
  const identity = withCustomer(hints, {
    userId: session.client_reference_id,
    customerId: session.customer,
    email: session.customer_details?.email ?? session.customer_email,
    phone: session.customer_details?.phone,
  });
  return purchaseType === undefined ? { identity } : { identity, declaredType: purchaseType };
}

/** https://docs.stripe.com/api/payment_intents/object */
export function readPaymentIntent(intent: PaymentIntent, event: StripeEvent): Reading {
  const elsewhere = ignoredForInvoice(intent);
  if (elsewhere) return elsewhere;
  const metadata = readMetadata(intent.metadata);
  const identity = identityOf(intent, metadata.hints);
  const order = { subscription: intent.id, identity, paymentIds: chargesOf(intent) };
  if (/^cs_./.test(intent.payment_details?.order_reference ?? '')) {
    // With `invoice_creation` the session counts it under an invoice, so only what it says of the buyer is taken.
    if (Object.keys(metadata.hints).length === 0) return ignored('checkout.session.completed carries the payment');
    return facts({ fact: { kind: 'updated', occurredAtMs: event.created * 1000 }, ...order });
  }
  const { currency, amount_received: received } = intent;
  const amountMinor = received < 0 ? null : minorOf(received, currency);
  if (amountMinor === null) return unreadable('data.object.amount_received: expected an amount');
  const fact = compact<PaymentFact>({
    kind: 'one_off',
    moneyId: intent.id,
    occurredAtMs: event.created * 1000,
    amountMinor,
    currency,
    inferredType: 'lifetime',
    declaredType: metadata.purchaseType,
    // Checkout carries the same payment with the session's metadata, often a moment later: it knows the buyer and the checkout id.
    awaitsState: isOfMerchant(metadata) ? undefined : true,
  });
  return facts({ fact, ...order });
}

/** Whether the merchant wrote on it for us: then no session is needed to know whose it is. */
function isOfMerchant({ hints, purchaseType }: MetadataReading): boolean {
  return hints.userId !== undefined || hints.checkoutId !== undefined || purchaseType !== undefined;
}

function identityOf(intent: PaymentIntent, hints: IdentityHints): IdentityHints {
  const billing = intent.charges?.data?.[0]?.billing_details;
  return withCustomer(hints, {
    customerId: intent.customer,
    email: intent.receipt_email ?? billing?.email,
    phone: billing?.phone,
  });
}

/**
 * Ignores a PaymentIntent whose invoice carries the payment; null for others. Up to acacia the PaymentIntent names its invoice. Since
 * basil it does not (https://docs.stripe.com/changelog/basil/2025-03-31/add-support-for-multiple-partial-payments-on-invoices), so two
 * signs count: Stripe's own descriptions of invoices' PaymentIntents, and the order reference, which Stripe fills with the invoice
 * (sometimes cut to 25 characters). Metadata is no sign, since merchants also write it on invoices' PaymentIntents.
 */
function ignoredForInvoice(intent: PaymentIntent): Reading | null {
  const { invoice } = intent;
  const links = (moneyId: string): readonly PaymentLink[] => [intent.id, ...chargesOf(intent)].map((id) => ({ id, moneyId }));
  if (invoice) return ignored('the invoice carries the payment', links(invoice));
  if (invoice === null) return null;
  const reference = intent.payment_details?.order_reference ?? '';
  if (/^in_./.test(reference))
    return ignored('the invoice carries the payment', reference.length !== cutLength ? links(reference) : []);
  if (descriptionsOfInvoices.has(intent.description ?? '')) return ignored('the invoice carries the payment');
  return null;
}

const descriptionsOfInvoices: ReadonlySet<string> = new Set([
  'Subscription creation',
  'Subscription update',
  'Payment for Invoice',
]);

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

/**
 * Finds the invoice of a PaymentIntent. Since basil the PaymentIntent does not name it, and webhooks have to guess. Renewal checks ask
 * Stripe, so that a payment of a subscription is never counted as a one-off. https://docs.stripe.com/api/invoice-payment/list
 */
import type { PaymentLink, ReadFact, Reading } from '../adapter';
import { ignored, unreadable } from '../schema-mismatch';
import type { StripeClient } from './client';
import { invoicePaymentSchema } from './schema';

/** Stripe allows some 25 requests a second to one endpoint, and a page holds 100. https://docs.stripe.com/rate-limits */
const atOnce = 4;

/** An object of the API, with its reading. */
export interface ReadItem {
  readonly id: string | null;
  readonly object: unknown;
  readonly reading: Reading;
}

/** The same items; a one-off that turns out to pay an invoice is replaced by its payment ids. */
export async function withoutInvoicePayments(client: StripeClient, read: readonly ReadItem[]): Promise<readonly ReadItem[]> {
  const doubtful = read.filter(isDoubtful);
  const readings = new Map<ReadItem, Reading>();
  for (let start = 0; start < doubtful.length; start += atOnce) {
    const batch = doubtful.slice(start, start + atOnce);
    const answers = await Promise.all(batch.map(({ reading }) => settled(client, reading)));
    for (const [index, item] of batch.entries()) readings.set(item, answers[index] ?? item.reading);
  }
  return read.map((item) => ({ ...item, reading: readings.get(item) ?? item.reading }));
}

/** A one-off read from a PaymentIntent without the field `invoice`, which basil removed. Before basil the field is there, perhaps null. */
function isDoubtful({ object, reading }: ReadItem): boolean {
  return reading.kind === 'facts' && reading.facts.some(isOneOff) && isIntent(object) && !('invoice' in object);
}

function isIntent(object: unknown): object is { readonly object: 'payment_intent' } {
  return typeof object === 'object' && object !== null && 'object' in object && object.object === 'payment_intent';
}

function isOneOff({ fact }: ReadFact): boolean {
  return fact.kind === 'one_off';
}

async function settled(client: StripeClient, reading: Reading): Promise<Reading> {
  const [oneOff] = reading.kind === 'facts' ? reading.facts : [];
  if (!oneOff?.subscription) return reading;
  const { subscription: intent, paymentIds } = oneOff;
  const { items } = await client.list('/v1/invoice_payments', {
    'payment[type]': 'payment_intent',
    'payment[payment_intent]': intent,
  });
  const [first] = items;
  if (first === undefined) return reading;
  const invoice = invoicePaymentSchema.safeParse(first).data?.invoice;
  if (!invoice) return unreadable('invoice_payment.invoice: expected string');
  const links = [intent, ...paymentIds].map((id): PaymentLink => ({ id, moneyId: invoice }));
  return ignored('the invoice carries the payment', links);
}

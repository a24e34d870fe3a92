/**
 * Finds the invoice of a PaymentIntent. Since basil the PaymentIntent does not name it, and webhooks have to guess. Renewal checks ask
 * Stripe, so that a payment of a subscription is never counted as a one-off. https://docs.stripe.com/api/invoice-payment/list
 */
import { z } from 'zod';
import type { KnownPayments, PaymentLink, ReadFact, Reading } from '../adapter';
import type { ListedItem } from '../listed-page';
import { ignored, unreadable } from '../schema-mismatch';
import type { StripeClient } from './client';
import { invoicePaymentSchema } from './schema';

/** Stripe allows some 25 requests a second to one endpoint, and a page holds 100. https://docs.stripe.com/rate-limits */
const atOnce = 4;

/**
 * The same items; a one-off that turns out to pay an invoice is replaced by its payment ids. Stripe is not asked about a PaymentIntent
 * that is known already.
 */
export async function withoutInvoicePayments(
  client: StripeClient,
  read: readonly ListedItem[],
  known: KnownPayments = () => Promise.resolve(new Map()),
): Promise<readonly ListedItem[]> {
  const suspects = read.filter(isDoubtful);
  const payments = await known(suspects.flatMap(({ reading }) => oneOffOf(reading)?.subscription ?? []));
  const readings = new Map<ListedItem, Reading>();
  for (const item of suspects) {
    const moneyId = payments.get(oneOffOf(item.reading)?.subscription ?? '');
    if (moneyId !== undefined) readings.set(item, ofPayment(item.reading, moneyId));
  }
  const doubtful = suspects.filter((item) => !readings.has(item));
  for (let start = 0; start < doubtful.length; start += atOnce) {
    const batch = doubtful.slice(start, start + atOnce);
    const answers = await Promise.all(batch.map(({ reading }) => settled(client, reading)));
    for (const [index, item] of batch.entries()) readings.set(item, answers[index] ?? item.reading);
  }
  return read.map((item) => ({ ...item, reading: readings.get(item) ?? item.reading }));
}

/** A one-off read from a PaymentIntent without the field `invoice`, which basil removed. Before basil the field is there, perhaps null. */
function isDoubtful({ body, reading }: ListedItem): boolean {
  const object = eventSchema.safeParse(body).data?.data.object;
  return oneOffOf(reading) !== undefined && object?.object === 'payment_intent' && !('invoice' in object);
}

const eventSchema = z.object({ data: z.object({ object: z.looseObject({ object: z.string() }) }) });

function oneOffOf(reading: Reading): ReadFact | undefined {
  return reading.kind === 'facts' ? reading.facts.find(({ fact }) => fact.kind === 'one_off') : undefined;
}

/** The reading of a PaymentIntent, once it is known what it pays: itself or an invoice. */
function ofPayment(reading: Reading, moneyId: string): Reading {
  const oneOff = oneOffOf(reading);
  if (!oneOff || moneyId === oneOff.subscription) return reading;
  const links = [oneOff.subscription ?? '', ...oneOff.paymentIds].map((id): PaymentLink => ({ id, moneyId }));
  return ignored('the invoice carries the payment', links);
}

async function settled(client: StripeClient, reading: Reading): Promise<Reading> {
  const intent = oneOffOf(reading)?.subscription;
  if (!intent) return reading;
  const { items } = await client.list('/v1/invoice_payments', {
    'payment[type]': 'payment_intent',
    'payment[payment_intent]': intent,
  });
  const [first] = items;
  if (first === undefined) return reading;
  const invoice = invoicePaymentSchema.safeParse(first).data?.invoice;
  return invoice ? ofPayment(reading, invoice) : unreadable('invoice_payment.invoice: expected string');
}

/**
 * Chooses the reader of an event by its body, because the type stands only in a header, which is not signed. The header has to agree,
 * and names the events that are ignored.
 */
import type { z } from 'zod';
import type { Reading, ReadingContext, WebhookHeaders } from '../adapter';
import { ignored, schemaMismatch, unreadable } from '../schema-mismatch';
import { readChargeback, readDispute } from './disputes';
import { readOrder } from './orders';
import { chargebackSchema, disputeSchema, orderSchema, subscriptionSchema } from './schema';
import { readSubscription } from './subscriptions';

export function readEvent(body: unknown, context: ReadingContext, headers?: WebhookHeaders): Reading {
  const type = typeHeader(headers);
  const kind = kindOf(body);
  const expected = type === undefined ? kind : (kinds.get(type) ?? null);
  if (type !== undefined && expected === null) return ignored(otherwise.get(type) ?? 'events of this type are not needed');
  if (kind === null) return unreadable('neither a subscription, an order, a chargeback nor a dispute');
  if (kind !== expected) return unreadable('the solidgate-event-type header does not fit the body');
  return readers[kind](body, context);
}

/** `subscription.updated.v2 renew`; by the body alone where the header says nothing that fits. */
export function typeOf(body: unknown, headers?: WebhookHeaders): string {
  const kind = kindOf(body);
  const type = typeHeader(headers);
  const isFit = type !== undefined && (kind === null || kinds.get(type) === kind);
  const callback = kind === 'subscription' ? word((body as Fields).callback_type) : undefined;
  return [isFit ? type : (kind ?? 'unknown'), callback].filter((part) => part !== undefined).join(' ');
}

type Kind = 'subscription' | 'order' | 'chargeback' | 'dispute';
type Fields = Readonly<Record<string, unknown>>;

/** https://docs.solidgate.com/payments/integrate/webhooks */
const kinds: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ['subscription.updated.v2', 'subscription'],
  ['subscription.updated', 'subscription'],
  ['card_gate.order.updated', 'order'],
  ['alt_gate.order.updated', 'order'],
  ['card_gate.chargeback.received', 'chargeback'],
  ['alt_gate.paypal_dispute.received', 'dispute'],
]);

/** The reasons for ignoring events that might seem to matter. */
const otherwise: ReadonlyMap<string, string> = new Map([
  ['card_gate.fraud_alert.received', 'an alert: no money was taken back'],
  ['card_gate.prevention_alert.received', 'an alert; a refund comes as an update of the order'],
  ['alt_gate.prevention_alert.received', 'an alert; a refund comes as an update of the order'],
  ['taxer.tax.calculated', 'a calculation of taxes, no payment'],
]);

function kindOf(body: unknown): Kind | null {
  if (!isRecord(body)) return null;
  if ('callback_type' in body) return 'subscription';
  if ('dispute_id' in body) return 'dispute';
  if (isRecord(body.chargeback)) return 'chargeback';
  return isRecord(body.order) && !('alert' in body) ? 'order' : null;
}

const readers: Readonly<Record<Kind, (body: unknown, context: ReadingContext) => Reading>> = {
  subscription: reader(subscriptionSchema, readSubscription),
  order: reader(orderSchema, readOrder),
  chargeback: reader(chargebackSchema, readChargeback),
  dispute: reader(disputeSchema, readDispute),
};

function reader<S extends z.ZodType>(schema: S, read: (event: z.infer<S>, context: ReadingContext) => Reading) {
  return (body: unknown, context: ReadingContext): Reading => {
    const event = schema.safeParse(body);
    return event.success ? read(event.data, context) : unreadable(schemaMismatch(event.error, ''));
  };
}

function typeHeader(headers: WebhookHeaders | undefined): string | undefined {
  return word(headers?.['solidgate-event-type']);
}

/** Goes to logs: nothing but a short name. */
function word(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w.]{1,64}$/.test(value) ? value : undefined;
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads FunnelFox Billing's events by their type. docs/providers/funnelfox.md has the decisions. */
import { z } from 'zod';
import type { Reading, ReadingContext } from '../adapter';
import { ignored, schemaMismatch, unreadable } from '../schema-mismatch';
import { readDeclinedOrder, readDispute, readOneoff, readRefund, readSettledOrder } from './orders';
import { disputeEventSchema, oneoffEventSchema, orderEventSchema, refundEventSchema, subscriptionEventSchema } from './schema';
import { readSubscription } from './subscriptions';

export function readEvent(body: unknown, context: ReadingContext): Reading {
  const named = namesSchema.safeParse(body);
  if (!named.success) return unreadable(schemaMismatch(named.error, ''));
  const type = wordOf(named.data.event_type);
  const subtype = wordOf(named.data.subtype ?? '');
  switch (type) {
    case 'order':
      return readOrder(body, subtype, context);
    case 'subscription':
      return reader(subscriptionEventSchema, (event) => readSubscription(event, subtype))(body);
    case 'refund':
      return subtype === 'settled' || subtype === ''
        ? reader(refundEventSchema, readRefund)(body)
        : ignored('the refund was not made');
    case 'dispute':
      return subtype === 'opened' ? reader(disputeEventSchema, readDispute)(body) : ignored('a dispute counts when it is opened');
    case 'oneoff':
    case 'one_off':
      return reader(oneoffEventSchema, readOneoff)(body);
    default:
      return ignored('events of this type are not needed');
  }
}

/** `order settled`; `unknown` for what names no type. */
export function typeOf(body: unknown): string {
  const named = namesSchema.safeParse(body);
  if (!named.success) return 'unknown';
  const words = [named.data.event_type, named.data.subtype ?? ''].map(wordOf).filter((word) => /^\w{1,64}$/.test(word));
  return words.length > 0 ? words.join(' ') : 'unknown';
}

function readOrder(body: unknown, subtype: string, context: ReadingContext): Reading {
  switch (subtype) {
    case 'settled':
      return reader(orderEventSchema, (event) => readSettledOrder(event, context))(body);
    case 'declined':
      return reader(orderEventSchema, readDeclinedOrder)(body);
    default:
      return ignored('order events of this subtype are not needed');
  }
}

const namesSchema = z.object({ event_type: z.string().min(1), subtype: z.string().nullish() });

/** Pages and payloads differ in case and hyphens: `CONVERSION`, `one-off`. */
function wordOf(name: string): string {
  return name.trim().toLowerCase().replaceAll('-', '_');
}

function reader<S extends z.ZodType>(schema: S, read: (event: z.infer<S>) => Reading) {
  return (body: unknown): Reading => {
    const event = schema.safeParse(body);
    return event.success ? read(event.data) : unreadable(schemaMismatch(event.error, ''));
  };
}

/** Reads Paddle's events by their type. docs/providers/paddle.md has the decisions. */
import type { z } from 'zod';
import type { Reading, ReadingContext } from '../adapter';
import { ignored, notNeeded, schemaMismatch, unreadable } from '../schema-mismatch';
import { readAdjustment } from './adjustments';
import { adjustmentSchema, eventSchema, subscriptionSchema, transactionSchema } from './schema';
import { readActivated, readCreated, readImported, readPastDue, readResumed, readState, readTrialing } from './subscriptions';
import { readCompleted, readUnpaid } from './transactions';
import type { EventContext } from './schema';

export function readEvent(body: unknown, context: ReadingContext): Reading {
  const event = eventSchema.safeParse(body);
  if (!event.success) return unreadable(schemaMismatch(event.error, ''));
  const { event_type: type, occurred_at: occurredAtMs, data } = event.data;
  const read = readers.get(type);
  if (read) return read(data, { ...context, occurredAtMs }, 'data');
  const reason = otherwise.get(type);
  return reason === undefined ? notNeeded(type) : ignored(reason);
}

/** The same entity as the API gives it: what is read of it must not depend on where it came from. */
export function readEntity(type: EntityEvent, entity: unknown, context: ReadingContext): Reading {
  return entityReaders[type](entity, { ...context, occurredAtMs: undefined }, '');
}

type EntityReader = (entity: unknown, context: EventContext, path: string) => Reading;
export type EntityEvent = keyof typeof entityReaders;

function reader<S extends z.ZodType>(
  schema: S,
  read: (entity: z.infer<S>, context: EventContext, path: string) => Reading,
): EntityReader {
  return (entity, context, path) => {
    const parsed = schema.safeParse(entity);
    return parsed.success ? read(parsed.data, context, path) : unreadable(schemaMismatch(parsed.error, path));
  };
}

const entityReaders = {
  'transaction.completed': reader(transactionSchema, readCompleted),
  'subscription.created': reader(subscriptionSchema, readCreated),
  'subscription.updated': reader(subscriptionSchema, readState),
  'adjustment.updated': reader(adjustmentSchema, readAdjustment),
} as const;

const readers: ReadonlyMap<string, EntityReader> = new Map([
  ...Object.entries(entityReaders),
  ['transaction.payment_failed', reader(transactionSchema, readUnpaid)],
  ['transaction.past_due', reader(transactionSchema, readUnpaid)],
  ['subscription.imported', reader(subscriptionSchema, readImported)],
  ['subscription.trialing', reader(subscriptionSchema, readTrialing)],
  ['subscription.activated', reader(subscriptionSchema, readActivated)],
  ['subscription.paused', reader(subscriptionSchema, readState)],
  ['subscription.resumed', reader(subscriptionSchema, readResumed)],
  ['subscription.canceled', reader(subscriptionSchema, readState)],
  ['subscription.past_due', reader(subscriptionSchema, readPastDue)],
  ['adjustment.created', reader(adjustmentSchema, readAdjustment)],
]);

/** The reasons for ignoring events that might seem to matter. */
const otherwise: ReadonlyMap<string, string> = new Map([
  ...['created', 'ready', 'billed', 'updated', 'revised'].map(
    (what) => [`transaction.${what}`, 'transaction.completed carries the payment'] as const,
  ),
  ['transaction.paid', 'transaction.completed follows, with the final amounts'],
  ['transaction.canceled', 'nothing was paid'],
]);

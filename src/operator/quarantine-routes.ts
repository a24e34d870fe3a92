/** `/api/quarantine`: verified deliveries that could not be read: looked at, read again, dismissed. */
import { z } from 'zod';
import { notFound } from '../http/problem';
import type { QuarantinedBody, Retried } from '../application/quarantine';
import type { QuarantinedWebhook, Store } from '../store';
import { pageSize, withCursor } from './paging';
import { isoTime } from './purchase-view';
import { defineRoute, type Route } from './route';

export interface QuarantineRoutesDeps {
  readonly quarantine: Pick<Store['quarantine'], 'list' | 'remove'>;
  /** One delivery with its body; null when the id is unknown. */
  readonly readQuarantined: (integration: string, id: string) => Promise<QuarantinedBody | null>;
  /** Retries one webhook; null when the id is unknown. */
  readonly retryQuarantined: (integration: string, id: string) => Promise<Retried | null>;
  readonly audit: Pick<Store['audit'], 'append'>;
  readonly nowMs: () => number;
}

/** What an operator does with a delivery; each is noted with the operator's name. */
export interface QuarantineCall {
  readonly integration: string;
  readonly id: string;
  readonly by: string;
}

export function quarantineRoutes(deps: QuarantineRoutesDeps): readonly Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/quarantine',
      tag: 'Quarantine',
      summary: 'Webhooks that could not be read',
      description: 'Signed by the provider, and unlike what this version knows: newest first. Nothing of them was lost.',
      query: z.strictObject({ cursor: z.string('must be given once').max(2_000, 'is too long').optional() }),
      answers: { 200: { description: 'A page of 50', schema: listed } },
      async handle({ integration, query: { cursor } }) {
        const page = await withCursor(() => deps.quarantine.list(integration, cursor, pageSize));
        return { items: page.items.map(shown), nextCursor: page.nextCursor };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/quarantine/{id}',
      tag: 'Quarantine',
      summary: 'One of them, with its body',
      description: 'Decrypted: it may name a buyer. Who looks is noted in the audit. `problems` says where it stumbled, by reading it again.',
      role: 'operator',
      answers: { 200: { description: 'The delivery', schema: whole } },
      problems: [404],
      async handle({ integration, operator, part }) {
        const { body, problems, ...entry } = await lookAt(deps, { integration, id: part('id'), by: operator.name });
        return { ...shown(entry), body, problems };
      },
    }),
    defineRoute({
      method: 'post',
      path: '/quarantine/{id}/retry',
      tag: 'Quarantine',
      summary: 'Read one again',
      description: 'After an upgrade that knows its shape. It stays where it is when it still cannot be read.',
      answers: { 200: { description: 'What came of it', schema: retriedSchema } },
      problems: [404],
      handle: ({ integration, operator, part }) => retry(deps, { integration, id: part('id'), by: operator.name }),
    }),
    defineRoute({
      method: 'delete',
      path: '/quarantine/{id}',
      tag: 'Quarantine',
      summary: 'Dismiss one',
      description: 'It is gone for good, and what it said is not reported.',
      answers: { 204: { description: 'Dismissed' } },
      problems: [404],
      async handle({ integration, operator, part, res }) {
        await dismiss(deps, { integration, id: part('id'), by: operator.name });
        res.status(204).end();
      },
    }),
  ];
}

/** @throws Problem 404 */
export async function lookAt(deps: QuarantineRoutesDeps, call: QuarantineCall): Promise<QuarantinedBody> {
  const found = await deps.readQuarantined(call.integration, call.id);
  if (!found) throw unknown();
  await note(deps, call, 'quarantine.read', null);
  return found;
}

/** @throws Problem 404 */
export async function retry(deps: QuarantineRoutesDeps, call: QuarantineCall): Promise<Retried> {
  const retried = await deps.retryQuarantined(call.integration, call.id);
  if (!retried) throw unknown();
  await note(deps, call, 'quarantine.retry', retried.outcome);
  return retried;
}

/** @throws Problem 404 */
export async function dismiss(deps: QuarantineRoutesDeps, call: QuarantineCall): Promise<void> {
  if (!(await deps.quarantine.remove(call.integration, call.id))) throw unknown();
  await note(deps, call, 'quarantine.dismiss', null);
}

function note({ audit, nowMs }: QuarantineRoutesDeps, call: QuarantineCall, action: string, reason: string | null): Promise<void> {
  return audit.append({ integration: call.integration, atMs: nowMs(), by: call.by, action, target: call.id, reason });
}

function unknown() {
  return notFound('there is no such delivery in quarantine');
}

function shown({ id, psp, receivedAtMs, type, reason, item }: QuarantinedWebhook) {
  return {
    ...{ id, psp, receivedAt: isoTime(receivedAtMs), type, reason },
    // The provider's id of what a renewal check could not read; webhooks have none.
    ...(item === null ? {} : { item }),
  };
}

const entrySchema = z.object({
  id: z.string(),
  psp: z.string().meta({ examples: ['stripe'] }),
  receivedAt: z.iso.datetime(),
  type: z.string().meta({ description: "The provider's type of event", examples: ['invoice.paid'] }),
  reason: z.string().meta({ examples: ['data.object.amount_paid: expected number'] }),
  item: z.string().optional().meta({ description: "The provider's id of what a renewal check could not read; webhooks have none" }),
});
const listed = z.object({ items: z.array(entrySchema), nextCursor: z.string().nullable() });
const whole = entrySchema.extend({
  body: z.unknown().meta({ description: 'As JSON; a text where it is none' }),
  problems: z.array(
    z.object({
      path: z.string().meta({ description: 'Empty for the body as a whole' }),
      message: z.string(),
      allowed: z.array(z.string()).optional(),
    }),
  ),
});
const factSchema = z.object({ kind: z.string(), moneyId: z.string().nullable(), subscription: z.string().nullable() });
const retriedSchema = z.union([
  z.object({ outcome: z.literal('accepted'), facts: z.array(factSchema) }),
  z.object({ outcome: z.enum(['ignored', 'quarantined']), reason: z.string() }),
]);

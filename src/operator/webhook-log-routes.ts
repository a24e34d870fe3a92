/** `GET /api/webhook-log`: the webhooks of the last 30 days. Their bodies were never kept. */
import { z } from 'zod';
import type { Store } from '../store';
import { pageSize, withCursor } from './paging';
import { isoTime } from './purchase-view';
import { defineRoute, type Route } from './route';

export interface WebhookLogRoutesDeps {
  readonly webhookLog: Pick<Store['webhookLog'], 'list'>;
}

export function webhookLogRoutes({ webhookLog }: WebhookLogRoutesDeps): readonly Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/webhook-log',
      tag: 'Providers',
      summary: 'The webhooks of the last 30 days',
      description: 'Newest first. Bodies are not kept; what could not be read is in the quarantine.',
      query: parameters,
      answers: { 200: { description: 'A page of 50.', schema: page } },
      async handle({ integration, query: { psp, cursor } }) {
        const filter = {
          integration,
          limit: pageSize,
          ...(psp === undefined ? {} : { psp }),
          ...(cursor === undefined ? {} : { cursor }),
        };
        const { items, nextCursor } = await withCursor(() => webhookLog.list(filter));
        return {
          items: items.map(({ receivedAtMs, ...delivery }) => ({ ...delivery, receivedAt: isoTime(receivedAtMs) })),
          nextCursor,
        };
      },
    }),
  ];
}

const parameters = z.strictObject({
  psp: z.string('must be given once').max(40, 'is too long').exactOptional(),
  cursor: z.string('must be given once').max(2_000, 'is too long').exactOptional(),
});

const page = z.object({
  items: z.array(
    z.object({
      psp: z.string(),
      type: z.string().nullable().meta({ description: 'The provider’s name for what happened.' }),
      outcome: z.enum(['accepted', 'ignored', 'quarantined']),
      reason: z.string().nullable(),
      receivedAt: z.iso.datetime(),
    }),
  ),
  nextCursor: z.string().nullable(),
});

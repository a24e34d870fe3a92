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
      summary: 'Recent webhooks',
      description: 'Newest first, of the last 30 days. Bodies are not kept.',
      query: z.strictObject({
        psp: z.string('must be given once').max(40, 'is too long').exactOptional(),
        cursor: z.string('must be given once').max(2_000, 'is too long').exactOptional(),
      }),
      answers: { 200: { description: 'A page of 50', schema: listed } },
      async handle({ integration, query }) {
        const page = await withCursor(() => webhookLog.list({ integration, limit: pageSize, ...query }));
        const items = page.items.map(({ receivedAtMs, ...delivery }) => ({ ...delivery, receivedAt: isoTime(receivedAtMs) }));
        return { items, nextCursor: page.nextCursor };
      },
    }),
  ];
}

/** One webhook, and what became of it. */
export const webhookSchema = z.object({
  psp: z.string(),
  receivedAt: z.iso.datetime(),
  type: z.string().nullable(),
  outcome: z.string().meta({ examples: ['accepted', 'ignored', 'quarantined'] }),
  reason: z.string().nullable(),
});
const listed = z.object({ items: z.array(webhookSchema), nextCursor: z.string().nullable() });

/** `GET /api/webhook-log`: the webhooks of the last 30 days. Their bodies were never kept. */
import type { Router } from 'express';
import express from 'express';
import { z } from 'zod';
import type { Store } from '../store';
import { pageSize, withCursor } from './paging';
import { isoTime } from './purchase-view';
import { integrationOf, readQuery } from './request';

export interface WebhookLogRoutesDeps {
  readonly webhookLog: Pick<Store['webhookLog'], 'list'>;
  readonly integrations: readonly string[];
}

export function createWebhookLogRouter({ webhookLog, integrations }: WebhookLogRoutesDeps): Router {
  const router = express.Router();
  router.get('/webhook-log', async (req, res) => {
    const integration = integrationOf(req, integrations);
    const { psp, cursor } = readQuery(req, parameters);
    const filter = {
      integration,
      limit: pageSize,
      ...(psp === undefined ? {} : { psp }),
      ...(cursor === undefined ? {} : { cursor }),
    };
    const page = await withCursor(() => webhookLog.list(filter));
    const items = page.items.map(({ receivedAtMs, ...delivery }) => ({ ...delivery, receivedAt: isoTime(receivedAtMs) }));
    res.json({ items, nextCursor: page.nextCursor });
  });
  return router;
}

const parameters = z.strictObject({
  psp: z.string('must be given once').max(40, 'is too long').exactOptional(),
  cursor: z.string('must be given once').max(2_000, 'is too long').exactOptional(),
});

/** `/api/quarantine`: verified deliveries that could not be read, and another try at one. Their bodies stay where they are. */
import type { Router } from 'express';
import express from 'express';
import { z } from 'zod';
import { notFound } from '../http/problem';
import type { Retried } from '../application/quarantine';
import type { Store } from '../store';
import { pageSize, withCursor } from './paging';
import { isoTime } from './purchase-view';
import { integrationOf, pathPart, readQuery } from './request';

export interface QuarantineRoutesDeps {
  readonly quarantine: Pick<Store['quarantine'], 'list'>;
  /** Retries one webhook; null when the id is unknown. */
  readonly retryQuarantined: (integration: string, id: string) => Promise<Retried | null>;
  readonly audit: Pick<Store['audit'], 'append'>;
  readonly nowMs: () => number;
  readonly integrations: readonly string[];
}

export function createQuarantineRouter({
  quarantine,
  retryQuarantined,
  audit,
  integrations,
  nowMs,
}: QuarantineRoutesDeps): Router {
  const router = express.Router();
  router.get('/quarantine', async (req, res) => {
    const integration = integrationOf(req, integrations);
    const { cursor } = readQuery(req, parameters);
    const page = await withCursor(() => quarantine.list(integration, cursor, pageSize));
    const items = page.items.map(({ id, psp, receivedAtMs, type, reason, item }) => ({
      ...{ id, psp, receivedAt: isoTime(receivedAtMs), type, reason },
      // The provider's id of what a renewal check could not read; webhooks have none.
      ...(item === null ? {} : { item }),
    }));
    res.json({ items, nextCursor: page.nextCursor });
  });
  router.post('/quarantine/:id/retry', async (req, res) => {
    const integration = integrationOf(req, integrations);
    const id = pathPart(req, 'id');
    const retried = await retryQuarantined(integration, id);
    if (!retried) throw notFound('there is no such delivery in quarantine');
    await audit.append({
      integration,
      atMs: nowMs(),
      by: 'api',
      action: 'quarantine.retry',
      target: id,
      reason: retried.outcome,
    });
    res.json(retried);
  });
  return router;
}

const parameters = z.strictObject({ cursor: z.string('must be given once').max(2_000, 'is too long').optional() });

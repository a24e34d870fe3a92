/** `GET /api/quarantine`: verified deliveries that could not be read. Their bodies stay where they are. */
import type { Router } from 'express';
import express from 'express';
import { z } from 'zod';
import type { Store } from '../store/store';
import { pageSize, withCursor } from './paging';
import { isoTime } from './purchase-view';
import { integrationOf, readQuery } from './request';

export interface QuarantineRoutesDeps {
  readonly quarantine: Pick<Store['quarantine'], 'list'>;
  readonly integrations: readonly string[];
}

export function quarantineRoutes({ quarantine, integrations }: QuarantineRoutesDeps): Router {
  const router = express.Router();
  router.get('/quarantine', async (req, res) => {
    const integration = integrationOf(req, integrations);
    const { cursor } = readQuery(req, parameters);
    const page = await withCursor(() => quarantine.list(integration, cursor, pageSize));
    const items = page.items.map(({ id, psp, receivedAtMs, type, reason }) => ({
      id,
      psp,
      receivedAt: isoTime(receivedAtMs),
      type,
      reason,
    }));
    res.json({ items, nextCursor: page.nextCursor });
  });
  return router;
}

const parameters = z.strictObject({ cursor: z.string('must be given once').max(2_000, 'is too long').optional() });

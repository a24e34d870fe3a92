/** `GET /api/purchases`: the list of purchases, filtered, page by page. */
import type { Router } from 'express';
import express from 'express';
import { z } from 'zod';
import type { UserKey } from '../domain/identity';
import { purchaseStates } from '../domain/purchase';
import type { PurchaseFilter, Store } from '../store/store';
import { withCursor } from './paging';
import { recordView } from './purchase-view';
import { integrationOf, isPlainText, readQuery } from './request';

export interface PurchasesRoutesDeps {
  readonly purchases: Pick<Store['purchases'], 'list'>;
  readonly keys: { userId(integration: string, userId: string): UserKey };
  readonly integrations: readonly string[];
}

export const pageSize = 50;

export function purchasesRoutes({ purchases, keys, integrations }: PurchasesRoutesDeps): Router {
  const router = express.Router();
  router.get('/purchases', async (req, res) => {
    const integration = integrationOf(req, integrations);
    const { user, error, ...filter } = readQuery(req, parameters);
    const page = await withCursor(() =>
      purchases.list({
        ...filter,
        ...(user === undefined ? {} : { user: keys.userId(integration, user) }),
        ...(error === undefined ? {} : { errorType: error }),
        integration,
        limit: pageSize,
      }),
    );
    res.json({ items: page.items.map(recordView), nextCursor: page.nextCursor });
  });
  return router;
}

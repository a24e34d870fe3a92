/** `GET /api/purchases`: the list of purchases, filtered, page by page. */
import type { Router } from 'express';
import express from 'express';
import { z } from 'zod';
import { compact } from '../domain/compact';
import type { UserKey } from '../domain/identity';
import { purchaseStates } from '../domain/purchase';
import type { PurchaseFilter, Store } from '../store';
import { pageSize, withCursor } from './paging';
import { recordView } from './purchase-view';
import { integrationOf, isoInstant, isPlainText, longestId, readQuery } from './request';

export interface PurchasesRoutesDeps {
  readonly purchases: Pick<Store['purchases'], 'list'>;
  readonly keys: { userId(integration: string, userId: string): UserKey };
  readonly integrations: readonly string[];
}

/** `from` is included, `to` is not; `user` is the merchant's user id; `error` is a record's `lastError.type`. */
export function createPurchasesRouter({ purchases, keys, integrations }: PurchasesRoutesDeps): Router {
  const router = express.Router();
  router.get('/purchases', async (req, res) => {
    const integration = integrationOf(req, integrations);
    const { user, from, to, error, ...rest } = readQuery(req, parameters);
    const filter = compact<PurchaseFilter>({
      ...rest,
      user: user === undefined ? undefined : [keys.userId(integration, user)],
      fromMs: from,
      toMs: to,
      errorType: error,
      integration,
      limit: pageSize,
    });
    const page = await withCursor(() => purchases.list(filter));
    res.json({ items: page.items.map(recordView), nextCursor: page.nextCursor });
  });
  return router;
}

const once = 'must be given once';
const text = (maxLength: number) =>
  z
    .string(once)
    .refine((given) => isPlainText(given, maxLength), `must have at most ${maxLength} characters, and no control characters`);

const parameters = z
  .strictObject({
    state: z.enum(purchaseStates, `must be one of ${purchaseStates.join(', ')}`).exactOptional(),
    psp: text(64).exactOptional(),
    user: text(512).exactOptional(),
    from: isoInstant.exactOptional(),
    to: isoInstant.exactOptional(),
    q: text(longestId).exactOptional(),
    error: text(100).exactOptional(),
    cursor: text(2_000).exactOptional(),
  })
  .refine(({ from, to }) => from === undefined || to === undefined || from <= to, {
    path: ['to'],
    message: 'must not be before from',
  });

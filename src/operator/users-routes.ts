/** `GET /api/users/:userId`: what is known of a buyer, by the merchant's own id of them. */
import type { Router } from 'express';
import express from 'express';
import type { UserKey } from '../domain/identity';
import type { PaymentRef } from '../domain/purchase';
import { notFound } from '../http/problem';
import type { Store } from '../store/store';
import { integrationOf, pathPart } from './request';

export interface UsersRoutesDeps {
  readonly users: Pick<Store['users'], 'find'>;
  readonly purchases: Pick<Store['purchases'], 'ofSubscription'>;
  readonly keys: { userId(integration: string, userId: string): UserKey };
  readonly integrations: readonly string[];
}

export function usersRoutes({ users, purchases, keys, integrations }: UsersRoutesDeps): Router {
  const router = express.Router();
  router.get('/users/:userId', async (req, res) => {
    const integration = integrationOf(req, integrations);
    const user = await users.find(integration, keys.userId(integration, pathPart(req, 'userId')));
    if (!user) throw notFound('there is no such user');
    const { identifiers, firstPurchase, orders } = user;
    res.json({
      // An order is no identifier of its buyer, but how one is kept of whom nothing else is known.
      identifiers: identifiers.filter((kind) => kind !== 'order'),
      firstPurchase: firstPurchase === null ? null : { ...firstPurchase, state: await stateOf(integration, firstPurchase) },
      orders,
    });
  });

  /** Null for a place that only the browser has taken: no payment is known yet. */
  async function stateOf(integration: string, { psp, subscription, moneyId }: PaymentRef) {
    const records = await purchases.ofSubscription(integration, psp, subscription);
    return records.find((record) => record.moneyId === moneyId)?.state ?? null;
  }

  return router;
}

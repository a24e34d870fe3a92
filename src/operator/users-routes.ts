/** `/api/users/:userId`: what is known of a buyer, by the merchant's own id of them or their e-mail; and its erasure. */
import type { Request, Router } from 'express';
import express from 'express';
import type { UserKey } from '../domain/identity';
import type { PaymentRef } from '../domain/purchase';
import { notFound } from '../http/problem';
import type { UserKeys } from '../crypto/user-keys';
import type { Store } from '../store';
import { hashedEmail } from '../tiktok';
import type { OrderRef } from '../../workflows/contract';
import { integrationOf, pathPart } from './request';

export interface UsersRoutesDeps {
  readonly users: Pick<Store['users'], 'find' | 'erase'>;
  readonly purchases: Pick<Store['purchases'], 'ofSubscription'>;
  readonly audit: Pick<Store['audit'], 'append'>;
  readonly keys: Pick<UserKeys, 'userId' | 'ofBuyer'>;
  readonly integrations: readonly string[];
  readonly subscriptions: {
    /** Tells an order's workflow to forget who bought. */
    erase(order: OrderRef): Promise<boolean>;
  };
  readonly nowMs: () => number;
}

export function createUsersRouter({
  users,
  purchases,
  audit,
  keys,
  integrations,
  subscriptions,
  nowMs,
}: UsersRoutesDeps): Router {
  const router = express.Router();

  router.get('/users/:userId', async (req, res) => {
    const { integration, user } = await found(req);
    const { identifiers, firstPurchase, orders } = user;
    res.json({
      // An order is no identifier of its buyer, but how one is kept of whom nothing else is known.
      identifiers: identifiers.filter((kind) => kind !== 'order'),
      firstPurchase: firstPurchase === null ? null : { ...firstPurchase, state: await stateOf(integration, firstPurchase) },
      orders,
    });
  });

  router.post('/users/:userId/erase', async (req, res) => {
    const { integration, key, user } = await found(req);
    // Workflows first: if one can't be signalled, the user is still there to be erased again.
    for (const order of user.orders) await subscriptions.erase({ integration, ...order });
    const { orders } = (await users.erase(integration, key, nowMs())) ?? user;
    for (const order of orders.filter(({ psp, subscription }) => !has(user.orders, psp, subscription)))
      await subscriptions.erase({ integration, ...order });
    await audit.append({ integration, atMs: nowMs(), by: 'api', action: 'user.erase', target: key.hmac, reason: null });
    res.json({ erased: true, orders });
  });

  async function found(req: Request) {
    const integration = integrationOf(req, integrations);
    for (const key of possibleKeys(integration, pathPart(req, 'userId'))) {
      const user = await users.find(integration, key);
      if (user) return { integration, key, user };
    }
    throw notFound('there is no such user');
  }

  /** Buyers who came without a user id are known by their e-mail. */
  function possibleKeys(integration: string, userId: string): readonly UserKey[] {
    const emailSha256 = userId.includes('@') ? hashedEmail(userId) : undefined;
    return [
      keys.userId(integration, userId),
      ...(emailSha256 === undefined ? [] : keys.ofBuyer(integration, {}, { emailSha256 })),
    ];
  }

  async function stateOf(integration: string, { psp, subscription, moneyId }: PaymentRef) {
    const records = await purchases.ofSubscription(integration, psp, subscription);
    return records.find((record) => record.moneyId === moneyId)?.state ?? null;
  }

  return router;
}

function has(orders: readonly { psp: string; subscription: string }[], psp: string, subscription: string): boolean {
  return orders.some((order) => order.psp === psp && order.subscription === subscription);
}

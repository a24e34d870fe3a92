/** `/api/users/:userId`: what is known of a buyer, by the merchant's own id of them or their e-mail; and its erasure. */
import { z } from 'zod';
import type { UserKey } from '../domain/identity';
import { type PaymentRef, purchaseStates } from '../domain/purchase';
import { notFound } from '../http/problem';
import type { UserKeys } from '../crypto/user-keys';
import type { Store } from '../store';
import { hashedEmail } from '../tiktok';
import type { OrderRef } from '../../workflows/contract';
import { defineRoute, type Route } from './route';
import { type TemporalLinksDeps, userFilter } from './temporal-links';

export interface UsersRoutesDeps extends TemporalLinksDeps {
  readonly users: Pick<Store['users'], 'find' | 'erase'>;
  readonly purchases: Pick<Store['purchases'], 'ofSubscription'>;
  readonly audit: Pick<Store['audit'], 'append'>;
  readonly keys: Pick<UserKeys, 'userId' | 'ofBuyer'>;
  readonly subscriptions: {
    /** Tells an order's workflow to forget who bought. */
    erase(order: OrderRef): Promise<boolean>;
  };
  readonly nowMs: () => number;
}

export function usersRoutes(deps: UsersRoutesDeps): readonly Route[] {
  const { users, purchases, audit, keys, subscriptions, temporalListUrl, nowMs } = deps;
  return [
    defineRoute({
      method: 'get',
      path: '/users/{userId}',
      tag: 'Users',
      summary: 'What is known of a buyer',
      description: 'By the merchant’s own id of them, or by their e-mail.',
      answers: { 200: { description: 'The buyer.', schema: userSchema } },
      problems: [404],
      async handle({ integration, part }) {
        const { key, user } = await found(integration, part('userId'));
        const { identifiers, firstPurchase, orders } = user;
        return {
          // An order is no identifier of its buyer, but how one is kept of whom nothing else is known.
          identifiers: identifiers.filter((kind) => kind !== 'order'),
          firstPurchase: firstPurchase === null ? null : { ...firstPurchase, state: await stateOf(integration, firstPurchase) },
          orders,
          temporalUrl: temporalListUrl(userFilter(integration, key.hmac, orders)),
        };
      },
    }),
    defineRoute({
      method: 'post',
      path: '/users/{userId}/erase',
      tag: 'Users',
      summary: 'Forget a buyer',
      description:
        'Identifiers and identity are deleted, and each order’s workflow forgets them. Payments stay, for the account.',
      answers: { 200: { description: 'The orders whose workflows were told.', schema: erasedSchema } },
      problems: [404],
      async handle({ integration, part, operator }) {
        const { key, user } = await found(integration, part('userId'));
        // Workflows first: if one can't be signalled, the user is still there to be erased again.
        for (const order of user.orders) await subscriptions.erase({ integration, ...order });
        const { orders } = (await users.erase(integration, key, nowMs())) ?? user;
        for (const order of orders.filter(({ psp, subscription }) => !has(user.orders, psp, subscription)))
          await subscriptions.erase({ integration, ...order });
        const { name: by } = operator;
        await audit.append({ integration, atMs: nowMs(), by, action: 'user.erase', target: key.hmac, reason: null });
        return { erased: true, orders };
      },
    }),
  ];

  async function found(integration: string, userId: string) {
    for (const key of possibleKeys(integration, userId)) {
      const user = await users.find(integration, key);
      if (user) return { key, user };
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
}

function has(orders: readonly { psp: string; subscription: string }[], psp: string, subscription: string): boolean {
  return orders.some((order) => order.psp === psp && order.subscription === subscription);
}

const order = z.object({ psp: z.string(), subscription: z.string() });
const userSchema = z.object({
  identifiers: z
    .array(z.string())
    .meta({ description: 'The kinds that are known; never their values.', examples: [['user_id', 'email']] }),
  firstPurchase: order.extend({ moneyId: z.string(), state: z.enum(purchaseStates).nullable() }).nullable(),
  orders: z.array(order),
  temporalUrl: z.string().nullable().meta({ description: 'The buyer’s orders in the Temporal UI.' }),
});
const erasedSchema = z.object({ erased: z.literal(true), orders: z.array(order) });

/** `/api/users/:userId`: what is known of a buyer, by the merchant's own id of them or their e-mail; and its erasure. */
import { z } from 'zod';
import { purchaseStates } from '../domain/purchase';
import { defineRoute, type Route } from './route';
import { eraseUser, type UsersDeps, userView } from './users';

export type UsersRoutesDeps = UsersDeps;

export function usersRoutes(deps: UsersRoutesDeps): readonly Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/users/{userId}',
      tag: 'Users',
      summary: 'What is known of a buyer',
      description: 'By the merchant’s own id of them, or by their e-mail.',
      answers: { 200: { description: 'The buyer.', schema: userSchema } },
      problems: [404],
      handle: ({ integration, part }) => userView(deps, integration, part('userId')),
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
        const orders = await eraseUser(deps, { integration, userId: part('userId'), by: operator.name });
        return { erased: true, orders };
      },
    }),
  ];
}

const order = z.object({ psp: z.string(), subscription: z.string() });
const userSchema = z.object({
  identifiers: z
    .array(z.string())
    .meta({ description: 'The kinds that are known; never their values.', examples: [['user_id', 'email']] }),
  firstPurchase: order.extend({ moneyId: z.string(), state: z.enum(purchaseStates).nullable() }).nullable(),
  orders: z.array(order),
  temporalUrl: z
    .string()
    .exactOptional()
    .meta({ description: 'The buyer’s orders in the Temporal UI; left out where its address is unknown.' }),
});
const erasedSchema = z.object({ erased: z.literal(true), orders: z.array(order) });

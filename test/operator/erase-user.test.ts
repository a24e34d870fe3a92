import { createUserKeys } from '../../src/crypto/user-keys';
import { eraseUser, type UsersDeps } from '../../src/operator/users';

it('tells the orders of a shared user id side by side, a bounded number at once, and each of them', async () => {
  const orders = Array.from({ length: 300 }, (_, nth) => ({ psp: 'generic', subscription: `sub_${nth}` }));
  let [underWay, most] = [0, 0];
  const told = new Set<string>();
  const user = { identifiers: ['user_id'], firstPurchase: null, orders } as const;
  const deps = {
    users: { find: () => Promise.resolve(user), erase: () => Promise.resolve({ orders }) },
    purchases: { ofSubscription: () => Promise.resolve([]) },
    audit: { append: () => Promise.resolve() },
    keys: createUserKeys('a pepper for tests'),
    subscriptions: {
      async erase({ subscription }) {
        most = Math.max(most, (underWay += 1));
        await new Promise((resolve) => setImmediate(resolve));
        underWay -= 1;
        told.add(subscription);
        return true;
      },
    },
    temporalListUrl: () => null,
    nowMs: () => 0,
  } satisfies Partial<UsersDeps>;
  await eraseUser(deps as Partial<UsersDeps> as UsersDeps, { integration: 'default', userId: 'shared', by: 'anna' }); // all that it asks for
  expect(told.size).toBe(300);
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(20);
});

import { createUserKeys } from '../../src/crypto/user-keys';
import { eraseUser, type UsersDeps } from '../../src/operator/users';
import type { PersonalData } from '../../src/store';

it('tells the orders of a shared user id side by side, a bounded number at once, and each of them', async () => {
  const orders = Array.from({ length: 300 }, (_, nth) => ({ psp: 'generic', subscription: `sub_${nth}` }));
  let [underWay, most] = [0, 0];
  const told = new Set<string>();
  const known = { userIds: [1], identifiers: [], orders } as unknown as PersonalData; // all that is read of it
  const deps = {
    users: { find: () => Promise.resolve(null), erase: () => Promise.resolve({ orders }) },
    personalData: { of: () => Promise.resolve(known) },
    quarantine: { naming: () => Promise.resolve([]), remove: () => Promise.resolve(true) },
    routes: { everything: () => Promise.resolve([]), keep: () => Promise.resolve(), remove: () => Promise.resolve() },
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
  await eraseUser(deps as Partial<UsersDeps> as UsersDeps, { integration: 'default', person: { userId: 'shared' }, by: 'anna' }); // all that it asks for
  expect(told.size).toBe(300);
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(20);
});

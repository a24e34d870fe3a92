/** What is known of a buyer, and its erasure: for the JSON API and the console's page alike. */
import type { UserKeys } from '../crypto/user-keys';
import { inParallel } from '../application/in-parallel';
import type { Order } from '../domain/first-purchase';
import type { UserKey } from '../domain/identity';
import type { PaymentRef } from '../domain/purchase';
import { notFound } from '../http/problem';
import type { Store } from '../store';
import { hashedEmail } from '../tiktok';
import type { OrderRef } from '../../workflows/contract';
import { type TemporalLinksDeps, userFilter } from './temporal-links';

export interface UsersDeps extends TemporalLinksDeps {
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

export type UserView = Awaited<ReturnType<typeof userView>>;

/** `userId` is the merchant's own id of a buyer, or their e-mail. @throws a 404 problem when nobody has it. */
export async function userView(deps: UsersDeps, integration: string, userId: string) {
  const { key, user } = await found(deps, integration, userId);
  const { identifiers, firstPurchase, orders } = user;
  const temporalUrl = deps.temporalListUrl(userFilter(integration, key.hmac, orders));
  return {
    // An order is no identifier of its buyer, but how one is kept of whom nothing else is known.
    identifiers: identifiers.filter((kind) => kind !== 'order'),
    firstPurchase: firstPurchase === null ? null : { ...firstPurchase, state: await stateOf(deps, integration, firstPurchase) },
    orders,
    ...(temporalUrl === null ? {} : { temporalUrl }),
  };
}

export interface EraseCommand {
  readonly integration: string;
  readonly userId: string;
  readonly by: string;
}

/** Forgets a buyer. Answers the orders whose workflows were told. @throws a 404 problem when nobody has the id. */
export async function eraseUser(deps: UsersDeps, { integration, userId, by }: EraseCommand) {
  const { users, subscriptions, audit, nowMs } = deps;
  const { key, user } = await found(deps, integration, userId);
  // Workflows first: if one can't be signalled, the user is still there to be erased again.
  const tell = async (order: Order): Promise<void> => void (await subscriptions.erase({ integration, ...order }));
  await inParallel(user.orders, toldAtOnce, tell);
  const { orders } = (await users.erase(integration, key, nowMs())) ?? user;
  const since = orders.filter(({ psp, subscription }) => !has(user.orders, psp, subscription));
  await inParallel(since, toldAtOnce, tell);
  await audit.append({ integration, atMs: nowMs(), by, action: 'user.erase', target: key.hmac, reason: null });
  return orders;
}

/** Orders whose workflows are told side by side: a shared user id may have thousands. */
const toldAtOnce = 20;

async function found({ users, keys }: UsersDeps, integration: string, userId: string) {
  for (const key of possibleKeys(keys, integration, userId)) {
    const user = await users.find(integration, key);
    if (user) return { key, user };
  }
  throw notFound('there is no such user');
}

/** Buyers who came without a user id are known by their e-mail. */
function possibleKeys(keys: UsersDeps['keys'], integration: string, userId: string): readonly UserKey[] {
  const emailSha256 = userId.includes('@') ? hashedEmail(userId) : undefined;
  return [keys.userId(integration, userId), ...(emailSha256 === undefined ? [] : keys.ofBuyer(integration, {}, { emailSha256 }))];
}

async function stateOf({ purchases }: UsersDeps, integration: string, { psp, subscription, moneyId }: PaymentRef) {
  const records = await purchases.ofSubscription(integration, psp, subscription);
  return records.find((record) => record.moneyId === moneyId)?.state ?? null;
}

function has(orders: readonly { psp: string; subscription: string }[], psp: string, subscription: string): boolean {
  return orders.some((order) => order.psp === psp && order.subscription === subscription);
}

/** What is known of a buyer, its export and its erasure: for the JSON API and the console's page alike. */
import { personMark } from '../application/named-persons';
import type { UserKeys } from '../crypto/user-keys';
import { forgetWaiting, waitingOf, type WaitingPersonsDeps } from '../application/waiting-persons';
import { inParallel } from '../application/in-parallel';
import type { Order } from '../domain/first-purchase';
import type { UserKey } from '../domain/identity';
import { isImported } from '../domain/imported-buyer';
import type { PaymentRef, PurchaseState } from '../domain/purchase';
import { notFound, unprocessable } from '../http/problem';
import type { Store } from '../store';
import { hashedEmail } from '../tiktok';
import type { OrderRef } from '../../workflows/contract';
import { type TemporalLinksDeps, userFilter } from './temporal-links';

export interface UsersDeps extends TemporalLinksDeps {
  readonly users: Pick<Store['users'], 'find' | 'erase'>;
  readonly personalData: Store['personalData'];
  readonly quarantine: Pick<Store['quarantine'], 'naming' | 'remove'>;
  /** Facts of a shared account that wait for a word whose they are. */
  readonly routes: WaitingPersonsDeps['routes'];
  readonly purchases: Pick<Store['purchases'], 'ofSubscription'>;
  readonly audit: Pick<Store['audit'], 'append'>;
  readonly keys: Pick<UserKeys, 'userId' | 'ofBuyer' | 'customer' | 'of' | 'forms'>;
  readonly subscriptions: {
    /** Tells an order's workflow to forget who bought. */
    erase(order: OrderRef): Promise<boolean>;
  };
  readonly nowMs: () => number;
}

/** How a person is named: by one of these. */
export type NamedPerson =
  /** The merchant's own id of a buyer, or, where nobody has it, their e-mail. */
  | { readonly user: string }
  | { readonly userId: string }
  | { readonly email: string }
  /** The provider's id of a customer. */
  | { readonly customer: { readonly psp: string; readonly id: string } }
  | { readonly order: Order };

export type UserView = Awaited<ReturnType<typeof userView>>;

/** Looks a person up, which the audit notes. @throws a 404 problem when nobody has the identifier. */
export async function userView(
  deps: UsersDeps,
  { integration, person, by }: { readonly integration: string; readonly person: NamedPerson; readonly by: string },
) {
  const { key, user } = await found(deps, integration, person);
  const { identifiers, firstPurchase, orders } = user;
  const known = await deps.personalData.of(integration, key);
  const target = auditTarget(known?.userIds[0]);
  await deps.audit.append({ integration, atMs: deps.nowMs(), by, action: 'user.read', target, reason: null });
  const temporalUrl = deps.temporalListUrl(userFilter(integration, deps.keys.forms(key.hmac), orders));
  return {
    // An order is no identifier of its buyer, but how one is kept of whom nothing else is known.
    identifiers: identifiers.filter((kind) => kind !== 'order'),
    firstPurchase: firstPurchase === null ? null : await shownFirst(deps, integration, firstPurchase),
    orders,
    ...(temporalUrl === null ? {} : { temporalUrl }),
  };
}

export interface EraseCommand {
  readonly integration: string;
  readonly person: NamedPerson;
  readonly by: string;
}

/** Orders whose workflows are told side by side: a shared user id may have thousands. */
const toldAtOnce = 20;

/** What an erasure reached. */
export interface ErasedPerson {
  /** The orders whose workflows were told. */
  readonly orders: readonly Order[];
  /** Webhooks in the quarantine that named the person, and were deleted. */
  readonly quarantined: number;
  /** Facts that wait and named the person: they wait without their buyer. */
  readonly waiting: number;
}

/**
 * Forgets a person: identifiers, identity, requests of attempts, bodies in the quarantine, facts that wait, and what workflows remember.
 * Payments stay. Repeatable. @throws a 404 problem when nobody has the identifier, and neither a body in the quarantine nor a fact that waits names it.
 */
export async function eraseUser(deps: UsersDeps, { integration, person, by }: EraseCommand): Promise<ErasedPerson> {
  const { users, subscriptions, audit, nowMs } = deps;
  const { keys, key, known } = await lookedUp(deps, integration, person);
  const identifiers = [...keys, ...(known?.identifiers ?? [])];
  const named = await deps.quarantine.naming(integration, identifiers.map(personMark));
  const waiting = await waitingOf(deps, integration, identifiers);
  if (!known && named.length + waiting.length === 0) throw nobody();
  const note = (action: string, target: string): Promise<void> =>
    audit.append({ integration, atMs: nowMs(), by, action, target, reason: null });
  // Bodies and workflows first: if one of them fails, the user is still there to be erased again.
  for (const { id } of named) if (await deps.quarantine.remove(integration, id)) await note('quarantine.erased', id);
  await forgetWaiting(deps, integration, waiting);
  const orders = known?.orders.map(orderOf) ?? [];
  const tell = async (order: Order): Promise<void> => void (await subscriptions.erase({ integration, ...order }));
  await inParallel(orders, toldAtOnce, tell);
  const erased = key ? ((await users.erase(integration, key, nowMs()))?.orders ?? orders) : [];
  await inParallel(
    erased.filter((one) => !has(orders, one)),
    toldAtOnce,
    tell,
  );
  // A number that leads nowhere afterwards: an HMAC could be tried with the person's id.
  await note('user.erase', known ? auditTarget(known.userIds[0]) : 'quarantine');
  return { orders: erased, quarantined: named.length, waiting: waiting.length };
}

/** The person's data, and the keys by which they are named. @throws a 404 problem when nobody has the identifier. */
export async function knownPerson(deps: Pick<UsersDeps, 'personalData' | 'keys'>, integration: string, person: NamedPerson) {
  const { keys, known } = await lookedUp(deps, integration, person);
  return { keys, known };
}

/** A user in the audit. */
export function auditTarget(userId: number | undefined): string {
  return userId === undefined ? 'visitor' : `user/${userId}`;
}

export function nobody() {
  return notFound('there is no such user');
}

async function lookedUp(
  { personalData, keys: userKeys }: Pick<UsersDeps, 'personalData' | 'keys'>,
  integration: string,
  person: NamedPerson,
) {
  const keys = keysOf(userKeys, integration, person);
  for (const key of keys) {
    const known = await personalData.of(integration, key);
    if (known) return { keys, key, known };
  }
  return { keys, key: null, known: null };
}

async function found({ users, keys }: UsersDeps, integration: string, person: NamedPerson) {
  for (const key of keysOf(keys, integration, person)) {
    const user = await users.find(integration, key);
    if (user) return { key, user };
  }
  throw nobody();
}

/** @throws a 422 problem for an e-mail that is none. */
function keysOf(keys: UsersDeps['keys'], integration: string, person: NamedPerson): readonly UserKey[] {
  if ('userId' in person) return [keys.userId(integration, person.userId)];
  if ('customer' in person) return [keys.customer(integration, person.customer.psp, person.customer.id)];
  // The last of an order's keys is the order itself.
  if ('order' in person) return keys.of({ integration, ...person.order }, {}, {}).slice(-1);
  const text = 'email' in person ? person.email : person.user;
  const emailSha256 = text.includes('@') ? hashedEmail(text) : undefined;
  if ('email' in person && emailSha256 === undefined)
    throw unprocessable([{ path: 'email', message: 'is no e-mail address of a person' }]);
  const byEmail = emailSha256 === undefined ? [] : keys.ofBuyer(integration, {}, { emailSha256 });
  return 'email' in person ? byEmail : [keys.userId(integration, text), ...byEmail];
}

interface ShownFirst extends PaymentRef {
  readonly state: PurchaseState | null;
  /** Of an imported one only. */
  readonly boughtBeforeAt?: string;
}

/** A payment with its state; or, of an imported one, when it was. */
async function shownFirst(deps: UsersDeps, integration: string, first: PaymentRef): Promise<ShownFirst> {
  if (isImported(first)) return { ...first, state: null, boughtBeforeAt: first.moneyId };
  return { ...first, state: await stateOf(deps, integration, first) };
}

async function stateOf({ purchases }: UsersDeps, integration: string, { psp, subscription, moneyId }: PaymentRef) {
  const records = await purchases.ofSubscription(integration, psp, subscription);
  return records.find((record) => record.moneyId === moneyId)?.state ?? null;
}

function orderOf({ psp, subscription }: Order): Order {
  return { psp, subscription };
}

function has(orders: readonly Order[], { psp, subscription }: Order): boolean {
  return orders.some((order) => order.psp === psp && order.subscription === subscription);
}

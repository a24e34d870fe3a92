/** What the conformance tests of visitors and their checkouts do, with the defaults of the samples. */
import type { Identity, UserKey } from '../../../src/domain/identity';
import type { PaymentRef, PurchaseRecord } from '../../../src/domain/purchase';
import type { Settings } from '../../../src/domain/settings';
import { defaultSettings } from '../../../src/domain/settings';
import type { BrowserPurchaseRequest, Registration } from '../../../src/store';
import type { World } from './world';
import { key, noonMs, registration as sampleRegistration } from '../../support/store-samples';

export const hour = 60 * 60 * 1000;
export const day = 24 * hour;
export const [ada, bob, eve] = [key('user_id', 'ada'), key('user_id', 'bob'), key('user_id', 'eve')];
export const [mail, customer] = [key('email', 'ada'), key('customer', 'ada')];
export const checkoutKey = (id: string) => key('checkout', id);
export const orderKey = ({ psp, subscription }: PaymentRef) => key('order', `${psp}/${subscription}`);
export const limited: Settings = { ...defaultSettings, limitPurchaseEvents: true };
/** Settings under which the browser may report every checkout, or none. */
export const [yes, no] = [{ settings: defaultSettings }, { settings: { ...defaultSettings, paused: true } }];

/** The writes and reads of visitors. */
export function visitorActions(world: () => World) {
  const store = () => world().store;
  const other = () => world().other;
  const integration = () => world().integration;
  const raw = (statement: string) => world().stores.raw(statement);
  const users = () => store().users;
  const eachProcess = (index: number) => (index % 2 ? store() : other());
  const register = (ref: PaymentRef, keys: readonly UserKey[] = [], overrides: Partial<Registration> = {}, at = store()) =>
    at.users.register({ ...sampleRegistration(ref, keys, overrides), integration: integration() });
  const claim = (ref: PaymentRef, keys: readonly UserKey[]) =>
    store().firstPurchases.claim({ integration: integration(), keys, payment: ref, mode: 'this_payment', atMs: noonMs });
  const recorded = (...records: PurchaseRecord[]) => store().purchases.record(integration(), records);
  const meet = (keys: readonly UserKey[], identity: Identity = {}, atMs = noonMs) =>
    store().visitors.record({ integration: integration(), keys, identity, atMs });
  const find = (known: UserKey) => users().find(integration(), known);
  const identity = (...keys: UserKey[]) => users().identity(integration(), keys);
  const ask = (checkoutId: string, keys: readonly UserKey[], overrides: Partial<BrowserPurchaseRequest> = {}, at = store()) =>
    at.visitors.authorizePurchase({
      ...{ integration: integration(), keys: [...keys, checkoutKey(checkoutId)], identity: {}, checkoutId },
      ...{ purchaseType: 'subscription', settings: limited, atMs: noonMs },
      ...overrides,
    });
  /** The snapshot and the event id of a request, without an authorization. */
  const seen = async (checkoutId: string, keys: readonly UserKey[], overrides: Partial<BrowserPurchaseRequest> = {}) => {
    const { checkout, eventId } = await ask(checkoutId, keys, { ...no, ...overrides });
    return { ...checkout, eventId };
  };
  const countOf = async (table: string) => {
    const rows = await raw(`select count(*)::int as rows from ${table} where integration = '${integration()}'`);
    return rows[0]?.['rows'];
  };
  return {
    store,
    other,
    integration,
    raw,
    users,
    eachProcess,
    register,
    claim,
    recorded,
    meet,
    find,
    identity,
    ask,
    seen,
    countOf,
  };
}

import { confirmLoss, lossNotes, lossOf, noteOlderSettings, rebuildOrder } from '../../src/application/lost-database';
import { createUserKeys } from '../../src/crypto/user-keys';
import type { PaymentFact, RefundFact } from '../../src/domain/fact';
import { observe } from '../../src/domain/observe';
import { decidingSettings, defaultSettings } from '../../src/domain/settings';
import { newSubscription, type Subscription } from '../../src/domain/subscription';
import type { Store } from '../../src/store';
import { emptyStore } from '../support/test-database';

const integration = 'default';
const order = { integration, psp: 'generic', subscription: 'sub_1' };
const keys = createUserKeys('a pepper of the tests, long enough');
const limited = decidingSettings({ ...defaultSettings, version: 4, limitPurchaseEvents: true });

let store: Store;
beforeEach(async () => {
  store = await emptyStore();
  await store.settings.load(integration, defaultSettings);
});
afterEach(async () => store.close());

const look = (orders: number) =>
  lossOf({
    orders: store.orders,
    alerts: store.alerts,
    countOrders: async () => orders,
    integrations: [integration],
    nowMs: () => 1,
  });

/** An order as its workflow knows it: two payments of ada's, the second given back; the first is her first purchase. */
function known(): Subscription {
  const accepted = {
    acceptedAtMs: 1_000,
    settings: limited,
    tooOld: false,
    userKeys: keys.of(order, { userId: 'ada' }, {}),
    checkoutId: null,
  };
  const paid = { amountMinor: 999, currency: 'EUR' };
  const facts: (PaymentFact | RefundFact)[] = [
    { ...paid, kind: 'conversion', moneyId: 'm1', occurredAtMs: 500, periodEndMs: 9_000 },
    { ...paid, kind: 'renewal', moneyId: 'm2', occurredAtMs: 700 },
    { kind: 'refund', moneyId: 'm2', refundId: 're_1', cause: 'refund', occurredAtMs: 800 },
  ];
  const state = facts.reduce((before, fact) => observe(before, fact, accepted), newSubscription('generic', 'sub_1'));
  return { ...state, firstPurchase: { kind: 'mine', moneyId: 'm1' } };
}

describe('an empty database', () => {
  it('is no loss while Temporal knows no order', async () => expect(await look(0)).toBeNull());

  it('is none once an order is there, or somebody has changed a setting', async () => {
    await rebuildOrder(store, order, known());
    expect(await look(3)).toBeNull();
    await store.close();
    store = await emptyStore();
    await store.settings.load(integration, defaultSettings);
    await store.settings.save(integration, { ...defaultSettings, paused: true }, { expectedVersion: 1, by: 'anna', atMs: 1 });
    expect(await look(3)).toBeNull();
  });

  it('is an alert while Temporal has orders, until an operator confirms: no look at the numbers closes it', async () => {
    expect(await look(3)).toMatch(/found empty while Temporal has 3 orders: settings \(such as the limit\)/);
    await store.alerts.reconcile(integration, [], 2);
    await rebuildOrder(store, order, known());
    expect(await look(3)).not.toBeNull();
    expect(await lossNotes(store.alerts, [integration])).toHaveLength(1);

    expect(await confirmLoss(store.alerts, [integration], 3)).toBe(1);
    expect(await look(3)).toBeNull();
    expect(await confirmLoss(store.alerts, [integration], 4)).toBe(0);
  });

  it('gets back what a workflow knows of its order', async () => {
    expect(await rebuildOrder(store, order, known())).toBe(true);
    expect(await store.users.find(integration, keys.userId(integration, 'ada'))).toEqual({
      identifiers: ['user_id', 'order'],
      firstPurchase: { psp: 'generic', subscription: 'sub_1', moneyId: 'm1' },
      orders: [{ psp: 'generic', subscription: 'sub_1' }],
    });
    expect(await store.payments.orderOf(integration, 'generic', 'm2')).toMatchObject({ subscription: 'sub_1', moneyId: 'm2' });
    const { facts } = await store.orderRecords.load(order);
    expect(facts.map(({ fact, settingsVersion }) => `${fact.kind} ${settingsVersion}`).sort()).toEqual([
      'conversion 4',
      'refund 1',
      'renewal 4',
    ]);
    const due = { dueBeforeMs: 10_000, dueAfterMs: 0, polledBeforeMs: 1, limit: 5 };
    expect(await store.orders.overdue({ integration, psp: 'generic', ...due })).toEqual([
      { subscription: 'sub_1', dueAtMs: 9_000 },
    ]);
    // It may know better from then on.
    expect(await rebuildOrder(store, order, known())).toBe(false);
  });
});

it('gets back an imported first purchase from the workflow of an order that it keeps back', async () => {
  const holder = { psp: 'import', subscription: '5f0c', moneyId: '2025-03-31T00:00:00.000Z' };
  const of = { ...order, subscription: 'sub_9' };
  const userKeys = keys.of(of, { userId: 'eve' }, {});
  await rebuildOrder(store, of, { ...known(), id: 'sub_9', userKeys, firstPurchase: { kind: 'other', holder } });
  expect(await store.users.find(integration, keys.userId(integration, 'eve'))).toMatchObject({ firstPurchase: holder });
  // As early as it was: a list that is imported again changes nothing.
  const again = { keys: [keys.userId(integration, 'eve')], firstPurchaseAtMs: Date.parse('2025-03-31') };
  expect(await store.buyerImports.take(integration, [again], 1)).toMatchObject({ imported: 0, known: 1 });
});

describe('settings that are behind those of the workflows', () => {
  const restore = (...versions: (typeof limited)[]) =>
    store.settings.restore(integration, versions, { by: 'reproject', atMs: 1 });
  const now = () => store.settings.load(integration, defaultSettings);

  it('come back with their number, and what no workflow knows is as now', async () => {
    expect(await restore({ ...limited, version: 2, limitPurchaseEvents: false }, limited)).toBe(4);
    expect(await now()).toEqual({ ...defaultSettings, version: 4, limitPurchaseEvents: true });
    expect(await restore(limited)).toBe(4);
  });

  it('do not replace what an operator has set since, which takes a number that no lost version has', async () => {
    await store.settings.save(integration, { ...defaultSettings, paused: true }, { expectedVersion: 1, by: 'anna', atMs: 1 });
    expect(await restore(limited)).toBe(5);
    expect(await now()).toMatchObject({ version: 5, paused: true, limitPurchaseEvents: false });
  });

  it('are an alert, too', async () => {
    await noteOlderSettings({ alerts: store.alerts, nowMs: () => 1 }, integration, { stored: 1, known: 4 });
    expect(await look(0)).toContain('at version 1 while orders were decided by version 4');
  });
});

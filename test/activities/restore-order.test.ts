import { createRestoreOrder } from '../../activities/restore-order';
import type { OrderRecords } from '../../src/domain/restore';
import { createUserKeys } from '../../src/crypto/user-keys';
import { limitOff, Order, payment, t0, userKey } from '../support/order-scenario';

const order = { integration: 'default', psp: 'stripe', subscription: 'sub_1' };
const keys = createUserKeys('a pepper for tests');
const fact = payment('conversion', 'in_1', 0);
const underWay = new Order().receives(fact);
const kept: OrderRecords = {
  ...{ psp: 'stripe', subscription: 'sub_1', settings: [limitOff], userKeys: [userKey], firstPurchase: null },
  facts: [{ fact, settingsVersion: limitOff.version, tooOld: false, acceptedAtMs: t0, checkoutId: null }],
  records: [...underWay.table.values()],
};

function restoring(records: OrderRecords) {
  const did: string[] = [];
  const restoreOrder = createRestoreOrder({
    orderRecords: { load: async () => records },
    purchases: { record: async (_, rows) => void did.push(...rows.map(({ moneyId, state }) => `record ${moneyId} ${state}`)) },
    users: { current: async (_, given) => given },
    keys,
    telemetry: { purchaseDecided: (_, { moneyId }) => void did.push(`tell ${moneyId}`) },
  });
  return { did, restoreOrder };
}

it('writes the rows of what needs attention now, and answers with the state', async () => {
  const { did, restoreOrder } = restoring(kept);
  const state = await restoreOrder(order);
  expect(did).toEqual(['record in_1 needs_attention', 'tell in_1']);
  expect(state.payments['in_1']).toMatchObject({ progress: { state: 'needs_attention' }, revision: 2 });
});

it('gives the order the identifiers of its buyer, and its own', async () => {
  const { userKeys } = await restoring(kept).restoreOrder(order);
  expect(userKeys).toEqual([userKey, ...keys.of(order, {}, {})]);
});

it('writes nothing for an order at rest', async () => {
  const records = [...new Order().receives(fact).finish().table.values()];
  const { did, restoreOrder } = restoring({ ...kept, records });
  await restoreOrder(order);
  expect(did).toEqual([]);
});

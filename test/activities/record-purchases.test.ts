import { createRecordPurchases } from '../../activities/record-purchases';
import type { RecordPurchasesInput } from '../../activities/record-purchases';
import type { PaymentRef } from '../../src/domain/purchase';
import { limitOn, Order, payment, userKey } from '../support/order-scenario';

const order = new Order('sub_1', undefined, limitOn)
  .receives(payment('conversion', 'in_1', 0), payment('renewal', 'in_2', 30))
  .finish();
const records = Object.values(order.records());
const released: PaymentRef[] = [
  { psp: 'stripe', subscription: 'sub_1', moneyId: 'in_0' },
  { psp: 'stripe', subscription: 'sub_1', moneyId: 'in_9' },
];
const input: RecordPurchasesInput = { integration: 'default', records, released, userKeys: [userKey] };

function world(isDown: (call: string) => boolean = () => false) {
  const did: string[] = [];
  const call = (what: string): Promise<void> => {
    if (isDown(what)) return Promise.reject(new Error(`no database for: ${what}`));
    did.push(what);
    return Promise.resolve();
  };
  const recordPurchases = createRecordPurchases({
    firstPurchases: {
      release: (integration, keys, { moneyId }) =>
        call(`${integration}: free ${moneyId} of ${keys.map(({ hmac }) => hmac).join()}`),
    },
    purchases: {
      record: (integration, rows) => call(`${integration}: record ${rows.map(({ moneyId }) => moneyId).join()}`),
      remove: (integration, { moneyId }) => call(`${integration}: remove ${moneyId}`),
    },
    telemetry: { purchaseDecided: (integration, { moneyId }) => void did.push(`${integration}: tell ${moneyId}`) },
  });
  return { did, recordPurchases };
}

const everything = [
  'default: free in_0 of hmac-of-u1',
  'default: free in_9 of hmac-of-u1',
  'default: record in_1,in_2',
  'default: tell in_1',
  'default: tell in_2',
];

describe('what a workflow decided', () => {
  it('releases first purchases before it is recorded, and is logged when it is recorded', async () => {
    const { did, recordPurchases } = world();
    await recordPurchases(input);
    expect(did).toEqual(everything);
  });

  it('is shown in one step', async () => {
    const { did, recordPurchases } = world();
    await recordPurchases({ ...input, released: [] });
    expect(did.filter((what) => what.includes('record'))).toHaveLength(1);
  });

  it('may be shown twice: the same is done again', async () => {
    const { did, recordPurchases } = world();
    await recordPurchases(input);
    await recordPurchases(input);
    expect(did).toEqual([...everything, ...everything]);
  });

  it.each(['free in_9', 'record'])(
    'is told only when all of it was done, and done whole when repeated: no database for %s',
    async (what) => {
      let isDown = true;
      const { did, recordPurchases } = world((call) => isDown && call.includes(what));
      await expect(recordPurchases(input)).rejects.toThrow('no database');
      expect(did.filter((done) => done.includes('tell'))).toEqual([]);
      isDown = false;
      did.length = 0;
      await recordPurchases(input);
      expect(did).toEqual(everything);
    },
  );
});

/** What every database must do behind the store's records of orders. */
import type { LifecycleFact, PaymentFact } from '../../../src/domain/fact';
import type { KeptFact } from '../../../src/domain/restore';
import { decidingSettings, defaultSettings } from '../../../src/domain/settings';
import type { Store } from '../../../src/store';
import { key, noonMs, payment, record } from '../../support/store-samples';

import type { World } from './world';
import { actions } from './world';

export function orderRecordsConformance(world: () => World): void {
  describe('records of orders', () => {
    let store: Store;
    let other: Store;
    let integration: string;
    beforeEach(() => void ({ store, other, integration } = world()));
    const { register, claim } = actions(world);

    const order = (subscription = 'sub_1', psp = 'stripe') => ({ integration, psp, subscription });
    const ended: LifecycleFact = { kind: 'ended', occurredAtMs: noonMs };
    const paid: PaymentFact = { kind: 'renewal', moneyId: 'in_1', occurredAtMs: noonMs, amountMinor: 1999, currency: 'USD' };
    const kept = (fact: KeptFact['fact'], acceptedAtMs = noonMs, more: Partial<KeptFact> = {}): KeptFact => ({
      ...{ fact, settingsVersion: 1, tooOld: false, acceptedAtMs, checkoutId: null },
      ...more,
    });

    it('know an order from its first fact on, also in another process', async () => {
      expect(await store.orderRecords.keepFact(order(), kept(paid))).toBe(false);
      expect(await other.orderRecords.keepFact(order(), kept(paid))).toBe(true);
      expect(await store.orderRecords.keepFact(order(), kept(ended))).toBe(true);
      expect(await store.orderRecords.keepFact(order('sub_2'), kept(paid))).toBe(false);
      expect(await store.orderRecords.keepFact(order('sub_1', 'paddle'), kept(paid))).toBe(false);
    });

    it('know an order without kept facts once a workflow has decided one of its payments', async () => {
      await store.purchases.record(integration, [
        record(payment('in_1', 'sub_1'), { revision: 0 }),
        record(payment('in_2', 'sub_2'), { revision: 1 }),
      ]);
      expect(await store.orderRecords.keepFact(order('sub_1'), kept(paid))).toBe(false);
      expect(await store.orderRecords.keepFact(order('sub_2'), kept(paid))).toBe(true);
    });

    it('give single payments of an order with what was said of them, and others that need attention', async () => {
      await store.purchases.record(integration, [
        record(payment('in_1', 'sub_1'), { revision: 1 }),
        record(payment('in_2', 'sub_1'), { revision: 0 }),
        record(payment('in_3', 'sub_1'), { revision: 1, state: 'needs_attention' }),
        record(payment('in_4', 'sub_1'), { revision: 1 }),
        record(payment('in_5', 'sub_2'), { revision: 1 }),
      ]);
      for (const moneyId of ['in_1', 'in_2', 'in_3', 'in_4'])
        await store.orderRecords.keepFact(order(), kept({ ...paid, moneyId }));
      await store.orderRecords.keepFact(order(), kept(ended));
      const load = async (moneyIds: readonly string[], needAttention = 0) => {
        const { facts, records } = await store.orderRecords.loadPayments(order(), { moneyIds, needAttention });
        return [records.map(({ moneyId }) => moneyId), facts.map(({ fact }) => fact.moneyId)];
      };
      expect(await load(['in_1', 'in_5', 'in_unknown', '__proto__'])).toEqual([['in_1'], ['in_1']]);
      // What no order has decided is new: there is nothing to bring back.
      expect(await load(['in_2'])).toEqual([['in_2'], []]);
      expect(await load([], 10)).toEqual([['in_3'], ['in_3']]);
      expect(await load(['in_3'], 10)).toEqual([['in_3'], ['in_3']]);
      expect(await load([])).toEqual([[], []]);
    });

    it('give facts in the order of their acceptance, each as it was accepted first', async () => {
      await store.orderRecords.keepFact(order(), kept(ended, noonMs + 2, { settingsVersion: 2, tooOld: true }));
      await store.orderRecords.keepFact(order(), kept(paid, noonMs + 1));
      await store.orderRecords.keepFact(order(), kept(paid, noonMs + 9, { settingsVersion: 7 }));
      const { facts } = await store.orderRecords.load(order());
      expect(facts).toEqual([kept(paid, noonMs + 1), kept(ended, noonMs + 2, { settingsVersion: 2, tooOld: true })]);
    });

    it('give a fact with the checkout id that it brought, until another order has been paid with it', async () => {
      const checkout = key('checkout', 'c1');
      await register(payment('sub_1', 'sub_1'), [], { checkout, pending: null });
      const began: LifecycleFact = { kind: 'began', occurredAtMs: noonMs };
      await store.orderRecords.keepFact(order(), kept(began, noonMs, { checkoutId: 'c1' }));
      expect((await store.orderRecords.load(order())).facts).toMatchObject([{ checkoutId: 'c1' }]);
      await register(payment('in_2', 'sub_2'), [], { checkout });
      expect((await store.orderRecords.load(order())).facts).toMatchObject([{ checkoutId: null }]);
    });

    it.each(['a NUL \u0000', 'half a surrogate \ud800', '"quotes" \\ and 注'])(
      'keep a fact whose text is %j',
      async (refundId) => {
        const refund = { kind: 'refund', moneyId: 'in_1', occurredAtMs: noonMs, refundId, cause: 'refund' } as const;
        await store.orderRecords.keepFact(order(), kept(refund));
        expect((await store.orderRecords.load(order())).facts).toEqual([kept(refund)]);
      },
    );

    it('give the rows of the order, and the settings that these and the facts name', async () => {
      await store.settings.load(integration, defaultSettings);
      const limited = { ...defaultSettings, limitPurchaseEvents: true, accessToken: 'secret' };
      for (const expectedVersion of [1, 2])
        await store.settings.save(integration, limited, { expectedVersion, by: 'ada', atMs: noonMs });
      const row = record(payment('in_1', 'sub_1'), { settingsVersion: 3, revision: 4 });
      await store.purchases.record(integration, [row, record(payment('in_2', 'sub_2'))]);
      await store.orderRecords.keepFact(order(), kept(paid));
      const { records, settings } = await store.orderRecords.load(order());
      expect(records).toEqual([row]);
      expect(settings).toEqual([
        decidingSettings({ ...defaultSettings, version: 1 }),
        decidingSettings({ ...limited, version: 3 }),
      ]);
    });

    it('give the identifiers of the person, strongest first, and the first purchase', async () => {
      const [customer, user, email] = [key('customer', 'c1'), key('user_id', 'u1'), key('email', 'e1')];
      await register(payment('in_1', 'sub_1'), [customer, user]);
      await register(payment('in_2', 'sub_2'), [user, email, key('checkout', 'chk')]);
      await claim(payment('in_2', 'sub_2'), [user]);
      const userKeys = await store.users.current(integration, [user, email, customer]);
      expect(await store.orderRecords.load(order())).toMatchObject({
        userKeys,
        firstPurchase: payment('in_2', 'sub_2'),
      });
    });

    it('give nothing of a buyer who was erased', async () => {
      const user = key('user_id', 'u1');
      await register(payment('in_1', 'sub_1'), [user]);
      await store.users.erase(integration, user, noonMs);
      expect(await store.orderRecords.load(order())).toMatchObject({ userKeys: [] });
    });

    it('are empty for an order that is not known', async () => {
      expect(await store.orderRecords.load(order('sub_of_nobody'))).toEqual({
        ...{ psp: 'stripe', subscription: 'sub_of_nobody' },
        ...{ facts: [], records: [], settings: [], userKeys: [], firstPurchase: null },
      });
    });
  });
}

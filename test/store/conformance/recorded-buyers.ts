/** What every database must do behind the reads of a simulation. */
import { buyersFrom } from '../../../src/store/recorded-buyers-json';
import type { PaymentFact } from '../../../src/domain/fact';
import type { PurchaseRecord } from '../../../src/domain/purchase';
import { defaultSettings } from '../../../src/domain/settings';
import type { PaidPage, Store } from '../../../src/store';
import { key, noonMs, payment, record } from '../../support/store-samples';
import type { World } from './world';
import { actions } from './world';

export function recordedBuyersConformance(world: () => World): void {
  describe('recorded buyers', () => {
    let store: Store;
    let integration: string;
    beforeEach(() => void ({ store, integration } = world()));
    const { register, claim } = actions(world);

    const order = (subscription: string, psp = 'stripe') => ({ psp, subscription });
    const page = (more: Partial<PaidPage> = {}): PaidPage => ({
      ...{ integration, fromMs: noonMs, toMs: noonMs + 100, after: null, limit: 50 },
      ...more,
    });
    const paidAt = (moneyId: string, subscription: string, afterMs: number, psp?: string): PurchaseRecord =>
      record(payment(moneyId, subscription, psp), { occurredAtMs: noonMs + afterMs });
    const buyersOf = async (...orders: readonly ReturnType<typeof order>[]) =>
      buyersFrom({ json: await store.recordedBuyers.buyersOf(integration, orders), clicked: [] });

    it('give the orders of a period page by page, newest payment first, the end of the period excluded', async () => {
      await store.purchases.record(integration, [
        ...[paidAt('in_1', 'sub_1', -1), paidAt('in_2', 'sub_1', 0), paidAt('in_3', 'sub_2', 5), paidAt('in_4', 'sub_1', 5)],
        ...[paidAt('in_4', 'sub_1', 5, 'paddle'), paidAt('in_5', 'sub_5', 99), paidAt('in_6', 'sub_6', 100)],
      ]);
      await store.purchases.record('elsewhere', [paidAt('in_7', 'sub_7', 5)]);
      const orders: string[] = [];
      let after: PaidPage['after'] = null;
      do {
        const read = await store.recordedBuyers.ordersPaid(page({ after, limit: 2 }));
        orders.push(...read.orders.map(({ psp, subscription }) => `${psp} ${subscription}`));
        after = read.next;
      } while (after !== null);
      expect(orders).toEqual(['stripe sub_5', 'stripe sub_1', 'paddle sub_1', 'stripe sub_2', 'stripe sub_1']);
    });

    it('are none where nothing was paid, and none of no orders', async () => {
      expect(await store.recordedBuyers.ordersPaid(page())).toEqual({ orders: [], next: null });
      expect(await buyersOf()).toEqual([]);
    });

    it('come with all of their orders, facts in the order of acceptance and records in that of time', async () => {
      const [ada, eve] = [key('user_id', 'ada'), key('user_id', 'eve')];
      await register(payment('in_1', 'sub_1'), [ada], { pending: null });
      await register(payment('in_2', 'sub_2'), [ada], { pending: null });
      await register(payment('in_3', 'sub_3'), [eve], { pending: null });
      await claim(payment('in_2', 'sub_2'), [ada]);
      const sold = record(payment('in_1', 'sub_1'), {
        ...{
          state: 'suppressed',
          reason: 'limited',
          heldBy: payment('in_2', 'sub_2'),
          value: null,
          settingsVersion: 3,
          by: 'bob',
        },
        ...{ occurredAtMs: noonMs + 2, revision: 4, purchaseType: 'free_trial', phase: 'renewal' },
      });
      const before = record(payment('in_0', 'sub_1'), { occurredAtMs: noonMs + 1, value: { amountMinor: 599, currency: 'EUR' } });
      await store.purchases.record(integration, [sold, before]);
      const paid = (moneyId: string): PaymentFact => ({
        ...{ kind: 'renewal', moneyId, occurredAtMs: noonMs, amountMinor: 1999, currency: 'USD' },
      });
      const kept = { settingsVersion: 3, tooOld: true, checkoutId: null };
      const facts = [
        { ...kept, fact: paid('in_0'), acceptedAtMs: noonMs + 1 },
        { ...kept, fact: paid('in_1'), acceptedAtMs: noonMs + 2 },
      ];
      for (const fact of [...facts].reverse()) await store.orderRecords.keepFact({ integration, ...order('sub_1') }, fact);

      const [buyer, ...others] = await buyersOf(order('sub_1'));
      expect(others).toEqual([]);
      expect(buyer).toMatchObject({ consent: null, claims: [payment('in_2', 'sub_2')] });
      const orders = [...(buyer?.orders ?? [])].sort((a, b) => (a.subscription < b.subscription ? -1 : 1));
      // A simulation asks neither for checkout ids nor for event ids.
      const decidedBy: unknown = facts.map(({ checkoutId: _unasked, ...fact }) => expect.objectContaining(fact));
      const simulated = [before, sold].map((each) => ({ ...each, eventId: '' }));
      expect(orders).toEqual([
        { ...order('sub_1'), facts: decidedBy, records: simulated, attributed: new Set() },
        { ...order('sub_2'), facts: [], records: [], attributed: new Set() },
      ]);
    });

    it('come once, whichever of their orders are asked for, however often', async () => {
      const [ada, eve] = [key('user_id', 'ada'), key('user_id', 'eve')];
      await register(payment('in_1', 'sub_1'), [ada], { pending: null });
      await register(payment('in_2', 'sub_2'), [ada], { pending: null });
      await register(payment('in_3', 'sub_3'), [eve], { pending: null });
      const found = await buyersOf(order('sub_1'), order('sub_2'), order('sub_2'), order('sub_3'));
      expect(found.map(({ orders }) => orders.map(({ subscription }) => subscription).sort()).sort()).toEqual([
        ['sub_1', 'sub_2'],
        ['sub_3'],
      ]);
    });

    it('stand for an order of which nobody knows the buyer', async () => {
      const sold = record(payment('in_1', 'sub_1'));
      await store.purchases.record(integration, [sold]);
      await store.users.register({
        ...{ integration: 'elsewhere', ...payment('in_1', 'sub_1'), keys: [key('user_id', 'ada')], identity: {} },
        ...{ checkout: null, paymentIds: [], pending: null, atMs: noonMs },
      });
      const orders = [{ ...order('sub_1'), facts: [], records: [{ ...sold, eventId: '' }], attributed: new Set() }];
      expect(await buyersOf(order('sub_1'))).toEqual([{ orders, consent: null, claims: [] }]);
    });

    describe('have a click', () => {
      const period = { fromMs: noonMs, toMs: noonMs + 100 };
      const clicked = async (subscription: string): Promise<boolean> =>
        (await store.recordedBuyers.clicked(integration, [order(subscription)], period)).some(
          (one) => one.subscription === subscription,
        );

      it('by what a delivery told TikTok, without a look at the identity', async () => {
        await register(payment('in_1', 'sub_1'), [key('user_id', 'ada')], { pending: null, identity: { ttclid: 'E.C.P.later' } });
        for (const [moneyId, matchedBy] of [
          ['in_1', ['email', 'ttclid']],
          ['in_2', ['email']],
          ['in_3', []],
          ['in_4', null],
        ] as const) {
          await store.purchases.record(integration, [paidAt(moneyId, 'sub_1', 1)]);
          await world().stores.raw(
            `update purchases set matched_by = ${matchedBy === null ? 'null' : `'${JSON.stringify(matchedBy)}'::jsonb`}
             where integration = '${integration}' and money_id = '${moneyId}'`,
          );
        }
        const read = async (orders: readonly ReturnType<typeof order>[]) => {
          const json = await store.recordedBuyers.buyersOf(integration, [order('sub_1')]);
          return [...(buyersFrom({ json, clicked: orders })[0]?.orders[0]?.attributed ?? [])].sort();
        };
        expect(await read([])).toEqual(['in_1']);
        // A delivery without consent tells nothing of the buyer: then, and where there was none, the identity says it.
        expect(await read([order('sub_1')])).toEqual(['in_1', 'in_3', 'in_4']);
        expect(await clicked('sub_1')).toBe(true);
        await world().stores.raw(
          `update purchases set matched_by = '["email"]' where integration = '${integration}' and money_id in ('in_3', 'in_4')`,
        );
        expect(await clicked('sub_1')).toBe(false);
      });

      it('by the user, also of another order, by the order itself, and by no other', async () => {
        await register(payment('in_1', 'sub_1'), [key('user_id', 'ada')], { pending: null });
        await register(payment('in_2', 'sub_2'), [key('user_id', 'ada')], { pending: null, identity: { ttclid: 'E.C.P.click' } });
        await register(payment('in_3', 'sub_3'), [key('user_id', 'eve')], {
          pending: null,
          identity: { emailSha256: 'a'.repeat(64) },
        });
        await store.purchases.record(integration, [
          paidAt('in_1', 'sub_1', 1),
          paidAt('in_2', 'sub_2', 1),
          paidAt('in_3', 'sub_3', 1),
        ]);
        expect([await clicked('sub_1'), await clicked('sub_2'), await clicked('sub_3')]).toEqual([true, true, false]);
        // Of each buyer of the orders that are asked for, all orders of the period.
        expect(await store.recordedBuyers.clicked(integration, [order('sub_1')], period)).toHaveLength(2);
        expect(
          await store.recordedBuyers.clicked(integration, [order('sub_1')], { fromMs: noonMs + 50, toMs: noonMs + 60 }),
        ).toEqual([]);
        expect(await store.recordedBuyers.clicked('elsewhere', [order('sub_1')], period)).toEqual([]);
      });
    });

    it('come with every version of the settings, and no token', async () => {
      const initial = { ...defaultSettings, accessToken: 'token-in-clear' };
      await store.settings.load(integration, initial);
      const limited = { ...initial, limitPurchaseEvents: true };
      await store.settings.save(integration, limited, { expectedVersion: 1, by: 'ada', atMs: noonMs });
      const versions = await store.recordedBuyers.settingsVersions(integration);
      expect([...versions].map(([version, settings]) => [version, settings.version, settings.limitPurchaseEvents])).toEqual([
        [1, 1, false],
        [2, 2, true],
      ]);
      expect(JSON.stringify([...versions])).not.toContain('token-in-clear');
      expect(await store.recordedBuyers.settingsVersions('elsewhere')).toEqual(new Map());
    });
  });
}

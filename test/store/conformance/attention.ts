/** What every database must do behind what needs attention. */
import { hourMs } from '../../../src/domain/duration';
import type { PurchaseRecord } from '../../../src/domain/purchase';
import { InvalidCursor, type Store } from '../../../src/store';
import { noonMs, payment, record } from '../../support/store-samples';
import type { World } from './world';

export function attentionConformance(world: () => World): void {
  describe('attention', () => {
    let store: Store;
    let integration: string;
    beforeEach(() => void ({ store, integration } = world()));

    const failed = (moneyId: string, subscription: string, type: string | null, code: number | null = null): PurchaseRecord =>
      record(payment(moneyId, subscription), {
        state: 'needs_attention',
        lastError: type === null ? null : { type, code, message: 'no' },
      });
    const put = (...records: readonly PurchaseRecord[]) => store.purchases.record(integration, records);
    const groups = () => store.attention.groups(integration, noonMs);

    it('is grouped by error, the largest group first, with orders, codes and times', async () => {
      const old = { ...failed('p_1', 'B', 'TikTokUnauthorized', 40105), occurredAtMs: noonMs - 60 * hourMs };
      await put(
        old,
        failed('p_2', 'B', 'TikTokUnauthorized', 40102),
        failed('p_3', 'a', 'TikTokUnauthorized', 40105),
        failed('p_4', 'c', 'DeliveryExpired'),
        failed('p_5', 'c', null),
        record(payment('p_6', 'd'), { lastError: { type: 'DeliveryExpired', code: null, message: 'no' } }),
      );
      // Without an attempt nothing can be at TikTok already.
      expect((await groups()).map(({ olderThan48h }) => olderThan48h)).toEqual([0, 0, 0]);
      await store.purchases.beginAttempt(integration, old, noonMs - 49 * hourMs);
      await store.purchases.beginAttempt(integration, payment('p_2', 'B'), noonMs - 47 * hourMs);
      expect(await groups()).toEqual([
        {
          ...{ errorType: 'TikTokUnauthorized', count: 3, orders: 2, codes: [40102, 40105], olderThan48h: 1 },
          ...{ sinceMs: noonMs - 49 * hourMs, lastMs: noonMs, acknowledged: null },
        },
        {
          ...{ errorType: 'DeliveryExpired', count: 1, orders: 1, codes: [], olderThan48h: 0 },
          ...{ sinceMs: noonMs, lastMs: noonMs, acknowledged: null },
        },
        {
          ...{ errorType: 'unknown', count: 1, orders: 1, codes: [], olderThan48h: 0 },
          ...{ sinceMs: noonMs, lastMs: noonMs, acknowledged: null },
        },
      ]);
    });

    it('has a size, of all or of one error', async () => {
      expect(await store.attention.size(integration, null)).toEqual({ purchases: 0, orders: 0 });
      await put(failed('p_1', 'a', 'TikTokRejected'), failed('p_2', 'a', 'TikTokRejected'), failed('p_3', 'b', null));
      expect(await store.attention.size(integration, null)).toEqual({ purchases: 3, orders: 2 });
      expect(await store.attention.size(integration, 'TikTokRejected')).toEqual({ purchases: 2, orders: 1 });
      expect(await store.attention.size(integration, 'unknown')).toEqual({ purchases: 1, orders: 1 });
    });

    it('lists the orders by their bytes, each once, also while the list shrinks', async () => {
      await put(failed('p_1', 'b', 'E'), failed('p_2', 'B', 'E'), failed('p_3', 'a', 'E'), failed('p_4', 'a', 'F'));
      const page = (cursor: string | null, errorType: string | null = null) =>
        store.attention.orders({ integration, errorType, cursor, limit: 2 });
      const first = await page(null);
      expect(first.items).toEqual([
        { psp: 'stripe', subscription: 'B', purchases: 1 },
        { psp: 'stripe', subscription: 'a', purchases: 2 },
      ]);
      await put({ ...failed('p_2', 'B', 'E'), state: 'pending', revision: 1 });
      expect(await page(first.nextCursor)).toEqual({
        items: [{ psp: 'stripe', subscription: 'b', purchases: 1 }],
        nextCursor: null,
      });
      expect((await page(null, 'F')).items).toEqual([{ psp: 'stripe', subscription: 'a', purchases: 1 }]);
      await expect(page('nonsense')).rejects.toThrow(InvalidCursor);
    });

    it('remembers who saw a group first, until the group is empty', async () => {
      await put(failed('p_1', 'a', 'E'), failed('p_2', 'b', 'F'));
      const seen = async () => (await groups()).map(({ errorType, acknowledged }) => [errorType, acknowledged?.by ?? null]);
      await store.attention.acknowledge(integration, 'E', { by: 'ada', atMs: noonMs });
      await store.attention.acknowledge(integration, 'E', { by: 'bea', atMs: noonMs + 1 });
      await store.attention.acknowledge(integration, 'F', { by: 'bea', atMs: noonMs });
      await store.attention.forgetSettled(integration);
      expect(await seen()).toEqual([
        ['E', 'ada'],
        ['F', 'bea'],
      ]);
      await put({ ...failed('p_1', 'a', 'E'), state: 'sent', revision: 1 });
      await store.attention.forgetSettled(integration);
      await put(failed('p_3', 'c', 'E'));
      expect(await seen()).toEqual([
        ['E', null],
        ['F', 'bea'],
      ]);
    });

    it('is of one integration', async () => {
      await put(failed('p_1', 'a', 'E'));
      expect(await store.attention.groups(`${integration}-other`, noonMs)).toEqual([]);
      expect(await store.attention.size(`${integration}-other`, null)).toEqual({ purchases: 0, orders: 0 });
    });
  });
}

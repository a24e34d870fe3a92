/** What every database must do behind the store's webhook log. */
import { InvalidCursor } from '../../../src/store';
import type { Store } from '../../../src/store';

import type { World } from './world';

export function webhookLogConformance(world: () => World): void {
  describe('webhook log', () => {
    let store: Store;
    let integration: string;
    beforeEach(() => void ({ store, integration } = world()));

    describe('the webhook log', () => {
      it('are listed newest first, page by page, by provider, and forgotten after a while', async () => {
        const of = (index: number, psp = 'stripe') => ({
          psp,
          receivedAtMs: 10 + index,
          type: `type ${index}`,
          outcome: 'accepted',
          reason: null,
        });
        for (const index of [1, 2, 3]) await store.webhookLog.append(integration, of(index));
        await store.webhookLog.append(integration, of(4, 'paddle'));
        const first = await store.webhookLog.list({ integration, limit: 3 });
        expect(first.items).toEqual([of(4, 'paddle'), of(3), of(2)]);
        const second = await store.webhookLog.list({ integration, limit: 3, cursor: first.nextCursor! });
        expect(second).toEqual({ items: [of(1)], nextCursor: null });
        expect((await store.webhookLog.list({ integration, psp: 'paddle', limit: 3 })).items).toEqual([of(4, 'paddle')]);
        await expect(store.webhookLog.list({ integration, limit: 3, cursor: 'junk' })).rejects.toThrow(InvalidCursor);
        expect(await store.webhookLog.purge(12)).toBe(1);
      });

      it.each([1, 2, 6, 7, 8])('are given once each over pages of %i', async (limit) => {
        for (const type of 'abcdefg')
          await store.webhookLog.append(integration, {
            psp: 'stripe',
            receivedAtMs: 99,
            type,
            outcome: 'ignored',
            reason: 'why',
          });
        const seen: (string | null)[] = [];
        let cursor: string | undefined;
        let pages = 0;
        do {
          const page = await store.webhookLog.list({ integration, limit, ...(cursor === undefined ? {} : { cursor }) });
          seen.push(...page.items.map(({ type }) => type));
          cursor = page.nextCursor ?? undefined;
          pages += 1;
        } while (cursor !== undefined);
        expect(seen).toEqual([...'gfedcba']);
        expect(pages).toBe(Math.ceil(7 / limit));
        expect((await store.webhookLog.list({ integration: `${integration}-other`, limit })).items).toEqual([]);
      });
    });
  });
}

/** What every database must do behind the store's checks. */
import type { Store } from '../../../src/store';
import { noonMs } from '../../support/store-samples';

import type { World } from './world';

export function checksConformance(world: () => World): void {
  describe('checks', () => {
    let store: Store;
    let integration: string;
    beforeEach(() => void ({ store, integration } = world()));

    describe('checks', () => {
      it('never goes back, and shows what the last one came to', async () => {
        expect(await store.checks.last(integration, 'stripe')).toBeNull();
        const summary = { facts: 1, found: 1, polled: 0, unreadable: 0, error: null };
        await store.checks.finish(integration, 'stripe', { upToMs: noonMs, finishedAtMs: noonMs + 1, summary });
        const failed = { ...summary, error: 'PspUnauthorized: no' };
        await store.checks.finish(integration, 'stripe', { upToMs: noonMs - 9, finishedAtMs: noonMs + 2, summary: failed });
        expect(await store.checks.last(integration, 'stripe')).toEqual({
          upToMs: noonMs,
          finishedAtMs: noonMs + 2,
          summary: failed,
        });
        expect(await store.checks.last(integration, 'paddle')).toBeNull();
      });

      it('remembers the open payments of an account, each once, until they are forgotten', async () => {
        const { openPayments } = store;
        await openPayments.remember(integration, 'primer', ['p_2', 'p_1'], noonMs);
        await openPayments.remember(integration, 'primer', ['p_1', 'p_0'], noonMs + 1);
        await openPayments.remember(integration, 'primer', [], noonMs + 1);
        expect(await openPayments.list(integration, 'primer')).toEqual(['p_1', 'p_2', 'p_0']);
        expect(await openPayments.list(integration, 'stripe')).toEqual([]);
        expect(await openPayments.seenAtMs(integration, 'primer', 'p_1')).toBe(noonMs);
        expect(await openPayments.seenAtMs(integration, 'stripe', 'p_1')).toBeNull();
        await openPayments.forget(integration, 'primer', ['p_2', 'p_9']);
        await openPayments.forget(integration, 'primer', []);
        expect(await openPayments.list(integration, 'primer')).toEqual(['p_1', 'p_0']);
      });
    });
  });
}

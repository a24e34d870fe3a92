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
    });
  });
}

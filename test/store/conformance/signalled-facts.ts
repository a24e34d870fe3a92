/** What every database must do behind the store's signalled facts. */
import type { Store } from '../../../src/store';
import { hashOf } from '../../../src/store';
import { noonMs } from '../../support/store-samples';

import type { World } from './world';

export function signalledFactsConformance(world: () => World): void {
  describe('signalled facts', () => {
    let store: Store;
    let integration: string;
    beforeEach(() => void ({ store, integration } = world()));

    describe('signalled facts', () => {
      const fact = { kind: 'ended', occurredAtMs: noonMs } as const;

      it('are known by what they say, of whom, whatever the order of the fields', async () => {
        await store.signalledFacts.mark(integration, [hashOf('stripe', 'sub_1', fact)], noonMs);
        await store.signalledFacts.mark(integration, [hashOf('stripe', 'sub_1', fact)], noonMs + 1);
        const turned = { occurredAtMs: noonMs, kind: 'ended' } as const;
        expect(await store.signalledFacts.wasSignalled({ integration, psp: 'stripe', subscription: 'sub_1' }, turned)).toBe(true);
        expect(await store.signalledFacts.wasSignalled({ integration, psp: 'stripe', subscription: 'sub_2' }, fact)).toBe(false);
        expect(await store.signalledFacts.wasSignalled({ integration, psp: 'paddle', subscription: 'sub_1' }, fact)).toBe(false);
        expect(
          await store.signalledFacts.wasSignalled(
            { integration, psp: 'stripe', subscription: 'sub_1' },
            { ...fact, occurredAtMs: noonMs + 1 },
          ),
        ).toBe(false);
      });

      it('and whatever else was taken in are known by their hashes, many at a time', async () => {
        await store.signalledFacts.mark(integration, ['a', 'b', 'a'], noonMs);
        await store.signalledFacts.mark(integration, ['b'], noonMs);
        await store.signalledFacts.mark(integration, [], noonMs);
        expect(await store.signalledFacts.marked(integration, ['a', 'b', 'c'])).toEqual(new Set(['a', 'b']));
        expect(await store.signalledFacts.marked(integration, [])).toEqual(new Set());
        expect(await store.signalledFacts.marked(`${integration}-other`, ['a'])).toEqual(new Set());
      });

      it('are forgotten after a while', async () => {
        await store.signalledFacts.mark(integration, [hashOf('stripe', 'sub_1', fact)], 5);
        expect(await store.signalledFacts.purge(5)).toBe(0);
        expect(await store.signalledFacts.purge(6)).toBe(1);
        expect(await store.signalledFacts.wasSignalled({ integration, psp: 'stripe', subscription: 'sub_1' }, fact)).toBe(false);
      });
    });
  });
}

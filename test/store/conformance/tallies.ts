/** What every database must do behind the store's tallies. */
import type { Store, Tally } from '../../../src/store';
import { noonMs } from '../../support/store-samples';
import type { World } from './world';

export function talliesConformance(world: () => World): void {
  describe('tallies', () => {
    let store: Store;
    let other: Store;
    let integration: string;
    beforeEach(() => void ({ store, other, integration } = world()));

    const day = 20_000;
    const tally = (more: Partial<Tally> = {}): Tally => ({
      ...{ integration, day, name: 'webhooks', psp: 'stripe', label: 'accepted', count: 1, lastAtMs: noonMs },
      ...more,
    });
    const read = () => store.tallies.read({ integration, names: ['webhooks', 'matched'], fromDay: day, toDay: day + 2 });

    it('add up, and keep the latest time', async () => {
      await store.tallies.add([tally({ count: 2 }), tally({ label: 'ignored' })]);
      await store.tallies.add([tally({ count: 3, lastAtMs: noonMs - 5 })]);
      expect(await read()).toEqual([tally({ count: 5 }), tally({ label: 'ignored' })]);
    });

    it('are those of the names, days, provider and integration that were asked for', async () => {
      await store.tallies.add([
        ...[tally(), tally({ day: day - 1 }), tally({ day: day + 2 }), tally({ day: day + 1, name: 'matched' })],
        ...[tally({ name: 'latency' }), tally({ psp: 'paddle' }), tally({ integration: `${integration}-another` })],
      ]);
      expect(await read()).toEqual([tally({ psp: 'paddle' }), tally(), tally({ day: day + 1, name: 'matched' })]);
      const ofOne = { integration, names: ['webhooks'], psp: 'paddle', fromDay: 0, toDay: day + 9 } as const;
      expect(await store.tallies.read(ofOne)).toEqual([tally({ psp: 'paddle' })]);
    });

    it('add up from two processes that write the same at once', async () => {
      const labels = Array.from({ length: 30 }, (_, index) => `label ${String(index).padStart(2, '0')}`);
      const rows = labels.map((label) => tally({ label }));
      await Promise.all(
        Array.from({ length: 20 }, (_, round) => (round % 2 ? store : other).tallies.add(round % 3 ? rows : [...rows].reverse())),
      );
      expect(await read()).toEqual(labels.map((label) => tally({ label, count: 20 })));
    });

    it('go when they are old', async () => {
      await store.tallies.add([tally(), tally({ day: 3 })]);
      expect(await store.tallies.purge(4)).toBe(1);
      expect(await read()).toEqual([tally()]);
    });
  });
}

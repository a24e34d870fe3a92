/** What every database must do behind the store's orders. */
import type { Store } from '../../../src/store';
import { noonMs, payment } from '../../support/store-samples';

import type { World } from './world';
import { actions } from './world';

export function ordersConformance(world: () => World): void {
  describe('orders', () => {
    let store: Store;
    let integration: string;
    beforeEach(() => void ({ store, integration } = world()));
    const { register } = actions(world);

    describe('orders that are due', () => {
      const due = async (atMs: number, more: { dueAfterMs?: number; polledBeforeMs?: number } = {}) => {
        const filter = { integration, psp: 'stripe', dueBeforeMs: atMs, dueAfterMs: 0, polledBeforeMs: atMs, limit: 9, ...more };
        return (await store.orders.overdue(filter)).map(({ subscription }) => subscription);
      };

      it('are those whose date has passed and that have not ended, longest due first', async () => {
        await register(payment('in_1', 'sub_late'), [], { dueAtMs: noonMs });
        await register(payment('in_2', 'sub_later'), [], { dueAtMs: noonMs + 5 });
        await register(payment('in_3', 'sub_ended'), [], { dueAtMs: noonMs });
        await register(payment('in_4', 'sub_ended'), [], { endedAtMs: noonMs });
        await register(payment('in_5', 'sub_undated'));
        expect(await due(noonMs)).toEqual([]);
        expect(await due(noonMs + 6)).toEqual(['sub_late', 'sub_later']);
        expect(await due(noonMs + 6, { dueAfterMs: noonMs + 1 })).toEqual(['sub_later']);
      });

      it('keep the date that was said last, whatever the order of arrival', async () => {
        await register(payment('in_1', 'sub_1'), [], { dueAtMs: noonMs + 5, saidAtMs: 10 });
        await register(payment('in_0', 'sub_1'), [], { dueAtMs: noonMs + 7, saidAtMs: 9 });
        await register(payment('in_0', 'sub_1'), [], { saidAtMs: 12 });
        expect(await due(noonMs + 5)).toEqual([]);
        expect(await due(noonMs + 6)).toEqual(['sub_1']);
        // A change to a shorter period.
        await register(payment('in_2', 'sub_1'), [], { dueAtMs: noonMs + 2, saidAtMs: 11 });
        expect(await due(noonMs + 3)).toEqual(['sub_1']);
      });

      it('are due next when the provider says so, if that is later', async () => {
        const of = (order: string) => ({ integration, psp: 'stripe', subscription: order });
        const filter = { polledBeforeMs: noonMs * 2 };
        for (const order of ['sub_1', 'sub_2'])
          await register(payment(`in_of_${order}`, order), [], { dueAtMs: noonMs, saidAtMs: 1 });
        await store.orders.markPolled(of('sub_1'), { atMs: noonMs + 1, paidDueAtMs: noonMs, nextDueAtMs: noonMs + 5 });
        await store.orders.markPolled(of('sub_2'), { atMs: noonMs + 1, paidDueAtMs: null, nextDueAtMs: noonMs - 5 });
        expect(await due(noonMs + 4, filter)).toEqual(['sub_2']);
        expect(await due(noonMs + 6, filter)).toEqual(['sub_2', 'sub_1']);
      });

      it('are asked for once in a while', async () => {
        await register(payment('in_1', 'sub_1'), [], { dueAtMs: noonMs + 5 });
        expect(await due(noonMs + 3)).toEqual([]);
        await store.orders.markPolled(
          { integration, psp: 'stripe', subscription: 'sub_1' },
          { atMs: noonMs + 6, paidDueAtMs: null },
        );
        expect(await due(noonMs + 9, { polledBeforeMs: noonMs + 6 })).toEqual([]);
        expect(await due(noonMs + 9, { polledBeforeMs: noonMs + 7 })).toEqual(['sub_1']);
      });

      it('are settled by the payment that was due, but not where a later date is known by then', async () => {
        await register(payment('in_1', 'sub_1'), [], { dueAtMs: noonMs });
        await register(payment('in_2', 'sub_2'), [], { dueAtMs: noonMs });
        await register(payment('in_3', 'sub_2'), [], { dueAtMs: noonMs + 5 });
        for (const order of ['sub_1', 'sub_2'])
          await store.orders.markPolled(
            { integration, psp: 'stripe', subscription: order },
            { atMs: noonMs + 1, paidDueAtMs: noonMs },
          );
        expect(await due(noonMs + 9)).toEqual(['sub_2']);
      });

      it('are none once the order has ended, whatever is paid afterwards', async () => {
        await register(payment('in_1', 'sub_1'), [], { dueAtMs: noonMs });
        await register(payment('in_1', 'sub_1'), [], { pending: null, endedAtMs: noonMs });
        await register(payment('in_2', 'sub_1'), [], { dueAtMs: noonMs + 5 });
        expect(await due(noonMs + 9)).toEqual([]);
      });

      it('are looked after again when the order was resumed after its end, whichever was heard of first', async () => {
        for (const order of ['sub_1', 'sub_2', 'sub_3'])
          await register(payment(`in_of_${order}`, order), [], { dueAtMs: noonMs, saidAtMs: 1 });
        const state = (order: string, more: { endedAtMs?: number; resumedAtMs?: number }) =>
          register(payment(`in_of_${order}`, order), [], { pending: null, ...more });
        await state('sub_1', { endedAtMs: 10 });
        await state('sub_1', { resumedAtMs: 11 });
        await state('sub_2', { resumedAtMs: 11 });
        await state('sub_2', { endedAtMs: 10 });
        // An end after that counts.
        await state('sub_3', { endedAtMs: 10 });
        await state('sub_3', { resumedAtMs: 11 });
        await state('sub_3', { endedAtMs: 12 });
        expect(await due(noonMs + 9)).toEqual(['sub_1', 'sub_2']);
      });

      it('are an account’s own, and no more than are wanted', async () => {
        await register(payment('in_1', 'sub_1'), [], { dueAtMs: noonMs + 1 });
        await register(payment('in_2', 'sub_2'), [], { dueAtMs: noonMs });
        await register(payment('txn_1', 'sub_3', 'paddle'), [], { dueAtMs: noonMs });
        const filter = { integration, psp: 'stripe', dueBeforeMs: noonMs + 9, dueAfterMs: 0, polledBeforeMs: 0, limit: 1 };
        expect(await store.orders.overdue(filter)).toEqual([{ subscription: 'sub_2', dueAtMs: noonMs }]);
        expect(await store.orders.overdue({ ...filter, psp: 'paddle', limit: 9 })).toHaveLength(1);
        expect(await store.orders.overdue({ ...filter, integration: `${integration}-other` })).toEqual([]);
        // Nobody's order: nothing happens.
        await store.orders.markPolled(
          { integration, psp: 'stripe', subscription: 'sub_of_nobody' },
          { atMs: noonMs, paidDueAtMs: noonMs },
        );
      });
    });
  });
}

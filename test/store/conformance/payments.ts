/** What every database must do behind the store's payments. */
import type { RefundFact } from '../../../src/domain/fact';
import type { Store } from '../../../src/store';
import { noonMs, payment } from '../../support/store-samples';

import type { World } from './world';
import { actions } from './world';

export function paymentsConformance(world: () => World): void {
  describe('payments', () => {
    let store: Store;
    let integration: string;
    beforeEach(() => void ({ store, integration } = world()));
    const { register } = actions(world);

    describe('a payment', () => {
      const orderOf = (id: string) => store.payments.orderOf(integration, 'stripe', id);

      it('is found by any of its ids', async () => {
        await register(payment('in_1'), [], { paymentIds: ['pi_1', 'ch_1', 'in_1'] });
        for (const id of ['in_1', 'pi_1', 'ch_1']) expect(await orderOf(id)).toEqual(payment('in_1'));
        expect(await orderOf('ch_2')).toBeNull();
        expect(await store.payments.orderOf(integration, 'paddle', 'in_1')).toBeNull();
        expect(await store.payments.orderOf('elsewhere', 'stripe', 'in_1')).toBeNull();
      });

      it('is found by an id that was linked before it came', async () => {
        await store.payments.link(integration, 'stripe', 'ch_1', 'in_1');
        expect(await orderOf('ch_1')).toBeNull();
        await register(payment('in_1'));
        expect(await orderOf('ch_1')).toEqual(payment('in_1'));
      });

      it('is found by an id that was linked after it came, twice', async () => {
        await register(payment('in_1'));
        await store.payments.link(integration, 'stripe', 'ch_1', 'in_1');
        await store.payments.link(integration, 'stripe', 'ch_1', 'in_1');
        expect(await orderOf('ch_1')).toEqual(payment('in_1'));
      });

      it('is found through an id of an id', async () => {
        await store.payments.link(integration, 'stripe', 'ch_1', 'pi_1');
        await register(payment('in_1'), [], { paymentIds: ['pi_1'] });
        expect(await orderOf('ch_1')).toEqual(payment('in_1'));
      });

      it('stays itself whatever is linked to it', async () => {
        await register(payment('in_1'));
        await register(payment('in_2'));
        await store.payments.link(integration, 'stripe', 'in_1', 'in_2');
        await store.payments.link(integration, 'stripe', 'in_2', 'in_1');
        expect(await orderOf('in_1')).toEqual(payment('in_1'));
        expect(await orderOf('in_2')).toEqual(payment('in_2'));
      });

      it('ends the search in a circle of links', async () => {
        await store.payments.link(integration, 'stripe', 'a', 'b');
        await store.payments.link(integration, 'stripe', 'b', 'a');
        expect(await orderOf('a')).toBeNull();
        expect(await store.payments.unmatchedRefundsOf(integration, 'stripe', ['a'])).toEqual([]);
      });

      it('is not made by a fact that is none', async () => {
        await register(payment('sub_1', 'sub_1'), [], { pending: null });
        expect(await orderOf('sub_1')).toBeNull();
      });
    });

    describe('unmatched refunds', () => {
      const refund = (refundId: string, moneyId = 'ch_1'): RefundFact => ({
        kind: 'refund',
        moneyId,
        refundId,
        occurredAtMs: noonMs,
        amountMinor: 500,
        cause: 'refund',
      });
      const keep = (id: string, fact: RefundFact, atMs = noonMs) =>
        store.payments.keepUnmatchedRefund({ integration, psp: 'stripe', paymentId: id, fact, atMs });
      const unmatchedRefundsOf = (...ids: string[]) => store.payments.unmatchedRefundsOf(integration, 'stripe', ids);

      it('wait under the id they name, once each, in the order in which they came', async () => {
        await keep('ch_1', refund('re_2'), noonMs + 1);
        await keep('ch_1', refund('re_1'), noonMs);
        await keep('ch_1', refund('re_1'), noonMs + 2);
        await keep('ch_2', refund('re_3'));
        expect(await unmatchedRefundsOf('in_1', 'ch_1')).toEqual([refund('re_1'), refund('re_2')]);
        expect(await unmatchedRefundsOf('ch_1')).toHaveLength(2); // they stay kept
        expect(await unmatchedRefundsOf('in_1')).toEqual([]);
        expect(await unmatchedRefundsOf()).toEqual([]);
        expect(await store.payments.unmatchedRefundsOf(integration, 'paddle', ['ch_1'])).toEqual([]);
      });

      it('are found through links', async () => {
        await keep('ch_1', refund('re_1'));
        await store.payments.link(integration, 'stripe', 'ch_1', 'pi_1');
        await store.payments.link(integration, 'stripe', 'pi_1', 'in_1');
        expect(await unmatchedRefundsOf('in_1')).toEqual([refund('re_1')]);
      });
    });
  });
}

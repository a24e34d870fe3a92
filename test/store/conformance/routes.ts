/** What every database must do behind the routes of shared accounts. */
import type { Store } from '../../../src/store';
import { dayMs } from '../../../src/domain/duration';
import { noonMs, payment, registration, waiting } from '../../support/store-samples';
import type { World } from './world';

export function routesConformance(world: () => World): void {
  describe('the routes of a shared account', () => {
    let store: Store;
    let integration: string;
    beforeEach(() => void ({ store, integration } = world()));

    const at = () => ({ integration, psp: 'stripe', account: [integration, `${integration}-other`] });
    const place = (...ids: string[]) => store.routes.placeOf(at(), ids);
    const hashes = async (...ids: string[]) => (await store.routes.waiting(at(), ids)).map(({ hash }) => hash);

    it('know of no order at first', async () => {
      expect(await place('sub_1', 'in_1')).toBe('not_said');
      expect(await place()).toBe('not_said');
      expect(await hashes('sub_1')).toEqual([]);
    });

    it('know the orders of the integration by their own id, their payments and all ids of these', async () => {
      const paymentIds = ['in_1', 'pi_1'];
      await store.users.register(registration(payment('in_1', 'sub_1'), [], { integration, paymentIds }));
      await store.payments.link(integration, 'stripe', 'ch_1', 'pi_1');
      for (const id of ['sub_1', 'in_1', 'pi_1', 'ch_1']) expect([id, await place(id)]).toEqual([id, 'here']);
      expect(await place('ch_2', 'in_1')).toBe('here');
      expect(await place('ch_2')).toBe('not_said');
      expect(await store.routes.placeOf({ ...at(), psp: 'paddle' }, ['sub_1'])).toBe('not_said');
      expect(await store.routes.placeOf({ ...at(), integration: `${integration}-other` }, ['sub_1'])).toBe('not_said');
    });

    it('know an order that is elsewhere, also by a payment that another integration of the account has', async () => {
      const other = `${integration}-other`;
      await store.routes.decline(at(), 'sub_1', noonMs);
      expect(await place('sub_1')).toBe('elsewhere');
      expect(await place('in_1')).toBe('not_said');
      await store.users.register(registration(payment('in_1', 'sub_1'), [], { integration: other, paymentIds: ['in_1'] }));
      expect(await place('in_1')).toBe('elsewhere');
      await store.payments.link(integration, 'stripe', 'pi_1', 'in_1');
      expect(await place('pi_1')).toBe('elsewhere');
      expect(await store.routes.placeOf({ ...at(), account: [integration] }, ['pi_1'])).toBe('not_said');
      // What the integration has it keeps.
      await store.users.register(registration(payment('in_2', 'sub_1'), [], { integration }));
      expect(await place('sub_1')).toBe('here');
    });

    it('remember for long that an order is elsewhere, where it is said again and again', async () => {
      await store.routes.decline(at(), 'sub_1', noonMs);
      await store.routes.decline(at(), 'sub_1', noonMs + 31 * dayMs);
      await store.retention.purgeDeclinedOrders(noonMs + dayMs);
      expect(await place('sub_1')).toBe('elsewhere');
      await store.retention.purgeDeclinedOrders(noonMs + 32 * dayMs);
      expect(await place('sub_1')).toBe('not_said');
    });

    it('keep what waits under all its ids, once, in the order of arrival, as it was', async () => {
      const first = waiting('in_2', ['sub_1', 'in_2', 'in_2'], { email: 'a@example.com' });
      for (const one of [first, waiting('in_1', ['sub_1', 'in_1']), first]) await store.routes.keep(at(), one, noonMs);
      expect(await hashes('sub_1')).toEqual(['hash of in_2', 'hash of in_1']);
      expect(await hashes('in_1')).toEqual(['hash of in_1']);
      expect(await hashes('in_1', 'in_2')).toEqual(['hash of in_2', 'hash of in_1']);
      const [kept] = await store.routes.waiting(at(), ['in_2']);
      expect(kept).toEqual({ ...first, keptAtMs: noonMs });
      expect(await store.routes.waiting({ ...at(), psp: 'paddle' }, ['sub_1'])).toEqual([]);
      expect(await store.routes.waiting({ ...at(), integration: `${integration}-other` }, ['sub_1'])).toEqual([]);
    });

    it('find it by ids that events have named beside them, in both directions', async () => {
      await store.routes.keep(at(), waiting('pi_1', ['pi_1']), noonMs);
      await store.routes.keep(at(), waiting('in_2', ['in_2']), noonMs);
      await store.payments.link(integration, 'stripe', 'ch_1', 'pi_1');
      await store.payments.link(integration, 'stripe', 'pi_1', 'in_1');
      await store.payments.link(integration, 'stripe', 'pi_2', 'in_2');
      expect(await hashes('in_1')).toEqual(['hash of pi_1']);
      expect(await hashes('ch_1')).toEqual(['hash of pi_1']);
      expect(await hashes('pi_2')).toEqual(['hash of in_2']);
    });

    it('remove one and leave the others', async () => {
      for (const one of [waiting('in_1', ['sub_1', 'in_1']), waiting('in_2', ['sub_1', 'in_2'])])
        await store.routes.keep(at(), one, noonMs);
      await store.routes.remove(at(), await store.routes.waiting(at(), ['in_1']));
      await store.routes.remove(at(), [waiting('in_1', ['sub_1', 'in_1'])]);
      expect(await hashes('sub_1')).toEqual(['hash of in_2']);
      expect(await hashes('in_1')).toEqual([]);
    });

    it('give everything that waits in an integration, page by page', async () => {
      for (let n = 0; n < 6; n += 1) await store.routes.keep(at(), waiting(`in_${n}`, [`in_${n}`]), noonMs);
      const all = await store.routes.everything(integration, null);
      expect(all.map(({ psp, hash }) => `${psp} ${hash}`)).toEqual([0, 1, 2, 3, 4, 5].map((n) => `stripe hash of in_${n}`));
      expect((await store.routes.everything(integration, all[3]!)).map(({ hash }) => hash)).toEqual([
        'hash of in_4',
        'hash of in_5',
      ]);
      expect(await store.routes.everything(`${integration}-other`, null)).toEqual([]);
    });
  });
}

/** What every database must do for users who turned out to be one, and for refusals that nothing proves. */
import type { Identity } from '../../../src/domain/identity';
import { ada, bob, customer, mail, orderKey, visitorActions } from './visitor-actions';
import type { World } from './world';
import { noonMs, payment, record } from '../../support/store-samples';

export function joinsConformance(world: () => World): void {
  const { store, integration, register, claim, find, identity } = visitorActions(world);
  const [first, second] = [payment('in_1'), payment('in_2')];
  const joins = async () => (await store().userJoins.list(integration(), { limit: 10 })).items;
  const undo = (id = 0) => store().userJoins.undo(integration(), id, { by: 'anna', atMs: noonMs + 5 });

  describe('users who turned out to be one', () => {
    beforeEach(async () => {
      await register(first, [ada, orderKey(first)], { identity: { externalIdSha256: 'ada', ttclid: 'of ada', clickAtMs: 1 } });
      await register(second, [mail, orderKey(second)], { identity: { emailSha256: 'mail' } });
      await claim(first, [ada, orderKey(first)]);
    });
    const meetTheOther = (more: { identity?: Identity } = {}) => register(second, [ada, mail, orderKey(second)], more);

    it('are written down with what showed it', async () => {
      expect(await meetTheOther()).toMatchObject({ joined: 1, evidence: 'webhook' });
      expect(await joins()).toEqual([
        {
          ...{ id: expect.any(Number) as number, atMs: noonMs, evidence: 'webhook', undone: null },
          kinds: ['user_id', 'email', 'order'],
          orders: [{ psp: 'stripe', subscription: second.subscription }],
        },
      ]);
      expect(await meetTheOther()).toMatchObject({ joined: 0 });
    });

    it('are taken apart: each has its own identifiers, orders, first purchase and identity again', async () => {
      await meetTheOther();
      expect(await claim(second, [mail, orderKey(second)])).toMatchObject({ granted: false });
      expect(await undo((await joins())[0]?.id)).toMatchObject({
        kind: 'undone',
        join: { undone: { by: 'anna', atMs: noonMs + 5 } },
      });
      expect((await find(ada))?.orders).toEqual([{ psp: 'stripe', subscription: first.subscription }]);
      expect((await find(mail))?.orders).toEqual([{ psp: 'stripe', subscription: second.subscription }]);
      expect(await find(mail)).toMatchObject({ firstPurchase: null });
      expect(await identity(mail)).toEqual({ emailSha256: 'mail' });
      expect(await identity(ada)).toEqual({ externalIdSha256: 'ada', ttclid: 'of ada', clickAtMs: 1 });
      expect(await claim(second, [mail, orderKey(second)])).toMatchObject({ granted: true });
    });

    it('stay apart, whatever names both again', async () => {
      await meetTheOther();
      await undo((await joins())[0]?.id);
      expect(await meetTheOther()).toMatchObject({ joined: 0 });
      expect(await claim(second, [ada, mail, orderKey(second)])).toMatchObject({ granted: true });
      expect((await find(ada))?.orders).toHaveLength(1);
      expect(await joins()).toHaveLength(1);
    });

    it('are taken apart once, and the latest join first', async () => {
      await meetTheOther();
      const [join] = await joins();
      await register(payment('in_0'), [bob], { atMs: noonMs - 1 });
      expect(await undo(999_999)).toEqual({ kind: 'unknown' });
      expect(await undo(join?.id)).toMatchObject({ kind: 'undone' });
      expect(await undo(join?.id)).toMatchObject({ kind: 'undone', join: { undone: { by: 'anna' } } });
    });

    it('are not taken apart after one was erased', async () => {
      await meetTheOther();
      const [join] = await joins();
      await store().users.erase(integration(), ada, noonMs);
      expect(await undo(join?.id)).toEqual({ kind: 'unknown' });
      expect(await joins()).toEqual([]);
    });

    it('come by pages', async () => {
      await meetTheOther();
      await register(payment('in_3'), [customer]);
      await register(payment('in_4'), [bob]);
      await register(payment('in_4'), [bob, customer]);
      const page = await store().userJoins.list(integration(), { limit: 1 });
      const next = await store().userJoins.list(integration(), { limit: 1, cursor: page.nextCursor ?? '' });
      expect([page.items, next.items].map(([join]) => join?.orders[0]?.subscription)).toEqual(['sub_of_in_4', 'sub_of_in_2']);
      expect(next.nextCursor).toBeNull();
      await expect(store().userJoins.list(integration(), { limit: 1, cursor: 'nonsense' })).rejects.toThrow('cursor');
    });
  });

  describe('a refusal that nothing proves', () => {
    const refuse = (atMs = noonMs) =>
      store().visitors.record({
        ...{ integration: integration(), keys: [], identity: { consent: 'denied' }, atMs },
        stated: { userId: ada, email: null, checkout: null },
      });
    const period = (fromMs: number, toMs: number) => ({ fromMs, toMs });

    it('is counted and forgotten by the time when it was said', async () => {
      await refuse();
      const { pageRefusals } = store();
      expect(await pageRefusals.count(integration(), period(noonMs, noonMs + 1))).toEqual({ refusals: 1, purchases: 0 });
      expect(await pageRefusals.count(integration(), period(noonMs + 1, noonMs + 2))).toEqual({ refusals: 0, purchases: 0 });
      expect(await pageRefusals.forget(integration(), period(noonMs + 1, noonMs + 2))).toBe(0);
      expect(await identity(ada)).toEqual({ consent: 'denied', isRefusedByPage: true });
      expect(await pageRefusals.forget(integration(), period(noonMs, noonMs + 1))).toBe(1);
      expect(await identity(ada)).toEqual({});
    });

    it('marks the purchases that it keeps back, until they are decided otherwise', async () => {
      const { pageRefusals, purchases } = store();
      const refused = record(first, { state: 'suppressed', reason: 'consent', revision: 2 });
      await purchases.recordRefusedByPage(integration(), refused);
      await purchases.record(integration(), [refused]);
      expect(await pageRefusals.keptBack(integration(), 10)).toEqual([first]);
      expect(await purchases.find(integration(), 'stripe', 'in_1')).toMatchObject({ refusedByPage: true });
      await purchases.record(integration(), [record(first, { state: 'pending', revision: 3 })]);
      expect(await pageRefusals.keptBack(integration(), 10)).toEqual([]);
    });

    it('gives nothing back to send while somebody still refuses for its buyer', async () => {
      const { pageRefusals, purchases } = store();
      await refuse();
      await register(first, [ada]);
      await purchases.recordRefusedByPage(integration(), record(first, { state: 'suppressed', reason: 'consent', revision: 2 }));
      expect(await pageRefusals.keptBack(integration(), 10)).toEqual([]);
      await pageRefusals.forget(integration(), period(noonMs, noonMs + 1));
      expect(await pageRefusals.keptBack(integration(), 10)).toEqual([first]);
      await register(first, [ada], { identity: { consent: 'denied' } });
      expect(await pageRefusals.keptBack(integration(), 10)).toEqual([]);
    });

    it('is purged like any visit: not while its user has an order', async () => {
      await refuse();
      await register(first, [ada]);
      await store().visitors.purge(noonMs + 1);
      expect(await identity(ada)).toMatchObject({ consent: 'denied' });
      await store().visitors.record({
        ...{ integration: integration(), keys: [], identity: { ttp: 'ttp' }, atMs: noonMs },
        stated: { userId: bob, email: null, checkout: null },
      });
      expect(await find(bob)).not.toBeNull();
      await store().visitors.purge(noonMs + 1);
      expect(await find(bob)).toBeNull();
    });
  });
}

/** What every database must do for visitors: their keys, identities and checkouts. */
import type { UserKey } from '../../../src/domain/identity';
import type { World } from './world';
import { key, noonMs, payment } from '../../support/store-samples';

import { day, ada, bob, eve, mail, customer, checkoutKey, orderKey, yes, visitorActions } from './visitor-actions';

export function visitorsConformance(world: () => World): void {
  const { integration, raw, eachProcess, register, claim, meet, find, identity, ask, countOf } = visitorActions(world);

  describe('a visitor', () => {
    it('is found by each identifier, without an order, and fills gaps', async () => {
      await meet([ada, mail, checkoutKey('c1')], { ip: '203.0.113.1', ttp: 'first' });
      await meet([mail], { ip: '203.0.113.2', ttclid: 'click' });
      for (const known of [ada, mail, checkoutKey('c1')]) {
        expect(await find(known)).toEqual({ identifiers: ['user_id', 'email', 'checkout'], firstPurchase: null, orders: [] });
        // With the click comes the address that it was made from.
        expect(await identity(known)).toEqual({ ip: '203.0.113.2', ttp: 'first', ttclid: 'click' });
      }
    });

    it('without a key is nobody', async () => {
      await meet([], { ttp: 'of nobody' });
      expect(await countOf('users')).toBe(0);
    });

    it.each(['before', 'after'])('is joined to the order of their checkout, met %s it', async (when) => {
      const visit = () => meet([ada, checkoutKey('c1')], { ttp: 'from the browser' });
      if (when === 'before') await visit();
      await register(payment('in_1'), [customer], { checkout: checkoutKey('c1') });
      if (when === 'after') await visit();
      expect((await find(ada))?.orders).toEqual([{ psp: 'stripe', subscription: 'sub_of_in_1' }]);
      expect(await identity(customer)).toEqual({ ttp: 'from the browser' });
    });

    it('is one however many visits and orders name them at once', async () => {
      const all = [ada, mail, customer, checkoutKey('c1')];
      await Promise.all(
        Array.from({ length: 20 }, (_, index) => {
          const keys = [all[index % 4] as UserKey, all[(index + 1) % 4] as UserKey];
          if (index % 3 === 0) return register(payment(`in_${index}`), keys, {}, eachProcess(index));
          const visit = { integration: integration(), keys, identity: {}, atMs: noonMs };
          return eachProcess(index).visitors.record(visit);
        }),
      );
      expect((await find(ada))?.orders).toHaveLength(7);
      const counted = await raw(
        `select count(distinct user_id)::int as users from user_identifiers where integration = '${integration()}'`,
      );
      expect(counted).toEqual([{ users: 1 }]);
    });

    it('is met when a visit teaches nothing too, at one write a day, and never earlier than before', async () => {
      const metAt = async () => {
        const rows = await raw(`select updated_at_ms::text as at from users where integration = '${integration()}'`);
        return rows.map(({ at }) => Number(at));
      };
      await meet([ada], { ttp: 'ttp' });
      await meet([ada], { ttp: 'ttp' }, noonMs + day - 1);
      expect(await metAt()).toEqual([noonMs]);
      await meet([ada], { ttp: 'ttp' }, noonMs + day);
      expect(await metAt()).toEqual([noonMs + day]);
      await meet([ada], { ip: '203.0.113.1' }, noonMs);
      expect(await metAt()).toEqual([noonMs + day]);
    });
  });

  describe('a checkout that two users name', () => {
    const c1 = checkoutKey('c1');

    it('joins an unknown visitor to the user that they turn out to be, and no third', async () => {
      await meet([ada, c1], { ttp: 'of ada' });
      await meet([bob, c1], { ip: '203.0.113.1' });
      await meet([eve, c1], { ttp: 'of eve' });
      for (const known of [ada, bob]) expect(await identity(known)).toEqual({ ttp: 'of ada', ip: '203.0.113.1' });
      expect(await identity(eve)).toEqual({ ttp: 'of eve' });
      expect((await find(eve))?.identifiers).toEqual(['user_id']);
    });

    it.each<[string, UserKey[]]>([
      ['the same user id', [ada, c1]],
      ['no user id', [mail, c1]],
    ])('joins those with %s', async (_case, keys) => {
      await meet([ada, customer, c1], { ttp: 'of ada' });
      await meet(keys);
      expect(await identity(keys[0]!)).toEqual({ ttp: 'of ada' });
    });

    it('joins those whom another identifier makes one, though each visit brings a new user id', async () => {
      await meet([ada, mail, c1], { ttp: 'of ada' });
      await meet([bob, mail, c1]);
      await meet([eve, mail, c1]);
      expect(await find(eve)).toEqual(await find(ada));
      expect(await ask('c1', [key('user_id', 'fourth'), mail])).toMatchObject({ send: true });
    });

    it('joins the order that came of it, with what was said of an unknown visitor', async () => {
      await meet([ada, c1], { ttp: 'of ada' });
      expect(await register(payment('in_1'), [bob, c1], { checkout: c1 })).toMatchObject({ ownsCheckout: true });
      expect(await identity(bob)).toEqual({ ttp: 'of ada' });
    });

    it('joins no order with a third user id, though it is the order’s, and neither does a claim', async () => {
      await meet([ada, c1], { ttp: 'of ada' });
      await meet([bob, c1]);
      await claim(payment('in_0'), [ada]);
      expect(await register(payment('in_1'), [eve, c1], { checkout: c1 })).toMatchObject({ ownsCheckout: true });
      expect(await claim(payment('in_1'), [eve, c1, orderKey(payment('in_1'))])).toMatchObject({ granted: true });
      expect((await find(ada))?.orders).toEqual([]);
      expect(await identity(eve, c1)).toEqual({});
    });

    it('is not asked for by the third: it would be counted as the first one’s', async () => {
      await ask('c1', [ada]);
      expect(await ask('c1', [bob])).toMatchObject({ send: true, eventId: 'c1' });
      expect(await ask('c1', [eve], yes)).toMatchObject({ send: false, eventId: 'c1', checkout: null });
      expect(await countOf('browser_purchases')).toBe(1);
    });

    it('is somebody’s only after they were joined under the eyes of all', async () => {
      // Three who know nothing of each other name one checkout at the same time: whoever is third is told apart.
      for (let round = 0; round < 10; round += 1) {
        const checkout = checkoutKey(`c of ${round}`);
        const three = ['left', 'middle', 'right'].map((name) => key('user_id', `${name} ${round}`));
        await Promise.all(
          three.map((who, index) =>
            eachProcess(index).visitors.record({ integration: integration(), keys: [who, checkout], identity: {}, atMs: noonMs }),
          ),
        );
        const identifiers = await Promise.all(three.map(async (known) => (await find(known))?.identifiers));
        expect(identifiers.map((kinds) => kinds?.length).sort()).toEqual([1, 2, 2]);
      }
    });
  });
}

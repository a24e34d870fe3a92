/** What every database must do behind the store's first purchases. */
import type { UserKey } from '../../../src/domain/identity';
import type { PaymentRef } from '../../../src/domain/purchase';
import type { ClaimMode } from '../../../src/domain/limit';
import type { Store } from '../../../src/store';
import { key, noonMs, payment } from '../../support/store-samples';

import type { OpenedStores, World } from './world';
import { actions } from './world';

export function firstPurchasesConformance(world: () => World): void {
  describe('first purchases', () => {
    let store: Store;
    let other: Store;
    let integration: string;
    let stores: OpenedStores;
    beforeEach(() => void ({ store, other, integration, stores } = world()));
    const { register, claim } = actions(world);

    describe('the first purchase of a user', () => {
      const ada = key('user_id', 'ada');

      it('goes to one payment, which gets it again', async () => {
        expect(await claim(payment('in_1'), [ada])).toEqual({ granted: true, holder: payment('in_1') });
        expect(await claim(payment('in_2'), [ada])).toEqual({ granted: false, holder: payment('in_1') });
        expect(await claim(payment('in_1'), [ada])).toEqual({ granted: true, holder: payment('in_1') });
      });

      it('is one per integration', async () => {
        await claim(payment('in_1'), [ada]);
        const elsewhere = await store.firstPurchases.claim({
          integration: `${integration}-b`,
          keys: [ada],
          payment: payment('in_2'),
          mode: 'this_payment',
          atMs: noonMs,
        });
        expect(elsewhere.granted).toBe(true);
      });

      const sameOrder = payment('in_2', 'sub_of_in_1');
      it.each<[ClaimMode, PaymentRef, boolean]>([
        ['take_if_free', payment('in_2'), true],
        ['this_payment', payment('in_1'), true],
        ['this_payment', sameOrder, false],
        ['this_payment', payment('in_1', 'sub_of_in_1', 'paddle'), false],
        ['this_payment', payment('in_1', 'sub_9'), false],
        ['this_order', payment('in_1'), true],
        ['this_order', sameOrder, true],
        ['this_order', payment('in_2'), false],
        ['this_order', payment('in_2', 'sub_of_in_1', 'paddle'), false],
      ])('held by in_1, asked for as %s by %j: granted %s, and it stays with in_1', async (mode, ref, granted) => {
        await claim(payment('in_1'), [ada]);
        expect(await claim(ref, [ada], mode)).toEqual({ granted, holder: payment('in_1') });
        expect(await claim(payment('in_1'), [ada])).toEqual({ granted: true, holder: payment('in_1') });
      });

      it.each<ClaimMode>(['take_if_free', 'this_payment', 'this_order'])(
        'is taken when it is free, asked for as %s',
        async (mode) => {
          expect(await claim(payment('in_1'), [ada], mode)).toEqual({ granted: true, holder: payment('in_1') });
          expect((await store.users.find(integration, ada))?.firstPurchase).toEqual(payment('in_1'));
        },
      );

      it('is free again when its holder gives it back, and only then', async () => {
        await claim(payment('in_1'), [ada]);
        await store.firstPurchases.release(integration, [ada], payment('in_2'));
        expect((await claim(payment('in_2'), [ada])).granted).toBe(false);
        await store.firstPurchases.release(integration, [ada], payment('in_1'));
        expect((await store.users.find(integration, ada))?.firstPurchase).toBeNull();
        expect(await claim(payment('in_2'), [ada])).toEqual({ granted: true, holder: payment('in_2') });
      });

      it('is nothing to give back for a user nobody knows', async () => {
        await expect(store.firstPurchases.release(integration, [ada], payment('in_1'))).resolves.toBeUndefined();
      });

      it('needs a key', async () => {
        await expect(claim(payment('in_1'), [])).rejects.toThrow('at least one key');
        await expect(register(payment('in_1'), [], { keys: [] })).rejects.toThrow('at least one key');
      });

      it('goes to exactly one of thirty who claim it at once under overlapping identifiers', async () => {
        // Each shares one identifier with the next: nobody has one that all others have.
        const link = (index: number) => key(index % 2 ? 'email' : 'customer', String(index));
        const claims = Array.from({ length: 30 }, (_, index) => {
          const keys = [link(index), link((index + 1) % 30)];
          const process = index % 2 ? store : other;
          return process.firstPurchases.claim({
            integration,
            keys: index % 3 ? keys : keys.reverse(),
            payment: payment(`in_${index}`),
            mode: 'this_payment',
            atMs: noonMs + index,
          });
        });
        const results = await Promise.all(claims);
        // Until the chain closes, two ends of it are different users: what they are granted is theirs. In the end there is one user.
        const views = await Promise.all(Array.from({ length: 30 }, (_, index) => store.users.find(integration, link(index))));
        const first = views[0]?.firstPurchase;
        expect(first).toBeTruthy();
        expect(views.map((view) => view?.firstPurchase)).toEqual(Array.from({ length: 30 }, () => first));
        expect(results.some(({ granted, holder }) => granted && holder.moneyId === first?.moneyId)).toBe(true);
        const counted = await stores.raw(
          `select count(*)::int as users from users where integration = '${integration}' and merged_into is null`,
        );
        expect(counted).toEqual([{ users: 1 }]);
      });

      it('goes to exactly one of thirty who claim it at once, each under one of the identifiers of a known user', async () => {
        const keys = Array.from({ length: 5 }, (_, index) => key('email', String(index)));
        await register(payment('in_0'), keys);
        const claims = Array.from({ length: 30 }, (_, index) => {
          const own = [keys[index % 5] as UserKey, keys[(index * 2 + 1) % 5] as UserKey, key('order', `o${index}`)];
          return (index % 2 ? store : other).firstPurchases.claim({
            integration,
            keys: own,
            payment: payment(`in_${index}`),
            mode: 'this_payment',
            atMs: noonMs,
          });
        });
        const results = await Promise.all(claims);
        const granted = results.filter((result) => result.granted);
        expect(granted).toHaveLength(1);
        expect(results.map(({ holder }) => holder)).toEqual(results.map(() => granted[0]?.holder));
      });

      it('goes to exactly one while users are being joined', async () => {
        for (let round = 0; round < 10; round += 1) {
          const [left, right] = [key('email', `left ${round}`), key('email', `right ${round}`)];
          await register(payment(`left_${round}`), [left]);
          await register(payment(`right_${round}`), [right]);
          await register(payment(`left_${round}`), [key('customer', `left ${round}`)]);
          // The joining claim and the claims under single identifiers lock different identifiers, and meet at the users.
          const results = await Promise.all([
            store.firstPurchases.claim({
              integration,
              keys: [left, right],
              payment: payment(`joined_${round}`),
              mode: 'this_payment',
              atMs: noonMs,
            }),
            other.firstPurchases.claim({
              integration,
              keys: [key('customer', `left ${round}`)],
              payment: payment(`left_${round}`),
              mode: 'this_payment',
              atMs: noonMs + 1,
            }),
            store.firstPurchases.claim({
              integration,
              keys: [right, key('order', `r${round}`)],
              payment: payment(`right_${round}`),
              mode: 'this_payment',
              atMs: noonMs + 2,
            }),
          ]);
          const after = await claim(payment(`late_${round}`), [left]);
          expect(after.granted).toBe(false);
          expect((await store.users.find(integration, right))?.firstPurchase).toEqual(after.holder);
          // The two sides may each have been granted before they were joined; a claim under both never is beside them.
          const holders = new Set(results.filter(({ granted }) => granted).map(({ holder }) => holder.moneyId));
          if (holders.has(`joined_${round}`)) expect([...holders]).toEqual([`joined_${round}`]);
          expect(holders).toContain(after.holder.moneyId);
        }
      });
    });
  });
}

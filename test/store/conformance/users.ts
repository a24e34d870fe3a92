/** What every database must do behind the store's users. */
import type { Identity, UserKey } from '../../../src/domain/identity';
import type { PaymentRef } from '../../../src/domain/purchase';
import type { Store } from '../../../src/store';
import {
  key,
  newKeyring,
  noonMs,
  payment,
  registration as sampleRegistration,
  rotatedKeyring,
} from '../../support/store-samples';

import type { OpenedStores, World } from './world';
import { actions } from './world';

export function usersConformance(world: () => World): void {
  describe('users', () => {
    let store: Store;
    let other: Store;
    let integration: string;
    let stores: OpenedStores;
    beforeEach(() => void ({ store, other, integration, stores } = world()));
    const { register, claim } = actions(world);

    describe('users', () => {
      const [ada, mail, customer] = [key('user_id', 'ada'), key('email', 'ada'), key('customer', 'ada')];

      it('are found by each of their identifiers, with their orders', async () => {
        await register(payment('in_1'), [mail, ada]);
        await register(payment('in_2'), [ada, customer]);
        const view = {
          identifiers: ['user_id', 'email', 'customer', 'order'],
          firstPurchase: null,
          orders: [
            { psp: 'stripe', subscription: 'sub_of_in_1' },
            { psp: 'stripe', subscription: 'sub_of_in_2' },
          ],
        };
        for (const known of [ada, mail, customer, key('order', 'stripe/sub_of_in_1')]) {
          expect(await store.users.find(integration, known)).toEqual(view);
        }
        expect(await store.users.find(integration, key('email', 'bob'))).toBeNull();
        expect(await store.users.find(integration, { kind: 'customer', hmac: ada.hmac })).toBeNull();
        expect(await store.users.find('elsewhere', ada)).toBeNull();
      });

      it('are not joined by a key that may be many buyers’ where they are known by different e-mails', async () => {
        const tag = key('user_id', 'partner');
        const bob = [key('email', 'bob'), key('customer', 'bob')];
        const byTag = (n: number, keys: readonly UserKey[]) => register(payment(`in_${n}`), [tag, ...keys], { doubtfulKey: tag });
        expect(await byTag(1, [mail, customer])).toMatchObject({ isOthersKey: false });
        expect(await byTag(2, bob)).toMatchObject({ isOthersKey: true });
        // An event that names no e-mail is of an order whose e-mail is known.
        expect(await byTag(2, [])).toMatchObject({ isOthersKey: true });
        expect(await byTag(3, [bob[1]!])).toMatchObject({ isOthersKey: true });
        // Ada herself, by another e-mail and as the same customer, or as somebody of whom nothing is known.
        expect(await byTag(4, [key('email', 'ada at work'), customer])).toMatchObject({ isOthersKey: false });
        expect(await byTag(5, [])).toMatchObject({ isOthersKey: false });
        expect((await store.users.find(integration, tag))?.orders).toHaveLength(3);
      });

      it.each([
        ['the older user has it', noonMs, noonMs + 1, 'in_1'],
        ['the younger user has it', noonMs + 1, noonMs, 'in_2'],
      ])('that a third fact joins keep the earlier first place: %s', async (_case, firstAtMs, secondAtMs, holder) => {
        await register(payment('in_1'), [ada]);
        await register(payment('in_2'), [mail]);
        expect((await claim(payment('in_1'), [ada], 'this_payment', firstAtMs)).granted).toBe(true);
        expect((await claim(payment('in_2'), [mail], 'this_payment', secondAtMs)).granted).toBe(true);
        await register(payment('in_3'), [ada, mail]);
        for (const known of [ada, mail]) {
          const view = await store.users.find(integration, known);
          expect(view?.firstPurchase?.moneyId).toBe(holder);
          expect(view?.orders).toHaveLength(3);
        }
        expect((await claim(payment('in_3'), [mail])).holder.moneyId).toBe(holder);
      });

      it('that were joined still have had a purchase when the earlier place is given back', async () => {
        await claim(payment('in_1'), [ada], 'this_payment', noonMs);
        await claim(payment('in_2'), [mail], 'this_payment', noonMs + 1);
        await store.firstPurchases.release(integration, [ada, mail], payment('in_1'));
        await register(payment('in_3'), [ada, mail]);
        await store.firstPurchases.release(integration, [ada, mail], payment('in_1'));
        expect(await claim(payment('in_3'), [ada, mail])).toEqual({ granted: false, holder: payment('in_2') });
      });

      it('are joined by a claim too', async () => {
        await register(payment('in_1'), [ada]);
        await register(payment('in_2'), [mail]);
        await claim(payment('in_3'), [ada, mail, key('order', 'stripe/sub_of_in_3')]);
        expect((await store.users.find(integration, ada))?.orders).toHaveLength(2);
        expect((await store.users.find(integration, mail))?.firstPurchase).toEqual(payment('in_3'));
      });

      it('are one however many facts name them at once', async () => {
        const facts = Array.from({ length: 20 }, (_, index) =>
          (index % 2 ? store : other).users.register({
            ...sampleRegistration(payment(`in_${index}`), index % 2 ? [ada, mail] : [mail, ada], {
              identity: { emailSha256: 'e'.repeat(64) },
            }),
            integration,
          }),
        );
        await Promise.all(facts);
        expect((await store.users.find(integration, ada))?.orders).toHaveLength(20);
        const counted = await stores.raw(`select count(*)::int as users from users where integration = '${integration}'`);
        expect(counted).toEqual([{ users: 1 }]);
      });

      it('may be named twice in one fact', async () => {
        await register(payment('in_1'), [ada, ada]);
        expect((await store.users.find(integration, ada))?.orders).toHaveLength(1);
      });
    });

    describe('identity', () => {
      const [ada, mail] = [key('user_id', 'ada'), key('email', 'ada')];
      const learn = (ref: PaymentRef, keys: readonly UserKey[], identity: Identity, atMs = noonMs) =>
        register(ref, keys, { identity, atMs });

      it('is empty for a user nobody knows', async () => {
        expect(await store.users.identity(integration, [ada])).toEqual({});
        expect(await store.users.identity(integration, [])).toEqual({});
      });

      it('grows with every fact, and what was known first stays', async () => {
        await learn(payment('in_1'), [ada], { ttclid: 'click 1', clickAtMs: 1, ip: '203.0.113.1' });
        await learn(payment('in_2'), [ada], { ip: '203.0.113.2', ttp: 'ttp 2' });
        const known = { ttclid: 'click 1', clickAtMs: 1, ip: '203.0.113.1', ttp: 'ttp 2' };
        expect(await store.users.identity(integration, [ada])).toEqual(known);
        await learn(payment('in_3'), [ada], { ttclid: 'click 3', clickAtMs: 3 });
        expect(await store.users.identity(integration, [ada])).toEqual({ ...known, ttclid: 'click 3', clickAtMs: 3 });
      });

      it('is taken together from all users of the keys, and merged when they are joined', async () => {
        await learn(payment('in_1'), [ada], { ttp: 'ttp of ada' });
        await learn(payment('in_2'), [mail], { ttp: 'ttp of mail', emailSha256: 'e'.repeat(64) });
        const together = { ttp: 'ttp of ada', emailSha256: 'e'.repeat(64) };
        expect(await store.users.identity(integration, [mail, ada])).toEqual(together);
        expect(await store.users.identity(integration, [ada])).toEqual({ ttp: 'ttp of ada' });
        await register(payment('in_3'), [ada, mail]);
        expect(await store.users.identity(integration, [ada])).toEqual(together);
        expect(await store.users.identity(integration, [mail])).toEqual(together);
      });

      it.each([
        ['denied, said by the younger user later', 1, 2, 'denied'],
        ['granted, said by the older user later', 2, 1, 'granted'],
      ])('has the consent that was stated last: %s', async (_case, grantedAtMs, deniedAtMs, consent) => {
        await learn(payment('in_1'), [ada], { consent: 'granted' }, grantedAtMs);
        await learn(payment('in_2'), [mail], { consent: 'denied' }, deniedAtMs);
        await learn(payment('in_2'), [mail], { consent: 'unknown' }, 9);
        expect((await store.users.identity(integration, [ada, mail])).consent).toBe(consent);
        await learn(payment('in_3'), [ada, mail], {}, 10);
        expect((await store.users.identity(integration, [ada])).consent).toBe(consent);
      });

      it('never lies in clear in the database, also not under its old key after a rotation', async () => {
        await learn(payment('in_1'), [ada], { ip: '203.0.113.7', userAgent: 'Agent Smith', emailSha256: 'e'.repeat(64) });
        const [row] = await stores.raw(`select users::text as whole from users where integration = '${integration}'`);
        expect(row?.['whole']).toMatch(/old\./);
        for (const clear of ['203.0.113.7', 'Agent Smith', 'eeee']) expect(row?.['whole']).not.toContain(clear);

        const rotated = await stores.open(rotatedKeyring);
        await rotated.users.register({
          ...sampleRegistration(payment('in_2'), [ada], { identity: { ttp: 'new' } }),
          integration,
        });
        const renewed = await stores.open(newKeyring);
        expect(await renewed.users.identity(integration, [ada])).toMatchObject({ ip: '203.0.113.7', ttp: 'new' });
      });
    });

    describe('a checkout', () => {
      const checkout = key('checkout', 'c1');
      const [ada, bob] = [key('user_id', 'ada'), key('user_id', 'bob')];

      it('belongs to the first order that brings it, however often', async () => {
        expect(await register(payment('in_1'), [ada], { checkout })).toMatchObject({ ownsCheckout: true });
        expect(await register(payment('in_2'), [ada], { checkout })).toMatchObject({ ownsCheckout: false });
        expect(await register(payment('in_9', 'sub_of_in_1'), [ada], { checkout })).toMatchObject({ ownsCheckout: true });
        expect(await register(payment('in_1', 'sub_of_in_1', 'paddle'), [ada], { checkout })).toMatchObject({
          ownsCheckout: false,
        });
        expect(await register(payment('in_1'), [ada])).toMatchObject({ ownsCheckout: false });
      });

      it('belongs to exactly one of many orders that bring it at once', async () => {
        const registered = await Promise.all(
          Array.from({ length: 10 }, (_, index) =>
            (index % 2 ? store : other).users.register({
              ...sampleRegistration(payment(`in_${index}`), [], { checkout }),
              integration,
            }),
          ),
        );
        expect(registered.filter(({ ownsCheckout }) => ownsCheckout)).toHaveLength(1);
      });

      it('joins what the browser said to its order', async () => {
        await register(payment('c1', 'c1', 'browser'), [checkout], { identity: { ttp: 'from the browser' }, pending: null });
        await register(payment('in_1'), [ada], { checkout });
        expect((await store.users.identity(integration, [ada])).ttp).toBe('from the browser');
      });

      it('of another order joins nobody', async () => {
        await register(payment('in_1'), [ada], { checkout, identity: { ttp: 'of ada' } });
        await register(payment('in_2'), [bob, checkout], { checkout, identity: { ip: '203.0.113.9' } });
        await claim(payment('in_1'), [ada, checkout]);
        expect(await claim(payment('in_2'), [bob, checkout])).toEqual({ granted: true, holder: payment('in_2') });
        expect(await store.users.identity(integration, [bob, checkout])).toEqual({ ip: '203.0.113.9' });
        expect((await store.users.find(integration, checkout))?.firstPurchase).toEqual(payment('in_1'));
      });

      it('is enough to find its buyer when nothing else is known', async () => {
        await register(payment('in_1'), [ada], { checkout, identity: { ttp: 'of ada' } });
        expect(await store.users.identity(integration, [checkout])).toEqual({ ttp: 'of ada' });
        await claim(payment('in_1'), [ada]);
        expect((await claim(payment('c1', 'c1', 'browser'), [checkout])).granted).toBe(false);
      });
    });
  });
}

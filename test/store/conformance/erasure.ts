/** What every database must do for erasure, and for visitors without an order. */
import type { Identity, UserKey } from '../../../src/domain/identity';
import type { PaymentRef } from '../../../src/domain/purchase';
import type { World } from './world';
import { key, noonMs, payment } from '../../support/store-samples';

import { day, ada, bob, mail, customer, checkoutKey, orderKey, yes, visitorActions } from './visitor-actions';

export function erasureConformance(world: () => World): void {
  const { store, other, integration, raw, users, register, claim, meet, find, identity, ask, countOf } = visitorActions(world);

  describe('erasure', () => {
    const one = payment('in_1');
    const old = [ada, mail, customer, checkoutKey('c1'), orderKey(one)];
    const erase = (known: UserKey) => users().erase(integration(), known, noonMs);
    const boughtOnce = async (consent: Identity['consent'] = 'granted') => {
      await ask('c1', [ada, mail], { identity: { ttp: 'of ada', consent } });
      await register(one, [customer, mail], { checkout: checkoutKey('c1') });
      await claim(one, old);
    };
    const orders = [{ psp: 'stripe', subscription: 'sub_of_in_1' }];

    it('leaves a buyer’s orders and place, and no trace of who it was', async () => {
      await boughtOnce();
      await register(payment('in_0'), [ada]);
      expect(await erase(ada)).toEqual({ orders: [{ psp: 'stripe', subscription: 'sub_of_in_0' }, ...orders] });
      for (const gone of old.slice(0, 4)) expect(await find(gone)).toBeNull();
      expect(await find(orderKey(one))).toMatchObject({ identifiers: ['order'], firstPurchase: one });
      expect(await identity(...old)).toEqual({});
      expect(await countOf('browser_purchases')).toBe(0);
      const [row] = await raw(`select identity, consent, consent_at_ms from users where integration = '${integration()}'`);
      expect(row).toEqual({ identity: null, consent: null, consent_at_ms: null });
    });

    it('keeps a consent that was refused', async () => {
      await boughtOnce('denied');
      await erase(customer);
      expect(await identity(...old)).toEqual({ consent: 'denied' });
    });

    it('of nobody, or of who was erased, is none; by an order it says the same again', async () => {
      expect(await erase(ada)).toBeNull();
      await boughtOnce();
      expect(await users().erase('elsewhere', ada, noonMs)).toBeNull();
      expect(await erase(ada)).toEqual({ orders });
      expect(await erase(ada)).toBeNull();
      expect(await erase(orderKey(one))).toEqual({ orders });
      expect(await erase(orderKey(one))).toEqual({ orders });
    });

    it('of a visitor leaves nothing, also of one whom two turned out to be', async () => {
      await ask('c1', [ada], { identity: { ttp: 'ttp' } });
      await meet([mail]);
      await meet([ada, mail]);
      expect(await erase(mail)).toEqual({ orders: [] });
      for (const table of ['users', 'user_identifiers', 'browser_purchases']) expect(await countOf(table)).toBe(0);
    });

    it('holds against what comes later of the order', async () => {
      await boughtOnce();
      await erase(ada);
      const again = { identity: { ttp: 'again', consent: 'granted' as const }, firstPhaseAtMs: noonMs };
      const told = (ref: PaymentRef, checkoutId: string) =>
        register(ref, old.slice(0, 4), { ...again, checkout: checkoutKey(checkoutId) });
      expect(await told(one, 'c1')).toMatchObject({ ownsCheckout: true, adoptedCheckoutId: null });
      expect(await told(payment('in_2', one.subscription), 'c2')).toMatchObject({ ownsCheckout: false, adoptedCheckoutId: null });
      expect(await claim(one, old)).toEqual({ granted: true, holder: one });
      expect(await claim(payment('in_2', one.subscription), old)).toEqual({ granted: false, holder: one });
      expect(await identity(...old)).toEqual({});
      for (const gone of old.slice(0, 4)) expect(await find(gone)).toBeNull();
      expect(await countOf('checkouts')).toBe(1);
      expect(await countOf('payments')).toBe(2);
    });

    it('keeps the order a stranger to the same person who comes back', async () => {
      await boughtOnce();
      await erase(ada);
      await ask('c5', [ada, mail], { identity: { ttp: 'new' } });
      expect(await identity(...old)).toEqual({});
      expect(await register(one, old.slice(0, 3), { identity: { ip: '203.0.113.1' }, firstPhaseAtMs: noonMs })).toMatchObject({
        ...{ ownsCheckout: false, adoptedCheckoutId: null, isErased: true, isOthersKey: false },
      });
      await claim(one, old);
      await store().firstPurchases.release(integration(), old, one);
      expect((await find(orderKey(one)))?.firstPurchase).toBeNull();
      expect(await find(ada)).toEqual({ identifiers: ['user_id', 'email', 'checkout'], firstPurchase: null, orders: [] });
      expect(await identity(ada)).toEqual({ ttp: 'new' });
      expect(await register(payment('in_2'), [ada], { firstPhaseAtMs: noonMs })).toMatchObject({ adoptedCheckoutId: 'c5' });
      expect((await find(ada))?.orders).toHaveLength(1);
    });

    it('takes its checkout away from the browser: who names it is not known by it', async () => {
      await boughtOnce();
      await erase(ada);
      await meet([checkoutKey('c1')], { ttp: 'again' });
      expect(await ask('c1', [bob], yes)).toMatchObject({ send: false, eventId: 'c1' });
      expect(await find(checkoutKey('c1'))).toBeNull();
      expect(await find(bob)).toMatchObject({ identifiers: ['user_id'] });
      expect(await countOf('browser_purchases')).toBe(0);
    });

    it('holds also against facts and visits that come at the same time', async () => {
      for (let round = 0; round < 20; round += 1) {
        const [ref, next] = [payment(`in_of_${round}`), payment(`next_of_${round}`)];
        const [who, address] = [key('user_id', `who ${round}`), key('email', `who ${round}`)];
        await register(ref, [who, address], { identity: { ttp: 'ttp' } });
        const visit = { integration: integration(), keys: [address], identity: { ip: '203.0.113.1' }, atMs: noonMs };
        const learned = { identity: { userAgent: 'agent' } };
        const [erased] = await Promise.all([
          users().erase(integration(), who, noonMs),
          register(next, [address], {}, other()),
          register(ref, [address, key('customer', `${round}`)], learned, other()),
          other().visitors.record(visit),
          store().firstPurchases.claim({
            integration: integration(),
            keys: [address, orderKey(ref)],
            payment: ref,
            mode: 'this_payment',
            atMs: noonMs,
          }),
        ]);
        expect(await find(orderKey(ref))).toMatchObject({ identifiers: ['order'], firstPurchase: ref, ...erased });
        expect(await identity(orderKey(ref))).toEqual({});
        expect(await find(who)).toBeNull();
        // An order that came too late is not erased: it is the next user's.
        const isErased = erased?.orders.some(({ subscription }) => subscription === next.subscription);
        if (!isErased) expect(await find(address)).toEqual(await find(orderKey(next)));
      }
    });
  });

  describe('visitors who never come back', () => {
    /** Before the times of all other tests, which share the database. */
    const longAgo = 1_000;
    const forget = () => store().visitors.purge(longAgo + 1);
    beforeEach(forget);

    it('are forgotten, with all that was known of them', async () => {
      await ask('c1', [ada, mail], { identity: { ttp: 'ttp' }, atMs: longAgo });
      await meet([bob], {}, longAgo);
      expect(await store().visitors.purge(longAgo)).toBe(0);
      expect(await forget()).toBe(2);
      for (const table of ['users', 'user_identifiers', 'browser_purchases']) expect(await countOf(table)).toBe(0);
      expect(await forget()).toBe(0);
    });

    it('are not those who do, or have bought, or hold a place', async () => {
      await meet([ada], {}, longAgo);
      await meet([ada], {}, longAgo + day);
      await register(payment('in_1'), [bob], { atMs: longAgo });
      await store().firstPurchases.claim({
        integration: integration(),
        keys: [customer],
        payment: payment('in_2'),
        mode: 'this_payment',
        atMs: longAgo,
      });
      expect(await forget()).toBe(0);
      for (const known of [ada, bob, customer]) expect(await find(known)).not.toBeNull();
    });

    it('are counted once where two turned out to be one, and gone as both', async () => {
      await meet([ada], {}, longAgo);
      await meet([mail], {}, longAgo);
      await meet([bob], {}, longAgo);
      await meet([mail, bob], {}, longAgo);
      await meet([ada, mail], {}, longAgo);
      expect(await forget()).toBe(1);
      expect(await countOf('users')).toBe(0);
    });

    it('leave no husk beside a buyer whom they turned out to be', async () => {
      await register(payment('in_1'), [ada], { atMs: longAgo });
      await meet([mail], {}, longAgo);
      await meet([ada, mail], {}, longAgo);
      expect(await countOf('users')).toBe(2);
      expect(await forget()).toBe(0);
      expect(await countOf('users')).toBe(1);
      expect((await find(mail))?.orders).toHaveLength(1);
    });

    it('are forgotten by the thousand', async () => {
      await raw(
        `insert into users (integration, created_at_ms, updated_at_ms) select '${integration()}', 1, 1 from generate_series(1, 1100)`,
      );
      expect(await forget()).toBe(1_100);
    });

    it('are no visitors any more when they buy at that moment', async () => {
      for (let round = 0; round < 20; round += 1) {
        const [who, ref] = [key('user_id', `who ${round}`), payment(`in_of_${round}`)];
        await meet([who], { ttp: 'ttp' }, longAgo);
        await Promise.all([other().visitors.purge(longAgo + 1), register(ref, [who], { atMs: longAgo }), forget()]);
        for (const known of [who, orderKey(ref)])
          expect(await find(known)).toMatchObject({ identifiers: ['user_id', 'order'], orders: [{ psp: 'stripe', subscription: ref.subscription }] }); // prettier-ignore
      }
    });
  });
}

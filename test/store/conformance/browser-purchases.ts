/** What every database must do for purchases that the browser asks to report. */
import type { UserKey } from '../../../src/domain/identity';
import type { PaymentRef, PurchaseRecord } from '../../../src/domain/purchase';
import type { World } from './world';
import { key, noonMs, payment, record } from '../../support/store-samples';

import { hour, day, ada, bob, mail, checkoutKey, yes, no, visitorActions } from './visitor-actions';

export function browserPurchasesConformance(world: () => World): void {
  const { store, integration, eachProcess, register, claim, recorded, meet, find, ask, seen, countOf } = visitorActions(world);

  describe('the browser that asks', () => {
    it('is decided by what is known: nothing', async () => {
      expect(await seen('c1', [ada], { identity: { consent: 'granted' } })).toEqual({
        ...{ purchase: null, holder: 'free', consent: 'granted', eventId: 'c1', isAttributed: false },
      });
      expect(await seen('c1', [ada])).toMatchObject({ holder: 'free', consent: 'granted' });
    });

    it('names a checkout', async () => {
      await expect(ask('c1', [], { keys: [ada] })).rejects.toThrow('names its checkout');
    });

    it('is remembered with a yes and with nothing else', async () => {
      expect(await ask('c1', [ada], no)).toMatchObject({ send: false, eventId: 'c1' });
      expect(await countOf('browser_purchases')).toBe(0);
      expect(await ask('c2', [ada])).toMatchObject({ send: true, eventId: 'c2' });
      expect(await countOf('browser_purchases')).toBe(1);
      expect((await find(ada))?.firstPurchase).toBeNull();
    });

    it('gets the same answer again', async () => {
      expect(await ask('c1', [ada])).toMatchObject({ send: true, eventId: 'c1' });
      expect(await ask('c1', [ada], { atMs: noonMs + hour })).toMatchObject({ send: true, eventId: 'c1' });
      expect(await ask('c1', [])).toMatchObject({ send: true, eventId: 'c1' });
      expect(await ask('c2', [ada])).toMatchObject({ send: false, eventId: 'c2' });
      expect(await ask('c1', [ada])).toMatchObject({ send: true, eventId: 'c1' });
    });

    it('finds the place with the first of several that had a yes', async () => {
      await ask('c2', [ada], { ...yes, atMs: noonMs });
      await ask('c1', [ada], { ...yes, atMs: noonMs + 1 });
      expect(await seen('c2', [ada])).toMatchObject({ holder: 'ours' });
      expect(await seen('c1', [ada])).toMatchObject({ holder: 'other' });
      expect(await seen('c3', [bob])).toMatchObject({ holder: 'free' });
    });

    it('gets exactly one yes for twenty checkouts of one user at once, whoever of their identifiers asks', async () => {
      const keys = [ada, mail, key('email', 'ada at home'), checkoutKey('c of before')];
      await meet(keys);
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          ask(`c${index}`, [keys[index % 3] as UserKey], { atMs: noonMs - index }, eachProcess(index)),
        ),
      );
      expect(answers.filter(({ send }) => send)).toHaveLength(1);
      expect(await countOf('browser_purchases')).toBe(1);
    });

    it('gets the same yes for one checkout however often it asks at once', async () => {
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, index) => ask('c1', [index % 3 ? ada : mail], {}, eachProcess(index))),
      );
      for (const answer of answers) expect(answer).toMatchObject({ send: true, eventId: 'c1' });
      expect(await countOf('browser_purchases')).toBe(1);
    });

    it('has had a yes also where two visitors turn out to be one', async () => {
      await meet([ada]);
      await ask('c1', [mail]);
      await ask('c2', [ada], { atMs: noonMs + 1 });
      await meet([ada, mail]);
      expect(await seen('c3', [ada])).toMatchObject({ holder: 'other' });
      expect(await seen('c2', [])).toMatchObject({ holder: 'other' });
      expect(await seen('c1', [])).toMatchObject({ holder: 'ours' });
    });

    it('never takes a place from an order, and finds it taken then', async () => {
      await ask('c1', [ada]);
      await register(payment('in_1'), [ada]);
      expect(await claim(payment('in_1'), [ada])).toEqual({ granted: true, holder: payment('in_1') });
      expect(await seen('c1', [ada], { atMs: noonMs + 2 * day })).toMatchObject({ holder: 'other' });
      expect((await find(ada))?.firstPurchase).toEqual(payment('in_1'));
    });

    it('finds its order’s place its own, and another order’s another’s', async () => {
      await register(payment('in_1'), [ada], { checkout: checkoutKey('c1') });
      await register(payment('in_2'), [ada], { checkout: checkoutKey('c2') });
      await claim(payment('in_9', 'sub_of_in_1'), [ada]);
      expect(await seen('c1', [ada])).toMatchObject({ holder: 'ours' });
      expect(await seen('c2', [ada])).toMatchObject({ holder: 'other' });
    });

    it.each<[PurchaseRecord['state'], string | null, 'held' | 'free']>([
      ['pending', null, 'held'],
      ['sent', null, 'held'],
      ['needs_attention', null, 'held'],
      ['suppressed', 'consent', 'held'], // the browser has sent it
      ['suppressed', 'limited', 'free'],
      ['suppressed', 'policy', 'free'],
      ['skipped', null, 'free'],
      ['not_a_purchase', 'zero_amount', 'free'],
    ])(
      'leaves the place, that nobody has claimed, by what became of the checkout’s order: %s %s, %s',
      async (state, reason, is) => {
        const [one, two] = [payment('in_1'), payment('in_2')];
        await ask('c1', [ada]);
        await register(one, [ada], { checkout: checkoutKey('c1') });
        await recorded(record(one, { state, reason: reason, revision: 1 }));
        expect(await seen('c2', [ada])).toMatchObject({ holder: is === 'held' ? 'other' : 'free' });
        // Against orders too: of two that come at once it is the one that the browser has reported.
        await register(two, [ada]);
        expect(await claim(two, [ada])).toEqual(is === 'held' ? { granted: false, holder: one } : { granted: true, holder: two });
        if (is === 'held') expect(await claim(one, [ada])).toEqual({ granted: true, holder: one });
      },
    );

    it('keeps nobody from a place by a checkout that no order has', async () => {
      await ask('c1', [ada]);
      await register(payment('in_2'), [ada], { checkout: checkoutKey('c2') });
      expect(await claim(payment('in_2'), [ada])).toMatchObject({ granted: true });
    });

    it('takes no place from who is sent in any case', async () => {
      await ask('c1', [ada]);
      await register(payment('in_1'), [ada], { checkout: checkoutKey('c1') });
      await register(payment('in_2'), [ada]);
      expect(
        await store().firstPurchases.claim({
          integration: integration(),
          keys: [ada],
          payment: payment('in_2'),
          mode: 'take_if_free',
          atMs: noonMs,
        }),
      ).toEqual({
        granted: true,
        holder: payment('in_1'),
      });
      expect((await find(ada))?.firstPurchase).toBeNull();
    });

    describe('for the checkout of an order', () => {
      const [one, two] = [payment('in_1'), payment('in_2', 'sub_of_in_1')];
      const registerWith = () => register(one, [ada], { checkout: checkoutKey('c1'), pending: null });

      it('is told the id that the server uses or will use', async () => {
        await registerWith();
        expect(await seen('c1', [ada])).toMatchObject({ purchase: null, eventId: 'c1' });
        const accepted = record(one, { eventId: 'stripe:in_1', revision: 0 });
        await recorded(accepted);
        expect(await seen('c1', [ada])).toMatchObject({ purchase: accepted, eventId: 'c1' });
        for (const state of ['sent', 'pending', 'needs_attention'] as const) {
          await recorded(record(one, { eventId: 'decided', state, revision: 1 }));
          expect((await seen('c1', [ada])).eventId).toBe('decided');
        }
        await recorded(record(one, { eventId: 'decided', state: 'suppressed', revision: 1 }));
        expect((await seen('c1', [ada])).eventId).toBe('c1');
      });

      it('is told once for good', async () => {
        await ask('c1', [ada]);
        await registerWith();
        await recorded(record(one, { eventId: 'decided', state: 'sent', revision: 1 }));
        expect((await ask('c1', [ada])).eventId).toBe('c1');
      });

      it.each<[string, Partial<PurchaseRecord>, Partial<PurchaseRecord>, string | null]>([
        ['the trial start', { occurredAtMs: noonMs - 1 }, { phase: 'trial_start' }, 'in_2'],
        ['the earlier conversion', {}, { occurredAtMs: noonMs - 1 }, 'in_2'],
        ['not a renewal', { phase: 'renewal', occurredAtMs: noonMs - 1 }, {}, 'in_2'],
        ['not what has no phase', { phase: null, occurredAtMs: noonMs - 1 }, {}, 'in_2'],
        ['nothing of renewals', { phase: 'renewal' }, { phase: 'renewal' }, null],
      ])('is decided by its first payment: %s', async (_case, first, second, moneyId) => {
        await registerWith();
        await recorded(record(one, first), record(two, second), record(payment('in_3'), { occurredAtMs: 1 }));
        expect((await seen('c1', [ada])).purchase?.moneyId ?? null).toBe(moneyId);
      });
    });

    describe('for a checkout that no order has brought', () => {
      const one = payment('in_1');
      const paid = async (ref: PaymentRef, more: Partial<PurchaseRecord> = {}, keys = [ada]) => {
        await register(ref, keys, { pending: null, paymentIds: [ref.moneyId] });
        await recorded(record(ref, more));
      };

      it('finds the user’s order of that time, which has the checkout then', async () => {
        await paid(one, { eventId: 'stripe:in_1' });
        expect(await ask('c1', [ada], yes)).toMatchObject({ send: true, eventId: 'stripe:in_1' });
        const foreign = { checkout: checkoutKey('c1'), pending: null };
        expect(await register(payment('in_2'), [ada], foreign)).toMatchObject({ ownsCheckout: false });
        // What it is told later changes the event id no more: not by another name of the order's, nor under this one.
        const later = { firstPhaseAtMs: noonMs };
        for (const checkout of [null, checkoutKey('c1'), checkoutKey('c7')])
          expect(await register(one, [ada], { ...later, checkout })).toMatchObject({
            ownsCheckout: false,
            adoptedCheckoutId: null,
          });
        await recorded(record(one, { eventId: 'changed', state: 'sent', revision: 1 }));
        expect(await ask('c1', [ada], yes)).toMatchObject({ send: true, eventId: 'stripe:in_1' });
        // It is found for one checkout only.
        expect(await seen('c2', [ada])).toMatchObject({ purchase: null, eventId: 'c2' });
      });

      it('binds nothing with a no', async () => {
        await paid(one, { eventId: 'stripe:in_1' });
        expect(await ask('c1', [ada], no)).toMatchObject({ send: false, eventId: 'stripe:in_1' });
        expect(await countOf('checkouts')).toBe(0);
        expect(await register(one, [ada], { checkout: checkoutKey('c1') })).toMatchObject({
          ownsCheckout: true,
          adoptedCheckoutId: null,
        });
      });

      it.each<[string, Partial<PurchaseRecord>, boolean]>([
        ['an hour before', { occurredAtMs: noonMs - hour }, true],
        ['an hour after', { occurredAtMs: noonMs + hour }, true],
        ['more than an hour before', { occurredAtMs: noonMs - hour - 1 }, false],
        ['more than an hour after', { occurredAtMs: noonMs + hour + 1 }, false],
        ['a trial start', { phase: 'trial_start' }, true],
        ['a renewal', { phase: 'renewal' }, false],
        ['of another kind', { phase: null }, false],
      ])('finds an order by its payment: %s', async (_case, more, isFound) => {
        await paid(one, more);
        expect((await seen('c1', [ada])).purchase?.moneyId ?? null).toBe(isFound ? 'in_1' : null);
      });

      it('finds no order that began long ago, though it was paid just now', async () => {
        await paid(one, { phase: 'trial_start', occurredAtMs: noonMs - 9 * day });
        await recorded(record(payment('in_2', 'sub_of_in_1'), { phase: 'conversion' }));
        expect((await seen('c1', [ada])).purchase).toBeNull();
      });

      it('finds the nearest in time, of the user’s own and of those without a checkout', async () => {
        await paid(one, { occurredAtMs: noonMs - 20 });
        await paid(payment('in_2'), { occurredAtMs: noonMs + 10 });
        await paid(payment('in_3'), { occurredAtMs: noonMs }, [bob]);
        await register(payment('in_4'), [ada], { checkout: checkoutKey('c4') });
        expect((await seen('c1', [ada])).purchase?.moneyId).toBe('in_2');
      });

      it('finds its order’s place its own', async () => {
        await paid(one);
        await paid(payment('in_2'), { occurredAtMs: noonMs + 10 });
        await claim(one, [ada]);
        expect(await seen('c1', [ada])).toMatchObject({ holder: 'ours' });
        await ask('c1', [ada]);
        expect(await seen('c2', [ada])).toMatchObject({ holder: 'other' });
      });

      it('binds an order once, however many checkouts ask at once', async () => {
        await paid(one, { eventId: 'stripe:in_1' });
        const answers = await Promise.all(
          Array.from({ length: 10 }, (_, index) => ask(`c${index}`, [ada], yes, eachProcess(index))),
        );
        expect(answers.filter(({ eventId }) => eventId === 'stripe:in_1')).toHaveLength(1);
        expect(await countOf('checkouts')).toBe(1);
      });
    });
  });
}

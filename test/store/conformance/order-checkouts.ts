/** What every database must do for orders that adopt a checkout which the browser has reported. */
import type { PaymentRef } from '../../../src/domain/purchase';
import type { World } from './world';
import { key, noonMs, payment, record } from '../../support/store-samples';

import { hour, day, ada, bob, mail, customer, checkoutKey, orderKey, yes, visitorActions } from './visitor-actions';

export function orderCheckoutsConformance(world: () => World): void {
  const { store, other, eachProcess, register, claim, recorded, meet, ask, seen } = visitorActions(world);

  describe('an order without a checkout', () => {
    const one = payment('in_1');
    const first = { firstPhaseAtMs: noonMs };

    it('takes over the one that the browser has reported, again when it is told again', async () => {
      await ask('c1', [ada]);
      const adoptedCheckoutId = { ownsCheckout: false, adoptedCheckoutId: 'c1', isErased: false, isOthersKey: false };
      expect(await register(one, [ada], first)).toMatchObject(adoptedCheckoutId);
      expect(await register(one, [ada], first)).toMatchObject(adoptedCheckoutId);
      expect(await register(one, [ada])).toMatchObject({ ownsCheckout: false, adoptedCheckoutId: null });
      expect(await register(payment('in_2'), [ada], first)).toMatchObject({ adoptedCheckoutId: null });
      // It is the order's as if it had brought it.
      expect(await register(one, [ada], { checkout: checkoutKey('c1') })).toMatchObject({
        ownsCheckout: true,
        adoptedCheckoutId: null,
      });
      expect(await register(payment('in_2'), [ada], { checkout: checkoutKey('c1') })).toMatchObject({ ownsCheckout: false });
      expect((await seen('c1', [ada])).purchase?.moneyId).toBe('in_1');
    });

    it('keeps it when it brings another afterwards', async () => {
      await ask('c1', [ada]);
      await register(one, [ada], first);
      const again = await register(one, [ada], { ...first, checkout: checkoutKey('c9') });
      expect(again).toMatchObject({ ownsCheckout: false, adoptedCheckoutId: 'c1' });
    });

    it.each<[string, number, string | null]>([
      ['30 days before', -30 * day, 'c1'],
      ['longer before', -30 * day - 1, null],
      ['an hour after', hour, 'c1'],
      ['longer after', hour + 1, null],
    ])('takes over what was asked for %s its payment: %i, %s', async (_case, distanceMs, adoptedCheckoutId) => {
      await ask('c1', [ada], { atMs: noonMs + distanceMs });
      expect(await register(one, [ada], first)).toMatchObject({ adoptedCheckoutId });
    });

    it.each<[string, (ref: PaymentRef) => Promise<unknown>]>([
      ['is no first phase', () => register(one, [ada])],
      [
        'has been paid before',
        async (ref) => {
          await register(payment('in_0', ref.subscription), [customer]);
          return register(ref, [ada], first);
        },
      ],
      [
        'has brought a checkout before',
        async (ref) => {
          await register(ref, [customer], { checkout: checkoutKey('c9') });
          return register(ref, [ada], first);
        },
      ],
      ['is another’s', () => register(one, [bob], first)],
    ])('takes over nothing when it %s', async (_case, registering) => {
      await ask('c1', [ada]);
      expect(await registering(one)).toMatchObject({ ownsCheckout: false, adoptedCheckoutId: null });
      expect(await register(payment('in_7'), [ada], first)).toMatchObject({ adoptedCheckoutId: 'c1' });
    });

    it('takes over nothing when it brings one, unless that is another order’s', async () => {
      await ask('c1', [ada]);
      const brings = { ...first, checkout: checkoutKey('c9') };
      expect(await register(one, [ada], brings)).toMatchObject({ ownsCheckout: true, adoptedCheckoutId: null });
      expect(await register(payment('in_2'), [ada], brings)).toMatchObject({ ownsCheckout: false, adoptedCheckoutId: 'c1' });
    });

    it('takes one over though an attempt to pay it has failed before, under an id of its own', async () => {
      await ask('c1', [ada]);
      const failed = payment('in_0', one.subscription);
      await register(failed, [ada], { pending: null, paymentIds: ['in_0'] });
      await recorded(record(failed, { state: 'not_a_purchase', reason: 'payment_failed', revision: 1 }));
      expect(await register(one, [ada], first)).toMatchObject({ adoptedCheckoutId: 'c1' });
    });

    describe('with the limit on', () => {
      const limitedFirst = { ...first, limited: true };
      const brings = { ...limitedFirst, checkout: checkoutKey('c9') };

      it('or one that has a checkout of its own: the purchase that the browser has reported is to count', async () => {
        await ask('c1', [ada]);
        expect(await register(one, [ada], brings)).toMatchObject({ ownsCheckout: false, adoptedCheckoutId: 'c1' });
        expect(await register(one, [ada], brings)).toMatchObject({ ownsCheckout: false, adoptedCheckoutId: 'c1' });
      });

      it('not one whose own checkout the browser has reported', async () => {
        await ask('c1', [ada], yes);
        await ask('c9', [ada], yes);
        expect(await register(one, [ada], brings)).toMatchObject({ ownsCheckout: true, adoptedCheckoutId: null });
      });

      it('not one that was decided under its own', async () => {
        await register(one, [ada], { ...first, checkout: checkoutKey('c9') });
        await recorded(record(one, { state: 'sent', revision: 1 }));
        await ask('c1', [ada], yes);
        expect(await register(one, [ada], brings)).toMatchObject({ ownsCheckout: true, adoptedCheckoutId: null });
      });

      it('not one that will be kept back', async () => {
        await register(payment('in_0'), [ada], { checkout: checkoutKey('c0') });
        await claim(payment('in_0'), [ada]);
        await ask('c1', [ada], yes); // of a free trial
        expect(await register(one, [ada], limitedFirst)).toMatchObject({ adoptedCheckoutId: null });
        expect(await register(payment('in_2'), [ada], first)).toMatchObject({ adoptedCheckoutId: 'c1' });
      });
    });

    it('takes over nothing that another has brought, also one of a user with another user id', async () => {
      await ask('c1', [ada]);
      await register(payment('in_9'), [bob], { checkout: checkoutKey('c1') });
      expect(await register(one, [ada], first)).toMatchObject({ adoptedCheckoutId: null });
    });

    it('takes over the one nearest in time', async () => {
      for (const [checkoutId, distanceMs] of [
        ['c1', -20],
        ['c2', 10],
        ['c3', 30],
      ] as const)
        // prettier-ignore
        await ask(checkoutId, [ada], { ...yes, atMs: noonMs + distanceMs });
      expect(await register(one, [ada], first)).toMatchObject({ adoptedCheckoutId: 'c2' });
      expect(await register(payment('in_2'), [ada], first)).toMatchObject({ adoptedCheckoutId: 'c1' });
    });

    it('is the only one of many at once that takes it over', async () => {
      await ask('c1', [ada]);
      await meet([ada, mail]);
      const registered = await Promise.all(
        Array.from({ length: 12 }, (_, index) => {
          const checkout = index < 2 ? checkoutKey('c1') : null;
          return register(payment(`in_${index}`), [index % 3 ? ada : mail], { ...first, checkout }, eachProcess(index));
        }),
      );
      expect(registered.filter(({ ownsCheckout, adoptedCheckoutId }) => ownsCheckout || adoptedCheckoutId !== null)).toHaveLength(
        1,
      );
    });

    it('and the browser agree on one event id, whoever is first', async () => {
      for (let round = 0; round < 10; round += 1) {
        const [buyer, ref] = [key('user_id', `buyer ${round}`), payment(`in_of_${round}`)];
        await meet([buyer]);
        const [{ adoptedCheckoutId }, { eventId }] = await Promise.all([
          register(ref, [buyer], first, round % 2 ? store() : other()),
          ask(`c of ${round}`, [buyer]),
        ]);
        expect(eventId).toBe(adoptedCheckoutId ?? record(ref).eventId);
      }
    });
  });

  describe('with the limit on, a browser and two orders of one user', () => {
    type Step = 'ask' | 'register A' | 'register B' | 'claim A' | 'claim B';
    const orders = permutations<Step>(['ask', 'register A', 'register B', 'claim A', 'claim B']).filter(
      (steps) => steps.indexOf('register A') < steps.indexOf('claim A') && steps.indexOf('register B') < steps.indexOf('claim B'),
    );

    it.each<[string, string | null, string | null]>([
      ['no order brings a checkout', null, null],
      ['one brings the browser’s', 'c1', null],
      ['the other brings the browser’s', null, 'c1'],
      ['one brings the browser’s, the other its own', 'c1', 'c2'],
      ['one brings its own, which the browser never names', null, 'c2'],
      ['both bring the same', 'c1', 'c1'],
    ])('count one purchase, in whichever order they come: %s', async (_case, checkoutA, checkoutB) => {
      for (const [round, steps] of orders.entries()) {
        const buyer = key('user_id', `buyer ${round}`);
        const named = (id: string) => `${id} of ${round}`;
        const counted = new Set<string>();
        const order = (letter: 'A' | 'B', brings: string | null) => {
          const ref = payment(`in_${letter}_${round}`);
          let eventId = record(ref).eventId;
          return {
            register: async () => {
              const checkout = brings === null ? null : checkoutKey(named(brings));
              const overrides = { checkout, firstPhaseAtMs: noonMs, limited: true };
              const { ownsCheckout, adoptedCheckoutId } = await register(ref, [buyer], overrides);
              eventId = ownsCheckout && brings !== null ? named(brings) : (adoptedCheckoutId ?? eventId);
            },
            claim: async () => {
              const { granted } = await claim(ref, [buyer, orderKey(ref)]);
              if (granted) counted.add(eventId);
              const decided = granted
                ? ({ state: 'sent', eventId } as const)
                : ({ state: 'suppressed', reason: 'limited' } as const);
              await recorded(record(ref, { ...decided, revision: 1 }));
            },
          };
        };
        const [a, b] = [order('A', checkoutA), order('B', checkoutB)];
        const does: Record<Step, () => Promise<void>> = {
          ask: async () => {
            const { send, eventId } = await ask(named('c1'), [buyer]);
            if (send) counted.add(eventId);
          },
          'register A': a.register,
          'register B': b.register,
          'claim A': a.claim,
          'claim B': b.claim,
        };
        for (const step of steps) await does[step]();
        expect({ steps, counted: [...counted] }).toEqual({ steps, counted: [expect.any(String)] });
      }
    });
  });
}

function permutations<T>(all: readonly T[]): T[][] {
  if (all.length === 0) return [[]];
  return all.flatMap((first, index) =>
    permutations([...all.slice(0, index), ...all.slice(index + 1)]).map((rest) => [first, ...rest]),
  );
}

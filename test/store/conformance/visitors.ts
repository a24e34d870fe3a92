/** What every database behind the store must do with what the browser tells: visitors, purchases in the browser, and forgetting. */
import type { Identity, UserKey } from '../../../src/domain/identity';
import type { PaymentRef, PurchaseRecord } from '../../../src/domain/purchase';
import type { Settings } from '../../../src/domain/settings';
import { defaultSettings } from '../../../src/domain/settings';
import type { BrowserPurchaseRequest, Registration } from '../../../src/store';
import type { World } from './world';
import { key, noonMs, payment, record, registration as sampleRegistration } from '../../support/store-samples';

const hour = 60 * 60 * 1000;
const day = 24 * hour;
const [ada, bob, eve] = [key('user_id', 'ada'), key('user_id', 'bob'), key('user_id', 'eve')];
const [mail, customer] = [key('email', 'ada'), key('customer', 'ada')];
const checkoutKey = (id: string) => key('checkout', id);
const orderKey = ({ psp, subscription }: PaymentRef) => key('order', `${psp}/${subscription}`);
const limited: Settings = { ...defaultSettings, limitPurchaseEvents: true };
/** Settings under which the browser may report every checkout, or none. */
const [yes, no] = [{ settings: defaultSettings }, { settings: { ...defaultSettings, paused: true } }];

export function visitorsConformance(world: () => World): void {
  const store = () => world().store;
  const other = () => world().other;
  const integration = () => world().integration;
  const raw = (statement: string) => world().stores.raw(statement);
  const users = () => store().users;
  const eachProcess = (index: number) => (index % 2 ? store() : other());
  const register = (ref: PaymentRef, keys: readonly UserKey[] = [], overrides: Partial<Registration> = {}, at = store()) =>
    at.users.register({ ...sampleRegistration(ref, keys, overrides), integration: integration() });
  const claim = (ref: PaymentRef, keys: readonly UserKey[]) =>
    store().firstPurchases.claim({ integration: integration(), keys, payment: ref, mode: 'this_payment', atMs: noonMs });
  const recorded = (...records: PurchaseRecord[]) => store().purchases.record(integration(), records);
  const meet = (keys: readonly UserKey[], identity: Identity = {}, atMs = noonMs) =>
    store().visitors.record({ integration: integration(), keys, identity, atMs });
  const find = (known: UserKey) => users().find(integration(), known);
  const identity = (...keys: UserKey[]) => users().identity(integration(), keys);
  const ask = (checkoutId: string, keys: readonly UserKey[], overrides: Partial<BrowserPurchaseRequest> = {}, at = store()) =>
    at.visitors.authorizePurchase({
      ...{ integration: integration(), keys: [...keys, checkoutKey(checkoutId)], identity: {}, checkoutId },
      ...{ purchaseType: 'subscription', settings: limited, atMs: noonMs },
      ...overrides,
    });
  /** The snapshot and the event id of a request, without an authorization. */
  const seen = async (checkoutId: string, keys: readonly UserKey[], overrides: Partial<BrowserPurchaseRequest> = {}) => {
    const { checkout, eventId } = await ask(checkoutId, keys, { ...no, ...overrides });
    return { ...checkout, eventId };
  };
  const countOf = async (table: string) => {
    const rows = await raw(`select count(*)::int as rows from ${table} where integration = '${integration()}'`);
    return rows[0]?.['rows'];
  };

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

  describe('the browser that asks', () => {
    it('is decided by what is known: nothing', async () => {
      expect(await seen('c1', [ada], { identity: { consent: 'granted' } })).toEqual({
        ...{ purchase: null, holder: 'free', consent: 'granted', eventId: 'c1' },
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

  describe('an order without a checkout', () => {
    const one = payment('in_1');
    const first = { firstPhaseAtMs: noonMs };

    it('takes over the one that the browser has reported, again when it is told again', async () => {
      await ask('c1', [ada]);
      const adoptedCheckoutId = { ownsCheckout: false, adoptedCheckoutId: 'c1', isErased: false };
      expect(await register(one, [ada], first)).toEqual(adoptedCheckoutId);
      expect(await register(one, [ada], first)).toEqual(adoptedCheckoutId);
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
      expect(await register(one, old.slice(0, 3), { identity: { ip: '203.0.113.1' }, firstPhaseAtMs: noonMs })).toEqual({
        ...{ ownsCheckout: false, adoptedCheckoutId: null, isErased: true },
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

function permutations<T>(all: readonly T[]): T[][] {
  if (all.length === 0) return [[]];
  return all.flatMap((first, index) =>
    permutations([...all.slice(0, index), ...all.slice(index + 1)]).map((rest) => [first, ...rest]),
  );
}

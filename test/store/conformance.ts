/** What every database behind the store must do. Each test has an integration of its own, so that they share one database. */
import { defaultSettings } from '../../src/domain/settings';
import type { RefundFact } from '../../src/domain/fact';
import type { Identity, UserKey } from '../../src/domain/identity';
import type { PaymentRef, PurchaseRecord, PurchaseState } from '../../src/domain/purchase';
import type { Keyring } from '../../src/crypto/keyring';
import { UnknownKeyError } from '../../src/crypto/keyring';
import { InvalidCursor, QueryFailed } from '../../src/store';
import type { ClaimMode } from '../../src/domain/limit';
import type { PurchaseFilter, Registration, Store } from '../../src/store';
import {
  key,
  newKeyring,
  noonMs,
  oldKeyring,
  payment,
  record,
  registration as sampleRegistration,
  rotatedKeyring,
} from '../support/store-samples';
import { visitorsConformance } from './users-conformance';

export interface OpenedStores {
  /** A store over the one database of the suite. Where the database allows it, each call is a process of its own. */
  open(keyring: Keyring): Promise<Store>;
  /** The rows of a statement, as the database has them. */
  raw(statement: string): Promise<readonly Record<string, unknown>[]>;
  close(): Promise<void>;
}

export function storeConformance(name: string, start: () => Promise<OpenedStores>): void {
  describe(`the store over ${name}`, () => {
    let stores: OpenedStores;
    let store: Store;
    /** The same database, as another process sees it. */
    let other: Store;
    let integration = '';
    let tests = 0;

    beforeAll(async () => {
      stores = await start();
      store = await stores.open(oldKeyring);
      other = await stores.open(oldKeyring);
    }, 120_000);
    afterAll(async () => stores.close(), 60_000);
    beforeEach(() => {
      tests += 1;
      integration = `integration-${tests}`;
    });

    const register = (ref: PaymentRef, keys: readonly UserKey[] = [], overrides: Partial<Registration> = {}) =>
      store.users.register({ ...sampleRegistration(ref, keys, overrides), integration });
    const claim = (ref: PaymentRef, keys: readonly UserKey[], mode: ClaimMode = 'this_payment', atMs = noonMs) =>
      store.firstPurchases.claim({ integration, keys, payment: ref, mode, atMs });

    it('answers a ping', async () => {
      await expect(store.ping()).resolves.toBeUndefined();
    });

    it('fails a query without showing its parameters', async () => {
      const failing = store.audit.append({
        integration,
        atMs: noonMs,
        by: 'zero \0 byte',
        action: 'a',
        target: 't',
        reason: null,
      });
      const error: unknown = await failing.catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(QueryFailed);
      expect(String(error)).not.toContain('zero');
    });

    describe('settings', () => {
      const initial = { ...defaultSettings, pixelCode: 'PIXEL', accessToken: 'token-in-clear' };

      it('start as what they are given, once', async () => {
        expect(await store.settings.load(integration, initial)).toEqual({ ...initial, version: 1 });
        expect(await store.settings.load(integration, { ...initial, pixelCode: 'ANOTHER' })).toEqual({ ...initial, version: 1 });
      });

      it('start the same for all who load them at once', async () => {
        const loads = ['A', 'B', 'C', 'D'].map((pixelCode, index) =>
          (index % 2 ? store : other).settings.load(integration, { ...initial, pixelCode }),
        );
        const pixelCodes = new Set((await Promise.all(loads)).map(({ pixelCode }) => pixelCode));
        expect(pixelCodes.size).toBe(1);
      });

      it('keep every version with who and when', async () => {
        await store.settings.load(integration, initial);
        const saved = await store.settings.save(
          integration,
          { ...initial, limitPurchaseEvents: true, version: 99 },
          { expectedVersion: 1, by: 'ada', atMs: noonMs },
        );
        expect(saved).toEqual({ kind: 'saved', settings: { ...initial, limitPurchaseEvents: true, version: 2 } });
        expect((await store.settings.load(integration, initial)).limitPurchaseEvents).toBe(true);
        const rows = await stores.raw(
          `select version, saved_by, saved_at_ms::text as at from settings_versions where integration = '${integration}' order by version`,
        );
        expect(rows).toEqual([
          { version: 1, saved_by: 'initial', at: null },
          { version: 2, saved_by: 'ada', at: String(noonMs) },
        ]);
      });

      it.each([0, 1, 3])('are not saved over version 2 by someone who expects version %i', async (expected) => {
        await store.settings.load(integration, initial);
        await store.settings.save(integration, { ...initial, paused: true }, { expectedVersion: 1, by: 'ada', atMs: noonMs });
        const outcome = await store.settings.save(
          integration,
          { ...initial, paused: false },
          { expectedVersion: expected, by: 'bob', atMs: noonMs },
        );
        expect(outcome).toEqual({ kind: 'conflict', version: 2 });
        expect(await store.settings.load(integration, initial)).toMatchObject({ version: 2, paused: true });
      });

      it('are saved by exactly one of many who save at once', async () => {
        await store.settings.load(integration, initial);
        const saves = Array.from({ length: 10 }, (_, index) =>
          (index % 2 ? store : other).settings.save(
            integration,
            { ...initial, pixelCode: `P${index}` },
            { expectedVersion: 1, by: `operator ${index}`, atMs: noonMs },
          ),
        );
        const outcomes = await Promise.all(saves);
        expect(outcomes.filter(({ kind }) => kind === 'saved')).toHaveLength(1);
        const winner = `P${outcomes.findIndex(({ kind }) => kind === 'saved')}`;
        expect(await store.settings.load(integration, initial)).toMatchObject({ version: 2, pixelCode: winner });
      });

      it('never hold the token in clear', async () => {
        await store.settings.load(integration, initial);
        const [row] = await stores.raw(
          `select settings_versions::text as whole from settings_versions where integration = '${integration}'`,
        );
        expect(row?.['whole']).toContain('PIXEL');
        expect(row?.['whole']).not.toContain('token-in-clear');
      });

      it('can be read with an old key, not without it', async () => {
        await store.settings.load(integration, initial);
        const rotated = await stores.open(rotatedKeyring);
        expect((await rotated.settings.load(integration, defaultSettings)).accessToken).toBe('token-in-clear');
        await rotated.settings.save(integration, initial, { expectedVersion: 1, by: 'ada', atMs: noonMs });
        const renewed = await stores.open(newKeyring);
        expect((await renewed.settings.load(integration, defaultSettings)).accessToken).toBe('token-in-clear');
        await expect(store.settings.load(integration, defaultSettings)).rejects.toThrow(UnknownKeyError);
      });

      it('keep a removed token removed', async () => {
        await store.settings.load(integration, initial);
        await store.settings.save(
          integration,
          { ...initial, accessToken: null },
          { expectedVersion: 1, by: 'ada', atMs: noonMs },
        );
        expect((await store.settings.load(integration, initial)).accessToken).toBeNull();
      });
    });

    describe('the first place', () => {
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

    describe('orphans', () => {
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

    describe('purchases', () => {
      const stored = async (ref: PaymentRef) => {
        const rows = await store.purchases.ofSubscription(integration, ref.psp, ref.subscription);
        return rows.find(({ moneyId }) => moneyId === ref.moneyId);
      };
      const one = payment('in_1');
      const boom = { type: 'TikTokUnreachable', code: null, message: 'boom' };

      const full: PurchaseRecord = record(one, {
        purchaseType: 'paid_trial',
        state: 'needs_attention',
        reason: 'limited',
        heldBy: payment('in_0'),
        chargedMinor: 9_007_199_254_740_991,
        refundedMinor: 5,
        attempts: 3,
        lastError: { type: 'TikTokUnauthorized', code: 40105, message: 'bad "token" – ☃' },
        requestId: '2026ABC',
        sentAtMs: noonMs + 5,
        by: 'ada',
        settingsVersion: 7,
        revision: 4,
      });

      it('come back as they were recorded', async () => {
        await store.purchases.record(integration, [full]);
        expect(await stored(one)).toEqual(full);
        const sparse = record(one, { phase: null, value: null, state: 'not_a_purchase', reason: 'proration', revision: 5 });
        await store.purchases.record(integration, [sparse]);
        expect(await stored(one)).toEqual({ ...sparse, attempts: 3 });
      });

      it('are changed by a newer revision and by the same one again, not by an older one', async () => {
        await store.purchases.record(integration, [record(one, { revision: 2, reason: 'second' })]);
        await store.purchases.record(integration, [record(one, { revision: 1, reason: 'first' })]);
        expect((await stored(one))?.reason).toBe('second');
        await store.purchases.record(integration, [record(one, { revision: 2, reason: 'second again' })]);
        expect((await stored(one))?.reason).toBe('second again');
        await store.purchases.record(integration, [record(one, { revision: 3, reason: 'third' })]);
        expect((await stored(one))?.reason).toBe('third');
      });

      it('end with the newest revision when many are recorded at once', async () => {
        const records = Array.from({ length: 20 }, (_, revision) => record(one, { revision, reason: `r${revision}` }));
        await Promise.all(
          records.reverse().map((each, index) => (index % 2 ? store : other).purchases.record(integration, [each])),
        );
        expect((await stored(one))?.reason).toBe('r19');
      });

      it('may be recorded twice in one call, in any order, or not at all', async () => {
        await store.purchases.record(integration, [
          record(one, { revision: 2 }),
          record(payment('in_2')),
          record(one, { revision: 1 }),
        ]);
        expect((await stored(one))?.revision).toBe(2);
        await expect(store.purchases.record(integration, [])).resolves.toBeUndefined();
      });

      it('can be recorded by the thousand', async () => {
        await store.purchases.record(
          integration,
          Array.from({ length: 2_500 }, (_, index) => record(payment(`in_${index}`))),
        );
        expect((await store.purchases.count(integration)).pending).toBe(2_500);
      });

      it('are shown pending by a registration, which never overwrites', async () => {
        await register(one);
        expect(await stored(one)).toEqual(record(one));
        await store.purchases.record(integration, [record(one, { state: 'sent', sentAtMs: noonMs })]);
        await register(one);
        expect((await stored(one))?.state).toBe('sent');
      });

      it('count their attempts from the first, whatever is recorded meanwhile', async () => {
        await store.purchases.record(integration, [record(one)]);
        const begin = (atMs: number) => store.purchases.beginAttempt(integration, one, atMs);
        expect(await begin(noonMs)).toEqual({ attempts: 1, firstAttemptAtMs: noonMs, lastError: null, alreadySent: null });
        const error = { type: 'TikTokUnreachable', code: 502, message: 'bad gateway' };
        await store.purchases.recordFailedAttempt(integration, one, error);
        await store.purchases.record(integration, [record(one, { revision: 1, attempts: 0 })]);
        expect(await begin(noonMs + 9)).toEqual({ attempts: 2, firstAttemptAtMs: noonMs, lastError: error, alreadySent: null });
        expect((await stored(one))?.attempts).toBe(2);
        await store.purchases.record(integration, [record(one, { revision: 2, attempts: 8 })]);
        expect((await stored(one))?.attempts).toBe(8);
      });

      it('tell an attempt that they were sent already', async () => {
        await store.purchases.record(integration, [
          record(one, { state: 'sent', requestId: 'r', sentAtMs: noonMs, attempts: 1, revision: 1 }),
        ]);
        await store.purchases.record(integration, [record(one)]); // the retry of an attempt whose end nobody heard of
        const { alreadySent } = await store.purchases.beginAttempt(integration, one, noonMs);
        expect(alreadySent).toEqual({ eventId: 'stripe:in_1', requestId: 'r', sentAtMs: noonMs, value: record(one).value });
      });

      it('are not attempted before they are recorded', async () => {
        await expect(store.purchases.beginAttempt(integration, one, noonMs)).rejects.toThrow('stripe/in_1');
      });

      it('keep the error of an attempt while they are pending, and then say exactly what is recorded', async () => {
        await store.purchases.record(integration, [record(one)]);
        await store.purchases.recordFailedAttempt(integration, one, boom);
        expect((await stored(one))?.lastError).toEqual(boom);
        await store.purchases.record(integration, [record(one)]);
        expect((await stored(one))?.lastError).toEqual(boom);
        const newer = { type: 'TikTokThrottled', code: 40100, message: 'slower' };
        await store.purchases.record(integration, [record(one, { lastError: newer })]);
        expect((await stored(one))?.lastError).toEqual(newer);
        await store.purchases.record(integration, [record(one, { state: 'sent' })]);
        expect((await stored(one))?.lastError).toBeNull();
        await store.purchases.recordFailedAttempt(integration, one, boom);
        expect((await stored(one))?.lastError).toBeNull();
      });

      it('lose the old error when an operator resends them', async () => {
        await store.purchases.record(integration, [record(one, { state: 'needs_attention', lastError: boom })]);
        await store.purchases.record(integration, [record(one, { state: 'pending', revision: 1 })]);
        expect((await stored(one))?.lastError).toBeNull();
      });

      it('are counted by state', async () => {
        const states: PurchaseState[] = ['sent', 'sent', 'suppressed', 'skipped'];
        await store.purchases.record(
          integration,
          states.map((state, index) => record(payment(`in_${index}`), { state })),
        );
        expect(await store.purchases.count(integration)).toEqual({
          pending: 0,
          sent: 2,
          suppressed: 1,
          not_a_purchase: 0,
          needs_attention: 0,
          skipped: 1,
        });
      });

      it('of a subscription come in the order in which they happened', async () => {
        const [later, first] = [payment('in_a', 'sub_1'), payment('in_b', 'sub_1')];
        await store.purchases.record(integration, [
          record(later, { occurredAtMs: noonMs + 1 }),
          record(first),
          record(payment('in_c', 'sub_2')),
          record(payment('in_d', 'sub_1', 'paddle')),
        ]);
        const rows = await store.purchases.ofSubscription(integration, 'stripe', 'sub_1');
        expect(rows.map(({ moneyId }) => moneyId)).toEqual(['in_b', 'in_a']);
      });
    });

    describe('the sums of a period', () => {
      it('add up what was charged by provider, currency and state, without what failed', async () => {
        const of = (moneyId: string, more: Partial<PurchaseRecord>) => record(payment(moneyId), { currency: 'USD', ...more });
        await store.purchases.record(integration, [
          of('in_1', { state: 'sent', chargedMinor: 1999 }),
          of('in_2', { state: 'sent', chargedMinor: 1 }),
          of('in_3', { state: 'not_a_purchase', reason: 'payment_failed', chargedMinor: 0 }),
          of('in_4', { state: 'not_a_purchase', reason: 'proration', chargedMinor: 500 }),
          of('in_5', { state: 'suppressed', reason: 'limited', chargedMinor: 700, currency: 'JPY' }),
          of('in_6', { state: 'sent', chargedMinor: 9, occurredAtMs: noonMs + 10 }),
        ]);
        const sums = await store.purchases.sums({ integration, fromMs: noonMs, toMs: noonMs + 10 });
        expect(sums).toEqual([
          { psp: 'stripe', currency: 'JPY', state: 'suppressed', count: 1, chargedMinor: 700 },
          { psp: 'stripe', currency: 'USD', state: 'not_a_purchase', count: 1, chargedMinor: 500 },
          { psp: 'stripe', currency: 'USD', state: 'sent', count: 2, chargedMinor: 2000 },
        ]);
        expect(await store.purchases.sums({ integration, psp: 'paddle', fromMs: 0, toMs: noonMs * 2 })).toEqual([]);
        expect(await store.purchases.oldestPendingAtMs(integration)).toBeNull();
        await store.purchases.record(integration, [
          of('in_7', { occurredAtMs: noonMs + 3 }),
          of('in_8', { occurredAtMs: noonMs + 1 }),
        ]);
        expect(await store.purchases.oldestPendingAtMs(integration)).toBe(noonMs + 1);
        expect(await store.purchases.known(integration, 'stripe', ['in_1', 'in_9'])).toEqual(new Set(['in_1']));
        expect(await store.purchases.known(integration, 'paddle', ['in_1'])).toEqual(new Set());
      });

      const sumsOf = () => store.purchases.sums({ integration, fromMs: noonMs, toMs: noonMs + 1_000 });
      const put = (moneyId: string, more: Partial<PurchaseRecord>) =>
        store.purchases.record(integration, [record(payment(moneyId), { state: 'sent', ...more })]);

      it('begin with its first millisecond and end before its last', async () => {
        for (const [index, occurredAtMs] of [noonMs - 1, noonMs, noonMs + 999, noonMs + 1_000].entries())
          await put(`in_${index}`, { occurredAtMs });
        expect(await sumsOf()).toMatchObject([{ count: 2 }]);
      });

      it('leave out charges that failed and nothing else, whether or not there is a reason', async () => {
        await put('in_1', { state: 'not_a_purchase', reason: 'payment_failed' });
        expect(await sumsOf()).toEqual([]);
        await put('in_2', { state: 'not_a_purchase', reason: 'proration' });
        await put('in_3', { state: 'not_a_purchase', reason: null });
        await put('in_4', { state: 'skipped', reason: 'payment_failed' });
        expect(await sumsOf()).toMatchObject([
          { state: 'not_a_purchase', count: 2 },
          { state: 'skipped', count: 1 },
        ]);
      });

      it('are exact beyond 32 bits', async () => {
        for (const index of [1, 2, 3]) await put(`in_${index}`, { chargedMinor: 2 ** 50 });
        expect(await sumsOf()).toMatchObject([{ chargedMinor: 3 * 2 ** 50 }]);
      });

      it('come of payments that are known among thousands that are not', async () => {
        await store.purchases.record(integration, [record(payment('in_77'))]);
        await register(payment('in_78'));
        const ids = Array.from({ length: 5_000 }, (_, index) => `in_${index}`);
        expect(await store.purchases.known(integration, 'stripe', ids)).toEqual(new Set(['in_77', 'in_78']));
        expect(await store.purchases.known(`${integration}-other`, 'stripe', ids)).toEqual(new Set());
        expect(await store.purchases.known(integration, 'stripe', [])).toEqual(new Set());
      });
    });

    describe('how far a check has looked', () => {
      it('never goes back, and shows what the last one came to', async () => {
        expect(await store.checks.last(integration, 'stripe')).toBeNull();
        const summary = { facts: 1, found: 1, polled: 0, unreadable: 0, error: null };
        await store.checks.finish(integration, 'stripe', { upToMs: noonMs, finishedAtMs: noonMs + 1, summary });
        const failed = { ...summary, error: 'PspUnauthorized: no' };
        await store.checks.finish(integration, 'stripe', { upToMs: noonMs - 9, finishedAtMs: noonMs + 2, summary: failed });
        expect(await store.checks.last(integration, 'stripe')).toEqual({
          upToMs: noonMs,
          finishedAtMs: noonMs + 2,
          summary: failed,
        });
        expect(await store.checks.last(integration, 'paddle')).toBeNull();
      });
    });

    describe('facts that were told', () => {
      const fact = { kind: 'ended', occurredAtMs: noonMs } as const;

      it('are known by what they say, of whom, whatever the order of the fields', async () => {
        await store.signalledFacts.markSignalled({ integration, psp: 'stripe', subscription: 'sub_1' }, fact, noonMs);
        await store.signalledFacts.markSignalled({ integration, psp: 'stripe', subscription: 'sub_1' }, fact, noonMs + 1);
        const turned = { occurredAtMs: noonMs, kind: 'ended' } as const;
        expect(await store.signalledFacts.wasSignalled({ integration, psp: 'stripe', subscription: 'sub_1' }, turned)).toBe(true);
        expect(await store.signalledFacts.wasSignalled({ integration, psp: 'stripe', subscription: 'sub_2' }, fact)).toBe(false);
        expect(await store.signalledFacts.wasSignalled({ integration, psp: 'paddle', subscription: 'sub_1' }, fact)).toBe(false);
        expect(
          await store.signalledFacts.wasSignalled(
            { integration, psp: 'stripe', subscription: 'sub_1' },
            { ...fact, occurredAtMs: noonMs + 1 },
          ),
        ).toBe(false);
      });

      it('are forgotten after a while', async () => {
        await store.signalledFacts.markSignalled({ integration, psp: 'stripe', subscription: 'sub_1' }, fact, 5);
        expect(await store.signalledFacts.purge(5)).toBe(0);
        expect(await store.signalledFacts.purge(6)).toBe(1);
        expect(await store.signalledFacts.wasSignalled({ integration, psp: 'stripe', subscription: 'sub_1' }, fact)).toBe(false);
      });
    });

    describe('recent deliveries', () => {
      it('are listed newest first, page by page, by provider, and forgotten after a while', async () => {
        const of = (index: number, psp = 'stripe') => ({
          psp,
          receivedAtMs: 10 + index,
          type: `type ${index}`,
          outcome: 'accepted',
          reason: null,
        });
        for (const index of [1, 2, 3]) await store.webhookLog.append(integration, of(index));
        await store.webhookLog.append(integration, of(4, 'paddle'));
        const first = await store.webhookLog.list({ integration, limit: 3 });
        expect(first.items).toEqual([of(4, 'paddle'), of(3), of(2)]);
        const second = await store.webhookLog.list({ integration, limit: 3, cursor: first.nextCursor! });
        expect(second).toEqual({ items: [of(1)], nextCursor: null });
        expect((await store.webhookLog.list({ integration, psp: 'paddle', limit: 3 })).items).toEqual([of(4, 'paddle')]);
        await expect(store.webhookLog.list({ integration, limit: 3, cursor: 'junk' })).rejects.toThrow(InvalidCursor);
        expect(await store.webhookLog.purge(12)).toBe(1);
      });

      it.each([1, 2, 6, 7, 8])('are given once each over pages of %i', async (limit) => {
        for (const type of 'abcdefg')
          await store.webhookLog.append(integration, {
            psp: 'stripe',
            receivedAtMs: 99,
            type,
            outcome: 'ignored',
            reason: 'why',
          });
        const seen: (string | null)[] = [];
        let cursor: string | undefined;
        let pages = 0;
        do {
          const page = await store.webhookLog.list({ integration, limit, ...(cursor === undefined ? {} : { cursor }) });
          seen.push(...page.items.map(({ type }) => type));
          cursor = page.nextCursor ?? undefined;
          pages += 1;
        } while (cursor !== undefined);
        expect(seen).toEqual([...'gfedcba']);
        expect(pages).toBe(Math.ceil(7 / limit));
        expect((await store.webhookLog.list({ integration: `${integration}-other`, limit })).items).toEqual([]);
      });
    });

    describe('orders that are due', () => {
      const due = async (atMs: number, more: { dueAfterMs?: number; polledBeforeMs?: number } = {}) => {
        const filter = { integration, psp: 'stripe', dueBeforeMs: atMs, dueAfterMs: 0, polledBeforeMs: atMs, limit: 9, ...more };
        return (await store.orders.overdue(filter)).map(({ subscription }) => subscription);
      };

      it('are those whose date has passed and that have not ended, longest due first', async () => {
        await register(payment('in_1', 'sub_late'), [], { dueAtMs: noonMs });
        await register(payment('in_2', 'sub_later'), [], { dueAtMs: noonMs + 5 });
        await register(payment('in_3', 'sub_ended'), [], { dueAtMs: noonMs });
        await register(payment('in_4', 'sub_ended'), [], { endedAtMs: noonMs });
        await register(payment('in_5', 'sub_undated'));
        expect(await due(noonMs)).toEqual([]);
        expect(await due(noonMs + 6)).toEqual(['sub_late', 'sub_later']);
        expect(await due(noonMs + 6, { dueAfterMs: noonMs + 1 })).toEqual(['sub_later']);
      });

      it('keep their latest date, and are asked for once in a while', async () => {
        await register(payment('in_1', 'sub_1'), [], { dueAtMs: noonMs + 5 });
        await register(payment('in_0', 'sub_1'), [], { dueAtMs: noonMs });
        expect(await due(noonMs + 3)).toEqual([]);
        await store.orders.markPolled(
          { integration, psp: 'stripe', subscription: 'sub_1' },
          { atMs: noonMs + 6, paidDueAtMs: null },
        );
        expect(await due(noonMs + 9, { polledBeforeMs: noonMs + 6 })).toEqual([]);
        expect(await due(noonMs + 9, { polledBeforeMs: noonMs + 7 })).toEqual(['sub_1']);
      });

      it('are settled by the payment that was due, but not where a later date is known by then', async () => {
        await register(payment('in_1', 'sub_1'), [], { dueAtMs: noonMs });
        await register(payment('in_2', 'sub_2'), [], { dueAtMs: noonMs });
        await register(payment('in_3', 'sub_2'), [], { dueAtMs: noonMs + 5 });
        for (const order of ['sub_1', 'sub_2'])
          await store.orders.markPolled(
            { integration, psp: 'stripe', subscription: order },
            { atMs: noonMs + 1, paidDueAtMs: noonMs },
          );
        expect(await due(noonMs + 9)).toEqual(['sub_2']);
      });

      it('are none once the order has ended, whatever is paid afterwards', async () => {
        await register(payment('in_1', 'sub_1'), [], { dueAtMs: noonMs });
        await register(payment('in_1', 'sub_1'), [], { pending: null, endedAtMs: noonMs });
        await register(payment('in_2', 'sub_1'), [], { dueAtMs: noonMs + 5 });
        expect(await due(noonMs + 9)).toEqual([]);
      });

      it('are an account’s own, and no more than are wanted', async () => {
        await register(payment('in_1', 'sub_1'), [], { dueAtMs: noonMs + 1 });
        await register(payment('in_2', 'sub_2'), [], { dueAtMs: noonMs });
        await register(payment('txn_1', 'sub_3', 'paddle'), [], { dueAtMs: noonMs });
        const filter = { integration, psp: 'stripe', dueBeforeMs: noonMs + 9, dueAfterMs: 0, polledBeforeMs: 0, limit: 1 };
        expect(await store.orders.overdue(filter)).toEqual([{ subscription: 'sub_2', dueAtMs: noonMs }]);
        expect(await store.orders.overdue({ ...filter, psp: 'paddle', limit: 9 })).toHaveLength(1);
        expect(await store.orders.overdue({ ...filter, integration: `${integration}-other` })).toEqual([]);
        // Nobody's order: nothing happens.
        await store.orders.markPolled(
          { integration, psp: 'stripe', subscription: 'sub_of_nobody' },
          { atMs: noonMs, paidDueAtMs: noonMs },
        );
      });
    });

    describe('the list of purchases', () => {
      const listed = async (filter: Omit<PurchaseFilter, 'integration' | 'limit'>) => {
        const { items } = await store.purchases.list({ integration, limit: 50, ...filter });
        return items.map(({ moneyId }) => moneyId);
      };

      it.each([1, 4, 7])('gives every row once over pages of %i, newest first, also where times are equal', async (limit) => {
        const refs = Array.from({ length: 23 }, (_, index) => payment(`in_${String(index).padStart(2, '0')}`, `sub_${index}`));
        const records = [
          ...refs.map((ref, index) => record(ref, { occurredAtMs: noonMs + (index % 3) })),
          record(payment('in_00', 'sub_0', 'paddle')), // the same money id and time at another provider
          record(payment('IN_00', 'sub_a')),
          record(payment('in-00', 'sub_b')),
          record(payment('ïn_00', 'sub_c')),
        ];
        await store.purchases.record(integration, records);

        const seen: PurchaseRecord[] = [];
        let cursor: string | undefined;
        do {
          const page = await store.purchases.list({ integration, limit, ...(cursor === undefined ? {} : { cursor }) });
          expect(page.items.length).toBeLessThanOrEqual(limit);
          seen.push(...page.items);
          cursor = page.nextCursor ?? undefined;
        } while (cursor !== undefined);

        const place = ({ occurredAtMs, moneyId, psp }: PurchaseRecord) => [occurredAtMs, moneyId, psp] as const;
        const byPlace = (a: PurchaseRecord, b: PurchaseRecord) => {
          const [left, right] = [place(a), place(b)];
          const difference = left.findIndex((value, index) => value !== right[index]);
          return difference < 0 ? 0 : (left[difference] ?? 0) < (right[difference] ?? 0) ? 1 : -1;
        };
        expect(seen.map(place)).toEqual([...records].sort(byPlace).map(place));
      });

      it('has no next page where it ends exactly', async () => {
        await store.purchases.record(integration, [record(payment('in_1')), record(payment('in_2'))]);
        expect((await store.purchases.list({ integration, limit: 2 })).nextCursor).toBeNull();
        expect((await store.purchases.list({ integration, limit: 1 })).nextCursor).not.toBeNull();
      });

      const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
      it.each([
        '',
        'junk',
        '%%%',
        encoded(null),
        encoded({}),
        encoded([noonMs]),
        encoded([noonMs, 'in_1']),
        encoded([String(noonMs), 'in_1', 'stripe']),
        encoded([noonMs, 1, 'stripe']),
        encoded([1.5, 'in_1', 'stripe']),
        encoded([1e300, 'in_1', 'stripe']),
        encoded([noonMs, 'in_\0', 'stripe']),
        encoded([noonMs, 'in_1', 'stripe', 'more']),
      ])('refuses the cursor %j', async (cursor) => {
        await expect(store.purchases.list({ integration, limit: 5, cursor })).rejects.toThrow(InvalidCursor);
      });

      it('takes a cursor of its own form', async () => {
        await store.purchases.record(integration, [record(payment('in_1'))]);
        expect(await listed({ cursor: encoded([noonMs, 'in_2', 'stripe']) })).toEqual(['in_1']);
        expect(await listed({ cursor: encoded([noonMs, 'in_1', 'stripe']) })).toEqual([]);
      });

      it.each<[string, Omit<PurchaseFilter, 'integration' | 'limit'>, string[]]>([
        ['nothing', {}, ['m_3', 'm_2', 'm_1']],
        ['a state', { state: 'sent' }, ['m_2']],
        ['a provider', { psp: 'paddle' }, ['m_3']],
        ['a time from which, included', { fromMs: noonMs + 1 }, ['m_3', 'm_2']],
        ['a time until which, excluded', { toMs: noonMs + 1 }, ['m_1']],
        ['a subscription', { q: 'sub_1' }, ['m_2', 'm_1']],
        ['a payment', { q: 'm_3' }, ['m_3']],
        ['an event', { q: 'event 1' }, ['m_1']],
        ['a part of an id', { q: 'm_' }, []],
        ['a pattern', { q: '%' }, []],
        ['an error', { errorType: 'Refused' }, ['m_3']],
        ['a user by order', { user: key('order', 'stripe/sub_1') }, ['m_2', 'm_1']],
        ['a user by e-mail', { user: key('email', 'ada') }, ['m_3', 'm_2', 'm_1']],
        ['a user nobody knows', { user: key('email', 'bob') }, []],
        ['several things at once', { user: key('email', 'ada'), psp: 'stripe', state: 'pending', fromMs: noonMs }, ['m_1']],
        ['things that exclude each other', { state: 'sent', psp: 'paddle' }, []],
      ])('can be filtered by %s', async (_by, filter, moneyIds) => {
        const [first, second, third] = [payment('m_1', 'sub_1'), payment('m_2', 'sub_1'), payment('m_3', 'sub_3', 'paddle')];
        const bobs = payment('m_9', 'sub_9');
        const isByUser = filter.user?.kind === 'email';
        await register(first, isByUser ? [key('email', 'ada')] : []);
        await register(third, isByUser ? [key('email', 'ada')] : []);
        if (isByUser) await register(bobs, [key('email', 'carl')]);
        const error = { type: 'Refused', code: 40002, message: 'm' };
        await store.purchases.record(integration, [
          record(first, { eventId: 'event 1' }),
          record(second, { state: 'sent', occurredAtMs: noonMs + 1 }),
          record(third, { state: 'needs_attention', lastError: error, occurredAtMs: noonMs + 2 }),
        ]);
        await store.purchases.record(`${integration}-b`, [record(payment('m_1', 'sub_1'))]);
        expect(await listed(filter)).toEqual(moneyIds);
      });
    });

    describe('the quarantine', () => {
      const body = Buffer.from('{"email":"ada@example.com","n":1}\n\0ÿ');
      const keep = (raw: Buffer, atMs = noonMs, psp = 'stripe') =>
        store.quarantine.keep(integration, { psp, raw, type: 'invoice.paid', reason: 'no amount', atMs });

      it('gives a body back byte by byte, and forgets it when told', async () => {
        const id = await keep(body);
        expect(await store.quarantine.body(integration, id)).toEqual({ psp: 'stripe', raw: body });
        expect(await store.quarantine.body('elsewhere', id)).toBeNull();
        const { items } = await store.quarantine.list(integration, undefined, 5);
        expect(items).toEqual([{ id, psp: 'stripe', receivedAtMs: noonMs, type: 'invoice.paid', reason: 'no amount' }]);
        await store.quarantine.remove('elsewhere', id);
        expect(await store.quarantine.body(integration, id)).not.toBeNull();
        await store.quarantine.remove(integration, id);
        expect(await store.quarantine.body(integration, id)).toBeNull();
      });

      it('keeps the same body once, and the first time it came', async () => {
        const id = await keep(body);
        expect(await keep(body, noonMs + 1)).toBe(id);
        expect(await keep(body, noonMs, 'paddle')).not.toBe(id);
        expect(await keep(Buffer.concat([body, Buffer.from(' ')]))).not.toBe(id);
        const { items } = await store.quarantine.list(integration, undefined, 5);
        expect(items).toHaveLength(3);
        expect(items.find((item) => item.id === id)?.receivedAtMs).toBe(noonMs);
      });

      it('takes a body of 1 MB and an empty one', async () => {
        for (const raw of [Buffer.alloc(1024 * 1024, 7), Buffer.alloc(0)]) {
          const kept = await store.quarantine.body(integration, await keep(raw));
          expect(kept?.raw.equals(raw)).toBe(true);
        }
      });

      it('holds nothing in clear, and opens with an old key', async () => {
        const id = await keep(body);
        const [row] = await stores.raw(
          `select encode(sealed_body, 'escape') as sealed from quarantine where integration = '${integration}'`,
        );
        expect(row?.['sealed']).not.toContain('ada');
        const rotated = await stores.open(rotatedKeyring);
        expect((await rotated.quarantine.body(integration, id))?.raw).toEqual(body);
      });

      it('is listed newest first, page by page', async () => {
        const ids: string[] = [];
        for (let index = 0; index < 7; index += 1)
          ids.push(await keep(Buffer.from(`body ${index}`), noonMs + Math.floor(index / 3)));
        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const page = await store.quarantine.list(integration, cursor, 2);
          seen.push(...page.items.map(({ id }) => id));
          cursor = page.nextCursor ?? undefined;
        } while (cursor !== undefined);
        expect([...seen].sort()).toEqual([...ids].sort());
        expect(seen[0]).toBe(ids[6]);
        await expect(store.quarantine.list(integration, 'junk', 2)).rejects.toThrow(InvalidCursor);
      });
    });

    visitorsConformance({
      store: () => store,
      other: () => other,
      integration: () => integration,
      raw: (statement) => stores.raw(statement),
    });

    it('notes what operators do', async () => {
      await store.audit.append({ integration, atMs: noonMs, by: 'ada', action: 'skip', target: 'stripe/in_1', reason: null });
      const rows = await stores.raw(`select by_whom, action, target, reason from audit where integration = '${integration}'`);
      expect(rows).toEqual([{ by_whom: 'ada', action: 'skip', target: 'stripe/in_1', reason: null }]);
    });
  });
}

/** What every database must do for buyers of before this service. */
import type { UserKey } from '../../../src/domain/identity';
import { key, noonMs, payment, record } from '../../support/store-samples';
import { ada, bob, customer, day, eve, mail, orderKey, visitorActions } from './visitor-actions';
import type { World } from './world';

export function buyerImportsConformance(world: () => World): void {
  const { store, other, integration, raw, register, claim, find, countOf, recorded } = visitorActions(world);
  const monday = noonMs - 100 * day;
  type Listed = readonly [keys: readonly UserKey[], firstPurchaseAtMs?: number];
  const take = (lines: readonly Listed[], at = store()) =>
    at.buyerImports.take(
      integration(),
      lines.map(([keys, firstPurchaseAtMs = monday]) => ({ keys, firstPurchaseAtMs })),
      noonMs,
    );
  const rows = async () =>
    raw(`select u.id, i.kind, i.hmac, f.psp, f.money_id, f.claimed_at_ms::text from users u
      left join user_identifiers i on i.user_id = u.id left join first_purchases f on f.user_id = u.id
      where u.integration = '${integration()}' order by u.id, i.kind, i.hmac, f.money_id`);
  const importedAt = (atMs: number) => ({
    psp: 'import',
    subscription: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    moneyId: new Date(atMs).toISOString(),
  });

  describe('buyers of before', () => {
    it('have had their first purchase', async () => {
      expect(await take([[[ada, mail]], [[bob], monday + 1]])).toEqual({ imported: 2, known: 0, joined: 0 });
      for (const known of [ada, mail]) expect(await find(known)).toMatchObject({ firstPurchase: importedAt(monday), orders: [] });
      expect((await find(bob))?.firstPurchase).toEqual(importedAt(monday + 1));
      expect(await find(eve)).toBeNull();
      const one = payment('in_1');
      expect(await claim(one, [mail, orderKey(one)])).toEqual({ granted: false, holder: importedAt(monday) });
      const two = payment('in_2');
      const inNoOneWay = {
        integration: integration(),
        keys: [ada, orderKey(two)],
        payment: two,
        mode: 'take_if_free',
        atMs: noonMs,
      } as const;
      expect(await store().firstPurchases.claim(inNoOneWay)).toEqual({ granted: true, holder: importedAt(monday) });
    });

    it('of one integration are not those of another', async () => {
      await take([[[ada]]]);
      expect(await store().users.find(`${integration()}-b`, ada)).toBeNull();
      expect(
        await store().buyerImports.take(`${integration()}-b`, [{ keys: [ada], firstPurchaseAtMs: 1 }], noonMs),
      ).toMatchObject({
        imported: 1,
      });
    });

    it('change nothing the second time', async () => {
      const list: readonly Listed[] = [[[ada, mail]], [[bob]], [[eve, customer], monday + 5]];
      await take(list);
      const before = await rows();
      expect(await take(list, other())).toEqual({ imported: 0, known: 3, joined: 0 });
      expect(await rows()).toEqual(before);
    });

    it('become earlier, never later', async () => {
      await take([[[ada]]]);
      expect(await take([[[ada], monday + day]])).toMatchObject({ imported: 0, known: 1 });
      expect((await find(ada))?.firstPurchase).toEqual(importedAt(monday));
      expect(await take([[[ada], monday - day]])).toMatchObject({ imported: 1, known: 0 });
      expect((await find(ada))?.firstPurchase).toEqual(importedAt(monday - day));
      expect(await countOf('first_purchases')).toBe(1);
    });

    it('keep the first purchase that a payment has, also where the list knows an earlier one', async () => {
      const one = payment('in_1');
      await register(one, [ada]);
      await claim(one, [ada, orderKey(one)]);
      expect(await take([[[ada, mail]]])).toEqual({ imported: 0, known: 1, joined: 0 });
      expect(await find(mail)).toMatchObject({ firstPurchase: one, identifiers: ['user_id', 'email', 'order'] });
      expect(await claim(one, [ada, orderKey(one)])).toMatchObject({ granted: true });
    });

    it('do not take it from a payment that waits and is the one that the list names', async () => {
      const one = payment('in_1');
      await register(one, [ada], { pending: record(one, { occurredAtMs: monday + 3_600_000 }) });
      expect(await take([[[ada], monday]])).toMatchObject({ imported: 0, known: 1 });
      expect(await claim(one, [ada, orderKey(one)])).toMatchObject({ granted: true, holder: one });
    });

    it('have it where a payment that waits came days later, or waits no more', async () => {
      const [one, two] = [payment('in_1'), payment('in_2')];
      await register(one, [ada]);
      await register(two, [bob], { pending: record(two, { occurredAtMs: monday }) });
      await recorded(record(two, { occurredAtMs: monday, state: 'suppressed', reason: 'too_old', revision: 1 }));
      expect(await take([[[ada]], [[bob]]])).toMatchObject({ imported: 2 });
      expect(await claim(one, [ada, orderKey(one)])).toMatchObject({ granted: false });
    });

    it('are one where a line names two known ones, who can be taken apart again', async () => {
      await take([[[ada]], [[mail], monday - day]]);
      expect(await take([[[ada, mail], monday + day]])).toEqual({ imported: 0, known: 1, joined: 1 });
      expect((await find(ada))?.firstPurchase).toEqual(importedAt(monday - day));
      const { items } = await store().userJoins.list(integration(), { limit: 5 });
      expect(items).toMatchObject([{ evidence: 'import', kinds: ['user_id', 'email'], orders: [] }]);
      await store().userJoins.undo(integration(), items[0]?.id ?? 0, { by: 'anna', atMs: noonMs });
      expect((await find(ada))?.firstPurchase).toEqual(importedAt(monday));
      expect((await find(mail))?.firstPurchase).toEqual(importedAt(monday - day));
      expect(await take([[[ada, mail], monday + day]])).toEqual({ imported: 0, known: 1, joined: 0 });
    });

    it('are one where lines of one list meet, whatever their order', async () => {
      const list: readonly Listed[] = [
        [[ada]],
        [[bob, mail]],
        [[eve, mail], monday - 1],
        [[ada], monday - 2],
        [[customer]],
        [[customer, ada]],
      ];
      expect(await take(list)).toMatchObject({ joined: 1 });
      expect((await find(bob))?.firstPurchase).toEqual(importedAt(monday - 1));
      expect((await find(eve))?.firstPurchase).toEqual(importedAt(monday - 1));
      expect((await find(customer))?.firstPurchase).toEqual(importedAt(monday - 2));
      expect(await take(list)).toEqual({ imported: 0, known: 6, joined: 0 });
    });

    it('are one where two lines name one known buyer by different identifiers', async () => {
      await register(payment('in_1'), [ada, mail]);
      await recorded(record(payment('in_1'), { state: 'suppressed', reason: 'too_old', revision: 1 }));
      expect(await take([[[ada]], [[mail], monday - 1], [[bob, mail]]])).toMatchObject({ imported: 2, known: 1 });
      expect(await countOf('first_purchases')).toBe(1);
      expect((await find(bob))?.firstPurchase).toEqual(importedAt(monday - 1));
    });

    it('are written once by two imports at the same time, beside webhooks', async () => {
      const many = Array.from({ length: 300 }, (_, n): Listed => [[key('user_id', `u${n}`), key('email', `e${n}`)], monday + n]);
      const webhooks = async () => {
        for (let n = 0; n < 300; n += 30)
          await register(payment(`in_${n}`), [key('user_id', `u${n}`), key('customer', `c${n}`)], {}, other());
      };
      const [a, b] = await Promise.all([take(many), take([...many].reverse(), other()), webhooks()]);
      expect(a.imported + b.imported).toBe(300);
      expect(await countOf('first_purchases')).toBe(300);
      const users = await raw(
        `select count(*)::int as n from users where integration = '${integration()}' and merged_into is null`,
      );
      expect(users).toEqual([{ n: 300 }]);
      expect((await find(key('email', 'e30')))?.orders).toHaveLength(1);
    });

    it('are forgotten with the rest when they are erased', async () => {
      await take([[[ada, mail]], [[bob]]]);
      await register(payment('in_1'), [bob]);
      expect(await store().users.erase(integration(), mail, noonMs)).toEqual({ orders: [] });
      expect(await find(ada)).toBeNull();
      expect(await countOf('first_purchases')).toBe(1);
      await store().users.erase(integration(), bob, noonMs);
      expect((await find(orderKey(payment('in_1'))))?.firstPurchase).toEqual(importedAt(monday));
    });

    it('are nobody of an empty list', async () => {
      expect(await take([])).toEqual({ imported: 0, known: 0, joined: 0 });
    });
  });
}

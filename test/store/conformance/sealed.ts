/** What every database must do to have all its sealed values sealed again with another key. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inParallel } from '../../../src/application/in-parallel';
import { defaultSettings } from '../../../src/domain/settings';
import type { Place, Store } from '../../../src/store';
import {
  key,
  newKeyring,
  noonMs,
  oldKeyring,
  payment,
  record,
  registration,
  rotatedKeyring,
  tried,
  waiting,
} from '../../support/store-samples';
import type { OpenedStores, World } from './world';

export function sealedConformance(world: () => World): void {
  describe('sealed values', () => {
    let store: Store;
    let stores: OpenedStores;
    let integration: string;
    beforeEach(() => void ({ store, stores, integration } = world()));

    const ref = payment('in_1');
    const keys = [key('user_id', 'anna')];
    const identity = { emailSha256: 'a'.repeat(64), ip: '203.0.113.7' };
    const request = { event: 'CompletePayment' };
    const entered = { psp: 'stripe', kind: 'webhook', id: 'id-1', secret: 'whsec_1', addedBy: 'ada', addedAtMs: noonMs } as const;
    const raw = Buffer.from(`{"odd":"${'long '.repeat(100)}"}`);

    /** A value in every sealed column. */
    async function plant(into: Store): Promise<void> {
      await into.settings.load(integration, { ...defaultSettings, accessToken: 'token' });
      await into.users.register(registration(ref, keys, { integration, identity }));
      await into.attempts.keep(integration, tried(ref, { request }, { record: record(ref) }));
      await into.providerSecrets.add({ integration, ...entered });
      await into.routes.keep(
        { integration, psp: 'stripe', account: [integration] },
        waiting('in_2', ['in_2'], { email: 'a@example.com' }),
        noonMs,
      );
      await into.quarantine.keep(integration, { psp: 'stripe', raw, type: 'invoice.paid', reason: 'odd', atMs: noonMs });
    }

    async function expectAllReadable(by: Store): Promise<void> {
      expect((await by.settings.load(integration, defaultSettings)).accessToken).toBe('token');
      expect(await by.users.identity(integration, keys)).toEqual(identity);
      expect(await by.users.identity(integration, [], ref)).toEqual({ emailSha256: identity.emailSha256 });
      expect(await by.attempts.of(integration, 'stripe', 'in_1')).toMatchObject([{ request }]);
      const secrets = (await by.providerSecrets.all()).filter((each) => each.integration === integration);
      expect(secrets).toMatchObject([{ secret: 'whsec_1' }]);
      expect(await by.routes.everything(integration, null)).toMatchObject([{ read: { identity: { email: 'a@example.com' } } }]);
      const [webhook] = (await by.quarantine.list(integration, undefined, 10)).items;
      expect((await by.quarantine.body(integration, webhook!.id))?.raw).toEqual(raw);
    }

    /** One pass over all columns. */
    async function pass(by: Store) {
      const sum = { resealed: 0, changed: 0, damaged: 0, missing: {} as Record<string, number> };
      for (const column of by.sealed.columns) {
        for (let from: Place | null = null, isFirst = true; isFirst || from !== null; isFirst = false) {
          const page = await by.sealed.reseal(column, from);
          sum.resealed += page.resealed;
          sum.changed += page.changed;
          sum.damaged += page.damaged;
          for (const [id, count] of Object.entries(page.missing)) sum.missing[id] = (sum.missing[id] ?? 0) + count;
          from = page.next;
        }
      }
      return sum;
    }

    async function counted(by: Store): Promise<Record<string, number>> {
      const sum: Record<string, number> = {};
      for (const column of by.sealed.columns) {
        for (let from: Place | null = null, isFirst = true; isFirst || from !== null; isFirst = false) {
          const page = await by.sealed.count(column, from);
          for (const [id, count] of Object.entries(page.byKey)) sum[id] = (sum[id] ?? 0) + count;
          from = page.next;
        }
      }
      return sum;
    }

    it('are known by their columns: as many as the schema says are sealed', () => {
      const schema = readFileSync(join(__dirname, '../../../src/store/schema.ts'), 'utf8');
      const said = [...schema.matchAll(/\/\*\* Sealed JSON|sealedBody:/g)];
      expect(store.sealed.columns).toHaveLength(said.length);
    });

    it('can all be sealed again with the first key, and need the old one no longer', async () => {
      await plant(store);
      const rotated = await stores.open(rotatedKeyring);
      expect((await pass(rotated)).resealed).toBeGreaterThanOrEqual(6);
      await expectAllReadable(await stores.open(newKeyring));
      // No table has a value of the old key left, whichever its column.
      const tables = await stores.raw(`select table_name as name from information_schema.columns
        where table_schema = current_schema() and column_name = 'integration'`);
      for (const { name } of tables) {
        const [row] = await stores.raw(`select count(*) as left from ${String(name)} as t
          where integration = '${integration}' and t::text ~ '[(,]old(\\.|,)'`);
        expect({ name, left: Number(row?.['left']) }).toEqual({ name, left: 0 });
      }
      expect((await counted(rotated))['old'] ?? 0).toBe(0);
    });

    it('are found again only while there is something to do', async () => {
      await plant(store);
      const rotated = await stores.open(rotatedKeyring);
      await pass(rotated);
      expect(await pass(rotated)).toEqual({ resealed: 0, changed: 0, damaged: 0, missing: {} });
    });

    it('that a missing key has sealed are left as they are, and the key is named', async () => {
      const renewed = await stores.open(newKeyring);
      await pass(await stores.open(rotatedKeyring)); // what other tests have left
      await plant(store);
      expect(await pass(renewed)).toEqual({ resealed: 0, changed: 0, damaged: 0, missing: { old: 7 } });
      await expectAllReadable(store);
      await expect(renewed.settings.load(integration, defaultSettings)).rejects.toThrow(
        `the access token of "${integration}": sealed with the key "old", which ENCRYPTION_KEYS does not have`,
      );
      await expect(renewed.users.identity(integration, [], ref)).rejects.toThrow('the buyer of stripe sub_of_in_1: sealed with');
      await expect(renewed.attempts.of(integration, 'stripe', 'in_1')).rejects.toThrow('attempt 1 at stripe in_1: sealed with');
    });

    it('are counted by column and key', async () => {
      await plant(store);
      const rotated = await stores.open(rotatedKeyring);
      await pass(rotated);
      const before = await counted(rotated);
      await store.users.register(registration(payment('in_2'), [key('user_id', 'ben')], { integration, identity }));
      const after = await counted(rotated);
      expect([after['old'], after['new']]).toEqual([2, before['new']]);
    });

    it('that somebody writes meanwhile keep what is written', async () => {
      const rotated = await stores.open(rotatedKeyring);
      await pass(rotated);
      const many = Array.from({ length: 40 }, (_, n) => n);
      const userOf = (n: number) => [key('user_id', `user ${n}`)];
      const learn = (n: number, userAgent: string, by: Store) =>
        by.users.register(registration(payment(`in_${n}`), userOf(n), { integration, identity: { userAgent } }));
      for (const n of many) await learn(n, 'before', store);
      const told = { identity: { ttp: 'meanwhile' } };
      const tell = async (n: number) =>
        void (await rotated.users.register(registration(payment(`in_${n}`), userOf(n), { integration, ...told })));
      // A few at once, as webhooks come: connections are not waited for longer than a webhook is.
      const [sum] = await Promise.all([pass(rotated), inParallel(many, 4, tell)]);
      expect(sum.damaged).toBe(0);
      await pass(rotated);
      const renewed = await stores.open(newKeyring);
      for (const n of many)
        expect(await renewed.users.identity(integration, userOf(n))).toEqual({ userAgent: 'before', ttp: 'meanwhile' });
    });

    it('of more rows than a page are all found', async () => {
      const text = oldKeyring.sealJson(identity);
      await stores.raw(`insert into users (integration, identity, created_at_ms, updated_at_ms)
        select '${integration}', '${text}', 1, 1 from generate_series(1, 450)`);
      await stores.raw(`insert into user_orders (integration, psp, subscription, user_id, own_identity)
        select '${integration}', 'Psp-' || (id % 3), 'sub_' || id, id, '${text}' from users where integration = '${integration}'`);
      const rotated = await stores.open(rotatedKeyring);
      expect((await pass(rotated)).resealed).toBeGreaterThanOrEqual(900);
      const [row] = await stores.raw(`select count(*) as left from user_orders join users on users.id = user_id
        where users.integration = '${integration}' and (own_identity like 'old.%' or identity like 'old.%')`);
      expect(Number(row?.['left'])).toBe(0);
    });
  });
}

/** What every database must do behind the store's quarantine. */
import { InvalidCursor } from '../../../src/store';
import type { Store } from '../../../src/store';
import { noonMs, rotatedKeyring } from '../../support/store-samples';

import type { OpenedStores, World } from './world';

export function quarantineConformance(world: () => World): void {
  describe('quarantine', () => {
    let store: Store;
    let integration: string;
    let stores: OpenedStores;
    beforeEach(() => void ({ store, integration, stores } = world()));

    describe('the quarantine', () => {
      const body = Buffer.from('{"email":"ada@example.com","n":1}\n\0ÿ');
      const keep = (raw: Buffer, atMs = noonMs, psp = 'stripe') =>
        store.quarantine.keep(integration, { psp, raw, type: 'invoice.paid', reason: 'no amount', atMs });

      it('gives a body back byte by byte, and forgets it when told', async () => {
        const id = await keep(body);
        expect(await store.quarantine.body(integration, id)).toEqual({ psp: 'stripe', raw: body });
        expect(await store.quarantine.body('elsewhere', id)).toBeNull();
        const { items } = await store.quarantine.list(integration, undefined, 5);
        expect(items).toEqual([
          { id, psp: 'stripe', receivedAtMs: noonMs, type: 'invoice.paid', reason: 'no amount', item: null },
        ]);
        expect(await store.quarantine.entry(integration, id)).toEqual(items[0]);
        expect(await store.quarantine.entry('elsewhere', id)).toBeNull();
        expect(await store.quarantine.remove('elsewhere', id)).toBe(false);
        expect(await store.quarantine.body(integration, id)).not.toBeNull();
        expect(await store.quarantine.remove(integration, id)).toBe(true);
        expect(await store.quarantine.remove(integration, id)).toBe(false);
        expect(await store.quarantine.body(integration, id)).toBeNull();
        expect(await store.quarantine.entry(integration, id)).toBeNull();
      });

      it('finds the webhooks of one type whose body mentions one of several ids', async () => {
        const mentioning = (n: number, mentions: readonly string[], more: { psp?: string; type?: string } = {}) =>
          store.quarantine.keep(integration, {
            ...{ psp: 'stripe', type: 'invoice.paid', raw: Buffer.from(`${n}`), reason: 'no amount', atMs: noonMs, mentions },
            ...more,
          });
        const [first, second] = [await mentioning(1, ['in_1', 'cus_1']), await mentioning(2, [`it's "in_2"`, 'cus_1'])];
        await mentioning(3, ['in_3']);
        await mentioning(4, ['in_1'], { psp: 'paddle' });
        await mentioning(5, ['in_1'], { type: 'charge.refunded' });
        await keep(body);
        const find = async (...mentions: readonly string[]) =>
          (await store.quarantine.mentioning(integration, { psp: 'stripe', type: 'invoice.paid' }, mentions)).map(({ id }) => id);
        const found = await store.quarantine.mentioning(integration, { psp: 'stripe', type: 'invoice.paid' }, ['in_1', 'in_9']);
        expect(found).toEqual([{ id: first, mentions: ['in_1', 'cus_1'] }]);
        expect((await find('cus_1')).sort()).toEqual([first, second].sort());
        expect(await find(`it's "in_2"`)).toEqual([second]);
        expect(await find('in_')).toEqual([]);
        expect(await find()).toEqual([]);
        expect(await store.quarantine.mentioning('elsewhere', { psp: 'stripe', type: 'invoice.paid' }, ['in_1'])).toEqual([]);
      });

      it('counts its entries, and tells the types of its webhooks', async () => {
        expect(await store.quarantine.count(integration)).toBe(0);
        expect(await store.quarantine.types(integration)).toEqual([]);
        await keep(body);
        await keep(Buffer.from('another'));
        await keep(body, noonMs, 'paddle');
        const item = { psp: 'stripe', item: 'in_1', raw: body, type: 'listed by the API', reason: 'no amount', atMs: noonMs };
        await store.quarantine.keepItems(integration, [item]);
        expect(await store.quarantine.count(integration)).toBe(4);
        const types = (await store.quarantine.types(integration)).map(({ psp, type }) => `${psp} ${type}`);
        expect(types.sort()).toEqual(['paddle invoice.paid', 'stripe invoice.paid']);
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

      it('keeps an object of an API once by its id, however it looks, until it is resolved', async () => {
        const item = (id: string, raw: string, psp = 'stripe') => ({
          ...{ psp, item: id, raw: Buffer.from(raw), type: 'listed by the API', reason: 'no amount', atMs: noonMs },
        });
        expect(await store.quarantine.keepItems(integration, [item('in_1', '{}'), item('in_2', '{}')])).toBe(2);
        expect(await store.quarantine.keepItems(integration, [item('in_1', '{"more":1}'), item('in_1', '{}', 'paddle')])).toBe(1);
        expect(await store.quarantine.keepItems(integration, [])).toBe(0);
        await keep(body);
        await store.quarantine.resolveItems(integration, 'stripe', ['in_1', 'in_9']);
        await store.quarantine.resolveItems(integration, 'stripe', []);
        const { items } = await store.quarantine.list(integration, undefined, 9);
        expect(items.map(({ psp, item: id }) => `${psp} ${id ?? '-'}`).sort()).toEqual([
          'paddle in_1',
          'stripe -',
          'stripe in_2',
        ]);
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
  });
}

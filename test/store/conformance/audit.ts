/** What every database must do behind the audit. */
import type { AuditEntry, AuditFilter, Store } from '../../../src/store';
import { auditCursor, InvalidCursor } from '../../../src/store';
import { noonMs } from '../../support/store-samples';
import type { World } from './world';

export function auditConformance(world: () => World): void {
  describe('the audit', () => {
    let store: Store;
    let other: Store;
    let integration: string;
    beforeEach(() => void ({ store, other, integration } = world()));

    const entry = (more: Partial<AuditEntry> = {}): AuditEntry => ({
      ...{ integration, atMs: noonMs, by: 'ada', action: 'purchase.skip', target: 'stripe/in_1', reason: null },
      ...more,
    });
    const append = async (...entries: readonly Partial<AuditEntry>[]): Promise<void> => {
      for (const each of entries) await store.audit.append(entry(each));
    };
    const list = (filter: Partial<AuditFilter> = {}) => other.audit.list({ integration, limit: 50, ...filter });
    const targets = async (filter: Partial<AuditFilter>) => (await list(filter)).items.map(({ target }) => target);

    it('gives entries back as they were noted, to another process too', async () => {
      await append({ reason: 'a test order' });
      const { items, nextCursor } = await list();
      expect(items).toEqual([{ id: expect.any(Number), ...entry({ reason: 'a test order' }) }]);
      expect(nextCursor).toBeNull();
      expect(await list({ integration: 'elsewhere' })).toEqual({ items: [], nextCursor: null });
    });

    it('is listed newest first, those of one instant by the order in which they came, page by page', async () => {
      await append(
        { target: 'b' },
        { target: 'c' },
        { target: 'd' },
        { target: 'a', atMs: noonMs - 1 },
        { target: 'e', atMs: noonMs + 1 },
      );
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await list({ limit: 2, ...(cursor === undefined ? {} : { cursor }) });
        seen.push(...page.items.map(({ target }) => target));
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      expect(seen).toEqual(['e', 'd', 'c', 'b', 'a']);
    });

    it('goes on after any entry', async () => {
      await append({ target: 'a' }, { target: 'b' }, { target: 'c' });
      const [, second] = (await list()).items;
      expect(second && (await targets({ cursor: auditCursor(second) }))).toEqual(['a']);
      await expect(list({ cursor: 'junk' })).rejects.toThrow(InvalidCursor);
    });

    it.each([
      [{ action: 'settings' }, ['settings.change', 'settings.undo']],
      [{ action: 'settings.undo' }, ['settings.undo']],
      [{ exceptAction: 'settings' }, ['settingsless', 'user.erase', 'a_settings']],
      [{ action: 'a%' }, []],
    ])('can be asked for an action, or the part of its name before a dot: %j', async (filter, expected) => {
      const actions = ['settings.change', 'settings.undo', 'settingsless', 'user.erase', 'a_settings'];
      await append(...actions.map((action) => ({ action })));
      expect((await list(filter)).items.map(({ action }) => action).sort()).toEqual([...expected].sort());
    });

    it('can be asked for a part of the target, an operator, a period', async () => {
      await append(
        { target: 'stripe/in_1' },
        { target: 'stripe/in_12', by: 'bob' },
        { target: 'paddle/100%', atMs: noonMs + 10 },
      );
      expect(await targets({ target: 'in_1' })).toEqual(['stripe/in_12', 'stripe/in_1']);
      expect(await targets({ target: '0%' })).toEqual(['paddle/100%']);
      expect(await targets({ target: '%' })).toEqual(['paddle/100%']);
      expect(await targets({ by: 'bob' })).toEqual(['stripe/in_12']);
      expect(await targets({ fromMs: noonMs + 10 })).toEqual(['paddle/100%']);
      expect(await targets({ toMs: noonMs + 10 })).toEqual(['stripe/in_12', 'stripe/in_1']);
      expect(await targets({ fromMs: noonMs, toMs: noonMs })).toEqual([]);
    });
  });
}

/** What every database must do behind the store's settings. */
import { defaultSettings } from '../../../src/domain/settings';
import { UnknownKeyError } from '../../../src/crypto/keyring';
import { type HistoryFilter, lostToken, type Store } from '../../../src/store';
import { newKeyring, noonMs, rotatedKeyring } from '../../support/store-samples';

import type { OpenedStores, World } from './world';

export function settingsConformance(world: () => World): void {
  describe('settings', () => {
    let store: Store;
    let other: Store;
    let integration: string;
    let stores: OpenedStores;
    beforeEach(() => void ({ store, other, integration, stores } = world()));

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

      describe('in their history', () => {
        const { accessToken: _token, ...shown } = initial;
        const saved = async (count: number): Promise<void> => {
          await store.settings.load(integration, initial);
          for (let version = 1; version <= count; version += 1) {
            const change = { expectedVersion: version, by: version % 2 ? 'ada' : 'bob', atMs: noonMs + version };
            await store.settings.save(integration, { ...initial, maxEventAgeHours: version }, change);
          }
        };
        const versions = async (filter: Partial<HistoryFilter>) =>
          (await other.settings.history({ integration, limit: 50, ...filter })).map(({ settings }) => settings.version);

        it('come newest first, each with the one before it; nobody saved the first', async () => {
          await saved(2);
          const [third, second, first] = await other.settings.history({ integration, limit: 50 });
          expect(third).toMatchObject({ by: 'bob', savedAtMs: noonMs + 2, settings: { version: 3, maxEventAgeHours: 2 } });
          expect(third?.former).toEqual(second?.settings);
          expect(second).toMatchObject({ by: 'ada', savedAtMs: noonMs + 1, settings: { version: 2, maxEventAgeHours: 1 } });
          expect(second?.former).toEqual(first?.settings);
          expect(first).toMatchObject({ former: null, by: 'initial', savedAtMs: null, settings: { ...shown, version: 1 } });
          expect(await other.settings.history({ integration: 'elsewhere', limit: 50 })).toEqual([]);
        });

        it.each([
          [{ limit: 2 }, [5, 4]],
          [{ before: 4, limit: 2 }, [3, 2]],
          [{ version: 4 }, [4]],
          [{ version: 9 }, []],
          [{ by: 'ada' }, [4, 2]],
          [{ by: 'initial' }, [1]],
          [{ fromMs: noonMs + 2, toMs: noonMs + 4 }, [4, 3]],
          [{ toMs: noonMs + 2 }, [2]],
        ])('can be asked for: %j', async (filter, expected) => {
          await saved(4);
          expect(await versions(filter)).toEqual(expected);
        });

        it('have the former version also where the filter leaves it out', async () => {
          await saved(3);
          const [fourth, second] = await store.settings.history({ integration, limit: 50, by: 'ada' });
          expect([fourth, second].map((each) => [each?.settings.version, each?.former?.version])).toEqual([
            [4, 3],
            [2, 1],
          ]);
        });

        it('can be read after the key of an old token is gone', async () => {
          await saved(1);
          const renewed = await stores.open(newKeyring);
          const tokens = (await renewed.settings.history({ integration, limit: 50 })).map(({ settings }) => settings.accessToken);
          expect(tokens).toEqual([lostToken, lostToken]);
        });
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
  });
}

/** What every database must do behind the store's settings. */
import { defaultSettings } from '../../../src/domain/settings';
import { UnknownKeyError } from '../../../src/crypto/keyring';
import type { Store } from '../../../src/store';
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

/** What every database must do behind the entered secrets of providers. */
import type { EnteredSecret, Store } from '../../../src/store';
import { newKeyring, noonMs, rotatedKeyring } from '../../support/store-samples';
import type { OpenedStores, World } from './world';

export function providerSecretsConformance(world: () => World): void {
  describe('entered secrets', () => {
    let store: Store;
    let other: Store;
    let stores: OpenedStores;
    let integration: string;
    beforeEach(() => void ({ store, other, stores, integration } = world()));

    type Entered = EnteredSecret & { readonly secret: string };
    const entered = (more: Partial<Entered> = {}): Entered => ({
      ...{ integration, psp: 'stripe', kind: 'webhook', id: 'id-1', secret: 'whsec_in_clear', addedBy: 'ada', addedAtMs: noonMs },
      ...more,
    });
    /** Those of this test, of all that the database has. */
    const own = async (from: Store) => (await from.providerSecrets.all()).filter((each) => each.integration === integration);

    it('are seen by every process, oldest first', async () => {
      const later = entered({ id: 'id-0', psp: 'paddle', kind: 'api', addedAtMs: noonMs + 1 });
      expect(await store.providerSecrets.add(later)).toBe(true);
      expect(await store.providerSecrets.add(entered())).toBe(true);
      expect(await own(other)).toEqual([entered(), later]);
    });

    it('stay as they were entered first', async () => {
      expect(await store.providerSecrets.add(entered())).toBe(true);
      expect(await other.providerSecrets.add(entered({ addedBy: 'bob', secret: 'another' }))).toBe(false);
      expect(await own(store)).toEqual([entered()]);
    });

    it('are removed alone', async () => {
      const rest = [entered({ id: 'id-2' }), entered({ psp: 'paddle' })];
      for (const each of [entered(), ...rest]) await store.providerSecrets.add(each);
      expect(await store.providerSecrets.remove('elsewhere', 'stripe', 'id-1')).toBe(false);
      expect(await store.providerSecrets.remove(integration, 'stripe', 'id-1')).toBe(true);
      expect(await store.providerSecrets.remove(integration, 'stripe', 'id-1')).toBe(false);
      expect(new Set(await own(store))).toEqual(new Set(rest));
    });

    it('are never held in clear, and open with an old key; without it, what is lost is null', async () => {
      await store.providerSecrets.add(entered());
      const [row] = await stores.raw(
        `select provider_secrets::text as whole from provider_secrets where integration = '${integration}'`,
      );
      expect(row?.['whole']).toContain('id-1');
      expect(row?.['whole']).not.toContain('in_clear');
      expect(await own(await stores.open(rotatedKeyring))).toEqual([entered()]);
      expect(await own(await stores.open(newKeyring))).toEqual([{ ...entered(), secret: null }]);
    });
  });
}

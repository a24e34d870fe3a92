/** What every database must do behind the tokens of operators. The tokens are those of the whole service: each test has names of its own. */
import type { NewOperatorToken, Store } from '../../../src/store';
import { noonMs } from '../../support/store-samples';
import type { World } from './world';

export function operatorTokensConformance(world: () => World): void {
  describe('tokens of operators', () => {
    let store: Store;
    let other: Store;
    let name: string;
    beforeEach(() => void ({ store, other, integration: name } = world()));

    const token = (more: Partial<NewOperatorToken> = {}): NewOperatorToken => ({
      ...{ id: `${name}-1`, name, role: 'operator', hash: `hash of ${name}`, createdBy: 'ada', createdAtMs: noonMs },
      ...more,
    });
    const own = async (from: Store) => (await from.operatorTokens.list()).filter(({ id }) => id.startsWith(`${name}-`));
    const active = async (from: Store) => (await from.operatorTokens.active()).filter(({ id }) => id.startsWith(`${name}-`));

    it('are seen by every process, without what they are', async () => {
      expect(await store.operatorTokens.add(token())).toBe(true);
      const { hash, ...shown } = token();
      expect(await own(other)).toEqual([{ ...shown, lastUsedAtMs: null, revokedAtMs: null }]);
      expect(await active(other)).toEqual([{ id: `${name}-1`, name, role: 'operator', hash }]);
    });

    it('have a name each, which is free again once one is revoked', async () => {
      await store.operatorTokens.add(token());
      const second = token({ id: `${name}-2`, hash: 'another', createdAtMs: noonMs + 1 });
      expect(await other.operatorTokens.add(second)).toBe(false);
      expect(await store.operatorTokens.revoke(`${name}-1`, noonMs + 5)).toBe(true);
      expect(await other.operatorTokens.add(second)).toBe(true);
      expect((await own(store)).map(({ id, revokedAtMs }) => [id, revokedAtMs])).toEqual([
        [`${name}-1`, noonMs + 5],
        [`${name}-2`, null],
      ]);
      expect((await active(store)).map(({ id }) => id)).toEqual([`${name}-2`]);
    });

    it('are revoked once', async () => {
      await store.operatorTokens.add(token());
      expect(await store.operatorTokens.revoke(`${name}-9`, noonMs)).toBe(false);
      expect(await store.operatorTokens.revoke(`${name}-1`, noonMs)).toBe(true);
      expect(await other.operatorTokens.revoke(`${name}-1`, noonMs + 1)).toBe(false);
      expect((await own(store))[0]?.revokedAtMs).toBe(noonMs);
    });

    it('know their last use', async () => {
      await store.operatorTokens.add(token());
      await store.operatorTokens.used(`${name}-1`, noonMs + 2);
      await other.operatorTokens.used(`${name}-1`, noonMs + 1);
      expect((await own(store))[0]?.lastUsedAtMs).toBe(noonMs + 2);
    });
  });
}

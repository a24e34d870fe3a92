import { decideImport, isImported, type KnownClaim } from '../../src/domain/imported-buyer';
import { manifests } from '../../src/psp';

const day = 86_400_000;
const at = 1_000 * day;
const paid: KnownClaim = { psp: 'stripe', subscription: 'sub_1', moneyId: 'in_1', claimedAtMs: at };
const imported = (claimedAtMs: number): KnownClaim => ({
  ...{ psp: 'import', subscription: `of ${claimedAtMs}`, moneyId: new Date(claimedAtMs).toISOString(), claimedAtMs },
});

describe('a first purchase of before', () => {
  it('has a name that no provider has', () => {
    expect(manifests.filter(({ name }) => isImported({ psp: name }))).toEqual([]);
    expect(isImported({ psp: 'import' })).toBe(true);
  });

  it.each<[string, readonly KnownClaim[], number | null, string]>([
    ['of nobody', [], null, 'add'],
    ['of who has a later one of a payment', [paid], null, 'keep'],
    ['of who has one of a payment and an imported one', [imported(at + day), paid], null, 'keep'],
    ['of who has the same', [imported(at - day)], null, 'keep'],
    ['of who has an earlier one beside later ones', [imported(at), imported(at - 2 * day)], null, 'keep'],
    ['of who has a later imported one', [imported(at)], null, 'move'],
    ['of whose payment of that day waits', [], at - day + 3_600_000, 'keep'],
    ['of whose payment of before waits', [], at - 9 * day, 'keep'],
    ['of whose payment of the next day waits', [], at, 'add'],
  ])('%s', (_name, claims, waitingAtMs, kind) => {
    expect(decideImport(claims, at - day, waitingAtMs).kind).toBe(kind);
  });

  it('moves the earliest of several', () => {
    const [later, earlier] = [imported(at + day), imported(at)];
    expect(decideImport([later, earlier], at - 1, null)).toEqual({ kind: 'move', claim: earlier });
  });
});

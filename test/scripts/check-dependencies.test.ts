import { lockProblems, type LockEntry } from '../../scripts/check-dependencies';

const fine: LockEntry = { version: '1.0.0', integrity: 'sha512-x', license: 'MIT' };
const problemsOf = (entry: Partial<LockEntry>, licence: string | null = null) =>
  lockProblems({ '': {}, 'node_modules/one': { ...fine, ...entry } }, () => licence);
const without = (key: keyof LockEntry): LockEntry => {
  const { [key]: _left, ...rest } = fine;
  return rest;
};

it('has nothing against what is locked, licensed and quiet', () => {
  expect(problemsOf({})).toEqual([]);
  expect(lockProblems({ 'node_modules/a': { link: true } }, () => null)).toEqual([]);
});

it.each<[string, Partial<LockEntry>, RegExp]>([
  ['a licence that binds', { license: 'GPL-3.0-only' }, /^one: its licence GPL-3.0-only/],
  ['one of two that both hold', { license: 'MIT AND AGPL-3.0' }, /AGPL/],
  ['a script', { hasInstallScript: true }, /^one: runs a script/],
])('names %s', (_what, entry, wanted) => {
  expect(problemsOf(entry)).toEqual([expect.stringMatching(wanted)]);
});

it('names an entry without a checksum, and one whose licence nobody knows', () => {
  expect(lockProblems({ 'node_modules/one': without('integrity') }, () => null)).toEqual([
    expect.stringContaining('no checksum'),
  ]);
  expect(lockProblems({ 'node_modules/one': without('license') }, () => null)).toEqual(['one: has no licence']);
  expect(lockProblems({ 'node_modules/a/node_modules/@b/one': without('license') }, () => 'ISC')).toEqual([]);
});

it('takes one of two licences to choose from, and does not ask what is not shipped', () => {
  expect(problemsOf({ license: '(MIT OR GPL-2.0)' })).toEqual([]);
  expect(problemsOf({ license: 'GPL-2.0', dev: true })).toEqual([]);
});

it('knows the packages that may run a script', () => {
  expect(lockProblems({ 'node_modules/a/node_modules/@swc/core': { ...fine, hasInstallScript: true } }, () => null)).toEqual([]);
});

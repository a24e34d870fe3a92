import { createOperatorTokens, tokenHash } from '../../src/application/operator-tokens';
import type { ActiveOperatorToken } from '../../src/store';

const hour = 3_600_000;
const startMs = 1_000 * hour;
const anna: ActiveOperatorToken = { id: 'a', name: 'anna', role: 'operator', hash: tokenHash('secret of anna') };

function world(active: () => Promise<readonly ActiveOperatorToken[]> = async () => [anna]) {
  const state = { nowMs: startMs, read: 0, used: [] as [string, number][] };
  const tokens = createOperatorTokens({
    store: {
      active: () => {
        state.read += 1;
        return active();
      },
      used: async (id, atMs) => void state.used.push([id, atMs]),
    },
    nowMs: () => state.nowMs,
  });
  return { state, tokens };
}

it('knows whose a token is, and no part of one', async () => {
  const { tokens } = world();
  expect(await tokens.find('secret of anna')).toEqual({ id: 'a', name: 'anna', role: 'operator' });
  for (const wrong of ['', 'secret of ann', 'secret of anna ', anna.hash, 'a', 'anna'])
    expect(await tokens.find(wrong)).toBeNull();
});

it('asks the database once in two seconds, however many guess', async () => {
  const { state, tokens } = world();
  await Promise.all(Array.from({ length: 50 }, (_, n) => tokens.find(`guess ${n}`)));
  state.nowMs += 1_999;
  await tokens.find('one more');
  expect(state.read).toBe(1);
  state.nowMs += 1;
  await tokens.find('one more');
  expect(state.read).toBe(2);
});

it('forgets a revoked one within two seconds, at once where it was revoked', async () => {
  let active = [anna];
  const { state, tokens } = world(async () => active);
  expect(await tokens.isActive('a')).toBe(true);
  active = [];
  state.nowMs += 2_000;
  expect(await tokens.isActive('a')).toBe(false);
  active = [anna];
  await tokens.refresh();
  expect(await tokens.find('secret of anna')).not.toBeNull();
});

it('notes the use to the hour, once an hour', async () => {
  const { state, tokens } = world();
  state.nowMs = startMs + 20 * 60_000;
  await tokens.find('secret of anna');
  await tokens.find('secret of anna');
  state.nowMs += hour;
  await tokens.find('secret of anna');
  expect(state.used).toEqual([
    ['a', startMs],
    ['a', startMs + hour],
  ]);
});

it('goes on with what it knew while the database is away, and knows nobody before it was ever there', async () => {
  let isAway = true;
  const { state, tokens } = world(async () => {
    if (isAway) throw new Error('away');
    return [anna];
  });
  await expect(tokens.find('secret of anna')).rejects.toThrow('away');
  isAway = false;
  expect(await tokens.find('secret of anna')).not.toBeNull();
  isAway = true;
  state.nowMs += 60_000;
  expect(await tokens.find('secret of anna')).not.toBeNull();
});

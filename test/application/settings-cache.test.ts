import { createSettingsCache } from '../../src/application/settings-cache';
import { defaultSettings, type Settings } from '../../src/domain/settings';
import { Unavailable } from '../../src/application/unavailable';
import type { SaveOutcome } from '../../src/store';

/** A store whose answers the test gives, and a clock that it moves. */
function fake() {
  const asked: { answer(settings: Settings): void; fail(error: Error): void }[] = [];
  let atMs = 1_000_000;
  let outcome: SaveOutcome | undefined;
  const current = createSettingsCache({
    store: {
      load: () => new Promise((answer, fail) => asked.push({ answer, fail })),
      save: async (_integration, next, { expectedVersion }) =>
        outcome ?? { kind: 'saved', settings: { ...next, version: expectedVersion + 1 } },
    },
    initial: () => defaultSettings,
    nowMs: () => atMs,
  });
  return {
    current,
    asked,
    pass: (ms: number) => void (atMs += ms),
    conflictWith: (version: number) => void (outcome = { kind: 'conflict', version }),
  };
}

const version = (n: number): Settings => ({ ...defaultSettings, version: n });
const down = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

/** Known as version 1, read just now. */
async function warmed() {
  const all = fake();
  const first = all.current.get('default');
  all.asked[0]?.answer(version(1));
  await first;
  return all;
}

it('asks the store once for callers that come together, and not again for 2 s', async () => {
  const { current, asked, pass } = fake();
  const together = [current.get('default'), current.get('default'), current.get('default')];
  expect(asked).toHaveLength(1);
  asked[0]?.answer(version(1));
  expect((await Promise.all(together)).map((settings) => settings.version)).toEqual([1, 1, 1]);
  pass(1_999);
  await current.get('default');
  expect(asked).toHaveLength(1);
});

it('asks again after 2 s, so that a change made elsewhere is seen', async () => {
  const { current, asked, pass } = await warmed();
  pass(2_000);
  const again = current.get('default');
  asked[1]?.answer(version(2));
  expect((await again).version).toBe(2);
});

it('keeps integrations apart', async () => {
  const { current, asked } = await warmed();
  const other = current.get('other');
  asked[1]?.answer(version(7));
  expect((await other).version).toBe(7);
  expect((await current.get('default')).version).toBe(1);
});

it.each([
  [3_000, 'still decides'],
  [5_000, 'still decides'],
])('while the store is out of reach, what is %d ms old %s', async (ageMs) => {
  const { current, asked, pass } = await warmed();
  pass(ageMs);
  const got = current.get('default');
  asked[1]?.fail(down);
  expect((await got).version).toBe(1);
});

it('nothing older than 5 s decides: then the settings are unavailable, until the store is back', async () => {
  const { current, asked, pass } = await warmed();
  pass(5_001);
  const got = current.get('default');
  asked[1]?.fail(down);
  await expect(got).rejects.toThrow(Unavailable);
  const again = current.get('default');
  asked[2]?.answer(version(2));
  expect((await again).version).toBe(2);
});

it('an answer that took longer than 5 s is too old as well', async () => {
  const { current, asked, pass } = fake();
  const got = current.get('default');
  pass(5_001);
  asked[0]?.answer(version(1));
  await expect(got).rejects.toThrow(Unavailable);
});

it('without anything known, a failure is told with its cause', async () => {
  const { current, asked } = fake();
  const got = current.get('default');
  asked[0]?.fail(down);
  await expect(got).rejects.toMatchObject({ name: 'Unavailable', cause: down });
});

it('a save is seen here at once, also when an older answer was on its way', async () => {
  const { current, asked, pass } = await warmed();
  pass(2_000);
  const slow = current.get('default');
  await current.save('default', { ...defaultSettings, paused: true }, 1, 'api');
  asked[1]?.answer(version(1));
  expect(await slow).toMatchObject({ version: 2, paused: true });
  expect(await current.get('default')).toMatchObject({ version: 2, paused: true });
});

it('a save that met a conflict changes nothing here', async () => {
  const { current, conflictWith } = await warmed();
  conflictWith(5);
  expect(await current.save('default', version(1), 1, 'api')).toEqual({ kind: 'conflict', version: 5 });
  expect((await current.get('default')).version).toBe(1);
});

it('the latest are asked of the store now, and known from then on', async () => {
  const { current, asked } = await warmed();
  const latest = current.latest('default');
  asked[1]?.answer(version(4));
  expect((await latest).version).toBe(4);
  expect((await current.get('default')).version).toBe(4);
});

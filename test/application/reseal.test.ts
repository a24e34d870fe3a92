/** The order of a reseal, and what it says at the end: over a database and workflows played by fakes. */
import type { ResealDeps } from '../../src/application/reseal';
import { neededKeys, reseal } from '../../src/application/reseal';
import type { SealedStore } from '../../src/store';

interface Played {
  /** The key of each value, by column. */
  readonly values: Record<string, string[]>;
  /** The keys of each workflow's history, and what a new one has. Null: a delivery is under way, and stays so. */
  readonly workflows: Record<string, { type: string; keys: string[]; renewed: string[] | null; afterLooks?: number }>;
}

function play({ values, workflows }: Played) {
  const renewed: string[] = [];
  let looks = 0;
  const sealed: SealedStore = {
    columns: Object.keys(values),
    count: async (column) => ({ byKey: countOf(values[column]!), next: null }),
    // Two values a page; a key called `lost` is missing.
    reseal: async (column, from) => {
      const start = Number(from?.[0] ?? 0);
      const page = values[column]!.slice(start, start + 2);
      const stale = page.filter((key) => key !== 'new' && key !== 'lost');
      page.forEach((key, n) => void (values[column]![start + n] = key === 'lost' ? key : 'new'));
      const isLast = start + 2 >= values[column]!.length;
      return { resealed: stale.length, changed: 0, missing: {}, damaged: 0, next: isLast ? null : [start + 2] };
    },
  };
  const deps: ResealDeps = {
    sealed,
    firstKeyId: 'new',
    workflows: {
      async *open() {
        for (const [workflowId, { type }] of Object.entries(workflows)) yield { workflowId, type };
      },
      keysOf: async (workflowId) => {
        const { keys, renewed: fresh, afterLooks = 1 } = workflows[workflowId]!;
        const isRenewed = renewed.includes(workflowId) && fresh !== null && looks >= afterLooks;
        return new Set(isRenewed ? fresh : keys);
      },
      renew: async (workflowId) => renewed.push(workflowId) > 0,
      resealSchedules: async () => 1,
    },
    report: () => undefined,
    signal: new AbortController().signal,
    pause: async () => (looks += 1),
  };
  return { deps, renewed };
}

it('seals every value again, asks the workflows that need it, waits for them, and says that only the first key is needed', async () => {
  const { deps, renewed } = play({
    values: { 'users.identity': ['old', 'new', 'old', 'older', 'old'], 'quarantine.sealed_body': [] },
    workflows: {
      one: { type: 'subscription', keys: ['old', 'new'], renewed: ['new'], afterLooks: 3 },
      two: { type: 'subscription', keys: ['new'], renewed: null },
    },
  });
  expect(await reseal(deps)).toEqual({
    ...{ values: 4, damaged: 0, schedules: 1, workflows: 1 },
    needed: { 'users.identity': { new: 5 }, 'quarantine.sealed_body': {}, workflows: { new: 2 } },
  });
  expect(renewed).toEqual(['one']);
});

it('ends, and says what still needs which key: a delivery under way, a check that runs, a value whose key is gone', async () => {
  const { deps, renewed } = play({
    values: { 'users.identity': ['lost', 'old'] },
    workflows: {
      busy: { type: 'subscription', keys: ['old'], renewed: null },
      check: { type: 'renewalCheck', keys: ['old'], renewed: null },
    },
  });
  expect(await reseal(deps)).toMatchObject({
    values: 1,
    needed: { 'users.identity': { lost: 1, new: 1 }, workflows: { old: 2 } },
  });
  expect(renewed).toEqual(['busy']);
});

it('only counts when it is asked to', async () => {
  const { deps, renewed } = play({
    values: { 'users.identity': ['old'] },
    workflows: { one: { type: 'subscription', keys: ['old'], renewed: ['new'] } },
  });
  expect(await neededKeys(deps)).toEqual({ 'users.identity': { old: 1 }, workflows: { old: 1 } });
  expect(renewed).toEqual([]);
});

it('stops when it is told to, and goes on where it was', async () => {
  const values = { 'users.identity': ['old', 'old', 'old', 'old'] };
  const { deps } = play({ values, workflows: {} });
  const ending = new AbortController();
  const stopping = { ...deps, signal: ending.signal, report: () => ending.abort() };
  await expect(reseal(stopping)).rejects.toThrow();
  expect(values['users.identity']).toEqual(['new', 'new', 'old', 'old']);
  expect(await reseal(deps)).toMatchObject({ values: 2 });
});

function countOf(keys: readonly string[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const key of keys) sum[key] = (sum[key] ?? 0) + 1;
  return sum;
}

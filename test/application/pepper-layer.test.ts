/** The order in which a layer is drawn, and what is said at the end: over a database and workflows played by fakes. */
import type { PepperLayerDeps } from '../../src/application/pepper-layer';
import { drawLayer, olderForms } from '../../src/application/pepper-layer';
import { createPepperLayers, noLayers } from '../../src/crypto/pepper-layers';

interface Played {
  /** The HMACs of each column. */
  readonly rows: Record<string, string[]>;
  /** The keys of each workflow. `afterLooks`: a delivery is under way until then. */
  readonly workflows: Record<string, { type: string; keys: string[]; afterLooks?: number }>;
  /** Writes an older form at each of the first so many passes. */
  readonly careless?: number;
}

const layers = createPepperLayers(['the second', 'the third']);
const hmac = 'a'.repeat(43);

function play({ rows, workflows, careless = 0 }: Played) {
  const did: string[] = [];
  let looks = 0;
  let passes = 0;
  const isOlder = (one: string): boolean => !one.startsWith('3.');
  const deps: PepperLayerDeps = {
    layers,
    pepper: {
      columns: Object.keys(rows),
      generation: async () => ({ generation: 1, isComplete: true }),
      begin: async () => void did.push('begin'),
      complete: async () => void did.push('complete'),
      count: async (column) => ({ older: rows[column]!.filter(isOlder).length, next: null }),
      // Two rows a page.
      lift: async (column, from) => {
        const start = Number(from?.[0] ?? 0);
        if (start === 0 && (passes += 1) <= careless) rows[column]!.push(hmac);
        const page = rows[column]!.slice(start, start + 2);
        page.forEach((one, n) => void (rows[column]![start + n] = layers.lift(one, 3)));
        return { lifted: page.filter(isOlder).length, next: start + 2 >= rows[column]!.length ? null : [start + 2] };
      },
    },
    workflows: {
      async *open() {
        for (const [workflowId, { type }] of Object.entries(workflows)) yield { workflowId, type };
      },
      keysOf: async (workflowId) => workflows[workflowId]?.keys ?? null,
      lift: async (workflowId, lifted) => {
        did.push(`tell ${workflowId}`);
        const workflow = workflows[workflowId]!;
        if (looks >= (workflow.afterLooks ?? 0)) workflow.keys = workflow.keys.map((key) => lifted[key] ?? key);
        return true;
      },
    },
    report: () => undefined,
    signal: new AbortController().signal,
    pause: async () => (looks += 1),
  };
  return { deps, did };
}

it('switches first, lifts every row, says that all is done, and then tells the workflows of orders', async () => {
  const rows = { 'user_identifiers.hmac': [hmac, layers.lift(hmac, 2), layers.lift(hmac, 3), hmac], 'visits.hmac': [] };
  const workflows = {
    one: { type: 'subscription', keys: [hmac, layers.lift(hmac, 3)], afterLooks: 2 },
    two: { type: 'subscription', keys: [layers.lift(hmac, 3)] },
    check: { type: 'renewalCheck', keys: [] },
  };
  const { deps, did } = play({ rows, workflows });
  expect(await olderForms(deps)).toEqual({ 'user_identifiers.hmac': 3, 'visits.hmac': 0, workflows: 1 });
  expect(did).toEqual([]);
  expect(await drawLayer(deps)).toEqual({ generation: 3, rows: 3, workflows: 3, left: {} });
  expect(did).toEqual(['begin', 'complete', 'tell one', 'tell one', 'tell one']);
  expect(new Set([...rows['user_identifiers.hmac'], ...workflows.one.keys])).toEqual(new Set([layers.lift(hmac, 3)]));
});

it('goes on where it was stopped, and has nothing to do a second time', async () => {
  const { deps } = play({ rows: { 'visits.hmac': [hmac, hmac, hmac] }, workflows: {} });
  const stop = new AbortController();
  const report = (): void => stop.abort();
  await expect(drawLayer({ ...deps, report, signal: stop.signal })).rejects.toThrow();
  expect(await drawLayer(deps)).toMatchObject({ rows: 1, left: {} });
  expect(await drawLayer(deps)).toMatchObject({ rows: 0, left: {} });
});

it('names what is left: a process without the layer goes on writing, a delivery does not end', async () => {
  const workflows = { one: { type: 'subscription', keys: [hmac], afterLooks: Infinity } };
  const { deps, did } = play({ rows: { 'visits.hmac': [] }, workflows, careless: 99 });
  expect(await drawLayer(deps)).toMatchObject({ left: { workflows: 1 } });
  expect(did).not.toContain('complete');
});

it('needs a layer', async () => {
  const { deps, did } = play({ rows: {}, workflows: {} });
  await expect(drawLayer({ ...deps, layers: noLayers })).rejects.toThrow('USER_ID_PEPPER_LAYERS names no layer');
  expect(did).toEqual([]);
});

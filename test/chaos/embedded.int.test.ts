/** The short form of `npm run chaos`: `npm start` with everything embedded is killed and stopped while it takes purchases of every provider. */
import { setMaxListeners } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reportLines } from '../../chaos/report';
import { run } from '../../chaos/run';
import { sources } from '../../scripts/stack/builds';

const options = { purchases: 100, kills: 6, seed: 20261129, stack: 'embedded', webs: 1, workers: 1, lastsMs: 40_000 } as const;

it('loses nothing, counts nothing twice and explains everything, whatever is killed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'relay-chaos-'));
  const ending = new AbortController();
  setMaxListeners(0, ending.signal);
  try {
    const result = await run({
      ...options,
      ...{ folder, builds: [sources()], settleMs: 120_000, progress: () => undefined, signal: ending.signal },
    });
    expect({ findings: result.findings, report: reportLines(result) }).toMatchObject({ findings: [] });
    expect(result.ownEnds.filter(({ whileStarting }) => !whileStarting)).toEqual([]);
    expect(result.faults.kills).toBe(options.kills);
    expect(result.purchases).toBeGreaterThanOrEqual(options.purchases);
    expect(result.tikTok.counted).toBeGreaterThan(0);
  } finally {
    ending.abort();
    rmSync(folder, { recursive: true, force: true });
  }
}, 900_000);

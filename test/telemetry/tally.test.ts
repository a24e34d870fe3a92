import type { Tally } from '../../src/store';
import { createTallyCollector, labelsPerName, otherLabels, type Counted } from '../../src/telemetry/tally';

const noonMs = Date.UTC(2026, 10, 22, 12);
const day = noonMs / 86_400_000 - 0.5;
const webhook: Counted = { integration: 'default', name: 'webhooks', psp: 'stripe', label: 'accepted', atMs: noonMs };
const row = { integration: 'default', day, name: 'webhooks', psp: 'stripe', label: 'accepted', lastAtMs: noonMs };

function collector(add: (counts: readonly Tally[]) => Promise<void>) {
  const warned: string[] = [];
  const made = createTallyCollector({
    tallies: { add },
    nowMs: () => noonMs,
    logger: { warn: (_fields, message) => void warned.push(message) },
  });
  return { ...made, warned };
}

describe('the counts of a process', () => {
  it('are added up and written together, and then no more', async () => {
    const written: (readonly Tally[])[] = [];
    const { count, stop, flush } = collector(async (counts) => void written.push(counts));
    count(webhook);
    count(webhook);
    count({ ...webhook, psp: 'paddle' });
    expect(written).toEqual([]);
    await flush();
    await flush();
    await stop();
    expect(written).toEqual([
      [
        { ...row, count: 2 },
        { ...row, psp: 'paddle', count: 1 },
      ],
    ]);
  });

  it('are written at the end', async () => {
    const written: (readonly Tally[])[] = [];
    const { count, stop } = collector(async (counts) => void written.push(counts));
    count(webhook);
    await stop();
    expect(written).toEqual([[{ ...row, count: 1 }]]);
  });

  it('neither fail nor wait with the database, are kept meanwhile, and said once', async () => {
    let isDown = true;
    const written: (readonly Tally[])[] = [];
    const { count, flush, stop, warned } = collector(async (counts) => {
      if (isDown) throw new Error('the database answered: no');
      written.push(counts);
    });
    count(webhook);
    await flush();
    count(webhook);
    await flush();
    expect(warned).toHaveLength(1);
    isDown = false;
    count(webhook);
    await stop();
    expect(written).toEqual([[{ ...row, count: 3 }]]);
  });

  it('tell so many labels apart and no more, since strangers choose them', async () => {
    const written: Tally[] = [];
    const { count, stop } = collector(async (counts) => void written.push(...counts));
    const origin = (index: number): Counted => ({
      ...webhook,
      name: 'refused_origins',
      psp: '',
      label: `https://${index}.example`,
    });
    for (let index = 0; index < labelsPerName + 50; index++) count(origin(index));
    count(origin(3));
    count(webhook);
    await stop();
    expect(written).toHaveLength(labelsPerName + 2);
    expect(written.find(({ label }) => label === otherLabels)).toMatchObject({ count: 50 });
    expect(written.find(({ label }) => label === 'https://3.example')).toMatchObject({ count: 2 });
  });
});

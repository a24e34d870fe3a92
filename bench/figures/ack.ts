/** How many renewals are acknowledged in a second, by how many come at once, and how long one waits for its answer. */
import { each, type Figure, interleaved, type Measuring } from '../figure';
import type { Sent } from '../load/driver';
import type { Goal, Row } from '../results';
import { percentile } from '../statistics';

const goals = {
  postgres: { of: 'ratio', atLeast: 0.9 },
  embedded: { of: 'ratio', atLeast: 0.6 },
} as const satisfies Record<Measuring['stack'], Goal>;
/** Milliseconds, at 64 at once on the embedded stack. */
const slowestAnswer: Goal = { of: 'worst', atMost: 1_000 };

const loads = [
  { atOnce: 1, count: 100 },
  { atOnce: 16, count: 300 },
  { atOnce: 64, count: 500 },
];

/** A look that CI can afford. */
const shortLoads = [{ atOnce: 16, count: 150 }];

export const ack: Figure = {
  name: 'ack',
  stacks: ['embedded', 'postgres'],
  async measure(on) {
    const rows: Row[] = [];
    for (const { atOnce, count } of on.isShort ? shortLoads : loads) {
      on.progress(`ack: ${atOnce} at once`);
      const measured = await interleaved(on, (side) => side.send(side.fleet.renewals(count), atOnce));
      rows.push(...rowsOf(on, atOnce, measured));
    }
    return rows;
  },
};

function rowsOf(
  { stack }: Measuring,
  atOnce: number,
  measured: { readonly ours: readonly Sent[]; readonly bare: readonly Sent[] },
): readonly Row[] {
  const at = `${atOnce} at once`;
  const latency = (name: string, share: number, goal: Goal | null): Row => {
    const values = each(measured, ({ latenciesMs }) => percentile(latenciesMs, share));
    return { name: `${at}, ${name}`, unit: 'ms', ...values, goal };
  };
  const refused = measured.ours.reduce((sum, { statuses }) => sum + (statuses['503'] ?? 0), 0);
  return [
    {
      ...{ name: at, unit: '/s', goal: goals[stack] },
      ...each(measured, ({ acknowledged, elapsedMs }) => (acknowledged * 1_000) / elapsedMs),
      ...(refused === 0 ? {} : { note: `${refused} answers of ours were 503, and sent again` }),
    },
    latency('p50', 0.5, null),
    latency('p99', 0.99, null),
    latency('slowest', 1, stack === 'embedded' && atOnce === 64 ? slowestAnswer : null),
  ];
}

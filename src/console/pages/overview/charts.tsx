/** Day by day: the share that is accounted for, and the time from payment to TikTok. */
import type { CoverageReport } from '../../../application/coverage';
import { LineChart } from '../../parts/chart';
import { percent, seconds } from '../../parts/figures';

export function Charts({ covered: { days } }: { readonly covered: CoverageReport }) {
  const lowest = Math.min(1, ...days.map(({ coverage }) => coverage ?? 1));
  const from = lowest >= 0.9 ? 0.9 : lowest >= 0.5 ? 0.5 : 0;
  const slowest = Math.max(10, ...days.map(({ p95Seconds }) => p95Seconds ?? 0));
  const fastest = Math.min(1, ...days.map(({ p50Seconds }) => p50Seconds ?? 1));
  const names = days.map(({ day }) => day);
  return (
    <>
      <h3>Accounted for</h3>
      <LineChart
        title="Share of payments that were sent or kept back on purpose, by day"
        days={names}
        series={[{ name: 'Accounted for', values: days.map(({ coverage }) => coverage) }]}
        scale={{ kind: 'linear', from, to: 1, ticks: [from, (from + 1) / 2, 1] }}
        format={percent}
      />
      <h3>Payment to TikTok</h3>
      <LineChart
        title="Time from the payment to TikTok’s acceptance, by day"
        days={names}
        series={[
          { name: 'Half within', values: days.map(({ p50Seconds }) => p50Seconds) },
          { name: '95 % within', values: days.map(({ p95Seconds }) => p95Seconds) },
        ]}
        scale={{
          kind: 'log',
          from: Math.max(0.01, Math.min(fastest, 0.5)),
          to: slowest * 1.2,
          ticks: [0.1, 1, 10, 60, 600, 3_600, 36_000, 345_600].filter((tick) => tick >= fastest * 0.9 && tick <= slowest * 1.2),
        }}
        format={seconds}
      />
    </>
  );
}

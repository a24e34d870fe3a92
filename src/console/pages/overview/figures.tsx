/** The large numbers on top of the overview. */
import type { Overview } from '../../../operator/overview';
import { type FigureProps, percent, seconds } from '../../parts/figures';
import { Count, counted } from '../../parts/money';
import { Time } from '../../parts/time';
import type { Context } from '../../route';

export function figures(ctx: Context, { health, period: covered }: Overview, days: number): readonly FigureProps[] {
  const { coverageToday, chargedToday, waiting, held, needsAttention, oldestWaitingAtMs } = health;
  const { p50Seconds, p95Seconds } = covered.latency;
  return [
    {
      label: 'Accounted for today',
      value: coverageToday === null ? '–' : percent(coverageToday),
      note: chargedToday === 0 ? 'no payments yet (UTC)' : `of ${counted(chargedToday, 'payment')} (UTC)`,
      ...toneOf(coverageToday),
    },
    {
      label: `Accounted for in ${days} days`,
      value: covered.coverage === null ? '–' : percent(covered.coverage),
      note: `sent or kept back on purpose, of ${counted(covered.charged.count, 'payment')}`,
      ...toneOf(covered.coverage),
    },
    {
      label: 'Waiting',
      value: <Count value={waiting} />,
      note: (
        <>
          {oldestWaitingAtMs === null ? (
            'nothing waits for TikTok'
          ) : (
            <>
              oldest <Time atMs={oldestWaitingAtMs} nowMs={ctx.nowMs} />
            </>
          )}
          {held > 0 && ` · ${counted(held, 'trial')} more held on purpose`}
        </>
      ),
      href: ctx.href('/purchases', { state: 'pending' }),
    },
    {
      label: 'Needs attention',
      value: <Count value={needsAttention} />,
      note: needsAttention === 0 ? 'nothing was refused' : 'refused, and only you can try again',
      ...(needsAttention === 0 ? {} : { tone: 'bad' as const, href: ctx.href('/attention') }),
    },
    {
      label: 'Payment to TikTok',
      value: p50Seconds === null ? '–' : seconds(p50Seconds),
      note: p95Seconds === null ? 'nothing was sent yet' : `half of them sooner; 95 % within ${seconds(p95Seconds)}`,
    },
  ];
}

/** As the alert on coverage. */
function toneOf(coverage: number | null): { readonly tone?: 'good' | 'warn' | 'bad' } {
  if (coverage === null) return {};
  if (coverage >= 0.98) return { tone: 'good' };
  return { tone: coverage >= 0.9 ? 'warn' : 'bad' };
}

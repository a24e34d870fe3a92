/** From what came in to what TikTok took. */
import type { CoverageReport } from '../../../application/coverage';
import { notAPurchaseWords, suppressedWords, waitingWords, type Words } from '../../../operator/words';
import { Card } from '../../parts/card';
import { ShareBar } from '../../parts/chart';
import { Empty } from '../../parts/empty';
import { Amount, Count, grouped } from '../../parts/money';
import type { Context, Query } from '../../route';

interface FunnelRow {
  readonly what: string;
  readonly term?: string;
  readonly count: number;
  readonly href?: string;
  readonly tone?: 'accent' | 'good' | 'warn' | 'bad' | 'muted';
  readonly note?: string;
}

interface FunnelProps {
  readonly ctx: Context;
  readonly covered: CoverageReport;
  readonly days: number;
}

/** Each payment is in exactly one of the rows below `Payments`. */
export function Funnel({ ctx, covered, days }: FunnelProps) {
  const { funnel } = covered;
  const { webhooks } = funnel;
  const received = webhooks.accepted + webhooks.ignored + webhooks.quarantined;
  const most = Math.max(1, funnel.payments);
  const purchasesOf = (filter: Query): string => ctx.href('/purchases', { ...filter, from: covered.days[0]?.day });
  const rows: readonly FunnelRow[] = [
    ...funnel.keptBack.map(({ reason, count }): FunnelRow => {
      const words = reasonLabel(reason);
      return {
        what: `Kept back: ${words?.label ?? reason}`,
        ...(words === null ? {} : { term: reason, note: words.means }),
        ...{ count, tone: 'muted', href: purchasesOf({ reason }) },
      };
    }),
    ...(covered.skipped > 0
      ? [
          {
            what: 'Skipped by an operator',
            count: covered.skipped,
            tone: 'muted',
            href: purchasesOf({ state: 'skipped' }),
          } as const,
        ]
      : []),
    ...(funnel.held > 0
      ? [
          {
            what: 'Held for now',
            term: 'hold',
            note: waitingWords.hold.means,
            count: funnel.held,
            tone: 'muted',
            href: purchasesOf({ state: 'pending', waiting: 'hold' }),
          } as const,
        ]
      : []),
    { what: 'Sent to TikTok', count: funnel.sent, tone: 'good', href: purchasesOf({ state: 'sent' }) },
    { what: 'Waiting', count: funnel.waiting, tone: 'accent', href: purchasesOf({ state: 'pending' }) },
    { what: 'Needs attention', count: funnel.failed, tone: 'bad', href: ctx.href('/attention') },
  ];
  return (
    <Card title={`What became of payments in ${days} days`}>
      <p class="funnel-in">
        <strong>{grouped(String(received))}</strong> {received === 1 ? 'webhook' : 'webhooks'} came in:{' '}
        {grouped(String(webhooks.accepted))} with something to tell, {grouped(String(webhooks.ignored))} not needed
        {webhooks.quarantined > 0 && (
          <>
            , <a href={ctx.href('/quarantine')}>{grouped(String(webhooks.quarantined))} unreadable</a>
          </>
        )}
        .{' '}
        {webhooks.refused > 0 && `${grouped(String(webhooks.refused))} more ${webhooks.refused === 1 ? 'was' : 'were'} refused. `}
        {webhooks.unavailable > 0 &&
          `${grouped(String(webhooks.unavailable))} could not be stored and ${webhooks.unavailable === 1 ? 'was' : 'were'} sent again.`}
      </p>
      {funnel.payments === 0 ? (
        <Empty title="No payments in this time" action={<a href={ctx.href('/providers')}>Providers</a>}>
          What providers charged, and how much of it went to TikTok, will stand here. Samples do not count.
        </Empty>
      ) : (
        <dl class="funnel">
          <div class="funnel-head">
            <dt>Payments</dt>
            <dd>
              <Count value={funnel.payments} />
            </dd>
            <dd class="funnel-amounts">
              {covered.charged.amounts.map(({ currency, amount }) => (
                <Amount amount={amount} currency={currency} />
              ))}
            </dd>
          </div>
          {rows.map(({ what, term, count, tone = 'accent', href, note }) => (
            <div>
              <dt {...(note === undefined ? {} : { title: note })}>
                {count > 0 && href !== undefined ? <a href={href}>{what}</a> : what}{' '}
                {term !== undefined && <code class="term">{term}</code>}
              </dt>
              <dd>
                <Count value={count} />
              </dd>
              <dd class="funnel-bar">
                <ShareBar share={count / most} tone={tone} />
              </dd>
            </div>
          ))}
        </dl>
      )}
    </Card>
  );
}

function reasonLabel(reason: string): Words | null {
  const all: Readonly<Record<string, Words>> = { ...suppressedWords, ...notAPurchaseWords };
  return Object.hasOwn(all, reason) ? (all[reason] ?? null) : null;
}

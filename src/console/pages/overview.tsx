/** How much of what was charged is accounted for at TikTok, what stands in the way, and how it went from day to day. */
import { z } from 'zod';
import type { CoverageReport } from '../../application/coverage';
import type { Alert } from '../../store';
import { type Overview, overview, type ProviderHealth } from '../../operator/overview';
import { notAPurchaseWords, suppressedWords, type Words } from '../../operator/words';
import { Banner } from '../parts/banner';
import { Card } from '../parts/card';
import { LineChart, ShareBar } from '../parts/chart';
import { Empty } from '../parts/empty';
import { Figures, type FigureProps, percent, seconds } from '../parts/figures';
import { ObstacleBanners } from '../parts/health-strip';
import { Amount, Count, grouped } from '../parts/money';
import { Table } from '../parts/table';
import { Tabs } from '../parts/tabs';
import { Time } from '../parts/time';
import { type Answer, type Context, page } from '../route';
import { firstStart } from './first-start';

export const overviewPage = page({
  path: '/',
  title: 'Overview',
  section: 'overview',
  async render(ctx): Promise<Answer> {
    const { days } = ctx.query(period);
    const shown = await overview(ctx.deps, ctx.integration, days);
    return (await firstStart(ctx, shown)) ?? <OverviewContent ctx={ctx} shown={shown} days={days} />;
  },
});

/** The days that can be chosen. */
const periods = [7, 30, 90] as const;
export const period = z.strictObject({
  days: z.enum(['7', '30', '90'], 'must be 7, 30 or 90').transform(Number).default(30),
});

export function PeriodTabs({ ctx, path, days }: { readonly ctx: Context; readonly path: string; readonly days: number }) {
  const tabs = periods.map((each) => ({ label: `${each} days`, href: ctx.href(path, { days: each }), current: each === days }));
  return <Tabs label="Period" tabs={tabs} />;
}

interface ContentProps {
  readonly ctx: Context;
  readonly shown: Overview;
  readonly days: number;
}

function OverviewContent({ ctx, shown, days }: ContentProps) {
  const { health, period: covered, providers, refusedOrigins } = shown;
  return (
    <>
      <ObstacleBanners ctx={ctx} obstacles={health.obstacles} />
      {refusedOrigins.length > 0 && <RefusedOrigins ctx={ctx} origins={refusedOrigins} />}
      <Alerts ctx={ctx} alerts={health.openAlerts} />
      <Figures figures={figures(ctx, shown, days)} />
      <PeriodTabs ctx={ctx} path="/" days={days} />
      <div class="columns">
        <Funnel ctx={ctx} covered={covered} days={days} />
        <Card title="Day by day">
          <Charts covered={covered} />
        </Card>
      </div>
      <Providers ctx={ctx} providers={providers} covered={covered} />
    </>
  );
}

function figures(ctx: Context, { health, period: covered }: Overview, days: number): readonly FigureProps[] {
  const { coverageToday, chargedToday, waiting, needsAttention, oldestWaitingAtMs } = health;
  const { p50Seconds, p95Seconds } = covered.latency;
  return [
    {
      label: 'Accounted for today',
      value: coverageToday === null ? '–' : percent(coverageToday),
      note: chargedToday === 0 ? 'no payments yet (UTC)' : `of ${payments(chargedToday)} (UTC)`,
      ...toneOf(coverageToday),
    },
    {
      label: `Accounted for in ${days} days`,
      value: covered.coverage === null ? '–' : percent(covered.coverage),
      note: `sent or kept back on purpose, of ${payments(covered.charged.count)}`,
      ...toneOf(covered.coverage),
    },
    {
      label: 'Waiting',
      value: <Count value={waiting} />,
      note:
        oldestWaitingAtMs === null ? (
          'nothing waits for TikTok'
        ) : (
          <>
            oldest <Time atMs={oldestWaitingAtMs} nowMs={ctx.nowMs} />
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

function RefusedOrigins({ ctx, origins }: { readonly ctx: Context; readonly origins: Overview['refusedOrigins'] }) {
  const total = origins.reduce((sum, { count }) => sum + count, 0);
  const [latest] = origins;
  return (
    <Banner tone="warn" title={`${grouped(String(total))} calls of pages were refused in the last 7 days.`}>
      {origins.slice(0, 3).map(({ origin }, index) => (
        <>
          {index > 0 && ', '}
          <code>{origin}</code>
        </>
      ))}
      {origins.length > 3 && ` and ${origins.length - 3} more`} {origins.length === 1 ? 'is' : 'are'} not in{' '}
      <code>ALLOWED_ORIGINS</code>. If these are your pages, add them there and restart; else nothing is wrong.
      {latest && (
        <>
          {' '}
          Last <Time atMs={latest.lastAtMs} nowMs={ctx.nowMs} />.
        </>
      )}
    </Banner>
  );
}

function Alerts({ ctx, alerts }: { readonly ctx: Context; readonly alerts: readonly Alert[] }) {
  if (alerts.length === 0) return null;
  return (
    <Card id="alerts" title={alerts.length === 1 ? '1 open alert' : `${alerts.length} open alerts`}>
      <ul class="alerts">
        {alerts.map((alert) => (
          <li>
            <span aria-hidden="true">⚠</span>{' '}
            <span>
              {upperFirst(alert.message)}. Since <Time atMs={alert.openedAtMs} nowMs={ctx.nowMs} />.{' '}
              <a href={ctx.href(whereToLook[alert.kind])}>Look</a>
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

const whereToLook: Readonly<Record<Alert['kind'], string>> = {
  needs_attention: '/attention',
  backlog_age: '/purchases',
  provider_silent: '/providers',
  coverage: '/purchases',
  refused_signatures: '/providers',
};

interface FunnelRow {
  readonly what: string;
  readonly term?: string;
  readonly count: number;
  readonly href?: string;
  readonly indent?: boolean;
  readonly tone?: 'accent' | 'good' | 'warn' | 'bad' | 'muted';
  readonly note?: string;
}

/** From what came in to what TikTok took. Each payment is in exactly one of the rows below `Payments`. */
function Funnel({ ctx, covered, days }: { readonly ctx: Context; readonly covered: CoverageReport; readonly days: number }) {
  const { funnel } = covered;
  const { webhooks } = funnel;
  const received = webhooks.accepted + webhooks.ignored + webhooks.quarantined;
  const most = Math.max(1, funnel.payments);
  const rows: readonly FunnelRow[] = [
    ...funnel.keptBack.map(({ reason, count }): FunnelRow => {
      const words = reasonLabel(reason);
      return {
        what: `Kept back: ${words?.label ?? reason}`,
        ...(words === null ? {} : { term: reason, note: words.means }),
        ...{ count, tone: 'muted', href: ctx.href('/purchases', { reason }) },
      };
    }),
    ...(covered.skipped > 0
      ? [
          {
            what: 'Skipped by an operator',
            count: covered.skipped,
            tone: 'muted',
            href: ctx.href('/purchases', { state: 'skipped' }),
          } as const,
        ]
      : []),
    { what: 'Sent to TikTok', count: funnel.sent, tone: 'good', href: ctx.href('/purchases', { state: 'sent' }) },
    { what: 'Waiting', count: funnel.waiting, tone: 'accent', href: ctx.href('/purchases', { state: 'pending' }) },
    { what: 'Needs attention', count: funnel.failed, tone: 'bad', href: ctx.href('/attention') },
  ];
  return (
    <Card title={`What became of payments in ${days} days`}>
      <p class="funnel-in">
        <strong>{grouped(String(received))}</strong> webhooks came in: {grouped(String(webhooks.accepted))} with something to
        tell, {grouped(String(webhooks.ignored))} not needed
        {webhooks.quarantined > 0 && (
          <>
            , <a href={ctx.href('/quarantine')}>{grouped(String(webhooks.quarantined))} unreadable</a>
          </>
        )}
        . {webhooks.refused > 0 && `${grouped(String(webhooks.refused))} more were refused. `}
        {webhooks.unavailable > 0 && `${grouped(String(webhooks.unavailable))} could not be stored and were sent again.`}
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

function Charts({ covered: { days } }: { readonly covered: CoverageReport }) {
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

interface ProvidersProps {
  readonly ctx: Context;
  readonly providers: readonly ProviderHealth[];
  readonly covered: CoverageReport;
}

function Providers({ ctx, providers, covered }: ProvidersProps) {
  return (
    <Card title="Providers" actions={<a href={ctx.href('/providers')}>Set-up and refused webhooks</a>}>
      {providers.length === 0 ? (
        <Empty
          title="No provider is on"
          action={
            <a class="button button-primary" href={ctx.href('/providers')}>
              Set one up
            </a>
          }
        >
          A payment provider tells this service of every payment by webhook.
        </Empty>
      ) : (
        <Table<ProviderHealth>
          caption="Providers: last webhook, last check, coverage"
          rows={providers}
          columns={[
            { title: 'Provider', cell: ({ psp }) => <a href={ctx.href('/purchases', { psp })}>{psp}</a> },
            { title: 'Last webhook', cell: ({ lastWebhook }) => <LastWebhook ctx={ctx} last={lastWebhook} /> },
            { title: 'Last check', cell: ({ lastCheck }) => <LastCheck ctx={ctx} last={lastCheck} /> },
            {
              title: 'Payments',
              numeric: true,
              cell: ({ psp }) => <Count value={covered.psps.find((each) => each.psp === psp)?.charged.count ?? 0} />,
            },
            {
              title: 'Accounted for',
              numeric: true,
              cell: ({ psp }) => {
                const share = covered.psps.find((each) => each.psp === psp)?.coverage ?? null;
                return share === null ? '–' : percent(share);
              },
            },
            {
              title: 'Refused signatures, 7 days',
              numeric: true,
              cell: ({ refusedSignatures, refusedReason }) =>
                refusedSignatures === 0 ? '0' : <span title={refusedReason ?? ''}>⚠ {grouped(String(refusedSignatures))}</span>,
            },
          ]}
        />
      )}
    </Card>
  );
}

function LastWebhook({ ctx, last }: { readonly ctx: Context; readonly last: ProviderHealth['lastWebhook'] }) {
  if (last === null) return <>none in 30 days</>;
  return (
    <>
      <Time atMs={last.receivedAtMs} nowMs={ctx.nowMs} /> <span class="muted">{webhookWords[last.outcome] ?? last.outcome}</span>
    </>
  );
}

const webhookWords: Readonly<Record<string, string>> = {
  accepted: 'taken in',
  ignored: 'not needed',
  quarantined: 'unreadable, kept',
};

function LastCheck({ ctx, last }: { readonly ctx: Context; readonly last: ProviderHealth['lastCheck'] }) {
  if (last === null) return <span class="muted">none: needs an API key</span>;
  const { error, found } = last.summary;
  return (
    <>
      <Time atMs={last.finishedAtMs} nowMs={ctx.nowMs} />{' '}
      <span class="muted">
        {error !== null ? <span title={error}>⚠ failed</span> : found === 0 ? 'nothing missed' : `${found} found`}
      </span>
    </>
  );
}

function payments(count: number): string {
  return count === 1 ? '1 payment' : `${grouped(String(count))} payments`;
}

function upperFirst(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

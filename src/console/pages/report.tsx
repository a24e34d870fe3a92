/** The account over a period: what providers charged, what became of it to the cent, and what they have that we do not. */
import { z } from 'zod';
import { type ReportQuery, type ReportRow, type Total, report, reportCsv, rowsOf } from '../../application/accounting-report';
import { purchasesCsv } from '../../application/purchases-csv';
import { compact } from '../../domain/compact';
import { type PurchaseState, purchaseStates } from '../../domain/purchase';
import { accountOf, startBackfill } from '../../operator/checks';
import { accountQuery, periodOf } from '../../operator/report-query';
import { isoInstant } from '../../operator/request';
import { stateWords } from '../../operator/words';
import type { TimeWindow } from '../../psp/adapter';
import type { PurchaseFilter } from '../../store';
import { Banner } from '../parts/banner';
import { Card } from '../parts/card';
import { Confirm } from '../parts/confirm';
import { Empty } from '../parts/empty';
import { Field, Select } from '../parts/form';
import { Id } from '../parts/id';
import { Amount, Count, counted } from '../parts/money';
import { providerName } from '../parts/provider-name';
import { type Column, Table } from '../parts/table';
import { exactTime } from '../parts/time';
import { action, type Answer, type Context, download, fragment, page, type Query, redirect } from '../route';

type Filter = Omit<PurchaseFilter, 'limit'>;

interface Asked {
  readonly period: TimeWindow;
  readonly psp: string | undefined;
  /** The same, for addresses. */
  readonly query: Query;
}

/** What providers have is asked for by the page itself, once it stands: their answers take seconds. */
export const reportPage = page({
  path: '/report',
  title: 'Report',
  section: 'report',
  async render(ctx): Promise<Answer> {
    const asked = askedOf(ctx);
    const { integration, deps } = ctx;
    const { psp, period } = asked;
    const rows = rowsOf(
      await deps.report.purchases.sums(
        compact<Parameters<typeof deps.report.purchases.sums>[0]>({ integration, psp, ...period }),
      ),
    );
    const missingAddress = ctx.href('/report/missing', asked.query);
    return (
      <>
        <PeriodForm ctx={ctx} asked={asked} />
        <Card
          title={`${exactTime(period.fromMs)} to ${exactTime(period.toMs)}`}
          actions={
            <>
              <a class="button" href={ctx.href('/report/sums.csv', asked.query)}>
                Sums as CSV
              </a>
              <a class="button" href={ctx.href('/report/payments.csv', asked.query)}>
                Payments as CSV
              </a>
            </>
          }
        >
          <Sums ctx={ctx} rows={rows} asked={asked} />
        </Card>
        <Card title="What the providers have" id="missing">
          <div hx-get={missingAddress} hx-trigger="load" hx-swap="outerHTML">
            <p class="muted">
              The payments of this period are compared with the providers’ own lists. <a href={missingAddress}>Compare now</a>
            </p>
          </div>
        </Card>
      </>
    );
  },
});

export const missingPage = page({
  path: '/report/missing',
  title: 'What the providers have',
  section: 'report',
  async render(ctx): Promise<Answer> {
    const content = await missingContent(ctx, askedOf(ctx));
    return ctx.isHtmx ? fragment(content) : content;
  },
});

export const sumsCsvPage = page({
  path: '/report/sums.csv',
  title: 'Sums',
  section: 'report',
  async render(ctx): Promise<Answer> {
    const { period, psp } = askedOf(ctx);
    const made = await report(
      ctx.deps.report,
      compact<ReportQuery>({ integration: ctx.integration, ...period, psp, nowMs: ctx.nowMs }),
    );
    return download('report.csv', 'text/csv', reportCsv(made));
  },
});

export const paymentsCsvPage = page({
  path: '/report/payments.csv',
  title: 'Payments',
  section: 'report',
  async render(ctx): Promise<Answer> {
    const { period, psp } = askedOf(ctx);
    const filter = compact<Filter>({ integration: ctx.integration, ...period, withoutSamples: true, psp });
    return download('payments.csv', 'text/csv', purchasesCsv(ctx.deps.purchases, filter));
  },
});

/** Reads the provider's account over the period again, as a backfill. */
export const fetchMissing = action({
  path: '/report/fetch',
  page: reportPage,
  form: z.strictObject({ psp: z.string(), from: isoInstant, to: isoInstant }),
  async run({ deps, integration, operator, href }, { psp, from, to }) {
    const account = accountOf(deps, integration, psp);
    const how = { rememberFirstPurchases: false, dryRun: false };
    await startBackfill(deps, account, { by: operator.name, fromMs: from, toMs: to, ...how });
    return redirect(
      href('/report', { from: new Date(from).toISOString(), to: new Date(to).toISOString() }),
      `${providerName(psp)} is being read over this period. What is found appears among the purchases within minutes.`,
    );
  },
});

function askedOf(ctx: Context): Asked {
  // A form that was refused shows its page without the query that led there.
  const query = ctx.refused === null ? ctx.query(accountQuery) : {};
  const period = periodOf(query, ctx.nowMs);
  const { psp } = query;
  return { period, psp, query: { psp, from: new Date(period.fromMs).toISOString(), to: new Date(period.toMs).toISOString() } };
}

function PeriodForm({ ctx, asked }: { readonly ctx: Context; readonly asked: Asked }) {
  const { period, psp = '' } = asked;
  const providers = ctx.deps.report.psps(ctx.integration).map((name) => ({ value: name, label: providerName(name) }));
  return (
    <form method="get" action="/console/report" class="filters">
      {ctx.integrations.length > 1 && <input type="hidden" name="integration" value={ctx.integration} />}
      <Field name="from" label="From" type="date" value={day(period.fromMs)} />
      <Field name="to" label="Before" type="date" value={day(period.toMs + 86_399_999)} />
      <Field
        name="psp"
        label="Provider"
        control={(attributes) => (
          <Select attributes={attributes} value={psp} options={[{ value: '', label: 'All providers' }, ...providers]} />
        )}
      />
      <button class="button button-primary">Show</button>
    </form>
  );
}

interface SumsProps {
  readonly ctx: Context;
  readonly rows: readonly ReportRow[];
  readonly asked: Asked;
}

/** A cell leads to the payments behind it. */
function Sums({ ctx, rows, asked }: SumsProps) {
  if (rows.length === 0)
    return (
      <Empty title="No payments in this period">
        Each provider’s payments stand here by what became of them, so that the sums can be held against the provider’s own.
        Samples do not count. Choose another period, or see under Providers whether their webhooks arrive.
      </Empty>
    );
  const column = (title: string, of: (row: ReportRow) => Total, state: PurchaseState | null): Column<ReportRow> => ({
    title,
    numeric: true,
    cell: (row) => {
      const { count, amount } = of(row);
      if (count === 0) return <span class="muted">0</span>;
      return (
        <a class="sum" href={ctx.href('/purchases', { ...asked.query, psp: row.psp, state })}>
          <Amount amount={amount} currency={row.currency} />
          <span class="muted">
            <Count value={count} /> {count === 1 ? 'payment' : 'payments'}
          </span>
        </a>
      );
    },
  });
  const shown = purchaseStates.filter((state) => rows.some((row) => row[state].count > 0));
  const columns: readonly Column<ReportRow>[] = [
    { title: 'Provider', cell: ({ psp, currency }) => `${providerName(psp)}, ${currency}` },
    column('Charged', ({ charged }) => charged, null),
    ...shown.map((state) => column(stateWords[state].label, (row) => row[state], state)),
  ];
  const failed = rows.reduce((sum, row) => sum + row.failed.count, 0);
  return (
    <>
      <Table caption="Charged, and what became of it" columns={columns} rows={rows} />
      <p class="muted">
        Charged is the sum of the columns after it; samples are left out.
        {failed > 0 && ` ${counted(failed, 'charge')} failed and charged nothing.`}
      </p>
    </>
  );
}

async function missingContent(ctx: Context, { period, psp }: Asked) {
  const { integration, deps, nowMs } = ctx;
  const { missing, unchecked } = await report(deps.report, compact<ReportQuery>({ integration, ...period, psp, nowMs }));
  const names = [...new Set(missing.map((one) => one.psp))];
  return (
    <div class="stack">
      {names.map((name) => (
        <MissingAt
          ctx={ctx}
          period={period}
          psp={name}
          ids={missing.filter((one) => one.psp === name).map((one) => one.moneyId)}
        />
      ))}
      {missing.length === 0 && (
        <p>
          {unchecked.length === 0
            ? '✓ Nothing is missing: each payment that the providers list is here.'
            : 'Nothing is missing where the providers could be asked.'}
        </p>
      )}
      {unchecked.map((one) => (
        <Banner tone="warn" title={`${providerName(one.psp)} is not compared:`}>
          {one.reason}
        </Banner>
      ))}
    </div>
  );
}

interface MissingProps {
  readonly ctx: Context;
  readonly period: TimeWindow;
  readonly psp: string;
  readonly ids: readonly string[];
}

function MissingAt({ ctx, period, psp, ids }: MissingProps) {
  const many = counted(ids.length, 'payment');
  return (
    <div class="stack">
      <Banner
        tone="bad"
        title={`${providerName(psp)} has ${many} of this period that ${ids.length === 1 ? 'is' : 'are'} not here.`}
        action={
          <Confirm
            ctx={ctx}
            label={`Fetch ${ids.length === 1 ? 'it' : 'them'}`}
            action={ctx.href('/report/fetch')}
            confirmLabel="Read the account again"
            fields={
              <>
                <input type="hidden" name="psp" value={psp} />
                <input type="hidden" name="from" value={new Date(period.fromMs).toISOString()} />
                <input type="hidden" name="to" value={new Date(period.toMs).toISOString()} />
              </>
            }
          >
            Reads {providerName(psp)}’s account over this period and takes in the {many}. TikTok is told of those that are younger
            than the settings’ age limit; the others are recorded as kept back, too old. What is here already does not change.
          </Confirm>
        }
      />
      <ul class="ids">
        {ids.slice(0, 100).map((id) => (
          <li>
            <Id id={id} length={40} />
          </li>
        ))}
      </ul>
      {ids.length > 100 && <p class="muted">and {ids.length - 100} more: the CSV of the sums names all of them.</p>}
    </div>
  );
}

function day(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}

/** Checks: how the looks at providers' accounts stand, one more look now, and a range of the past. */
import { z } from 'zod';
import { manifests } from '../../psp';
import {
  accountOf,
  backfillViews,
  type BackfillView,
  cancelBackfill,
  checkView,
  type CheckView,
  findBackfill,
  startBackfill,
  startCheck,
} from '../../operator/checks';
import { isoInstant } from '../../operator/request';
import type { AccountRef } from '../../../workflows/contract';
import { Card, Facts } from '../parts/card';
import { Confirm } from '../parts/confirm';
import { Empty } from '../parts/empty';
import { Check, Field, Form, Select } from '../parts/form';
import { grouped } from '../parts/money';
import { Progress } from '../parts/progress';
import { Chip } from '../parts/state';
import { Time } from '../parts/time';
import { action, type Context, fragment, page, redirect } from '../route';

export const checksPage = page({
  path: '/checks',
  title: 'Checks',
  section: 'checks',
  async render(ctx) {
    const accounts = ctx.deps.checkedAccounts().filter(({ integration }) => integration === ctx.integration);
    if (accounts.length === 0) return <NoKey ctx={ctx} />;
    const { backfill } = ctx.query(z.object({ backfill: z.string().max(500).optional() }));
    const [checks, backfills] = await Promise.all([
      Promise.all(accounts.map((account) => checkView(ctx.deps, account))),
      backfillsOf(ctx, accounts, backfill),
    ]);
    return (
      <>
        <p class="muted">
          Every 10 minutes each provider is asked what happened since the last look, so that a webhook that was lost loses no
          purchase.
        </p>
        {checks.map((check) => (
          <CheckCard ctx={ctx} check={check} />
        ))}
        <BackfillCard ctx={ctx} accounts={accounts} backfills={backfills} />
      </>
    );
  },
});

function NoKey({ ctx }: { readonly ctx: Context }) {
  return (
    <Empty
      title="No provider can be asked yet"
      action={
        <a class="button button-primary" href={ctx.href('/providers')}>
          Enter an API key
        </a>
      }
    >
      With an API key a provider is asked every 10 minutes for payments whose webhook was lost, and can be read back over any
      range of dates. Webhooks work without one.
    </Empty>
  );
}

/** A backfill of one account. */
interface Backfill extends BackfillView {
  readonly psp: string;
}

/** The lists of Temporal lag behind a start, so the one that the address names is asked for by itself. Newest first. */
async function backfillsOf(ctx: Context, accounts: readonly AccountRef[], named?: string): Promise<readonly Backfill[]> {
  const found = await Promise.all(
    accounts.map(async (account) => {
      const [listed, one] = await Promise.all([
        backfillViews(ctx.deps, account),
        named === undefined ? null : findBackfill(ctx.deps, account, named),
      ]);
      const isListed = listed.some(({ workflowId }) => workflowId === one?.workflowId);
      return (one && !isListed ? [one, ...listed] : listed).map((view) => ({ ...view, psp: account.psp }));
    }),
  );
  return found.flat().sort((a, b) => Date.parse(b.startedAt) - Date.parse(a.startedAt));
}

interface CheckProps {
  readonly ctx: Context;
  readonly check: CheckView;
}

/** Asked for again every two seconds while the check runs. */
function CheckCard({ ctx, check }: CheckProps) {
  const { psp, state, since, window, done, found, polled, unreadable, nextAt, last, temporalUrl } = check;
  const isRunning = state === 'running';
  const notes = last?.notes ?? [];
  return (
    <div id={`check-${psp}`} {...pollingOf(isRunning, ctx.href(`/checks/${psp}`))}>
      <Card
        title={
          <>
            {labelOf(psp)} <CheckState state={state} />
          </>
        }
        actions={
          <>
            {temporalUrl !== null && (
              <a href={temporalUrl} rel="noreferrer">
                Open in the Temporal UI
              </a>
            )}
            {!isRunning && <RunNow ctx={ctx} psp={psp} />}
          </>
        }
      >
        {isRunning && (
          <Progress label={`Reading what happened at ${labelOf(psp)}; payments and changes so far:`} done={done} total={null} />
        )}
        <Facts
          facts={[
            [isRunning ? 'Began' : 'Last', since === null ? 'none has run' : <At ctx={ctx} iso={since} />],
            ['Next', nextAt === null ? 'its Schedule is paused' : <At ctx={ctx} iso={nextAt} />],
            ...(window === null ? [] : [['Asked for', <Range ctx={ctx} window={window} />] as const]),
            ...(since === null
              ? []
              : ([
                  ['Read', counted(done, 'payment or change', 'payments and changes')],
                  ['Found', `${counted(found, 'payment', 'payments')} that no webhook had brought`],
                  ['Overdue, asked for', counted(polled, 'subscription', 'subscriptions')],
                  ['Unreadable', <Unreadable ctx={ctx} count={unreadable} />],
                ] as const)),
          ]}
        />
        <LastError error={check.lastError} label={labelOf(psp)} isTriedAgain={isRunning} />
        <Notes notes={notes} />
      </Card>
    </div>
  );
}

const checkStates: Readonly<Record<CheckView['state'], StateWords>> = {
  running: { tone: 'accent', mark: '⏳', label: 'Running' },
  idle: { tone: 'good', mark: '✓', label: 'All read' },
  failed: { tone: 'bad', mark: '⚠', label: 'The last one failed' },
  never: { tone: 'muted', mark: '○', label: 'Not run yet' },
};

interface StateWords {
  readonly tone: string;
  readonly mark: string;
  readonly label: string;
}

function CheckState({ state }: { readonly state: CheckView['state'] }) {
  const { label, ...look } = checkStates[state];
  return <Chip {...look}>{label}</Chip>;
}

function RunNow({ ctx, psp }: { readonly ctx: Context; readonly psp: string }) {
  if (ctx.operator.role !== 'operator') return null;
  return (
    <Form ctx={ctx} action={ctx.href(`/checks/${psp}`)}>
      <button class="button">Run now</button>
    </Form>
  );
}

function At({ ctx, iso }: { readonly ctx: Context; readonly iso: string }) {
  return <Time atMs={Date.parse(iso)} nowMs={ctx.nowMs} />;
}

/** Whole days as days, otherwise to the second. */
function Range({ ctx, window: { from, to } }: { readonly ctx: Context; readonly window: BackfillView['window'] }) {
  const isDays = [from, to].every((iso) => iso.endsWith('T00:00:00.000Z'));
  if (isDays) return <>{`${from.slice(0, 10)} to before ${to.slice(0, 10)} (UTC)`}</>;
  return (
    <>
      <Time atMs={Date.parse(from)} nowMs={ctx.nowMs} exact /> to <Time atMs={Date.parse(to)} nowMs={ctx.nowMs} exact />
    </>
  );
}

function Unreadable({ ctx, count }: { readonly ctx: Context; readonly count: number }) {
  if (count === 0) return <>none</>;
  return <a href={ctx.href('/quarantine')}>{counted(count, 'thing', 'things')}: in quarantine, nothing is lost</a>;
}

interface LastErrorProps {
  readonly error: string | null;
  /** Of the provider. */
  readonly label: string;
  readonly isTriedAgain: boolean;
}

/** The provider's refusal of a key has a cure; the rest is said as it was told. */
function LastError({ error, label, isTriedAgain }: LastErrorProps) {
  if (error === null) return null;
  const isKey = error.includes('PspUnauthorized');
  return (
    <p class="error">
      {isKey
        ? `${label} refuses the API key: enter another one under Providers.`
        : isTriedAgain
          ? `${label} could not be asked, and is asked again.`
          : 'It did not get to its end; the next one begins where this one did.'}{' '}
      <span class="muted">({error})</span>
    </p>
  );
}

function Notes({ notes }: { readonly notes: readonly string[] }) {
  if (notes.length === 0) return null;
  return (
    <>
      <h3>What the provider could not be asked for</h3>
      <ul>
        {notes.map((note) => (
          <li>{note}</li>
        ))}
      </ul>
    </>
  );
}

interface BackfillCardProps {
  readonly ctx: Context;
  readonly accounts: readonly AccountRef[];
  readonly backfills: readonly Backfill[];
}

function BackfillCard({ ctx, accounts, backfills }: BackfillCardProps) {
  return (
    <Card title="A range of the past" id="backfill">
      <p>
        Reads a provider’s account over a range of dates, as after an outage or before the first start. It is counted first, and
        taken in only when you say so. What is too old to be sent is recorded, and not sent.
      </p>
      {ctx.operator.role === 'operator' && (
        <Form ctx={ctx} action={ctx.href('/checks/backfill')} class="filters">
          <Field
            name="psp"
            label="Provider"
            ctx={ctx}
            control={(attributes) => (
              <Select
                attributes={attributes}
                value={ctx.refused?.values['psp'] ?? ''}
                options={accounts.map(({ psp }) => ({ value: psp, label: labelOf(psp) }))}
              />
            )}
          />
          <Field name="from" label="From (UTC)" type="date" required ctx={ctx} />
          <Field name="to" label="Before (UTC)" type="date" required ctx={ctx} />
          <button class="button button-primary">Count first</button>
        </Form>
      )}
      {backfills.length === 0 ? (
        <p class="muted">None has run lately.</p>
      ) : (
        <ul class="tasks" aria-label="The running and the latest backfills">
          {backfills.map((backfill) => (
            <BackfillItem ctx={ctx} backfill={backfill} />
          ))}
        </ul>
      )}
    </Card>
  );
}

interface BackfillProps {
  readonly ctx: Context;
  readonly backfill: Backfill;
}

/** Asked for again every two seconds while it runs. */
function BackfillItem({ ctx, backfill }: BackfillProps) {
  const { psp, workflowId, state, window, dryRun, done, startedAt, endedAt, temporalUrl, lastError, notes } = backfill;
  const isRunning = state === 'running';
  const { label, ...look } = taskStates[state];
  return (
    <li class="task" {...pollingOf(isRunning, ctx.href(`/checks/${psp}/backfill`, { id: workflowId }))}>
      <div class="task-head">
        <Chip {...look}>{label}</Chip>
        <strong>
          {labelOf(psp)}, <Range ctx={ctx} window={window} />
        </strong>
        <span class="muted">
          {dryRun ? 'counted only' : 'taken in'}, {endedAt === null ? 'began' : 'ended'}{' '}
          <At ctx={ctx} iso={endedAt ?? startedAt} />
        </span>
        {temporalUrl !== null && (
          <a href={temporalUrl} rel="noreferrer">
            Temporal UI
          </a>
        )}
        {isRunning && <CancelBackfill ctx={ctx} backfill={backfill} />}
      </div>
      {isRunning && <Progress label={`Reading; payments and changes so far:`} done={done} total={null} />}
      <Result ctx={ctx} backfill={backfill} />
      <LastError error={lastError} label={labelOf(psp)} isTriedAgain={isRunning} />
      <Notes notes={notes} />
    </li>
  );
}

const taskStates: Readonly<Record<BackfillView['state'], StateWords>> = {
  running: { tone: 'accent', mark: '⏳', label: 'Running' },
  done: { tone: 'good', mark: '✓', label: 'Done' },
  cancelled: { tone: 'muted', mark: '–', label: 'Cancelled' },
  failed: { tone: 'bad', mark: '⚠', label: 'Failed' },
};

function Result({ ctx, backfill }: BackfillProps) {
  const { dryRun, done, found, unreadable, state } = backfill;
  return (
    <div>
      <p>
        {counted(done, 'payment or change', 'payments and changes')} read
        {dryRun ? '' : `, ${counted(found, 'payment', 'payments')} of them not known before`}
        {unreadable > 0 && (
          <>; unreadable: {dryRun ? counted(unreadable, 'thing', 'things') : <Unreadable ctx={ctx} count={unreadable} />}</>
        )}
        .{dryRun && ` It would ${wouldDo(backfill)}.`}
      </p>
      {dryRun && state === 'done' && <TakeIn ctx={ctx} backfill={backfill} />}
    </div>
  );
}

/** `send 12 purchases, and record 3 as too old and 1 as no purchase`. */
function wouldDo({ wouldSend, wouldRecordAsTooOld, wouldRecordAsNoPurchase }: BackfillView): string {
  const number = (count: number | null): string => grouped(String(count ?? 0));
  return `send ${counted(wouldSend ?? 0, 'purchase', 'purchases')} at most, and record ${number(wouldRecordAsTooOld)} as too old and ${number(wouldRecordAsNoPurchase)} as no purchase`;
}

function TakeIn({ ctx, backfill }: BackfillProps) {
  const { psp, window } = backfill;
  return (
    <Confirm
      ctx={ctx}
      label="Read and take in"
      action={ctx.href('/checks/backfill/take-in')}
      fields={
        <>
          <input type="hidden" name="psp" value={psp} />
          <input type="hidden" name="from" value={window.from} />
          <input type="hidden" name="to" value={window.to} />
          <Check
            name="rememberFirstPurchases"
            label="Remember first purchases"
            checked={false}
            help="What is too old to be sent still counts as its buyer’s first purchase, so that Limit Purchase Events knows earlier buyers."
          />
        </>
      }
    >
      <p>
        Reads {labelOf(psp)}, <Range ctx={ctx} window={window} />, again and takes in what is not known. By the count it would{' '}
        {wouldDo(backfill)}. The limit, the policy and consent may keep more of them back.
      </p>
    </Confirm>
  );
}

function CancelBackfill({ ctx, backfill: { psp, workflowId } }: BackfillProps) {
  if (ctx.operator.role !== 'operator') return null;
  return (
    <Form ctx={ctx} action={ctx.href(`/checks/${psp}/backfill/cancel`)}>
      <input type="hidden" name="workflowId" value={workflowId} />
      <button class="button">Cancel</button>
    </Form>
  );
}

export const checkProgressPage = page({
  path: '/checks/:psp',
  title: 'Check',
  section: 'checks',
  async render(ctx) {
    const check = await checkView(ctx.deps, accountOf(ctx.deps, ctx.integration, ctx.part('psp')));
    const card = <CheckCard ctx={ctx} check={check} />;
    return ctx.isHtmx ? fragment(card) : card;
  },
});

export const backfillProgressPage = page({
  path: '/checks/:psp/backfill',
  title: 'Backfill',
  section: 'checks',
  async render(ctx) {
    const { id } = ctx.query(z.object({ id: z.string().max(500) }));
    const account = accountOf(ctx.deps, ctx.integration, ctx.part('psp'));
    const found = await findBackfill(ctx.deps, account, id);
    return fragment(found ? <BackfillItem ctx={ctx} backfill={{ ...found, psp: account.psp }} /> : <li />);
  },
});

const checkNowAction = action({
  path: '/checks/:psp',
  page: checksPage,
  form: z.object({}),
  async run(ctx) {
    const account = accountOf(ctx.deps, ctx.integration, ctx.part('psp'));
    await startCheck(ctx.deps, account, ctx.operator.name);
    return redirect(ctx.href('/checks'), `${labelOf(account.psp)} is being asked.`);
  },
});

const range = z.object({ psp: z.string().max(100), from: isoInstant, to: isoInstant });

const countAction = action({
  path: '/checks/backfill',
  page: checksPage,
  form: range,
  run: (ctx, asked) => started(ctx, asked, { rememberFirstPurchases: false, dryRun: true }),
});

const takeInAction = action({
  path: '/checks/backfill/take-in',
  page: checksPage,
  form: range.extend({ rememberFirstPurchases: z.literal('on').optional() }),
  run: (ctx, { rememberFirstPurchases, ...asked }) =>
    started(ctx, asked, { rememberFirstPurchases: rememberFirstPurchases === 'on', dryRun: false }),
});

async function started(
  ctx: Context,
  { psp, from, to }: z.infer<typeof range>,
  how: { readonly rememberFirstPurchases: boolean; readonly dryRun: boolean },
) {
  const account = accountOf(ctx.deps, ctx.integration, psp);
  const by = ctx.operator.name;
  const { workflowId } = await startBackfill(ctx.deps, account, { fromMs: from, toMs: to, by, ...how });
  return redirect(
    `${ctx.href('/checks', { backfill: workflowId })}#backfill`,
    how.dryRun ? 'Counting: nothing is taken in.' : 'Reading and taking in.',
  );
}

const cancelBackfillAction = action({
  path: '/checks/:psp/backfill/cancel',
  page: checksPage,
  form: z.object({ workflowId: z.string().max(500) }),
  async run(ctx, { workflowId }) {
    const account = accountOf(ctx.deps, ctx.integration, ctx.part('psp'));
    await cancelBackfill(ctx.deps, account, { workflowId, by: ctx.operator.name });
    return redirect(`${ctx.href('/checks', { backfill: workflowId })}#backfill`, 'It ends within seconds. What was read stays.');
  },
});

/** Paths without a part come first: they would be taken for a provider's. */
export const checkActions = [countAction, takeInAction, checkNowAction, cancelBackfillAction];

function pollingOf(isRunning: boolean, address: string): Readonly<Record<string, string>> {
  return isRunning ? { 'hx-get': address, 'hx-trigger': 'every 2s', 'hx-swap': 'outerHTML' } : {};
}

function labelOf(psp: string): string {
  return manifests.find(({ name }) => name === psp)?.label ?? psp;
}

function counted(count: number, one: string, many: string): string {
  return `${grouped(String(count))} ${count === 1 ? one : many}`;
}

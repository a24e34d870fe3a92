/** Renewal checks and backfills: how they stand, and an operator's commands; for the JSON API and the console's page alike. */
import { notFound, unprocessable } from '../http/problem';
import { adapterOf, manifests } from '../psp';
import type { PspAccounts } from '../psp/accounts';
import type { CheckState, Store } from '../store';
import type { Backfill, BackfillOptions, Checks } from '../temporal/checks';
import type { Task } from '../temporal/tasks';
import type { AccountRef, CheckProgress, TimeWindow } from '../../workflows/contract';
import { renewalCheckId } from '../../workflows/contract';
import { isoTime } from './purchase-view';

export interface ChecksDeps {
  readonly checks: Pick<Store['checks'], 'last'>;
  readonly renewalChecks: Checks;
  /** Accounts that can be asked. */
  readonly checkedAccounts: () => readonly AccountRef[];
  /** Which account an integration takes: one look at it feeds all that take it. */
  readonly accounts: Pick<PspAccounts, 'owner'>;
  readonly audit: Pick<Store['audit'], 'append'>;
  readonly temporalUrl: (workflowId: string) => string | null;
  readonly nowMs: () => number;
}

/** The accounts that can be asked, of those that the integration takes. */
export function accountsOf(
  { checkedAccounts, accounts }: Pick<ChecksDeps, 'checkedAccounts' | 'accounts'>,
  integration: string,
): readonly AccountRef[] {
  return checkedAccounts().filter((account) => accounts.owner({ ...account, integration }).integration === account.integration);
}

/** @throws a 404 problem that says which of the reasons it is. */
export function accountOf(deps: Pick<ChecksDeps, 'checkedAccounts' | 'accounts'>, integration: string, psp: string): AccountRef {
  const account = accountsOf(deps, integration).find((other) => other.psp === psp);
  if (account) return account;
  const adapter = adapterOf(psp);
  if (!adapter) throw notFound(`there is no such provider; there are ${manifests.map(({ name }) => name).join(', ')}`);
  if (!adapter.api) throw notFound(`${adapter.manifest.label} has no API that lists payments: there is nothing to check`);
  throw notFound(`no API key of ${adapter.manifest.label} is configured for the integration ${integration}`);
}

export type CheckView = ReturnType<typeof viewOf>;

/** The check that runs, or else how the last one ended; and when the next one comes. */
export async function checkView(deps: ChecksDeps, account: AccountRef): Promise<CheckView> {
  const [task, last, nextAtMs] = await Promise.all([
    deps.renewalChecks.findCheck(account),
    deps.checks.last(account.integration, account.psp),
    deps.renewalChecks.nextAtMs(account),
  ]);
  return viewOf(deps, account, { task, last, nextAtMs });
}

/** The same while Temporal is out of reach: how the last check ended. Whether one runs, and when the next one comes, is not known. */
export async function lastCheckView(deps: ChecksDeps, account: AccountRef): Promise<CheckView> {
  const last = await deps.checks.last(account.integration, account.psp);
  return viewOf(deps, account, { task: null, last, nextAtMs: null });
}

interface Known {
  readonly task: Task<CheckProgress> | null;
  readonly last: CheckState | null;
  readonly nextAtMs: number | null;
}

function viewOf(deps: Pick<ChecksDeps, 'temporalUrl'>, account: AccountRef, { task, last, nextAtMs }: Known) {
  const workflowId = renewalCheckId(account);
  const shared = {
    psp: account.psp,
    account: account.integration,
    nextAt: nextAtMs === null ? null : isoTime(nextAtMs),
    last: last && lastView(last),
    workflowId,
    temporalUrl: deps.temporalUrl(workflowId),
  };
  if (task?.state === 'running') return { state: 'running' as const, ...shared, ...progressView(task) };
  const broken = brokenSince(task, last);
  if (!last)
    return { state: broken === null ? ('never' as const) : ('failed' as const), ...shared, ...nothing, lastError: broken };
  const lastError = broken ?? last.summary.error;
  const { facts, found, unreadable, polled, window } = last.summary;
  return {
    state: lastError === null ? ('idle' as const) : ('failed' as const),
    ...shared,
    since: isoTime(last.finishedAtMs),
    window: window ? windowView(window) : null,
    ...{ done: facts, found, unreadable, polled, lastError },
  };
}

const nothing = { since: null, window: null, done: 0, found: 0, unreadable: 0, polled: 0 };

function progressView({ progress, startedAtMs, lastError }: Task<CheckProgress>) {
  return {
    since: isoTime(startedAtMs),
    window: progress ? windowView(progress.window) : null,
    done: progress?.facts ?? 0,
    found: progress?.found ?? 0,
    unreadable: progress?.unreadable ?? 0,
    polled: progress?.polled ?? 0,
    lastError,
  };
}

function lastView({ upToMs, finishedAtMs, summary: { window, ...summary } }: CheckState) {
  return {
    upTo: isoTime(upToMs),
    finishedAt: isoTime(finishedAtMs),
    window: window ? windowView(window) : null,
    ...summary,
    notes: [...(summary.notes ?? [])],
  };
}

/** A check that was terminated leaves nothing of its own. */
function brokenSince(task: Task<CheckProgress> | null, last: CheckState | null): string | null {
  const isNewer = task !== null && (task.endedAtMs ?? 0) > (last?.finishedAtMs ?? 0);
  if (!isNewer || task.state === 'done' || (last?.summary.error ?? null) !== null) return null;
  return task.state === 'cancelled' ? 'the check was cancelled' : 'the check ended without a result: see its workflow';
}

function windowView({ fromMs, toMs }: TimeWindow) {
  return { from: isoTime(fromMs), to: isoTime(toMs) };
}

/** Starts a check, or finds the one that runs. */
export async function startCheck(deps: ChecksDeps, account: AccountRef, by: string) {
  const workflowId = await deps.renewalChecks.check(account);
  await note(deps, account, { by, action: 'check', target: workflowId });
  return { workflowId, temporalUrl: deps.temporalUrl(workflowId) };
}

export type BackfillView = ReturnType<typeof backfillView>;

export function backfillView(
  { temporalUrl }: Pick<ChecksDeps, 'temporalUrl'>,
  { workflowId, window, dryRun, ...task }: Backfill,
) {
  const { done, found, unreadable, lastError } = progressView(task as Task<CheckProgress>);
  const counted = task.progress?.dryRun ?? null;
  return {
    workflowId,
    temporalUrl: temporalUrl(workflowId),
    state: task.state,
    dryRun,
    window: windowView(window),
    startedAt: isoTime(task.startedAtMs),
    endedAt: task.endedAtMs === null ? null : isoTime(task.endedAtMs),
    ...{ done, found, unreadable, lastError },
    wouldSend: counted?.wouldSend ?? null,
    wouldRecordAsTooOld: counted?.tooOld ?? null,
    wouldRecordAsNoPurchase: counted?.notPurchases ?? null,
    notes: [...(task.progress?.notes ?? [])],
  };
}

export async function backfillViews(deps: ChecksDeps, account: AccountRef): Promise<readonly BackfillView[]> {
  return (await deps.renewalChecks.backfills(account)).map((one) => backfillView(deps, one));
}

/** Null when Temporal knows of none with this id. */
export async function findBackfill(deps: ChecksDeps, account: AccountRef, workflowId: string): Promise<BackfillView | null> {
  const found = await deps.renewalChecks.findBackfill(account, workflowId);
  return found && backfillView(deps, found);
}

export interface BackfillCommand extends BackfillOptions, TimeWindow {
  readonly by: string;
}

/** @throws a 422 problem when the range is empty. */
export async function startBackfill(deps: ChecksDeps, account: AccountRef, { by, fromMs, toMs, ...how }: BackfillCommand) {
  if (fromMs >= toMs) throw unprocessable([{ path: 'to', message: 'must be after from' }]);
  const workflowId = await deps.renewalChecks.backfill(account, { fromMs, toMs }, how);
  await note(deps, account, { by, action: how.dryRun ? 'backfill.dry-run' : 'backfill', target: workflowId });
  return { workflowId, temporalUrl: deps.temporalUrl(workflowId) };
}

/** Ends a backfill, by default the one that runs; what was read stays. @throws a 404 problem when none runs. */
export async function cancelBackfill(
  deps: ChecksDeps,
  account: AccountRef,
  how: { workflowId?: string | undefined; by: string },
) {
  const workflowId = how.workflowId ?? (await runningBackfill(deps, account));
  if (workflowId === null || !(await deps.renewalChecks.cancelBackfill(account, workflowId)))
    throw notFound(how.workflowId === undefined ? 'no backfill is running' : 'no such backfill is running');
  await note(deps, account, { by: how.by, action: 'backfill.cancel', target: workflowId });
  return { workflowId, temporalUrl: deps.temporalUrl(workflowId) };
}

async function runningBackfill({ renewalChecks }: ChecksDeps, account: AccountRef): Promise<string | null> {
  return (await renewalChecks.backfills(account)).find(({ state }) => state === 'running')?.workflowId ?? null;
}

interface Note {
  readonly by: string;
  readonly action: string;
  readonly target: string;
}

async function note({ audit, nowMs }: ChecksDeps, { integration }: AccountRef, entry: Note): Promise<void> {
  await audit.append({ integration, atMs: nowMs(), ...entry, reason: null });
}

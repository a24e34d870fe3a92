/** What needs attention, and sending it again: for the JSON API and the console's page alike. */
import { notFound } from '../http/problem';
import type { AttentionGroup, Store } from '../store';
import type { BulkResends } from '../temporal/bulk-resend';
import type { Task } from '../temporal/tasks';
import type { BulkResendProgress } from '../../workflows/contract';
import { causeOf } from './causes';
import { isoTime } from './purchase-view';
import { errorWords } from './words';

export interface AttentionDeps {
  readonly attention: Pick<Store['attention'], 'groups' | 'size' | 'acknowledge' | 'forgetSettled'>;
  readonly bulkResends: BulkResends;
  readonly audit: Pick<Store['audit'], 'append'>;
  readonly temporalUrl: (workflowId: string) => string | null;
  readonly nowMs: () => number;
}

/** All of an integration, or what has one error type. */
export interface Scope {
  readonly integration: string;
  readonly error: string | null;
}

export async function attentionGroups(deps: AttentionDeps, integration: string): Promise<readonly AttentionGroup[]> {
  await deps.attention.forgetSettled(integration);
  return deps.attention.groups(integration, deps.nowMs());
}

export function groupView({ errorType, sinceMs, lastMs, acknowledged, ...group }: AttentionGroup) {
  return {
    error: errorType,
    label: errorWords(errorType).label,
    ...group,
    codes: [...group.codes],
    since: isoTime(sinceMs),
    last: isoTime(lastMs),
    ...causeOf(errorType, group.codes),
    acknowledged: acknowledged && { by: acknowledged.by, at: isoTime(acknowledged.atMs) },
  };
}

/** @throws a 404 problem when nothing has this error. */
export async function acknowledge(deps: AttentionDeps, { integration, error }: Scope & { error: string }, by: string) {
  const atMs = deps.nowMs();
  if ((await deps.attention.size(integration, error)).purchases === 0)
    throw notFound('no purchase needs attention with this error');
  await deps.attention.acknowledge(integration, error, { by, atMs });
  await deps.audit.append({ integration, atMs, by, action: 'attention.acknowledge', target: error, reason: null });
}

/** Starts the task, or finds the one that runs. */
export async function startResend(deps: AttentionDeps, scope: Scope, by: string) {
  const { integration, error } = scope;
  const size = await deps.attention.size(integration, error);
  const workflowId = await deps.bulkResends.start(scope, by);
  const target = `${error ?? 'every error'}: ${size.purchases} purchases of ${size.orders} orders`;
  await deps.audit.append({ integration, atMs: deps.nowMs(), by, action: 'attention.resend', target, reason: null });
  const task = await deps.bulkResends.find(scope);
  return resendView(deps, task ?? justStarted(workflowId, deps.nowMs()), size.purchases);
}

/** Null when none has run lately. */
export async function resendTask(deps: AttentionDeps, scope: Scope) {
  const task = await deps.bulkResends.find(scope);
  return task && resendView(deps, task, null);
}

/** @throws a 404 problem when none runs. */
export async function cancelResend(deps: AttentionDeps, scope: Scope, by: string) {
  if (!(await deps.bulkResends.cancel(scope))) throw notFound('no resend of this kind is running');
  const { integration, error } = scope;
  const target = error ?? 'every error';
  await deps.audit.append({ integration, atMs: deps.nowMs(), by, action: 'attention.resend.cancel', target, reason: null });
  return resendTask(deps, scope);
}

export type ResendView = ReturnType<typeof resendView>;

/** `total` stands in while no worker has begun. */
function resendView({ temporalUrl }: AttentionDeps, task: Task<BulkResendProgress>, total: number | null) {
  const { workflowId, state, progress } = task;
  const hasBegun = progress !== null && (progress.total > 0 || progress.isDone);
  return {
    workflowId,
    temporalUrl: temporalUrl(workflowId),
    state,
    total: hasBegun ? progress.total : total,
    done: progress?.done ?? 0,
    orders: progress?.orders ?? 0,
    failed: progress?.failed ?? 0,
    by: progress?.by ?? null,
    startedAt: isoTime(progress?.startedAtMs ?? task.startedAtMs),
    endedAt: task.endedAtMs === null ? null : isoTime(task.endedAtMs),
    lastError: task.lastError,
  };
}

function justStarted(workflowId: string, startedAtMs: number): Task<BulkResendProgress> {
  return { workflowId, state: 'running', progress: null, startedAtMs, endedAtMs: null, lastError: null };
}

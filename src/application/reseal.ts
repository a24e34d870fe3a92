/**
 * Seals with the first key all that an older one has sealed, so that the older one can be retired: the database, the Schedules, and the
 * histories of open workflows. Resumable: what is done is not found again. Safe beside running processes.
 */
import type { Place, SealedColumn, SealedStore } from '../store';
import { inParallel } from './in-parallel';

/** What a walk over everything needs beside its work. */
export interface Walk {
  /** Hears how far it is. */
  readonly report: (progress: Progress) => void;
  readonly signal: AbortSignal;
  readonly pause: (ms: number) => Promise<unknown>;
}

export interface ResealDeps extends Walk {
  readonly sealed: SealedStore;
  readonly firstKeyId: string;
  readonly workflows: ResealedWorkflows;
}

/** The part of Temporal that it needs. */
export interface ResealedWorkflows {
  open(): AsyncIterable<{ readonly workflowId: string; readonly type: string }>;
  /** The keys of a workflow's history; null when it runs no longer. */
  keysOf(workflowId: string): Promise<ReadonlySet<string> | null>;
  /** Asks for a new history. False when it runs no longer. */
  renew(workflowId: string): Promise<boolean>;
  resealSchedules(): Promise<number>;
}

/** A sealed column, or `workflows`. */
type Part = string;

export interface Progress {
  readonly part: Part;
  readonly done: number;
}

/** What needs which key. */
export type NeededKeys = Readonly<Record<Part, Readonly<Record<string, number>>>>;

export interface Resealed {
  /** Values of the database that were sealed again. */
  readonly values: number;
  readonly schedules: number;
  /** Workflows that were asked for a new history. */
  readonly workflows: number;
  /** Values that their key does not open. */
  readonly damaged: number;
  readonly needed: NeededKeys;
}

/** Orders that are asked side by side. */
export const workflowsAtOnce = 8;
/** A process that still seals with an older key may be faster than one pass. */
const maxPasses = 3;
/** How long it waits for workflows that were asked, if they go on becoming fewer. */
export const patience = { pauseMs: 1_000, looks: 20 };

/** Seals everything again. Ends also where something still needs an older key: `needed` says what. */
export async function reseal(deps: ResealDeps): Promise<Resealed> {
  const schedules = await deps.workflows.resealSchedules();
  const { values, damaged } = await resealDatabase(deps);
  const asked = await renewWorkflows(deps);
  const needed = { ...(await countColumns(deps)), workflows: asked.needed };
  return { values, damaged, schedules, workflows: asked.workflows, needed };
}

/** What needs which key, without changing anything. */
export async function neededKeys(deps: ResealDeps): Promise<NeededKeys> {
  return { ...(await countColumns(deps)), workflows: countedBy(await keysOf(deps, deps.workflows.open())) };
}

async function resealDatabase(deps: ResealDeps): Promise<{ readonly values: number; readonly damaged: number }> {
  const { sealed, signal, report } = deps;
  let values = 0;
  let damaged = 0;
  for (let pass = 1; pass <= maxPasses; pass += 1) {
    let changed = 0;
    damaged = 0;
    for (const column of sealed.columns) {
      await pages(signal, async (from) => {
        const page = await sealed.reseal(column, from);
        values += page.resealed;
        changed += page.changed;
        damaged += page.damaged;
        report({ part: column, done: values });
        return page.next;
      });
    }
    if (changed === 0) break;
  }
  return { values, damaged };
}

async function countColumns({ sealed, signal }: ResealDeps): Promise<Record<SealedColumn, Record<string, number>>> {
  const sums: Record<SealedColumn, Record<string, number>> = {};
  for (const column of sealed.columns) {
    const sum: Record<string, number> = {};
    await pages(signal, async (from) => {
      const page = await sealed.count(column, from);
      for (const [id, count] of Object.entries(page.byKey)) sum[id] = (sum[id] ?? 0) + count;
      return page.next;
    });
    sums[column] = sum;
  }
  return sums;
}

async function renewWorkflows(
  deps: ResealDeps,
): Promise<{ readonly workflows: number; readonly needed: Readonly<Record<string, number>> }> {
  const { workflows, firstKeyId, report, signal, pause } = deps;
  let asked = 0;
  let found = await keysOf(deps, workflows.open());
  await inParallel(found, workflowsAtOnce, async ({ workflowId, type, keyIds }) => {
    // The others end within minutes.
    if (signal.aborted || type !== 'subscription' || !isStale(keyIds, firstKeyId)) return;
    if (await workflows.renew(workflowId)) report({ part: 'workflows', done: (asked += 1) });
  });
  for (let looks = patience.looks; asked > 0 && looks > 0 && !signal.aborted; looks -= 1) {
    const stale = found.filter(({ keyIds }) => isStale(keyIds, firstKeyId));
    if (stale.length === 0) break;
    await pause(patience.pauseMs);
    const again = await keysOf(deps, stale);
    if (again.filter(({ keyIds }) => isStale(keyIds, firstKeyId)).length < stale.length) looks = patience.looks;
    found = [...found.filter((one) => !stale.includes(one)), ...again];
  }
  return { workflows: asked, needed: countedBy(found) };
}

interface Found {
  readonly workflowId: string;
  readonly type: string;
  readonly keyIds: ReadonlySet<string>;
}

async function keysOf(
  { workflows, signal }: ResealDeps,
  those: Iterable<Omit<Found, 'keyIds'>> | AsyncIterable<Omit<Found, 'keyIds'>>,
): Promise<readonly Found[]> {
  const found: Found[] = [];
  await inParallel(those, workflowsAtOnce, async ({ workflowId, type }) => {
    const keyIds = signal.aborted ? null : await workflows.keysOf(workflowId);
    if (keyIds !== null) found.push({ workflowId, type, keyIds });
  });
  return found;
}

function isStale(keyIds: ReadonlySet<string>, firstKeyId: string): boolean {
  return [...keyIds].some((id) => id !== firstKeyId);
}

function countedBy(found: readonly Found[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const { keyIds } of found) for (const id of keyIds) sum[id] = (sum[id] ?? 0) + 1;
  return sum;
}

/** Reads one page after the other. @throws when `signal` is aborted */
export async function pages(signal: AbortSignal, read: (from: Place | null) => Promise<Place | null>): Promise<void> {
  let from: Place | null = null;
  do {
    signal.throwIfAborted();
    from = await read(from);
  } while (from !== null);
}

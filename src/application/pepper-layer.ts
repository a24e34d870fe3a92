/**
 * Draws the newest layer of the pepper over all that knows a buyer: the database, and the state of open workflows. Resumable: what is lifted is not
 * found again. Safe beside running processes, once each of them has the layer.
 */
import type { PepperLayers } from '../crypto/pepper-layers';
import { generationOf } from '../crypto/pepper-layers';
import type { PepperStore } from '../store';
import { inParallel } from './in-parallel';
import { pages, patience, type Walk, workflowsAtOnce } from './reseal';

export interface PepperLayerDeps extends Walk {
  readonly pepper: PepperStore;
  readonly layers: PepperLayers;
  readonly workflows: LiftedWorkflows;
}

/** The part of Temporal that it needs. */
export interface LiftedWorkflows {
  open(): AsyncIterable<{ readonly workflowId: string; readonly type: string }>;
  /** The HMACs by which an order's workflow knows its buyer; null when there is no such workflow. */
  keysOf(workflowId: string): Promise<readonly string[] | null>;
  /** Tells it the newer forms. False when it runs no longer. */
  lift(workflowId: string, lifted: Readonly<Record<string, string>>): Promise<boolean>;
}

export interface DrawnLayer {
  readonly generation: number;
  /** Rows of the database that were lifted by this call; others were by whoever met them first. */
  readonly rows: number;
  /** Workflows that were told. */
  readonly workflows: number;
  /** What has an older form all the same, by column, and `workflows`. */
  readonly left: OlderForms;
}

export type OlderForms = Readonly<Record<string, number>>;

/** What is written meanwhile has the current form already: one pass lifts, one finds nothing. */
const maxPasses = 5;

/** Ends also where something still has an older form: `left` says what. @throws without a layer, and PepperLayerMissing */
export async function drawLayer(deps: PepperLayerDeps): Promise<DrawnLayer> {
  const { pepper, layers } = deps;
  if (layers.newest === 1)
    throw new Error('USER_ID_PEPPER_LAYERS names no layer: add one, in every process, before this command');
  await pepper.begin();
  const { rows, isDone } = await liftDatabase(deps);
  if (isDone) await pepper.complete();
  const { told, left } = await liftWorkflows(deps);
  const columns = isDone ? {} : await olderColumns(deps);
  return { generation: layers.newest, rows, workflows: told, left: { ...columns, ...(left > 0 ? { workflows: left } : {}) } };
}

/** How much has an older form than the newest layer's, without changing anything. */
export async function olderForms(deps: PepperLayerDeps): Promise<OlderForms> {
  const workflows = await olderWorkflows(deps, deps.workflows.open());
  return { ...(await olderColumns(deps)), workflows: workflows.length };
}

async function liftDatabase({ pepper, signal, report }: PepperLayerDeps): Promise<{ rows: number; isDone: boolean }> {
  let rows = 0;
  for (let pass = 1; pass <= maxPasses; pass += 1) {
    const before = rows;
    for (const column of pepper.columns)
      await pages(signal, async (from) => {
        const page = await pepper.lift(column, from);
        rows += page.lifted;
        report({ part: column, done: rows });
        return page.next;
      });
    if (rows === before) return { rows, isDone: true };
  }
  return { rows, isDone: false };
}

async function olderColumns({ pepper, signal }: PepperLayerDeps): Promise<OlderForms> {
  const sums: Record<string, number> = {};
  for (const column of pepper.columns) {
    let sum = 0;
    await pages(signal, async (from) => {
      const page = await pepper.count(column, from);
      sum += page.older;
      return page.next;
    });
    sums[column] = sum;
  }
  return sums;
}

async function liftWorkflows(deps: PepperLayerDeps): Promise<{ readonly told: number; readonly left: number }> {
  const { workflows, layers, report, signal, pause } = deps;
  let told = 0;
  let older = await olderWorkflows(deps, workflows.open());
  for (let looks = patience.looks; older.length > 0 && looks > 0 && !signal.aborted; looks -= 1) {
    await inParallel(older, workflowsAtOnce, async ({ workflowId, keys }) => {
      const lifted = Object.fromEntries(keys.map((hmac) => [hmac, layers.lift(hmac, layers.newest)]));
      if (!signal.aborted && (await workflows.lift(workflowId, lifted))) report({ part: 'workflows', done: (told += 1) });
    });
    await pause(patience.pauseMs);
    const again = await olderWorkflows(deps, older);
    if (again.length < older.length) looks = patience.looks;
    older = again;
  }
  return { told, left: older.length };
}

interface OlderWorkflow {
  readonly workflowId: string;
  readonly type: string;
  /** Its keys of an older form. */
  readonly keys: readonly string[];
}

async function olderWorkflows(
  { workflows, layers, signal }: PepperLayerDeps,
  those: Iterable<Omit<OlderWorkflow, 'keys'>> | AsyncIterable<Omit<OlderWorkflow, 'keys'>>,
): Promise<readonly OlderWorkflow[]> {
  const found: OlderWorkflow[] = [];
  await inParallel(those, workflowsAtOnce, async ({ workflowId, type }) => {
    // The others end within minutes, and know nobody.
    if (signal.aborted || type !== 'subscription') return;
    const keys = (await workflows.keysOf(workflowId)) ?? [];
    const older = keys.filter((hmac) => generationOf(hmac) < layers.newest);
    if (older.length > 0) found.push({ workflowId, type, keys: older });
  });
  return found;
}

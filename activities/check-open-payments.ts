/**
 * Payments that a list by creation shows before they are paid. A check lists those that are open, remembers them, and asks for those
 * that are open no longer: one request for each page of the list, and one for each payment that has become final.
 */
import type { ApiPage, OpenPayments, TimeWindow } from '../src/psp/adapter';
import { allPages } from '../src/psp/page-guard';
import type { Store } from '../src/store';
import type { AccountRef } from '../workflows/contract';
import { readOrUnreadable } from './check-ingest';

export interface CheckOpenDeps {
  readonly openPayments: Store['openPayments'];
  /** Runs a call to the provider with heartbeats. */
  readonly ask: <T>(call: () => Promise<T>) => Promise<T>;
  readonly ingest: (page: ApiPage) => Promise<void>;
  readonly nowMs: () => number;
}

/** Takes in what became of the remembered payments, then remembers those that are open now. Repeatable at any point. */
export async function checkOpenPayments(
  { openPayments, ask, ingest, nowMs }: CheckOpenDeps,
  { integration, psp }: AccountRef,
  api: OpenPayments,
  window: TimeWindow,
): Promise<void> {
  const open = await ask(() => listOpen(api, window));
  const remembered = await openPayments.list(integration, psp);
  for (const id of remembered.filter((one) => !open.has(one))) {
    await ingest(await ask(() => readOrUnreadable(id, () => api.read(id))));
    await openPayments.forget(integration, psp, [id]);
  }
  const known = new Set(remembered);
  await openPayments.remember(
    integration,
    psp,
    [...open].filter((id) => !known.has(id)),
    nowMs(),
  );
}

async function listOpen(api: OpenPayments, window: TimeWindow): Promise<ReadonlySet<string>> {
  const open = new Set<string>();
  const read = async (next: string | null) => {
    const { ids, nextPage } = await api.page(window, next);
    return { facts: [], unreadable: [], readIds: ids, nextPage };
  };
  for await (const { readIds } of allPages(read)) readIds.forEach((id) => open.add(id));
  return open;
}

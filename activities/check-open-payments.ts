/**
 * Payments that a list by creation shows before they are paid. A check lists those that are open, remembers them, and asks for those
 * that are open no longer: one request for each page of the list, and one for each payment that has become final.
 */
import type { ApiPage, OpenPayments, PspApi, TimeWindow } from '../src/psp/adapter';
import { allPages } from '../src/psp/page-guard';
import type { Store } from '../src/store';
import type { AccountRef } from '../workflows/contract';
import { readOrUnreadable } from './check-ingest';

export interface CheckOpenDeps {
  readonly openPayments: Store['openPayments'];
  /** Runs a call to the provider with heartbeats. */
  readonly ask: <T>(call: () => Promise<T>) => Promise<T>;
  /** Takes a page in; `again` reads it as another integration does. */
  readonly ingest: (page: ApiPage, again: (api: PspApi) => Promise<ApiPage>) => Promise<void>;
  /** The integrations that take the account beside its owner: what was seen open they are to know too. */
  readonly others: readonly string[];
  readonly nowMs: () => number;
}

/** Takes in what became of the remembered payments, then remembers those that are open now. Repeatable at any point. */
export async function checkOpenPayments(
  { openPayments, ask, ingest, others, nowMs }: CheckOpenDeps,
  { integration, psp }: AccountRef,
  api: OpenPayments,
  window: TimeWindow,
): Promise<void> {
  const open = await ask(() => listOpen(api, window));
  const remembered = await openPayments.list(integration, psp);
  for (const id of remembered.filter((one) => !open.has(one))) {
    const read = (from: OpenPayments): Promise<ApiPage> => readOrUnreadable(id, () => from.read(id));
    await ingest(await ask(() => read(api)), (other) => read(other.open ?? api));
    for (const taker of [integration, ...others]) await openPayments.forget(taker, psp, [id]);
  }
  const known = new Set(remembered);
  const fresh = [...open].filter((id) => !known.has(id));
  for (const taker of [...others, integration]) await openPayments.remember(taker, psp, fresh, nowMs());
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

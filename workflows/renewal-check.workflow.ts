/** Finds payments whose webhook was lost: reads the provider's account page by page into the ingestion, then polls overdue subscriptions. */
import { ActivityFailure, continueAsNew, setCurrentDetails, setHandler, workflowInfo } from '@temporalio/workflow';
import { pollOverdue, checkPage, finishCheck, planCheck } from './activity-options';
import type { AccountRef, BackfillInput, CheckProgress, DryRunCounts, RenewalCheckInput, TimeWindow } from './contract';
import { progressQuery } from './contract';
import { reasonOf } from './reason-of';

/** Checks one account: started by its Schedule, or by an operator. */
export async function renewalCheck({ carried, ...account }: RenewalCheckInput): Promise<CheckProgress> {
  let progress = carried ?? begin(await planCheck(account));
  setHandler(progressQuery, () => progress, { description: 'The progress of the check' });
  const advance = async (next: CheckProgress): Promise<void> => {
    progress = next;
    show(progress);
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof renewalCheck>({ ...account, carried: progress });
  };
  try {
    while (!progress.isRead)
      await advance(await readPage(account, progress, { rememberFirstPurchases: false, signalsAgain: false }));
    for (let hasMore = true; hasMore;) {
      const batch = await pollBatch(account, progress);
      ({ hasMore } = batch);
      await advance(batch.progress);
    }
    await finishCheck({ ...account, progress, error: null });
    return progress;
  } catch (error) {
    // The next check starts where this one did, so nothing is lost. The operator sees the reason.
    if (error instanceof ActivityFailure) await finishCheck({ ...account, progress, error: reasonOf(error) });
    throw error;
  }
}

/** Reads one account for a range of dates of the past. */
export async function backfill({ carried, ...input }: BackfillInput): Promise<CheckProgress> {
  let progress = carried ?? begin(input.window);
  setHandler(progressQuery, () => progress, { description: 'The progress of the backfill' });
  const { rememberFirstPurchases, dryRun } = input;
  while (!progress.isRead) {
    progress = await readPage(input, progress, { rememberFirstPurchases, signalsAgain: true, ...(dryRun ? { dryRun } : {}) });
    show(progress);
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof backfill>({ ...input, carried: progress });
  }
  return progress;
}

function begin(window: TimeWindow): CheckProgress {
  return { window, page: null, isRead: false, facts: 0, found: 0, polled: 0, unreadable: 0 };
}

async function readPage(
  { integration, psp }: AccountRef,
  progress: CheckProgress,
  how: { readonly rememberFirstPurchases: boolean; readonly signalsAgain: boolean; readonly dryRun?: boolean },
): Promise<CheckProgress> {
  const { window, page, reading } = progress;
  const read = await checkPage({ integration, psp, window, page, reading, ...how });
  const { nextPage, isLast = nextPage === null, notes = [] } = read;
  return {
    ...counted(progress, read),
    page: nextPage,
    isRead: isLast,
    notes: [...new Set([...(progress.notes ?? []), ...notes])],
    ...(read.reading ? { reading: read.reading } : {}),
    ...(read.dryRun ? { dryRun: added(progress.dryRun, read.dryRun) } : {}),
  };
}

/** Polls a batch of the overdue subscriptions that were not polled lately. */
async function pollBatch(
  { integration, psp }: AccountRef,
  progress: CheckProgress,
): Promise<{ readonly progress: CheckProgress; readonly hasMore: boolean }> {
  const batch = await pollOverdue({ integration, psp, nowMs: progress.window.toMs });
  return { progress: { ...counted(progress, batch), polled: progress.polled + batch.polled }, hasMore: batch.hasMore };
}

function counted(
  progress: CheckProgress,
  more: { readonly facts: number; readonly found: number; readonly unreadable: number },
): CheckProgress {
  return {
    ...progress,
    facts: progress.facts + more.facts,
    found: progress.found + more.found,
    unreadable: progress.unreadable + more.unreadable,
  };
}

function added(sum: DryRunCounts | undefined, more: DryRunCounts): DryRunCounts {
  return {
    wouldSend: (sum?.wouldSend ?? 0) + more.wouldSend,
    tooOld: (sum?.tooOld ?? 0) + more.tooOld,
    notPurchases: (sum?.notPurchases ?? 0) + more.notPurchases,
  };
}

function show({ window, facts, found, polled, unreadable, isRead, notes = [], dryRun }: CheckProgress): void {
  const time = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
  setCurrentDetails(
    [
      `**${time(window.fromMs)} to ${time(window.toMs)}** ${isRead ? '(read)' : '(reading)'}`,
      '',
      '| facts | payments not known before | overdue polled | unreadable |',
      '| --- | --- | --- | --- |',
      `| ${facts} | ${found} | ${polled} | ${unreadable} |`,
      ...(dryRun
        ? ['', `Counted only: ${dryRun.wouldSend} to send, ${dryRun.tooOld} too old, ${dryRun.notPurchases} no purchases`]
        : []),
      ...notes.flatMap((note) => ['', note]),
    ].join('\n'),
  );
}

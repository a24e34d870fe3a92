/** Finds what webhooks lost: reads what the provider has, page by page, into the same ingestion; then asks for what is overdue. */
import {
  ActivityFailure,
  ApplicationFailure,
  continueAsNew,
  setCurrentDetails,
  setHandler,
  TimeoutFailure,
  workflowInfo,
} from '@temporalio/workflow';
import { pollOverdue, checkPage, finishCheck, planCheck } from './activity-options';
import type { AccountRef, BackfillInput, CheckProgress, RenewalCheckInput, TimeWindow } from './contract';
import { progressQuery } from './contract';

/** One look at an account: started by its Schedule, or by an operator. */
export async function renewalCheck({ carried, ...account }: RenewalCheckInput): Promise<CheckProgress> {
  let progress = carried ?? begin(await planCheck(account));
  setHandler(progressQuery, () => progress, { description: 'How far the check has come' });
  try {
    for await (progress of readPages(account, progress, { rememberFirstPurchases: false, tellsAgain: false })) {
      show(progress);
      if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof renewalCheck>({ ...account, carried: progress });
    }
    for await (progress of askForOverdue(account, progress)) {
      show(progress);
      if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof renewalCheck>({ ...account, carried: progress });
    }
    await finishCheck({ ...account, progress, error: null });
    return progress;
  } catch (error) {
    // The next check begins where this one did, so nothing is lost; the operator sees why.
    if (error instanceof ActivityFailure) await finishCheck({ ...account, progress, error: reasonOf(error) });
    throw error;
  }
}

/** The same look at a range of dates of the past. */
export async function backfill({ carried, ...input }: BackfillInput): Promise<CheckProgress> {
  let progress = carried ?? begin(input.window);
  setHandler(progressQuery, () => progress, { description: 'How far the backfill has come' });
  const how = { rememberFirstPurchases: input.rememberFirstPurchases, tellsAgain: true };
  for await (progress of readPages(input, progress, how)) {
    show(progress);
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof backfill>({ ...input, carried: progress });
  }
  return progress;
}

function begin(window: TimeWindow): CheckProgress {
  return { window, page: null, isRead: false, facts: 0, found: 0, polled: 0, unreadable: 0 };
}

async function* readPages(
  { integration, psp }: AccountRef,
  from: CheckProgress,
  how: { readonly rememberFirstPurchases: boolean; readonly tellsAgain: boolean },
): AsyncGenerator<CheckProgress> {
  for (let progress = from; !progress.isRead; yield progress) {
    const { window, page } = progress;
    const read = await checkPage({ integration, psp, window, page, ...how });
    progress = { ...counted(progress, read), page: read.nextPage, isRead: read.nextPage === null };
  }
}

/** Batches of those that have not been asked for lately, until there are none. */
async function* askForOverdue({ integration, psp }: AccountRef, from: CheckProgress): AsyncGenerator<CheckProgress> {
  for (let progress = from; ; yield progress) {
    const batch = await pollOverdue({ integration, psp, nowMs: from.window.toMs });
    progress = { ...counted(progress, batch), polled: progress.polled + batch.polled };
    if (!batch.hasMore) return void (yield progress);
  }
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

function show({ window, facts, found, polled, unreadable, isRead }: CheckProgress): void {
  const time = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
  setCurrentDetails(
    [
      `**${time(window.fromMs)} to ${time(window.toMs)}** ${isRead ? '(read)' : '(reading)'}`,
      '',
      '| facts | payments not known before | overdue polled | unreadable |',
      '| ---: | ---: | ---: | ---: |',
      `| ${facts} | ${found} | ${polled} | ${unreadable} |`,
    ].join('\n'),
  );
}

/** Of one that ran out of time, what it failed with last. */
function reasonOf({ cause }: ActivityFailure | TimeoutFailure): string {
  if (cause instanceof TimeoutFailure && cause.cause) return `${cause.message}, after ${reasonOf(cause)}`;
  if (cause instanceof ApplicationFailure) return `${cause.type ?? 'Error'}: ${cause.message}`;
  return cause?.message ?? 'unknown';
}

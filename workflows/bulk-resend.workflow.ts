/** Sends again what needs attention: tells each order once, page by page. Repeatable: what was sent meanwhile needs attention no longer. */
import { continueAsNew, setCurrentDetails, setHandler, workflowInfo } from '@temporalio/workflow';
import { planResend, resendPage } from './activity-options';
import type { BulkResendInput, BulkResendProgress } from './contract';
import { bulkResendProgressQuery } from './contract';

export async function bulkResend({ carried, ...input }: BulkResendInput): Promise<BulkResendProgress> {
  let progress = carried ?? begin(input.by, Date.now());
  setHandler(bulkResendProgressQuery, () => progress, { description: 'How many purchases are on their way again' });
  const { integration, error, by } = input;
  if (!carried) progress = { ...progress, total: await planResend({ integration, error }) };
  while (!progress.isDone) {
    const page = await resendPage({ integration, error, by, cursor: progress.cursor });
    progress = {
      ...progress,
      done: progress.done + page.purchases,
      orders: progress.orders + page.orders,
      failed: progress.failed + page.failed,
      cursor: page.nextCursor,
      isDone: page.nextCursor === null,
    };
    show(input, progress);
    if (!progress.isDone && workflowInfo().continueAsNewSuggested)
      await continueAsNew<typeof bulkResend>({ ...input, carried: progress });
  }
  return progress;
}

function begin(by: string, startedAtMs: number): BulkResendProgress {
  return { by, startedAtMs, total: 0, done: 0, orders: 0, failed: 0, cursor: null, isDone: false };
}

function show({ error }: BulkResendInput, { by, total, done, orders, failed }: BulkResendProgress): void {
  setCurrentDetails(
    [
      `**${error ?? 'Every error'}**, asked for by ${by}`,
      '',
      '| purchases | sent on their way | orders told | orders that failed |',
      '| --- | --- | --- | --- |',
      `| ${total} | ${done} | ${orders} | ${failed} |`,
    ].join('\n'),
  );
}

/** The least workflow that delivers what it is signalled: one activity for each signal, a new history when this one is long. */
import { condition, continueAsNew, defineSignal, proxyActivities, setHandler, workflowInfo } from '@temporalio/workflow';
import type * as activities from './activities';
import type { BarePurchase } from './contract';

const { deliver } = proxyActivities<typeof activities>({ startToCloseTimeout: '30 s' });

const purchase = defineSignal<[BarePurchase]>('purchase');
/** As many events as the service's own workflow has. */
const longHistory = 200;

export async function purchases(): Promise<void> {
  const inbox: BarePurchase[] = [];
  setHandler(purchase, (message) => void inbox.push(message));
  for (;;) {
    await condition(() => inbox.length > 0);
    const taken = inbox.splice(0, inbox.length);
    await Promise.all(
      taken.map(({ id, text, activityBytes }) => deliver({ id, text: text.padEnd(activityBytes, 'x').slice(0, activityBytes) })),
    );
    const { historyLength, continueAsNewSuggested } = workflowInfo();
    if (inbox.length === 0 && (historyLength > longHistory || continueAsNewSuggested)) await continueAsNew<typeof purchases>();
  }
}

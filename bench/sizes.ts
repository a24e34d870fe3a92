/** How large the service's own messages are, so that the bare side's are as large. */
import type { Client } from '@temporalio/client';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { subscriptionWorkflowId } from '../workflows/contract';
import type { Receiver } from './receiver/client';
import type { Side } from './side';

export interface Sizes {
  /** Of a renewal's signal, as JSON before it is sealed. */
  readonly signalBytes: number;
  /** Of the input of the activity that sends. */
  readonly activityBytes: number;
  /** Of the body of TikTok's event. */
  readonly bodyBytes: number;
}

/** Sells one subscription, renews it, and looks at the messages of the renewal. */
export async function measureSizes(
  ours: Side,
  { client, codec, receiver }: { readonly client: Client; readonly codec: PayloadCodec; readonly receiver: Receiver },
): Promise<Sizes> {
  const fleet = ours.newFleet();
  await ours.send(fleet.firstPurchases(1), 1);
  await ours.drained();
  await ours.send(fleet.renewals(1), 1);
  await ours.drained();
  const [subscription = ''] = fleet.subscriptions;
  const workflowId = subscriptionWorkflowId({ integration: 'default', psp: 'stripe', subscription });
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const bytesOf = async (payloads: readonly Payload[] | null | undefined): Promise<number> => {
    const open = await codec.decode([...(payloads ?? [])]);
    return open.reduce((sum, { data }) => sum + (data?.length ?? 0), 0);
  };
  const signals = (events ?? []).flatMap((event) => event.workflowExecutionSignaledEventAttributes ?? []);
  const activities = (events ?? [])
    .flatMap((event) => event.activityTaskScheduledEventAttributes ?? [])
    .filter(({ activityType }) => activityType?.name === 'reportPurchase');
  return {
    signalBytes: await bytesOf(signals.at(-1)?.input?.payloads),
    activityBytes: await bytesOf(activities.at(-1)?.input?.payloads),
    bodyBytes: (await receiver.received('ours')).lastBodyBytes,
  };
}

/** What a renewal leaves in its workflow's history: events, Actions (what Temporal Cloud counts) and bytes. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { subscriptionWorkflowId } from '../../workflows/contract';
import type { Figure, Measuring } from '../figure';
import type { Goal, Row } from '../results';
import type { Side } from '../side';

const goals = {
  sent: { actions: 2, events: 10 },
  suppressed: { actions: 2, events: 5 },
} as const;

/** Web keeps the settings for at most so long. */
const settingsMs = 5_500;

export const history: Figure = {
  name: 'history',
  stacks: ['embedded', 'postgres'],
  async measure(on) {
    const { ours, bare, temporal, progress } = on;
    progress('history');
    const [oursSent, bareSent] = [await grownBy(ours, temporal.ours, on, true), await grownBy(bare, temporal.bare, on, true)];
    await on.api('PATCH', '/settings', { limitPurchaseEvents: true });
    await sleep(settingsMs);
    const suppressed = await grownBy(ours, temporal.ours, on, false);
    await on.api('PATCH', '/settings', { limitPurchaseEvents: false });
    await sleep(settingsMs);
    return [...rowsOf('sent', oursSent, bareSent), ...rowsOf('suppressed', suppressed, null)];
  },
};

interface Grown {
  readonly events: number;
  readonly actions: number;
  readonly bytes: number;
}

/** Of a renewal each, on subscriptions of their own. */
async function grownBy(side: Side, client: Client, { rounds }: Measuring, isSent: boolean): Promise<readonly Grown[]> {
  const fleet = side.newFleet();
  await side.send(fleet.firstPurchases(rounds), 1);
  await side.drained();
  const grown: Grown[] = [];
  for (const [index, subscription] of fleet.subscriptions.entries()) {
    const id =
      side.name === 'bare'
        ? `bare/${subscription}`
        : subscriptionWorkflowId({ integration: 'default', psp: 'stripe', subscription });
    const before = await atRest(client, id);
    const renewal = [fleet.renewalOf(index)];
    await (isSent ? side.send(renewal, 1) : side.sendSuppressed(renewal, 1));
    await side.drained();
    const after = await atRest(client, id);
    grown.push({
      events: after.events - before.events,
      actions: after.actions - before.actions,
      bytes: after.bytes - before.bytes,
    });
  }
  return grown;
}

/** Once nothing has been added for a while. */
async function atRest(client: Client, id: string): Promise<Grown> {
  for (let last = -1; ;) {
    await sleep(400);
    const { events } = await client.workflow.getHandle(id).fetchHistory();
    const count = events?.length ?? 0;
    if (count === last) {
      const { historySize = 0 } = await client.workflow.getHandle(id).describe();
      return { events: count, actions: (events ?? []).filter(isAction).length, bytes: historySize };
    }
    last = count;
  }
}

/** https://docs.temporal.io/cloud/actions: what a workflow is told, and what it has others do. */
function isAction(event: object): boolean {
  return [
    'workflowExecutionStartedEventAttributes',
    'workflowExecutionSignaledEventAttributes',
    'activityTaskScheduledEventAttributes',
    'timerStartedEventAttributes',
    'markerRecordedEventAttributes',
    'upsertWorkflowSearchAttributesEventAttributes',
  ].some((attributes) => (event as Readonly<Record<string, unknown>>)[attributes] != null);
}

function rowsOf(what: keyof typeof goals, ours: readonly Grown[], bare: readonly Grown[] | null): readonly Row[] {
  const row = (unit: keyof Grown, goal: Goal | null): Row => ({
    ...{ name: `a ${what} renewal`, unit, goal },
    ours: ours.map((one) => one[unit]),
    bare: bare === null ? null : bare.map((one) => one[unit]),
  });
  const holds = (limit: number): Goal => ({ of: 'worst', atMost: limit });
  return [row('actions', holds(goals[what].actions)), row('events', holds(goals[what].events)), row('bytes', null)].map(
    (one) => ({
      ...one,
      name: `${one.name}: ${one.unit}`,
    }),
  );
}

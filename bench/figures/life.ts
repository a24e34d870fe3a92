/** A purchase costs in a subscription's 520th month what it costs in the first; and a burst into one workflow costs by its size. */
import type { Client } from '@temporalio/client';
import { subscriptionWorkflowId } from '../../workflows/contract';
import type { Figure, Measuring } from '../figure';
import type { Fleet } from '../load/fleet';
import { cpuMs } from '../processes';
import type { Goal, Row } from '../results';
import { median } from '../statistics';

const flat: Goal = { of: 'ratio', atLeast: 0.9, atMost: 1.1 };
const linear: Goal = { of: 'ratio', atMost: 1.1 };
const lastMonth = 520;
/** Months that are measured around each point. */
const months = 10;

export const life: Figure = {
  name: 'life',
  stacks: ['postgres', 'embedded'],
  async measure(on) {
    return [...(await flatRows(on)), await burstRow(on)];
  },
};

/** Of one subscription's renewals, from the first month on. */
async function flatRows(on: Measuring): Promise<readonly Row[]> {
  const { ours, rounds, isShort, progress } = on;
  const fleet = ours.newFleet();
  await ours.send(fleet.firstPurchases(rounds), 8);
  await ours.drained();
  const points = isShort ? [1, 100] : [1, 100, lastMonth];
  const measured: { readonly month: number; readonly costs: readonly Cost[] }[] = [];
  let month = 0;
  for (const point of points) {
    progress(`life: month ${point}`);
    const from = Math.max(0, point - months);
    for (; month < from; month++) {
      await ours.send(
        Array.from({ length: rounds }, (_, index) => fleet.renewalOf(index)),
        rounds,
      );
      if (month % 10 === 0) await ours.drained();
    }
    await ours.drained();
    const costs: Cost[] = [];
    for (let index = 0; index < rounds; index++) costs.push(await costOf(on, fleet, index));
    month += months;
    measured.push({ month: point, costs });
  }
  const [first, ...later] = measured;
  const row = (name: string, unit: string, take: (cost: Cost) => number): readonly Row[] =>
    later.map(({ month: at, costs }) => ({
      ...{ name: `month ${at}: ${name}`, unit, goal: flat, against: 'month 1' },
      ours: costs.map(take),
      bare: first?.costs.map(take) ?? null,
    }));
  return [
    ...row('acknowledged in', 'ms', (cost) => cost.ackMs),
    ...row('history', 'bytes', (cost) => cost.bytes),
    ...row('CPU of the worker', 'ms', (cost) => cost.cpuMs),
  ];
}

interface Cost {
  readonly ackMs: number;
  readonly bytes: number;
  readonly cpuMs: number;
}

/** Per renewal, over some months of one subscription. On the embedded stack the processor time is that of the one process. */
async function costOf({ ours, temporal }: Measuring, fleet: Fleet, index: number): Promise<Cost> {
  const { worker, service } = ours.pids();
  const pid = worker ?? service ?? 0;
  const startedCpuMs = cpuMs(pid);
  const [acks, grown]: [number[], number[]] = [[], []];
  let bytes = await historyBytes(temporal.ours, fleet.subscriptions[index] ?? '');
  for (let month = 0; month < months; month++) {
    const { latenciesMs } = await ours.send([fleet.renewalOf(index)], 1);
    await ours.drained();
    acks.push(median(latenciesMs));
    const now = await historyBytes(temporal.ours, fleet.subscriptions[index] ?? '');
    if (now > bytes) grown.push(now - bytes); // else a new history has begun
    bytes = now;
  }
  return { ackMs: median(acks), bytes: median(grown), cpuMs: (cpuMs(pid) - startedCpuMs) / months };
}

async function historyBytes(client: Client, subscription: string): Promise<number> {
  const id = subscriptionWorkflowId({ integration: 'default', psp: 'stripe', subscription });
  return (await client.workflow.getHandle(id).describe()).historySize ?? 0;
}

/** Signals into one workflow: each of 480 costs what each of 240 costs. From 500 open payments on an order asks for an operator. */
async function burstRow({ ours, rounds, progress }: Measuring): Promise<Row> {
  progress('life: bursts into one subscription');
  const perSignal = async (count: number): Promise<number> => {
    const fleet = ours.newFleet();
    await ours.send(fleet.firstPurchases(1), 1);
    await ours.drained();
    const renewals = Array.from({ length: count }, () => fleet.renewalOf(0));
    const { startedAtMs } = await ours.send(renewals, 32);
    await ours.drained();
    return ((await ours.lastArrivalMs(renewals)) - startedAtMs) / count;
  };
  const [many, few]: [number[], number[]] = [[], []];
  for (let round = 0; round < Math.min(rounds, 2); round++) {
    few.push(await perSignal(240));
    many.push(await perSignal(480));
  }
  const name = '480 signals into one workflow, each';
  return { name, unit: 'ms', ours: many, bare: few, against: 'each of 240', goal: linear };
}

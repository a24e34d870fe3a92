/** Breaks the stage as planned: kills, stops and continues, restarts, ended connections. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { EventLog } from './event-log';
import type { ChaosOptions, Fault } from './plan';
import type { Stage } from './stage';

export interface FaultsDone {
  /** `kill worker` → how often. */
  readonly counts: Readonly<Record<string, number>>;
  readonly kills: number;
}

export interface FaultsContext {
  readonly stage: Stage;
  readonly startMs: number;
  readonly log: EventLog;
  readonly signal: AbortSignal;
}

/** Each at its time, or late where an earlier one is still under way on the same machine. Resolves after the last. */
export async function playFaults({ stage, startMs, log, signal }: FaultsContext, faults: readonly Fault[]): Promise<FaultsDone> {
  const counts: Record<string, number> = {};
  let kills = 0;
  const under = new Set<Promise<void>>();
  for (const fault of faults) {
    const pauseMs = startMs + fault.atMs - Date.now();
    if (pauseMs > 0) await sleep(pauseMs, undefined, { signal });
    const name = fault.kind === 'end_connections' ? fault.kind : `${fault.kind} ${fault.target}`;
    counts[name] = (counts[name] ?? 0) + 1;
    if (fault.kind === 'kill' || fault.kind === 'kill_alone') kills += 1;
    log.note('fault', { ...fault });
    // What is stopped stays so while others are hurt.
    const playing: Promise<void> = play(stage, fault)
      .then((became) => log.note('fault.played', { name, ...(became === null ? {} : { became }) }))
      .catch((error: Error) => log.note('fault.failed', { name, reason: error.message }))
      .finally(() => under.delete(playing));
    under.add(playing);
  }
  await Promise.all(under);
  return { counts, kills };
}

async function play(stage: Stage, fault: Fault): Promise<string | number | null> {
  switch (fault.kind) {
    case 'kill':
      await stage.kill(fault.target, fault.index);
      return null;
    case 'kill_alone':
      await stage.killAlone(fault.target, fault.index);
      return null;
    case 'restart':
      return stage.restart(fault.target, fault.index);
    case 'pause':
      await stage.pause(fault.target, fault.index, fault.lastsMs);
      return null;
    case 'end_connections':
      return stage.endConnections(fault.share);
  }
}

/**
 * A deployment under load, again and again until the time is over: each web and worker is asked to end, started anew, and the next follows
 * when it serves. Two rounds at least.
 */
export async function playRollingRestart(
  { stage, startMs, log, signal }: FaultsContext,
  { webs, workers, lastsMs }: Pick<ChaosOptions, 'webs' | 'workers' | 'lastsMs'>,
): Promise<FaultsDone> {
  const turn = [
    ...Array.from({ length: webs }, (_, index) => ['web', index] as const),
    ...Array.from({ length: workers }, (_, index) => ['worker', index] as const),
  ];
  const counts: Record<string, number> = {};
  for (let round = 0; round < 2 || Date.now() - startMs < lastsMs; round++)
    for (const [target, index] of turn) {
      await sleep(1_000, undefined, { signal });
      const how = await stage.restart(target, index);
      log.note('restarted', { target, index, how });
      counts[`restart ${target}`] = (counts[`restart ${target}`] ?? 0) + 1;
      await stage.ready();
    }
  return { counts, kills: 0 };
}

/** Plays a fault's webhooks as they came, all at once, in other orders, and twice. */
import type { PriceRole } from '../../src/domain/fact';
import type { Settings } from '../../src/domain/settings';
import { orders, runs } from '../support/effort';
import { defaultStartMs, type SimulatedRelay } from '../support/simulated-relay';
import { simulatedRelay } from '../support/stored-relay';
import type { FaultFile, Step } from './fault-files';
import { readFault } from './fault-files';
import type { RightRecords } from './right-values';
import { expectRight, expectRightInAnyOrder } from './right-values';

export interface Fault {
  /** The file's path, without `.json`. */
  readonly file: string;
  readonly records: RightRecords;
  /** Beside the file's own. */
  readonly settings?: Partial<Settings>;
  readonly prices?: Readonly<Record<string, PriceRole>>;
  /** A change of the file's webhooks, for a case of the same kind. */
  readonly changed?: (steps: readonly Step[]) => readonly Step[];
  /** What else is right, in every order. */
  readonly more?: (relay: SimulatedRelay) => Promise<void> | void;
  /** Carries out a step that is no webhook. */
  readonly otherStep?: (relay: SimulatedRelay) => Promise<void>;
}

const usualPauseMs = 500;
/** Longer than any wait for another event. */
const longestWaitMs = 120_000;

/** A fault's tests: one for each way in which its webhooks may arrive. */
export function itIsRight(title: string, fault: Fault): void {
  describe(title, () => {
    const load = (): FaultFile & { readonly steps: readonly Step[] } => {
      const file = readFault(fault.file);
      return { ...file, steps: fault.changed?.(file.steps) ?? file.steps };
    };

    it('as it happened', async () => {
      const relay = await played(fault, inTime(load().steps), {});
      await expectRight(relay, fault.records);
      await fault.more?.(relay);
    });

    it('as it happened, each webhook twice', async () => {
      const relay = await played(
        fault,
        inTime(load().steps).flatMap((step) => [step, { ...step, atMs: step.atMs + 1 }]),
        {},
      );
      await expectRight(relay, fault.records);
      await fault.more?.(relay);
    });

    it('within a few seconds', async () => {
      const relay = await played(fault, burst(load().steps, load().steps, usualPauseMs), anyAge);
      await expectRight(relay, fault.records);
      await fault.more?.(relay);
    });

    it('all of it, and then all of it once more', async () => {
      const { steps } = load();
      const relay = await played(fault, burst(steps, [...steps, ...steps], usualPauseMs), anyAge);
      await expectRight(relay, fault.records);
      await fault.more?.(relay);
    });

    it('in other orders', async () => {
      const { steps } = load();
      const webhooks = steps.filter(({ body }) => body !== null);
      for (const [nth, order] of otherOrders(webhooks).entries()) {
        // Closer together than TikTok's answer comes, or each after the answer to the one before.
        const relay = await played(fault, burst(steps, order, nth % 2 === 0 ? 40 : 900), anyAge);
        try {
          await expectRightInAnyOrder(relay, fault.records);
          await fault.more?.(relay);
        } catch (error) {
          throw inOrder(
            order.map((step) => webhooks.indexOf(step) + 1),
            error,
          );
        }
      }
    });
  });
}

/** What is old by the time when the last webhook comes is sent all the same. */
const anyAge: Partial<Settings> = { maxEventAgeHours: 87_600 };

type TimedStep = Step & { readonly atMs: number };

async function played(fault: Fault, steps: readonly TimedStep[], settings: Partial<Settings>): Promise<SimulatedRelay> {
  const file = readFault(fault.file);
  const relay = await simulatedRelay({
    startMs: steps[0]!.atMs,
    settings: { ...file.settings, ...fault.settings, ...settings },
    prices: { ...file.prices, ...fault.prices },
  });
  for (const { psp, body, headers, atMs } of steps) {
    await relay.runsUntil(atMs);
    if (body === null) await fault.otherStep?.(relay);
    else await relay.receives(psp, body, { headers });
  }
  await relay.passes(longestWaitMs);
  return relay;
}

/** At the time of each event, but never before the one that is listed before it. */
function inTime(steps: readonly Step[]): readonly TimedStep[] {
  return steps.reduce<readonly TimedStep[]>((timed, step) => {
    const before = timed.at(-1);
    const earliestMs = before ? before.atMs + (step.waitMs ?? usualPauseMs) : -Infinity;
    return [...timed, { ...step, atMs: Math.max(step.atMs ?? before?.atMs ?? defaultStartMs, earliestMs) }];
  }, []);
}

/** After the last event has happened. */
function burst(all: readonly Step[], order: readonly Step[], pauseMs: number): readonly TimedStep[] {
  const startMs = Math.max(...inTime(all).map(({ atMs }) => atMs)) + 60_000;
  return order.map((step, nth) => ({ ...step, atMs: startMs + nth * pauseMs }));
}

const mostPermuted = 4;
const sampledOrders = 12;
const fewestOrders = 3;
const seed = Number(process.env['FAULTS_SEED'] ?? 20_261_101);

/** All of up to four webhooks; of more, some drawn with the seed that a failure names. Outside of CI, a part of these. */
function otherOrders(steps: readonly Step[]): readonly (readonly Step[])[] {
  if (steps.length <= mostPermuted) return orders(steps);
  const random = generator(seed);
  return Array.from({ length: Math.max(fewestOrders, runs(sampledOrders)) }, () => shuffled(steps, random));
}

function shuffled<T>(items: readonly T[], random: () => number): readonly T[] {
  const drawn = items.map((item) => ({ item, rank: random() }));
  return drawn.sort((a, b) => a.rank - b.rank).map(({ item }) => item);
}

/** Numbers from 0 to 1: a linear congruential generator. */
function generator(start: number): () => number {
  let state = start;
  return () => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
}

function inOrder(numbers: readonly number[], error: unknown): Error {
  const { message } = error as Error;
  return new Error(`in the order ${numbers.join(', ')} (FAULTS_SEED=${seed}): ${message}`);
}

/** What every process does for the counts of operators' pages: writes its tallies, and from time to time takes up the changes of totals. */
import { secondMs } from '../domain/duration';
import type { Store } from '../store';
import { createTallyCollector, type TallyCollector } from '../telemetry/tally';

export interface Counts {
  readonly tally: TallyCollector;
  /** Writes what has not been written yet. */
  stop(): Promise<void>;
}

const foldEveryMs = 10 * secondMs;

export function openCounts(
  { tallies, purchaseTotals }: Pick<Store, 'tallies' | 'purchaseTotals'>,
  logger: { warn(fields: object, message: string): void },
): Counts {
  const tally = createTallyCollector({ tallies, nowMs: Date.now, logger });
  let folding: Promise<unknown> = Promise.resolve();
  // A database that is away has told of itself elsewhere; the changes wait, and are counted where they are.
  const fold = (): void => void (folding = folding.then(() => purchaseTotals.fold()).catch(() => undefined));
  const timer = setInterval(fold, foldEveryMs);
  timer.unref();
  return {
    tally,
    async stop() {
      clearInterval(timer);
      await tally.stop();
      await folding;
    },
  };
}

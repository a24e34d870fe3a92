/** How much work something is, in calls of functions: the same on every machine and under every load, which a time is not. */
import { Session } from 'node:inspector';
import type { Profiler } from 'node:inspector';

/**
 * The number of calls of functions in files of src/domain and workflows while `run` runs, as V8 counts them; sorts and copies count nothing.
 * In a long-lived process V8 now and then counts some functions twice or not at all, so `run`, which must be repeatable, runs until
 * two counts are equal.
 */
export function callsOf(run: () => void): number {
  const seen = new Set<number>();
  for (;;) {
    const calls = callsOnce(run);
    if (seen.has(calls)) return calls;
    seen.add(calls);
  }
}

function callsOnce(run: () => void): number {
  const session = new Session();
  session.connect();
  try {
    session.post('Profiler.enable');
    session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
    run();
    return callsIn(counted(session));
  } finally {
    session.post('Profiler.stopPreciseCoverage');
    session.disconnect();
  }
}

function counted(session: Session): readonly Profiler.ScriptCoverage[] {
  const answers: Profiler.ScriptCoverage[] = [];
  session.post('Profiler.takePreciseCoverage', (error, { result }) => {
    if (error) throw error;
    answers.push(...result);
  });
  return answers;
}

function callsIn(scripts: readonly Profiler.ScriptCoverage[]): number {
  const own = scripts.filter(({ url }) => /\/(src\/domain|workflows)\//.test(url));
  const counts = own.flatMap(({ functions }) => functions.map(({ ranges }) => ranges[0]?.count ?? 0));
  return counts.reduce((sum, count) => sum + count, 0);
}

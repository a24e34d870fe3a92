/** How much work something is, in calls of functions: the same on every machine and under every load, which a time is not. */
import { Session } from 'node:inspector';
import type { Profiler } from 'node:inspector';

/** The number of calls of functions in files of src/domain and workflows while `run` runs, as V8 counts them; sorts and copies count nothing. */
export function callsOf(run: () => void): number {
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

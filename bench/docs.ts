/** docs/benchmarks.md, from a report. */
import type { Report } from './report';

export async function writeDocs(_report: Report): Promise<void> {
  throw new Error('not there yet');
}

/** All that happened in a run, a JSON line each, so that a failure can be read afterwards. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';

export interface EventLog {
  readonly file: string;
  note(event: string, fields?: object): void;
}

export function openEventLog(folder: string, startMs: number): EventLog {
  const file = join(folder, 'events.jsonl');
  return {
    file,
    note: (event, fields = {}) => appendFileSync(file, `${JSON.stringify({ atMs: Date.now() - startMs, event, ...fields })}\n`),
  };
}

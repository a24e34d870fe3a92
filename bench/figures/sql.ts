/** How many statements a sent renewal costs, by who sends them and what they are. The server itself writes them into its log. */
import { readFileSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { query } from '../../scripts/stack/postgres';
import type { Figure } from '../figure';
import type { Goal } from '../results';
import { type Statement, statementsIn } from './statements';

const goal: Goal = { of: 'median', atMost: 5 };
const atOnce = 16;

export const sql: Figure = {
  name: 'sql',
  stacks: ['postgres'],
  async measure({ ours, postgres, isShort, progress }) {
    if (postgres === null) return [];
    progress('sql');
    const { adminUrl, log, roles } = postgres;
    const count = isShort ? 50 : 200;
    const set = async (...settings: readonly string[]): Promise<void> => {
      for (const setting of settings) await query(adminUrl, `alter system ${setting}`);
      await query(adminUrl, 'select pg_reload_conf()');
      await sleep(500);
    };
    await set(`set log_line_prefix = '%u@%d|'`, `set log_statement = 'all'`, 'set log_parameter_max_length = 0');
    const from = statSync(log).size;
    await ours.send(ours.fleet.renewals(count), atOnce);
    await ours.drained();
    await sleep(1_000); // what is written after the answer
    const statements = statementsIn(readFileSync(log).subarray(from).toString('utf8'), 'relay');
    await set('reset log_statement', 'reset log_line_prefix', 'reset log_parameter_max_length');

    const of = (role: string): readonly Statement[] => statements.filter(({ user }) => user === role);
    const [web, worker] = [of(roles.web), of(roles.worker)];
    const row = (name: string, own: readonly Statement[], limit: Goal | null) => ({
      ...{ name, unit: 'statements', ours: [own.length / count], bare: null, goal: limit },
      note: kindsOf(own, count),
    });
    return [
      { ...row('per sent renewal', [...web, ...worker], goal), note: `of ${count} renewals, ${atOnce} at once` },
      row('of web', web, null),
      row('of worker', worker, null),
    ];
  },
};

/** Each kind with its share of a renewal, the frequent ones first. */
function kindsOf(statements: readonly Statement[], count: number): string {
  const counts = new Map<string, number>();
  for (const { kind } of statements) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts]
    .sort(([, one], [, other]) => other - one)
    .filter(([, times]) => times / count >= 0.02)
    .map(([kind, times]) => `${(times / count).toFixed(2)} ${kind}`)
    .join(', ');
}

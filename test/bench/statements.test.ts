import { statementsIn } from '../../bench/figures/statements';

const log = [
  'relay_web@relay|LOG:  statement: begin',
  'relay_web@relay|LOG:  execute <unnamed>: insert into "payments" ("psp", "money_id")',
  '\tvalues ($1, $2)',
  '\ton conflict do nothing',
  "relay_web@relay|DETAIL:  parameters: $1 = 'stripe'",
  '\ta line of a parameter',
  'temporal@temporal|LOG:  execute <unnamed>: select * from executions',
  '\twhere shard_id = $1',
  'relay_worker@relay|LOG:  execute stmt_1: update purchases set state = $1 from only (select 1) x join users u on true',
  '@|LOG:  checkpoint starting: time',
].join('\n');

describe('PostgreSQL’s log', () => {
  it('gives the statements of one database, with who sent them', () => {
    expect(statementsIn(log, 'relay').map(({ user, kind }) => `${user}: ${kind}`)).toEqual([
      'relay_web: begin',
      'relay_web: insert payments',
      'relay_worker: update purchases users',
    ]);
  });

  it('puts a statement of several lines together, and takes no line of anything else', () => {
    expect(statementsIn(log, 'relay')[1]?.text).toBe(
      'insert into "payments" ("psp", "money_id") values ($1, $2) on conflict do nothing',
    );
  });

  it('has none where there is none', () => {
    expect(statementsIn('', 'relay')).toEqual([]);
    expect(statementsIn(log, 'other')).toEqual([]);
  });
});

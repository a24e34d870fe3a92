/**
 * `npm run chaos -- --purchases 1000 --kills 20 --seed 7 --stack postgres --webs 2 --workers 2`: purchases of every provider while everything
 * is killed, stopped and cut off; then providers', our and TikTok's accounts are compared. Exit code 1 if they differ. docs/reliability.md.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { setMaxListeners } from 'node:events';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { endOnSignals } from '../demo/ending';
import { temporalCliConfig } from '../src/config/config';
import { buildOf, buildsFolder, currentBuild, earlierVersion } from '../scripts/stack/builds';
import { isGood, reportLines } from './report';
import { run } from './run';

const usage = `npm run chaos -- [options]

  --purchases 1000     to be made, at least
  --kills 20           by kill -9; other faults come on top
  --seed 7             decides who buys what, when what breaks; default: by the clock
  --stack postgres     webs and workers on PostgreSQL and a real Temporal server; or embedded: npm start
  --webs 2 --workers 2
  --minutes 10         from the first webhook to the last fault; default: 6 s for each kill, or 0.15 s for each purchase
  --previous REV       every second process runs this commit; default: an earlier one with the same database schema; none: no other
  --rolling            no faults: webs and workers are restarted in turn behind a balancer, and no webhook may fail
  --folder DIR         keeps logs and figures there
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      purchases: { type: 'string', default: '1000' },
      kills: { type: 'string', default: '20' },
      seed: { type: 'string' },
      stack: { type: 'string', default: 'postgres' },
      webs: { type: 'string', default: '2' },
      workers: { type: 'string', default: '2' },
      minutes: { type: 'string' },
      previous: { type: 'string' },
      folder: { type: 'string' },
      rolling: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const { stack } = values;
  if (stack !== 'postgres' && stack !== 'embedded') throw new Error('--stack is postgres or embedded');
  const purchases = whole('purchases', values.purchases);
  const kills = whole('kills', values.kills);
  const seed = values.seed === undefined ? Date.now() % 1_000_000 : whole('seed', values.seed);
  const lastsMs =
    values.minutes === undefined ? Math.max(kills * 6_000, purchases * 150, 20_000) : Number(values.minutes) * 60_000;

  const folder = values.folder === undefined ? mkdtempSync(join(tmpdir(), `relay-chaos-${seed}-`)) : resolve(values.folder);
  mkdirSync(folder, { recursive: true });
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const ending = new AbortController();
  setMaxListeners(0, ending.signal); // everything that waits listens
  endOnSignals(ending, () => say('stopping …'));
  say(`seed ${seed}, folder ${folder}`);
  say('building');
  const cache = buildsFolder(temporalCliConfig(process.env));
  const builds = [currentBuild(cache)];
  const previous = values.previous === 'none' || stack === 'embedded' ? null : (values.previous ?? earlierVersion());
  if (previous !== null) builds.push(buildOf(previous, cache));

  const result = await run({
    ...{ purchases, kills, seed, stack, lastsMs, folder, builds },
    webs: whole('webs', values.webs),
    workers: whole('workers', values.workers),
    rolling: values.rolling,
    settleMs: 10 * 60_000,
    progress: (line) => say(`${new Date().toISOString().slice(11, 19)} ${line}`),
    signal: ending.signal,
  });
  writeFileSync(join(folder, 'result.json'), `${JSON.stringify(result, null, 2)}\n`);
  for (const part of ['postgres', 'data']) rmSync(join(folder, part), { recursive: true, force: true });
  for (const line of reportLines(result)) say(line);
  say(`  figures and events in ${folder}; again: npm run chaos -- ${process.argv.slice(2).join(' ')} --seed ${seed}`);
  return isGood(result) ? 0 : 1;
}

function whole(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name} is a whole number`);
  return Number(text);
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);

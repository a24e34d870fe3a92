/**
 * `npm run bench`: the service beside the least code that does the same, on the same server, in turns. Options: `--stack embedded|postgres|both`,
 * `--rounds 5`, `--only ack,latency`, `--json file`, `--docs` (writes docs/benchmarks.md), `--short` (a look that fails on a regression).
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ended, endOnSignals } from '../demo/ending';
import { baselineOf, regressions, type Baseline } from './baseline';
import { writeDocs } from './docs';
import type { Figure } from './figure';
import { figures } from './figures/index';
import { machineOf, type Report } from './report';
import { type Result, tableOf } from './results';
import { startStage, type StackName } from './stage';

const baselineFile = join(__dirname, 'baseline.json');
const subscriptionsOfFleet = 200;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      stack: { type: 'string' },
      rounds: { type: 'string' },
      only: { type: 'string' },
      json: { type: 'string' },
      short: { type: 'boolean', default: false },
      docs: { type: 'boolean', default: false },
      from: { type: 'string' },
      'keep-baseline': { type: 'boolean', default: false },
    },
  });
  if (values.from !== undefined) return finish(JSON.parse(readFileSync(values.from, 'utf8')) as Report, values);
  const isShort = values.short;
  const rounds = Number(values.rounds ?? (isShort ? 3 : 5));
  const stacks = stacksOf(values.stack ?? (isShort ? 'embedded' : 'both'));
  const chosen = chosenFigures(values.only?.split(',') ?? (isShort ? ['ack'] : null));

  const ending = new AbortController();
  endOnSignals(ending, () => say('stopping …'));
  const results: Result[] = [];
  for (const stack of stacks) {
    const here = chosen.filter((figure) => figure.stacks.includes(stack));
    if (here.length === 0 || ending.signal.aborted) continue;
    const measuring = measure(stack, here, { rounds, isShort, signal: ending.signal });
    results.push(...(await measuring));
  }
  await finish({ machine: machineOf(), rounds, isShort, results }, values);
}

interface MeasureOptions {
  readonly rounds: number;
  readonly isShort: boolean;
  readonly signal: AbortSignal;
}

async function measure(stack: StackName, chosen: readonly Figure[], options: MeasureOptions): Promise<readonly Result[]> {
  const { isShort, signal } = options;
  const folder = mkdtempSync(join(tmpdir(), 'relay-bench-'));
  const results: Result[] = [];
  try {
    const stage = await startStage({ stack, folder, progress: say });
    try {
      say(`sizes: ${JSON.stringify(stage.sizes)}`);
      say('selling the first subscriptions');
      for (const side of [stage.ours, stage.bare]) {
        await side.send(side.fleet.firstPurchases(subscriptionsOfFleet), 8);
        await side.drained();
        await side.send(side.fleet.renewals(subscriptionsOfFleet), 8); // warms up
        await side.drained();
      }
      const on = { ...stage, rounds: options.rounds, isShort, progress: say };
      for (const figure of chosen) {
        if (signal.aborted) break;
        const measured = figure.measure(on);
        const rows = await Promise.race([measured, ended(signal).then(() => [])]);
        measured.catch(() => undefined); // of a figure that was left
        const own = rows.map((row) => ({ figure: figure.name, stack, ...row }));
        results.push(...own);
        if (own.length > 0) say(`${tableOf(own)}\n${own.flatMap(({ note, name }) => (note ? [`  ${name}: ${note}\n`] : [])).join('')}`);
      }
    } finally {
      await stage.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return results;
}

async function finish(
  report: Report,
  asked: { readonly json?: string; readonly docs: boolean; readonly short: boolean; readonly 'keep-baseline': boolean },
): Promise<void> {
  process.stdout.write(`\n${tableOf(report.results)}\n`);
  if (asked.json !== undefined) writeFileSync(asked.json, `${JSON.stringify(report, null, 2)}\n`);
  if (asked.docs) await writeDocs(report);
  if (asked['keep-baseline']) writeFileSync(baselineFile, `${JSON.stringify(baselineOf(report.results), null, 2)}\n`);
  else if (asked.short) {
    const fallen = regressions(JSON.parse(readFileSync(baselineFile, 'utf8')) as Baseline, report.results);
    for (const line of fallen) say(`regression: ${line}`);
    if (fallen.length > 0) process.exitCode = 1;
  }
}

function stacksOf(text: string): readonly StackName[] {
  if (text === 'both') return ['embedded', 'postgres'];
  if (text === 'embedded' || text === 'postgres') return [text];
  throw new Error('--stack is embedded, postgres or both');
}

function chosenFigures(names: readonly string[] | null): readonly Figure[] {
  if (names === null) return figures.filter(({ onlyWhenAsked }) => !onlyWhenAsked);
  return names.map((name) => {
    const found = figures.find((figure) => figure.name === name);
    if (!found) throw new Error(`there is no figure "${name}": ${figures.map((figure) => figure.name).join(', ')}`);
    return found;
  });
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

main().then(
  () => process.exit(),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);

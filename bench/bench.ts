/**
 * `npm run bench`: the service beside the least code that does the same, on the same server, in turns. Options: `--stack embedded|postgres|both`,
 * `--rounds 5`, `--only ack,latency`, `--json file`, `--docs` (writes docs/benchmarks.md), `--short` (a look that fails on a regression).
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ended, endOnSignals } from '../demo/ending';
import { baselineOf, regressions, type Baseline } from './baseline';
import { writeDocs } from './docs';
import type { AloneOptions, Figure, FigureAlone } from './figure';
import { figures, figuresAlone } from './figures/index';
import { machineOf, type Report } from './report';
import { type Result, type Row, tableOf } from './results';
import { type Stage, startStage, type StackName } from './stage';

const baselineFile = join(__dirname, 'baseline.json');
/** Sold before anything is measured. */
const fleetSize = { short: 30, full: 200 };

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
  const report: Report = { machine: machineOf(), rounds, isShort, results };
  // As soon as it is there: a run takes an hour, and may not come to its end.
  const keep = (rows: readonly Result[]): void => {
    results.push(...rows);
    if (values.json !== undefined) writeReport(values.json, report);
  };
  const options = { rounds, isShort, signal: ending.signal, keep };
  for (const figure of chosen) if ('measureAlone' in figure) await measureAlone(figure, options);
  for (const stack of stacks) {
    const here = chosen.flatMap((figure) => ('measure' in figure && figure.stacks.includes(stack) ? [figure] : []));
    if (here.length > 0 && !ending.signal.aborted) await measure(stack, here, options);
  }
  await finish(report, values);
}

interface MeasureOptions {
  readonly rounds: number;
  readonly isShort: boolean;
  readonly signal: AbortSignal;
  readonly keep: (results: readonly Result[]) => void;
}

async function measureAlone(figure: FigureAlone, { signal, keep, ...options }: MeasureOptions): Promise<void> {
  if (signal.aborted) return;
  const of = { figure: figure.name, stack: '' };
  await inFolder(async (folder) => {
    const alone: AloneOptions = { ...options, folder, progress: say };
    keep(await shownOrFailed(figure.measureAlone(alone), of));
  });
}

async function measure(stack: StackName, chosen: readonly Figure[], { signal, keep, ...options }: MeasureOptions): Promise<void> {
  await inFolder(async (folder) => {
    const stage = await startStage({ stack, folder, isShort: options.isShort, progress: say });
    const left = ended(signal).then((): readonly Row[] => []);
    try {
      await warmUp(stage, options.isShort ? fleetSize.short : fleetSize.full);
      for (const figure of chosen) {
        if (signal.aborted) break;
        const measured = figure.measure({ ...stage, ...options, progress: say });
        measured.catch(() => undefined); // of a figure that was left
        keep(await shownOrFailed(Promise.race([measured, left]), { figure: figure.name, stack }));
      }
    } finally {
      await stage.stop();
    }
  });
}

/** A figure that fails does not take the others with it: its row says why, and the run ends with 1. */
async function shownOrFailed(rows: Promise<readonly Row[]>, of: Pick<Result, 'figure' | 'stack'>): Promise<readonly Result[]> {
  try {
    return shownRows(await rows, of);
  } catch (error) {
    process.exitCode = 1;
    const note = error instanceof Error ? error.message : String(error);
    return shownRows([{ name: 'not measured', unit: '', ours: [], bare: null, goal: null, note }], of);
  }
}

function writeReport(path: string, report: Report): void {
  writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`);
}

/** Sells each side its first subscriptions, and renews them once. */
async function warmUp({ ours, bare, sizes }: Stage, subscriptions: number): Promise<void> {
  say(
    `bytes of a signal ${sizes.signalBytes}, of the activity's input ${sizes.activityBytes}, of TikTok's event ${sizes.bodyBytes}`,
  );
  for (const side of [ours, bare]) {
    say(`${side.name}: selling ${subscriptions} subscriptions, and renewing them`);
    await side.send(side.fleet.firstPurchases(subscriptions), 8);
    await side.drained();
    await side.send(side.fleet.renewals(subscriptions), 8);
    await side.drained();
  }
}

/** As results, which are shown at once. */
function shownRows(rows: readonly Row[], of: Pick<Result, 'figure' | 'stack'>): readonly Result[] {
  const results = rows.map((row) => ({ ...of, ...row }));
  if (results.length > 0) say(tableOf(results));
  for (const { name, note } of rows) if (note !== undefined) say(`  ${name}: ${note}`);
  return results;
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'relay-bench-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function finish(
  report: Report,
  asked: {
    readonly json?: string | undefined;
    readonly only?: string | undefined;
    readonly docs: boolean;
    readonly short: boolean;
    readonly 'keep-baseline': boolean;
  },
): Promise<void> {
  process.stdout.write(`\n${tableOf(report.results)}\n`);
  if (asked.json !== undefined) writeReport(asked.json, report);
  if (asked.docs) await writeDocs(report);
  if (asked['keep-baseline']) writeFileSync(baselineFile, `${JSON.stringify(baselineOf(report.results), null, 2)}\n`);
  else if (asked.short && asked.only === undefined) {
    if (!existsSync(baselineFile))
      return say('there is no baseline to compare with: --short --keep-baseline writes bench/baseline.json');
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

function chosenFigures(names: readonly string[] | null): readonly (Figure | FigureAlone)[] {
  const all = [...figuresAlone, ...figures];
  if (names === null) return all.filter(({ onlyWhenAsked }) => !onlyWhenAsked);
  return names.map((name) => {
    const found = all.find((figure) => figure.name === name);
    if (!found) throw new Error(`there is no figure "${name}": ${all.map((figure) => figure.name).join(', ')}`);
    return found;
  });
}

function say(line: string): void {
  process.stderr.write(`${(performance.now() / 1_000).toFixed(0).padStart(5)} s  ${line.replaceAll('\n', '\n         ')}\n`);
}

main().then(
  () => process.exit(),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);

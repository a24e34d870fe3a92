/**
 * `npm run fuzz`: odd inputs for everything that takes any. `-- --inputs 1000000 --http 50000` says how many in all, and how many of them by
 * HTTP; `--seed` repeats a run, `--target <part of a name>` takes some targets only, `--number <n>` tries one input of a target again,
 * `--minutes` ends a run, `--json <file>` keeps the figures. `--corpus` writes the bodies that it starts from anew.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import globalSetup from '../test/support/global-setup';
import globalTeardown from '../test/support/global-teardown';
import { writeCorpus } from '../test/fuzz/corpus';
import { knownFault } from '../test/fuzz/known';
import { fuzz, inputOf, joined, shownInput, type Tally, type Target } from '../test/fuzz/run';
import { type FuzzedService, startFuzzedService } from '../test/fuzz/service';
import { httpTargets, pureTargets, type Shared, shares } from '../test/fuzz/targets';

const { values: asked } = parseArgs({
  options: {
    inputs: { type: 'string', default: '20000' },
    http: { type: 'string' },
    seed: { type: 'string' },
    target: { type: 'string' },
    number: { type: 'string' },
    minutes: { type: 'string', default: '600' },
    json: { type: 'string' },
    corpus: { type: 'boolean', default: false },
  },
});

/** Of the service after each round. */
interface Memory {
  readonly residentMb: number;
  readonly heapMb: number;
}

async function main(): Promise<void> {
  if (asked.corpus) return writeCorpus();
  const seed = asked.seed === undefined ? Date.now() % 1_000_000_000 : Number(asked.seed);
  const inputs = Number(asked.inputs);
  const byHttp = asked.http === undefined ? Math.round(inputs / 20) : Number(asked.http);
  console.log(`seed ${seed}`);

  const pure = chosen(pureTargets);
  if (asked.number !== undefined && pure.length > 0) return again(pure[0]!.target, seed, Number(asked.number));
  const untilMs = Date.now() + Number(asked.minutes) * 60_000;
  const tallies = inputs > byHttp ? await inRounds(shares(pure, inputs - byHttp), seed, untilMs) : [];
  const service = byHttp === 0 ? null : await tryService(byHttp, seed, untilMs);
  report({
    seed,
    tallies: [...tallies, ...(service?.tallies ?? [])],
    faults: service?.faults ?? [],
    memory: service?.memory ?? [],
  });
}

const rounds = 10;

/** All targets in turn, so that a run that is ended early has tried each. */
async function inRounds(
  targets: ReturnType<typeof shares>,
  seed: number,
  untilMs: number,
  afterRound: () => Promise<void> = () => Promise.resolve(),
): Promise<readonly Tally[]> {
  const parts = targets.map((): Tally[] => []);
  for (let round = 0; round < rounds && Date.now() < untilMs; round++) {
    for (const [at, { target, inputs }] of targets.entries()) {
      const [from, end] = [round, round + 1].map((n) => Math.ceil((inputs * n) / rounds)) as [number, number];
      parts[at]!.push(await fuzz(target, { seed, from, inputs: end - from, knownFault, untilMs }));
    }
    console.log(`round ${round + 1} of ${rounds}: ${parts.flat().reduce((sum, { inputs }) => sum + inputs, 0)} inputs`);
    await afterRound();
  }
  const tallies = parts.filter((own) => own.some(({ inputs }) => inputs > 0)).map(joined);
  for (const tally of tallies) print(tally);
  return tallies;
}

function chosen(targets: readonly Shared[]): readonly Shared[] {
  return targets.filter(({ target }) => asked.target === undefined || target.name.includes(asked.target));
}

async function tryService(inputs: number, seed: number, untilMs: number) {
  await globalSetup();
  let service: FuzzedService | undefined;
  try {
    service = await startFuzzedService();
    const targets = chosen(await httpTargets(service.url));
    if (asked.number !== undefined && targets.length > 0) {
      await again(targets[0]!.target, seed, Number(asked.number));
      return null;
    }
    const running = service;
    const memory: Memory[] = [await running.memory()];
    const afterRound = async (): Promise<void> => {
      memory.push(await running.memory());
      console.log(`  memory: ${JSON.stringify(memory.at(-1))}`);
    };
    const tallies = await inRounds(shares(targets, inputs), seed, untilMs, afterRound);
    return { tallies, memory, faults: [...(await running.faults()), ...running.errorLines()] };
  } finally {
    await service?.close();
    await globalTeardown();
  }
}

function print(tally: Tally): void {
  console.log(lineOf(tally));
  for (const { number, known, again: more, message, input } of tally.failures)
    console.log(`  ${known ?? 'FAULT'}: number ${number}, and ${more} more: ${message}\n    ${input.slice(0, 600)}`);
}

function lineOf({ target, inputs, bytes, ms, outcomes, slowest }: Tally): string {
  const rate = (bytes / 1e3 / Math.max(1, ms)).toFixed(1);
  const slow =
    slowest === null ? '' : `, slowest ${slowest.ms.toFixed(0)} ms for ${slowest.bytes} bytes (number ${slowest.number})`;
  return `${target}: ${inputs} inputs, ${(bytes / 1e6).toFixed(0)} MB, ${rate} MB/s${slow}, ${JSON.stringify(outcomes)}`;
}

/** One input, with all of it that can be shown. */
async function again(target: Target, seed: number, number: number): Promise<void> {
  const input: unknown = inputOf(target, seed, number);
  console.log(`${target.name} number ${number}: ${shownInput(target, input)}`);
  for (let time = 0; time < 3; time++) {
    const startedAtMs = performance.now();
    const outcome = await Promise.resolve()
      .then(() => target.handle(input))
      .catch((error: unknown) => (error instanceof Error ? (error.stack ?? error.message) : String(error)));
    console.log(`${(performance.now() - startedAtMs).toFixed(1)} ms: ${outcome}`);
  }
}

interface Report {
  readonly seed: number;
  readonly tallies: readonly Tally[];
  readonly faults: readonly string[];
  readonly memory: readonly Memory[];
}

function report(all: Report): void {
  const failures = all.tallies.flatMap((tally) => tally.failures);
  const unknown = failures.filter(({ known }) => known === null);
  const inputs = all.tallies.reduce((sum, tally) => sum + tally.inputs, 0);
  for (const fault of all.faults) console.log(`FAULT afterwards: ${fault}`);
  console.log(`${inputs} inputs, ${unknown.length} faults, ${failures.length - unknown.length} known ones, seed ${all.seed}`);
  if (asked.json !== undefined) writeFileSync(asked.json, `${JSON.stringify({ inputs, ...all }, null, 2)}\n`);
  process.exitCode = unknown.length + all.faults.length === 0 ? 0 : 1;
}

void main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});

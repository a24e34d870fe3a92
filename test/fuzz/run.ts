/**
 * The fuzzer: gives a target one input after the other, and keeps what became of them. An input is known by the run's seed, its target
 * and its number, so that each can be had again without those before it.
 */
import fc from 'fast-check';

/** A part of the service, and the inputs that it is tried with. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- only the target knows its inputs
export interface Target<Input = any> {
  readonly name: string;
  readonly inputs: fc.Arbitrary<Input>;
  /** The size of an input in bytes, as it crosses the wire. */
  readonly size: (input: Input) => number;
  /** Handles one input and names the outcome (`accepted`, `422` …). @throws whatever a documented answer is not. */
  readonly handle: (input: Input) => string | Promise<string>;
  /** The number of inputs under way at once; default 1. */
  readonly atOnce?: number;
  /** An input as a reader of a failure wants to see it. */
  readonly shown?: (input: Input) => string;
}

/** Keeps the types of a target's members together. */
export function target<Input>(definition: Target<Input>): Target<Input> {
  return definition;
}

/** An answer that no document allows. Everything else that a target throws is a crash. */
export class Undocumented extends Error {
  override readonly name = 'Undocumented';
}

export interface Failure {
  readonly target: string;
  readonly number: number;
  readonly message: string;
  /** The id of a known fault; null for what nobody knew. */
  readonly known: string | null;
  readonly input: string;
  /** How many more inputs failed with the same message. */
  again: number;
}

export interface Tally {
  readonly target: string;
  inputs: number;
  bytes: number;
  ms: number;
  readonly outcomes: Record<string, number>;
  readonly failures: Failure[];
  slowest: { readonly number: number; readonly bytes: number; readonly ms: number } | null;
}

export interface RunOptions {
  readonly seed: number;
  /** How many inputs. */
  readonly inputs: number;
  /** The number of the first. */
  readonly from?: number;
  /** The id of the known fault that a failure is due to. */
  readonly knownFault?: (target: string, message: string) => string | null;
  /** Told after every batch. */
  readonly onBatch?: (tally: Tally) => void;
  /** No new batch begins after it, Unix milliseconds. */
  readonly untilMs?: number;
}

const batchSize = 250;
const mostFailures = 40;

/** Tries a target with inputs `from` to `from + inputs`. */
export async function fuzz(tried: Target, options: RunOptions): Promise<Tally> {
  const { seed, inputs, from = 0, onBatch, untilMs = Infinity } = options;
  const tally: Tally = { target: tried.name, inputs: 0, bytes: 0, ms: 0, outcomes: {}, failures: [], slowest: null };
  const end = from + inputs;
  for (let number = from; number < end && Date.now() < untilMs; number = nextBatch(number)) {
    const batch = batchOf(tried, seed, number, Math.min(end, nextBatch(number)));
    await inParallel(tried.atOnce ?? 1, batch, (one) => tryOne(tried, one, tally, options));
    onBatch?.(tally);
  }
  return tally;
}

/** The tallies of a target's parts as one. */
export function joined(parts: readonly Tally[]): Tally {
  const [first] = parts;
  if (!first) throw new Error('no part was run');
  const all: Tally = { ...first, outcomes: { ...first.outcomes }, failures: [...first.failures] };
  for (const { inputs, bytes, ms, outcomes, failures, slowest } of parts.slice(1)) {
    all.inputs += inputs;
    all.bytes += bytes;
    all.ms += ms;
    for (const [outcome, count] of Object.entries(outcomes)) all.outcomes[outcome] = (all.outcomes[outcome] ?? 0) + count;
    if (slowest !== null && slowest.ms > (all.slowest?.ms ?? 0)) all.slowest = slowest;
    for (const failure of failures) {
      const same = all.failures.find(({ message }) => message === failure.message);
      if (same) same.again += failure.again + 1;
      else all.failures.push(failure);
    }
  }
  return all;
}

/** One input of a run, again. */
export function inputOf<Input>(tried: Target<Input>, seed: number, number: number): Input {
  const [found] = batchOf(tried, seed, number, number + 1);
  if (!found) throw new Error(`there is no input ${number}`);
  return found.input;
}

interface Numbered<Input> {
  readonly number: number;
  readonly input: Input;
}

function nextBatch(number: number): number {
  return number - (number % batchSize) + batchSize;
}

/** A batch is drawn as a whole: where it starts tells its seed, so any input is found without those of other batches. */
function batchOf<Input>(tried: Target<Input>, seed: number, from: number, to: number): readonly Numbered<Input>[] {
  const start = from - (from % batchSize);
  const drawn = fc.sample(tried.inputs, { seed: mixed(seed, tried.name, start), numRuns: to - start });
  return drawn.slice(from - start).map((input, index) => ({ number: from + index, input }));
}

/** FNV-1a: runs of neighbouring seeds and batches must not repeat each other. */
function mixed(seed: number, name: string, start: number): number {
  let hash = 0x811c9dc5;
  for (const char of `${seed} ${name} ${start}`) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
  return hash | 0;
}

async function tryOne(tried: Target, { number, input }: Numbered<unknown>, tally: Tally, options: RunOptions): Promise<void> {
  const bytes = tried.size(input);
  const startedAtMs = performance.now();
  let outcome: string;
  try {
    const handled = tried.handle(input);
    // Awaiting what is there already costs more than most inputs do.
    outcome = typeof handled === 'string' ? handled : await handled;
  } catch (error) {
    outcome = error instanceof Undocumented ? 'undocumented' : 'crash';
    keepFailure(tally, tried, { number, input }, messageOf(error), options);
  }
  const ms = performance.now() - startedAtMs;
  tally.inputs += 1;
  tally.bytes += bytes;
  tally.ms += ms;
  tally.outcomes[outcome] = (tally.outcomes[outcome] ?? 0) + 1;
  if (tally.slowest === null || ms > tally.slowest.ms) tally.slowest = { number, bytes, ms };
}

function keepFailure(
  { target: name, failures }: Tally,
  tried: Target,
  { number, input }: Numbered<unknown>,
  message: string,
  { knownFault = () => null }: RunOptions,
): void {
  const same = failures.find((failure) => failure.message === message);
  if (same) same.again += 1;
  else if (failures.length < mostFailures)
    failures.push({ target: name, number, message, known: knownFault(name, message), input: shownInput(tried, input), again: 0 });
}

/** An input in at most 4,000 characters. */
export function shownInput(tried: Target, input: unknown): string {
  const text = tried.shown?.(input) ?? JSON.stringify(input) ?? String(input);
  return text.length > 4_000 ? `${text.slice(0, 4_000)}… (${text.length} characters)` : text;
}

/** Where it was thrown tells one fault from another. */
function messageOf(error: unknown): string {
  if (error instanceof Undocumented) return error.message;
  if (!(error instanceof Error)) return String(error);
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line) && !/node_modules/.test(line));
  return [`${error.name}: ${error.message.slice(0, 500)}`, ...frames.slice(0, 3).map((line) => line.trim())].join(' | ');
}

async function inParallel<Item>(atOnce: number, items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const left = items.values();
  const one = async (): Promise<void> => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}

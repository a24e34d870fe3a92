/** What a figure is: a name, a place where it makes sense, and a measurement that gives rows. */
import type { Row } from './results';
import type { Side } from './side';
import type { Stage, StackName } from './stage';

export interface Measuring extends Stage {
  readonly rounds: number;
  /** Fewer and smaller, for a look. */
  readonly isShort: boolean;
  readonly progress: (line: string) => void;
}

/** Measured on both sides of a stack. */
export interface Figure {
  readonly name: string;
  readonly stacks: readonly StackName[];
  /** Only when asked for by name: it takes long, or needs something more. */
  readonly onlyWhenAsked?: boolean;
  measure(on: Measuring): Promise<readonly Row[]>;
}

/** Needs no stack, or starts what it needs itself. */
export interface FigureAlone {
  readonly name: string;
  readonly onlyWhenAsked?: boolean;
  measureAlone(options: AloneOptions): Promise<readonly Row[]>;
}

export interface AloneOptions extends Pick<Measuring, 'rounds' | 'isShort' | 'progress'> {
  /** Empty, and removed afterwards. */
  readonly folder: string;
}

/** Ours, bare, ours, bare …: each pair of rounds meets the same machine. What was sent has arrived before the next begins. */
export async function interleaved<T>(
  { ours, bare, rounds }: Pick<Measuring, 'ours' | 'bare' | 'rounds'>,
  measure: (side: Side, round: number) => Promise<T>,
): Promise<{ readonly ours: readonly T[]; readonly bare: readonly T[] }> {
  const measured: { ours: T[]; bare: T[] } = { ours: [], bare: [] };
  for (let round = 0; round < rounds; round++)
    for (const side of [ours, bare]) {
      measured[side.name].push(await measure(side, round));
      await side.drained();
    }
  return measured;
}

/** Takes one number of each round. */
export function each<T>(
  { ours, bare }: { readonly ours: readonly T[]; readonly bare: readonly T[] },
  take: (round: T) => number,
): { readonly ours: readonly number[]; readonly bare: readonly number[] } {
  return { ours: ours.map(take), bare: bare.map(take) };
}

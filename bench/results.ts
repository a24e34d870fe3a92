/** What a figure gives, whether it reaches its goal, and the table of all. */
import { median } from './statistics';

/** What has to hold. `ratio` is the median of ours / bare, pair by pair; `median` and `worst` are of our own values. */
export interface Goal {
  readonly of: 'ratio' | 'median' | 'worst';
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** One line of the table: the values of each round, in the order of the rounds. */
export interface Row {
  /** Unique within its stack. */
  readonly name: string;
  readonly unit: string;
  readonly ours: readonly number[];
  /** As many as ours; null where there is nothing to compare with. */
  readonly bare: readonly number[] | null;
  /** What stands in the place of bare, where that is something else. */
  readonly against?: string;
  readonly goal: Goal | null;
  /** What a reader has to know. */
  readonly note?: string;
}

export interface Result extends Row {
  readonly figure: string;
  readonly stack: string;
}

export interface Ratio {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Ours / bare of each pair of rounds. Null where nothing is compared, or bare is 0. */
export function ratioOf({ ours, bare }: Pick<Row, 'ours' | 'bare'>): Ratio | null {
  if (bare === null || ours.length === 0) return null;
  if (bare.length !== ours.length) throw new Error(`${ours.length} rounds of ours, and ${bare.length} of bare`);
  if (bare.includes(0)) return null;
  const ratios = ours.map((value, round) => value / (bare[round] ?? 0));
  return { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios) };
}

/** Null without a goal, or without a measurement. */
export function isMet(row: Row): boolean | null {
  const { goal, ours } = row;
  if (goal === null || ours.length === 0) return null;
  const ratio = ratioOf(row);
  if (goal.of === 'ratio' && ratio === null) return null;
  const worst = goal.atLeast === undefined ? Math.max(...ours) : Math.min(...ours);
  const value = goal.of === 'ratio' ? (ratio?.median ?? 0) : goal.of === 'median' ? median(ours) : worst;
  return value >= (goal.atLeast ?? -Infinity) && value <= (goal.atMost ?? Infinity);
}

/** The columns of the table, as texts. */
export const columns = ['figure', 'stack', 'unit', 'ours', 'bare', 'ratio: median (min to max)', 'goal', 'met'] as const;

export function cellsOf(result: Result): readonly string[] {
  const ratio = ratioOf(result);
  const met = isMet(result);
  return [
    `${result.figure}: ${result.name}`,
    result.stack,
    result.unit,
    spreadOf(result.ours),
    result.bare === null ? '' : `${spreadOf(result.bare)}${result.against === undefined ? '' : ` ${result.against}`}`,
    ratio === null ? '' : `${shown(ratio.median)} (${shown(ratio.min)} to ${shown(ratio.max)})`,
    result.goal === null ? '' : goalText(result.goal, result.against),
    met === null ? '' : met ? 'yes' : 'no',
  ];
}

/** Aligned, for a terminal. */
export function tableOf(results: readonly Result[]): string {
  const rows = [[...columns], ...results.map(cellsOf)];
  const widths = columns.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  return rows
    .map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export function goalText({ of, atLeast, atMost }: Goal, against = 'bare'): string {
  const limits = [
    ...(atLeast === undefined ? [] : [`≥ ${shown(atLeast)}`]),
    ...(atMost === undefined ? [] : [`≤ ${shown(atMost)}`]),
  ].join(', ');
  return of === 'ratio' ? `${limits} × ${against}` : of === 'worst' ? `${limits}, always` : limits;
}

/** Three digits, as many as a measurement is worth. */
export function shown(value: number): string {
  const size = Math.abs(value);
  if (size >= 100 || Number.isInteger(value)) return String(Math.round(value));
  return size >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function spreadOf(values: readonly number[]): string {
  if (values.length === 0) return '-';
  const middle = shown(median(values));
  return values.length === 1 ? middle : `${middle} (${shown(Math.min(...values))} to ${shown(Math.max(...values))})`;
}

/** Shows each step of the start on the screen: how long it took, and its result. */
import type { Paint, Screen } from './screen';
import { clipped, maxColumns, padded } from './screen';

/** Does `work`, which may `note` how far it is; then `said` tells what stays on the screen. */
export type Step = <T>(
  label: string,
  work: (note: (text: string) => void) => Promise<T>,
  said: (result: T) => string,
) => Promise<T>;

/** A step as it stays on the screen, and while it is under way. */
export function stepLine(
  { dim }: Paint,
  {
    mark,
    label,
    startedAt,
    text,
  }: { readonly mark: string; readonly label: string; readonly startedAt: number; readonly text: string },
): string {
  const seconds = `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
  return `  ${mark} ${padded(label, 15)} ${dim(`${seconds.padStart(6)}  ${text}`)}`;
}

export function stepsOn(screen: Screen): Step {
  const { paint } = screen;
  return async (label, work, said) => {
    const startedAt = performance.now();
    const line = (mark: string, text: string): string => stepLine(paint, { mark, label, startedAt, text });
    let noted = '';
    const note = (text: string): void => {
      noted = text;
      screen.note(clipped(`    ${text}`, maxColumns));
    };
    const result = await screen.during(
      (spinner) => [line(paint.accent(spinner), noted)],
      () => work(note),
    );
    screen.print(line(paint.good('✓'), said(result)));
    return result;
  };
}

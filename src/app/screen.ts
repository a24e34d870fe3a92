/** Output for a person: a terminal gets colour and lines that change in place, a pipe gets the same words as plain text. */

export interface Screen {
  readonly paint: Paint;
  /** What stays. */
  print(...lines: readonly string[]): void;
  /** On a terminal shows lines that change until the work is done; they leave no trace. */
  during<T>(lines: (spinner: string) => readonly string[], work: () => Promise<T>): Promise<T>;
  /** What a terminal shows in place: for a pipe it is a line of its own. */
  note(line: string): void;
}

type Style = (text: string) => string;
export interface Paint {
  readonly bold: Style;
  readonly dim: Style;
  readonly good: Style;
  readonly bad: Style;
  readonly accent: Style;
}

export interface ScreenStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** What is written fits into this many columns. */
export const maxColumns = 100;

export function createScreen(stream: ScreenStream, { controlCodes }: { readonly controlCodes: boolean }): Screen {
  return controlCodes && stream.isTTY === true ? new TerminalScreen(stream) : new PlainScreen(stream);
}

class PlainScreen implements Screen {
  readonly paint = plainPaint;
  constructor(private readonly stream: ScreenStream) {}

  print(...lines: readonly string[]): void {
    for (const line of lines) this.stream.write(`${line.trimEnd()}\n`);
  }

  during<T>(_lines: unknown, work: () => Promise<T>): Promise<T> {
    return work();
  }

  note(line: string): void {
    this.print(line);
  }
}

class TerminalScreen implements Screen {
  readonly paint = colours;
  private shown: readonly string[] = [];
  constructor(private readonly stream: ScreenStream) {}

  print(...lines: readonly string[]): void {
    this.stream.write(this.erasing() + [...lines, ...this.shown].map((line) => `${line}\n`).join(''));
  }

  async during<T>(lines: (spinner: string) => readonly string[], work: () => Promise<T>): Promise<T> {
    let frame = 0;
    const draw = (): void => this.show(lines(spinner[frame++ % spinner.length] ?? ''));
    const showCursor = (): void => void this.stream.write(cursor.show);
    process.once('exit', showCursor);
    this.stream.write(cursor.hide);
    const timer = setInterval(draw, frameMs);
    try {
      draw();
      return await work();
    } finally {
      clearInterval(timer);
      this.show([]);
      showCursor();
      process.off('exit', showCursor);
    }
  }

  note(): void {
    // It is shown in place.
  }

  private show(lines: readonly string[]): void {
    const columns = this.stream.columns || maxColumns; // 0 where the terminal does not say
    const fitting = lines.map((line) => clipped(line, columns - 1)); // a line that wraps can't be erased
    this.stream.write(this.erasing() + fitting.map((line) => `${line}\n`).join(''));
    this.shown = fitting;
  }

  private erasing(): string {
    return this.shown.length === 0 ? '' : `${escape}[${this.shown.length}A${escape}[0J`;
  }
}

const escape = '\u001b';
const frameMs = 90;
const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const cursor = { hide: `${escape}[?25l`, show: `${escape}[?25h` };

const style =
  (on: number, off: number): Style =>
  (text) =>
    `${escape}[${on}m${text}${escape}[${off}m`;
const plain: Style = (text) => text;

const plainPaint: Paint = { bold: plain, dim: plain, good: plain, bad: plain, accent: plain };
const colours: Paint = { bold: style(1, 22), dim: style(2, 22), good: style(32, 39), bad: style(31, 39), accent: style(36, 39) };

const codes = new RegExp(`(${escape}\\[[0-9;]*m)`);

/** Columns that a text takes; what is written here is one column per character. */
export function widthOf(text: string): number {
  return text.split(codes).reduce((width, part, index) => (index % 2 === 0 ? width + [...part].length : width), 0);
}

export function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

export function centred(text: string, width: number): string {
  return padded(' '.repeat(Math.max(0, Math.floor((width - widthOf(text)) / 2))) + text, width);
}

/** At most `width` columns, with `…` where something is left out; codes stay, so that what was begun is ended. */
export function clipped(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let left = width - 1;
  return text
    .split(codes)
    .map((part, index) => {
      if (index % 2 === 1) return part;
      const taken = [...part].slice(0, Math.max(0, left));
      const isCut = left >= 0 && taken.length < [...part].length;
      left -= [...part].length;
      if (isCut) left = -1;
      return taken.join('') + (isCut ? '…' : '');
    })
    .join('');
}

/** Text in lines of at most `width` columns, cut between words where it can be. */
export function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf(last) + 1 + widthOf(word) <= width) lines[lines.length - 1] = `${last} ${word}`;
    else for (let rest = word; lines.length === 0 || rest !== ''; rest = rest.slice(width)) lines.push(rest.slice(0, width));
  }
  return lines;
}

/** How wide each column has to be. */
export function columnWidths(rows: readonly (readonly string[])[]): readonly number[] {
  return (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => widthOf(row[column] ?? ''))));
}

/** A box of groups of rows with a rule between them; the first group is the head. */
export function boxed(
  groups: readonly (readonly (readonly string[])[])[],
  widths = columnWidths(groups.flat()),
): readonly string[] {
  const rule = (left: string, cross: string, right: string): string =>
    left + widths.map((width) => '─'.repeat(width + 2)).join(cross) + right;
  const line = (row: readonly string[]): string =>
    `│${widths.map((width, column) => ` ${padded(row[column] ?? '', width)} `).join('│')}│`;
  return [
    rule('┌', '┬', '┐'),
    ...groups.flatMap((group, index) => [...(index > 0 ? [rule('├', '┼', '┤')] : []), ...group.map(line)]),
    rule('└', '┴', '┘'),
  ];
}

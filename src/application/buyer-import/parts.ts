/** Cuts a long list into parts that requests can bring, each a list of its own with what is needed of the columns. */
import { type ImportColumn, readHeader } from './columns';
import type { ImportProblem } from './import';
import { csvRecords } from './records';

export interface ListPart {
  readonly csv: string;
  readonly lines: number;
  /** The line of the whole list that a line of this part is. */
  readonly lineOf: (line: number) => number;
  /** Lines since the last part that cannot be read as CSV. */
  readonly problems: readonly ImportProblem[];
}

/** @throws UnreadableList where the first line names no columns; what the source throws. */
export async function* partsOf(source: AsyncIterable<Uint8Array>, linesPerPart: number): AsyncGenerator<ListPart> {
  let columns: readonly (readonly [ImportColumn, number])[] | null = null;
  let part = new Part([]);
  for await (const record of csvRecords(source)) {
    if (columns === null) {
      const header = readHeader(record.kind === 'fields' ? record.fields : []);
      if (header.kind === 'refused') throw new UnreadableList(header.message);
      columns = Object.entries(header.columns) as [ImportColumn, number][]; // of `readHeader`, which has no others
      part = new Part(columns);
    } else if (record.kind === 'broken') part.problems.push({ line: record.line, column: null, message: record.message });
    else part.add(record.fields, record.line);
    if (part.size < linesPerPart) continue;
    yield part.end();
    part = new Part(columns);
  }
  if (columns === null) throw new UnreadableList('the list is empty');
  if (part.size > 0 || part.problems.length > 0) yield part.end();
}

/** The first line of a list names no columns, or not enough. */
export class UnreadableList extends Error {
  override readonly name = 'UnreadableList';
}

/** A part as it grows. */
class Part {
  readonly problems: ImportProblem[] = [];
  private readonly texts: string[];
  private readonly lines = new Map<number, number>();
  /** The line of the part that comes next; the header is the first. */
  private next = 2;

  constructor(private readonly columns: readonly (readonly [ImportColumn, number])[]) {
    this.texts = [columns.map(([column]) => column).join(',')];
  }

  get size(): number {
    return this.lines.size;
  }

  add(fields: readonly string[], line: number): void {
    const text = this.columns.map(([, at]) => quoted(fields[at] ?? '')).join(',');
    this.texts.push(text);
    this.lines.set(this.next, line);
    this.next += text.split('\n').length;
  }

  end(): ListPart {
    const lines = this.lines;
    return {
      csv: `${this.texts.join('\n')}\n`,
      lines: lines.size,
      lineOf: (line) => lines.get(line) ?? line,
      problems: this.problems,
    };
  }
}

function quoted(text: string): string {
  return /[",;\t\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

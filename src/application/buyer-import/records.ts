/** The lines of a list as it streams in: CSV with commas, semicolons or tabs, with or without byte order mark and quotes (RFC 4180). */

export type CsvRecord =
  /** `line` counts from 1: where the record begins. */
  | { readonly kind: 'fields'; readonly line: number; readonly fields: readonly string[] }
  /** The list goes on with the next line. */
  | { readonly kind: 'broken'; readonly line: number; readonly message: string };

/**
 * Reads records one after another, in constant memory. Empty lines are left out. After a line that is broken the next one is read for itself:
 * one quote too many costs one line.
 * @throws what the source throws: the last line of a source that broke off is not taken for a whole one.
 */
export async function* csvRecords(source: AsyncIterable<Uint8Array>): AsyncGenerator<CsvRecord> {
  let delimiter: string | null = null;
  let waiting: string[] = [];
  let line = 1;
  for await (const { lines, isLast } of linesOf(source)) {
    const all = waiting.length === 0 ? lines : [...waiting, ...lines];
    let at = 0;
    while (at < all.length) {
      const text = all[at] ?? '';
      if (text.trim() === '') {
        at += 1;
        continue;
      }
      delimiter ??= delimiterOf(text);
      const record = recordAt(all, at, delimiter);
      if (record.kind === 'unfinished' && !isLast && all.length - at < mostLines) break; // its end may be still to come
      yield record.kind === 'fields'
        ? { kind: 'fields', line: line + at, fields: record.fields }
        : { kind: 'broken', line: line + at, message: brokenWords[record.kind] };
      at += record.kind === 'fields' ? record.lines : 1;
    }
    waiting = all.slice(at);
    line += at;
  }
}

/** A record has far fewer: after so many, an open quote is taken for one that is never closed. */
const mostLines = 50;

/** Far longer than a line of a list; what is longer is cut, so that it waits for its end in constant memory, and is refused as broken. */
const longestLine = 64 * 1024;

const brokenWords = {
  unfinished: 'a quote is opened and not closed',
  misquoted: 'a quote stands where none can stand',
  endless: `is longer than ${longestLine} characters`,
} as const;

/** The lines of each part of the source, without their ends (LF, CRLF, CR). */
async function* linesOf(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ readonly lines: string[]; readonly isLast: boolean }> {
  let decoder: TextDecoder | null = null;
  let rest = '';
  for await (const chunk of source) {
    decoder ??= new TextDecoder(isUtf16(chunk) ? 'utf-16le' : 'utf-8');
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(lineEnd);
    rest = lines.pop() ?? '';
    if (rest.length > 2 * longestLine) rest = rest.slice(0, longestLine + 1);
    if (lines.length > 0) yield { lines, isLast: false };
  }
  yield { lines: (rest + (decoder?.decode() ?? '')).split(lineEnd), isLast: true };
}

/** A CR at the very end of a part may be the first half of a CRLF. */
const lineEnd = /\r\n|\n|\r(?=[^])/;

/** The byte order mark of what Excel calls Unicode text. The one of UTF-8 is left out by the decoder. */
function isUtf16([first, second]: Uint8Array): boolean {
  return first === 0xff && second === 0xfe;
}

/** The one that stands most often in the first line, outside of quotes. */
function delimiterOf(header: string): string {
  const bare = header.replace(/"[^"]*"/g, '');
  const count = (delimiter: string): number => bare.split(delimiter).length;
  return [',', ';', '\t'].reduce((best, one) => (count(one) > count(best) ? one : best));
}

type RecordReading =
  | { readonly kind: 'fields'; readonly fields: readonly string[]; readonly lines: number }
  | { readonly kind: keyof typeof brokenWords };

/** The record that begins with this line. */
function recordAt(lines: readonly string[], at: number, delimiter: string): RecordReading {
  let text = lines[at] ?? '';
  for (let taken = 1; ; taken += 1) {
    if (text.length > longestLine) return { kind: 'endless' };
    if (!text.includes('"')) return { kind: 'fields', fields: text.split(delimiter), lines: taken };
    const fields = quotedFields(text, delimiter);
    if (typeof fields !== 'string') return { kind: 'fields', fields, lines: taken };
    const next = lines[at + taken];
    if (fields === 'misquoted' || next === undefined || taken === mostLines) return { kind: fields };
    text += `\n${next}`;
  }
}

/** A quote at the beginning of a field opens it, and is closed before a delimiter; two of them within stand for one. Elsewhere it is a character. */
function quotedFields(text: string, delimiter: string): readonly string[] | 'unfinished' | 'misquoted' {
  const fields: string[] = [];
  for (let at = 0; at <= text.length;) {
    if (text[at] !== '"') {
      const end = endOf(text, delimiter, at);
      fields.push(text.slice(at, end));
      at = end + 1;
      continue;
    }
    let close = text.indexOf('"', at + 1);
    while (close >= 0 && text[close + 1] === '"') close = text.indexOf('"', close + 2);
    if (close < 0) return 'unfinished';
    if (close + 1 < text.length && text[close + 1] !== delimiter) return 'misquoted';
    fields.push(text.slice(at + 1, close).replaceAll('""', '"'));
    at = close + 2;
  }
  return fields;
}

function endOf(text: string, delimiter: string, from: number): number {
  const end = text.indexOf(delimiter, from);
  return end < 0 ? text.length : end;
}

/** Finds what takes longer than in proportion to its size: a value grows in one place of a body, and the time is compared, not limited. */

/** Milliseconds of one call; of several the shortest, which other programs on the machine have disturbed least. */
export function shortest(times: number, call: () => unknown): number {
  let best = Infinity;
  for (let n = 0; n < times; n++) {
    const startedAtMs = performance.now();
    call();
    best = Math.min(best, performance.now() - startedAtMs);
  }
  return best;
}

interface Measured {
  readonly bytes: number;
  readonly ms: number;
  /** Of what any reader of the text has to do, on the same machine at the same moment. */
  readonly plainMs: number;
}

/**
 * What is wrong with how a call grows with its text; null when nothing is. `made` makes a text of about so many bytes. Twice the size may
 * take twice the time; a quadratic call takes four times as long. A busy machine can feign either, so a fault is measured again.
 */
export function growthFault(made: (bytes: number) => string, call: (text: string) => unknown): string | null {
  const first = measured(made(32_000), call, 1);
  if (first.ms < tooShortMs || first.ms < first.plainMs * mostPlain) {
    const second = measured(made(64_000), call, 1);
    if (second.ms < tooShortMs * 2 || second.ms < first.ms * 3) return null;
  }
  return faultOf(made, call, 2) === null ? null : faultOf(made, call, 6);
}

/** What takes less at the first size is too short to be compared, and fast enough. */
const tooShortMs = 4;
const sizes = [32_000, 64_000, 128_000, 256_000, 512_000];

function faultOf(made: (bytes: number) => string, call: (text: string) => unknown, times: number): string | null {
  const all = sizes.map((size) => measured(made(size), call, times));
  const before = all.at(-3)!;
  const last = all.at(-1)!;
  const exponent = Math.log(last.ms / before.ms) / Math.log(last.bytes / before.bytes);
  const told = all.map(({ bytes, ms }) => `${Math.round(bytes / 1000)} kB ${ms.toFixed(1)} ms`).join(', ');
  if (last.ms < 10 * tooShortMs) return null;
  if (exponent > mostExponent) return `grows by the power of ${exponent.toFixed(2)}: ${told}`;
  if (last.ms > last.plainMs * mostPlain) return `takes ${Math.round(last.ms / last.plainMs)} times as long as it need: ${told}`;
  return null;
}

/** Linear is 1, quadratic 2; n log n and a garbage collection lie between. */
const mostExponent = 1.6;
/** How much longer than parsing the text and looking at each of its characters it may take. */
const mostPlain = 20;

function measured(text: string, call: (text: string) => unknown, times: number): Measured {
  const plain = (): unknown => [JSON.parse(text), text.normalize('NFKC').replace(/[\p{Cf}\p{Cc}]/gu, '')];
  return { bytes: text.length, ms: shortest(times, () => call(text)), plainMs: Math.max(0.05, shortest(times, plain)) };
}

/** How a value of so many bytes is made: long texts that regular expressions stumble over, long lists, wide objects, deep nesting. */
export const shapes: readonly (readonly [string, (bytes: number, before: unknown) => unknown])[] = [
  ...[
    ' ',
    '0',
    'a',
    '-',
    '.',
    '@',
    '"',
    '\\',
    '=',
    '&',
    '%',
    '+',
    '/',
    '\u200b',
    'é',
    '😀',
    ' a',
    'a.',
    'a@',
    '0.',
    '\t',
    '[',
    '{"',
  ].map((text) => [`text of ${JSON.stringify(text)}`, (bytes: number) => repeated(text, bytes)] as const),
  ...['x', '!', ' x'].map(
    (end) => [`spaces, then ${JSON.stringify(end)}`, (bytes: number) => `${' '.repeat(bytes)}${end}`] as const,
  ),
  ['list of its own value', (bytes, before) => copies(before, bytes)],
  ['list of its first item', (bytes, before) => copies(Array.isArray(before) ? (before as unknown[])[0] : before, bytes)],
  ['list of 0', (bytes) => copies(0, bytes)],
  ['list of {}', (bytes) => copies({}, bytes)],
  ['list of null', (bytes) => copies(null, bytes)],
  ['list of texts', (bytes) => copies('x', bytes)],
  ['object of its own value', (bytes, before) => wide(before, bytes)],
  ['object of texts', (bytes) => wide('x', bytes)],
  ['object of objects', (bytes) => wide({}, bytes)],
];

function repeated(text: string, bytes: number): string {
  return text.repeat(Math.ceil(bytes / Buffer.byteLength(text)));
}

function copies(item: unknown, bytes: number): unknown[] {
  const size = (JSON.stringify(item) ?? 'null').length + 1;
  return Array.from({ length: Math.ceil(bytes / size) }, () => item ?? null);
}

function wide(value: unknown, bytes: number): Record<string, unknown> {
  const size = (JSON.stringify(value) ?? 'null').length + 10;
  return Object.fromEntries(Array.from({ length: Math.ceil(bytes / size) }, (_, n) => [`k${n}`, value ?? null]));
}

/** What fuzzed inputs are made of: odd values, and what may happen to a body on its way from what a provider sends to what arrives. */
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';

/** Text that stands in a body as it is, and not as a string: `1e400`, a list of 100,000, a key that comes twice. */
export function raw(text: string): string {
  return `${rawMark}${text}${rawMark}`;
}

const rawMark = '\u{f8fe}raw\u{f8fe}';

/** A body as JSON, with what is `raw` in it as it is. */
export function jsonOf(body: unknown): string {
  const text = JSON.stringify(body) ?? 'null';
  return text.includes(rawMark) ? text.replace(rawString, (_, inner: string) => JSON.parse(`"${inner}"`) as string) : text;
}

const rawString = new RegExp(`"${rawMark}((?:[^"\\\\]|\\\\.)*?)${rawMark}"`, 'gu');

/** Texts that programs stumble over. */
const oddTexts: readonly string[] = [
  ...['', ' ', '\u0000', 'a\u0000b', '\ud800', '\udc00x', 'x\ud83d', '\ufeff', '\u200b', '\u202e' + 'txet', '👩‍👩‍👧‍👦', 'é', 'e\u0301'],
  ...['__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'hasOwnProperty', 'length', '__defineGetter__', 'then'],
  ...[
    'null',
    'undefined',
    'NaN',
    'Infinity',
    '[object Object]',
    'true',
    '0',
    '-0',
    '-1',
    '1e400',
    '1e-400',
    '0x10',
    '0b1',
    '1_000',
  ],
  ...[
    '9007199254740993',
    '90071992547409.91',
    '99999999999999999999',
    '1,999.00',
    '19.999',
    '.5',
    '5.',
    '+1',
    '١٢٣',
    '1e3',
    ' 19.99 ',
  ],
  ...[
    "' OR 1=1 --",
    '"; DROP TABLE purchases; --',
    '<img src=x onerror=alert(1)>',
    '`|<b>x</b>',
    '{{7*7}}',
    '${7*7}',
    '=1+1',
    '%00',
    '%n',
  ],
  ...[
    '\r\nSet-Cookie: a=b',
    'a\r\nb',
    'a\tb',
    '\u001b[31m',
    '../../etc/passwd',
    'a/b/c',
    'a?b#c',
    '.',
    '..',
    '//',
    '\\',
    "'",
    '"',
  ],
  ...['2026-11-22T10:00:00Z', '2026-02-30T00:00:00Z', '0000-00-00', '9999-12-31T23:59:59Z', '+275760-09-13T00:00:00.001Z'],
  ...['-271821-04-19T00:00:00Z', '2026-11-22T10:00:00', '2026-11-22T25:61:61Z', '22/11/2026', 'tomorrow', '1763805600', 'Z'],
  ...['USD', 'usd', 'JPY', 'KWD', 'XXX', 'XAU', 'BTC', 'US', 'DOLLAR', 'ﬀ', 'ı', 'USD\u0000', 'UЅD'],
  ...[
    'buyer@example.com',
    'BUYER@EXAMPLE.COM ',
    'not an e-mail',
    'a@b',
    '+4915112345678',
    '0151 2345678',
    '127.0.0.1',
    '::1',
    '[::1]:80',
  ],
  ...['trial_start', 'conversion', 'renewal', 'one_off', 'refund', 'lifetime', 'free_trial', 'granted', 'denied', 'unknown'],
];

/** Numbers that programs stumble over. */
const oddNumbers: readonly unknown[] = [
  ...[
    0,
    -0,
    -1,
    1,
    1.5,
    0.1,
    -1999,
    1999,
    1e9,
    1e15,
    1e21,
    1e308,
    -1e308,
    5e-324,
    2 ** 31,
    2 ** 32,
    2 ** 53 - 1,
    2 ** 53,
    -(2 ** 53),
  ],
  ...[8.64e15, 8.64e15 + 1, -8.64e15, 8.64e12, 8.64e12 + 1, 1763805600, 1763805600000, 4102444800],
  ...['1e400', '-1e400', '-0', '1E+2', '12345678901234567890', '0.1e1', '1.0000000000000000000000001'].map(raw),
];

/** Texts that no JSON has: a parser must refuse them. */
const notJson: readonly unknown[] = ['NaN', 'Infinity', 'undefined', '01', "'x'", '+1', '0x1', '{a:1}', '[1,]', '', '// no'].map(
  raw,
);

/** Values with a size: deep, long and wide. */
const large: readonly (() => unknown)[] = [
  () => raw(`${'['.repeat(10_000)}${']'.repeat(10_000)}`),
  () => raw(`${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`),
  () => raw(`${'{"data":{"object":'.repeat(2_000)}1${'}}'.repeat(2_000)}`),
  () => raw(`[${'0,'.repeat(99_999)}0]`),
  () => raw(`[${'{},'.repeat(9_999)}{}]`),
  () => raw(`[${'null,'.repeat(9_999)}null]`),
  () => raw(`{${Array.from({ length: 20_000 }, (_, n) => `"k${n}":${n}`).join()}}`),
  () => 'x'.repeat(1_001),
  () => 'x'.repeat(3_000),
  () => 'x'.repeat(500_000),
  () => ' '.repeat(100_000),
  () => `${' '.repeat(50_000)}x`,
  () => '1'.repeat(100_000),
  () => `a@${'a.'.repeat(50_000)}`,
  () => '\u200b'.repeat(50_000),
  () => '+'.repeat(50_000),
  () => raw('9'.repeat(100_000)),
  () => '\ud83d\ude00'.repeat(50_000),
];

/** A text that is unlikely to be in any body by itself: answers must not repeat it. */
export const canary = 'Zz9canary';

const smallOdd: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...oddTexts) },
  { weight: 6, arbitrary: fc.constantFrom(...oddNumbers) },
  { weight: 3, arbitrary: fc.constantFrom<unknown>(null, true, false, [], {}, [[]], [{}], [null], { id: 'x' }, { toString: 1 }) },
  { weight: 2, arbitrary: fc.constant(`${canary} and more`) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 300 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...['__proto__', 'constructor', 'toString'].map((key) => raw(`{"${key}":{"id":"x"}}`))),
  },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 2, arbitrary: fc.double() },
  { weight: 2, arbitrary: fc.integer() },
);

/** A value that belongs nowhere. One in a hundred is large. */
export const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 297, arbitrary: smallOdd },
  { weight: 1, arbitrary: fc.constantFrom(...notJson) },
  { weight: 2, arbitrary: fc.constantFrom(...large).map((make) => make()) },
);

/** A text that belongs nowhere: for queries, forms and headers. */
export const oddText: fc.Arbitrary<string> = fc.oneof(
  { weight: 100, arbitrary: fc.constantFrom(...oddTexts) },
  { weight: 20, arbitrary: fc.string({ unit: 'grapheme', maxLength: 40 }) },
  { weight: 20, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 10, arbitrary: fc.constantFrom(...oddNumbers.filter((one) => typeof one === 'number').map(String)) },
  { weight: 1, arbitrary: fc.constantFrom('x'.repeat(300), 'x'.repeat(5_000), '9'.repeat(5_000), 'é'.repeat(2_000)) },
);

/** One thing that happens to a body; `at` and `other` say where, whatever the body is. */
export interface Mutation {
  readonly kind: 'drop' | 'rename' | 'replace' | 'add' | 'take' | 'swap' | 'repeat' | 'twice' | 'quote' | 'wrap' | 'append';
  readonly at: number;
  readonly other: number;
  readonly value: unknown;
}

const anywhere = fc.noBias(fc.nat({ max: 0x7fffffff }));

export const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.oneof(
    { weight: 6, arbitrary: fc.constant('replace' as const) },
    fc.constantFrom('drop', 'rename', 'add', 'take', 'swap', 'repeat', 'twice', 'quote', 'wrap', 'append'),
  ),
  at: anywhere,
  other: anywhere,
  value: oddValue,
});

type Container = Record<string, unknown> | unknown[];

interface Place {
  readonly parent: Container;
  readonly key: string | number;
}

/** The body with another value in one place, made of the one that was there. */
export function changedAt(body: unknown, at: number, change: (before: unknown) => unknown): unknown {
  const root = { body: structuredClone(body) };
  const places = placesIn(root);
  const place = places[at % places.length]!;
  set(place, change(get(place)));
  return root.body;
}

/** The path of a place, `data.object.lines`; for a person to read. */
export function pathAt(body: unknown, at: number): string {
  const mark = {};
  const marked = changedAt(body, at, () => mark);
  const found = (value: unknown, path: string): string | null => {
    if (value === mark) return path;
    if (typeof value !== 'object' || value === null) return null;
    for (const [name, member] of Object.entries(value)) {
      const inside = found(member, path === '' ? name : `${path}.${name}`);
      if (inside !== null) return inside;
    }
    return null;
  };
  return found(marked, '') ?? '?';
}

/** The body with the mutations, one after the other. `body` itself is changed: give a copy. */
export function mutated(body: unknown, mutations: readonly Mutation[]): unknown {
  const root = { body };
  for (const each of mutations) {
    const places = placesIn(root);
    const place = places[each.at % places.length];
    const other = places[each.other % places.length];
    if (place && other) apply(each, place, other);
  }
  return root.body;
}

function apply({ kind, value: given, other: number }: Mutation, place: Place, other: Place): void {
  const before = get(place);
  // The next mutation may change it.
  const value = typeof given === 'object' && given !== null ? structuredClone(given) : given;
  switch (kind) {
    case 'drop':
      if (Array.isArray(place.parent)) place.parent.splice(Number(place.key), 1);
      else delete place.parent[place.key];
      return;
    case 'rename': {
      if (Array.isArray(place.parent)) return;
      delete place.parent[place.key];
      const name = typeof value === 'string' ? value : oddTexts[number % oddTexts.length];
      return set({ parent: place.parent, key: name ?? '' }, before);
    }
    case 'replace':
      return set(place, value);
    case 'add':
      if (typeof before !== 'object' || before === null) return set(place, value);
      return Array.isArray(before)
        ? void before.push(value)
        : set({ parent: before as Container, key: oddTexts[number % oddTexts.length] ?? '' }, value);
    case 'take':
      return set(place, copied(get(other)));
    case 'swap': {
      const taken = copied(get(other));
      set(other, copied(before));
      return set(place, taken);
    }
    case 'repeat':
      if (Array.isArray(before)) set(place, Array.from({ length: 1 + (number % 200) }, () => before).flat());
      return;
    case 'twice':
      // A key that comes twice: the last of them counts.
      if (Array.isArray(place.parent)) return void place.parent.push(copied(before));
      return set(place, raw(`${plainJson(before)},${JSON.stringify(String(place.key))}:${plainJson(value)}`));
    case 'quote':
      // A number as a text, or the other way round.
      return set(place, typeof before === 'string' ? (/^\d+(\.\d+)?$/.test(before) ? raw(before) : [before]) : plainJson(before));
    case 'wrap':
      return set(place, number % 2 === 0 ? [before] : { [String(place.key)]: before });
    case 'append':
      return set(place, typeof before === 'string' && typeof value === 'string' ? before + value : value);
  }
}

/** Where the text of a value stands within another raw text. */
function plainJson(value: unknown): string {
  return jsonOf(value);
}

function get({ parent, key }: Place): unknown {
  return (parent as Record<string | number, unknown>)[key];
}

/** Also `__proto__` becomes a member of its own. */
function set({ parent, key }: Place, value: unknown): void {
  Object.defineProperty(parent, key, { value, enumerable: true, configurable: true, writable: true });
}

function copied(value: unknown): unknown {
  return value === undefined ? null : (JSON.parse(JSON.stringify(value)) as unknown);
}

/** Every member and item below the root, the root itself first. Large values count as one. */
function placesIn(root: Container): readonly Place[] {
  const places: Place[] = [];
  const open: Container[] = [root];
  while (open.length > 0 && places.length < 2_000) {
    const parent = open.pop()!;
    const keys = Array.isArray(parent) ? parent.keys() : Object.keys(parent);
    for (const key of keys) {
      places.push({ parent, key });
      const value = get({ parent, key });
      if (typeof value === 'object' && value !== null) open.push(value as Container);
    }
  }
  return places;
}

/** What happens to bytes on their way. */
export type Damage =
  | { readonly kind: 'none' | 'bom' | 'crlf' | 'gzip' | 'utf16' | 'twice' | 'empty' | 'comma' }
  | { readonly kind: 'cut' | 'flip' | 'half_utf8' | 'nul' | 'space'; readonly at: number };

export const damage: fc.Arbitrary<Damage> = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Damage>({ kind: 'none' }) },
  fc.constantFrom<Damage>(
    { kind: 'bom' },
    { kind: 'crlf' },
    { kind: 'gzip' },
    { kind: 'utf16' },
    { kind: 'twice' },
    { kind: 'empty' },
    { kind: 'comma' },
  ),
  fc.record({ kind: fc.constantFrom('cut', 'flip', 'half_utf8', 'nul', 'space'), at: anywhere }),
);

export function damaged(text: string, how: Damage): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  const at = 'at' in how ? how.at % (bytes.length + 1) : 0;
  const inserted = (more: Buffer): Buffer => Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]);
  switch (how.kind) {
    case 'none':
      return bytes;
    case 'bom':
      return Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]);
    case 'crlf':
      return Buffer.from(text.replaceAll(',"', ',\r\n"'), 'utf8');
    case 'gzip':
      return gzipSync(bytes, { level: 1 });
    case 'utf16':
      return Buffer.from(text, 'utf16le');
    case 'twice':
      return Buffer.concat([bytes, bytes]);
    case 'empty':
      return Buffer.alloc(0);
    case 'comma':
      return Buffer.concat([bytes, Buffer.from(',')]);
    case 'cut':
      return bytes.subarray(0, at);
    case 'flip': {
      const flipped = Buffer.from(bytes);
      if (at < flipped.length) flipped[at] = (flipped[at] ?? 0) ^ (1 << (how.at % 8));
      return flipped;
    }
    case 'half_utf8':
      return inserted(Buffer.from([[0xc3], [0xe2, 0x82], [0xf0, 0x9f, 0x98], [0xff]][how.at % 4] ?? []));
    case 'nul':
      return inserted(Buffer.from([0]));
    case 'space':
      return inserted(Buffer.alloc(how.at % 5_000, ' '));
  }
}

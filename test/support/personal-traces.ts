/** Finds planted values in bytes, in every form in which a program may have written them, and in log lines what looks like a person's. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** A value that must not be found, by what it is. */
export type Planted = Readonly<Record<string, string>>;

/** A person who cannot be mistaken for anything else. */
export const zaphira = {
  name: 'Zaphira Quellenbach',
  userId: 'buyer-zq-77123',
  email: 'Zaphira.Quellenbach@Privatpost.example',
  phone: '+4915123456789',
  ip: '198.51.100.77',
  userAgent: 'Mozilla/5.0 (QuellenbachPhone 9.1) Zaphira/7',
  ttclid: 'E.C.P.QuellenbachClick0123456789',
  ttp: '01QUELLENBACHCOOKIE77',
  street: 'Hinterm Mondweiher 42',
  customerId: 'cus_ZQ77123quellen',
  card: '4242424242424242',
} as const satisfies Planted;

/** Where each was found: `form of what`. */
export function tracesIn(bytes: Buffer, planted: Planted): readonly string[] {
  const { traces, begins, bySlot } = searchOf(planted);
  const found = new Set<string>();
  let word = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    word = (word >>> 8) | (bytes[at]! << 24);
    if (begins[slotOf(word)] === 0) continue;
    for (const { trace, needle } of bySlot.get(slotOf(word)) ?? [])
      if (at >= 3 && needle.equals(bytes.subarray(at - 3, at - 3 + needle.length))) found.add(trace);
  }
  return traces.filter((trace) => found.has(trace));
}

/** All needles at once: hundreds of them, in a database of a hundred megabytes, one after the other take minutes. Each is known by its first four bytes. */
interface Search {
  readonly traces: readonly string[];
  readonly begins: Uint8Array;
  readonly bySlot: ReadonlyMap<number, readonly { readonly trace: string; readonly needle: Buffer }[]>;
}

const searches = new Map<string, Search>();

function searchOf(planted: Planted): Search {
  const key = JSON.stringify(planted);
  const known = searches.get(key) ?? newSearch(planted);
  searches.set(key, known);
  return known;
}

function newSearch(planted: Planted): Search {
  const wanted = Object.entries(planted).flatMap(([what, value]) =>
    formsOf(value).map(({ form, needle }) => ({ trace: `${form} of ${what}`, needle })),
  );
  const begins = new Uint8Array(1 << 16);
  const bySlot = new Map<number, typeof wanted>();
  for (const one of wanted) {
    if (one.needle.length < 4) throw new Error(`too short to be looked for: ${one.trace}`);
    const slot = slotOf(one.needle.readUInt32LE(0));
    begins[slot] = 1;
    bySlot.set(slot, [...(bySlot.get(slot) ?? []), one]);
  }
  return { traces: [...new Set(wanted.map(({ trace }) => trace))], begins, bySlot };
}

/** 16 bits of a word of four bytes. Without `Math`: in Jest's sandbox each look at a global takes a microsecond. */
function slotOf(word: number): number {
  return (word ^ (word >>> 15)) & 0xffff;
}

/** All files below a folder, each with what was found in it; of files with the same bytes the first. */
export function tracesInFiles(folder: string, planted: Planted): readonly string[] {
  return filesOf(folder).flatMap(({ file, bytes }) => tracesIn(bytes, planted).map((trace) => `${file}: ${trace}`));
}

/** The sealed values (`keyId.base64url`) in the bytes of all files below a folder. */
export function sealedInFiles(folder: string, keyId: string): readonly string[] {
  const pattern = new RegExp(`${keyId}\\.[A-Za-z0-9_-]{38,}`, 'g');
  return filesOf(folder).flatMap(({ bytes }) => bytes.toString('latin1').match(pattern) ?? []);
}

/**
 * Most files of a new database are there three times, once for each template: each content is looked at once, and not the zeros at its end. A
 * running database removes files of its own meanwhile (PostgreSQL its `pg_internal.init`): those are left out.
 */
function filesOf(folder: string): readonly { file: string; bytes: Buffer }[] {
  const contents = new Map<string, { file: string; bytes: Buffer }>();
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const file = join(folder, name);
    try {
      if (!statSync(file).isFile()) continue;
      const bytes = withoutZerosAtEnd(readFileSync(file));
      const digest = createHash('sha256').update(bytes).digest('base64');
      if (!contents.has(digest)) contents.set(digest, { file, bytes });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return [...contents.values()];
}

function withoutZerosAtEnd(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return bytes.subarray(0, end + 1); // a text in UTF-16 may end with one
}

interface Form {
  readonly form: string;
  readonly needle: Buffer;
}

/** A value as it may stand in a file or a line. */
export function formsOf(value: string): readonly Form[] {
  const spellings = [...new Set([value, value.toLowerCase(), value.toUpperCase()])];
  const plain = spellings.flatMap((text) => [
    { form: 'plain', needle: Buffer.from(text) },
    { form: 'URL', needle: Buffer.from(encodeURIComponent(text)) },
    { form: 'URL with +', needle: Buffer.from(new URLSearchParams({ v: text }).toString().slice(2)) },
    { form: 'hex', needle: Buffer.from(Buffer.from(text).toString('hex')) },
    { form: 'upper-case hex', needle: Buffer.from(Buffer.from(text).toString('hex').toUpperCase()) },
    { form: 'UTF-16', needle: Buffer.from(text, 'utf16le') },
    { form: 'big-endian UTF-16', needle: Buffer.from(text, 'utf16le').swap16() },
    ...[0, 1, 2].flatMap((offset) => [
      { form: `base64 at ${offset}`, needle: Buffer.from(base64At(text, offset, 'base64')) },
      { form: `base64url at ${offset}`, needle: Buffer.from(base64At(text, offset, 'base64url')) },
    ]),
  ]);
  const digests = spellings.flatMap((text) => {
    const digest = createHash('sha256').update(text).digest();
    return [
      { form: 'raw SHA-256', needle: digest },
      { form: 'SHA-256', needle: Buffer.from(digest.toString('hex')) },
      { form: 'base64 of SHA-256', needle: Buffer.from(digest.toString('base64').replace(/=+$/, '')) },
      { form: 'base64url of SHA-256', needle: Buffer.from(digest.toString('base64url')) },
    ];
  });
  return [...plain, ...digests];
}

/** What base64 of a longer text has where the value begins `offset` bytes after a group of three; without the characters it shares. */
function base64At(text: string, offset: number, encoding: 'base64' | 'base64url'): string {
  const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(text)]);
  const whole = bytes.subarray(0, bytes.length - (bytes.length % 3)).toString(encoding);
  return whole.slice(offset === 0 ? 0 : 4);
}

/** What looks like a person's or a secret in a line of the log, whoever's it is. */
export function suspiciousIn(line: string): readonly string[] {
  return patterns.flatMap(({ what, pattern, isHarmless = () => false }) =>
    [...line.matchAll(pattern)].flatMap(([text]) => (isHarmless(text) ? [] : [`${what}: ${text}`])),
  );
}

const patterns: readonly {
  readonly what: string;
  readonly pattern: RegExp;
  readonly isHarmless?: (text: string) => boolean;
}[] = [
  { what: 'e-mail', pattern: /[\w.+-]+(?:@|%40)[\w-]+\.[a-z]{2,}/gi },
  { what: 'phone', pattern: /(?:\+|%2B)[1-9]\d{8,14}\b/g },
  {
    what: 'address',
    pattern: /\b(?:\d{1,3}\.){3}\d{1,3}\b/g,
    // Of this machine.
    isHarmless: (text) => /^(127\.|0\.0\.0\.0$)/.test(text),
  },
  { what: 'card', pattern: /\b[3-6]\d{12,18}\b/g, isHarmless: (digits) => !passesLuhn(digits) },
  { what: 'SHA-256', pattern: /\b[0-9a-f]{64}\b/gi },
  { what: 'secret', pattern: /\b(?:whsec|sk_live|sk_test|rk_live|rk_test)_\w+|Bearer [\w-]{8,}/g },
  { what: 'click id', pattern: /\bE\.C\.P\.\w+/g },
];

function passesLuhn(digits: string): boolean {
  const sum = [...digits].reverse().reduce((total, digit, place) => {
    const doubled = Number(digit) * (place % 2 === 1 ? 2 : 1);
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return sum % 10 === 0;
}

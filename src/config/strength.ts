/** Is a secret strong enough for LIVE_MODE? Judged by length and variety, which tells a placeholder from what a machine has drawn. */

/** 128 bits are wanted. As base64 they are 22 characters, which by chance may hold no capitals: that must pass as well. */
const leastBits = 110;

/** What is weak about a token or a key; null for one that a machine may have drawn. Never repeats it. */
export function weaknessOf(secret: string): string | null {
  const text = secret.replace(/^(v1,)?whsec_/, '');
  const bits = text.length * Math.log2(alphabetSize(text));
  return bits < leastBits || isMonotonous([...text]) ? 'is weak: LIVE_MODE=true wants 128 bits, drawn by a machine' : null;
}

/** What is weak about 32 bytes that encrypt: too few different ones, or a text that somebody typed. */
export function weaknessOfKey(key: Uint8Array): string | null {
  const bytes = [...key];
  const isText = bytes.every((byte) => byte >= 0x20 && byte < 0x7f);
  return isText || isMonotonous(bytes) ? 'is weak: LIVE_MODE=true wants 32 random bytes' : null;
}

const leastPassword = 12;
const leastCharacters = 6;

/** What is weak about a password, which people remember: guesses are limited to a few a minute, so that less is enough. */
export function weaknessOfPassword(password: string): string | null {
  const isShort = password.length < leastPassword || new Set(password).size < leastCharacters;
  return isShort ? `is weak: LIVE_MODE=true wants ${leastPassword} characters or more, of which ${leastCharacters} differ` : null;
}

/** By how such secrets are written: digits, hex, base32, base64. */
function alphabetSize(text: string): number {
  if (/^[\d\W_]*$/.test(text)) return 10;
  if (/^([\da-f]|\W|_)*$/.test(text) || /^([\dA-F]|\W|_)*$/.test(text)) return 16;
  return /[a-z]/.test(text) && /[A-Z]/.test(text) ? 64 : 32;
}

const leastDifferent = 8;

/** Few different ones, one part again and again, or mostly runs: `0000`, `abcabc`, `01234567`. Of what was drawn that is as good as impossible. */
function isMonotonous<T>(items: readonly T[]): boolean {
  return new Set(items).size < leastDifferent || isRepeated(items) || runsIn(items) > items.length / 2;
}

function isRepeated<T>(items: readonly T[]): boolean {
  const longestPeriod = Math.floor(items.length / 2);
  for (let period = 1; period <= longestPeriod; period += 1)
    if (items.every((item, index) => index < period || item === items[index - period])) return true;
  return false;
}

/** How many only go on as those before them did. */
function runsIn<T>(items: readonly T[]): number {
  const codes = items.map((item) => (typeof item === 'string' ? item.codePointAt(0) : Number(item)) ?? 0);
  const steps = codes.slice(1).map((code, index) => code - (codes[index] ?? 0));
  return steps.filter((step, index) => Math.abs(step) <= 1 && step === steps[index - 1]).length;
}

/** Ids and hashes as text. */

/** 128 random bits; also on pages without TLS, where there is no `randomUUID`. */
export const uuid = (): string => hex(crypto.getRandomValues(new Uint8Array(16)));

export const hex = (bytes: Uint8Array): string => [...bytes].map((byte) => (byte + 256).toString(16).slice(1)).join('');

/** A short hash of a text for comparisons, so that personal data need not be stored for them. */
export function mark(text: string): number {
  let sum = 0;
  for (const letter of text) sum = (sum * 31 + letter.codePointAt(0)!) % 1e9;
  return sum;
}

import { createHash, timingSafeEqual } from 'node:crypto';

/** Compares digests of equal length, so that the time depends on neither value. */
export function isSameSecret(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

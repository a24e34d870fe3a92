/** Which refusals of the database no repetition cures. https://www.postgresql.org/docs/current/errcodes-appendix.html */
import { codeOf } from './database';

/**
 * True when the database can never store what it was given: a data exception (class 22: an invalid byte sequence, a value out of
 * range) or a limit of the program (class 54: a key that is longer than an index takes).
 */
export function isUnstorableData(error: unknown): boolean {
  return /^(22|54)/.test(codeOf(error) ?? '');
}

/** True for unstorable data and for a violated rule (class 23), which the next attempt violates again. */
export function isRefusedForGood(error: unknown): boolean {
  return isUnstorableData(error) || (codeOf(error) ?? '').startsWith('23');
}

/**
 * True when two writers at one moment may have violated a foreign key or a unique key for each other. An attempt a moment later
 * finds what the other one wrote; if it is refused too, it is for good.
 */
export function isConflict(error: unknown): boolean {
  return ['23503', '23505'].includes(codeOf(error) ?? '');
}

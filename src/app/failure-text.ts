/**
 * The text that a process prints when it can't go on: the message of an error that an operator can act on; the stack of a bug, which
 * is an error of the language itself.
 */
export function failureText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return isBug(error) ? (error.stack ?? error.message) : error.message;
}

function isBug(error: Error): boolean {
  return [TypeError, ReferenceError, RangeError, SyntaxError].some((kind) => error instanceof kind);
}

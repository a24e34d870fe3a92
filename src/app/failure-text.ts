/**
 * What to print when a process can't go on: the message alone where an operator can act on it; with the stack where only a developer
 * can, which is an error of the language itself.
 */
export function failureText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return isBug(error) ? (error.stack ?? error.message) : error.message;
}

function isBug(error: Error): boolean {
  return [TypeError, ReferenceError, RangeError, SyntaxError].some((kind) => error instanceof kind);
}

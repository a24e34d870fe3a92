/** Ends a switch over one of our own unions: a new variant becomes a compile error here. */
export function assertNever(value: never): never {
  throw new Error(`unexpected variant: ${JSON.stringify(value)}`);
}

/** Faults that are known and not mended yet, each with its number: the fuzzer counts them and does not fail for them. Empty is good. */
export interface KnownFault {
  readonly id: string;
  /** The target's name; null for any. */
  readonly target: string | null;
  readonly message: RegExp;
}

export const knownFaults: readonly KnownFault[] = [];

export function knownFault(target: string, message: string): string | null {
  return knownFaults.find((fault) => (fault.target ?? target) === target && fault.message.test(message))?.id ?? null;
}

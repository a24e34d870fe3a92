/** What is kept from page to page: in localStorage, or where that is blocked, or consent forbids it, only in memory. */
import { consent, maySend } from './consent';
import { guarded } from './guard';
import type { Consent, Person } from './pixel';
import { config } from './script';

interface Kept {
  /** The checkout that is going on, and the purchase type that its screen stated. */
  readonly checkout?: string;
  readonly purchaseType?: string | undefined;
  /** Checkouts that were reported as completed, and the marks of the pages that said so. */
  readonly completed?: readonly (string | number)[];
  /** When the visitor was last active. */
  readonly activeMs?: number;
  /** Whether this session has initiated a checkout. */
  readonly initiated?: boolean;
  /** A mark of the last body that the service received in this session. */
  readonly told?: number | undefined;
  readonly consent?: Consent | undefined;
  /** E-mail and phone as hashes. */
  readonly person?: Person | undefined;
}

const key = 'ttr';
let memory: Kept = {};

export const kept = (): Kept => (maySend() && stored()) || memory;

export function keep(changes: Kept): void {
  memory = { ...kept(), ...changes };
  if (maySend()) store(memory);
}

/**
 * Where there is consent, what an earlier page stored counts, and what was kept in memory until now joins it. Where it is refused,
 * the refusal alone stays, and only if the next page would take silence for leave.
 */
export function obeyInStorage(): void {
  if (maySend()) keep({ ...memory, ...stored(), consent });
  else if (consent === 'denied') store(config.consent.unknown === 'do_not_send' ? null : { consent });
}

/** Where storage is blocked its mere name throws. */
export const stored = guarded(() => JSON.parse(localStorage.getItem(key)!) as Kept | null);

/** Where there is no room for it nothing is stored, rather than what is no longer true. Other tabs hear of each step. */
const store = guarded((data: Kept | null) => {
  if (!data || !guarded(() => (localStorage[key] = JSON.stringify(data)))()) localStorage.removeItem(key);
});

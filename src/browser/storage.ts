/** State that is kept from page to page in localStorage; in memory only, if localStorage is blocked or consent forbids it. */
import { consent, maySend } from './consent';
import { guarded } from './guard';
import type { Consent, Person } from './pixel';
import { config } from './script';

interface Kept {
  /** The current checkout, and the purchase type that its screen stated. */
  readonly checkout?: string;
  readonly purchaseType?: string | undefined;
  /** Checkouts that were reported as completed, and marks of the pages that reported them. */
  readonly completed?: readonly (string | number)[];
  /** The visitor's last activity, Unix milliseconds. */
  readonly activeMs?: number;
  /** Whether this session has initiated a checkout. */
  readonly initiated?: boolean;
  /** A mark of the last body that was posted to `/collect` in this session; 0 if that failed. */
  readonly collected?: number | undefined;
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
 * Applies the consent to the storage. With consent, stored state wins over the state in memory, and both are stored together. After a
 * refusal only the refusal is stored, and only if the settings would let the next page send without it.
 */
export function obeyInStorage(): void {
  if (maySend()) keep({ ...memory, ...stored(), consent });
  else if (consent === 'denied') store(config.consent.unknown === 'do_not_send' ? null : { consent });
}

/** Undefined if storage is blocked: then even reading `localStorage` throws. */
export const stored = guarded(() => JSON.parse(localStorage.getItem(key)!) as Kept | null);

/** Removes the stored state if the new state does not fit, so that no outdated state stays. Each step fires `storage` in other tabs. */
const store = guarded((data: Kept | null) => {
  if (!data || !guarded(() => (localStorage[key] = JSON.stringify(data)))()) localStorage.removeItem(key);
});

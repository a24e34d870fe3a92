/** What is kept from page to page: in localStorage, else in sessionStorage, else, or where consent forbids it, only in memory. */
import { consent, maySend } from './consent';
import { guarded } from './guard';
import type { Consent } from './pixel';
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
  /** The mark of what the service was last told in this session. */
  readonly told?: number | undefined;
  readonly consent?: Consent | undefined;
}

const key = 'ttr';
/** Asked for anew each time: where storage is blocked the mere name throws. */
const stores = [() => localStorage, () => sessionStorage];
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

export function stored(): Kept | undefined {
  for (const open of stores) {
    const found = guarded(() => JSON.parse(open().getItem(key)!) as Kept | null)();
    if (found) return found;
  }
  return undefined;
}

/** In the first that takes it, and in no other, so that what is read is the latest. */
function store(data: Kept | null): void {
  for (const open of stores) {
    guarded(() => {
      open().removeItem(key);
      if (!data) return;
      open().setItem(key, JSON.stringify(data));
      data = null;
    })();
  }
}

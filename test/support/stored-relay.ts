/** Simulated relays over the real store. All of a test file share one database, since opening one takes longer than a life. */
import type { Store } from '../../src/store';
import { emptyStore } from './test-database';
import type { RelayOptions } from './simulated-relay';
import { SimulatedRelay } from './simulated-relay';

let opened: Promise<Store> | null = null;

/** The store that all simulated relays of this file share. */
export function sharedStore(): Promise<Store> {
  opened ??= emptyStore();
  return opened;
}

/** A relay whose integration nobody else has. */
export async function simulatedRelay(options: Omit<RelayOptions, 'store'> = {}): Promise<SimulatedRelay> {
  return new SimulatedRelay({ ...options, store: await sharedStore() });
}

/** For `afterAll`. */
export async function closeSharedStore(): Promise<void> {
  await (await opened)?.close();
  opened = null;
}

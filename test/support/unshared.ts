/** Accounts that nobody shares: what they tell is their owner's alone, and nothing waits. */
import type { Ingestion } from '../../src/application/ingestion';
import { alone, createSharedAccounts, type SharedAccounts } from '../../src/application/shared-accounts';
import { defaultSettings, type Settings } from '../../src/domain/settings';
import type { Store } from '../../src/store';

const noRoutes = new Proxy({} as Store['routes'], {
  get: (_, name) => () => Promise.reject(new Error(`an account that nobody shares needs no route: ${String(name)}`)),
});

export function unshared(
  ingestion: Ingestion,
  settings: (integration: string) => Promise<Settings> = async () => defaultSettings,
): SharedAccounts {
  return createSharedAccounts({ ingestion, takers: alone, routes: noRoutes, settings, nowMs: () => 0 });
}

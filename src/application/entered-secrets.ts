/**
 * The secrets that operators entered, as every process of the service sees them: read again every two seconds, so that a new one counts
 * within five in all of them. While the database is away, what was known goes on counting.
 */
import { secondMs } from '../domain/duration';
import { isTestKey } from '../config/secret-forms';
import { adapterOf } from '../psp';
import type { EnteredSecret, ProviderSecretStore } from '../store';
import { isMadeHere } from './first-secret';

export interface EnteredSecrets {
  /** What is known now. */
  current(): readonly EnteredSecret[];
  /** Reads again. @throws when the database cannot be read; what was known stays. */
  refresh(): Promise<void>;
  /** Calls `listener` after every reading, which does not wait for it. */
  onRead(listener: () => void): void;
  stop(): void;
}

export interface EnteredSecretsOptions {
  readonly store: Pick<ProviderSecretStore, 'all'>;
  /** LIVE_MODE counts neither a secret that was made here nor a key of a test mode. */
  readonly liveMode: boolean;
  /** Default: 2 s. */
  readonly everyMs?: number;
}

/** Knows nothing before the first `refresh`. */
export function createEnteredSecrets({ store, liveMode, everyMs = 2 * secondMs }: EnteredSecretsOptions): EnteredSecrets {
  let known: readonly EnteredSecret[] = [];
  let asked = 0;
  let answered = 0;
  const listeners: (() => void)[] = [];

  async function refresh(): Promise<void> {
    const number = ++asked;
    const read = (await store.all()).filter((secret) => !liveMode || isForLiveMode(secret));
    // An answer that was overtaken by a later one is old.
    if (number > answered) [known, answered] = [read, number];
    for (const listener of listeners) listener();
  }

  const timer = setInterval(() => void refresh().catch(() => undefined), everyMs);
  timer.unref();
  return {
    current: () => known,
    refresh,
    onRead: (listener) => void listeners.push(listener),
    stop: () => clearInterval(timer),
  };
}

function isForLiveMode(entered: EnteredSecret): boolean {
  if (isMadeHere(entered)) return false;
  const manifest = adapterOf(entered.psp)?.manifest;
  return entered.kind === 'webhook' || manifest === undefined || !isTestKey(manifest, entered.secret ?? '');
}

/** The settings as every process of the service sees them: read often, never older than 5 seconds. */
import { UnknownKeyError } from '../crypto/keyring';
import type { Settings } from '../domain/settings';
import { Unavailable } from './unavailable';
import type { SaveOutcome, SettingsStore } from '../store';

export interface SettingsCache {
  /** At most 5 s old. @throws Unavailable when they can't be read and what is known is older. */
  get(integration: string): Promise<Settings>;
  /** The newest settings, read from the store now; for a change of them. */
  latest(integration: string): Promise<Settings>;
  /** Saves through the store; from then on this process sees them at once, the others within 2 s. */
  save(integration: string, next: Settings, expectedVersion: number, by: string): Promise<SaveOutcome>;
}

export interface SettingsCacheOptions {
  readonly store: Pick<SettingsStore, 'load' | 'save'>;
  /** The settings of a new integration. */
  readonly initial: (integration: string) => Settings;
  /** After this the store is asked again. */
  readonly maxAgeMs?: number;
  readonly nowMs: () => number;
}

/** A change takes effect within 5 seconds in every process (product.md, section 3). */
const limitMs = 5_000;

/** Makes a cache over the stored settings. A change made elsewhere takes effect after `maxAgeMs` at the latest. */
export function createSettingsCache({ store, initial, maxAgeMs = 2_000, nowMs }: SettingsCacheOptions): SettingsCache {
  const known = new Map<string, Known>();
  const reading = new Map<string, Promise<Known>>();

  async function get(integration: string): Promise<Settings> {
    const cached = known.get(integration);
    if (cached && ageMs(cached) < maxAgeMs) return cached.settings;
    try {
      return fresh(await read(integration));
    } catch (error) {
      if (cached && ageMs(cached) <= limitMs) return cached.settings;
      if (error instanceof Unavailable) throw error;
      const missingKey = error instanceof UnknownKeyError ? `: ${error.message}` : '';
      throw new Unavailable(`the settings cannot be read${missingKey}`, { cause: error });
    }
  }

  /** Callers that come while the store is being asked wait for the same answer. */
  function read(integration: string): Promise<Known> {
    const underWay = reading.get(integration);
    if (underWay) return underWay;
    const started = load(integration).finally(() => {
      if (reading.get(integration) === started) reading.delete(integration);
    });
    reading.set(integration, started);
    return started;
  }

  async function load(integration: string): Promise<Known> {
    // The answer is as old as the question.
    const asOfMs = nowMs();
    return keep(integration, { settings: await store.load(integration, initial(integration)), asOfMs });
  }

  /** Versions only grow: an answer that was on its way during a save does not undo it. */
  function keep(integration: string, next: Known): Known {
    const cached = known.get(integration);
    if (cached && cached.settings.version > next.settings.version) return cached;
    known.set(integration, next);
    return next;
  }

  function fresh(found: Known): Settings {
    if (ageMs(found) > limitMs) throw new Unavailable('reading the settings took too long');
    return found.settings;
  }

  function ageMs({ asOfMs }: Known): number {
    return nowMs() - asOfMs;
  }

  return {
    get,
    latest: async (integration) => (await load(integration)).settings,
    async save(integration, next, expectedVersion, by) {
      const asOfMs = nowMs();
      const outcome = await store.save(integration, next, { expectedVersion, by, atMs: asOfMs });
      if (outcome.kind === 'saved') keep(integration, { settings: outcome.settings, asOfMs });
      return outcome;
    },
  };
}

interface Known {
  readonly settings: Settings;
  /** When the store was asked. */
  readonly asOfMs: number;
}

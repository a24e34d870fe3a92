import { desc, eq } from 'drizzle-orm';
import type { Settings } from '../domain/settings';
import type { Keyring } from '../crypto/keyring';
import type { Database } from './driver/database';
import type { SettingsDocument } from './schema';
import { settingsVersions } from './schema';

export interface SettingsStore {
  /** The newest version; `initial` is stored as version 1 when there is none. Safe from several processes. */
  load(integration: string, initial: Settings): Promise<Settings>;
  /**
   * Stores `next` as the next version if the newest one is still `expectedVersion`; otherwise changes nothing and returns `conflict`
   * with the newest version's number.
   */
  save(integration: string, next: Settings, change: SettingsChange): Promise<SaveOutcome>;
}

/** `by` is the operator. */
export interface SettingsChange {
  readonly expectedVersion: number;
  readonly by: string;
  readonly atMs: number;
}

export type SaveOutcome =
  { readonly kind: 'saved'; readonly settings: Settings } | { readonly kind: 'conflict'; readonly version: number };

/** Versioned settings. Versions have no gaps and never change, so an insert of version n + 1 proves that the writer has seen version n. */
export function settingsStore({ queries }: Database, keyring: Keyring): SettingsStore {
  return {
    async load(integration, initial) {
      const stored = await newest(integration);
      if (stored) return opened(stored, initial);
      await queries
        .insert(settingsVersions)
        .values({ integration, version: 1, ...sealed(initial), savedBy: 'initial', savedAtMs: null })
        .onConflictDoNothing();
      const first = await newest(integration);
      if (!first) throw new Error(`the settings of "${integration}" vanished while they were being read`);
      return opened(first, initial);
    },

    async save(integration, next, { expectedVersion, by, atMs }): Promise<SaveOutcome> {
      const stored = await newest(integration);
      if (stored?.version !== expectedVersion) return { kind: 'conflict', version: stored?.version ?? 0 };
      const version = expectedVersion + 1;
      const inserted = await queries
        .insert(settingsVersions)
        .values({ integration, version, ...sealed(next), savedBy: by, savedAtMs: atMs })
        .onConflictDoNothing()
        .returning({ version: settingsVersions.version });
      if (inserted.length === 1) return { kind: 'saved', settings: { ...next, version } };
      return { kind: 'conflict', version: (await newest(integration))?.version ?? version };
    },
  };

  async function newest(integration: string): Promise<Row | undefined> {
    const [row] = await queries
      .select()
      .from(settingsVersions)
      .where(eq(settingsVersions.integration, integration))
      .orderBy(desc(settingsVersions.version))
      .limit(1);
    return row;
  }

  function sealed({ accessToken, version: _version, ...document }: Settings): {
    document: SettingsDocument;
    accessToken: string | null;
  } {
    return { document, accessToken: accessToken === null ? null : keyring.sealJson(accessToken) };
  }

  /** A setting that is younger than the stored document has its initial value. */
  function opened({ version, document, accessToken }: Row, initial: Settings): Settings {
    // `sealed` put a string in
    const token = accessToken === null ? null : (keyring.openJson(accessToken) as string);
    return { ...initial, ...document, accessToken: token, version };
  }
}

type Row = typeof settingsVersions.$inferSelect;

import { and, desc, eq, gte, inArray, lt } from 'drizzle-orm';
import { type DecidingSettings, defaultSettings, type Settings } from '../domain/settings';
import { type Keyring, UnknownKeyError } from '../crypto/keyring';
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
  /**
   * Stores versions that the database has lost, from the part of them that others remember; the rest is as now. The newest of them is in
   * force afterwards, unless an operator has changed the settings since: then those are in force, under a number that no lost version has.
   * Returns the version in force. Repeatable; without a lost version that is newer than all stored ones nothing changes.
   */
  restore(
    integration: string,
    remembered: readonly DecidingSettings[],
    change: Omit<SettingsChange, 'expectedVersion'>,
  ): Promise<number>;
  /** Saved versions, newest first, each with the one before it. */
  history(filter: HistoryFilter): Promise<readonly SavedVersion[]>;
}

export interface HistoryFilter {
  readonly integration: string;
  /** Older versions than this one. */
  readonly before?: number;
  /** This version alone. */
  readonly version?: number;
  readonly by?: string;
  /** Saved within, Unix milliseconds; the first version, which nobody saved, is in no period. */
  readonly fromMs?: number;
  readonly toMs?: number;
  readonly limit: number;
}

/** A version of the settings, with who saved it. */
export interface SavedVersion {
  readonly settings: Settings;
  /** Null for the first version. */
  readonly former: Settings | null;
  readonly by: string;
  /** Unix milliseconds; null for the first version, which comes from the environment. */
  readonly savedAtMs: number | null;
}

/** Stands for an access token that was sealed with a key which is gone. */
export const lostToken = '[sealed with a key that is gone]';

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

    async restore(integration, remembered, { by, atMs }) {
      const stored = await newest(integration);
      const highest = Math.max(0, ...remembered.map(({ version }) => version));
      if (!stored || highest <= stored.version) return stored?.version ?? 0;
      const { document, accessToken } = stored;
      const saved = { integration, accessToken, savedBy: by, savedAtMs: atMs };
      const lost = remembered.map(({ version, ...part }) => ({ ...saved, version, document: { ...document, ...part } }));
      // Versions of those who changed the settings since stay as they are.
      const isChangedSince = stored.version > 1;
      const inForce = isChangedSince ? [{ ...saved, version: highest + 1, document }] : [];
      await queries
        .insert(settingsVersions)
        .values([...lost, ...inForce])
        .onConflictDoNothing();
      return highest + inForce.length;
    },

    async history({ integration, before, version, by, fromMs, toMs, limit }) {
      const rows = await queries
        .select()
        .from(settingsVersions)
        .where(
          and(
            eq(settingsVersions.integration, integration),
            before === undefined ? undefined : lt(settingsVersions.version, before),
            version === undefined ? undefined : eq(settingsVersions.version, version),
            by === undefined ? undefined : eq(settingsVersions.savedBy, by),
            fromMs === undefined ? undefined : gte(settingsVersions.savedAtMs, fromMs),
            toMs === undefined ? undefined : lt(settingsVersions.savedAtMs, toMs),
          ),
        )
        .orderBy(desc(settingsVersions.version))
        .limit(limit);
      const former = await formerOf(integration, rows);
      return rows.map((row) => {
        const before = former.get(row.version - 1);
        return {
          settings: openedLeniently(row),
          former: before ? openedLeniently(before) : null,
          by: row.savedBy,
          savedAtMs: row.savedAtMs,
        };
      });
    },
  };

  async function formerOf(integration: string, rows: readonly Row[]): Promise<ReadonlyMap<number, Row>> {
    const known = new Map(rows.map((row) => [row.version, row]));
    const missing = rows.map(({ version }) => version - 1).filter((version) => version > 0 && !known.has(version));
    if (missing.length === 0) return known;
    const more = await queries
      .select()
      .from(settingsVersions)
      .where(and(eq(settingsVersions.integration, integration), inArray(settingsVersions.version, missing)));
    return new Map([...known, ...more.map((row) => [row.version, row] as const)]);
  }

  /** A version of the past: its key may have been retired since. */
  function openedLeniently(row: Row): Settings {
    try {
      return opened(row, defaultSettings);
    } catch (error) {
      if (!(error instanceof UnknownKeyError)) throw error;
      return { ...opened({ ...row, accessToken: null }, defaultSettings), accessToken: lostToken };
    }
  }

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
  function opened({ integration, version, document, accessToken }: Row, initial: Settings): Settings {
    // `sealed` put a string in
    const token = accessToken === null ? null : (keyring.openJson(accessToken, `the access token of "${integration}"`) as string);
    return { ...initial, ...document, accessToken: token, version };
  }
}

type Row = typeof settingsVersions.$inferSelect;

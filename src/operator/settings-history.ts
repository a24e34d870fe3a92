/** Who changed which setting, from what to what; and how a change is undone. */
import { deepEqual } from '../domain/deep-equal';
import type { Settings } from '../domain/settings';
import { conflict, notFound } from '../http/problem';
import { lostToken, type SavedVersion, type Store } from '../store';
import { changeSettings, type ChangeSettingsDeps } from './change-settings';
import { isoTime } from './purchase-view';
import { type SettingChange, settingAt, settingChanges, undoing } from './settings-changes';

/** One saved version, as it is shown. */
export interface HistoryEntry {
  readonly version: number;
  /** Null for the first version, which comes from the environment. */
  readonly savedAt: string | null;
  readonly by: string;
  readonly changes: readonly ShownChange[];
}

/** `null` stands for what is not there. */
export interface ShownChange {
  readonly path: string;
  readonly from: unknown;
  readonly to: unknown;
}

export function historyEntry(saved: SavedVersion): HistoryEntry {
  const { settings, by, savedAtMs } = saved;
  const savedAt = savedAtMs === null ? null : isoTime(savedAtMs);
  return { version: settings.version, savedAt, by, changes: changesOf(saved).map(shownChange) };
}

/** What a version changed; nothing for the first. */
export function changesOf({ settings, former }: SavedVersion): readonly SettingChange[] {
  return former === null ? [] : settingChanges(former, settings);
}

/** A change without a secret: of the access token only whether it was set, replaced or removed. */
export function shownChange({ path, from, to }: SettingChange): ShownChange {
  if (path[0] !== 'accessToken') return { path: path.join('.'), from: from ?? null, to: to ?? null };
  const [had, has] = [from !== null, to !== null];
  return { path: 'accessToken', from: had ? 'set' : null, to: has ? (had ? 'replaced' : 'set') : 'removed' };
}

export interface UndoDeps extends ChangeSettingsDeps {
  readonly settings: Pick<Store['settings'], 'history'>;
}

export interface Undo {
  readonly integration: string;
  /** The version whose changes are set back. */
  readonly version: number;
  /** Also where a later version has changed the same settings again. */
  readonly force: boolean;
  /** The versions that the undo may be based on; null for any. */
  readonly ifVersion: readonly number[] | null;
  readonly by: string;
}

/**
 * Sets what a version changed back to what it was before, as a new version; all else stays. What is as it was already stays, too.
 * @throws Problem: 404 for an unknown version; 409 for the first one, for settings that were changed again since and `force` is false,
 * and when the newest version is not `ifVersion`; 422 for what would not be accepted today.
 */
export async function undoChange(deps: UndoDeps, { integration, version, force, ifVersion, by }: Undo): Promise<Settings> {
  const [saved] = await deps.settings.history({ integration, version, limit: 1 });
  if (!saved) throw notFound(`there is no version ${version} of the settings`);
  if (!saved.former) throw conflict(`version ${version} is the first: there is nothing before it`);
  const now = await deps.currentSettings.latest(integration);
  const changes = changesOf(saved).filter(({ path, from }) => !deepEqual(settingAt(now, path), from));
  const changedSince = changes.filter(({ path, to }) => !deepEqual(settingAt(now, path), to));
  if (changedSince.length > 0 && !force) throw changedAgain(version, now, changedSince);
  if (changes.some(({ from }) => from === lostToken))
    throw conflict('the former access token was sealed with a key that is gone');
  return changeSettings(deps, {
    integration,
    patch: undoing(changes),
    // What was compared above is what is changed.
    ifVersion: ifVersion ?? [now.version],
    by,
    undoes: version,
  });
}

function changedAgain(version: number, now: Settings, changes: readonly SettingChange[]) {
  const names = changes.map(({ path }) => path.join('.'));
  return conflict(
    `${names.join(', ')} ${names.length === 1 ? 'was' : 'were'} changed again since version ${version}: send force to undo it all the same`,
    { version: now.version, changedSince: names },
  );
}

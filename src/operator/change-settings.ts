/** Changing the settings: the same for the JSON API and the console. */
import type { SettingsCache } from '../application/settings-cache';
import type { Settings } from '../domain/settings';
import { conflict, unprocessable } from '../http/problem';
import type { Store } from '../store';
import type { Telemetry } from '../telemetry/events';
import { applyMergePatch } from './settings-document';

export interface ChangeSettingsDeps {
  readonly currentSettings: Pick<SettingsCache, 'latest' | 'save'>;
  readonly audit: Pick<Store['audit'], 'append'>;
  readonly telemetry: Pick<Telemetry, 'settingsChanged'>;
  readonly liveMode: boolean;
  readonly nowMs: () => number;
}

export interface SettingsChange {
  readonly integration: string;
  /** A JSON merge patch. */
  readonly patch: unknown;
  /** The versions that the change may be based on; null for any. */
  readonly ifVersion: readonly number[] | null;
  readonly by: string;
  /** The version that this one sets back; absent for any other change. */
  readonly undoes?: number;
}

/**
 * Applies the patch to the newest settings and saves them. A patch that changes nothing makes no new version.
 * @throws Problem: 422 with every field, 409 when the newest version is not `ifVersion`.
 */
export async function changeSettings(deps: ChangeSettingsDeps, change: SettingsChange): Promise<Settings> {
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await tryToChange(deps, change);
    if (outcome.kind === 'saved') return outcome.settings;
    // Another change was saved in between. A patch without a version applies on top of it.
    if (change.ifVersion !== null || attempt === maxAttempts) throw otherVersion(outcome.version);
  }
}

const maxAttempts = 5;

async function tryToChange(
  { currentSettings, audit, telemetry, liveMode, nowMs }: ChangeSettingsDeps,
  { integration, patch, ifVersion, by, undoes }: SettingsChange,
) {
  const settings = await currentSettings.latest(integration);
  if (ifVersion !== null && !ifVersion.includes(settings.version)) throw otherVersion(settings.version);
  const patched = applyMergePatch(settings, patch, { liveMode });
  if (!patched.ok) throw unprocessable(patched.errors);
  const { changedFields: fields } = patched;
  if (fields.length === 0) return { kind: 'saved', settings } as const;

  const saved = await currentSettings.save(integration, patched.settings, settings.version, by);
  if (saved.kind === 'conflict') return saved;
  const { version } = saved.settings;
  telemetry.settingsChanged({ integration, version, by, fields });
  const target = `version ${version}: ${fields.join(', ')}`;
  await audit.append({
    ...{ integration, atMs: nowMs(), by, target },
    ...(undoes === undefined
      ? { action: 'settings.change', reason: null }
      : { action: 'settings.undo', reason: `undoes version ${undoes}` }),
  });
  return saved;
}

function otherVersion(version: number) {
  return conflict(`the settings are at version ${version} by now`, { version });
}

/** The settings as `/api` shows and takes them: a JSON document, changed by merge patches. */
import { type Cell, inOrder, type Policy } from '../domain/policy';
import type { Settings } from '../domain/settings';
import type { FieldError } from '../http/problem';
import { isJsonObject, type JsonObject, mergePatch } from './merge-patch';
import { changedFields } from './settings-changes';
import { type Checked, checkAccessToken, checkBody, type SettingsBody } from './settings-schema';

/** The document that the API returns: all settings, and of the access token only whether it is set. */
export interface SettingsDocument extends Omit<Settings, 'accessToken'> {
  readonly accessToken: { readonly present: boolean };
}

export function settingsView(settings: Settings): SettingsDocument {
  const { pixelCode, testEventCode, ...rest } = bodyOf(settings);
  const accessToken = { present: settings.accessToken !== null };
  return { version: settings.version, pixelCode, accessToken, testEventCode, ...rest };
}

export type PatchOutcome =
  /** `changedFields` are dotted paths, without values; empty when the patch changes nothing. `version` is not counted up here. */
  | { readonly ok: true; readonly settings: Settings; readonly changedFields: readonly string[] }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

export interface PatchRules {
  /** Production: purchases may not go to TikTok's test view. */
  readonly liveMode: boolean;
}

/** Applies a JSON merge patch and checks the whole document that comes of it: it is taken as a whole, or not at all. */
export function applyMergePatch(settings: Settings, patch: unknown, rules: PatchRules): PatchOutcome {
  if (!isJsonObject(patch)) return { ok: false, errors: [{ path: '', message: 'must be a JSON object: a merge patch' }] };
  const { version, accessToken: writtenToken, ...bodyPatch } = patch;
  const before = bodyOf(settings);

  const token = patchedToken(settings, writtenToken);
  const body = patchedBody(before, bodyPatch, rules);
  const errors = [...versionErrors(settings, version), ...errorsOf(token), ...errorsOf(body)];
  if (!token.ok || !body.ok || errors.length > 0) return { ok: false, errors };

  const next: Settings = { ...body.value, version: settings.version, accessToken: token.value };
  return { ok: true, settings: next, changedFields: changedFields(settings, next) };
}

function patchedBody(before: SettingsBody, patch: JsonObject, rules: PatchRules): Checked<SettingsBody> {
  const target = { ...before, policy: withoutFormerModes(before.policy, patch['policy']) };
  const merged = mergePatch(target, patch) as JsonObject; // an object patch over an object
  // In a merge patch null removes; these members are null when there is nothing.
  const document: JsonObject = { pixelCode: null, testEventCode: null, ...merged };
  const checked = checkBody(document, rules);
  if (checked.ok) return checked;

  // What is stored may come from the environment, by its rules: it must not be in the way of, say, pausing.
  const stored: JsonObject = { ...before };
  const errors = checked.errors.filter(({ path }) => !Object.hasOwn(stored, path) || stored[path] !== document[path]);
  return errors.length > 0 ? { ok: false, errors } : { ok: true, value: document as unknown as SettingsBody }; // else as stored
}

/** Another `mode` brings its own fields: those of the former one need not be removed by hand. */
function withoutFormerModes(policy: Policy, patch: unknown): JsonObject {
  const rows = Object.entries(policy).map(([type, row]: [string, Readonly<Record<string, Cell>>]) => {
    const cells = Object.entries(row).map(([phase, cell]) => {
      const mode = memberOf(patch, type, phase, 'value', 'mode');
      const { value: _former, ...rest } = cell;
      return [phase, mode === undefined || mode === cell.value?.mode ? cell : rest] as const;
    });
    return [type, Object.fromEntries(cells)] as const;
  });
  return Object.fromEntries(rows);
}

function memberOf(value: unknown, ...names: readonly string[]): unknown {
  return names.reduce((found, name) => (isJsonObject(found) && Object.hasOwn(found, name) ? found[name] : undefined), value);
}

/** Written as a string, removed by null, and left as it is by what a GET has shown. */
function patchedToken({ accessToken }: Settings, written: unknown): Checked<string | null> {
  if (written === undefined) return { ok: true, value: accessToken };
  if (written === null) return { ok: true, value: null };
  const isEcho =
    isJsonObject(written) && Object.keys(written).join() === 'present' && written['present'] === (accessToken !== null);
  return isEcho ? { ok: true, value: accessToken } : checkAccessToken(written);
}

function versionErrors({ version }: Settings, written: unknown): readonly FieldError[] {
  if (written === undefined || written === version) return [];
  return [{ path: 'version', message: `is read-only, and now ${version}` }];
}

function errorsOf(checked: Checked<unknown>): readonly FieldError[] {
  return checked.ok ? [] : checked.errors;
}

/** The members in the order of interface.md; other members of a stored document are left out. */
function bodyOf(settings: Settings): SettingsBody {
  const { pixelCode, testEventCode, eventName, limitPurchaseEvents, limitFreeTrials, policy } = settings;
  const { sendZeroValue, maxEventAgeHours, attributedOnly, requireUserToken, products, consent } = settings;
  const { prices, countTolerancePercent, paused } = settings;
  return {
    ...{ pixelCode, testEventCode, eventName, limitPurchaseEvents, limitFreeTrials, policy: inOrder(policy) },
    ...{ sendZeroValue, maxEventAgeHours, attributedOnly, requireUserToken, products, consent },
    ...{ prices, countTolerancePercent, paused },
  };
}

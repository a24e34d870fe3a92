/** What differs between two versions of the settings, down to single settings. */
import { deepEqual } from '../domain/deep-equal';
import { inOrder } from '../domain/policy';
import type { Settings } from '../domain/settings';
import { isJsonObject, type JsonObject } from './merge-patch';

/** One setting that changed. Undefined stands for what is not there: a cell's event name, a price of the map. */
export interface SettingChange {
  /** The names on the way to it: `['policy', 'lifetime', 'conversion', 'send']`. */
  readonly path: readonly string[];
  readonly from: unknown;
  readonly to: unknown;
}

/**
 * The changes from one version to another, in the order of a settings document. A cell's value mode counts as one setting, as its hold
 * does, each price as one of its own. The access token's values are in clear.
 */
export function settingChanges(from: Settings, to: Settings): readonly SettingChange[] {
  return differences(comparable(from), comparable(to), []);
}

/** The names of the settings that changed, dotted and without values; each of the maps by ids of the provider counts as one. */
export function changedFields(from: Settings, to: Settings): readonly string[] {
  return [...new Set(settingChanges(from, to).map(({ path }) => (isMap(path[0]) ? path[0] : path.join('.'))))];
}

function isMap(name: string | undefined): name is 'prices' | 'products' {
  return name === 'prices' || name === 'products';
}

/** The patch that sets each of the changes back to what it was. */
export function undoing(changes: readonly SettingChange[]): JsonObject {
  return changes.reduce<JsonObject>((patch, { path, from }) => withMember(patch, path, from ?? null), {});
}

/** What the settings have under a path. */
export function settingAt(settings: Settings, path: readonly string[]): unknown {
  return path.reduce<unknown>((found, name) => (isJsonObject(found) ? memberOf(found, name) : undefined), comparable(settings));
}

/** The settings without their version, the policy in its order, the token last. */
function comparable({ version: _version, accessToken, ...body }: Settings): JsonObject {
  const { pixelCode, testEventCode, eventName, limitPurchaseEvents, limitFreeTrials, policy, ...rest } = body;
  const named = { pixelCode, testEventCode, eventName, limitPurchaseEvents, limitFreeTrials };
  return { ...named, policy: inOrder(policy), ...rest, accessToken };
}

function differences(from: unknown, to: unknown, path: readonly string[]): readonly SettingChange[] {
  // `policy`, purchase type, phase, and a member of the cell: its value mode is one setting, and so is its hold.
  const isOne = path[0] === 'policy' && path.length === 4;
  if (isOne || !isJsonObject(from) || !isJsonObject(to)) return deepEqual(from, to) ? [] : [{ path, from, to }];
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])];
  return names.flatMap((name) => differences(memberOf(from, name), memberOf(to, name), [...path, name]));
}

/** An own member only: a price may be called `constructor`. */
function memberOf(container: JsonObject, name: string): unknown {
  return Object.hasOwn(container, name) ? container[name] : undefined;
}

function withMember(patch: JsonObject, [name, ...rest]: readonly string[], value: unknown): JsonObject {
  if (name === undefined) return patch;
  const inner = memberOf(patch, name);
  const member = rest.length === 0 ? value : withMember(isJsonObject(inner) ? inner : {}, rest, value);
  return Object.fromEntries([...Object.entries(patch).filter(([key]) => key !== name), [name, member]]);
}

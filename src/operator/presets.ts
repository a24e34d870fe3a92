/** The presets as merge patches: sent as they are, they bring the settings to the preset whatever was set before. */
import { type Cell, type Policy, type Preset, presets } from '../domain/policy';
import type { JsonObject } from './merge-patch';

export interface PresetView {
  readonly name: string;
  readonly title: string;
  readonly help: string;
  /** A merge patch for `PATCH /api/settings`. */
  readonly patch: JsonObject;
}

export function presetViews(): readonly PresetView[] {
  return Object.entries<Preset>(presets).map(([name, preset]) => {
    const { title, help, policy, limitPurchaseEvents = false } = preset;
    return { name, title, help, patch: { limitPurchaseEvents, policy: policyPatch(policy) } };
  });
}

function policyPatch(policy: Policy): JsonObject {
  const rows = Object.entries<Readonly<Record<string, Cell>>>({ ...policy }).map(([type, row]) => [type, rowPatch(row)]);
  return Object.fromEntries(rows) as JsonObject;
}

/** Null takes out of a cell what the preset does not have. */
function rowPatch(row: Readonly<Record<string, Cell>>): JsonObject {
  const cells = Object.entries(row).map(([phase, { send, eventName = null, value = null, hold = null }]) => [
    phase,
    phase === 'trial_start' ? { send, eventName, value, hold } : { send, eventName, value },
  ]);
  return Object.fromEntries(cells) as JsonObject;
}

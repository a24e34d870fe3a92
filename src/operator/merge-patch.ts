/** JSON Merge Patch: https://www.rfc-editor.org/rfc/rfc7396 */

export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * `patch` over `target`: objects are merged, null removes, anything else replaces. Neither is changed.
 * A member named `__proto__` stays an ordinary member: it neither sets nor reaches a prototype.
 */
export function mergePatch(target: unknown, patch: unknown, depth = 0): unknown {
  // Deeper than any document of ours: nothing to merge with, and a limit to what a stack has to bear.
  if (!isJsonObject(patch) || depth > deepest) return patch;
  const merged = new Map(isJsonObject(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, mergePatch(merged.get(name), value, depth + 1));
  }
  return Object.fromEntries(merged); // defines members, also `__proto__`, where an assignment would call a setter
}

const deepest = 16;

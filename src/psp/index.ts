/** The providers by name, and what their manifests say. */
import type { PspAdapter } from './adapter';
import type { PspManifest } from './manifest';
import * as providers from './providers';

const all: readonly PspAdapter[] = Object.values(providers);

/** In the order of `providers.ts`, which is that of the alphabet. */
export const manifests: readonly PspManifest[] = all
  .map(({ manifest }) => manifest)
  .sort((one, other) => (one.name < other.name ? -1 : 1));

/** By name, as in `/webhooks/:psp`. */
export const adapters: Readonly<Record<string, PspAdapter>> = Object.fromEntries(
  all.map((adapter) => [adapter.manifest.name, adapter]),
);

/** The adapter of a name that came from outside, such as a path; undefined for a name that no provider has. */
export function adapterOf(name: string): PspAdapter | undefined {
  return Object.hasOwn(adapters, name) ? adapters[name] : undefined;
}

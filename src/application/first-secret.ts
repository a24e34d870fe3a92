/** The webhook secret of a first start: with it the generic webhook takes purchases before anybody has configured a provider. */
import { randomBytes } from 'node:crypto';
import type { Config } from '../config/config';
import type { EnteredSecret, ProviderSecretStore } from '../store';

/** Its id, which no HMAC is: it is recognised by it, and two starts at once keep one secret. */
export const firstSecretId = 'first-start';

/** True for the secret that was made here and not by an operator: the console shows it, since nobody else knows it. */
export function isMadeHere({ id }: Pick<EnteredSecret, 'id'>): boolean {
  return id === firstSecretId;
}

/**
 * Makes it, once, where `npm start` finds no secret of any provider: neither in the environment nor entered. It is kept with the entered
 * ones, so that it stays the same over restarts and an operator can remove it. LIVE_MODE makes none.
 */
export async function makeFirstSecret(
  { kind, liveMode, integrations }: Pick<Config, 'kind' | 'liveMode' | 'integrations'>,
  store: Pick<ProviderSecretStore, 'all' | 'add'>,
  nowMs: number,
): Promise<void> {
  const [first] = integrations;
  if (kind !== 'all' || liveMode || !first) return;
  if (integrations.some(({ psps }) => Object.keys(psps).length > 0)) return;
  if ((await store.all()).length > 0) return;
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const place = { integration: first.id, psp: 'generic', kind: 'webhook' } as const;
  await store.add({ ...place, id: firstSecretId, secret, addedBy: 'the first start', addedAtMs: nowMs });
}

/** The rules of providers' secrets: the same for the environment, for INTEGRATIONS_FILE and for what operators enter. */
import type { z } from 'zod';
import type { ApiKeyVariables, PspManifest, SecretForm } from '../psp/manifest';
import { weaknessOf } from './strength';
import { secretText, standardWebhooksSecret, stripeSecret } from './values';

/** How one secret must be written. Messages never repeat it. */
export const secretForms: Readonly<Record<SecretForm, z.ZodType<string, string>>> = {
  text: secretText,
  pair: secretText.regex(/^[^:]+:[^:]+$/, 'must be written public:secret'),
  stripe: stripeSecret,
  'standard-webhooks': standardWebhooksSecret,
};

/** How one API key is written; one that the environment gives as two variables is a pair elsewhere. */
export function keyFormOf(keys: ApiKeyVariables | undefined): SecretForm {
  if (keys?.kind === 'list') return keys.keys.form;
  return keys?.kind === 'id-and-secret' ? 'pair' : 'text';
}

/** True for an API key of the provider's test mode, with which renewal checks would read test payments. */
export function isTestKey({ api }: Pick<PspManifest, 'api'>, key: string): boolean {
  return api?.testKeyPrefixes.some((prefix) => key.startsWith(prefix)) ?? false;
}

/** What is weak about a secret that verifies webhooks; null for a strong one, and for what is an id that anybody may know. */
export function weaknessOfWebhookSecret({ webhookSecrets }: Pick<PspManifest, 'webhookSecrets'>, secret: string): string | null {
  if (webhookSecrets.isPublic) return null;
  return weaknessOf(webhookSecrets.form === 'pair' ? secret.slice(secret.indexOf(':') + 1) : secret);
}

/** What is wrong with a secret that somebody enters; null when it can be used. @param liveMode refuses keys of a test mode, and weak ones. */
export function problemOfSecret(
  manifest: PspManifest,
  kind: 'webhook' | 'api',
  { secret, liveMode }: { readonly secret: string; readonly liveMode: boolean },
): string | null {
  if (kind === 'api' && manifest.api === null) return `${manifest.label} has no API that is asked: it needs no API key`;
  const form = kind === 'webhook' ? manifest.webhookSecrets.form : keyFormOf(manifest.api?.keys);
  const checked = secretForms[form].safeParse(secret);
  if (!checked.success) return checked.error.issues[0]?.message ?? 'is malformed';
  if (secret.includes(',')) return 'must be one secret, without a comma: add several one after the other';
  if (kind === 'webhook' && liveMode) return weaknessOfWebhookSecret(manifest, secret);
  if (kind === 'api' && liveMode && isTestKey(manifest, secret))
    return 'LIVE_MODE=true refuses a test key: a renewal check would bring test payments in';
  return null;
}

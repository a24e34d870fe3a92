/** Ids of secrets, by which they are listed and removed: without the pepper nobody can tell a secret by its id. */
import { createHmac } from 'node:crypto';

/** Names a provider's secret. The same secret of the same account, for the same use, has the same id in every process. */
export type SecretId = (
  use: { readonly integration: string; readonly psp: string; readonly kind: 'webhook' | 'api' },
  secret: string,
) => string;

const idLength = 22;

/** `pepper` is USER_ID_PEPPER. */
export function createSecretIds(pepper: string): SecretId {
  return ({ integration, psp, kind }, secret) =>
    createHmac('sha256', pepper)
      .update(JSON.stringify(['provider secret', integration, psp, kind, secret]))
      .digest('base64url')
      .slice(0, idLength);
}

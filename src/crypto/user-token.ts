/**
 * User tokens: the word of the merchant's server that a page speaks for a user. `<expiry>.<signature>`, the expiry in Unix seconds, the
 * signature HMAC-SHA256 over `<user id>.<expiry>` in hex or base64url, with a secret that the merchant's server and this service share.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

export interface UserTokens {
  /** True when one of the integration's secrets signed the token for this user id, and it has not expired. */
  proves(integration: string, userId: string, token: string, nowMs: number): boolean;
}

/** `secretsOf` gives an integration's secrets; without one no token proves anything. */
export function createUserTokens(secretsOf: (integration: string) => readonly string[]): UserTokens {
  return {
    proves(integration, userId, token, nowMs) {
      const [, expiry = '', signature = ''] = form.exec(token) ?? [];
      if (signature === '' || Number(expiry) * 1_000 <= nowMs) return false;
      const signed = Buffer.from(signature, signature.length === hexLength ? 'hex' : 'base64url');
      return secretsOf(integration).some((secret) => {
        const expected = createHmac('sha256', secret).update(`${userId}.${expiry}`).digest();
        return signed.length === expected.length && timingSafeEqual(signed, expected);
      });
    },
  };
}

/** The token for a user, as the merchant's server makes it. `expiresAtMs` in Unix milliseconds. */
export function userToken(secret: string, userId: string, expiresAtMs: number): string {
  const expiry = Math.floor(expiresAtMs / 1_000);
  return `${expiry}.${createHmac('sha256', secret).update(`${userId}.${expiry}`).digest('hex')}`;
}

const hexLength = 64;
const form = /^(\d{9,12})\.([0-9a-f]{64}|[A-Za-z0-9_-]{43}=?)$/;

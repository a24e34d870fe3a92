/** Who may come in: by password, by token, or by the word of a trusted proxy. Every comparison takes the same time, whatever is given. */
import { hkdfSync } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isSameSecret } from '../http/same-secret';
import type { Role } from '../operator/route';

/** The secrets that open the console. */
export interface AccessSecrets {
  /** OPERATOR_PASSWORD and OPERATOR_TOKEN. */
  readonly operator: Credentials;
  /** VIEWER_PASSWORD and VIEWER_TOKEN; null where one is not set. */
  readonly viewer: { readonly password: string | null; readonly token: string | null };
  /** Null: nobody signs in by a proxy's header. */
  readonly proxy: ProxyAccess | null;
}

export interface Credentials {
  readonly password: string;
  readonly token: string;
}

export interface ProxyAccess {
  /** The header's name in lower case: `x-forwarded-user`. */
  readonly header: string;
  /** The names that are operators; everybody else whom the proxy names is a viewer. */
  readonly operators: readonly string[];
}

/** The role that a password or a token opens; null for a wrong one. */
export function roleOf({ operator, viewer }: AccessSecrets, given: string): Role | null {
  // All are compared, so that the time tells nothing.
  const isOperator = [operator.password, operator.token].filter((secret) => isSameSecret(given, secret)).length > 0;
  const isViewer = [viewer.password, viewer.token].filter((secret) => secret !== null && isSameSecret(given, secret)).length > 0;
  return isOperator ? 'operator' : isViewer ? 'viewer' : null;
}

/** Whom the proxy in front of the service names; null when it names nobody. */
export function namedByProxy(
  { proxy }: AccessSecrets,
  headers: IncomingHttpHeaders,
): { readonly name: string; readonly role: Role } | null {
  const name = proxy === null ? undefined : headers[proxy.header];
  if (proxy === null || typeof name !== 'string' || name.trim() === '') return null;
  return { name: name.trim(), role: proxy.operators.includes(name.trim()) ? 'operator' : 'viewer' };
}

/** The key that seals sessions: whoever changes a password or a token signs everybody out. The same in every web process. */
export function sessionKey({ operator, viewer }: AccessSecrets): string {
  const secrets = JSON.stringify([operator.password, operator.token, viewer.password, viewer.token]);
  return Buffer.from(hkdfSync('sha256', secrets, 'tiktok-purchase-relay', 'console sessions', 32)).toString('hex');
}

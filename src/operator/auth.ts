/** Lets requests with the operator token into `/api` and `/codec`. */
import type { RequestHandler } from 'express';
import { createFailureLimit } from '../http/rate-limit';
import { Problem } from '../http/problem';
import { isSameSecret } from '../http/same-secret';
import { setOperator } from './route';

export interface BearerAuthOptions {
  /** OPERATOR_TOKEN. */
  readonly token: string;
  /** Wrong tokens that one address may try per minute; default 20. The right one is never refused. */
  readonly failuresPerMinute?: number;
}

/** Lets `Authorization: Bearer <token>` through and answers anything else with 401, or 429 after too many. */
export function bearerAuth({ token, failuresPerMinute = 20 }: BearerAuthOptions): RequestHandler {
  if (token === '') throw new Error('an empty operator token would let anybody in');
  const limitFailures = createFailureLimit(failuresPerMinute);
  return (req, res, next) => {
    const given = bearerOf(req.headers.authorization);
    if (given !== null && isSameSecret(given, token)) {
      setOperator(res, { name: 'api', role: 'operator' });
      next();
    } else void limitFailures(req, res, (error?: unknown) => next(error ?? unauthorized(given !== null)));
  };
}

/** https://www.rfc-editor.org/rfc/rfc6750#section-2.1 */
function bearerOf(header: string | undefined): string | null {
  return /^bearer +(\S+) *$/i.exec(header ?? '')?.[1] ?? null;
}

function unauthorized(wasGiven: boolean): Problem {
  return new Problem(401, 'Unauthorized', {
    detail: wasGiven ? 'the token is wrong' : 'send Authorization: Bearer <OPERATOR_TOKEN>',
    headers: { 'WWW-Authenticate': `Bearer realm="api"${wasGiven ? ', error="invalid_token"' : ''}` },
  });
}

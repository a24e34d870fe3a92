/** Lets requests with a token into `/api` and `/codec`, and says who calls. */
import type { RequestHandler } from 'express';
import type { OperatorTokens } from '../application/operator-tokens';
import { createFailureLimit } from '../http/rate-limit';
import { Problem } from '../http/problem';
import { isSameSecret } from '../http/same-secret';
import { type Operator, operatorOf, type Role, setOperator } from './route';

export interface BearerAuthOptions {
  /** OPERATOR_TOKEN. */
  readonly token: string;
  /** VIEWER_TOKEN; absent: there are no viewers. */
  readonly viewerToken?: string | undefined;
  /** Those that were made here; absent: there are none. */
  readonly tokens?: Pick<OperatorTokens, 'find'> | undefined;
  /** Told of each wrong token. */
  readonly onRefused?: (() => void) | undefined;
  /** Wrong tokens that one address may try per minute; default 20. The right one is never refused. */
  readonly failuresPerMinute?: number;
}

/** Lets `Authorization: Bearer <token>` through and answers anything else with 401, or 429 after too many. */
export function bearerAuth({ token, viewerToken, tokens, onRefused, failuresPerMinute = 20 }: BearerAuthOptions): RequestHandler {
  if (token === '' || viewerToken === '') throw new Error('an empty token would let anybody in');
  if (token === viewerToken)
    throw new Error('VIEWER_TOKEN is the same as OPERATOR_TOKEN: viewers would be operators; give them a token of their own');
  const limitFailures = createFailureLimit(failuresPerMinute);
  /** @throws where the database, which has the tokens that were made here, was never reached. */
  async function callerOf(given: string): Promise<Operator | null> {
    const role = roleOf(given, token, viewerToken);
    if (role !== null) return { name: 'api', role };
    const holder = (await tokens?.find(given)) ?? null;
    return holder && { name: holder.name, role: holder.role, isNamed: true };
  }

  return async (req, res, next) => {
    const given = bearerOf(req.headers.authorization);
    const caller = given === null ? null : await callerOf(given);
    if (caller !== null) {
      setOperator(res, caller);
      return next();
    }
    if (given !== null) onRefused?.();
    void limitFailures(req, res, (error?: unknown) => next(error ?? unauthorized(given !== null)));
  };
}

/** The same guard for what viewers may not even see. */
export function operatorsOnly(guard: RequestHandler): RequestHandler {
  return (req, res, next) =>
    void guard(req, res, (error?: unknown) => {
      if (error !== undefined) next(error);
      else if (operatorOf(res).role === 'operator') next();
      else next(new Problem(403, 'Forbidden', { detail: 'this needs the token of an operator' }));
    });
}

function roleOf(given: string, token: string, viewerToken: string | undefined): Role | null {
  if (isSameSecret(given, token)) return 'operator';
  return viewerToken !== undefined && isSameSecret(given, viewerToken) ? 'viewer' : null;
}

/** https://www.rfc-editor.org/rfc/rfc6750#section-2.1 */
export function bearerOf(header: string | undefined): string | null {
  return /^bearer +(\S+) *$/i.exec(header ?? '')?.[1] ?? null;
}

function unauthorized(wasGiven: boolean): Problem {
  return new Problem(401, 'Unauthorized', {
    detail: wasGiven ? 'the token is wrong' : 'send Authorization: Bearer <OPERATOR_TOKEN>',
    headers: { 'WWW-Authenticate': `Bearer realm="api"${wasGiven ? ', error="invalid_token"' : ''}` },
  });
}

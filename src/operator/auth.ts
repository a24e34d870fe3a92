/** Who may use `/api`: whoever has the operator token. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import { answerProblem, Problem } from '../http/problem';

export interface BearerAuthOptions {
  /** OPERATOR_TOKEN. */
  readonly token: string;
  /** Wrong tokens that one address may try per minute; default 20. The right one is never refused. */
  readonly failuresPerMinute?: number;
}

/** Lets `Authorization: Bearer <token>` through and answers anything else with 401, or 429 after too many. */
export function bearerAuth({ token, failuresPerMinute = 20 }: BearerAuthOptions): RequestHandler {
  if (token === '') throw new Error('an empty operator token would let anybody in');
  const expected = digest(token);
  const limitFailures = rateLimit({
    windowMs: 60_000,
    limit: failuresPerMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    // Behind a proxy that TRUST_PROXY does not know, all callers count as one: stricter, and nothing to print about.
    validate: { xForwardedForHeader: false },
    handler: (_req, res) => answerProblem(res, tooManyFailures),
  });
  return (req, res, next) => {
    const given = bearerOf(req.headers.authorization);
    // Digests are of one length, whatever was given, and are compared in constant time.
    if (given !== null && timingSafeEqual(digest(given), expected)) next();
    else void limitFailures(req, res, (error?: unknown) => next(error ?? unauthorized(given !== null)));
  };
}

/** https://www.rfc-editor.org/rfc/rfc6750#section-2.1 */
function bearerOf(header: string | undefined): string | null {
  return /^bearer +(\S+) *$/i.exec(header ?? '')?.[1] ?? null;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function unauthorized(wasGiven: boolean): Problem {
  return new Problem(401, 'Unauthorized', {
    detail: wasGiven ? 'the token is wrong' : 'send Authorization: Bearer <OPERATOR_TOKEN>',
    headers: { 'WWW-Authenticate': `Bearer realm="api"${wasGiven ? ', error="invalid_token"' : ''}` },
  });
}

const tooManyFailures = new Problem(429, 'Too many requests', {
  detail: 'too many wrong tokens from this address: wait a minute',
});

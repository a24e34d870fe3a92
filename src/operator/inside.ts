/** Guards of what is for operators and their machines, and asks for no token where the service runs for a first look. */
import type { Request, RequestHandler } from 'express';
import { isSameSecret } from '../http/same-secret';
import { isFromThisMachine } from '../http/this-machine';
import { bearerOf } from './auth';

export interface InsideOptions {
  /** Lets in whoever has a token of an operator or a viewer, and answers all others. */
  readonly auth: RequestHandler;
  /** Whether programs of this machine need no token; not with LIVE_MODE, since a proxy there may look like one. */
  readonly isOpenHere: boolean;
}

/** Of `/metrics`. METRICS_TOKEN opens nothing else; null: none is set. */
export function metricsGuard({ auth, isOpenHere, token }: InsideOptions & { readonly token: string | null }): RequestHandler {
  return (req, res, next) => {
    const given = bearerOf(req.headers.authorization);
    const hasToken = token !== null && given !== null && isSameSecret(given, token);
    if (hasToken || (isOpenHere && isFromThisMachine(req))) next();
    else void auth(req, res, next);
  };
}

/**
 * Of TikTok's stand-in, which shows buyers' addresses and can be told to fail. A worker elsewhere sends with the `Access-Token` of the
 * stand-in. Nothing is read of a request before it is let in.
 */
export function sandboxGuard({
  auth,
  isOpenHere,
  accessToken,
}: InsideOptions & { readonly accessToken: string }): RequestHandler {
  return (req, res, next) => {
    if (isSent(req, accessToken) || (isOpenHere && isFromThisMachine(req))) next();
    else void auth(req, res, next);
  };
}

function isSent(req: Request, accessToken: string): boolean {
  const given = req.get('access-token');
  return given !== undefined && isSameSecret(given, accessToken);
}

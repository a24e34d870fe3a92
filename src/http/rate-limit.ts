/** Limits how often one address may call, or may guess a secret. */
import type { Request, RequestHandler, Response } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import { ipAddress } from '../domain/ip-address';
import { answerProblem, Problem } from './problem';

/** Passes `perMinute` runs of one address per minute and answers 429 with `detail` to the rest. Guards of secrets run it on failures only. */
export function createRateLimit(
  perMinute: number,
  detail: string,
  refuse: (res: Response, tooMany: Problem) => void = answerProblem,
): RequestHandler {
  const tooMany = new Problem(429, 'Too many requests', { detail });
  return rateLimit({
    windowMs: 60_000,
    limit: perMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    keyGenerator: callerOf,
    // Behind a proxy that TRUST_PROXY does not know, all callers count as one: stricter. `warnOfProxy` (collect-routes.ts) reports it.
    // The library's other checks would print such an address, with a stack, to stderr.
    validate: false,
    handler: (_req, res) => refuse(res, tooMany),
  });
}

/** The address that is counted: each connection has a port of its own, and a network of IPv6 more addresses than there are callers. */
function callerOf(req: Request): string {
  const address = ipAddress(req.ip) ?? ipAddress(req.socket.remoteAddress);
  return address === undefined ? 'unknown' : ipKeyGenerator(address);
}

/** For guards of secrets: run on each failed attempt. */
export function createFailureLimit(perMinute: number): RequestHandler {
  return createRateLimit(perMinute, 'too many wrong tokens from this address: wait a minute');
}

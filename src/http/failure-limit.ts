/** Slows down callers who guess secrets: each address may fail a few times a minute. */
import type { RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import { answerProblem, Problem } from './problem';

/** A handler to run on each failed attempt: it passes until the address has failed `perMinute` times, then answers 429. */
export function createFailureLimit(perMinute: number): RequestHandler {
  return rateLimit({
    windowMs: 60_000,
    limit: perMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    // Behind a proxy that TRUST_PROXY does not know, all callers count as one: stricter, and nothing to print about.
    validate: { xForwardedForHeader: false },
    handler: (_req, res) => answerProblem(res, tooManyFailures),
  });
}

const tooManyFailures = new Problem(429, 'Too many requests', {
  detail: 'too many wrong tokens from this address: wait a minute',
});

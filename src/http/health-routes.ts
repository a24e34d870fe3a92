/** Is the process alive, and can it take webhooks? For load balancers and orchestrators. */
import type { Router } from 'express';
import express from 'express';
import { withTimeout } from './timeout';
import { answerProblem, Problem } from './problem';

export interface HealthDeps {
  /** Resolves when the database answers. */
  readonly database: () => Promise<unknown>;
  /** Resolves when Temporal answers. */
  readonly temporal: () => Promise<unknown>;
  /** How long an answer may take; default 2 s. */
  readonly deadlineMs?: number;
}

/** `/healthz`: the process runs. `/readyz`: what a webhook needs can be reached; otherwise 503, naming what cannot. */
export function createHealthRouter({ database, temporal, deadlineMs = 2_000 }: HealthDeps): Router {
  const router = express.Router();
  router.get('/healthz', (_req, res) => {
    res.set('Cache-Control', 'no-store').json({ status: 'alive' });
  });
  router.get('/readyz', async (_req, res) => {
    const [isDatabase, isTemporal] = await Promise.all([answers(database, deadlineMs), answers(temporal, deadlineMs)]);
    const checks = { database: isDatabase ? 'ok' : 'unreachable', temporal: isTemporal ? 'ok' : 'unreachable' };
    if (isDatabase && isTemporal) res.set('Cache-Control', 'no-store').json({ status: 'ready', checks });
    else answerProblem(res, notReady(checks));
  });
  return router;
}

function notReady(checks: Readonly<Record<string, string>>): Problem {
  const missing = Object.keys(checks).filter((name) => checks[name] !== 'ok');
  return new Problem(503, 'Not ready', {
    detail: `out of reach: ${missing.join(', ')}`,
    extra: { checks },
    headers: { 'Retry-After': '5' },
  });
}

async function answers(ask: () => Promise<unknown>, deadlineMs: number): Promise<boolean> {
  try {
    await withTimeout(deadlineMs, ask());
    return true;
  } catch {
    return false; // the log of the failing part says why
  }
}

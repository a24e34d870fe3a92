/** Is the process alive, and can it take webhooks? For load balancers and orchestrators. */
import type { Router } from 'express';
import express from 'express';
import { version } from '../config/version';
import { withTimeout } from './timeout';
import { answerProblem, Problem } from './problem';

export interface HealthDeps {
  /** Resolves when the database answers. */
  readonly database: () => Promise<unknown>;
  /** Resolves when Temporal answers. */
  readonly temporal: () => Promise<unknown>;
  /** True when the process takes workflows and sends; absent where it runs no worker. */
  readonly worker?: () => boolean;
  /** True once the process is to stop: callers are to go elsewhere, while what comes is still answered. */
  readonly isStopping?: () => boolean;
  /** What an operator has to take note of, though the process can work. */
  readonly notes?: () => Promise<readonly string[]>;
  /** How long an answer may take; default 2 s. */
  readonly deadlineMs?: number;
}

/** `/healthz`: the process runs. `/readyz`: what its work needs can be reached, and it is not about to stop; otherwise 503, saying why. */
export function createHealthRouter({ database, temporal, worker, isStopping, notes, deadlineMs = 2_000 }: HealthDeps): Router {
  const router = express.Router();
  router.get('/healthz', (_req, res) => {
    res.set('Cache-Control', 'no-store').json({ status: 'alive', version });
  });
  router.get('/readyz', async (_req, res) => {
    if (isStopping?.()) return answerProblem(res, stopping());
    const [isDatabase, isTemporal] = await Promise.all([answers(database, deadlineMs), answers(temporal, deadlineMs)]);
    const checks = {
      database: isDatabase ? 'ok' : 'unreachable',
      temporal: isTemporal ? 'ok' : 'unreachable',
      ...(worker ? { worker: worker() ? 'ok' : 'not running' } : {}),
    };
    if (!Object.values(checks).every((check) => check === 'ok')) return answerProblem(res, notReady(checks));
    const noted = notes ? await withTimeout(deadlineMs, notes()).catch(() => []) : [];
    res.set('Cache-Control', 'no-store').json({ status: 'ready', checks, ...(noted.length > 0 ? { notes: noted } : {}) });
  });
  return router;
}

function stopping(): Problem {
  return new Problem(503, 'Not ready', { detail: 'this process is about to stop', headers: { 'Retry-After': '5' } });
}

function notReady(checks: Readonly<Record<string, string>>): Problem {
  const missing = Object.keys(checks).filter((name) => checks[name] === 'unreachable');
  const detail = missing.length > 0 ? `out of reach: ${missing.join(', ')}` : 'the worker does not run';
  return new Problem(503, 'Not ready', {
    detail,
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

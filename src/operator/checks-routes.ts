/** `/api/checks/:psp` and `/api/backfill/:psp`: look at a provider's account now, or at a range of its past. */
import type { Request, Router } from 'express';
import express from 'express';
import { z } from 'zod';
import { notFound, unprocessable } from '../http/problem';
import type { Store } from '../store';
import type { Checks } from '../temporal/checks';
import type { AccountRef } from '../../workflows/contract';
import { isoTime } from './purchase-view';
import { integrationOf, isoInstant, jsonBody, pathPart, readBody } from './request';

export interface ChecksRoutesDeps {
  readonly checks: Pick<Store['checks'], 'last'>;
  readonly renewalChecks: Checks;
  /** Accounts that can be asked. */
  readonly checkedAccounts: () => readonly AccountRef[];
  readonly audit: Pick<Store['audit'], 'append'>;
  readonly integrations: readonly string[];
  readonly temporalUrl: (workflowId: string) => string | null;
  readonly nowMs: () => number;
}

export function createChecksRouter(deps: ChecksRoutesDeps): Router {
  const router = express.Router();

  router.post('/checks/:psp', async (req, res) => {
    const account = accountOf(deps, req);
    const workflowId = await deps.renewalChecks.check(account);
    await note(account, 'check', workflowId);
    res.status(202).json({ workflowId, temporalUrl: deps.temporalUrl(workflowId) });
  });

  router.get('/checks/:psp', async (req, res) => {
    const account = accountOf(deps, req);
    const last = await deps.checks.last(account.integration, account.psp);
    if (!last) return void res.json(null);
    const { window, ...summary } = last.summary;
    const read = window === undefined ? {} : { window: { from: isoTime(window.fromMs), to: isoTime(window.toMs) } };
    res.json({ upTo: isoTime(last.upToMs), finishedAt: isoTime(last.finishedAtMs), ...read, ...summary });
  });

  router.post('/backfill/:psp', jsonBody, async (req, res) => {
    const account = accountOf(deps, req);
    const { from, to, rememberFirstPurchases = false } = readBody(req, range);
    if (from >= to) throw unprocessable([{ path: 'to', message: 'must be after from' }]);
    const workflowId = await deps.renewalChecks.backfill(account, { fromMs: from, toMs: to }, rememberFirstPurchases);
    await note(account, 'backfill', workflowId);
    res.status(202).json({ workflowId, temporalUrl: deps.temporalUrl(workflowId) });
  });

  async function note({ integration }: AccountRef, action: string, target: string): Promise<void> {
    await deps.audit.append({ integration, atMs: deps.nowMs(), by: 'api', action, target, reason: null });
  }

  return router;
}

function accountOf({ checkedAccounts, integrations }: ChecksRoutesDeps, req: Request): AccountRef {
  const integration = integrationOf(req, integrations);
  const psp = pathPart(req, 'psp');
  const account = checkedAccounts().find((other) => other.integration === integration && other.psp === psp);
  if (!account) throw notFound('there is no such provider, or no API key is configured for it');
  return account;
}

const range = z.strictObject({
  from: isoInstant,
  to: isoInstant,
  rememberFirstPurchases: z.boolean('must be true or false').optional(),
});

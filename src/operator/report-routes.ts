/** `GET /api/report`: the account over a period, JSON or CSV. */
import type { Router } from 'express';
import express from 'express';
import { z } from 'zod';
import { compact } from '../domain/compact';
import { dayMs } from '../domain/duration';
import { badRequest } from '../http/problem';
import type { ReportDeps, ReportQuery } from '../application/accounting-report';
import { report, reportCsv } from '../application/accounting-report';
import { isoTime, recordView } from './purchase-view';
import { integrationOf, isoInstant, readQuery } from './request';

export interface ReportRoutesDeps {
  readonly report: ReportDeps;
  readonly integrations: readonly string[];
  readonly nowMs: () => number;
}

/** Without dates: the last 30 days. */
export function createReportRouter({ report: deps, integrations, nowMs }: ReportRoutesDeps): Router {
  const router = express.Router();
  router.get('/report', async (req, res) => {
    const integration = integrationOf(req, integrations);
    const { from, to, psp, detail } = readQuery(req, parameters);
    const now = nowMs();
    const toMs = to ?? now;
    const fromMs = from ?? toMs - 30 * dayMs;
    if (fromMs >= toMs) throw badRequest('from must be before to');
    const query = compact<ReportQuery>({ integration, fromMs, toMs, withPayments: detail === 'payments', psp, nowMs: now });
    const made = await report(deps, query);
    if (req.accepts(['json', 'csv']) === 'csv') return void res.type('text/csv').send(reportCsv(made));
    const { rows, missing, unchecked, payments, failed } = made;
    const detailed = payments && failed ? { payments: payments.map(recordView), failed: failed.map(recordView) } : {};
    res.json({ from: isoTime(fromMs), to: isoTime(toMs), rows, missing, unchecked, ...detailed });
  });
  return router;
}

const once = 'must be given once';
const parameters = z.strictObject({
  from: isoInstant.exactOptional(),
  to: isoInstant.exactOptional(),
  psp: z.string(once).max(40, 'is too long').exactOptional(),
  detail: z.literal('payments', 'can only be "payments"').exactOptional(),
});

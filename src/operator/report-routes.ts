/** `GET /api/report`: the account over a period, JSON or CSV. */
import { z } from 'zod';
import type { ReportDeps, ReportQuery } from '../application/accounting-report';
import { report, reportCsv } from '../application/accounting-report';
import { purchasesCsv } from '../application/purchases-csv';
import { sendText } from '../http/stream';
import { compact } from '../domain/compact';
import { purchaseStates } from '../domain/purchase';
import type { PurchaseFilter } from '../store';
import { isoTime, purchaseSchema, recordView } from './purchase-view';
import { csvFile } from './purchases-routes';
import { accountQuery, periodOf } from './report-query';
import { defineRoute, type Route } from './route';

export interface ReportRoutesDeps {
  readonly report: ReportDeps;
  readonly nowMs: () => number;
}

export function reportRoutes({ report: deps, nowMs }: ReportRoutesDeps): readonly Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/report',
      tag: 'Account',
      summary: 'What providers charged, and what became of it',
      description:
        'For each provider and currency: `charged` is the sum of the states. A charge that failed charged nothing; it is counted in `failed`. ' +
        'Samples are left out. ' +
        'With `Accept: text/csv` a line for each state, or with `detail=payments` a line for each payment.',
      query: reportQuery,
      answers: { 200: { description: 'The account', schema: reportSchema, media: ['text/csv'] } },
      async handle({ integration, query, req, res }) {
        const { psp, detail } = query;
        const now = nowMs();
        const period = periodOf(query, now);
        const isCsv = req.accepts(['json', 'csv']) === 'csv';
        res.vary('Accept');
        if (isCsv && detail === 'payments') {
          const filter = compact<Omit<PurchaseFilter, 'limit'>>({ integration, ...period, withoutSamples: true, psp });
          return sendText(res, purchasesCsv(deps.purchases, filter), { ...csvFile, fileName: 'payments.csv' });
        }
        const withPayments = detail === 'payments';
        const made = await report(deps, compact<ReportQuery>({ integration, ...period, withPayments, psp, nowMs: now }));
        if (isCsv) return void res.type('text/csv').send(reportCsv(made));
        const { rows, missing, unchecked, payments, failed } = made;
        const detailed = payments && failed ? { payments: payments.map(recordView), failed: failed.map(recordView) } : {};
        return { from: isoTime(period.fromMs), to: isoTime(period.toMs), rows, missing, unchecked, ...detailed };
      },
    }),
  ];
}

const reportQuery = accountQuery.extend({
  detail: z
    .literal('payments', 'can only be "payments"')
    .exactOptional()
    .meta({ description: 'Names each payment, not only the sums.' }),
});

const total = z.object({ count: z.int(), amount: z.string().meta({ description: 'A decimal in the row’s currency.' }) });

const reportSchema = z.object({
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  rows: z.array(
    z.object({
      psp: z.string(),
      currency: z.string(),
      charged: total,
      ...Object.fromEntries(purchaseStates.map((state) => [state, total])),
      failed: total,
    }),
  ),
  missing: z
    .array(z.object({ psp: z.string(), moneyId: z.string() }))
    .meta({ description: 'Payments that the provider’s own list has and we do not.' }),
  unchecked: z
    .array(z.object({ psp: z.string(), reason: z.string() }))
    .meta({ description: 'Providers with which the comparison is not complete, and why.' }),
  payments: z.array(purchaseSchema).optional(),
  failed: z.array(purchaseSchema).optional(),
});

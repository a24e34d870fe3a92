/** `/api/coverage`, `/api/match-quality`, `/api/refusals`: how much reached TikTok, how well it is recognised, and what was turned away. */
import { z } from 'zod';
import { compact } from '../domain/compact';
import { dayMs } from '../domain/duration';
import { matchedBy } from '../domain/purchase';
import { badRequest } from '../http/problem';
import { type CoverageDeps, coverage, type CoverageQuery, type CoverageReport } from '../application/coverage';
import { matchQuality } from '../application/match-quality';
import { refusals } from '../application/refusals';
import type { Store } from '../store';
import { isoTime } from './purchase-view';
import { isoInstant, isPlainText } from './request';
import { defineRoute, type Route } from './route';

export interface CoverageRoutesDeps extends CoverageDeps {
  readonly tallies: Pick<Store['tallies'], 'read'>;
  readonly nowMs: () => number;
}

export function coverageRoutes(deps: CoverageRoutesDeps): readonly Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/coverage',
      tag: 'Overview',
      summary: 'How much of what providers charged is accounted for at TikTok',
      description: `Coverage is (sent + kept back on purpose + skipped) / charged; samples are left out. Without dates: the last 30 days. ${wholeDays}`,
      query: z.strictObject({ ...period, psp }),
      answers: { 200: { description: 'The coverage, in all and by day and provider', schema: coverageAnswer } },
      async handle({ integration, query }) {
        const asked = periodOf(query, deps.nowMs());
        const report = await coverage(deps, compact<CoverageQuery>({ integration, psp: query.psp, ...asked }));
        return { ...shown(asked), ...coverageView(report) };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/match-quality',
      tag: 'Overview',
      summary: 'The share of sent purchases with each identifier, and what to do about the weakest',
      description: `Each purchase counts once, for the day of its payment; samples are left out. Without dates: the last 30 days. ${wholeDays}`,
      query: z.strictObject({ ...period, psp }),
      answers: { 200: { description: 'The shares, in all and by day and provider', schema: matchQualityAnswer } },
      async handle({ integration, query }) {
        const asked = periodOf(query, deps.nowMs());
        return {
          ...shown(asked),
          ...(await matchQuality(deps, compact<CoverageQuery>({ integration, psp: query.psp, ...asked }))),
        };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/refusals',
      tag: 'Overview',
      summary: 'Webhooks with a wrong signature, and pages of foreign origins',
      description: `With the reason, how often, and when last. Without dates: the last 30 days. ${wholeDays}`,
      query: z.strictObject(period),
      answers: { 200: { description: 'What was turned away, the last first', schema: refusalsAnswer } },
      async handle({ integration, query }) {
        const asked = periodOf(query, deps.nowMs());
        const { signatures, origins, rateLimited } = await refusals(deps, { integration, ...asked });
        return {
          ...shown(asked),
          signatures: signatures.map(({ lastAtMs, ...rest }) => ({ ...rest, lastAt: isoTime(lastAtMs) })),
          origins: origins.map(({ lastAtMs, ...rest }) => ({ ...rest, lastAt: isoTime(lastAtMs) })),
          rateLimited: {
            count: rateLimited.count,
            lastAt: rateLimited.lastAtMs === null ? null : isoTime(rateLimited.lastAtMs),
          },
        };
      },
    }),
  ];
}

const wholeDays = 'What is counted as it happens (webhooks, latency, identifiers, refusals) is counted by whole UTC days.';

/** A report of more days would be a long list and no overview. */
const longestPeriodMs = 400 * dayMs;

interface Period {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The last 30 days where nothing else is said. @throws Problem 400 */
export function periodOf({ from, to }: { readonly from?: number; readonly to?: number }, nowMs: number): Period {
  const toMs = to ?? nowMs;
  const fromMs = from ?? toMs - 30 * dayMs;
  if (fromMs >= toMs) throw badRequest('from must be before to', [{ path: 'to', message: 'must be after from' }]);
  if (toMs - fromMs > longestPeriodMs)
    throw badRequest('from and to may be 400 days apart at most', [
      { path: 'from', message: 'must be at most 400 days before to' },
    ]);
  return { fromMs, toMs };
}

function shown({ fromMs, toMs }: Period): { readonly from: string; readonly to: string } {
  return { from: isoTime(fromMs), to: isoTime(toMs) };
}

/** As `/api` shows a coverage: what is open stands together. */
function coverageView({ days, psps, pending, needsAttention, held, ...rest }: CoverageReport) {
  return { ...rest, open: { pending, needsAttention, held }, days, psps };
}

const period = { from: isoInstant.exactOptional(), to: isoInstant.exactOptional() };
const psp = z
  .string('must be given once')
  .refine((text) => isPlainText(text, 64), 'must have at most 64 characters')
  .exactOptional();

const share = z.number().min(0).max(1).nullable();
const count = z.int().nonnegative();
const covered = {
  coverage: share.meta({ description: '(sent + kept back + skipped + held) / charged; null where nothing was charged' }),
  charged: z.object({ count, amounts: z.array(z.object({ currency: z.string(), amount: z.string() })) }).meta({
    description: 'What providers charged; failed charges are no payments',
    examples: [{ count: 47, amounts: [{ currency: 'USD', amount: '939.53' }] }],
  }),
  sent: count,
  keptBack: count.meta({ description: 'By a rule: suppressed, or not a purchase' }),
  skipped: count.meta({ description: 'Given up by an operator' }),
};
const seconds = z.number().nonnegative().nullable();
const latency = { p50Seconds: seconds, p95Seconds: seconds };
const reasons = z.array(z.object({ reason: z.string(), count }));
const held = count.meta({ description: 'Trial starts that wait on purpose for the end of their hold; not among the pending' });
const row = { ...covered, pending: count, needsAttention: count, held, ...latency };
const times = { from: z.iso.datetime(), to: z.iso.datetime() };

const coverageAnswer = z.object({
  ...times,
  ...covered,
  open: z.object({ pending: count, needsAttention: count, held }),
  reasons: reasons.meta({ description: 'Why purchases were kept back, most first' }),
  funnel: z.object({
    webhooks: z.object({ accepted: count, ignored: count, quarantined: count, refused: count, unavailable: count }),
    payments: count,
    purchases: count,
    keptBack: reasons,
    sent: count,
    held,
    waiting: count,
    failed: count,
  }),
  latency: z.object(latency).meta({ description: 'From the payment to TikTok’s acceptance, estimated from buckets' }),
  days: z.array(z.object({ day: z.iso.date(), ...row })),
  psps: z.array(z.object({ psp: z.string(), ...row })),
});

const identifier = z.enum(matchedBy);
const matched = { sent: count, identifiers: z.array(z.object({ identifier, count, share })) };
const matchQualityAnswer = z.object({
  ...times,
  ...matched,
  days: z.array(z.object({ day: z.iso.date(), ...matched })),
  psps: z.array(z.object({ psp: z.string(), ...matched })),
  advice: z.array(z.object({ identifier, share: z.number(), goodShare: z.number(), text: z.string() })),
});

const refusalsAnswer = z.object({
  ...times,
  signatures: z.array(z.object({ psp: z.string(), reason: z.string(), count, lastAt: z.iso.datetime() })),
  origins: z.array(z.object({ origin: z.string(), count, lastAt: z.iso.datetime() })),
  rateLimited: z.object({ count, lastAt: z.iso.datetime().nullable() }).meta({ description: 'Calls of pages, answered 429' }),
});

/** `/api/tiktok-count`: what TikTok says it has received, beside what was sent. */
import { z } from 'zod';
import { daysOf } from '../application/utc-day';
import { dayMs } from '../domain/duration';
import { daysTogether, verdicts } from '../domain/tiktok-count';
import { periodOf } from './coverage-routes';
import { isoInstant } from './request';
import { defineRoute, type Route } from './route';
import { startCount, tiktokCountView, type TikTokCountViewDeps } from './tiktok-count';

export type TikTokCountRoutesDeps = TikTokCountViewDeps;

export function tiktokCountRoutes(deps: TikTokCountRoutesDeps): readonly Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/tiktok-count',
      tag: 'Overview',
      summary: 'TikTok’s own count beside ours, by day and event',
      description:
        'As it was read last: once a day, and when it was asked for. Without dates: today and the seven days before it. Days are whole, of UTC.',
      query: z.strictObject({ from: isoInstant.exactOptional(), to: isoInstant.exactOptional() }),
      answers: { 200: { description: 'The days, newest first', schema: countAnswer } },
      async handle({ integration, query }) {
        const tomorrowMs = (Math.floor(deps.nowMs() / dayMs) + 1) * dayMs;
        const toMs = query.to ?? tomorrowMs;
        const period = periodOf({ from: query.from ?? toMs - (daysTogether + 1) * dayMs, to: toMs }, deps.nowMs());
        return tiktokCountView(deps, integration, daysOf(period));
      },
    }),
    defineRoute({
      method: 'post',
      path: '/tiktok-count',
      tag: 'Overview',
      summary: 'Ask TikTok for its count now',
      description: 'A reading that runs is answered, and no second one started.',
      answers: { 202: { description: 'The reading’s workflow.', schema: started } },
      problems: [404],
      async handle({ integration, operator }) {
        return startCount(deps, integration, operator.name);
      },
    }),
  ];
}

const count = z.int().nonnegative();
const said = count.nullable();
const started = z.object({ workflowId: z.string(), temporalUrl: z.string().nullable() });
const countAnswer = z.object({
  from: z.iso.date(),
  to: z.iso.date().meta({ description: 'The day after the last one' }),
  advertiserId: z.string().nullable(),
  pixelCode: z.string().nullable(),
  tolerancePercent: z.number(),
  problem: z
    .string()
    .nullable()
    .meta({
      description: 'Why there is no newer count, in one line',
      examples: ['The access token may not read the pixels of advertiser 7012345678901234567 (code 40001: No permission).'],
    }),
  notes: z.array(z.string()).meta({ description: 'What of TikTok’s answers could not be read' }),
  lastAt: z.iso.datetime().nullable().meta({ description: 'When TikTok was asked last' }),
  differences: z
    .array(
      z.object({
        event: z.string(),
        sent: count,
        testEvents: count,
        difference: z.int().meta({ description: 'Below 0: TikTok has fewer; above: more from servers than were sent' }),
        day: z.iso.date().nullable().meta({ description: 'Null of the last seven days together' }),
        causes: z.array(z.string()),
      }),
    )
    .meta({ description: 'What an alert is open for' }),
  days: z.array(
    z.object({
      day: z.iso.date(),
      events: z.array(
        z.object({
          event: z.string().meta({ description: '`Purchase` stands for `CompletePayment`, too' }),
          verdict: z.enum(verdicts),
          difference: z.int().nullable().meta({ description: 'Null where nothing is compared' }),
          sent: count.meta({ description: 'By that of the two times which is nearer to TikTok’s number' }),
          testEvents: count.meta({ description: 'Of these with a test event code' }),
          fromCheckouts: count.meta({ description: 'Of these with a checkout’s id: a page may have sent the same' }),
          sentByPayment: count,
          sentByArrival: count,
          tiktok: z.object({ total: said, server: said, browser: said }),
          countedAt: z.iso.datetime(),
        }),
      ),
    }),
  ),
  limits: z.array(z.string()).meta({ description: 'What these numbers cannot tell' }),
});

/** `/api/checks` and `/api/backfill/{psp}`: look at a provider's account now, or at a range of its past. */
import { z } from 'zod';
import type { ChecksDeps } from './checks';
import { accountOf, accountsOf, backfillViews, cancelBackfill, checkView, startBackfill, startCheck } from './checks';
import { isoInstant, isPlainText } from './request';
import { defineRoute, type Route } from './route';

export type ChecksRoutesDeps = ChecksDeps;

export function checksRoutes(deps: ChecksRoutesDeps): readonly Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/checks',
      tag: 'Checks',
      summary: 'The renewal checks of all accounts',
      answers: { 200: { description: 'One for each account that has an API key.', schema: allChecks } },
      async handle({ integration }) {
        const own = accountsOf(deps, integration);
        return { items: await Promise.all(own.map((account) => checkView(deps, account))), nextCursor: null };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/checks/{psp}',
      tag: 'Checks',
      summary: 'The check that runs, or how the last one ended',
      answers: { 200: { description: 'The check.', schema: check } },
      problems: [404],
      async handle({ integration, part }) {
        return checkView(deps, accountOf(deps, integration, part('psp')));
      },
    }),
    defineRoute({
      method: 'post',
      path: '/checks/{psp}',
      tag: 'Checks',
      summary: 'Look at a provider’s account now',
      description: 'A check that runs is answered, and no second one started.',
      answers: { 202: { description: 'The check’s workflow.', schema: started } },
      problems: [404],
      async handle({ integration, part, operator }) {
        return startCheck(deps, accountOf(deps, integration, part('psp')), operator.name);
      },
    }),
    defineRoute({
      method: 'post',
      path: '/backfill/{psp}',
      tag: 'Checks',
      summary: 'Look at a range of the past',
      description:
        'What is older than the age limit is recorded and not sent. With `dryRun` the same is read and counted, and nothing taken in.',
      body: range,
      answers: { 202: { description: 'The backfill’s workflow.', schema: started } },
      problems: [404],
      async handle({ integration, part, operator, body }) {
        const { from, to, rememberFirstPurchases = false, dryRun = false } = body;
        const how = { rememberFirstPurchases, dryRun, by: operator.name };
        return startBackfill(deps, accountOf(deps, integration, part('psp')), { fromMs: from, toMs: to, ...how });
      },
    }),
    defineRoute({
      method: 'get',
      path: '/backfill/{psp}',
      tag: 'Checks',
      summary: 'The backfills that run, and the latest',
      answers: { 200: { description: 'Ten at most, newest first.', schema: backfills } },
      problems: [404],
      async handle({ integration, part }) {
        return { items: await backfillViews(deps, accountOf(deps, integration, part('psp'))), nextCursor: null };
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/backfill/{psp}',
      tag: 'Checks',
      summary: 'End a backfill',
      description: 'What was read stays. Without `workflowId` it is the one that runs.',
      query: which,
      answers: { 202: { description: 'The backfill’s workflow, which ends within seconds.', schema: started } },
      problems: [404],
      async handle({ integration, part, operator, query: { workflowId } }) {
        return cancelBackfill(deps, accountOf(deps, integration, part('psp')), { workflowId, by: operator.name });
      },
    }),
  ];
}

const range = z.strictObject({
  from: isoInstant,
  to: isoInstant,
  rememberFirstPurchases: z.boolean('must be true or false').optional(),
  dryRun: z.boolean('must be true or false').optional(),
});

const which = z.strictObject({
  workflowId: z
    .string('must be given once')
    .refine((id) => isPlainText(id, 500), 'must have at most 500 characters, and no control characters')
    .exactOptional(),
});

const started = z.object({ workflowId: z.string(), temporalUrl: z.string().nullable() });
const time = z.iso.datetime();
const window = z.object({ from: time, to: time }).meta({ description: 'The time that is asked for.' });
const counts = {
  done: z.int().meta({ description: 'Facts that the provider told.' }),
  found: z.int().meta({ description: 'The payments among them that were not known.' }),
  unreadable: z.int().meta({ description: 'Objects that do not fit: they are in the quarantine.' }),
};

const check = z.object({
  psp: z.string(),
  account: z.string().meta({ description: 'The integration that has the account: one look feeds all that take it.' }),
  state: z.enum(['running', 'idle', 'failed', 'never']),
  since: time.nullable().meta({ description: 'When it began, or the last one ended.' }),
  window: window.nullable(),
  ...counts,
  polled: z.int().meta({ description: 'Overdue subscriptions that were asked for.' }),
  lastError: z.string().nullable(),
  nextAt: time.nullable().meta({ description: 'Null while its Schedule is paused.' }),
  last: z
    .object({
      upTo: time.meta({ description: 'Everything before it was read.' }),
      finishedAt: time,
      window: window.nullable(),
      facts: z.int(),
      found: z.int(),
      polled: z.int(),
      unreadable: z.int(),
      error: z.string().nullable(),
      notes: z.array(z.string()).meta({ description: 'What the provider could not be asked for.' }),
    })
    .nullable()
    .meta({ description: 'The last one that ended; null before the first.' }),
  workflowId: z.string(),
  temporalUrl: z.string().nullable(),
});
const allChecks = z.object({ items: z.array(check), nextCursor: z.null() });

const backfills = z.object({
  items: z.array(
    z.object({
      workflowId: z.string(),
      temporalUrl: z.string().nullable(),
      state: z.enum(['running', 'done', 'cancelled', 'failed']),
      dryRun: z.boolean(),
      window,
      startedAt: time,
      endedAt: time.nullable(),
      ...counts,
      lastError: z.string().nullable(),
      wouldSend: z.int().nullable().meta({ description: 'Of a dry run. Limit, policy and consent may keep more of them back.' }),
      wouldRecordAsTooOld: z.int().nullable(),
      wouldRecordAsNoPurchase: z.int().nullable(),
      notes: z.array(z.string()),
    }),
  ),
  nextCursor: z.null(),
});

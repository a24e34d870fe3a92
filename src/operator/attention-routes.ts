/** `/api/attention`: what needs attention, grouped by error; and after a cause is fixed, sending it all again in one step. */
import { z } from 'zod';
import { notFound } from '../http/problem';
import type { AttentionDeps } from './attention';
import { acknowledge, attentionGroups, cancelResend, groupView, resendTask, startResend } from './attention';
import { isPlainText } from './request';
import { byOf, defineRoute, type Route } from './route';

export type AttentionRoutesDeps = AttentionDeps;

export function attentionRoutes(deps: AttentionRoutesDeps): readonly Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/attention',
      tag: 'Needs attention',
      summary: 'What needs attention, by error',
      description: 'The largest group first, each with its cause and cure.',
      answers: { 200: { description: 'All groups.', schema: groups } },
      async handle({ integration }) {
        return { items: (await attentionGroups(deps, integration)).map(groupView), nextCursor: null };
      },
    }),
    defineRoute({
      method: 'post',
      path: '/attention/{error}/acknowledge',
      tag: 'Needs attention',
      summary: 'Note that somebody has seen a group',
      description: 'It is forgotten once the group is empty.',
      body: z.strictObject({ by: name(100).optional() }, 'must be an object'),
      answers: { 200: { description: 'The group.', schema: group } },
      problems: [404],
      async handle({ integration, operator, part, body }) {
        const error = part('error');
        await acknowledge(deps, { integration, error }, byOf(operator, body.by));
        const seen = (await attentionGroups(deps, integration)).find(({ errorType }) => errorType === error);
        if (!seen) throw notFound('no purchase needs attention with this error');
        return groupView(seen);
      },
    }),
    defineRoute({
      method: 'post',
      path: '/attention/resend',
      tag: 'Needs attention',
      summary: 'Send again all that needs attention, or what has one error',
      description:
        'A background task; `error` is a record’s `lastError.type`. While one of the same kind runs, it is answered. TikTok counts anew what it got more than 48 hours ago.',
      body: resendBody,
      answers: { 202: { description: 'The task.', schema: task } },
      async handle({ integration, operator, body: { error = null, by } }) {
        return startResend(deps, { integration, error }, byOf(operator, by));
      },
    }),
    defineRoute({
      method: 'get',
      path: '/attention/resend',
      tag: 'Needs attention',
      summary: 'How far a resend is',
      description: 'Also of the last one, as long as Temporal keeps it.',
      query: scope,
      answers: { 200: { description: 'The task.', schema: task } },
      problems: [404],
      async handle({ integration, query: { error = null } }) {
        const found = await resendTask(deps, { integration, error });
        if (!found) throw notFound('no resend of this kind has run lately');
        return found;
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/attention/resend',
      tag: 'Needs attention',
      summary: 'End a resend',
      description: 'What is on its way stays so; the rest goes on needing attention.',
      query: scope,
      answers: { 202: { description: 'The task, which ends within seconds.', schema: task.nullable() } },
      problems: [404],
      async handle({ integration, operator, query: { error = null } }) {
        return cancelResend(deps, { integration, error }, operator.name);
      },
    }),
  ];
}

function name(maxLength: number) {
  return z
    .string('must be a string')
    .trim()
    .min(1, 'must not be empty')
    .refine((text) => isPlainText(text, maxLength), `must have at most ${maxLength} characters, and no control characters`);
}

const errorName = name(100).meta({
  description: 'A record’s `lastError.type`; all when absent.',
  examples: ['TikTokUnauthorized'],
});
const resendBody = z.strictObject({ error: errorName.optional(), by: name(100).optional() }, 'must be an object');
const scope = z.strictObject({ error: errorName.optional() });

const group = z.object({
  error: z.string().meta({ examples: ['TikTokUnauthorized'] }),
  label: z.string(),
  count: z.int().meta({ description: 'Purchases.' }),
  orders: z.int(),
  since: z.iso.datetime().meta({ description: 'The first attempt at one of them.' }),
  last: z.iso.datetime(),
  cause: z.string(),
  cure: z.string(),
  codes: z.array(z.int()).meta({ description: 'TikTok’s codes.' }),
  olderThan48h: z
    .int()
    .meta({ description: 'First tried more than 48 hours ago: TikTok counts these anew, should it have them.' }),
  acknowledged: z.object({ by: z.string(), at: z.iso.datetime() }).nullable(),
});
const groups = z.object({ items: z.array(group), nextCursor: z.null() });

const task = z.object({
  workflowId: z.string(),
  temporalUrl: z.string().nullable(),
  state: z.enum(['running', 'done', 'cancelled', 'failed']),
  total: z.int().nullable().meta({ description: 'Purchases that needed attention when it began; null while no worker says.' }),
  done: z.int().meta({ description: 'Purchases that were sent on their way again.' }),
  orders: z.int(),
  failed: z.int().meta({ description: 'Orders that could not be told.' }),
  by: z.string().nullable(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
  lastError: z.string().nullable(),
});

/** The routes outside `/api`'s guard, as the OpenAPI document tells them. They are mounted by src/http and src/app/routes.ts. */
import { z } from 'zod';
import { askSchema, visitSchema } from '../http/collect-routes';
import { codecBody } from '../http/codec-routes';
import type { Route } from './route';

export interface PublicRoute extends Pick<
  Route,
  'method' | 'path' | 'tag' | 'summary' | 'description' | 'perIntegration' | 'answers'
> {
  readonly body?: z.ZodType;
  /** Default: application/json. */
  readonly bodyMedia?: string;
  /** Who may call: an operator with the token; otherwise anybody, or whoever the route itself proves. */
  readonly guard?: 'operator';
  readonly problems: readonly number[];
}

const webhookAnswer = z
  .object({
    outcome: z.enum(['accepted', 'ignored', 'quarantined']),
    reason: z.string().optional(),
    facts: z.array(z.object({ kind: z.string(), moneyId: z.string().nullable(), subscription: z.string() })),
  })
  .meta({ id: 'WebhookAnswer' });

const webhook = {
  method: 'post',
  tag: 'Webhooks',
  description:
    'The body is the provider’s, and its signature is in the headers that the provider’s documentation names. 202: kept in the quarantine, since it could not be read. A repetition changes nothing.',
  body: z.unknown(),
  answers: {
    200: { description: 'Taken, or not needed.', schema: webhookAnswer },
    202: { description: 'Kept in the quarantine.', schema: webhookAnswer },
  },
  problems: [400, 401, 404, 413, 415, 503],
} as const;

const pageProblems = [400, 403, 404, 413, 429, 503] as const;

const codecPayloads = z.object({
  payloads: z.array(z.object({ metadata: z.record(z.string(), z.string()), data: z.string() })),
});

const codec = {
  method: 'post',
  tag: 'Codec',
  body: codecBody,
  answers: { 200: { description: 'The payloads.', schema: codecPayloads } },
} as const;

const alive = z.object({ status: z.literal('alive'), version: z.string() });
const ready = z.object({
  status: z.literal('ready'),
  checks: z.object({ database: z.literal('ok'), temporal: z.literal('ok') }),
  notes: z.array(z.string()).optional(),
});

const text = { description: 'As text.' };

export const publicRoutes: readonly PublicRoute[] = [
  { ...webhook, path: '/webhooks/{psp}', summary: 'A provider reports what happened, to the integration `default`' },
  { ...webhook, path: '/webhooks/{integration}/{psp}', summary: 'A provider reports what happened' },
  {
    ...{ method: 'post', path: '/collect', tag: 'Pages', perIntegration: true, body: visitSchema, problems: pageProblems },
    summary: 'A page tells who visits',
    description:
      'At least one of `userId`, `checkoutId` and `email`. Address and browser come from the request. Sent by pages of ALLOWED_ORIGINS.',
    answers: { 204: { description: 'Kept.' } },
  },
  {
    ...{ method: 'post', path: '/collect/purchase', tag: 'Pages', perIntegration: true, body: askSchema, problems: pageProblems },
    summary: 'May the page report this checkout as a purchase?',
    description: 'A yes claims the user’s first purchase until the order comes.',
    answers: {
      200: {
        description: 'The decision, and the `event_id` that browser and server share.',
        schema: z.looseObject({ send: z.boolean(), eventId: z.string(), eventName: z.string() }),
      },
    },
  },
  {
    ...{ method: 'get', path: '/pixel.js', tag: 'Pages', perIntegration: true, problems: [400, 404, 503] },
    summary: 'The script for pages',
    answers: { 200: { description: 'With its settings in it.', media: ['text/javascript'] } },
  },
  {
    ...{ method: 'get', path: '/pixel/config', tag: 'Pages', perIntegration: true, problems: [400, 404, 503] },
    summary: 'The script’s settings',
    answers: {
      200: {
        description: 'What a page may know.',
        schema: z.looseObject({ integration: z.string(), pixelCode: z.string().nullable(), eventName: z.string() }),
      },
    },
  },
  {
    ...{ method: 'get', path: '/pixel.d.ts', tag: 'Pages', problems: [] },
    summary: 'The script’s types',
    answers: { 200: { ...text, media: ['text/plain'] } },
  },
  {
    ...{ ...codec, path: '/codec/encode', guard: 'operator', problems: [400, 401, 403, 413, 415, 429] },
    summary: 'Encrypts payloads for Temporal’s CLI',
  },
  {
    ...{ ...codec, path: '/codec/decode', guard: 'operator', problems: [400, 401, 403, 413, 415, 429] },
    summary: 'Decrypts payloads for Temporal’s CLI',
    description: 'A payload that cannot be decrypted comes back as it was.',
  },
  {
    ...{ ...codec, path: '/codec/{secret}/encode', problems: [400, 403, 404, 413, 415, 429] },
    summary: 'Encrypts payloads for Temporal’s UI, which can send no token',
  },
  {
    ...{ ...codec, path: '/codec/{secret}/decode', problems: [400, 403, 404, 413, 415, 429] },
    summary: 'Decrypts payloads for Temporal’s UI, which can send no token',
  },
  {
    ...{ method: 'get', path: '/healthz', tag: 'Health', problems: [] },
    summary: 'Does the process run?',
    answers: { 200: { description: 'It does.', schema: alive } },
  },
  {
    ...{ method: 'get', path: '/readyz', tag: 'Health', problems: [503] },
    summary: 'Can it take webhooks?',
    answers: { 200: { description: 'It can.', schema: ready } },
  },
  {
    ...{ method: 'get', path: '/metrics', tag: 'Health', problems: [401, 429] },
    summary: 'Metrics for Prometheus',
    description: 'With METRICS_TOKEN or any other token as Bearer; without LIVE_MODE programs of the same machine need none.',
    answers: { 200: { ...text, media: ['text/plain'] } },
  },
  {
    ...{ method: 'get', path: '/api/openapi.json', tag: 'Reference', problems: [] },
    summary: 'This document',
    description: 'Open to anybody: it is the same for every installation of this version, but for its address.',
    answers: { 200: { description: 'OpenAPI 3.1.', schema: z.looseObject({ openapi: z.string() }) } },
  },
  {
    ...{ method: 'get', path: '/api/reference', tag: 'Reference', problems: [] },
    summary: 'This document as a page',
    answers: { 200: { description: 'A page.', media: ['text/html'] } },
  },
  {
    ...{ method: 'get', path: '/api/reference.css', tag: 'Reference', problems: [] },
    summary: 'The page’s look',
    answers: { 200: { description: 'A style sheet.', media: ['text/css'] } },
  },
];

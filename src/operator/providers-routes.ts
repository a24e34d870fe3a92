/** `/api/providers`: what to set up at each provider, and its secrets, which go in and never come out. */
import { z } from 'zod';
import { isoTime } from './purchase-view';
import {
  addSecret,
  describeProviders,
  type Provider,
  type ProviderSecret,
  type ProvidersDeps,
  removeSecret,
  showSecret,
} from './providers';
import { defineRoute, type Route } from './route';

export function providersRoutes(deps: ProvidersDeps): readonly Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/providers',
      tag: 'Providers',
      summary: 'Providers, and what to set up at each',
      description:
        'With the secrets by id, the latest webhooks, signatures that were refused in the last 7 days, and the last renewal check.',
      answers: { 200: { description: 'Those that are on first', schema: z.object({ items: z.array(providerSchema) }) } },
      handle: async ({ integration }) => ({ items: (await describeProviders(deps, integration)).map(shown) }),
    }),
    defineRoute({
      method: 'post',
      path: '/providers/{psp}/secrets',
      tag: 'Providers',
      summary: 'Add a secret',
      description:
        'Beside those of the environment; kept encrypted, and never shown again. It counts within 5 seconds in every process, without a ' +
        'restart. The rules are those of the variables; LIVE_MODE refuses API keys of a test mode.',
      body: z.strictObject({
        kind: z.enum(['webhook', 'api'], 'must be webhook or api'),
        secret: z.string('must be a text').trim().min(1, 'must not be empty').max(1_000, 'is too long'),
      }),
      answers: { 201: { description: 'Added', schema: secretSchema } },
      problems: [404, 409, 422],
      handle: async ({ integration, operator, part, body }) =>
        shownSecret(await addSecret(deps, { integration, psp: part('psp'), by: operator.name }, body)),
    }),
    defineRoute({
      method: 'delete',
      path: '/providers/{psp}/secrets/{id}',
      tag: 'Providers',
      summary: 'Remove a secret that was added',
      description: 'What is signed with it is refused from now on, within 5 seconds in every process.',
      answers: { 204: { description: 'Removed' } },
      problems: [404, 409],
      async handle({ integration, operator, part, res }) {
        await removeSecret(deps, { integration, psp: part('psp'), by: operator.name }, part('id'));
        res.status(204).end();
      },
    }),
    defineRoute({
      method: 'get',
      path: '/providers/{psp}/secrets/{id}',
      tag: 'Providers',
      summary: 'Show the secret of the first start',
      description: 'The one secret that was made here, so that you can give it to your own sender. It is noted who looked.',
      role: 'operator',
      answers: { 200: { description: 'The secret', schema: z.object({ secret: z.string() }) } },
      problems: [404],
      handle: async ({ integration, operator, part }) => ({
        secret: await showSecret(deps, { integration, psp: part('psp'), by: operator.name }, part('id')),
      }),
    }),
  ];
}

function shown({
  psp,
  label,
  on,
  account,
  endpoint,
  secrets,
  webhookSecret,
  apiKey,
  events,
  links,
  webhooks,
  refused,
  check,
}: Provider) {
  const [last] = webhooks;
  return {
    ...{ psp, label, on, account, endpoint, secrets: secrets.map(shownSecret), webhookSecret, apiKey, events, links },
    lastWebhookAt: last ? isoTime(last.receivedAtMs) : null,
    lastDeliveries: webhooks.map(({ receivedAtMs, ...webhook }) => ({ ...webhook, receivedAt: isoTime(receivedAtMs) })),
    refusedSignatures: refused.map(({ lastAtMs, ...rest }) => ({ ...rest, lastAt: isoTime(lastAtMs) })),
    check: check && {
      finishedAt: isoTime(check.finishedAtMs),
      ...{
        upTo: isoTime(check.upToMs),
        found: check.summary.found,
        unreadable: check.summary.unreadable,
        error: check.summary.error,
      },
    },
  };
}

function shownSecret({ id, kind, from, addedBy, addedAtMs, canBeShown, unusable }: ProviderSecret) {
  return { id, kind, from, addedBy, addedAt: addedAtMs === null ? null : isoTime(addedAtMs), canBeShown, unusable };
}

const secretSchema = z.object({
  id: z.string().meta({ description: 'Tells it from others, and says nothing of it' }),
  kind: z.enum(['webhook', 'api']).meta({ description: 'Verifies webhooks, or asks the provider’s API' }),
  from: z.enum(['environment', 'console']),
  addedBy: z.string().nullable(),
  addedAt: z.iso.datetime().nullable(),
  canBeShown: z.boolean().meta({ description: 'True for the one that was made here at the first start' }),
  unusable: z.string().nullable().meta({ description: 'Why it is not used' }),
});

const help = z.object({ variables: z.array(z.string()), example: z.string(), help: z.string() });

const providerSchema = z.object({
  psp: z.string().meta({ examples: ['stripe'] }),
  label: z.string().meta({ examples: ['Stripe'] }),
  on: z.boolean().meta({ description: 'Whether its webhooks are taken' }),
  account: z.string().meta({ description: 'The integration that has the account, where this one takes another’s' }),
  endpoint: z.string().meta({ examples: ['https://relay.example.com/webhooks/stripe'] }),
  secrets: z.array(secretSchema),
  webhookSecret: help,
  apiKey: help.nullable().meta({ description: 'Null for a provider whose API is not asked' }),
  events: z.array(z.string()).meta({ description: 'To switch on at the provider', examples: [['invoice.paid']] }),
  links: z.object({ docs: z.string(), dashboard: z.string().nullable(), page: z.string() }),
  lastWebhookAt: z.iso.datetime().nullable(),
  lastDeliveries: z.array(
    z.object({
      psp: z.string(),
      type: z.string().nullable(),
      outcome: z.string(),
      reason: z.string().nullable(),
      receivedAt: z.iso.datetime(),
    }),
  ),
  refusedSignatures: z.array(z.object({ reason: z.string(), count: z.int(), lastAt: z.iso.datetime() })),
  check: z
    .object({
      finishedAt: z.iso.datetime(),
      upTo: z.iso.datetime(),
      found: z.int(),
      unreadable: z.int(),
      error: z.string().nullable(),
    })
    .nullable(),
});

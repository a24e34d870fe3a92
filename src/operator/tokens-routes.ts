/** `/api/tokens`: who may call, by name. */
import { z } from 'zod';
import type { OperatorToken } from '../store';
import { isoTime } from './purchase-view';
import { isPlainText } from './request';
import { defineRoute, type Route } from './route';
import { listTokens, makeToken, revokeToken, type TokensDeps } from './tokens';

const tag = 'Access';

/** It goes into records: one line. */
export const tokenName = z
  .string('must be a text')
  .trim()
  .min(1, 'must not be empty')
  .refine((text) => isPlainText(text, 60) && !/\p{C}/u.test(text), 'must have at most 60 characters, and no control characters')
  .meta({ examples: ['anna', 'billing job'] });

export function tokensRoutes(deps: TokensDeps): readonly Route[] {
  return [
    defineRoute({
      ...{ method: 'get', path: '/tokens', tag, perIntegration: false, summary: 'Tokens that were made here, by name' },
      description:
        'Those of the environment (OPERATOR_TOKEN, VIEWER_TOKEN) are not among them. The last use is said to the hour.',
      answers: { 200: { description: 'the newest first, revoked ones last', schema: z.object({ items: z.array(tokenSchema) }) } },
      handle: async () => ({ items: (await listTokens(deps)).map(shown) }),
    }),
    defineRoute({
      ...{ method: 'post', path: '/tokens', tag, perIntegration: false, summary: 'Make a token' },
      description:
        'It is answered once and kept as a hash. It counts within 2 seconds in every process. Whatever is done with it stands under its name.',
      body: z.strictObject({ name: tokenName, role: z.enum(['viewer', 'operator'], 'must be viewer or operator') }),
      answers: { 201: { description: 'the token', schema: tokenSchema.extend({ token: z.string() }) } },
      problems: [409, 422],
      async handle({ operator, body }) {
        const { token, made } = await makeToken(deps, { ...body, by: operator.name });
        return { ...shown(made), token };
      },
    }),
    defineRoute({
      ...{ method: 'delete', path: '/tokens/{id}', tag, perIntegration: false, summary: 'Revoke a token' },
      description: 'It opens nothing from now on, within 2 seconds in every process; sessions of the console that it opened end.',
      answers: { 204: { description: 'Revoked' } },
      problems: [404],
      async handle({ operator, part, res }) {
        await revokeToken(deps, part('id'), operator.name);
        res.status(204).end();
      },
    }),
  ];
}

function shown({ id, name, role, createdBy, createdAtMs, lastUsedAtMs, revokedAtMs }: OperatorToken) {
  return {
    ...{ id, name, role, createdBy },
    createdAt: isoTime(createdAtMs),
    lastUsedAt: lastUsedAtMs === null ? null : isoTime(lastUsedAtMs),
    revokedAt: revokedAtMs === null ? null : isoTime(revokedAtMs),
  };
}

const tokenSchema = z.object({
  id: z.string(),
  name: z.string(),
  role: z.enum(['viewer', 'operator']),
  createdBy: z.string(),
  createdAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime().nullable().meta({ description: 'To the hour; null: never' }),
  revokedAt: z.iso.datetime().nullable(),
});

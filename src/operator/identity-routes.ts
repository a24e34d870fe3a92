/** `/api/joins` and `/api/page-refusals`: users who turned out to be one, and refusals of consent that nothing proves; both can be undone. */
import { z } from 'zod';
import { identifierKinds } from '../domain/identity';
import { badRequest } from '../http/problem';
import { type IdentityDeps, joinView, refusalCount, refusalPeriod, undoJoin, undoRefusals } from './identity';
import { pageSize, withCursor } from './paging';
import { isoInstant } from './request';
import { defineRoute, type Route } from './route';

export type IdentityRoutesDeps = IdentityDeps;

export function identityRoutes(deps: IdentityRoutesDeps): readonly Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/joins',
      tag: 'Users',
      summary: 'Users who turned out to be one',
      description: 'Newest first, with what showed it. Without anything that names a person.',
      query: z.strictObject({ cursor: z.string('must be given once').max(2_000, 'is too long').optional() }),
      answers: { 200: { description: 'A page of joins.', schema: joinPage } },
      async handle({ integration, query: { cursor } }) {
        const page = await withCursor(() =>
          deps.userJoins.list(integration, { limit: pageSize, ...(cursor === undefined ? {} : { cursor }) }),
        );
        return { items: page.items.map(joinView), nextCursor: page.nextCursor };
      },
    }),
    defineRoute({
      method: 'post',
      path: '/joins/{id}/undo',
      tag: 'Users',
      summary: 'Take two users apart',
      description:
        'Identifiers, orders and first purchases of the one that was merged are its own again, and the two are not joined again. What was sent stays sent. Possible for 90 days.',
      answers: { 200: { description: 'The join, undone.', schema: join } },
      problems: [404, 409],
      async handle({ integration, part, operator }) {
        const id = part('id');
        if (!/^\d{1,15}$/.test(id)) throw badRequest('the id of a join is a number');
        return undoJoin(deps, integration, Number(id), operator.name);
      },
    }),
    defineRoute({
      method: 'get',
      path: '/page-refusals',
      tag: 'Users',
      summary: 'Refusals of consent that nothing proves',
      description:
        'A page can refuse for any user id or e-mail that it names. That is obeyed, and counted here; many at once are a flood, which can be undone.',
      query: z.strictObject(period),
      answers: { 200: { description: 'Their number.', schema: counted } },
      async handle({ integration, query: { from, to } }) {
        return refusalCount(deps, integration, refusalPeriod({ ...inMs(from, to) }, deps.nowMs()));
      },
    }),
    defineRoute({
      method: 'post',
      path: '/page-refusals/undo',
      tag: 'Users',
      summary: 'Undo refusals that nothing proves',
      description:
        'Forgets those of a period (default: the last 30 days), and sends the purchases that were kept back for such a refusal, up to 200 at a call.',
      body: z.strictObject(period),
      answers: { 200: { description: 'What was undone.', schema: undone } },
      async handle({ integration, body: { from, to }, operator }) {
        return undoRefusals(deps, integration, refusalPeriod({ ...inMs(from, to) }, deps.nowMs()), operator.name);
      },
    }),
  ];
}

const period = { from: isoInstant.exactOptional(), to: isoInstant.exactOptional() };

function inMs(fromMs: number | undefined, toMs: number | undefined) {
  return { ...(fromMs === undefined ? {} : { fromMs }), ...(toMs === undefined ? {} : { toMs }) };
}

const join = z.object({
  id: z.int(),
  at: z.iso.datetime(),
  evidence: z
    .enum(['webhook', 'checkout', 'user_token', 'claim', 'import'])
    .meta({ description: 'What showed it: a provider’s event, the page of a checkout, a user token, or the claim of an order.' }),
  kinds: z.array(z.enum(identifierKinds)).meta({ description: 'The kinds of identifiers that came together.' }),
  orders: z
    .array(z.object({ psp: z.string(), subscription: z.string() }))
    .readonly()
    .meta({ description: 'The orders of the user who was merged into the other one.' }),
  undone: z.object({ by: z.string(), at: z.iso.datetime() }).nullable(),
});
const joinPage = z.object({ items: z.array(join), nextCursor: z.string().nullable() });
const counted = z.object({
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  refusals: z.int().meta({ description: 'User ids and e-mails for which pages refused.' }),
  purchases: z.int().meta({ description: 'Purchases that are kept back for such a refusal now, whenever it was said.' }),
});
const undone = z.object({
  undone: z.int(),
  resent: z.int(),
  failed: z.int().meta({ description: 'Purchases whose order did not take the word.' }),
  remaining: z.boolean().meta({ description: 'True when more wait: call again.' }),
});

/**
 * `/api/users`: what is known of a buyer, its export and its erasure. Whoever is asked about is named in the body, since addresses end up
 * in the logs of proxies; `/api/users/{userId}` is for ids that may stand there.
 */
import { z } from 'zod';
import { purchaseStates } from '../domain/purchase';
import { isPlainText, longestId } from './request';
import { defineRoute, type Route } from './route';
import { exportUser, type UserExportDeps } from './user-export';
import { eraseUser, type NamedPerson, type UsersDeps, userView } from './users';

export type UsersRoutesDeps = UsersDeps & UserExportDeps;

export function usersRoutes(deps: UsersRoutesDeps): readonly Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/users/{userId}',
      tag: 'Users',
      summary: 'What is known of a buyer',
      description: 'By the merchant’s own id of them, or by their e-mail. `POST /users/find` keeps either out of the address.',
      answers: { 200: { description: 'The buyer.', schema: userSchema } },
      problems: [404],
      handle: ({ integration, part, operator }) =>
        userView(deps, { integration, person: { user: part('userId') }, by: operator.name }),
    }),
    defineRoute({
      method: 'post',
      path: '/users/find',
      tag: 'Users',
      summary: 'What is known of a buyer, named in the body',
      description: 'By one of user id, e-mail, customer id and order.',
      role: 'viewer',
      body: personSchema,
      answers: { 200: { description: 'The buyer.', schema: userSchema } },
      problems: [404, 422],
      handle: ({ integration, body, operator }) =>
        userView(deps, { integration, person: personOf(body), by: body.by ?? operator.name }),
    }),
    defineRoute({
      method: 'post',
      path: '/users/export',
      tag: 'Users',
      summary: 'Export what is known of a person',
      description:
        'For a request of the person: identity as it is kept (e-mail, phone and user id as SHA-256), consent, orders with facts, purchases and what ' +
        'was sent to TikTok, webhooks in the quarantine and facts of a shared account that name them, and what operators did. Noted in the audit.',
      body: personSchema,
      answers: { 200: { description: 'What is known.', schema: exportSchema } },
      problems: [404, 422],
      handle: ({ integration, operator, body }) =>
        exportUser(deps, { integration, person: personOf(body), by: body.by ?? operator.name }),
    }),
    defineRoute({
      method: 'post',
      path: '/users/erase',
      tag: 'Users',
      summary: 'Forget a person, named in the body',
      description:
        'By one of user id, e-mail, customer id and order. Identifiers, identity, the requests of attempts and webhooks in the quarantine that name the ' +
        'person are deleted, and each order’s workflow forgets them. Facts of a shared account that wait lose their buyer. Payments stay, for the account. It is about one ' +
        'integration: others that take the same account have what they have.',
      body: personSchema,
      answers: { 200: { description: 'What was reached.', schema: erasedSchema } },
      problems: [404, 422],
      async handle({ integration, body, operator }) {
        const reached = await eraseUser(deps, { integration, person: personOf(body), by: body.by ?? operator.name });
        return { erased: true, ...reached };
      },
    }),
    defineRoute({
      method: 'post',
      path: '/users/{userId}/erase',
      tag: 'Users',
      summary: 'Forget a buyer',
      description: 'As `POST /users/erase`, by the merchant’s own id of them, or by their e-mail.',
      answers: { 200: { description: 'What was reached.', schema: erasedSchema } },
      problems: [404],
      async handle({ integration, part, operator }) {
        const reached = await eraseUser(deps, { integration, person: { user: part('userId') }, by: operator.name });
        return { erased: true, ...reached };
      },
    }),
  ];
}

const id = z
  .string('must be a text')
  .trim()
  .min(1, 'must not be empty')
  .refine((text) => isPlainText(text, longestId), `must have at most ${longestId} characters, and no control characters`);

const named = { userId: id.optional(), email: id.optional(), customer: z.strictObject({ psp: id, id }).optional() };
const personSchema = z
  .strictObject(
    { ...named, order: z.strictObject({ psp: id, subscription: id }).optional(), by: id.max(100, 'is too long').optional() },
    'must be an object',
  )
  .refine(
    ({ userId, email, customer, order }) => [userId, email, customer, order].filter((one) => one !== undefined).length === 1,
    'must name the person by one of userId, email, customer and order',
  );

/** The schema has seen to it that there is one. */
function personOf({ userId, email, customer, order }: z.infer<typeof personSchema>): NamedPerson {
  if (userId !== undefined) return { userId };
  if (email !== undefined) return { email };
  if (customer !== undefined) return { customer };
  if (order !== undefined) return { order };
  throw new Error('the schema let a person through who is not named');
}

const order = z.object({ psp: z.string(), subscription: z.string() });
const userSchema = z.object({
  identifiers: z
    .array(z.string())
    .meta({ description: 'The kinds that are known; never their values.', examples: [['user_id', 'email']] }),
  firstPurchase: order
    .extend({
      moneyId: z.string(),
      state: z.enum(purchaseStates).nullable(),
      boughtBeforeAt: z.iso.datetime().exactOptional().meta({
        description:
          'When it was, of one from before this service, which was imported: it is no payment here, and `psp` is `import`.',
      }),
    })
    .nullable(),
  orders: z.array(order),
  temporalUrl: z
    .string()
    .exactOptional()
    .meta({ description: 'The buyer’s orders in the Temporal UI; left out where its address is unknown.' }),
});
const erasedSchema = z.object({
  erased: z.literal(true),
  orders: z.array(order).meta({ description: 'Those whose workflows were told.' }),
  quarantined: z.int().meta({ description: 'Webhooks in the quarantine that named the person, and were deleted.' }),
  waiting: z.int().meta({
    description: 'Facts of a shared account that wait for a word whose they are: they named the person, and do no longer.',
  }),
});
const time = z.iso.datetime().nullable();
const identity = z.record(z.string(), z.unknown()).meta({ description: 'As it is kept: hashes, address, browser, click.' });
const exportSchema = z.object({
  exportedAt: z.iso.datetime(),
  identifiers: z.array(z.string()).meta({ description: 'The kinds that are known; they exist as HMACs only.' }),
  identity,
  consent: z.object({ state: z.enum(['granted', 'denied', 'unknown']).nullable(), statedAt: time }).nullable(),
  boughtBefore: time.meta({ description: 'The first purchase, where it was before this service and was imported.' }),
  firstSeen: time,
  lastSeen: time.meta({ description: 'The last visit or webhook, to the day.' }),
  erased: time,
  browserPurchases: z.array(z.object({ checkoutId: z.string(), eventId: z.string(), authorizedAt: z.iso.datetime() })),
  pageWords: z
    .array(
      z.object({
        ...{ identifier: z.string(), words: identity, consent: z.string().nullable() },
        ...{ statedAt: time, firstSeen: time, lastSeen: time },
      }),
    )
    .meta({ description: 'What pages said of the person without proof, by the kind of identifier that they named.' }),
  orders: z.array(
    order.extend({
      ownIdentity: identity,
      checkoutId: z.string().nullable(),
      endedAt: time,
      facts: z.array(z.record(z.string(), z.unknown())),
      purchases: z.array(z.record(z.string(), z.unknown())).meta({ description: 'Records, each with what was `sent`.' }),
    }),
  ),
  quarantined: z.array(
    z.object({
      ...{ id: z.string(), psp: z.string(), type: z.string(), receivedAt: z.iso.datetime() },
      body: z.string().nullable().meta({ description: 'Null when the key that sealed it is gone.' }),
    }),
  ),
  waiting: z
    .array(
      z.object({
        ...{ psp: z.string(), subscription: z.string().nullable(), keptAt: z.iso.datetime() },
        ...{ fact: z.record(z.string(), z.unknown()), identity: z.record(z.string(), z.unknown()) },
      }),
    )
    .meta({ description: 'Facts of a shared account that wait for a word whose they are.' }),
  audit: z.array(
    z.object({ at: z.iso.datetime(), by: z.string(), action: z.string(), target: z.string(), reason: z.string().nullable() }),
  ),
});

/** `GET /api/setup`: the set-up checklist. */
import { z } from 'zod';
import { readSetup, type SetupDeps } from '../application/setup';
import { purchaseStates } from '../domain/purchase';
import { destinationSchema } from './purchase-view';
import { defineRoute, type Route } from './route';

export interface SetupRoutesDeps {
  readonly setup: SetupDeps;
}

export function setupRoutes({ setup }: SetupRoutesDeps): readonly Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/setup',
      tag: 'Set-up',
      summary: 'The set-up checklist',
      description: 'What is done, and what to do next, from the first start to the first purchase.',
      answers: { 200: { description: 'The checklist', schema: answer } },
      handle: ({ integration }) => readSetup(setup, integration),
    }),
  ];
}

const answer = z.object({
  items: z.array(
    z.object({
      key: z.enum(['pixel', 'token', 'connection', 'provider', 'webhook', 'page', 'purchase']),
      title: z.string(),
      done: z.boolean(),
      help: z.string(),
      href: z.string().meta({ description: 'The page of the console where it is done' }),
    }),
  ),
  destination: destinationSchema.meta({ description: 'Where purchases go now' }),
  purchaseSent: z.boolean().meta({ description: 'Whether a purchase was sent that was no sample' }),
  sample: z.object({
    refused: z.string().nullable().meta({ description: 'Why no sample can be sent now; null when one can' }),
    last: z.object({ moneyId: z.string(), state: z.enum(purchaseStates) }).nullable(),
  }),
});

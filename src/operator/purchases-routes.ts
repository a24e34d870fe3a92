/** `/api/purchases`: the list of purchases, filtered, page by page or as CSV, and the story of one. */
import { z } from 'zod';
import { purchasesCsv } from '../application/purchases-csv';
import { sendText } from '../http/stream';
import type { Store } from '../store';
import { pageSize, withCursor } from './paging';
import { filterOf, purchaseQuery, type SearchKeys } from './purchase-search';
import { purchaseSchema, recordView } from './purchase-view';
import { defineRoute, type Route } from './route';
import { type StoryDeps, storyOf, storySchema } from './story';

export interface PurchasesRoutesDeps extends StoryDeps {
  readonly purchases: StoryDeps['purchases'] & Pick<Store['purchases'], 'list'>;
  readonly keys: SearchKeys;
}

export function purchasesRoutes(deps: PurchasesRoutesDeps): readonly Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/purchases',
      tag: 'Purchases',
      summary: 'The purchases, newest first',
      description: '50 a page; with `Accept: text/csv` all rows of the filter, one a line.',
      query: purchaseQuery,
      answers: {
        200: {
          description: 'A page, or the whole list as CSV',
          schema: z.object({ items: z.array(purchaseSchema), nextCursor: z.string().nullable() }),
          media: ['text/csv'],
        },
      },
      async handle({ integration, query, req, res }) {
        const filter = filterOf(deps.keys, integration, query);
        res.vary('Accept');
        if (req.accepts(['json', 'csv']) === 'csv')
          return withCursor(() => sendText(res, purchasesCsv(deps.purchases, filter), csvFile));
        const page = await withCursor(() => deps.purchases.list({ ...filter, limit: pageSize }));
        return { items: page.items.map(recordView), nextCursor: page.nextCursor };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/purchases/{psp}/{moneyId}',
      tag: 'Purchases',
      summary: 'The story of one purchase',
      description:
        'The facts that told it, its phase and why, the decision and the settings that made it, every attempt with the request as it was sent ' +
        '(hashes only), and what comes next.',
      answers: { 200: { description: 'The story', schema: storySchema } },
      problems: [404],
      handle: ({ integration, part }) => storyOf(deps, { integration, psp: part('psp'), moneyId: part('moneyId') }),
    }),
  ];
}

export const csvFile = { fileName: 'purchases.csv', mediaType: 'text/csv' };

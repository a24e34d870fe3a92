/** `POST /api/buyers/import`: buyers of before this service, as CSV. */
import { z } from 'zod';
import { type BuyerImportDeps, importBuyers, type ImportReport, mostProblems } from '../application/buyer-import/import';
import { Problem, tryAgainSoon, unprocessable } from '../http/problem';
import { defineRoute, type Route } from './route';

export type BuyersRoutesDeps = BuyerImportDeps;

/** A list that a request may bring: some 400,000 lines. `npm run import-buyers` sends a longer one in parts. */
export const longestList = 32 * 1024 * 1024;

export function buyersRoutes(deps: BuyersRoutesDeps): readonly Route[] {
  return [
    defineRoute({
      method: 'post',
      path: '/buyers/import',
      tag: 'Users',
      summary: 'Import buyers of before this service',
      description:
        'A CSV list with a header (comma, semicolon or tab), in UTF-8, at most 32 MB: a buyer a line, by `user_id`, `email` or `email_sha256` (or ' +
        '`customer_id` with `psp`), and `first_purchase_at`, an ISO 8601 day or time. Limit Purchase Events and TikTok’s `customer_type` then know who ' +
        'has bought before. A first purchase that came from a payment stays; an imported one only becomes earlier. Sent again, it changes nothing. ' +
        'Lines that are refused are named by their number, never by what they say. Noted in the audit.',
      stream: {
        media: 'text/csv',
        schema: z.string().meta({ examples: ['user_id,email,first_purchase_at\nuser-1,,2025-03-31\n'] }),
      },
      answers: { 200: { description: 'What became of the lines.', schema: reportSchema } },
      problems: [413, 415, 422],
      handle: ({ integration, operator, req }) => {
        if (req.is('text/csv') === false)
          throw new Problem(415, 'Unsupported media type', { detail: 'send Content-Type: text/csv' });
        const sent = Number(req.headers['content-length'] ?? 0);
        return takeList(deps, { integration, by: operator.name, source: ofSize(req, sent) });
      },
    }),
  ];
}

/**
 * For the API and the console alike. @throws a 422 problem for a list without columns, 413 for one that is too long, 503 while two others are
 * imported.
 */
export async function takeList(
  deps: BuyerImportDeps,
  list: { readonly integration: string; readonly by: string; readonly source: AsyncIterable<Uint8Array> },
): Promise<ImportReport> {
  if (underWay >= mostAtOnce) throw tryAgainSoon('two lists are being imported');
  underWay += 1;
  try {
    const result = await importBuyers(deps, list);
    if (result.kind === 'unreadable') throw unprocessable([{ path: 'list', message: `cannot be read: ${result.message}` }]);
    return result.report;
  } finally {
    underWay -= 1;
  }
}

/** Of this process: requests of operators have four places, and some must be left. */
const mostAtOnce = 2;
let underWay = 0;

/** The bytes of a request, of which `sent` says how many they are to be. @throws a 413 problem at once, or where it is more than it said. */
export async function* ofSize(source: AsyncIterable<Uint8Array>, sent: number): AsyncGenerator<Uint8Array> {
  let size = 0;
  if (sent > longestList) throw tooLong();
  for await (const chunk of source) {
    size += chunk.length;
    if (size > longestList) throw tooLong();
    yield chunk;
  }
}

function tooLong(): Problem {
  const detail = 'the list is over 32 MB: npm run import-buyers sends it in parts, and what was taken in before is known then';
  return new Problem(413, 'Content Too Large', { detail });
}

const reportSchema = z.object({
  imported: z.int().meta({ description: 'Buyers whose first purchase is the listed one from now on.' }),
  known: z.int().meta({ description: 'Buyers who had one: that of a payment, or one as early.' }),
  refused: z.int().meta({ description: 'Lines that were not taken.' }),
  leftOut: z.int().meta({ description: 'Values that name nobody (a placeholder, no e-mail), of lines that were taken.' }),
  ignoredColumns: z.int().meta({ description: 'Columns that mean nothing here.' }),
  problems: z
    .array(z.object({ line: z.int(), column: z.string().nullable(), message: z.string() }))
    .meta({ description: `What was wrong with lines; at most ${mostProblems}. The header is line 1.` }),
});

/** Ends a walk through a provider's pages that goes in circles or has no end. */
import { createHash } from 'node:crypto';
import type { PagesSoFar } from '../../workflows/contract';
import type { ApiPage } from './adapter';
import { PspApiError } from './adapter';

export const noPages: PagesSoFar = { pages: 0, empty: 0, anchor: null };

/** A page of 25 to 500 objects: more pages than any account fills in the longest window that can be asked for. */
const mostPages = 100_000;
/** A backfill of ten years has some 3,000 weeks of lists, all of which may be empty. */
const mostEmptyPages = 5_000;

/**
 * Notes a page that has a next one. An earlier page is kept for comparison, from the 1st, 2nd, 4th, 8th … on, so that a circle is found
 * within twice its length (Brent's algorithm).
 * @throws {PspApiError} `unexpected`, when the provider gives a page again, or only empty ones.
 */
export function notePage({ pages: pagesBefore, empty: emptyBefore, anchor }: PagesSoFar, page: PageContent): PagesSoFar {
  const { nextPage } = page;
  if (nextPage === null) return { pages: pagesBefore, empty: emptyBefore, anchor };
  const pages = pagesBefore + 1;
  const content = contentOf(page);
  const empty = content === null ? emptyBefore + 1 : 0;
  const position = { next: digest(nextPage), content };
  if (anchor && (anchor.next === position.next || (content !== null && anchor.content === content))) {
    throw new PspApiError('unexpected', `the provider's list repeats itself: page ${pages} is one that it gave before`);
  }
  if (pages >= mostPages || empty >= mostEmptyPages) {
    throw new PspApiError('unexpected', `the provider's list does not end: ${pages} pages, the last ${empty} of them empty`);
  }
  return { pages, empty, anchor: isPowerOfTwo(pages) ? position : anchor };
}

type PageContent = Pick<ApiPage, 'facts' | 'unreadable' | 'readIds' | 'nextPage'>;

/**
 * All pages of a list, each read when the one before is done with.
 * @throws {PspApiError} as `notePage` does.
 */
export async function* allPages<T extends PageContent>(read: (page: string | null) => Promise<T>): AsyncGenerator<T> {
  let soFar = noPages;
  let next: string | null = null;
  do {
    const page: T = await read(next);
    yield page;
    soFar = notePage(soFar, page);
    next = page.nextPage;
  } while (next !== null);
}

/** Null for a page without anything in it. */
function contentOf({ facts, unreadable, readIds = [] }: PageContent): string | null {
  if (facts.length + unreadable.length + readIds.length === 0) return null;
  return digest(JSON.stringify([readIds, facts, unreadable.map(({ id, body }) => id ?? body)]));
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 16);
}

function isPowerOfTwo(count: number): boolean {
  return (count & (count - 1)) === 0;
}

/** A page of a provider's list, of objects that are read as the webhooks that carry them. */
import type { ApiPage, Reading } from './adapter';

/** An object of the list, and its reading. */
export interface ListedItem {
  readonly id: string | null;
  /** The object in the shape of a webhook: what is kept if it cannot be read. */
  readonly body: unknown;
  readonly reading: Reading;
}

/** The page of these objects. */
export function listedPage(items: readonly ListedItem[], nextPage: string | null): ApiPage {
  return {
    facts: items.flatMap(({ reading }) => (reading.kind === 'facts' ? reading.facts : [])),
    links: items.flatMap(({ reading }) => (reading.kind === 'unreadable' ? [] : (reading.links ?? []))),
    unreadable: items.flatMap(({ id, body, reading }) =>
      reading.kind === 'unreadable' ? [{ id, reason: reading.reason, body }] : [],
    ),
    readIds: readIdsOf(items),
    nextPage,
  };
}

/** The ids of the objects that could be read. */
export function readIdsOf(items: readonly ListedItem[]): readonly string[] {
  return items.flatMap(({ id, reading }) => (id === null || reading.kind === 'unreadable' ? [] : [id]));
}

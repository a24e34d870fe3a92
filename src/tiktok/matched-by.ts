/** What identified the buyer in a request, by its fields: for match quality and for the story of a purchase. Pure. */
import { matchedBy, type MatchedBy } from '../domain/purchase';
import type { TrackRequest } from './track-request';

/** The identifiers that the request carries, in the order of `matchedBy`. Empty where the buyer was withheld or is unknown. */
export function matchedIdentifiers({ data: [event] }: TrackRequest): readonly MatchedBy[] {
  return matchedBy.filter((identifier) => event.user[identifier] !== undefined);
}

/** TikTok's Events API: user data, request body, client and response table. */
export { isTikTokCurrency } from './currencies';
export { createEventsApi, type EventsApi, type EventsApiOptions, type TikTokCredentials, type TikTokTarget } from './events-api';
export { keptRequest } from './kept-request';
export { matchedIdentifiers } from './matched-by';
export { purchaseEvent, type PurchaseEvent, type PurchaseEventInput } from './purchase-event';
export type { TrackRequest } from './track-request';
export { hashedEmail, hashedExternalId, hashedPhone, identityFrom, validTtclid } from './user-data';

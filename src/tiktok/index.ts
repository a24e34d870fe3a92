/** TikTok's Events API: user data, request body, client and response table. */
export { browserProperties, type BrowserProperties, type PageContents } from './browser-properties';
export { isTikTokCurrency } from './currencies';
export { createEventsApi, type EventsApi, type EventsApiOptions, type TikTokCredentials, type TikTokTarget } from './events-api';
export { comparedName } from './event-names';
export { type Asked, createEventStatistics, type EventStatisticsApi } from './event-statistics';
export { keptRequest } from './kept-request';
export { matchedIdentifiers } from './matched-by';
export { purchaseEvent, type PurchaseEvent, type PurchaseEventInput } from './purchase-event';
export type { EventStatistics, ReadStatistics } from './read-statistics';
export type { TrackRequest } from './track-request';
export { hashedEmail, hashedExternalId, hashedPhone, identityFrom, validTtclid } from './user-data';

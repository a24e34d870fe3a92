/** TikTok's Events API: user data, request body, client and response table. */
export { isTikTokCurrency, tiktokCurrencies } from './currencies';
export { apiVersion, defaultBaseUrl, docs, trackPath, trackUrl } from './endpoint';
export { createEventsApi, type EventsApi, type EventsApiOptions, type TikTokCredentials } from './events-api';
export { purchaseEvent, type PurchaseEvent, type PurchaseEventInput } from './purchase-event';
export { checkTrackRequest, InvalidTrackRequest, type TrackRequest } from './track-request';
export { hashedEmail, hashedExternalId, hashedPhone, identityFrom, publicIp, validTtclid } from './user-data';

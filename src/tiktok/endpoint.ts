/** The address of TikTok's Events API, and links to its documentation. */

/** "2.0" is the product's name; the path stays v1.3, which is available until further notice. */
export const apiVersion = 'v1.3';

/** Path of the endpoint that receives events. */
export const trackPath = `/open_api/${apiVersion}/event/track/`;

/** Path of the endpoint that finds a pixel's numeric id by its code. */
export const pixelListPath = `/open_api/${apiVersion}/pixel/list/`;

/** Path of the endpoint that says how many events a pixel received. */
export const eventStatsPath = `/open_api/${apiVersion}/pixel/event/stats/`;

/** TikTok's production host. */
export const defaultBaseUrl = 'https://business-api.tiktok.com';

/** The URL to post events to. `baseUrl` may carry a path of its own (the built-in sandbox does). */
export function trackUrl(baseUrl: string): string {
  return urlOf(baseUrl, trackPath);
}

/** The URL of one of TikTok's paths. `baseUrl` may carry a path of its own (the built-in sandbox does). */
export function urlOf(baseUrl: string, path: string): string {
  return baseUrl.replace(/\/+$/, '') + path;
}

/**
 * Pages of TikTok's documentation, by the rules that come from them.
 * @public
 */
export const docs = {
  /** "Report App, Web, Offline, or CRM Events": body, fields, hashing. */
  events: 'https://business-api.tiktok.com/portal/docs?id=1771101303285761',
  /** Parameters: names, address, formats of user data. */
  parameters: 'https://business-api.tiktok.com/portal/docs?id=1771101151059969',
  /** "Verify Web Events API setup": test_event_code. */
  testEvents: 'https://business-api.tiktok.com/portal/docs?id=1771100984456193',
  /** The flag `limited_data_use`, for buyers under a privacy law of a US state. */
  limitedDataUse: 'https://business-api.tiktok.com/portal/docs?id=1771101204435970',
  /** Deduplication, for operators. */
  deduplication: 'https://ads.tiktok.com/help/article/event-deduplication',
  /** "Pixel List": finds a pixel's id by its code. */
  pixelList: 'https://business-api.tiktok.com/portal/docs?id=1740858697598978',
  /** "Pixel Event Stats": what a pixel received over a range of UTC days. */
  eventStats: 'https://business-api.tiktok.com/portal/docs?id=1740858904557570',
  /** Standard events and the rename CompletePayment → Purchase. */
  standardEvents: 'https://ads.tiktok.com/help/article/how-to-adopt-tiktoks-updated-standard-events',
} as const;

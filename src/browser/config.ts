/** What the server puts into the script as it serves it, and `GET /pixel/config` answers. Nothing here is secret. */

/** What becomes of events and identity while consent is `denied` or `unknown` (product.md, section 7). */
export type ConsentPolicy = 'send' | 'limited_data_use' | 'without_identity' | 'do_not_send';

export interface PixelConfig {
  readonly integration: string;
  /** Null while no pixel is set: then TikTok's script is not loaded, and the rest works. */
  readonly pixelCode: string | null;
  readonly eventName: string;
  readonly consent: { readonly denied: ConsentPolicy; readonly unknown: ConsentPolicy };
  /** TikTok's `events.js`, without its query. */
  readonly scriptUrl: string;
  /** True when answers of `/collect` keep the click id in a cookie too (Safari forgets what scripts set within a day): send credentials. */
  readonly serverCookie: boolean;
}

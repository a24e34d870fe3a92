/** The settings that the server inserts into the script and that `GET /pixel/config` answers. None is secret. */

/** What happens to events and identity while consent is `denied` or `unknown` (product.md, section 7). */
export type ConsentPolicy = 'send' | 'limited_data_use' | 'without_identity' | 'do_not_send';

export interface PixelConfig {
  readonly integration: string;
  /** Null if no pixel is set: TikTok's script is not loaded then, and the rest works. */
  readonly pixelCode: string | null;
  readonly eventName: string;
  readonly consent: { readonly denied: ConsentPolicy; readonly unknown: ConsentPolicy };
  /** TikTok's `events.js`, without its query. */
  readonly scriptUrl: string;
  /** True if `/collect` sets the click id's cookie, since Safari deletes scripts' cookies after a day. Requests then send credentials. */
  readonly serverCookie: boolean;
}

/** TikTok's click id (`ttclid`), which this script stores, and its visitor id (`_ttp`), which TikTok's script stores. */
import { guarded } from './guard';

/** At most 1,000 characters; a longer id is dropped, never cut. A macro that the ad did not fill in (`__CLICKID__`) is no id. */
const validClick = (raw: string | null | undefined): string | undefined => /^(?!__[A-Z_]+__$)\S{1,1000}$/.exec(raw ?? '')?.[0];

/** The click id in this page's address. Read at once, because a single-page app may change the address before consent is given. */
export const clicked = guarded(() => validClick(new URLSearchParams(location.search).get('ttclid')))();

/** The newest click id. */
export const clickId = (): string | undefined => clicked ?? validClick(cookie('ttclid'));

/** Stores the click id for 90 days; an empty id removes it. */
export const keepClick = guarded((id: string) => {
  document.cookie = `ttclid=${encodeURIComponent(id)};path=/;samesite=lax;max-age=${id ? 7_776_000 : 0}${isSecureContext ? ';secure' : ''}`;
});

/** A cookie's value; undefined if it is not set or cookies are blocked. */
export const cookie = guarded((name: string) =>
  decodeURIComponent(`; ${document.cookie}`.split(`; ${name}=`)[1]!.split(';')[0]!),
);

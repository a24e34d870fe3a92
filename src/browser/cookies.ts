/** TikTok's click id (`ttclid`), which we keep for it, and its visitor id (`_ttp`), which its script keeps. */
import { guarded } from './guard';

/** Up to 1,000 characters, never cut; the macro that an ad has not filled in is none. */
const validClick = (raw: string | null | undefined): string | undefined => /^(?!__[A-Z_]+__$)\S{1,1000}$/.exec(raw ?? '')?.[0];

/** Of this page's address; taken at once, since a single-page app may have changed it before consent comes. */
export const clicked = guarded(() => validClick(new URLSearchParams(location.search).get('ttclid')))();

/** The newest click. */
export const clickId = (): string | undefined => clicked ?? validClick(cookie('ttclid'));

/** For 90 days; empty, it goes. */
export const keepClick = guarded((id: string) => {
  const lifetime = `max-age=${id ? 7_776_000 : 0}${isSecureContext ? ';secure' : ''}`;
  document.cookie = `ttclid=${encodeURIComponent(id)};path=/;samesite=lax;${lifetime}`;
});

/** Undefined when there is none, or cookies are blocked. */
export const cookie = guarded((name: string) =>
  decodeURIComponent(`; ${document.cookie}`.split(`; ${name}=`)[1]!.split(';')[0]!),
);

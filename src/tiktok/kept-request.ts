/** What is kept of a request, for operators to see what TikTok was told: everything but what would name a person in clear. Pure. */
import type { TrackRequest } from './track-request';

/** In the place of what is left out. */
const notKept = '[not kept]';

/** The request as it was sent, hashes included; address, browser and click are left out, also where the page's URL carries the click. */
export function keptRequest(body: TrackRequest): unknown {
  const [event] = body.data;
  const user = Object.entries<string | undefined>(event.user).map(([name, value]) => [name, inClear.has(name) ? notKept : value]);
  const { url, referrer } = event.page;
  const page = { url: withoutClick(url), ...(referrer === undefined ? {} : { referrer: withoutClick(referrer) }) };
  return { ...body, data: [{ ...event, user: Object.fromEntries(user) as unknown, page }] };
}

/** The other fields of `user` are hashes, and its language. */
const inClear: ReadonlySet<string> = new Set(['ip', 'user_agent', 'ttclid', 'ttp']);

/** Parameters that name the click or the browser; the rest of a page's URL says where it was bought. */
function withoutClick(url: string): string {
  return url.replace(/([?&#](?:ttclid|_?ttp)=)[^&#]*/gi, `$1${encodeURIComponent(notKept)}`);
}

/** Tells the service who is here (`/collect`), so that a purchase reported much later carries the click and the person it came from. */
import { checkoutId } from './checkout';
import { consent, mayIdentify } from './consent';
import { clickId, cookie } from './cookies';
import { guarded, line, on } from './guard';
import { person } from './identity';
import { mark } from './random';
import { config, serviceUrl } from './script';
import { keep, kept } from './storage';

const inTurn = line();
let failures = 0;

/** Posts what the service does not know yet. Resolves when it does, or when that has failed for now. */
export const collect = (): Promise<void> =>
  inTurn(async () => {
    const body = news();
    if (!body) return;
    // At once, since the page may be gone before the answer comes.
    keep({ told: mark(body) });
    // A page or an ad blocker may have put something that throws in the place of `fetch`.
    const { status } = await (guarded(post)('collect', body) ?? sendBeacon(body)).catch(() => unreachable);
    // Any other refusal would come again.
    if (status < 500 && status !== 429) return;
    keep({ told: 0 });
    if (failures < 5) setTimeout(collect, 1_000 * 3 ** failures++);
  });

const unreachable = { status: 503 };

export function watchConnection(): void {
  on('online', collect);
  // What could not be posted in time, the browser posts after the page is gone.
  on('pagehide', () => {
    const body = news();
    if (body) void sendBeacon(body);
  });
}

/** As text, which needs no preflight. Cookies go along only where the service's answer sets one. */
export const post = (path: string, body: string): Promise<Response> =>
  fetch(serviceUrl(path), {
    method: 'POST',
    body,
    keepalive: true,
    credentials: config.serverCookie ? 'include' : 'omit',
    // Nobody waits for what may never come (in older browsers, they do).
    signal: AbortSignal.timeout?.(5_000),
  });

async function sendBeacon(body: string): Promise<{ status: number }> {
  navigator.sendBeacon(serviceUrl('collect'), body);
  return { status: 0 };
}

/** Nothing where consent forbids it; of who has refused only that. */
function news(): string | undefined {
  if (!mayIdentify() && consent !== 'denied') return undefined;
  const { href } = location;
  const body = JSON.stringify({
    checkoutId: checkoutId(),
    userId: person.userId,
    url: href.length > 4096 ? href.split('?')[0] : href,
    consent,
    ...(mayIdentify() && {
      ...person,
      ttclid: clickId(),
      ttp: cookie('_ttp'),
      referrer: document.referrer,
      locale: navigator.language,
    }),
  });
  return mark(body) === kept().told ? undefined : body;
}

/** Posts the visitor and the click to the service (`/collect`), so that a later purchase carries both. */
import { checkoutId } from './checkout';
import { consent, mayIdentify } from './consent';
import { clickId, cookie } from './cookies';
import { guarded, line, on } from './guard';
import { who } from './identity';
import { mark } from './random';
import { config, serviceUrl } from './script';
import { keep, kept } from './storage';

const inTurn = line();
let failures = 0;

/** Posts what the service does not have yet. Resolves after the answer, or after a failure; a failed post is repeated later. */
export const collect = (): Promise<void> =>
  inTurn(async () => {
    const body = nextBody();
    if (!body) return;
    // Before the answer, because the page may be closed until then.
    keep({ collected: mark(body) });
    // A page or an ad blocker may have replaced `fetch` by a function that throws.
    const { status } = await (guarded(post)('collect', body) ?? sendBeacon(body)).catch(() => unreachable);
    // The service would refuse the same body again.
    if (status < 500 && status !== 429) return;
    keep({ collected: 0 });
    if (failures < 5) setTimeout(collect, 1_000 * 3 ** failures++);
  });

const unreachable = { status: 503 };

export function watchConnection(): void {
  on('online', collect);
  // The browser sends a beacon even after the page is closed.
  on('pagehide', () => {
    const body = nextBody();
    if (body) void sendBeacon(body);
  });
}

/** Posts as `text/plain`, which needs no preflight. Cookies are sent only if the service sets one. */
export const post = (path: string, body: string): Promise<Response> =>
  fetch(serviceUrl(path), {
    method: 'POST',
    body,
    keepalive: true,
    credentials: config.serverCookie ? 'include' : 'omit',
    // Older browsers have no `AbortSignal.timeout` and wait longer.
    signal: AbortSignal.timeout?.(5_000),
  });

async function sendBeacon(body: string): Promise<{ status: number }> {
  navigator.sendBeacon(serviceUrl('collect'), body);
  return { status: 0 };
}

/** The body to post. Undefined if the service has it already or consent forbids it. A refusal alone is posted without identity. */
function nextBody(): string | undefined {
  if (!mayIdentify() && consent !== 'denied') return undefined;
  const { href } = location;
  const body = JSON.stringify({
    checkoutId: checkoutId(),
    ...who(),
    url: href.length > 4096 ? href.split('?')[0] : href,
    consent,
    ...(mayIdentify() && {
      ttclid: clickId(),
      ttp: cookie('_ttp'),
      referrer: document.referrer,
      locale: navigator.language,
    }),
  });
  return mark(body) === kept().collected ? undefined : body;
}

/** `/pixel.js`: loads TikTok's pixel, fires four events, and posts the visitor to the service. See docs/pixel.md. */
import { checkoutId, newCheckout, watchHistory } from './checkout';
import { collect, watchConnection } from './collect';
import { consent, mayIdentify, maySend, policy, setConsent } from './consent';
import { clicked, keepClick } from './cookies';
import { checkoutPresented, completePayment, completeRegistration, identify, initiateCheckout, releaseHeld } from './events';
import { guarded, on } from './guard';
import { know, person } from './identity';
import type { Consent, Metadata, TikTokPurchaseRelay } from './pixel';
import { config, tag } from './script';
import { active } from './session';
import { keep, kept, obeyInStorage, stored } from './storage';
import { installQueue, tiktok } from './ttq';
import { watchElements, watchForms } from './watch';

/** `isLoaded`: we or the page requested TikTok's script. `isHeld`: we made it hold events back. */
let isLoaded: boolean | undefined;
let isHeld: boolean | undefined;

const api = {
  identify,
  consent(stated) {
    const before = consent;
    setConsent(stated);
    if (consent !== before) obeyConsent();
  },
  checkoutPresented,
  initiateCheckout,
  completeRegistration,
  completePayment,
  metadata: (): Metadata => ({
    checkout_id: checkoutId(),
    ...(person.userId && { user_id: person.userId }),
    ...(consent && { consent }),
  }),
  newCheckout,
} satisfies TikTokPurchaseRelay;

/** Calls that the page made before this script ran: `[method, arguments, resolve]`. */
type Call = [keyof typeof api, unknown[], (answer: unknown) => void];

// Nobody may ever see a page that the browser has loaded in advance. Until then the loader keeps its calls.
if ((document as { prerendering?: boolean }).prerendering) on('prerenderingchange', start);
else guarded(start)();

function start(): void {
  const ttr = ((window as { ttr?: object }).ttr ??= {}) as Record<string, unknown> & { q?: Call[] };
  if ('newCheckout' in ttr) return;
  for (const [name, does] of Object.entries(api)) {
    // Pages pass null too.
    ttr[name] = guarded((argument: unknown) => (does as (argument: unknown) => unknown)(argument ?? {}));
  }

  const { dataset } = tag!;
  const calls = ttr.q ?? [];
  // The loader's proxy answers to any method, but must not look like a promise.
  ttr.then = undefined;
  // Consent is read first, before anything is sent; the latest statement counts.
  setConsent(stored()?.consent);
  setConsent(dataset.consent);
  for (const [name, [stated]] of calls) if (name === 'consent') setConsent(stated);
  know(kept().person);
  know(dataset);
  active();
  watchHistory();
  obeyConsent();
  watchConnection();
  watchForms();
  watchElements();
  // Consent changed in another tab. A refusal may have removed the stored state.
  on('storage', () => api.consent((stored() ?? { consent: 'unknown' }).consent as Consent));
  for (const [name, args, resolve] of calls.splice(0))
    resolve(name === 'consent' || (ttr as typeof api)[name]?.(args[0] as never));
}

function obeyConsent(): void {
  const isRefused = consent === 'denied';
  obeyInStorage();
  if (!mayIdentify()) {
    if (isRefused) {
      keepClick('');
      keep({ person: undefined });
    }
  } else if (clicked) keepClick(clicked);

  isLoaded ||= guarded(installQueue)();
  // Held before TikTok's script loads, so that nothing is sent in between. After a refusal the script is not loaded at all.
  if (!maySend()) {
    tiktok(isRefused && isLoaded ? 'revokeConsent' : 'holdConsent');
    isHeld = true;
  }
  if (!isLoaded && (maySend() || !isRefused)) {
    isLoaded = true;
    tiktok('load', config.pixelCode, { limited_data_use: policy() === 'limited_data_use' });
    tiktok('page');
    // TikTok's script has set its visitor id (`_ttp`) by then.
    tiktok('ready', collect);
  }
  if (maySend() && (isHeld || consent === 'granted')) {
    tiktok('grantConsent');
  }
  releaseHeld();
  identify({});
}

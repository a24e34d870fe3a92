/** `/pixel.js`: loads TikTok's pixel, reports four events, and tells the service who is here. See docs/pixel.md. */
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

/** Whether TikTok's script was requested, by us or by the page; and whether we made it hold events back. */
let isLoaded: boolean | undefined;
let isHeld = false;

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

/** What the page asked for before the script was there: `[method, arguments, resolve]`. */
type Call = [keyof typeof api, unknown[], (answer: unknown) => void];

guarded(start)();

function start(): void {
  const ttr = ((window as { ttr?: object }).ttr ??= {}) as Record<string, unknown> & { q?: Call[] };
  if ('newCheckout' in ttr) return;
  for (const [name, does] of Object.entries(api)) {
    // Null is what a page passes that has nothing to say.
    ttr[name] = guarded((argument: unknown) => (does as (argument: unknown) => unknown)(argument ?? {}));
  }

  const { consent: inTag, userId } = tag!.dataset;
  const calls = ttr.q ?? [];
  // The loader's stand-in has any method, but is no promise.
  ttr.then = undefined;
  // The latest word counts, before anything is sent.
  setConsent(stored()?.consent);
  setConsent(inTag);
  for (const [name, [stated]] of calls) if (name === 'consent') setConsent(stated);
  know(kept().person ?? {});
  know({ userId });
  active();
  watchHistory();
  obeyConsent();
  watchConnection();
  watchForms();
  watchElements();
  // Another tab has heard of it: a refusal where nothing may be stored leaves nothing.
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
  // Before it is loaded, so that nothing leaves in between; and for who has refused it is not loaded at all.
  if (!maySend()) {
    tiktok(isRefused && isLoaded ? 'revokeConsent' : 'holdConsent');
    isHeld = true;
  }
  if (!isLoaded && (maySend() || !isRefused)) {
    isLoaded = true;
    tiktok('load', config.pixelCode, { limited_data_use: policy() === 'limited_data_use' });
    tiktok('page');
    // By then TikTok's script has set its visitor id.
    tiktok('ready', collect);
  }
  if (maySend() && (isHeld || consent === 'granted')) {
    tiktok('grantConsent');
  }
  releaseHeld();
  identify({});
}

/** What the browser script tells of a visitor, and asks before it reports a purchase. The page is not trusted with more than gaps. */
import { compact } from '../domain/compact';
import { browserEventName, browserMaySend, type BrowserCheckout } from '../domain/browser-purchase';
import type { PurchaseType } from '../domain/fact';
import type { Consent, Identity, IdentityHints, UserKey } from '../domain/identity';
import type { ConsentPolicy, Settings } from '../domain/settings';
import { consentPolicy } from '../domain/settings';
import type { UserKeys } from '../crypto/user-keys';
import type { Store } from '../store/store';
import { identityFrom } from '../tiktok';

export interface BrowserPurchases {
  /**
   * Keeps what a visitor brings, as far as their consent allows. `hints` have a user id, an e-mail or a checkout id.
   * Resolves to whether consent allows that they are identified.
   */
  recordVisit(integration: string, hints: IdentityHints): Promise<boolean>;
  /** Whether the browser may report this checkout as a purchase, and under which name and id; a yes takes the first place provisionally. */
  authorize(integration: string, ask: BrowserPurchaseRequest): Promise<BrowserPurchaseAnswer>;
}

export interface BrowserPurchaseRequest {
  readonly hints: IdentityHints & { readonly checkoutId: string };
  readonly purchaseType: PurchaseType;
}

export interface BrowserPurchaseAnswer {
  readonly send: boolean;
  /** The server's for this purchase, so that TikTok deduplicates the two. */
  readonly eventId: string;
  readonly eventName: string;
}

export interface BrowserPurchasesDeps {
  readonly settings: (integration: string) => Promise<Settings>;
  readonly users: Pick<Store['users'], 'recordVisit' | 'authorizeBrowserPurchase' | 'identity'>;
  readonly keys: Pick<UserKeys, 'ofBuyer'>;
  readonly nowMs: () => number;
}

export function createBrowserPurchases({ settings: settingsOf, users, keys, nowMs }: BrowserPurchasesDeps): BrowserPurchases {
  async function visitOf(integration: string, hints: IdentityHints, settings: Settings) {
    const atMs = nowMs();
    const told = identityFrom(hints, atMs);
    const visit = { integration, keys: keys.ofBuyer(integration, hints, told), atMs };
    const isAllowed = await mayIdentify(settings, visit, told.consent);
    // The statement itself is kept in any case, so that the purchase respects it.
    const identity = isAllowed ? told : compact<Identity>({ consent: told.consent });
    return { isAllowed, visit: { ...visit, identity } };
  }

  /** What TikTok must not be told is not kept. */
  async function mayIdentify(
    settings: Settings,
    { integration, keys: known }: { readonly integration: string; readonly keys: readonly UserKey[] },
    stated: Consent | undefined,
  ): Promise<boolean> {
    if (usesIdentity(consentPolicy(settings, stated))) return true;
    if (stated === 'denied') return false;
    // Who has not said anything today may have consented before.
    return usesIdentity(consentPolicy(settings, (await users.identity(integration, known)).consent));
  }

  return {
    async recordVisit(integration, hints) {
      const { visit, isAllowed } = await visitOf(integration, hints, await settingsOf(integration));
      await users.recordVisit(visit);
      return isAllowed;
    },

    async authorize(integration, { hints, purchaseType }) {
      const settings = await settingsOf(integration);
      let seen: BrowserCheckout = { purchase: null, place: 'free', consent: undefined };
      const { send, eventId } = await users.authorizeBrowserPurchase({
        ...(await visitOf(integration, hints, settings)).visit,
        checkoutId: hints.checkoutId,
        decide: (checkout) => {
          seen = checkout;
          return browserMaySend({ checkout, purchaseType, settings });
        },
      });
      return { send, eventId, eventName: browserEventName({ checkout: seen, purchaseType, settings }) };
    },
  };
}

function usesIdentity(policy: ConsentPolicy): boolean {
  return policy === 'send' || policy === 'limited_data_use';
}

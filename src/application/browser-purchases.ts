/** The browser's part: it sends what it knows of a visitor, and asks before it reports a purchase. A page can only fill gaps of an identity. */
import { compact } from '../domain/compact';
import type { PurchaseType } from '../domain/fact';
import type { Consent, Identity, IdentityHints, UserKey } from '../domain/identity';
import type { ConsentPolicy, Settings } from '../domain/settings';
import { consentPolicy } from '../domain/settings';
import type { UserKeys } from '../crypto/user-keys';
import type { UserStore, VisitorStore } from '../store';
import { identityFrom } from '../tiktok';

export interface BrowserPurchases {
  /**
   * Stores a visitor's data, as far as their consent allows. `hints` have a user id, an e-mail or a checkout id.
   * Resolves to true when consent allows to identify the visitor.
   */
  recordVisit(integration: string, hints: IdentityHints): Promise<boolean>;
  /** Decides whether the browser may report a checkout as a purchase. If it may, the checkout holds the first purchase provisionally. */
  authorize(integration: string, ask: BrowserPurchaseRequest): Promise<BrowserPurchaseAnswer>;
}

export interface BrowserPurchaseRequest {
  readonly hints: IdentityHints & { readonly checkoutId: string };
  readonly purchaseType: PurchaseType;
}

export interface BrowserPurchaseAnswer {
  readonly send: boolean;
  /** The server's id and name for this purchase, so that TikTok deduplicates the two events. */
  readonly eventId: string;
  readonly eventName: string;
}

export interface BrowserPurchasesDeps {
  readonly settings: (integration: string) => Promise<Settings>;
  readonly users: Pick<UserStore, 'identity'>;
  readonly visitors: Pick<VisitorStore, 'record' | 'authorizePurchase'>;
  readonly keys: Pick<UserKeys, 'ofBuyer'>;
  readonly nowMs: () => number;
}

/** Makes the use cases of `/collect`. */
export function createBrowserPurchases({
  settings: settingsOf,
  users,
  visitors,
  keys,
  nowMs,
}: BrowserPurchasesDeps): BrowserPurchases {
  async function visitOf(integration: string, hints: IdentityHints, settings: Settings) {
    const atMs = nowMs();
    const stated = identityFrom(hints, atMs);
    const visit = { integration, keys: keys.ofBuyer(integration, hints, stated), atMs };
    const isAllowed = await mayIdentify(settings, visit, stated.consent);
    // The statement itself is kept in any case, so that the purchase respects it.
    const identity = isAllowed ? stated : compact<Identity>({ consent: stated.consent });
    return { isAllowed, visit: { ...visit, identity } };
  }

  /** Data that TikTok may not receive is not stored. */
  async function mayIdentify(
    settings: Settings,
    { integration, keys: known }: { readonly integration: string; readonly keys: readonly UserKey[] },
    stated: Consent | undefined,
  ): Promise<boolean> {
    if (usesIdentity(consentPolicy(settings, stated))) return true;
    if (stated === 'denied') return false;
    // The visitor may have consented before.
    return usesIdentity(consentPolicy(settings, (await users.identity(integration, known)).consent));
  }

  return {
    async recordVisit(integration, hints) {
      const { visit, isAllowed } = await visitOf(integration, hints, await settingsOf(integration));
      await visitors.record(visit);
      return isAllowed;
    },

    async authorize(integration, { hints, purchaseType }) {
      const settings = await settingsOf(integration);
      const { visit } = await visitOf(integration, hints, settings);
      const request = { ...visit, checkoutId: hints.checkoutId, purchaseType, settings };
      const { send, eventId, eventName } = await visitors.authorizePurchase(request);
      return { send, eventId, eventName };
    },
  };
}

function usesIdentity(policy: ConsentPolicy): boolean {
  return policy === 'send' || policy === 'limited_data_use';
}

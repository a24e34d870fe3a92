/** What the browser script tells of a visitor, and asks before it reports a purchase. The page is not trusted with more than gaps. */
import { browserEventName, browserMaySend, type BrowserCheckout } from './domain/browser-purchase';
import type { PurchaseType } from './domain/fact';
import type { Identity, IdentityHints } from './domain/identity';
import type { ConsentPolicy, Settings } from './domain/settings';
import { consentPolicy } from './domain/settings';
import type { UserKeys } from './identity/user-keys';
import type { Store } from './store/store';
import { identityFrom } from './tiktok';

export interface Visitors {
  /** Keeps what a visitor brings, as far as their consent allows. `hints` have a user id, an e-mail or a checkout id. */
  meet(integration: string, hints: IdentityHints): Promise<void>;
  /** Whether the browser may report this checkout as a purchase, and under which name and id; a yes takes the first place provisionally. */
  mayReport(integration: string, ask: PurchaseAsk): Promise<PurchaseAnswer>;
}

export interface PurchaseAsk {
  readonly hints: IdentityHints & { readonly checkoutId: string };
  readonly purchaseType: PurchaseType;
}

export interface PurchaseAnswer {
  readonly send: boolean;
  /** The server's for this purchase, so that TikTok deduplicates the two. */
  readonly eventId: string;
  readonly eventName: string;
}

export interface VisitorsDeps {
  readonly settings: (integration: string) => Promise<Settings>;
  readonly users: Pick<Store['users'], 'meet' | 'askForBrowser' | 'identity'>;
  readonly keys: Pick<UserKeys, 'ofBuyer'>;
  readonly nowMs: () => number;
}

export function createVisitors({ settings: settingsOf, users, keys, nowMs }: VisitorsDeps): Visitors {
  async function visitOf(integration: string, hints: IdentityHints, settings: Settings) {
    const atMs = nowMs();
    const told = identityFrom(hints, atMs);
    const visit = { integration, keys: keys.ofBuyer(integration, hints, told), atMs };
    return { ...visit, identity: await allowed(settings, visit, told) };
  }

  /** Nothing that TikTok must not be told is kept; the statement itself is, so that the purchase respects it. */
  async function allowed(
    settings: Settings,
    { integration, keys: known }: { readonly integration: string; readonly keys: ReturnType<UserKeys['ofBuyer']> },
    told: Identity,
  ): Promise<Identity> {
    const stated = told.consent;
    if (usesIdentity(consentPolicy(settings, stated))) return told;
    // Who has not said anything today may have consented before.
    const before = stated === undefined || stated === 'unknown' ? (await users.identity(integration, known)).consent : stated;
    if (usesIdentity(consentPolicy(settings, before))) return told;
    return stated === undefined ? {} : { consent: stated };
  }

  return {
    async meet(integration, hints) {
      await users.meet(await visitOf(integration, hints, await settingsOf(integration)));
    },

    async mayReport(integration, { hints, purchaseType }) {
      const settings = await settingsOf(integration);
      let seen: BrowserCheckout = { purchase: null, place: 'free', consent: undefined };
      const { send, eventId } = await users.askForBrowser({
        ...(await visitOf(integration, hints, settings)),
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

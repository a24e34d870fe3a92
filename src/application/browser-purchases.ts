/** The browser's part: it sends what it knows of a visitor, and asks before it reports a purchase (docs/decisions/0010). */
import { compact } from '../domain/compact';
import type { PurchaseType } from '../domain/fact';
import type { Consent, Identity, IdentityHints, UserKey } from '../domain/identity';
import type { ConsentPolicy, Settings } from '../domain/settings';
import { consentPolicy } from '../domain/settings';
import type { UserKeys } from '../crypto/user-keys';
import type { UserTokens } from '../crypto/user-token';
import type { Heard, UserStore, VisitorStore } from '../store';
import type { Telemetry } from '../telemetry/events';
import { type BrowserProperties, browserProperties, identityFrom, type PageContents } from '../tiktok';

export interface BrowserPurchases {
  /**
   * Stores a visitor's data, as far as their consent allows. `hints` have a user id, an e-mail or a checkout id.
   * Resolves to true when consent allows to identify the visitor.
   */
  recordVisit(integration: string, visit: PageVisit): Promise<boolean>;
  /** Decides whether the browser may report a checkout as a purchase. If it may, the checkout holds the first purchase provisionally. */
  authorize(integration: string, ask: BrowserPurchaseRequest): Promise<BrowserPurchaseAnswer>;
}

/** What a page says. */
export interface PageVisit<Hints extends IdentityHints = IdentityHints> {
  readonly hints: Hints;
  /** Signed by the merchant's server, to prove the user id. */
  readonly userToken?: string | undefined;
}

export interface BrowserPurchaseRequest extends PageVisit<IdentityHints & { readonly checkoutId: string }> {
  readonly purchaseType: PurchaseType;
  /** What the page says is bought. */
  readonly contents?: PageContents | undefined;
}

export interface BrowserPurchaseAnswer {
  readonly send: boolean;
  /** The server's id and name for this purchase, so that TikTok deduplicates the two events. */
  readonly eventId: string;
  readonly eventName: string;
  /** What was bought and by whom, as TikTok is to be told; absent where nothing is to be reported, or the page states no contents. */
  readonly properties?: BrowserProperties;
}

export interface BrowserPurchasesDeps {
  readonly settings: (integration: string) => Promise<Settings>;
  readonly users: Pick<UserStore, 'identity'>;
  readonly visitors: Pick<VisitorStore, 'record' | 'authorizePurchase'>;
  readonly keys: Pick<UserKeys, 'ofBuyer' | 'caller'>;
  readonly tokens: UserTokens;
  readonly telemetry: Pick<Telemetry, 'usersJoined' | 'refusedByPage'>;
  readonly nowMs: () => number;
}

/** Makes the use cases of `/collect`. */
export function createBrowserPurchases(deps: BrowserPurchasesDeps): BrowserPurchases {
  const { settings: settingsOf, users, visitors, keys, tokens, telemetry, nowMs } = deps;

  async function visitOf(integration: string, { hints, userToken }: PageVisit, settings: Settings) {
    const atMs = nowMs();
    const identity = identityFrom(hints, atMs);
    const named = keys.ofBuyer(integration, hints, identity);
    const [userId = null, email = null, checkout = null] = (['user_id', 'email', 'checkout'] as const).map((kind) =>
      named.find((key) => key.kind === kind),
    );
    const { userId: clearId } = hints;
    const isUser = clearId !== undefined && userToken !== undefined && tokens.proves(integration, clearId, userToken, atMs);
    // A bare user id or e-mail counts for nothing where the settings ask for a token; a checkout may still be proven.
    const mayState = !settings.requireUserToken;
    const stated = isUser
      ? { userId: null, email: mayState ? email : null, checkout: null }
      : { userId: mayState ? userId : null, email: mayState ? email : null, checkout };
    const proven = isUser ? [userId, checkout].filter((key) => key !== null) : [];
    const consent = identity.consent;
    const mayIdentify = await isIdentified(settings, { integration, keys: proven }, consent);
    return {
      mayIdentify,
      visit: {
        ...{ integration, keys: proven, stated, atMs, checkoutId: hints.checkoutId ?? null },
        caller: keys.caller(integration, hints, userId ?? email),
        // The statement itself is kept in any case, so that the purchase respects it.
        identity: mayIdentify ? identity : compact<Identity>({ consent }),
      },
    };
  }

  /** Data that TikTok may not receive is not stored. */
  async function isIdentified(
    settings: Settings,
    visitor: { readonly integration: string; readonly keys: readonly UserKey[] },
    stated: Consent | undefined,
  ): Promise<boolean> {
    if (usesIdentity(consentPolicy(settings, stated))) return true;
    if (stated === 'denied' || visitor.keys.length === 0) return false;
    // The visitor may have consented before: only who proves to be that visitor is told by the answer.
    return usesIdentity(consentPolicy(settings, (await users.identity(visitor.integration, visitor.keys)).consent));
  }

  /** Counts what an operator has to see: users who turned out to be one, and refusals that nothing proves. */
  function count(integration: string, { consent }: Identity, { isProven, joined, evidence }: Heard): void {
    if (joined > 0) telemetry.usersJoined(integration, evidence, joined);
    if (consent === 'denied' && !isProven) telemetry.refusedByPage(integration);
  }

  return {
    async recordVisit(integration, page) {
      const { visit, mayIdentify } = await visitOf(integration, page, await settingsOf(integration));
      count(integration, visit.identity, await visitors.record(visit));
      return mayIdentify;
    },

    async authorize(integration, { purchaseType, contents, ...page }) {
      const settings = await settingsOf(integration);
      const { visit } = await visitOf(integration, page, settings);
      const request = { ...visit, checkoutId: page.hints.checkoutId, purchaseType, settings };
      const { send, eventId, eventName, customerType, ...heard } = await visitors.authorizePurchase(request);
      count(integration, visit.identity, heard);
      if (!send || !contents) return { send, eventId, eventName };
      const properties = browserProperties(contents, { products: settings.products, customerType });
      return { send, eventId, eventName, properties };
    },
  };
}

function usesIdentity(policy: ConsentPolicy): boolean {
  return policy === 'send' || policy === 'limited_data_use';
}

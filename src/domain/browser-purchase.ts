/** Whether the browser may report a checkout as a purchase: the same policy, limit and consent as on the server (product.md, section 3). */
import type { Phase, PurchaseType } from './fact';
import { isReportable } from './first-purchase';
import type { Consent } from './identity';
import { cellOf } from './policy';
import type { PurchaseRecord } from './purchase';
import type { Settings } from './settings';
import { consentPolicy } from './settings';

/** What is known of a checkout when the browser asks. */
export interface BrowserCheckout {
  /** The record of its order's first payment; null while no provider has told of one. */
  readonly purchase: PurchaseRecord | null;
  /** Who holds the user's first place: nobody, this checkout or its order, or another. */
  readonly place: 'free' | 'ours' | 'other';
  readonly consent: Consent | undefined;
}

export interface BrowserPurchase {
  readonly checkout: BrowserCheckout;
  /** As the page says it; what the provider says counts more. */
  readonly purchaseType: PurchaseType;
  readonly settings: Settings;
}

export function browserMaySend({ checkout, purchaseType: told, settings }: BrowserPurchase): boolean {
  const { purchase, place, consent } = checkout;
  // The server reports it when sending goes on; by then TikTok may have forgotten an event of today.
  if (settings.paused) return false;
  if (consentPolicy(settings, consent) === 'do_not_send') return false;
  if (purchase !== null && !isReportable(purchase)) return false;
  const purchaseType = isDecided(purchase) ? purchase.purchaseType : told;
  if (cellOf(settings.policy, purchaseType, firstPhaseOf(purchaseType))?.send !== true) return false;
  if (!settings.limitPurchaseEvents) return true;
  if (purchaseType === 'free_trial' && settings.limitFreeTrials === 'always') return true;
  return place !== 'other';
}

/** The name under which the browser reports it: the server's, since TikTok deduplicates by name. */
export function browserEventName({ checkout: { purchase }, purchaseType: told, settings }: BrowserPurchase): string {
  if (isDecided(purchase)) return purchase.eventName;
  return cellOf(settings.policy, told, firstPhaseOf(told))?.eventName ?? settings.eventName;
}

/** Until its workflow has decided (revision 0) a record only guesses, and the page knows better. */
function isDecided(purchase: PurchaseRecord | null): purchase is PurchaseRecord {
  return purchase !== null && purchase.revision > 0;
}

/** What a completed checkout starts. */
function firstPhaseOf(purchaseType: PurchaseType): Phase {
  return purchaseType === 'free_trial' || purchaseType === 'paid_trial' ? 'trial_start' : 'conversion';
}

/** Whether the browser may report a checkout as a purchase: the same policy, limit and consent as on the server (product.md, section 3). */
import type { CustomerType } from './customer-type';
import type { Phase, PurchaseType } from './fact';
import { isReportable } from './first-purchase';
import type { Consent } from './identity';
import { cellOf } from './policy';
import type { PurchaseRecord } from './purchase';
import type { Settings } from './settings';
import { consentPolicy } from './settings';

/** A checkout at the moment when the browser asks to report it. */
export interface BrowserCheckout {
  /** The record of its order's first payment; null while no provider has reported one. */
  readonly purchase: PurchaseRecord | null;
  /** The holder of the user's first purchase: `free` without one, `ours` for this checkout or its order, else `other`. */
  readonly holder: 'free' | 'ours' | 'other';
  readonly consent: Consent | undefined;
  /** A click id of the buyer is known. */
  readonly isAttributed: boolean;
}

/** The purchase as the page states it, and the settings that decide. */
export interface BrowserPurchase {
  /** As the page states it. The provider's statement counts more. */
  readonly purchaseType: PurchaseType;
  readonly settings: Settings;
}

export interface BrowserPurchaseDecision {
  readonly send: boolean;
  /** The name that the server uses too, since TikTok deduplicates by name and id. */
  readonly eventName: string;
  /** As the server says it of the order's first phase. */
  readonly customerType: CustomerType;
}

/** Decides whether the browser may report a checkout as a purchase, and under which name. */
export function decideBrowserPurchase(checkout: BrowserCheckout, page: BrowserPurchase): BrowserPurchaseDecision {
  const { settings } = page;
  const decided = isDecided(checkout.purchase) ? checkout.purchase : null;
  const purchaseType = decided?.purchaseType ?? page.purchaseType;
  const cell = cellOf(settings.policy, purchaseType, firstPhaseOf(purchaseType));
  return {
    // What is held may never be sent.
    send: cell?.send === true && !cell.hold && maySend(checkout, { purchaseType, settings }),
    eventName: decided?.eventName ?? cell?.eventName ?? settings.eventName,
    customerType: checkout.holder === 'other' ? 'returning' : 'new',
  };
}

function maySend(
  { purchase, holder, consent, isAttributed }: BrowserCheckout,
  { purchaseType, settings }: BrowserPurchase,
): boolean {
  // The server reports it once sends go on. By then TikTok may no longer deduplicate it with an event of today.
  if (settings.paused) return false;
  if (consentPolicy(settings, consent) === 'do_not_send') return false;
  if (settings.attributedOnly && !isAttributed) return false;
  if (purchase !== null && !isReportable(purchase)) return false;
  if (!settings.limitPurchaseEvents) return true;
  if (purchaseType === 'free_trial' && settings.limitFreeTrials === 'always') return true;
  return holder !== 'other';
}

/** A record of revision 0 is the adapter's guess. The page knows better until the workflow has decided. */
function isDecided(purchase: PurchaseRecord | null): purchase is PurchaseRecord {
  return purchase !== null && purchase.revision > 0;
}

/** The phase that a completed checkout starts. */
function firstPhaseOf(purchaseType: PurchaseType): Phase {
  return purchaseType === 'free_trial' || purchaseType === 'paid_trial' ? 'trial_start' : 'conversion';
}

/** The script that the relay serves as `/pixel.js`, as a page sees it: `window.ttr`. */

export type Consent = 'granted' | 'denied' | 'unknown';

export type PurchaseType = 'subscription' | 'free_trial' | 'paid_trial' | 'lifetime';

/** Each optional, and each as the visitor wrote it: the script hashes for TikTok, and only your own service gets it in clear. */
export interface Person {
  /** Your own id of the user, the same that the payment provider gets. */
  readonly userId?: string | number | null | undefined;
  readonly email?: string | null | undefined;
  /** With its country code (`+49 …`), or TikTok's pixel does not get it. */
  readonly phone?: string | null | undefined;
}

export interface Content {
  readonly content_id?: string;
  readonly content_name?: string;
  readonly content_category?: string;
  readonly price?: number;
  readonly quantity?: number;
  readonly brand?: string;
}

/** The parameters of a checkout that TikTok receives. Other keys are dropped. */
export interface CheckoutParams {
  readonly value?: number | string | undefined;
  /** ISO 4217: `USD`. */
  readonly currency?: string | undefined;
  readonly contents?: readonly Content[] | undefined;
  readonly content_type?: 'product' | 'product_group' | undefined;
  readonly description?: string | undefined;
  /** For the purchase that comes of it, where that does not state its own. */
  readonly purchaseType?: PurchaseType | undefined;
}

export interface PurchaseParams extends CheckoutParams {
  /** By default the checkout that is going on. */
  readonly checkoutId?: string | undefined;
}

/** Flat strings, for the payment provider's metadata or custom data. */
export interface Metadata {
  readonly checkout_id: string;
  readonly user_id?: string;
  readonly consent?: Consent;
}

/** No call ever throws, and no promise is ever rejected. */
export interface TikTokPurchaseRelay {
  /** Who it is, as far as you know. What is left out stays as it was. */
  identify(person: Person): void;
  /** What the visitor said, at any time; the latest counts, also on the next pages. */
  consent(stated: Consent): void;
  /** A screen with a checkout was opened. */
  checkoutPresented(params?: CheckoutParams): void;
  /** The checkout was seen. Reported once per session. */
  initiateCheckout(params?: CheckoutParams): void;
  /** A screen with sign-in or e-mail input was completed. */
  completeRegistration(person?: Person): void;
  /** A checkout was completed. Reported once per checkout, if the server allows it; says whether it was. */
  completePayment(params?: PurchaseParams): Promise<boolean>;
  /** Await it: until the script has loaded it is a promise. */
  metadata(): Metadata | Promise<Metadata>;
  /** Begins another checkout, and gives its id. Without it a new one begins when a checkout opens after a completed one. */
  newCheckout(): string | Promise<string>;
}

declare global {
  interface Window {
    ttr: TikTokPurchaseRelay;
  }
  const ttr: TikTokPurchaseRelay;
}

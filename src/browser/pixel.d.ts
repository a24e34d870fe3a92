/** The public API of `/pixel.js`: `window.ttr`. */

export type Consent = 'granted' | 'denied' | 'unknown';

export type PurchaseType = 'subscription' | 'free_trial' | 'paid_trial' | 'lifetime';

/** Every field is optional and taken as the visitor wrote it. The script hashes it for TikTok; only your own service gets it in clear. */
export interface Person {
  /** Your own id of the user, the same that you pass to the payment provider. */
  readonly userId?: string | number | null | undefined;
  /** Proves the user id: signed by your server, `<expiry>.<signature>`. Not kept for the next page. */
  readonly userToken?: string | null | undefined;
  readonly email?: string | null | undefined;
  /** With its country code (`+49 …`); TikTok's pixel gets no number without one. */
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
  /** A number, or an amount as the page shows it: `19.99`, `19,99`, `1.299,00`, `$19.99`, `19.99 USD`. Left out where it is in doubt. */
  readonly value?: number | string | undefined;
  /** ISO 4217: `USD`. Left out together with a value that cannot be read. */
  readonly currency?: string | undefined;
  /** What is bought, with the ids that the payment provider has. Of a purchase the service says what TikTok is told of them. */
  readonly contents?: readonly Content[] | undefined;
  readonly content_type?: 'product' | 'product_group' | undefined;
  readonly description?: string | undefined;
  /** The default for the purchase of this checkout. */
  readonly purchaseType?: PurchaseType | undefined;
}

export interface PurchaseParams extends CheckoutParams {
  /** Default: the current checkout. A number is taken as its text. */
  readonly checkoutId?: string | number | undefined;
}

/** Flat strings for the payment provider's metadata or custom data. */
export interface Metadata {
  readonly checkout_id: string;
  readonly user_id?: string;
  readonly consent?: Consent;
}

/** No call throws, and no promise rejects. */
export interface TikTokPurchaseRelay {
  /** Sets the given fields of the visitor's identity; the others stay. */
  identify(person: Person): void;
  /** Sets the visitor's consent, at any time. The latest value counts, also on the next pages. */
  consent(stated: Consent): void;
  /** Call it when a screen with a checkout opens. */
  checkoutPresented(params?: CheckoutParams): void;
  /** Call it when the checkout is visible. Fires once per session. */
  initiateCheckout(params?: CheckoutParams): void;
  /** Call it when the visitor has completed a screen with sign-in or e-mail input. */
  completeRegistration(person?: Person): void;
  /** Call it when a checkout is completed. Fires once per checkout, if the server allows it. Resolves to true if it fired. */
  completePayment(params?: PurchaseParams): Promise<boolean>;
  /** Await the result: it is a promise until the script has loaded. */
  metadata(): Metadata | Promise<Metadata>;
  /** Begins a new checkout and returns its id. A new one also begins when a checkout opens after a completed one. */
  newCheckout(): string | Promise<string>;
}

declare global {
  interface Window {
    ttr: TikTokPurchaseRelay;
  }
  const ttr: TikTokPurchaseRelay;
}

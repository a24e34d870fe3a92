/** Checkouts by their id, which the merchant hands to the payment provider: the browser's purchase and the server's are one by it. */
import { on } from './guard';
import { mark, uuid } from './random';
import { keep, kept } from './storage';

/** The one that is going on, also after a way to PayPal and back. */
export const checkoutId = (): string => kept().checkout ?? newCheckout();

export function newCheckout(): string {
  const checkout = uuid();
  keep({ checkout, purchaseType: undefined });
  return checkout;
}

/** A checkout is on the screen: after a completed one it is another. */
export function openCheckout(purchaseType: string | undefined): void {
  cameBackTo = '';
  if (isCompleted(checkoutId())) newCheckout();
  if (purchaseType) keep({ purchaseType });
}

export const isCompleted = (id: string | number): boolean => !!kept().completed?.includes(id);

/** With the page that said so, since a page is not about the checkout that is going on now when it is opened again. */
export function complete(id: string): void {
  const { completed = [] } = kept();
  keep({ completed: [id, mark(location.href), ...completed].slice(0, 40) });
}

/** True when this page reported its checkout before, and was reached by reloading, or by going back or forward. */
export const isToldAgain = (): boolean => location.href === cameBackTo && isCompleted(mark(cameBackTo));

let cameBackTo = '';

export function watchHistory(): void {
  const onReturn = ({ persisted }: Partial<PageTransitionEvent>) => {
    // A page that is opened for the first time is shown too.
    if (persisted !== false) cameBackTo = location.href;
  };
  // Deprecated, and everywhere: 1 is a page reloaded, 2 is one gone back or forward to.
  onReturn({ persisted: !!performance.navigation?.type });
  on('popstate', onReturn);
  on('pageshow', onReturn);
}

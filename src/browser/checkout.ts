/** Checkouts and their ids. The merchant passes the id to the payment provider, so the browser's and the server's purchase share it. */
import { on } from './guard';
import { mark, uuid } from './random';
import { keep, kept } from './storage';

/** The id of the current checkout. It survives a redirect to PayPal and back. */
export const checkoutId = (): string => kept().checkout ?? newCheckout();

export function newCheckout(): string {
  const checkout = uuid();
  keep({ checkout, purchaseType: undefined });
  return checkout;
}

/** Called when a checkout is rendered. After a completed checkout a new one begins. */
export function openCheckout(purchaseType: string | undefined): void {
  cameBackTo = '';
  if (isCompleted(checkoutId())) newCheckout();
  if (purchaseType) keep({ purchaseType });
}

export const isCompleted = (id: string | number): boolean => !!kept().completed?.includes(id);

/** Marks the checkout as completed, and this page too: if the page is opened again, it does not report the current checkout. */
export function complete(id: string): void {
  const { completed = [] } = kept();
  keep({ completed: [id, mark(location.href), ...completed].slice(0, 40) });
}

/** True when this page was reached by reloading or by going back or forward, and reported its checkout before. */
export const isReportedAgain = (): boolean => location.href === cameBackTo && isCompleted(mark(cameBackTo));

let cameBackTo = '';

export function watchHistory(): void {
  const onReturn = ({ persisted }: Partial<PageTransitionEvent>) => {
    // `pageshow` also fires when a page is opened for the first time.
    if (persisted !== false) cameBackTo = location.href;
  };
  // Deprecated, but every browser has it. 1: reloaded; 2: reached by going back or forward.
  onReturn({ persisted: !!performance.navigation?.type });
  on('popstate', onReturn);
  on('pageshow', onReturn);
}

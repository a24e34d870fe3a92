/** Fires the events that a page states by attributes, when elements are rendered or visible and forms are submitted. */
import { checkoutPresented, completePayment, completeRegistration, initiateCheckout } from './events';
import { guarded, on } from './guard';
import { contact, emailIn, hashed } from './identity';
import { moneyOf } from './money';
import type { PurchaseParams } from './pixel';

const checkout = '[data-tt-checkout]';
const purchase = '[data-tt-purchase]';

export function watchElements(): void {
  const shown = new IntersectionObserver(guarded(onRendered), { rootMargin: '99999px' });
  const seen = new IntersectionObserver(guarded(onSeen), { threshold: [0, 0.02, 0.05, 0.1, 0.2, 0.5] });
  const scan = guarded((changes?: MutationRecord[]) => {
    for (const element of elements(`${checkout},${purchase}`)) {
      // A second call changes nothing.
      shown.observe(element);
      seen.observe(element);
    }
    // The intersection observers do not report an element whose attributes change.
    if (changes?.some(({ attributeName }) => attributeName)) onRendered();
  });
  new MutationObserver(scan).observe(document, {
    subtree: true,
    childList: true,
    attributeFilter: ['data-tt-checkout', 'data-tt-purchase'],
  });
  scan();
  // The page comes back from the back/forward cache.
  on<PageTransitionEvent>('pageshow', ({ persisted }) => {
    if (persisted) {
      before = {};
      onRendered();
    }
  });
}

const elements = (kind: string) => [...document.querySelectorAll<HTMLElement>(kind)];

/** The rendered elements at the last look, and the address then. */
let before: Record<string, HTMLElement[]> = {};
let address = '';

function onRendered(): void {
  const isSame = address === location.href;
  address = location.href;
  for (const kind of [purchase, checkout]) {
    const last = before[kind] ?? [];
    const known = isSame ? last.map(look) : [];
    for (const element of (before[kind] = elements(kind).filter((element) => element.getClientRects().length)))
      if (!last.includes(element) && !known.includes(look(element)))
        void (kind === purchase ? completePayment : checkoutPresented)(paramsOf(element));
  }
}

const look = ({ dataset }: HTMLElement): string => JSON.stringify(dataset);

function onSeen(entries: IntersectionObserverEntry[]): void {
  // A visible checkout was presented first, in whichever order the browser runs the observers.
  onRendered();
  for (const { target, intersectionRatio, intersectionRect } of entries) {
    const isInView = intersectionRatio >= 0.5 || intersectionRect.height >= innerHeight / 2;
    if (isInView && target.matches(checkout)) initiateCheckout(paramsOf(target as HTMLElement));
  }
}

/** Undefined where it is no JSON: the purchase is reported all the same. */
const parsed = guarded((json: string): unknown => JSON.parse(json));

const paramsOf = ({ dataset: data }: HTMLElement): PurchaseParams =>
  ({
    checkoutId: data.ttCheckoutId,
    purchaseType: data.ttPurchase || data.ttCheckout,
    value: data.ttValue,
    currency: data.ttCurrency,
    contents: data.ttContents
      ? parsed(data.ttContents)
      : data.ttContentId && [
          {
            content_id: data.ttContentId,
            content_name: data.ttContentName,
            quantity: +data.ttQuantity! || undefined,
            price: moneyOf({ value: data.ttPrice, currency: data.ttCurrency }).value,
          },
        ],
  }) as unknown as PurchaseParams;

/** Listens in the capture phase: a page's own handler often stops the event later, or leaves the page. */
export function watchForms(): void {
  const onForm = (type: string, does: (form: HTMLFormElement) => void) =>
    on(type, ({ target }) => {
      const form = (target as Element).closest('form');
      if (form?.closest('[data-tt-registration]')) does(form);
    });
  const sent = new WeakMap<HTMLFormElement, string>();
  // Hashes early, because the page may be left as soon as the form is submitted.
  onForm('input', (form) => void hashed(personIn(form)));
  onForm('submit', (form) => {
    const who = personIn(form);
    const content = JSON.stringify(who);
    if (!form.matches(':valid') || sent.get(form) === content) return;
    sent.set(form, content);
    completeRegistration(who);
  });
}

function personIn(form: HTMLFormElement) {
  const valueOf = (selector: string) => form.querySelector<HTMLInputElement>(selector)?.value;
  return {
    email: emailIn(valueOf('[type=email],[autocomplete*=email],[name*=mail i]')),
    phone: contact(valueOf('[type=tel],[autocomplete^=tel],[name*=phone i]')),
  };
}

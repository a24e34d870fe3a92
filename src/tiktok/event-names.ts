/**
 * One name for what TikTok calls by several: the name of the Events API (`CompletePayment`), the one it was renamed to (`Purchase`), and the
 * name of the Ads Manager, in which `/pixel/event/stats/` counts (`SHOPPING`).
 */

/** The Ads Manager's names of web events that do not follow from the event's own. Read from github bububa/tiktok-business
 * `enum/optimization_event.go` @051f6c0, which copies TikTok's page of pixel event types. */
const adsManagerNames: Readonly<Record<string, string>> = {
  SHOPPING: 'Purchase',
  ORDER: 'PlaceAnOrder',
  ADDBILLING: 'AddPaymentInfo',
  CART: 'AddToCart',
  DETAIL: 'ViewContent',
  REGISTER: 'CompleteRegistration',
  INITIATEORDER: 'InitiateCheckout',
  DOWNLOADSTART: 'Download',
  CONSULT: 'Contact',
  BUTTON: 'ClickButton',
  FORM: 'Lead',
  PAGEVIEW: 'Pageview',
};

/** TikTok renamed two of them and converts the old names. https://ads.tiktok.com/help/article/how-to-adopt-tiktoks-updated-standard-events */
const renamed: Readonly<Record<string, string>> = { CompletePayment: 'Purchase', SubmitForm: 'Lead' };

const standardEvents = [
  ...['AddPaymentInfo', 'AddToCart', 'AddToWishlist', 'ApplicationApproval', 'ClickButton', 'CompletePayment'],
  ...['CompleteRegistration', 'Contact', 'CustomizeProduct', 'Download', 'FindLocation', 'InitiateCheckout', 'Lead', 'Pageview'],
  ...[
    'PlaceAnOrder',
    'Purchase',
    'Schedule',
    'Search',
    'StartTrial',
    'SubmitApplication',
    'SubmitForm',
    'Subscribe',
    'ViewContent',
  ],
];
const byForm = new Map(standardEvents.map((name) => [formOf(name), name]));

/** The name under which an event of ours is compared: `Purchase` for `CompletePayment`; a custom name as it is. */
export function comparedName(eventName: string): string {
  return Object.hasOwn(renamed, eventName) ? (renamed[eventName] ?? eventName) : eventName;
}

/**
 * The name of a standard event as TikTok's count writes it (`SHOPPING`, `ON_WEB_SUBSCRIBE`, `COMPLETE_PAYMENT`, `CompletePayment`); null for
 * one that is none of those known here.
 */
export function standardName(type: string): string | null {
  const form = formOf(type);
  const name = Object.hasOwn(adsManagerNames, form) ? adsManagerNames[form] : byForm.get(form);
  return name === undefined ? null : comparedName(name);
}

/** `ON_WEB_ADD_TO_WISHLIST` → `ADDTOWISHLIST` */
function formOf(name: string): string {
  return name
    .toUpperCase()
    .replace(/^ON_WEB_/, '')
    .replace(/[^A-Z]/g, '');
}

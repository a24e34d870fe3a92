/**
 * TikTok's documented rules for events of the pixel. They are written from TikTok's documents and not from our script, so that the two
 * check each other: refused events, warnings, and the visitor's identity.
 */
import { isTikTokCurrency } from '../../src/tiktok/currencies';
import { fieldsOf, type Fields } from './fields';

export interface PixelVerdict {
  readonly refusal: string | null;
  readonly warnings: readonly string[];
}

/** `body` is what the pixel's script posts. */
export function judgePixelEvent(body: unknown): PixelVerdict {
  const event = fieldsOf(body);
  for (const name of ['pixelCode', 'event'] as const) {
    if (typeof event[name] !== 'string' || event[name] === '') return { refusal: `${name}: missing`, warnings: [] };
  }
  const warnings: string[] = [];
  const warn = (warning: string): void => void warnings.push(warning);
  judgeEventId(event, warn);
  judgeProperties(fieldsOf(event.properties), warn);
  judgeUser(fieldsOf(event.user), warn);
  judgeAddresses(event, warn);
  if (typeof event.ttclid === 'string' && event.ttclid.length > 1_000) warn('ttclid: longer than 1000 characters');
  return { refusal: null, warnings };
}

/** The visitor with the Events API's field names: from `identify`, the pixel's cookies, and the request itself. */
export function visitorOf(
  body: Fields,
  connection: { readonly ip: string | undefined; readonly userAgent: string | undefined },
): Fields {
  const user = fieldsOf(body.user);
  const known = {
    ...Object.fromEntries(plainUserFields.map((name) => [name, user[name]])),
    email: user.email ?? user.sha256_email,
    phone: user.phone_number ?? user.sha256_phone_number,
    external_id: user.external_id,
    ttclid: body.ttclid,
    ttp: body.ttp,
    ip: connection.ip,
    user_agent: connection.userAgent,
  };
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined && value !== null && value !== ''));
}

type Warn = (warning: string) => void;

const hashedUserFields = ['email', 'phone_number', 'external_id', 'sha256_email', 'sha256_phone_number'];
const plainUserFields = ['first_name', 'last_name', 'city', 'state', 'country', 'zip_code'];

/** TikTok's script would hash raw values, but other scripts of the page could read them. */
function judgeUser(user: Fields, warn: Warn): void {
  for (const [name, value] of Object.entries(user)) {
    if (name === 'phone') warn('identify: phone is not known in the browser, there it is phone_number');
    else if (!hashedUserFields.includes(name) && !plainUserFields.includes(name))
      warn(`identify: ${name} is not a known field, ignored`);
    else if (value === '' || value === null) warn(`identify: ${name} is empty`);
    if ((name === 'phone' || hashedUserFields.includes(name)) && value !== '' && value !== null && !isHash(value)) {
      warn(`identify: ${name} is not a SHA-256 hash in lower-case hex`);
    }
  }
}

/** The pixel sends page addresses as they are; a form with method="get" puts typed values into one. */
function judgeAddresses(event: Fields, warn: Warn): void {
  for (const name of ['url', 'referrer'] as const) {
    const kind = personalPartOf(event[name]);
    if (kind !== null) warn(`${name}: holds something like ${kind} in clear; send the form with method="post"`);
  }
}

function personalPartOf(address: unknown): string | null {
  if (typeof address !== 'string' || !URL.canParse(address)) return null;
  const { pathname, searchParams, hash } = new URL(address);
  const texts = [decoded(pathname), decoded(hash), ...searchParams.values()];
  if (texts.some((text) => /[^\s@/=&]@[^\s@/=&]+\.[a-z]{2,}/i.test(text))) return 'an e-mail address';
  const phones = [...searchParams].filter(([name, value]) => /phone|tel|mobile/i.test(name) || /^\s*\+/.test(value));
  return phones.some(([, value]) => /^[\s+\d().-]{7,20}$/.test(value) && value.replace(/\D/g, '').length >= 7)
    ? 'a phone number'
    : null;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a stray % is no escape
  }
}

function isHash(value: unknown): boolean {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

/** Events that a server reports too. https://ads.tiktok.com/help/article/supported-standard-events */
const purchaseEvents = ['CompletePayment', 'Purchase', 'PlaceAnOrder', 'Subscribe', 'StartTrial'];

function judgeEventId({ event, event_id: eventId, properties }: Fields, warn: Warn): void {
  if (fieldsOf(properties).event_id !== undefined)
    warn('properties.event_id: a mere property; the event_id is the third argument of track');
  if (eventId === undefined || eventId === null || eventId === '') {
    if (typeof event === 'string' && purchaseEvents.includes(event))
      warn('event_id: missing, the purchase cannot be deduplicated');
  } else if (typeof eventId !== 'string') warn('event_id: not a string');
}

function judgeProperties({ value, currency, contents, content_ids: ids, num_items: count, ...more }: Fields, warn: Warn): void {
  if ((value === undefined) !== (currency === undefined)) warn('properties: value and currency come together');
  if (value !== undefined && (typeof value !== 'number' || !Number.isFinite(value) || value < 0))
    warn('properties.value: not an amount');
  if (currency !== undefined && !(typeof currency === 'string' && isTikTokCurrency(currency))) {
    warn('properties.currency: not a supported currency');
  }
  judgeContents(contents, warn);
  if (ids !== undefined && !(Array.isArray(ids) && ids.length > 0 && ids.every((id) => typeof id === 'string')))
    warn('properties.content_ids: not a list of texts');
  if (count !== undefined && !Number.isInteger(count)) warn('properties.num_items: not a whole number');
  if (more.customer_type !== undefined && more.customer_type !== 'new' && more.customer_type !== 'returning')
    warn('properties.customer_type: neither new nor returning');
  if (more.predicted_ltv !== undefined && typeof more.predicted_ltv !== 'number') warn('properties.predicted_ltv: not a number');
}

/** As of the Events API: `content_id` is a text, `price` a number. */
function judgeContents(contents: unknown, warn: Warn): void {
  if (contents === undefined) return;
  if (!Array.isArray(contents) || contents.length === 0) return warn('properties.contents: not a list with entries');
  for (const entry of contents.map(fieldsOf)) {
    if (typeof entry.content_id !== 'string' || entry.content_id === '') warn('properties.contents: an entry has no content_id');
    if (entry.price !== undefined && (typeof entry.price !== 'number' || entry.price < 0))
      warn('properties.contents: a price is no amount');
    if (entry.quantity !== undefined && !Number.isInteger(entry.quantity))
      warn('properties.contents: a quantity is no whole number');
  }
}

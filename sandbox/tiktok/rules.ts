/**
 * TikTok's documented rules for requests to `/event/track/`. They are written from the documents and not from our own output schema,
 * so that the two check each other. https://business-api.tiktok.com/portal/docs?id=1771101303285761
 */
import { isIP } from 'node:net';
import { isTikTokCurrency } from '../../src/tiktok/currencies';

/** A request's errors in TikTok's form; TikTok accepts `warnings` with code 0. */
export interface Verdict {
  readonly refusal: { readonly code: number; readonly message: string } | null;
  readonly warnings: readonly string[];
}

/** One bad event fails the whole request, and the message names the first one. */
export function judge(body: unknown): Verdict {
  const warnings: string[] = [];
  try {
    judgeRequest(body, (warning) => warnings.push(warning));
    return { refusal: null, warnings };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { refusal: { code: error.code, message: error.message }, warnings };
  }
}

class Refusal extends Error {
  constructor(
    message: string,
    readonly code: 40002 | 40062 = 40002,
  ) {
    super(message);
  }
}

type Warn = (warning: string) => void;
type Fields = Readonly<Record<string, unknown>>;

function judgeRequest(body: unknown, warn: Warn): void {
  const root = object(body, 'body');
  knownFields(root, '', ['event_source', 'event_source_id', 'data', 'test_event_code', 'partner_name'], warn);
  if (root.event_source !== 'web') throw new Refusal('event_source: must be web');
  requiredText(root, 'event_source_id', '');
  optionalText(root, 'test_event_code', '', warn);
  const { data } = root;
  if (!Array.isArray(data) || data.length === 0) throw new Refusal('data: missing data for required field');
  if (data.length > 1_000) throw new Refusal('data: length must be between 1 and 1000');
  data.forEach((event: unknown, index) => judgeEvent(object(event, `data.${index}`), `data.${index}.`, warn));
}

function judgeEvent(event: Fields, at: string, warn: Warn): void {
  const known = ['event', 'event_time', 'event_id', 'user', 'page', 'properties', 'ad', 'limited_data_use', 'lead'];
  knownFields(event, at, known, warn);
  requiredText(event, 'event', at);
  judgeTime(event.event_time, `${at}event_time`);
  optionalText(event, 'event_id', at, warn);
  if (event.event_id === undefined) warn(`${at}event_id: missing, the event cannot be deduplicated`);
  const user = object(event.user, `${at}user`);
  judgeUser(user, `${at}user.`, warn);
  const page = object(event.page, `${at}page`);
  judgePage(page, `${at}page.`, warn);
  if (event.properties !== undefined) judgeProperties(object(event.properties, `${at}properties`), `${at}properties.`, warn);
  judgeLimitedDataUse(event.limited_data_use, user, at);
}

/** Unix seconds. A time in milliseconds has 13 digits. */
function judgeTime(time: unknown, at: string): void {
  if (time === undefined) throw new Refusal(`${at}: missing data for required field`);
  if (typeof time !== 'number' || !Number.isInteger(time)) throw new Refusal(`${at}: must be an integer, Unix time in seconds`);
  if (time < 1_000_000_000 || time > 9_999_999_999) throw new Refusal(`${at}: must be a Unix time in seconds`);
}

const hashedFields = ['email', 'phone', 'external_id', 'first_name', 'last_name', 'zip_code'];
const plainUserFields = ['city', 'state', 'country', 'ttclid', 'ttp', 'ip', 'user_agent', 'locale'];
const hashOfNothing = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

function judgeUser(user: Fields, at: string, warn: Warn): void {
  knownFields(user, at, [...hashedFields, ...plainUserFields], warn);
  for (const name of hashedFields) judgeHashes(user[name], `${at}${name}`, warn);
  for (const name of plainUserFields) optionalText(user, name, at, warn);
  const { ttclid, ip } = user;
  if (typeof ttclid === 'string' && ttclid.length > 1_000) throw new Refusal(`${at}ttclid: longer than maximum length 1000`);
  if (typeof ip === 'string' && ip !== '' && isIP(ip) === 0) throw new Refusal(`${at}ip: not a valid IP address`);
  if (typeof ip === 'string' && /^(10\.|127\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|::1$|f[cde])/i.test(ip)) {
    warn(`${at}ip: not a public address`);
  }
}

/** One hash or several; names and zip codes have one. */
function judgeHashes(value: unknown, at: string, warn: Warn): void {
  if (value === undefined) return;
  const isMany = Array.isArray(value) && /\.(email|phone|external_id)$/.test(at);
  const hashes: unknown[] = isMany ? (value as unknown[]) : [value];
  for (const hash of hashes) {
    if (typeof hash !== 'string') throw new Refusal(`${at}: must be a string`);
    if (!/^[0-9a-f]{64}$/.test(hash)) throw new Refusal(`${at}: must be hashed`, 40062);
    if (hash === hashOfNothing) warn(`${at}: the hash of an empty value`);
  }
}

function judgePage(page: Fields, at: string, warn: Warn): void {
  knownFields(page, at, ['url', 'referrer'], warn);
  requiredText(page, 'url', at);
  optionalText(page, 'referrer', at, warn);
  for (const name of ['url', 'referrer']) {
    const url = page[name];
    if (typeof url === 'string' && url !== '' && !/^https?:\/\/[^/\s]+/i.test(url))
      throw new Refusal(`${at}${name}: not a valid URL`);
  }
}

const propertyTexts = ['content_type', 'currency', 'search_string', 'description', 'order_id', 'shop_id', 'customer_type'];

function judgeProperties(properties: Fields, at: string, warn: Warn): void {
  knownFields(properties, at, [...propertyTexts, 'content_ids', 'contents', 'value', 'num_items', 'predicted_ltv'], warn);
  for (const name of propertyTexts) optionalText(properties, name, at, warn);
  const { value, currency, content_type: contentType, content_ids: contentIds, contents, num_items: numItems } = properties;
  if (value !== undefined) amount(value, `${at}value`);
  if (properties.predicted_ltv !== undefined) amount(properties.predicted_ltv, `${at}predicted_ltv`);
  if (typeof currency === 'string' && !isTikTokCurrency(currency)) throw new Refusal(`${at}currency: not a supported currency`);
  if ((value === undefined) !== (currency === undefined)) warn(`${at}: value and currency come together`);
  if (contentType !== undefined && contentType !== 'product' && contentType !== 'product_group') {
    throw new Refusal(`${at}content_type: must be one of product, product_group`);
  }
  if (numItems !== undefined && !Number.isInteger(numItems)) throw new Refusal(`${at}num_items: must be an integer`);
  if (properties.customer_type !== undefined && !['new', 'returning'].includes(properties.customer_type as string)) {
    throw new Refusal(`${at}customer_type: must be one of new, returning`);
  }
  if (contentIds !== undefined && !(Array.isArray(contentIds) && contentIds.every((id) => typeof id === 'string'))) {
    throw new Refusal(`${at}content_ids: must be a list of strings`);
  }
  if (contents === undefined) return;
  if (!Array.isArray(contents)) throw new Refusal(`${at}contents: must be a list`);
  if (contents.length === 0) warn(`${at}contents: empty`);
  contents.forEach((content, index) => judgeContent(object(content, `${at}contents.${index}`), `${at}contents.${index}.`, warn));
}

function judgeContent(content: Fields, at: string, warn: Warn): void {
  const texts = ['content_id', 'content_category', 'content_name', 'brand'];
  knownFields(content, at, [...texts, 'price', 'quantity'], warn);
  for (const name of texts) optionalText(content, name, at, warn);
  if (content.price !== undefined) amount(content.price, `${at}price`);
  if (content.quantity !== undefined && !Number.isInteger(content.quantity))
    throw new Refusal(`${at}quantity: must be an integer`);
}

/** https://business-api.tiktok.com/portal/docs?id=1771101204435970 */
function judgeLimitedDataUse(flag: unknown, user: Fields, at: string): void {
  if (flag !== undefined && typeof flag !== 'boolean') throw new Refusal(`${at}limited_data_use: must be a boolean`);
  if (flag === true && user.ip === undefined) throw new Refusal(`${at}user.ip: required with limited_data_use`);
}

function object(value: unknown, at: string): Fields {
  if (value === undefined) throw new Refusal(`${at}: missing data for required field`);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Refusal(`${at}: must be an object`);
  return value as Fields;
}

function knownFields(value: Fields, at: string, names: readonly string[], warn: Warn): void {
  for (const name of Object.keys(value)) {
    if (!names.includes(name)) warn(`${at}${name}: not a known field, ignored`);
  }
}

function requiredText(value: Fields, name: string, at: string): void {
  const text = value[name];
  if (text === undefined || text === '') throw new Refusal(`${at}${name}: missing data for required field`);
  if (typeof text !== 'string') throw new Refusal(`${at}${name}: must be a string`);
}

function optionalText(value: Fields, name: string, at: string, warn: Warn): void {
  const text = value[name];
  if (text === undefined) return;
  if (typeof text !== 'string') throw new Refusal(`${at}${name}: must be a string`);
  if (text === '') warn(`${at}${name}: empty`);
}

function amount(value: unknown, at: string): void {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new Refusal(`${at}: must be a number`);
  if (value < 0) throw new Refusal(`${at}: must not be negative`);
}

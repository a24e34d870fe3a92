/**
 * Normalises, validates and hashes the user data by which TikTok matches a buyer. Invalid values are left out.
 * Every rule is TikTok's unless its comment says otherwise: https://business-api.tiktok.com/portal/docs?id=1771101303285761
 */
import { createHash } from 'node:crypto';
import { BlockList } from 'node:net';
import { parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js';
import { emailAddress, isSha256, phoneText } from '../domain/contact';
import { maxLengths, usableHint } from '../domain/hints';
import type { Identity, IdentityHints } from '../domain/identity';
import { ipAddress } from '../domain/ip-address';
import { compact } from '../domain/compact';
import { identifier } from '../domain/text';
import { clickIdOf, publicPageUrl } from './page-url';

/**
 * The identity that TikTok may see, from raw hints. Invalid values are left out, valid ones kept. `atMs` (Unix milliseconds) is the
 * time of the click, if the hints contain a click id. `defaultCountry` makes national phone numbers readable.
 */
export function identityFrom(hints: IdentityHints, atMs: number, defaultCountry?: CountryCode): Identity {
  const ttclid = validTtclid(hints.ttclid) ?? validTtclid(clickIdOf(hints.pageUrl));
  return compact<Identity>({
    emailSha256: hashedEmail(hints.email),
    phoneSha256: hashedPhone(hints.phone, defaultCountry),
    externalIdSha256: hashedExternalId(hints.userId),
    ttclid,
    clickAtMs: ttclid === undefined ? undefined : atMs,
    ttp: usableHint('ttp', hints.ttp),
    ip: publicIp(hints.ip),
    userAgent: usableHint('userAgent', hints.userAgent),
    pageUrl: publicPageUrl(hints.pageUrl),
    referrer: publicPageUrl(hints.referrer),
    locale: validLocale(hints.locale),
    consent: usableHint('consent', hints.consent),
  });
}

/**
 * One spelling (src/domain/contact.ts), lower case, SHA-256. Dots and plus tags of Gmail stay: TikTok's server documentation does not
 * ask to strip them.
 * https://business-api.tiktok.com/portal/docs?id=1771101303285761 (`user.email`)
 */
export function hashedEmail(raw: string | undefined): string | undefined {
  const email = emailAddress(raw);
  return email === undefined || isSha256(email) ? email : sha256(email);
}

/**
 * E.164 with its `+`, SHA-256. A number without country code is dropped unless `defaultCountry` is given: a national number with a
 * `+` in front would be another person's number.
 * https://business-api.tiktok.com/portal/docs?id=1771101303285761 (`user.phone`, which names libphonenumber-js)
 */
export function hashedPhone(raw: string | undefined, defaultCountry?: CountryCode): string | undefined {
  const text = phoneText(raw);
  if (text === undefined || isSha256(text)) return text?.toLowerCase();
  if (text.length > 40) return undefined;
  // TikTok's own example is `(+1)2133734253`, a spelling that libphonenumber does not take for a number.
  const unbracketed = text.replace(/^\((\+\d+)\)/, '$1 ');
  const international = defaultCountry === undefined ? unbracketed.replace(/^00/, '+') : unbracketed;
  const phone = parsePhoneNumberFromString(international, { extract: false, ...(defaultCountry && { defaultCountry }) });
  return phone?.isValid() ? sha256(phone.number) : undefined;
}

/**
 * Trim, SHA-256. Not lower-cased: TikTok does not ask for it, and the browser's hash must be the same.
 * https://business-api.tiktok.com/portal/docs?id=1771101303285761 (`user.external_id`)
 */
export function hashedExternalId(raw: string | undefined): string | undefined {
  const text = typeof raw === 'string' ? identifier(raw, maxLengths.userId) : undefined;
  return text === undefined || isSha256(text) ? text?.toLowerCase() : sha256(text);
}

/**
 * A public IPv4 or IPv6 address, without a port or brackets; private and local ones identify no buyer and are dropped. Addresses
 * reserved for documentation pass, because examples and credential checks use them.
 * https://business-api.tiktok.com/portal/docs?id=1771101303285761 (`user.ip`)
 */
export function publicIp(raw: string | undefined): string | undefined {
  const address = ipAddress(raw);
  return address === undefined || notPublic.check(address, address.includes(':') ? 'ipv6' : 'ipv4') ? undefined : address;
}

/**
 * Up to 1,000 characters. A longer click id is dropped, not cut, because a shortened one is wrong. An ad macro that was not
 * replaced (`__CLICKID__`) is dropped.
 * https://business-api.tiktok.com/portal/docs?id=1771101303285761 (`user.ttclid`)
 */
export function validTtclid(raw: string | undefined): string | undefined {
  const text = usableHint('ttclid', raw);
  return text === undefined || /\s/.test(text) ? undefined : text;
}

/** Lower-case hex of the UTF-8 text's SHA-256. */
export function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/** BCP 47; TikTok's own example has an underscore. */
function validLocale(raw: string | undefined): string | undefined {
  const text = usableHint('locale', raw);
  return text !== undefined && text.length <= 35 && /^[a-z]{2,8}([-_][a-z0-9]{1,8})*$/i.test(text) ? text : undefined;
}

const notPublic = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['224.0.0.0', 3],
] as const) {
  notPublic.addSubnet(network, prefix, 'ipv4');
}
for (const [network, prefix] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const) {
  notPublic.addSubnet(network, prefix, 'ipv6');
}

/** The visitor's identity. Only our own service gets it in clear; TikTok gets the hashes of src/tiktok/user-data.ts. */
import { newCheckout } from './checkout';
import { mayIdentify } from './consent';
import type { Person } from './pixel';
import { hex } from './random';

/** The identity that this page or an earlier one stated. */
export let person: { -readonly [Key in keyof Person]?: string | undefined } = {};

/** Adds valid values. Another user id replaces the person and begins a new checkout. */
export function know({ userId, userToken, email, phone }: Person = {}): void {
  const id = stated(userId) ?? person.userId;
  if (person.userId && id !== person.userId) {
    person = {};
    newCheckout();
  }
  person.userId = id;
  person.userToken = stated(userToken) ?? person.userToken;
  person.email = emailIn(email) ?? person.email;
  person.phone = contact(phone) ?? person.phone;
}

/** Who it is, as far as the service may hear it: without consent the merchant's ids, and nothing of the person. */
export const who = ({ userId, userToken } = person) => (mayIdentify() ? person : { userId, userToken });

/** The argument of `ttq.identify`. Hashes are cached, so that those of a form are ready when it is submitted. */
export const hashed = async ({ userId, email, phone }: typeof person) => ({
  email: await sha256(email?.toLowerCase()),
  phone_number: await sha256(internationalNumber(phone)),
  external_id: await sha256(userId),
});

const hashes: Record<string, Promise<string | undefined>> = {};

const sha256 = (text: string | undefined): Promise<string | undefined> | undefined =>
  text ? (hashes[text] ??= digest(text).catch(() => undefined)) : undefined;

/** Rejects on a page without TLS, which has no Web Crypto: TikTok then gets no identifier, never a clear one. */
async function digest(text: string): Promise<string> {
  if (hash.test(text)) return text.toLowerCase();
  return hex(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))));
}

/**
 * The text of a string or number, without invisible characters and outer white space. Undefined for an empty text, `null`,
 * `undefined`, or 255 characters and more.
 */
export function stated(raw: unknown): string | undefined {
  const text = /^(str|num)/.test(typeof raw) ? `${raw as string}`.replace(/\p{Cf}/gu, '').trim() : '';
  return /^(null|undefined)?$|.{255}/.test(text) ? undefined : text;
}

/** An e-mail or phone number in plain letters and digits (NFKC), out of a link (`mailto:`, `tel:`); as src/domain/contact.ts does it. */
export const contact = (raw: unknown): string | undefined =>
  stated(raw)
    ?.normalize('NFKC')
    .replace(/^(tel|mailto):/i, '');

export const emailIn = (raw: unknown): string | undefined => email.exec(contact(raw) ?? '')?.[0];

/** The number as E.164. Undefined for national numbers (a `+` would make another person's) and for `(0)`, which the service reads. */
function internationalNumber(phone: string | undefined): string | undefined {
  if (!phone || hash.test(phone)) return phone;
  const number = phone.replace(/[\s.)\p{Pd}]|\((?!0)/gu, '').replace(/^00/, '+');
  return /^\+[1-9]\d{6,14}$/.test(number) ? number : undefined;
}

const hash = /^[0-9a-f]{64}$/i;
/** Or the hash of one. */
const email = /^([0-9a-f]{64}|[^\s@<>()[\],;:"\\]+@([^\s@<>()[\],;:"\\.]+\.)+[^\s@<>()[\],;:"\\.]{2,})$/i;

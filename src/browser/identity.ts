/** The visitor's identity. Only our own service gets it in clear; TikTok gets the hashes of src/tiktok/user-data.ts. */
import { newCheckout } from './checkout';
import type { Person } from './pixel';
import { hex } from './random';

/** The identity that this page or an earlier one stated. */
export const person: { userId?: string | undefined; email?: string | undefined; phone?: string | undefined } = {};

/** Adds valid values. Another user id replaces the person and begins a new checkout. */
export function know({ userId, email, phone }: Person): void {
  const id = stated(userId) ?? person.userId;
  if (person.userId && id !== person.userId) {
    person.email = person.phone = undefined;
    newCheckout();
  }
  person.userId = id;
  person.email = emailIn(email) ?? person.email;
  person.phone = stated(phone) ?? person.phone;
}

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

/** The trimmed text of a string or number. Undefined for an empty text, `null`, `undefined`, or 255 characters and more. */
export function stated(raw: unknown): string | undefined {
  const text = /^(str|num)/.test(typeof raw) ? `${raw as string}`.trim() : '';
  return /^(null|undefined)?$|.{255}/.test(text) ? undefined : text;
}

export function emailIn(raw: unknown): string | undefined {
  const text = stated(raw);
  return text && (hash.test(text) || email.test(text)) ? text : undefined;
}

/** The number as E.164. Undefined for national numbers (a `+` would make another person's) and for `(0)`, which the service reads. */
function internationalNumber(phone: string | undefined): string | undefined {
  if (!phone || hash.test(phone)) return phone;
  const number = phone.replace(/[\s.)-]|\((?!0)/g, '').replace(/^00/, '+');
  return /^\+[1-9]\d{6,14}$/.test(number) ? number : undefined;
}

const hash = /^[0-9a-f]{64}$/i;
const email = /^[^\s@<>()[\],;:"\\]+@([^\s@<>()[\],;:"\\.]+\.)+[^\s@<>()[\],;:"\\.]{2,}$/;

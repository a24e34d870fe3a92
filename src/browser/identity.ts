/** Who it is: in clear to our own service only. TikTok gets the hashes that the service sends too (src/tiktok/user-data.ts). */
import { newCheckout } from './checkout';
import type { Person } from './pixel';
import { hex } from './random';

/** What this page has said so far, or an earlier one. */
export const person: { userId?: string | undefined; email?: string | undefined; phone?: string | undefined } = {};

/** What is empty, or not what it says it is, is left out. Another user is somebody else, with a checkout of their own. */
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

/** What `ttq.identify` takes. Hashes are kept, so that those of a form are ready when it is sent. */
export const hashed = async ({ userId, email, phone }: typeof person) => ({
  email: await sha256(email?.toLowerCase()),
  phone_number: await sha256(internationalNumber(phone)),
  external_id: await sha256(userId),
});

const hashes: Record<string, Promise<string | undefined>> = {};

const sha256 = (text: string | undefined): Promise<string | undefined> | undefined =>
  text ? (hashes[text] ??= digest(text).catch(() => undefined)) : undefined;

/** Fails where there is no Web Crypto, on a page without TLS: a stranger to TikTok is better than an e-mail in clear. */
async function digest(text: string): Promise<string> {
  if (hash.test(text)) return text.toLowerCase();
  return hex(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))));
}

/** A text of reasonable length, and not what a script writes that has nothing to say. */
export function stated(raw: unknown): string | undefined {
  const text = /^(str|num)/.test(typeof raw) ? `${raw as string}`.trim() : '';
  return /^(null|undefined)?$|.{255}/.test(text) ? undefined : text;
}

export function emailIn(raw: unknown): string | undefined {
  const text = stated(raw);
  return text && (hash.test(text) || email.test(text)) ? text : undefined;
}

/** E.164. A national number, with a `+` put before it, would be someone else's; what `(0)` means only the service knows. */
function internationalNumber(phone: string | undefined): string | undefined {
  if (!phone || hash.test(phone)) return phone;
  const number = phone.replace(/[\s.)-]|\((?!0)/g, '').replace(/^00/, '+');
  return /^\+[1-9]\d{6,14}$/.test(number) ? number : undefined;
}

const hash = /^[0-9a-f]{64}$/i;
const email = /^[^\s@<>()[\],;:"\\]+@([^\s@<>()[\],;:"\\.]+\.)+[^\s@<>()[\],;:"\\.]{2,}$/;

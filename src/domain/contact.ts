/** E-mail addresses and phone numbers as people and their keyboards write them, made one spelling. src/browser/identity.ts does the same. */
import { isPlaceholder, plainText } from './text';

/** Longer is refused: https://www.rfc-editor.org/errata/eid1690 */
const maxEmailLength = 254;

/** The address in lower case, or a SHA-256 that stands for one (not for nothing); undefined for anything else, and for an address that is nobody's. */
export function emailAddress(raw: unknown): string | undefined {
  const email = compatible(raw)
    ?.replace(/^mailto:([^?]*).*$/i, '$1')
    .trim()
    .toLowerCase();
  if (email === undefined || isPlaceholder(email)) return undefined;
  if (isSha256(email)) return email;
  return email.length <= maxEmailLength && emailPattern.test(email) && !nobodys.test(email) ? email : undefined;
}

/** The number's text, not yet checked for being one, or a SHA-256 that stands for it. */
export function phoneText(raw: unknown): string | undefined {
  const phone = compatible(raw)
    ?.replace(/^tel:([^;]*).*$/i, '$1')
    .trim();
  return phone === '' ? undefined : phone;
}

/** True for a SHA-256 in hex: what is hashed already is not hashed again. */
export function isSha256(text: string): boolean {
  return sha256Pattern.test(text);
}

/** Full-width digits, letters, `＠` and `＋` become the plain ones (NFKC); what cannot be seen is taken out. */
function compatible(raw: unknown): string | undefined {
  return plainText(typeof raw === 'string' ? raw.normalize('NFKC') : raw, 1_024);
}

const sha256Pattern = /^[0-9a-f]{64}$/i;

/** One `@`, a domain with a dot, and nothing that belongs to a list or a display name. Non-ASCII letters are letters. */
const emailPattern = /^[^\s@<>()[\],;:"\\]+@(?:[^\s@<>()[\],;:"\\.]+\.)+[^\s@<>()[\],;:"\\.]{2,}$/u;

/** Addresses that shops fill in for buyers without one, and those that nobody reads. */
const nobodys =
  /^(?:guest|anonymous|nobody|no[-_.]?(?:reply|e?mail)|do[-_.]?not[-_.]?reply|none|null|undefined|unknown|not[-_.]?set)@|^test@test\.|@(?:[^@]+\.)?invalid$/;

/**
 * Removes personal data and credentials from TikTok's error messages, which name the first bad event and may quote its value.
 * The sentence and the names of fields stay.
 */
const maxLength = 300;

/** The message, at most 300 characters. Every occurrence of one of `secrets` is replaced by `[secret]`. */
export function redacted(message: string, secrets: readonly string[] = []): string {
  let text = message.slice(0, 4_096).replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ');
  for (const secret of secrets) {
    if (secret !== '') text = text.replaceAll(secret, '[secret]');
  }
  for (const [pattern, replace] of rules) text = text.replace(pattern, replace);
  text = text.trim();
  return text.length <= maxLength ? text : `${text.slice(0, maxLength - 1)}…`;
}

type Replace = (match: string, ...groups: string[]) => string;

/** Applied in this order, each to the result of the rules before it. An unclosed quotation ends with the message. */
const rules: readonly (readonly [RegExp, Replace])[] = [
  [/"([^"]*)(?:"|$)/g, (whole, inner) => (isField(inner ?? '') ? whole : '[value]')],
  [/(?<!\w)'([^']*)(?:'|$)/g, (whole, inner) => (isField(inner ?? '') ? whole : '[value]')],
  [/[`“«]([^`”»]*)(?:[`”»]|$)/g, (whole, inner) => (isField(inner ?? '') ? whole : '[value]')],
  [/https?:\/\/\S+/gi, () => '[url]'],
  [/\bMozilla\/\d.*$/g, () => '[user agent]'],
  [/[^\s<>,;:=()[\]]+(?:@|%40)[^\s<>,;:()[\]]+/gi, () => '[email]'],
  // A value beside the name of its field: `ttclid=E.C.P.abc`, `phone: +1…`. A word of prose ("email: must be hashed") stays.
  [/\b([a-z_]+\s*[:=]\s*)(?![A-Z]?[a-z]+(?:[\s,;]|\.?$|\.\s)|\[)(\S+)/g, (_whole, name) => `${name ?? ''}[value]`],
  [/(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}(?:[0-9a-f]{1,4}|\d+\.\d+\.\d+\.\d+)?/gi, () => '[ip]'],
  [/\b\d{1,3}(?:\.\d{1,3}){3}\b/g, () => '[ip]'],
  [/[\w.~+/=-]{16,}/g, (word) => (isField(word) ? word : '[value]')],
  [/\+?\(?\d[\d\s().-]{5,}\d/g, () => '[number]'],
];

/** True for a field path such as `data.0.user.external_id`: known field names and small indexes only. */
function isField(text: string): boolean {
  const parts = text.replace(/\.$/, '').split('.');
  return parts.every((part) => fieldNames.has(part) || /^\d{1,3}$/.test(part)) && parts.some((part) => fieldNames.has(part));
}

const fieldNames: ReadonlySet<string> = new Set(
  `event_source event_source_id data test_event_code partner_name event event_time event_id user page properties ad lead app
  limited_data_use email phone external_id first_name last_name zip_code city state country ttclid ttp ip user_agent locale url
  referrer content_ids contents content_type content_id content_category content_name brand price quantity currency value
  num_items search_string description order_id shop_id customer_type access_token`.split(/\s+/),
);

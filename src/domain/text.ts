/**
 * The one door for texts that come from outside: of a page, of a merchant's metadata, of a provider's customer. What is no usable
 * value is left out (undefined), and the caller keeps the rest. Never cut: half an id is a wrong one.
 */

/** A text of at most `maxLength` UTF-16 units, or a number as text, without what cannot be seen; undefined for anything else. */
export function plainText(raw: unknown, maxLength: number): string | undefined {
  const text = visibleText(textOf(raw));
  return text === '' || text.length > maxLength || isUnstorable(text) ? undefined : text;
}

/** A `plainText` that names one person, checkout or click; undefined for a placeholder, which many would share. */
export function identifier(raw: unknown, maxLength: number): string | undefined {
  const text = plainText(raw, maxLength);
  return text === undefined || isPlaceholder(text) ? undefined : text;
}

/** The text without invisible characters (category Cf: zero-width space, byte order mark, direction marks) and outer white space. */
export function visibleText(text: string): string {
  return isPrintableAscii(text) ? text.trim() : text.replace(/\p{Cf}/gu, '').trim();
}

/** True for a text that no database, no HTTP header and no event can carry: it has control characters or half a surrogate pair. */
export function isUnstorable(text: string): boolean {
  return !isPrintableAscii(text) && unstorable.test(text);
}

/**
 * True for what programs write where an id is missing, or a template that nobody filled in. As an id it would make one user of all
 * buyers, while a real user of such a name loses one identifier only; so the list may be generous.
 */
export function isPlaceholder(raw: string): boolean {
  const text = compatible(raw).toLowerCase();
  if (words.has(text) || words.has(text.replace(/[\s_-]+/g, ' ').trim())) return true;
  if (isOrdinaryId(text)) return false;
  const parts = text.split(/[\s\p{P}\p{S}]+/u).filter((part) => part !== '');
  const isNothing = saysNothing(text) || (parts.length > 0 && parts.every(saysNothing)) || nothing.test(text);
  return isNothing || templates.some((template) => template.test(raw));
}

/** True for the text that a script makes of a missing value, or of an object, in any case and width. */
export function saysNothing(text: string): boolean {
  return missing.has(compatible(visibleText(text)).toLowerCase());
}

/** In plain letters and digits: full-width ones mean the same. */
function compatible(text: string): string {
  return isPrintableAscii(text) ? text : text.normalize('NFKC');
}

/**
 * What nearly every text is. Each is looked at several times for every webhook, and the classes of Unicode below cost ten times as much.
 */
function isPrintableAscii(text: string): boolean {
  return /^[ -~]*$/.test(text);
}

/** Letters and a digit that is no zero, as nearly every id has: no placeholder but some words is spelt like that. */
function isOrdinaryId(text: string): boolean {
  return /[1-9]/.test(text) && /^[\w.:@+-]*$/.test(text);
}

/** Control characters (Cc), halves of surrogate pairs (Cs), and the separators of lines and paragraphs (Zl, Zp). */
const unstorable = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;

function textOf(raw: unknown): string {
  if (typeof raw === 'string') return raw;
  // Beyond 2^53 a number may be another one than was written: two ids would become one.
  return typeof raw === 'number' && Number.isFinite(raw) && Math.abs(raw) <= Number.MAX_SAFE_INTEGER ? String(raw) : '';
}

const missing: ReadonlySet<string> = new Set([
  'undefined',
  'null',
  'nil',
  'none',
  'nan',
  '[object object]',
  '[object undefined]',
]);

/** In lower case, with spaces for `_` and `-`. */
const words: ReadonlySet<string> = new Set([
  // A value that a script or a spreadsheet turned into a text.
  ...[
    'true',
    'false',
    '-1',
    'infinity',
    'empty',
    'blank',
    'void',
    'object',
    'error',
    '#n/a',
    '#ref!',
    '#value!',
    '#name?',
    '{}',
    '[]',
  ],
  // The hashes of a missing value: MD5 and SHA-1 of the empty text, SHA-256 of that, of `null` and of `undefined`.
  ...[
    'd41d8cd98f00b204e9800998ecf8427e',
    'da39a3ee5e6b4b0d3255bfef95601890afd80709',
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    '74234e98afe7498fb5daf1f36ac2d78acc339464f950703b8c019892f982b90b',
    'eb045d78d273107348b0300c01d29b7552d622abbc6faf81b3ec55359aa9950c',
  ],
  // Nobody in particular.
  ...[
    'guest',
    'guest user',
    'anonymous',
    'anonymous user',
    'anon',
    'nobody',
    'default',
    'visitor',
    'user',
    'customer',
    'no user',
  ],
  ...['not logged in', 'logged out', 'unknown user', 'nouser', 'no id', 'unidentified', 'unauthenticated', 'not authenticated'],
  ...['anonymoususer', 'guestuser'],
  // The same in other languages, as shop systems have it.
  ...[
    'gast',
    'anonym',
    'invité',
    'invite',
    'anonyme',
    'invitado',
    'invitada',
    'anónimo',
    'anonimo',
    'convidado',
    'anônimo',
    'ospite',
  ],
  ...[
    'gość',
    'misafir',
    'гость',
    'аноним',
    '游客',
    '遊客',
    '访客',
    '訪客',
    '匿名',
    '匿名用户',
    'ゲスト',
    '게스트',
    '익명',
    'ضيف',
  ],
  // Not known.
  ...['n/a', 'na', 'unknown', 'not set', 'notset', 'unset', 'not available', 'not provided', 'missing', 'tbd', 'todo'],
  ...['unbekannt', 'inconnu', 'desconocido', 'desconhecido', 'sconosciuto', 'неизвестно', '未知', '不明'],
  // Left over from an example or a test.
  ...[
    'test',
    'testing',
    'test user',
    'testuser',
    'example',
    'sample',
    'demo',
    'dummy',
    'fake',
    'placeholder',
    'string',
    'xxx',
    'xxxx',
  ],
  // The name of the key in place of its value.
  ...['user id', 'userid', 'customer id', 'customerid', 'checkout id', 'checkoutid', 'external id', 'your user id'],
]);

/** Zeros and punctuation only: `0`, `0000`, the nil UUID, `-`. Or all bits set: the max UUID. */
const nothing = /^[0\p{P}\p{Sm}\p{Sc}\p{Sk}\p{Z}]*$|^f{8}-(?:f{4}-){3}f{12}$/iu;

const templates: readonly RegExp[] = [
  // {{user_id}}, ${userId}, #{user.id}, <%= id %>: anywhere, also as a part of an address writes them.
  /\{\{.*\}\}|[$#]\{.*\}|<%.*%>/s,
  /%7B%7B.*%7D%7D|%2[43]%7B.*%7D|%3C%25.*%25%3E/is,
  // {user_id} and [user_id], of letters only: a GUID may stand in braces.
  /^(?:\{[a-z_. ]+\}|\[[a-z_. ]+\])$/i,
  // (not set), (none), <user id>
  /^(?:\([a-z_ /]+\)|<[^<>]*>)$/i,
  // %%user_id%%, *|USER|*
  /^(?:%+[a-z_.]+%+|\*\|.*\|\*)$/i,
  // __USER_ID__, __CLICKID__: in capitals only.
  /^__[A-Z_]+__$/,
];

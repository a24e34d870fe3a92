/** A log line for a person at a terminal: one line for each thing that happened, the words first. */

type Fields = Readonly<Record<string, unknown>>;

/** `stripe invoice.paid → accepted 301 ms`. What is not one of the canonical lines is its message with its fields behind it. */
export function readableLine(fields: Fields): string {
  const message = text(fields['msg']);
  const words = Object.hasOwn(canonical, message) ? canonical[message] : undefined;
  const line = words?.(fields) ?? `${message}${others(fields)}`;
  const where = fields['integration'];
  const inIntegration = typeof where === 'string' && where !== 'default' && words !== undefined;
  return inIntegration ? `[${text(where)}] ${line}` : line;
}

const canonical: Readonly<Record<string, (fields: Fields) => string>> = {
  'webhook.received': ({ psp, type, outcome, reason, durationMs }) =>
    words([psp, type ?? 'webhook', '→', outcome, `${text(durationMs)} ms`, because(reason)]),
  'fact.signalled': ({ psp, kind, moneyId, subscription }) =>
    words([psp, text(kind).replaceAll('_', ' '), moneyId, moneyId === subscription ? null : `of ${text(subscription)}`]),
  'purchase.decided': ({ moneyId, purchaseType, phase, state, reason }) =>
    words([moneyId, '→', text(state).replaceAll('_', ' '), because(reason), aside(purchaseType, phase)]),
  'delivery.attempted': ({ outcome, eventName, amount, currency, moneyId, code, message, attempt, durationMs }) =>
    words([
      'TikTok',
      outcome === 'accepted' ? '✓' : '✗',
      ...(outcome === 'accepted' ? [] : [outcome, code]),
      ...(amount === null || amount === undefined ? [eventName] : [amount, currency]),
      moneyId,
      attempt === 1 ? null : `attempt ${text(attempt)}`,
      `${text(durationMs)} ms`,
      because(message),
    ]),
  'settings.changed': ({ version, by, fields }) =>
    words(['settings', '→', `version ${text(version)}`, Array.isArray(fields) ? fields.join(', ') : null, `by ${text(by)}`]),
  'check.finished': ({ psp, facts, found, error }) =>
    words([psp, 'check', '→', error === null ? `${text(facts)} facts, ${text(found)} new` : `failed: ${text(error)}`]),
  'tiktok.counted': ({ days, error, notes }) =>
    words([
      'TikTok’s count',
      '→',
      error === null ? `${text(days)} days` : `not read: ${text(error)}`,
      Array.isArray(notes) && notes.length > 0 ? because(notes.map(text).join('; ')) : null,
    ]),
};

function because(reason: unknown): string | null {
  return reason === null || reason === undefined || reason === '' ? null : `(${text(reason)})`;
}

function aside(...parts: readonly unknown[]): string | null {
  const told = parts.filter((part) => part !== null && part !== undefined).map((part) => text(part).replaceAll('_', ' '));
  return told.length === 0 ? null : `· ${told.join(', ')}`;
}

function words(parts: readonly unknown[]): string {
  return parts
    .filter((part) => part !== null && part !== undefined && part !== '')
    .map(text)
    .join(' ');
}

const ownFields = new Set(['level', 'time', 'msg', 'stack', 'err', 'sdk', 'pid', 'hostname', 'v']);

/** The other fields, and a stack on lines of its own, where there is one. */
function others(fields: Fields): string {
  const error = fields['err'];
  const { stack, message } = (typeof error === 'object' && error !== null ? error : fields) as Fields;
  const told = Object.entries(fields).filter(([name, value]) => !ownFields.has(name) && value !== null && value !== undefined);
  const pairs = told.map(([name, value]) => ` ${name}=${text(value)}`).join('');
  const reason = stack === undefined && error !== undefined && message !== undefined ? ` ${text(message)}` : '';
  return `${pairs}${reason}${typeof stack === 'string' ? indented(stack) : ''}`;
}

/** Further in than any line of the log, since an error may repeat what a stranger wrote. */
function indented(stack: string): string {
  return stack
    .split('\n')
    .map((line) => `\n  ${text(line)}`)
    .join('');
}

function text(value: unknown): string {
  const given = typeof value === 'string' ? value : typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? '');
  return given.replace(steering, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** What moves a terminal's cursor, colours it, ends a line or turns it around: such characters are shown by their numbers. */
const steering = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

import { createLogger, logLine } from '../../src/telemetry/logger';
import { readableLine } from '../../src/telemetry/readable-line';

it.each([
  [
    {
      msg: 'webhook.received',
      integration: 'default',
      psp: 'stripe',
      type: 'invoice.paid',
      outcome: 'accepted',
      reason: null,
      durationMs: 301,
    },
    'stripe invoice.paid → accepted 301 ms',
  ],
  [
    {
      msg: 'webhook.received',
      integration: 'shop',
      psp: 'stripe',
      type: null,
      outcome: 'refused',
      reason: 'no signature',
      durationMs: 1,
    },
    '[shop] stripe webhook → refused 1 ms (no signature)',
  ],
  [
    { msg: 'fact.signalled', psp: 'stripe', kind: 'payment_failed', moneyId: 'in_1', subscription: 'sub_1' },
    'stripe payment failed in_1 of sub_1',
  ],
  [
    {
      msg: 'purchase.decided',
      moneyId: 'in_1',
      purchaseType: 'free_trial',
      phase: 'renewal',
      state: 'not_a_purchase',
      reason: 'proration',
    },
    'in_1 → not a purchase (proration) · free trial, renewal',
  ],
  [
    {
      msg: 'delivery.attempted',
      outcome: 'accepted',
      eventName: 'CompletePayment',
      amount: '19.99',
      currency: 'USD',
      moneyId: 'in_1',
      code: 0,
      message: null,
      attempt: 1,
      durationMs: 40,
    },
    'TikTok ✓ 19.99 USD in_1 40 ms',
  ],
  [
    {
      msg: 'delivery.attempted',
      outcome: 'unauthorized',
      eventName: 'CompletePayment',
      amount: null,
      currency: null,
      moneyId: 'in_1',
      code: 40105,
      message: 'Access token is incorrect',
      attempt: 2,
      durationMs: 40,
    },
    'TikTok ✗ unauthorized 40105 CompletePayment in_1 attempt 2 40 ms (Access token is incorrect)',
  ],
  [
    { msg: 'settings.changed', version: 3, by: 'ann', fields: ['paused', 'prices'] },
    'settings → version 3 paused, prices by ann',
  ],
  [{ msg: 'check.finished', psp: 'stripe', facts: 4, found: 1, error: null }, 'stripe check → 4 facts, 1 new'],
  [{ msg: 'tiktok.counted', days: 8, error: null, notes: [] }, 'TikTok’s count → 8 days'],
  [{ msg: 'tiktok.counted', days: 8, error: null, notes: ['1 row', 'odd'] }, 'TikTok’s count → 8 days (1 row; odd)'],
  [{ msg: 'tiktok.counted', days: 0, error: 'no right', notes: [] }, 'TikTok’s count → not read: no right'],
  [{ msg: 'check.finished', psp: 'stripe', facts: 0, found: 0, error: 'ECONNREFUSED' }, 'stripe check → failed: ECONNREFUSED'],
  [{ msg: 'anything else', port: 3000, of: null }, 'anything else port=3000'],
  [
    { msg: 'it broke', err: { type: 'Error', message: 'why', stack: 'Error: why\n    at x' } },
    'it broke\n  Error: why\n      at x',
  ],
])('%j', (fields, line) => {
  expect(readableLine(fields)).toBe(line);
});

describe('the log', () => {
  const received = (pretty: boolean): readonly string[] =>
    written(pretty, (logger) =>
      logLine(logger, 'webhook.received', {
        psp: 'stripe',
        type: 'invoice.paid',
        outcome: 'accepted',
        reason: null,
        durationMs: 3,
      }),
    );

  it('is one readable line for each thing that happened on a terminal', () => {
    expect(received(true)).toHaveLength(1);
    expect(received(true)[0]).toMatch(/\d\d:\d\d:\d\d.*stripe invoice\.paid → accepted 3 ms/);
    expect(received(true)[0]?.trimEnd()).not.toContain('\n');
  });

  it('is one line of JSON elsewhere, its name the message', () => {
    const [line = ''] = received(false);
    expect(JSON.parse(line)).toMatchObject({ level: 'info', msg: 'webhook.received', psp: 'stripe', outcome: 'accepted' });
  });
});

/** What somebody may write into an id, a name, a type or a reason to steer the log or the screen behind it. */
const hostile = [
  ['a line of its own', 'sub_1\r\n12:00:00 INFO: purchase.decided in_9 → sent'],
  ['a line of JSON', 'x"}\n{"level":"info","msg":"purchase.decided","state":"sent"}'],
  ['fields of JSON', '","level":"fatal","msg":"stopped","x":"'],
  ['colours and a cleared screen', '\u001b[31mred\u001b[2J\u001b]0;title\u0007'],
  ['an escape sequence in one character', '\u009b2J'],
  ['a backspace over what was there', 'refused\b\b\b\b\b\b\b'],
  ['separators of lines', 'one\u2028two\u2029three\u0085four'],
  ['letters from right to left', 'in_1\u202etnes\u2066'],
  ['a null byte', 'in_1\u0000'],
  ['half a surrogate pair', 'in_1\ud83d'],
  ['names of every object', '__proto__'],
] as const;

/** Field names are ours; the values, the message of an error and a name in nested fields may be others'. */
const linesWith = (text: string): readonly (readonly [string, object])[] => [
  ['webhook.received', { integration: text, psp: text, type: text, outcome: text, reason: text, durationMs: 1 }],
  ['fact.signalled', { psp: text, kind: text, moneyId: text, subscription: `${text}2` }],
  ['purchase.decided', { moneyId: text, purchaseType: text, phase: text, state: text, reason: text }],
  ['delivery.attempted', { outcome: text, code: text, eventName: text, moneyId: text, attempt: 2, message: text, durationMs: 1 }],
  ['settings.changed', { version: 1, by: text, fields: [text, text] }],
  ['check.finished', { psp: text, facts: 0, found: 0, error: text }],
  ['tiktok.counted', { days: 0, error: text, notes: [text] }],
  [text, { name: text, list: [text], nested: { [`of ${text}`]: text }, reason: text }],
];

function written(pretty: boolean, log: (logger: ReturnType<typeof createLogger>) => void): readonly string[] {
  const lines: string[] = [];
  log(createLogger({ level: 'info', pretty, destination: { write: (line) => void lines.push(line) } }));
  return lines;
}

describe.each(hostile)('%s', (_what, text) => {
  it.each(linesWith(text))('stays within its line of JSON: %j', (message, fields) => {
    const lines = written(false, (logger) => logger.info(fields, message));
    expect(lines).toHaveLength(1);
    expect(lines[0]?.indexOf('\n')).toBe(lines[0]!.length - 1);
    const { level, time: _time, msg, ...told } = JSON.parse(lines[0]!) as Readonly<Record<string, unknown>>;
    expect([level, msg, JSON.stringify(told)]).toEqual(['info', message, JSON.stringify(fields)]);
  });

  it.each(linesWith(text))('stays within its line on the screen, and steers no terminal: %j', (message, fields) => {
    const [line = '', ...more] = written(true, (logger) => logger.info(fields, message));
    expect(more).toEqual([]);
    expect(line.trimEnd()).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
  });

  it('in an error is shown further in than lines of the log are', () => {
    const [line = '', ...more] = written(true, (logger) => logger.error({ err: new Error(text) }, 'it broke'));
    expect(more).toEqual([]);
    const [first = '', ...stack] = line.trimEnd().split('\n');
    expect(first).toMatch(/it broke$/);
    expect(stack.length).toBeGreaterThan(1);
    for (const part of stack) expect(part).toMatch(/^ {2}[^\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]*$/u);
  });
});

it('shows letters of every language as they are', () => {
  const text = 'Zażółć — 日本 👩‍💻 ä%n "q" \\ it’s';
  expect(readableLine({ msg: 'settings.changed', version: 1, by: text, fields: ['paused'] })).toBe(
    `settings → version 1 paused by ${text}`,
  );
});

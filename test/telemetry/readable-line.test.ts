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
  [{ msg: 'check.finished', psp: 'stripe', facts: 0, found: 0, error: 'ECONNREFUSED' }, 'stripe check → failed: ECONNREFUSED'],
  [{ msg: 'anything else', port: 3000, of: null }, 'anything else port=3000'],
  [{ msg: 'it broke', err: { type: 'Error', message: 'why', stack: 'Error: why\n    at x' } }, 'it broke\nError: why\n    at x'],
])('%j', (fields, line) => {
  expect(readableLine(fields)).toBe(line);
});

describe('the log', () => {
  const written = (pretty: boolean): string[] => {
    const lines: string[] = [];
    const logger = createLogger({ level: 'info', pretty, destination: { write: (line) => void lines.push(line) } });
    logLine(logger, 'webhook.received', {
      psp: 'stripe',
      type: 'invoice.paid',
      outcome: 'accepted',
      reason: null,
      durationMs: 3,
    });
    return lines;
  };

  it('is one readable line for each thing that happened on a terminal', () => {
    expect(written(true)).toHaveLength(1);
    expect(written(true)[0]).toMatch(/\d\d:\d\d:\d\d.*stripe invoice\.paid → accepted 3 ms/);
    expect(written(true)[0]?.trimEnd()).not.toContain('\n');
  });

  it('is one line of JSON elsewhere, its name the message', () => {
    const [line = ''] = written(false);
    expect(JSON.parse(line)).toMatchObject({ level: 'info', msg: 'webhook.received', psp: 'stripe', outcome: 'accepted' });
  });
});

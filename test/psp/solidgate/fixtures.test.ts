/** Bodies as Solidgate documents them; where each came from is said in the README beside them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { solidgate } from '../../../src/psp/solidgate';

const folder = join(__dirname, '../../../../shared/fixtures/psp/solidgate');
const context = { roleOf: () => undefined };
const at = (text: string): number => Date.parse(`${text.replace(' ', 'T')}Z`);

const subscription = '9e252e9f-c5a3-4dca-93df-4c9fcf54267e';
const buyer = {
  userId: '93a1c659-288d-4d62-929d-10e241078faa',
  customerId: '93a1c659-288d-4d62-929d-10e241078faa',
  email: 'example@example.com',
};
const orderBuyer = {
  userId: '93a1c659-288d-4d72-929d-10e241078faa',
  customerId: '93a1c659-288d-4d72-929d-10e241078faa',
  email: 'example@example.com',
  ip: '8.8.8.8',
  userAgent: expect.stringMatching(/^Mozilla/) as string,
};
const period = { periodStartMs: at('2025-09-29 11:45:30'), periodEndMs: at('2025-09-30 11:45:30') };
const order = {
  moneyId: '1672066481283AlexKho',
  occurredAtMs: at('2025-09-28 11:45:30'),
  amountMinor: 100,
  regularMinor: 100,
  currency: 'USD',
};
const ofSubscription = { subscription, identity: buyer };

const expected: Readonly<Record<string, readonly object[] | string>> = {
  'card_gate.chargeback.received.json': [
    {
      fact: {
        kind: 'refund',
        moneyId: '923bb4e6-4a5f-41ec-81fb-28eb8a152e55',
        refundId: '147712:1st_chb',
        occurredAtMs: at('2025-07-11 00:00:00'),
        amountMinor: 100,
        cause: 'dispute',
      },
      subscription: null,
    },
  ],
  // Not settled, and of a subscription: it tells who buys, no more.
  'card_gate.order.updated.auth_ok.json': [
    {
      fact: { kind: 'updated', occurredAtMs: at('2025-12-27 11:45:30') },
      subscription: '83b19018-cbc4-4df0-899a-dda84fd2705e',
      identity: orderBuyer,
    },
  ],
  'card_gate.order.updated.settle_ok.one_off.json': [
    {
      fact: {
        kind: 'one_off',
        moneyId: 'lifetime-0001',
        occurredAtMs: at('2025-12-27 11:45:30'),
        amountMinor: 4999,
        currency: 'USD',
        inferredType: 'lifetime',
      },
      subscription: 'lifetime-0001',
      identity: { ...orderBuyer, userId: 'usr_42' },
    },
  ],
  'v2.active.json': [
    { fact: { kind: 'began', occurredAtMs: at('2025-09-08 12:37:24'), trials: [] }, ...ofSubscription },
    { fact: { kind: 'conversion', ...order, ...period }, ...ofSubscription },
  ],
  'v2.active.paid_trial.json': [
    {
      fact: {
        kind: 'began',
        occurredAtMs: at('2025-09-08 12:37:24'),
        trials: [{ kind: 'paid', startsAtMs: at('2025-09-08 12:37:24'), endsAtMs: at('2025-09-15 12:37:25') }],
      },
      subscription,
    },
    {
      fact: {
        kind: 'trial_start',
        moneyId: 'order-trial-1',
        occurredAtMs: at('2025-09-08 12:37:25'),
        amountMinor: 99,
        regularMinor: 100,
        currency: 'USD',
        inferredType: 'paid_trial',
        occasion: 'start',
        periodStartMs: at('2025-09-08 12:37:25'),
        periodEndMs: at('2025-09-15 12:37:25'),
      },
      subscription,
      identity: { ...buyer, userId: 'usr_42', ttclid: 'E.C.P.CqgBdemo' },
    },
  ],
  'v2.cancel.json': [{ fact: { kind: 'ended', occurredAtMs: at('2025-09-12 19:37:24') }, ...ofSubscription }],
  'v2.create.json': 'the first payment is under way',
  'v2.redemption.json': [
    {
      fact: {
        kind: 'payment_failed',
        moneyId: '1672066481283AlexKho',
        occurredAtMs: at('2025-09-08 11:45:30'),
        amountMinor: 1000,
        currency: 'USD',
      },
      ...ofSubscription,
    },
  ],
  // The first period after the trial, by its term number.
  'v2.renew.json': [{ fact: { kind: 'conversion', ...order, ...period }, ...ofSubscription }],
  'v2.scheduled_for_cancellation.json': [
    {
      fact: {
        kind: 'cancellation_scheduled',
        occurredAtMs: at('2025-09-11 19:37:24'),
        endsAtMs: at('2025-09-12 12:37:24'),
      },
      ...ofSubscription,
    },
    {
      fact: {
        kind: 'conversion',
        ...order,
        ...period,
        moneyId: '1692066491293AlexKho',
        occurredAtMs: at('2025-09-29 11:50:30'),
      },
      ...ofSubscription,
    },
  ],
};

const isThere = existsSync(folder);

(isThere ? describe : describe.skip)('the samples of Solidgate', () => {
  const files = isThere ? readdirSync(folder).filter((name) => name.endsWith('.json') && !name.startsWith('_')) : [];

  it('are all expected here', () => {
    expect(files.sort()).toEqual(Object.keys(expected).sort());
  });

  it.each(files)('are read: %s', (file) => {
    const body: unknown = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    const reading = solidgate.read(body, context);
    const facts = expected[file];
    if (typeof facts === 'string') expect(reading).toEqual({ kind: 'ignored', reason: facts });
    else expect(reading).toMatchObject({ kind: 'facts', facts });
    if (reading.kind === 'facts') expect(reading.facts).toHaveLength(facts?.length ?? 0);
  });
});

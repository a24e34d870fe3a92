/** Bodies as Lemon Squeezy documents them; where each came from is said in the README beside them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lemonsqueezy } from '../../../src/psp/lemonsqueezy';
import { withoutBought } from '../../support/without-bought';

const folder = join(__dirname, '../../../../shared/fixtures/psp/lemonsqueezy');
const email = 'customer@example.com';
const ms = (text: string): number => Date.parse(text);
const created = { subscription: '1', identity: { customerId: '2', email }, paymentIds: [] };
const trial = { startsAtMs: ms('2023-01-17T12:43:50Z'), endsAtMs: ms('2023-01-24T12:43:48Z') };

const oneOff = (more: object): object => ({
  fact: {
    kind: 'one_off',
    moneyId: 'order_1',
    occurredAtMs: ms('2023-01-17T12:26:23Z'),
    amountMinor: 5899,
    netMinor: 5899,
    currency: 'USD',
    inferredType: 'lifetime',
    ...more,
  },
  subscription: 'order_1',
  identity: { customerId: '1', email },
  paymentIds: [],
});

const expected: Readonly<Record<string, readonly object[] | string>> = {
  'order_created.json': [oneOff({ awaits: ['order'] })],
  'subscription_created.json': [
    {
      fact: {
        kind: 'trial_start',
        moneyId: '1:trial',
        occurredAtMs: trial.startsAtMs,
        amountMinor: 0,
        currency: 'USD',
        inferredType: 'free_trial',
        occasion: 'start',
        unpriced: true,
        trial: true,
        awaits: ['charge'],
        periodStartMs: trial.startsAtMs,
        periodEndMs: trial.endsAtMs,
      },
      ...created,
    },
    { fact: { kind: 'began', occurredAtMs: trial.startsAtMs, trials: [trial], tells: ['trial'] }, ...created },
  ],
  'subscription_payment_refunded.json': [
    {
      fact: {
        kind: 'refund',
        moneyId: 'invoice_1',
        refundId: 'invoice_1:refunded',
        occurredAtMs: ms('2023-01-18T12:16:24Z'),
        amountMinor: 999,
        cause: 'refund',
      },
      subscription: '1',
      identity: {},
      paymentIds: [],
    },
  ],
  'subscription_payment_success.json': [
    {
      fact: {
        kind: 'conversion',
        moneyId: 'invoice_1',
        occurredAtMs: ms('2023-01-18T12:16:24Z'),
        amountMinor: 999,
        netMinor: 999,
        currency: 'USD',
        inferredType: 'subscription',
        occasion: 'start',
        awaits: ['trial'],
      },
      subscription: '1',
      identity: { customerId: '1', email },
      paymentIds: [],
    },
  ],
};

const isThere = existsSync(folder);

(isThere ? describe : describe.skip)("Lemon Squeezy's samples", () => {
  const bodyOf = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), 'utf8'));

  it('are all named here', () => {
    const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
    expect(names.sort()).toEqual(Object.keys(expected).sort());
  });

  it.each(Object.entries(expected))('%s', (name, told) => {
    const body = bodyOf(name);
    const reading = lemonsqueezy.read(body, { roleOf: () => undefined });
    expect(withoutBought(reading.kind === 'facts' ? reading.facts : reading.kind)).toEqual(told);
    expect(lemonsqueezy.isTestMode(body)).toBe(false);
    expect(name).toBe(`${lemonsqueezy.typeOf(body)}.json`);
  });

  it("subscription_created.json links the checkout's order", () => {
    const reading = lemonsqueezy.read(bodyOf('subscription_created.json'), { roleOf: () => undefined });
    expect(reading).toMatchObject({ links: [{ id: 'order_2', moneyId: 'subscription_1' }] });
  });

  it('order_created.json of a variant that is sold for a lifetime', () => {
    const reading = lemonsqueezy.read(bodyOf('order_created.json'), { roleOf: (id) => (id === '1' ? 'lifetime' : undefined) });
    expect(withoutBought(reading)).toEqual({
      kind: 'facts',
      facts: [oneOff({ role: 'lifetime' })],
    });
  });
});

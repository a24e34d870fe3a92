/** Bodies as PayPal sent or documents them; where each came from is said in the README beside them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { paypal } from '../../../src/psp/paypal';
import { withoutBought } from '../../support/without-bought';

const folder = join(__dirname, '../../../../shared/fixtures/psp/paypal');
const context = { roleOf: () => undefined };
const created = Date.UTC(2018, 11, 10, 21, 20, 49);
const documented = 'I-BW452GLLEP1G';
const customer = { checkoutId: 'usr_42', email: 'customer@example.com' };
const of = { subscription: documented, identity: customer, paymentIds: [] };

const nextBilled = Date.UTC(2019, 0, 1, 0, 20, 49);
const tells = ['buyer', 'trial'];
/** The last payment of PayPal's sample is older than the subscription. */
const billedOnce = {
  saidAtMs: created,
  startsAtMs: created,
  trialsLeft: [],
  trialsBilled: 0,
  regularBilled: 1,
  lastPaidAtMs: Date.UTC(2018, 11, 1, 1, 20, 49),
  nextBilledAtMs: nextBilled,
};

const expected: Readonly<Record<string, readonly object[]>> = {
  'BILLING.SUBSCRIPTION.ACTIVATED.free_trial.json': [
    {
      fact: {
        kind: 'trial_start',
        moneyId: 'I-BW452GLLEP1G:trial',
        occurredAtMs: created,
        amountMinor: 0,
        currency: 'USD',
        inferredType: 'free_trial',
        occasion: 'start',
        trial: true,
        periodEndMs: nextBilled,
        awaits: ['trial'],
      },
      ...of,
    },
    {
      fact: {
        kind: 'began',
        occurredAtMs: created,
        cycles: {
          saidAtMs: created,
          startsAtMs: created,
          trialsLeft: [1],
          trialsBilled: 0,
          regularBilled: 0,
          nextBilledAtMs: nextBilled,
        },
        nextDueAtMs: nextBilled,
        planRole: null,
        tells,
      },
      ...of,
    },
  ],
  'BILLING.SUBSCRIPTION.ACTIVATED.no_trial.json': [
    {
      fact: {
        kind: 'began',
        occurredAtMs: created,
        trials: [],
        cycles: billedOnce,
        nextDueAtMs: nextBilled,
        planRole: null,
        tells,
      },
      ...of,
    },
  ],
  'BILLING.SUBSCRIPTION.CANCELLED.json': [
    {
      fact: {
        kind: 'ended',
        occurredAtMs: Date.UTC(2020, 2, 9, 6, 42, 9),
        cycles: {
          ...billedOnce,
          saidAtMs: Date.UTC(2020, 2, 9, 6, 42, 9),
          startsAtMs: Date.UTC(2020, 2, 6, 7, 34, 50),
          nextBilledAtMs: Date.UTC(2020, 3, 5, 10),
        },
        planRole: null,
        tells: ['buyer'],
      },
      subscription: 'I-BA1ATBNF8T3P',
      identity: { checkoutId: 'usr_42', customerId: '82PVXVLDAU3E8', email: 'sb-zdry81054163@personal.example.com' },
      paymentIds: [],
    },
  ],
  'BILLING.SUBSCRIPTION.PAYMENT.FAILED.json': [
    {
      fact: {
        kind: 'payment_failed',
        occurredAtMs: Date.UTC(2026, 10, 1, 10),
        amountMinor: 1500,
        currency: 'USD',
        // Said when it knew of the failed payment.
        cycles: { ...billedOnce, saidAtMs: Date.UTC(2026, 10, 1, 10) },
        nextDueAtMs: nextBilled,
        planRole: null,
        tells: ['buyer'],
      },
      ...of,
    },
  ],
  'PAYMENT.CAPTURE.COMPLETED.one_off.json': [
    {
      fact: {
        kind: 'one_off',
        moneyId: '42311647XV020574X',
        occurredAtMs: Date.UTC(2026, 9, 2, 9, 59, 58),
        amountMinor: 4999,
        currency: 'USD',
        inferredType: 'lifetime',
      },
      subscription: '42311647XV020574X',
      identity: { checkoutId: 'usr_42' },
      paymentIds: [],
    },
  ],
  'PAYMENT.SALE.COMPLETED.json': [
    {
      fact: {
        kind: 'renewal',
        moneyId: '5CS38179PL895402Y',
        occurredAtMs: Date.UTC(2023, 8, 7, 7, 13, 25),
        amountMinor: 1490,
        currency: 'USD',
        awaits: ['trial', 'buyer'],
      },
      subscription: 'I-0HNJGFKLTLMP',
      identity: {},
      paymentIds: [],
    },
  ],
  'PAYMENT.SALE.REFUNDED.json': [
    {
      fact: {
        kind: 'refund',
        moneyId: '9T0916710M1105906',
        refundId: '75S46770PP192124D',
        occurredAtMs: Date.UTC(2017, 0, 15, 20, 14, 29),
        amountMinor: 25541,
        cause: 'refund',
      },
      subscription: null,
      identity: {},
      paymentIds: [],
    },
  ],
};

/** As the links of the samples say. */
const testMode: Readonly<Record<string, boolean | null>> = {
  'BILLING.SUBSCRIPTION.CANCELLED.json': true,
  'PAYMENT.SALE.COMPLETED.json': true,
  'PAYMENT.SALE.REFUNDED.json': null,
};

const isThere = existsSync(folder);

(isThere ? describe : describe.skip)("PayPal's samples", () => {
  it('are all named here', () => {
    const names = readdirSync(folder).filter((name) => name.endsWith('.json') && !name.startsWith('_'));
    expect(names.sort()).toEqual(Object.keys(expected).sort());
  });

  it.each(Object.keys(expected))('%s', (name) => {
    const body: unknown = JSON.parse(readFileSync(join(folder, name), 'utf8'));
    expect(withoutBought(paypal.read(body, context))).toEqual({ kind: 'facts', facts: expected[name] });
    expect(paypal.isTestMode(body)).toBe(name in testMode ? testMode[name] : false);
    expect(name).toContain(paypal.typeOf(body));
  });
});

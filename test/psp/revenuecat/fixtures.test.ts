/** Bodies as RevenueCat documents them; where each came from is said in the README beside them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { revenuecat } from '../../../src/psp/revenuecat';
import { withoutBought } from '../../support/without-bought';
import { withoutMetadata } from '../../support/without-metadata';

const folder = join(__dirname, '../../../../shared/fixtures/psp/revenuecat');
const customer = {
  userId: '1234567890',
  customerId: '$RCAnonymousID:87c6049c58069238dce29853916d624c',
  email: 'firstlast@gmail.com',
};
// Periods of one subscription have transactions of their own; the samples reuse one id.
const transaction = '123456789012345';
const of = { subscription: transaction, identity: customer, paymentIds: [] };

const expected: Readonly<Record<string, object>> = {
  'BILLING_ISSUE.json': {
    fact: { kind: 'payment_failed', occurredAtMs: 1601337601013 },
    subscription: '100000000000000',
    identity: { customerId: '$RCAnonymousID:12345678-1234-1234-1234-123456789123' },
    paymentIds: [],
  },
  'CANCELLATION.refund.json': {
    fact: {
      kind: 'refund',
      moneyId: '100000000000000',
      refundId: '100000000000000:refund',
      occurredAtMs: 1601337615995,
      amountMinor: 999,
      cause: 'refund',
    },
    subscription: null,
    identity: {},
    paymentIds: [],
  },
  'INITIAL_PURCHASE.json': {
    fact: {
      kind: 'conversion',
      occasion: 'start',
      trial: false,
      inferredType: 'subscription',
      moneyId: transaction,
      occurredAtMs: 1658726374000,
      amountMinor: 499,
      netMinor: 499,
      currency: 'USD',
      periodStartMs: 1658726374000,
      periodEndMs: 1659331174000,
    },
    ...of,
  },
  'INITIAL_PURCHASE.trial.json': {
    fact: {
      kind: 'trial_start',
      occasion: 'start',
      trial: true,
      inferredType: 'free_trial',
      moneyId: transaction,
      occurredAtMs: 1658726358573,
      amountMinor: 0,
      netMinor: 0,
      currency: 'PHP',
      periodStartMs: 1658726358573,
      periodEndMs: 1658992117958,
    },
    ...of,
  },
  'NON_RENEWING_PURCHASE.json': {
    fact: {
      kind: 'one_off',
      inferredType: 'lifetime',
      moneyId: transaction,
      occurredAtMs: 1658726519000,
      amountMinor: 3299,
      netMinor: 3299,
      currency: 'CAD',
    },
    ...of,
  },
  'RENEWAL.json': {
    fact: {
      kind: 'renewal',
      trial: false,
      moneyId: transaction,
      occurredAtMs: 1658726405017, // announced before the period begins
      amountMinor: 799,
      netMinor: 799,
      currency: 'EUR',
      periodStartMs: 1658755132000,
      periodEndMs: 1659359932000,
    },
    ...of,
  },
};

const isThere = existsSync(folder);

(isThere ? describe : describe.skip)("RevenueCat's samples", () => {
  it('are all named here', () => {
    const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
    expect(names.sort()).toEqual(Object.keys(expected).sort());
  });

  it.each(Object.keys(expected))('%s', (name) => {
    const body: unknown = JSON.parse(readFileSync(join(folder, name), 'utf8'));
    expect(withoutBought(withoutMetadata(revenuecat.read(body, { roleOf: () => undefined })))).toEqual({
      kind: 'facts',
      facts: [expected[name]],
    });
    expect(revenuecat.isTestMode(body)).toBe(false);
    expect(name).toContain(revenuecat.typeOf(body));
  });
});

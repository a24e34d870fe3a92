/** Bodies as Primer documents them; where each came from is said in the README beside them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { primer } from '../../../src/psp/primer';
import { withoutMetadata } from '../../support/without-metadata';

const folder = join(__dirname, '../../../../shared/fixtures/psp/primer');
const context = { roleOf: () => undefined };
const paidAt = Date.UTC(2021, 1, 21, 15, 34, 16, 367);
const customer = { customerId: 'cust-123', email: 'test@primer.io', phone: '0123456789' };
const tracked = { ...customer, userId: 'usr_42', ttclid: 'E.C.P.CqgBdemo' };

const firstPayment = {
  kind: 'conversion',
  occasion: 'start',
  inferredType: 'subscription',
  moneyId: 'DdRZ6YY0',
  amountMinor: 3000,
  currency: 'GBP',
  settledLater: true,
};

const expected: Readonly<Record<string, object | null>> = {
  '_test_webhook.json': null,
  'v2.1.PAYMENT.STATUS.settled.json': {
    fact: { ...firstPayment, occurredAtMs: Date.UTC(2022, 0, 1, 12, 12, 12) },
    subscription: 'cust-123',
    identity: { customerId: 'cust-123' },
    paymentIds: [],
  },
  'v2.4.DISPUTE.OPENED.json': {
    fact: {
      kind: 'refund',
      moneyId: 'ecb8d3bc-805d-4d97-826e-ef8d4cc3d2a2',
      refundId: 'adyen_ref_123',
      occurredAtMs: 0,
      cause: 'dispute',
    },
    subscription: null,
    identity: {},
    paymentIds: [],
  },
  'v2.4.PAYMENT.REFUND.settled.json': {
    fact: {
      kind: 'refund',
      moneyId: 'DdRZ6YY0',
      refundId: 'DdRZ6YY0:refund:2026-10-03T10:00:01.000000',
      occurredAtMs: Date.UTC(2026, 9, 3, 10, 0, 1),
      amountMinor: 3000,
      cause: 'refund',
    },
    subscription: 'sub_42',
    identity: tracked,
    paymentIds: [],
  },
  'v2.4.PAYMENT.STATUS.declined.json': {
    fact: { kind: 'payment_failed', occurredAtMs: paidAt, moneyId: 'DcL7x1Zz', amountMinor: 2999, currency: 'USD' },
    subscription: 'sub_42',
    identity: tracked,
    paymentIds: [],
  },
  'v2.4.PAYMENT.STATUS.first_payment.paid_trial.json': {
    fact: {
      kind: 'trial_start',
      occasion: 'start',
      inferredType: 'paid_trial',
      moneyId: 'DdRZ6YY0',
      occurredAtMs: paidAt,
      amountMinor: 100,
      currency: 'USD',
      trial: true,
      settledLater: true,
    },
    subscription: 'sub_42',
    identity: tracked,
    paymentIds: [],
  },
  'v2.4.PAYMENT.STATUS.renewal.json': {
    fact: { kind: 'renewal', moneyId: 'RnW2a9Qk', occurredAtMs: paidAt, amountMinor: 2999, currency: 'USD', settledLater: true },
    subscription: 'sub_42',
    identity: tracked,
    paymentIds: [],
  },
  'v2.4.PAYMENT.STATUS.settled.json': {
    fact: { ...firstPayment, occurredAtMs: paidAt },
    subscription: 'cust-123',
    identity: customer,
    paymentIds: [],
  },
};

const isThere = existsSync(folder);

(isThere ? describe : describe.skip)("Primer's samples", () => {
  it('are all named here', () => {
    const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
    expect(names.sort()).toEqual(Object.keys(expected).sort());
  });

  it.each(Object.keys(expected))('%s', (name) => {
    const body: unknown = JSON.parse(readFileSync(join(folder, name), 'utf8'));
    const fact = expected[name];
    expect(withoutMetadata(primer.read(body, context))).toEqual(
      fact === null ? { kind: 'ignored', reason: expect.stringMatching(/test/) as string } : { kind: 'facts', facts: [fact] },
    );
    expect(primer.isTestMode(body)).toBeNull();
    if (fact !== null) expect(name).toContain(primer.typeOf(body));
  });
});

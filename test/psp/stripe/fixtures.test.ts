/** Bodies as Stripe sent or documents them; where each came from is said in the README beside them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripe } from '../../../src/psp/stripe';
import { withoutBought } from '../../support/without-bought';
import { withoutMetadata } from '../../support/without-metadata';

const folder = join(__dirname, '../../../../shared/fixtures/psp/stripe');
const context = { roleOf: () => undefined };

const subscription = 'sub_1RxHxrGaouLfVOpUpfTWqbjM';
const customer = { customerId: 'cus_SsllV761J0q08n', email: 'customer@example.com' };
const items = ['si_St46RUIYZvAsFA', 'price_1RwJxfGaouLfVOpUplM98Xcr'];
const tracked = { userId: 'usr_42', ttclid: 'E.C.P.CqgBdemo', ttp: '2N0demoTtpCookie' };

const expected: Readonly<Record<string, object>> = {
  '2020-08-27.charge.refunded.json': {
    fact: {
      kind: 'refund',
      moneyId: 'ch_000000000000000000000000',
      refundId: 're_000000000000000000000000',
      occurredAtMs: 1648319949_000,
      amountMinor: 100,
      cause: 'refund',
    },
    subscription: null,
    identity: {},
    paymentIds: [],
  },
  '2020-08-27.checkout.session.completed.payment.json': {
    fact: {
      kind: 'one_off',
      moneyId: 'pi_000000000000000000000000',
      occurredAtMs: 1648319959_000,
      amountMinor: 3000,
      netMinor: 3000,
      currency: 'USD',
      inferredType: 'lifetime',
    },
    subscription: 'pi_000000000000000000000000',
    identity: { customerId: 'cus_00000000000000', email: 'stripe@example.com' },
    paymentIds: ['cs_test_0000000000000000000000000000000000000000000000000000000000'],
  },
  '2020-08-27.customer.subscription.deleted.json': {
    fact: { kind: 'ended', occurredAtMs: 1648320097_000 },
    subscription: 'sub_000000000000000000000000',
    identity: { customerId: 'cus_00000000000000' },
    paymentIds: [],
  },
  '2020-08-27.payment_intent.succeeded.one_off.json': {
    fact: {
      kind: 'one_off',
      moneyId: 'pi_000000000000000000000000',
      occurredAtMs: 1648320033_000,
      amountMinor: 2000,
      currency: 'USD',
      awaits: ['buyer'],
      inferredType: 'lifetime',
    },
    subscription: 'pi_000000000000000000000000',
    identity: {},
    paymentIds: ['ch_000000000000000000000000'],
  },
  'basil.checkout.session.completed.subscription.json': {
    fact: { kind: 'began', occurredAtMs: 1755480865_000, tells: ['buyer'] },
    subscription,
    identity: {
      ...customer,
      userId: 'e4c56c8c-7bab-4ad1-a210-df683817bbdf',
      reference: 'e4c56c8c-7bab-4ad1-a210-df683817bbdf',
    },
    paymentIds: [],
  },
  'basil.customer.subscription.created.active.json': {
    fact: { kind: 'began', occurredAtMs: expect.any(Number) as number, trials: [], nextDueAtMs: 1787016241_000 },
    subscription: expect.stringMatching(/^sub_/) as string,
    identity: { customerId: 'cus_SsllV761J0q08n' },
    paymentIds: [],
  },
  'basil.customer.subscription.created.trialing.json': {
    fact: {
      kind: 'began',
      occurredAtMs: 1755480241_000,
      nextDueAtMs: 1756085041_000,
      trials: [{ kind: 'free', startsAtMs: 1755480241_000, endsAtMs: 1756085041_000 }],
      regularPrice: { amountMinor: 9600, currency: 'USD' },
    },
    subscription,
    identity: { customerId: customer.customerId, ...tracked },
    paymentIds: [],
  },
  'basil.customer.subscription.updated.trial_to_active.json': {
    fact: {
      kind: 'updated',
      occurredAtMs: 1756085071_000,
      nextDueAtMs: 1787621041_000,
      trials: [{ kind: 'free', startsAtMs: 1755480241_000, endsAtMs: 1756085041_000 }],
    },
    subscription,
    identity: { customerId: customer.customerId, ...tracked },
    paymentIds: [],
  },
  'basil.invoice.paid.free_trial_start.zero.json': {
    fact: {
      kind: 'trial_start',
      moneyId: 'in_derived_free_trial',
      occurredAtMs: 1755480241_000,
      amountMinor: 0,
      currency: 'USD',
      inferredType: 'free_trial',
      occasion: 'start',
      awaits: ['trial'],
      lines: [{ amountMinor: 0, of: 'period', items }],
      periodStartMs: 1755480241_000,
      periodEndMs: 1756085041_000,
    },
    subscription,
    identity: { ...customer, ...tracked },
    paymentIds: [],
  },
  'basil.invoice.paid.renewal.json': {
    fact: {
      kind: 'renewal',
      moneyId: expect.stringMatching(/^in_/) as string,
      occurredAtMs: expect.any(Number) as number,
      amountMinor: 9600,
      netMinor: 9600,
      regularMinor: 9600,
      currency: 'USD',
      occasion: 'cycle',
      lines: [{ amountMinor: 9600, of: 'period', items }],
      periodStartMs: expect.any(Number) as number,
      periodEndMs: 1819157041_000,
    },
    subscription,
    identity: { ...customer, ...tracked },
    paymentIds: [],
  },
  'basil.invoice.paid.subscription_create.json': {
    fact: {
      kind: 'conversion',
      moneyId: 'in_1RxHxSGaouLfVOpUyWFwGR1y',
      occurredAtMs: 1755480861_000,
      amountMinor: 19200,
      netMinor: 19200,
      regularMinor: 19200,
      currency: 'USD',
      inferredType: 'subscription',
      occasion: 'start',
      awaits: ['trial', 'buyer'],
      lines: [{ amountMinor: 19200, of: 'period', items: ['si_St46RUIYZvAsFA', 'price_1RwJxfGaouLfVOpUplM98Xcr'] }],
      periodStartMs: 1755480838_000,
      periodEndMs: 1787016838_000,
    },
    subscription,
    identity: customer,
    paymentIds: [],
  },
  'basil.invoice.paid.trial_conversion.json': {
    fact: {
      kind: 'renewal',
      moneyId: 'in_derived_conversion',
      occurredAtMs: 1756088644_000,
      amountMinor: 9600,
      netMinor: 9600,
      regularMinor: 9600,
      currency: 'USD',
      occasion: 'cycle',
      lines: [{ amountMinor: 9600, of: 'period', items }],
      periodStartMs: 1756085041_000,
      periodEndMs: 1787621041_000,
    },
    subscription,
    identity: { ...customer, ...tracked },
    paymentIds: [],
  },
  'basil.invoice.payment_failed.renewal.json': {
    fact: { kind: 'payment_failed', moneyId: 'in_1234', occurredAtMs: 1745437580_000, amountMinor: 24900, currency: 'USD' },
    subscription: 'sub_1234',
    identity: { customerId: 'cus_1234', email: 'customer@example.org' },
    paymentIds: [],
  },
};

const isThere = existsSync(folder);

(isThere ? describe : describe.skip)("Stripe's samples", () => {
  it('are all named here', () => {
    expect(
      readdirSync(folder)
        .filter((name) => name.endsWith('.json'))
        .sort(),
    ).toEqual(Object.keys(expected).sort());
  });

  it.each(Object.keys(expected))('%s', (name) => {
    const body: unknown = JSON.parse(readFileSync(join(folder, name), 'utf8'));
    const { kind, facts } = withoutMetadata(stripe.read(body, context)) as { readonly kind: string; readonly facts?: unknown };
    expect(withoutBought({ kind, facts })).toEqual({ kind: 'facts', facts: [expected[name]] });
    expect(stripe.isTestMode(body)).toBe(true);
    expect(name).toContain(stripe.typeOf(body));
  });

  it('of a session name its invoice, which a PaymentIntent may know by the session', () => {
    const body: unknown = JSON.parse(readFileSync(join(folder, 'basil.checkout.session.completed.subscription.json'), 'utf8'));
    const link = { id: expect.stringMatching(/^cs_/) as string, moneyId: expect.stringMatching(/^in_/) as string };
    expect(stripe.read(body, context)).toMatchObject({ links: [link] });
  });
});

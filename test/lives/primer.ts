/**
 * Lives at Primer, which knows no subscriptions: the merchant's metadata tell them. Without metadata a trial cannot be told from a
 * subscription, so then there is none.
 */
import fc from 'fast-check';
import { primerEvent, primerPayment } from '../../sandbox/primer/webhooks';
import type { PrimerBill, PrimerScenario } from '../../sandbox/primer/webhooks';
import type { PaymentKind, Phase, PurchaseType } from '../../src/domain/fact';
import { Ledger } from './ledger';
import type { Provider, Told } from './life';
import { cycles, dayMs, phaseOfPeriod, someCycle } from './life';

const plans = fc
  .record({
    contract: fc.constantFrom('kind' as const, 'subs_iteration' as const, 'none' as const),
    /** Some merchants count their periods from 1. */
    countsFrom: fc.constantFrom(0, 1),
    type: fc.constantFrom<PurchaseType>('subscription', 'free_trial', 'paid_trial', 'lifetime'),
    trialDays: fc.integer({ min: 1, max: 20 }),
    cycles,
    declined: someCycle,
    partlyCaptured: someCycle,
    dearerFrom: someCycle,
    partlyRefunded: someCycle,
  })
  .filter(({ contract, type }) => contract !== 'none' || type === 'subscription' || type === 'lifetime');
type Plan = typeof plans extends fc.Arbitrary<infer T> ? T : never;

export const primer: Provider<Plan> = { psp: 'primer', plans, tell };

const second = 1000;

function tell(plan: Plan, nth: number, startMs: number): Told {
  const { type, contract } = plan;
  const ledger = new Ledger(startMs, type);
  // Without metadata all that repeats is one subscription of its customer.
  const customerId = contract === 'none' ? `customer-${nth}` : 'customer-1';
  const scenario: PrimerScenario = { type, subscriptionId: `s${nth}`, customerId, userId: 'u1', startMs, contract };
  let payments = 0;
  let iteration = plan.countsFrom;
  const body = (bill: PrimerBill, status: string, captured = bill.amount) => {
    const payment = primerPayment(scenario, { ...bill, status });
    const { subs_iteration: counted, ...metadata } = payment.metadata;
    const processor = { ...(payment['processor'] as object), amountCaptured: status === 'AUTHORIZED' ? 0 : captured };
    return {
      ...payment,
      processor,
      metadata: counted === undefined ? metadata : { ...metadata, subs_iteration: String(iteration) },
    };
  };
  const pays = (kind: PaymentKind, phase: Phase, amount: number, isPart = false): void => {
    const bill = { index: payments, kind, atMs: ledger.nowMs, amount };
    const says = (status: string, captured = amount): void => {
      ledger.passes(second);
      ledger.says(primerEvent('PAYMENT.STATUS', body(bill, status, captured), ledger.nowMs));
    };
    says('PENDING');
    says('AUTHORIZED');
    const captured = isPart ? Math.floor(amount / 2) : amount;
    says(isPart ? 'PARTIALLY_SETTLED' : 'SETTLED', captured);
    ledger.counts(`s${nth}-P${payments}`, phase, captured);
    payments += 1;
  };

  if (type === 'lifetime') {
    pays('one_off', 'conversion', 4900, plan.partlyCaptured === 0);
    return ledger.told();
  }
  const hasTrial = type !== 'subscription';
  let dueMs = startMs;
  if (hasTrial) {
    pays('trial_start', 'trial_start', type === 'paid_trial' ? 100 : 0);
    iteration += 1;
    dueMs += plan.trialDays * dayMs;
  }
  const paid = hasTrial ? plan.cycles : Math.max(1, plan.cycles);
  for (let n = 0; n < paid; n += 1) period(n);
  return ledger.told();

  function period(n: number): void {
    ledger.reaches(dueMs);
    const phase = phaseOfPeriod(n);
    const isDearer = plan.dearerFrom !== null && plan.dearerFrom > 0 && n >= plan.dearerFrom;
    if (payments > 0 && plan.declined === n) {
      const bill = { index: payments, kind: phase, atMs: ledger.nowMs, amount: 1999 };
      ledger.says(primerEvent('PAYMENT.STATUS', body(bill, 'DECLINED', 0), ledger.nowMs));
      ledger.counts(`s${nth}-P${payments}`, null, 1999);
      payments += 1;
      ledger.passes(3 * dayMs);
    }
    const index = payments;
    const amount = isDearer ? 2999 : 1999;
    pays(phase, phase, amount, plan.partlyCaptured === n);
    if (plan.partlyRefunded === n && plan.partlyCaptured !== n) {
      const refunds = [{ amount: 500, atMs: ledger.nowMs + 2 * dayMs }];
      const bill = { index, kind: phase, atMs: ledger.nowMs - 3 * second, amount, refunds };
      ledger.passes(2 * dayMs);
      ledger.says(primerEvent('PAYMENT.REFUND', body(bill, 'SETTLED'), ledger.nowMs));
    }
    iteration += 1;
    dueMs = Math.max(dueMs, ledger.nowMs - dayMs) + 30 * dayMs;
  }
}

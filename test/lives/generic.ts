/** Lives told by a merchant's own billing, which says of every payment what it is. */
import fc from 'fast-check';
import type { Phase, PurchaseType } from '../../src/domain/fact';
import { Ledger } from './ledger';
import type { Provider, Told } from './life';
import { cycles, dayMs, phaseOfPeriod, someCycle } from './life';

const plans = fc.record({
  type: fc.constantFrom<PurchaseType>('subscription', 'free_trial', 'paid_trial', 'lifetime'),
  trialDays: fc.integer({ min: 1, max: 20 }),
  isDeclared: fc.boolean(),
  cycles,
  discounted: someCycle,
  dearerFrom: someCycle,
  partlyRefunded: someCycle,
});
type Plan = typeof plans extends fc.Arbitrary<infer T> ? T : never;

export const generic: Provider<Plan> = { psp: 'generic', plans, tell };

function tell(plan: Plan, nth: number, startMs: number): Told {
  const { type } = plan;
  const ledger = new Ledger(startMs, type);
  const says = (kind: string, moneyId: string, amountMinor: number): void =>
    ledger.says({
      kind,
      ...(kind !== 'one_off' && { subscription_id: `sub-${nth}` }),
      money_id: moneyId,
      ...(plan.isDeclared && { purchase_type: type }),
      amount: (amountMinor / 100).toFixed(2),
      currency: 'USD',
      occurred_at: new Date(ledger.nowMs).toISOString(),
      metadata: { user_id: 'u1' },
    });
  const pays = (kind: Phase | 'one_off', phase: Phase, amountMinor: number): string => {
    const moneyId = `pay-${nth}-${ledger.records}`;
    says(kind, moneyId, amountMinor);
    ledger.counts(moneyId, phase, amountMinor);
    return moneyId;
  };

  if (type === 'lifetime') {
    pays('one_off', 'conversion', 4900);
    return ledger.told();
  }
  const hasTrial = type !== 'subscription';
  if (hasTrial) pays('trial_start', 'trial_start', type === 'paid_trial' ? 100 : 0);
  const paid = hasTrial ? plan.cycles : Math.max(1, plan.cycles);
  if (hasTrial) ledger.passes(plan.trialDays * dayMs);
  for (let n = 0; n < paid; n += 1) {
    const isDearer = plan.dearerFrom !== null && plan.dearerFrom > 0 && n >= plan.dearerFrom;
    const amount = plan.discounted === n ? 0 : isDearer ? 2999 : 1999;
    const moneyId = pays(phaseOfPeriod(n), phaseOfPeriod(n), amount);
    if (plan.partlyRefunded === n && amount > 0) {
      ledger.passes(2 * dayMs);
      says('refund', moneyId, 500);
    }
    ledger.passes(30 * dayMs);
  }
  return ledger.told(plan.discounted === 0 && paid > 0);
}

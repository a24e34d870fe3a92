/** An order that folds whenever it is at rest, and brings back what inputs name, as its workflow does; its facts and rows are the database's. */
import type { Acceptance } from '../../src/domain/observe';
import type { SubscriptionFact } from '../../src/domain/fact';
import type { FoldLimits } from '../../src/domain/fold';
import { fold, recalled, withRecalled } from '../../src/domain/fold';
import { migrate } from '../../src/domain/migrate';
import type { KeptFact } from '../../src/domain/restore';
import type { Input } from '../../src/domain/transition';
import { paymentOf } from '../../src/domain/subscription';
import { FirstPurchases, limitOff, limitOn, Order, userKey } from './order-scenario';

export class FoldingOrder extends Order {
  readonly facts: KeptFact[] = [];
  /** As JSON. */
  private readonly kept = new Set<string>();

  constructor(
    private readonly limits: FoldLimits,
    settings = limitOff,
  ) {
    super('sub_1', new FirstPurchases(), settings);
  }

  override receives(...facts: SubscriptionFact[]): this {
    return this.receivesWith({}, ...facts);
  }

  override receivesWith(acceptance: Partial<Acceptance>, ...facts: SubscriptionFact[]): this {
    for (const fact of facts) {
      const acceptedAtMs = Math.max(this.nowMs, fact.occurredAtMs);
      const json = JSON.stringify(fact);
      if (!this.kept.has(json)) this.facts.push({ fact, settingsVersion: 1, tooOld: false, acceptedAtMs, checkoutId: null });
      this.kept.add(json);
    }
    return super.receivesWith(acceptance, ...facts);
  }

  override applies(inputs: readonly Input[]): this {
    const named = inputs.flatMap(
      (input) => (input.kind === 'fact' ? input.fact.moneyId : 'moneyId' in input ? input.moneyId : undefined) ?? [],
    );
    if (this.state.folded) this.recall(named.filter((moneyId) => paymentOf(this.state, moneyId) === undefined));
    super.applies(inputs);
    // Carried on as plain JSON.
    if (this.underWay.length === 0)
      this.state = migrate(JSON.parse(JSON.stringify(fold(this.state, this.limits))) as typeof this.state);
    return this;
  }

  private recall(moneyIds: readonly string[]): void {
    if (moneyIds.length === 0) return;
    const { found, changed } = recalled({
      ...{ psp: 'stripe', subscription: 'sub_1', facts: this.facts, userKeys: [userKey], firstPurchase: null },
      records: moneyIds.flatMap((moneyId) => this.table.get(moneyId) ?? []),
      settings: [limitOff, limitOn],
    });
    for (const record of changed) this.table.set(record.moneyId, record);
    this.state = withRecalled(this.state, found);
  }
}

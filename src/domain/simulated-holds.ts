/**
 * The trial starts that other settings would have held, and whether they would have lasted. What was held as long already has come to what its
 * record says; else the order's facts are asked, as far as they were known when the hold ended, by the rule of the workflow (`heldFor`).
 */
import { hourMs } from './duration';
import { merge } from './observe';
import { cellOf, type Hold as HoldRule } from './policy';
import type { PurchaseRecord } from './purchase';
import { decidingSettings, type Settings } from './settings';
import type { RecordedOrder, SimulationRules } from './simulate';
import { newSubscription, paymentOf } from './subscription';
import { heldFor, type Hold } from './transition';

/** By money id. */
export type Holds = ReadonlyMap<string, Hold>;

/** The holds of those of an order's records that are decided anew. */
export function holdsOf(order: RecordedOrder, open: readonly PurchaseRecord[], rules: SimulationRules): Holds {
  const holds = new Map<string, Hold>();
  for (const record of open) {
    const rule = ruleOf(record, rules.settings);
    if (rule) holds.set(record.moneyId, holdOf(order, record, { ...rules, rule }));
  }
  return holds;
}

/** True for a trial start that was held shorter or longer than the settings say, one of the two perhaps not at all. */
export function isHeldAnew(
  record: PurchaseRecord,
  { settings, recorded }: Pick<SimulationRules, 'settings' | 'recorded'>,
): boolean {
  return ruleOf(record, recorded.get(record.settingsVersion) ?? settings)?.hours !== ruleOf(record, settings)?.hours;
}

function ruleOf({ purchaseType, phase }: PurchaseRecord, { policy }: Pick<Settings, 'policy'>): HoldRule | undefined {
  const cell = phase === 'trial_start' ? cellOf(policy, purchaseType, phase) : undefined;
  return cell?.send ? cell.hold : undefined;
}

function holdOf(
  { psp, subscription, facts }: RecordedOrder,
  record: PurchaseRecord,
  { rule, nowMs, ...rules }: SimulationRules & { readonly rule: HoldRule },
): Hold {
  const { moneyId, occurredAtMs } = record;
  const untilMs = occurredAtMs + rule.hours * hourMs;
  const lasts = nowMs < untilMs ? 'lasts' : 'passed';
  if (!isHeldAnew(record, rules)) return { stage: record.reason === 'cancelled_in_hold' ? 'broken' : lasts, untilMs };
  const start = facts.find(({ fact }) => fact.moneyId === moneyId);
  const knownByMs = Math.max(untilMs, start?.acceptedAtMs ?? 0);
  const accepted = { settings: decidingSettings(rules.settings), userKeys: [], checkoutId: null };
  const state = facts
    .filter(({ acceptedAtMs }) => acceptedAtMs <= knownByMs)
    .reduce(
      (known, { fact, tooOld, acceptedAtMs }) => merge(known, fact, { ...accepted, tooOld, acceptedAtMs }),
      newSubscription(psp, subscription),
    );
  const payment = paymentOf(state, moneyId);
  // Of an order from before facts were kept nothing says that it did not last.
  return payment ? heldFor(rule, { state, payment: { ...payment, paidAtMs: occurredAtMs }, nowMs }) : { stage: lasts, untilMs };
}

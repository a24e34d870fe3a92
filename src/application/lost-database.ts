/**
 * A database that was lost, while Temporal still has the orders. What workflows know comes back (`rebuildOrder`); the rest does not, and
 * the settings among it decide what TikTok hears. So the loss is an alert that stays until an operator has taken note.
 */
import { compact } from '../domain/compact';
import type { LifecycleFact, PaymentFact, RefundFact } from '../domain/fact';
import { isImported } from '../domain/imported-buyer';
import type { PaymentRef } from '../domain/purchase';
import { eventAtMs, type Payment, paymentsInOrder, type Subscription } from '../domain/subscription';
import type { Store } from '../store';
import type { OrderRef } from '../../workflows/contract';
import { dueAtMs } from './ingestion';

const lossAlert = { kind: 'database_lost', subject: '' } as const;

export interface LossDeps {
  readonly orders: Pick<Store['orders'], 'isNewDatabase'>;
  readonly alerts: Pick<Store['alerts'], 'raise' | 'open'>;
  /** How many orders Temporal has. */
  readonly countOrders: () => Promise<number>;
  readonly integrations: readonly string[];
  readonly nowMs: () => number;
}

/**
 * Notes a loss that this start finds, and answers the loss that nobody has taken note of yet, as a message; null when there is none.
 * Temporal is asked first: an order is in the database before it is in Temporal, so that a first webhook at this moment is no loss.
 */
export async function lossOf(deps: LossDeps): Promise<string | null> {
  const orders = await deps.countOrders();
  if (orders > 0 && (await deps.orders.isNewDatabase())) await noteLoss(deps, emptyDatabase(orders));
  return (await lossNotes(deps.alerts, deps.integrations))[0] ?? null;
}

/** The losses of which nobody has taken note. */
export async function lossNotes(
  alerts: Pick<Store['alerts'], 'open'>,
  integrations: readonly string[],
): Promise<readonly string[]> {
  const open = await Promise.all(integrations.map((integration) => alerts.open(integration)));
  return [...new Set(open.flat().flatMap(({ kind, message }) => (kind === lossAlert.kind ? [message] : [])))];
}

function emptyDatabase(orders: number): string {
  return `the database was found empty while Temporal has ${orders} ${orders === 1 ? 'order' : 'orders'}: settings (such as the limit), buyers and secrets are not those of before. ${cure}`;
}

const cure =
  'Restore a backup, or run `npm run reproject` and check the settings; then confirm by `npm run reproject -- --confirm`';

/** Notes that settings were found behind those by which workflows have decided: the database is of an earlier time. */
export async function noteOlderSettings(
  deps: Pick<LossDeps, 'alerts' | 'nowMs'>,
  integration: string,
  versions: { readonly stored: number; readonly known: number },
): Promise<void> {
  const message = `the settings were at version ${versions.stored} while orders were decided by version ${versions.known}: the database is of an earlier time. ${cure}`;
  await deps.alerts.raise(integration, { ...lossAlert, message }, deps.nowMs());
}

async function noteLoss({ alerts, integrations, nowMs }: LossDeps, message: string): Promise<void> {
  for (const integration of integrations) await alerts.raise(integration, { ...lossAlert, message }, nowMs());
}

/** An operator has taken note. Returns how many integrations had a loss to take note of. */
export async function confirmLoss(
  alerts: Pick<Store['alerts'], 'close'>,
  integrations: readonly string[],
  nowMs: number,
): Promise<number> {
  const closed = await Promise.all(integrations.map((integration) => alerts.close(integration, lossAlert, nowMs)));
  return closed.filter(Boolean).length;
}

export interface RebuildDeps {
  readonly orders: Pick<Store['orders'], 'isKnown'>;
  readonly users: Pick<Store['users'], 'register'>;
  readonly firstPurchases: Pick<Store['firstPurchases'], 'claim'>;
  readonly orderRecords: Pick<Store['orderRecords'], 'keepFact'>;
}

/**
 * Writes an order that the database does not have, from what its workflow knows: the buyer's identifiers, payments, facts, due date, and
 * the first purchase. An order that it has is left alone, since it may know better. True when it was written.
 */
export async function rebuildOrder(deps: RebuildDeps, order: OrderRef, known: Subscription): Promise<boolean> {
  if (await deps.orders.isKnown(order)) return false;
  const payments = paymentsInOrder(known);
  for (const fact of [...payments.flatMap(paymentFacts), ...refundFacts(known)]) await keep(deps, order, known, fact);
  await claimFirstPurchase(deps, order, known, payments);
  // Last: an order counts as known from here on.
  const { ended, resumed, cancellation_undone: undone } = known.context.latest;
  for (const payment of payments.length > 0 ? payments : [null])
    await deps.users.register({
      ...order,
      moneyId: payment?.moneyId ?? order.subscription,
      keys: known.userKeys,
      identity: {},
      checkout: known.userKeys.find(({ kind }) => kind === 'checkout') ?? null,
      checkoutId: known.checkoutId,
      paymentIds: payment === null ? [] : [payment.moneyId],
      pending: null,
      ...dueOf(payment),
      endedAtMs: ended ?? null,
      resumedAtMs: resumed ?? undone ?? null,
      atMs: known.lastAcceptedAtMs,
    });
  return true;
}

function paymentFacts({ observations, ...payment }: Payment): readonly KnownFact[] {
  const { settingsVersion, tooOld, acceptedAtMs } = payment;
  return observations.map((fact) => ({ fact, settingsVersion, tooOld, acceptedAtMs }));
}

interface KnownFact {
  readonly fact: PaymentFact | RefundFact;
  readonly settingsVersion: number;
  readonly tooOld: boolean;
  readonly acceptedAtMs: number;
}

function refundFacts({ refunds, lastAcceptedAtMs: acceptedAtMs }: Subscription): readonly KnownFact[] {
  return Object.entries(refunds).flatMap(([moneyId, ofPayment]) =>
    Object.entries(ofPayment).map(([refundId, { amountMinor, cause, occurredAtMs }]) => {
      const amount = compact<{ amountMinor?: number }>({ amountMinor: amountMinor ?? undefined });
      const fact: RefundFact = { kind: 'refund', moneyId, refundId, cause, occurredAtMs, ...amount };
      return { fact, settingsVersion: 1, tooOld: false, acceptedAtMs };
    }),
  );
}

async function keep(
  { orderRecords }: RebuildDeps,
  order: OrderRef,
  { checkoutId }: Subscription,
  known: KnownFact,
): Promise<void> {
  await orderRecords.keepFact(order, { ...known, checkoutId });
}

/** By the latest that was said of the payment. */
function dueOf(payment: Payment | null): { readonly dueAtMs: number | null; readonly saidAtMs?: number } {
  const said = payment?.observations.at(-1);
  return said === undefined
    ? { dueAtMs: null }
    : { dueAtMs: dueAtMs(said satisfies PaymentFact | LifecycleFact), saidAtMs: said.occurredAtMs };
}

async function claimFirstPurchase(
  { firstPurchases }: RebuildDeps,
  { integration, psp, subscription }: OrderRef,
  { firstPurchase, userKeys }: Subscription,
  payments: readonly Payment[],
): Promise<void> {
  if (firstPurchase.kind === 'other' && isImported(firstPurchase.holder)) {
    const { holder } = firstPurchase;
    // Its money id is when it was.
    await firstPurchases.claim({
      integration,
      keys: userKeys,
      payment: holder,
      mode: 'take_if_free',
      atMs: Date.parse(holder.moneyId),
    });
  }
  if (firstPurchase.kind !== 'mine') return;
  const { moneyId } = firstPurchase;
  const payment: PaymentRef = { psp, subscription, moneyId };
  const paid = payments.find((one) => one.moneyId === moneyId);
  await firstPurchases.claim({ integration, keys: userKeys, payment, mode: 'take_if_free', atMs: paid ? eventAtMs(paid) : 0 });
}

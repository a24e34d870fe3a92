/** The parts of a store that checks need, in memory, for simulations over thousands of checks. The real one: test/store/conformance. */
import type { CheckState, OrderKey, Registration, Store } from '../../src/store';
import type { SubscriptionFact } from '../../src/domain/fact';
import { hashOf } from '../../src/store';

export interface CheckMemory {
  readonly store: Pick<Store, 'purchases' | 'orders' | 'checks' | 'openPayments' | 'quarantine' | 'signalledFacts'> &
    Pick<Store, 'users' | 'payments' | 'firstPurchases' | 'orderRecords'>;
  /** The money ids that have a row. */
  readonly paid: ReadonlySet<string>;
}

interface Order {
  readonly subscription: string;
  dueAtMs: number | null;
  saidAtMs: number;
  endedAtMs: number;
  resumedAtMs: number;
  polledAtMs: number;
}

/** One account's memory. */
export function checkMemory(): CheckMemory {
  const orders = new Map<string, Order>();
  const paid = new Set<string>();
  const links = new Map<string, string>();
  const seen = new Set<string>();
  const open = new Map<string, number>();
  const quarantined = new Map<string, unknown>();
  let last: CheckState | null = null;
  const orderOf = (subscription: string): Order => {
    const order = orders.get(subscription) ?? {
      ...{ subscription, dueAtMs: null, saidAtMs: -1, endedAtMs: -1, resumedAtMs: -1, polledAtMs: -1 },
    };
    orders.set(subscription, order);
    return order;
  };

  function register({ subscription, pending, moneyId, paymentIds, ...registration }: Registration): void {
    const { dueAtMs, saidAtMs = 0, endedAtMs, resumedAtMs } = registration;
    const order = orderOf(subscription);
    if (dueAtMs != null && saidAtMs > order.saidAtMs) Object.assign(order, { dueAtMs, saidAtMs });
    order.endedAtMs = Math.max(order.endedAtMs, endedAtMs ?? -1);
    order.resumedAtMs = Math.max(order.resumedAtMs, resumedAtMs ?? -1);
    if (pending) paid.add(moneyId);
    for (const id of paymentIds) if (id !== moneyId) links.set(id, moneyId);
  }

  const parts = {
    users: {
      registerSettled: async () => null,
      async register(registration: Registration) {
        register(registration);
        const { keys } = registration;
        return { keys, ownsCheckout: false, adoptedCheckoutId: null, isErased: false, isOthersKey: false };
      },
    },
    firstPurchases: { claim: async () => ({ granted: true }) },
    orderRecords: { keepFact: async () => true },
    payments: {
      async orderOf(_integration: string, psp: string, id: string) {
        const moneyId = links.get(id) ?? id;
        return paid.has(moneyId) ? { psp, moneyId, subscription: moneyId } : null;
      },
      registered: async (_integration: string, psp: string, ids: readonly string[]) =>
        ids.flatMap((id) => (paid.has(id) ? [{ psp, moneyId: id, subscription: `of ${id}` }] : [])),
      linkedTo: async (_integration: string, _psp: string, id: string, own: string) => {
        const moneyId = links.get(id) ?? null;
        return moneyId === own ? null : moneyId;
      },
      mergedInto: async () => [],
      hasMet: async () => false,
      merge: async (_integration: string, _psp: string, id: string, into: string) => void links.set(id, into),
      link: async (_integration: string, _psp: string, id: string, moneyId: string) => void links.set(id, moneyId),
      keepUnmatchedRefund: async () => undefined,
      unmatchedRefundsOf: async () => [],
    },
    purchases: {
      known: async (_integration: string, _psp: string, ids: readonly string[]) =>
        new Map(
          ids.flatMap((id): [string, string][] => {
            const moneyId = paid.has(id) ? id : (links.get(id) ?? '');
            return paid.has(moneyId) ? [[id, moneyId]] : [];
          }),
        ),
    },
    orders: {
      async overdue({ dueBeforeMs, dueAfterMs, polledBeforeMs, limit }: Parameters<Store['orders']['overdue']>[0]) {
        return [...orders.values()]
          .filter(({ endedAtMs, resumedAtMs }) => endedAtMs < 0 || resumedAtMs >= endedAtMs)
          .flatMap(({ subscription, dueAtMs, polledAtMs }) =>
            dueAtMs !== null && dueAtMs < dueBeforeMs && dueAtMs >= dueAfterMs && polledAtMs < polledBeforeMs
              ? [{ subscription, dueAtMs }]
              : [],
          )
          .slice(0, limit);
      },
      async markPolled({ subscription }: OrderKey, poll: Parameters<Store['orders']['markPolled']>[1]) {
        const order = orderOf(subscription);
        order.polledAtMs = poll.atMs;
        if (poll.nextDueAtMs !== undefined && poll.nextDueAtMs > (order.dueAtMs ?? 0)) {
          Object.assign(order, { dueAtMs: poll.nextDueAtMs, saidAtMs: poll.atMs });
        } else if (order.dueAtMs === poll.paidDueAtMs) order.dueAtMs = null;
      },
    },
    checks: {
      last: async () => last,
      finish: async (_integration: string, _psp: string, state: CheckState) =>
        void (last = { ...state, upToMs: Math.max(state.upToMs, last?.upToMs ?? 0) }),
    },
    openPayments: {
      list: async () => [...open.keys()],
      seenAtMs: async (_integration: string, _psp: string, id: string) => open.get(id) ?? null,
      remember: async (_integration: string, _psp: string, ids: readonly string[], atMs: number) =>
        ids.forEach((id) => open.set(id, open.get(id) ?? atMs)),
      forget: async (_integration: string, _psp: string, ids: readonly string[]) => ids.forEach((id) => open.delete(id)),
    },
    quarantine: {
      async keepItems(_integration: string, items: readonly { readonly item: string }[]) {
        for (const one of items) quarantined.set(one.item, one);
        return items.length;
      },
      resolveItems: async (_integration: string, _psp: string, ids: readonly string[]) =>
        ids.forEach((id) => quarantined.delete(id)),
    },
    signalledFacts: {
      wasSignalled: async (order: OrderKey, fact: SubscriptionFact) => seen.has(hashOf(order.psp, order.subscription, fact)),
      marked: async (_integration: string, hashes: readonly string[]) => new Set(hashes.filter((hash) => seen.has(hash))),
      mark: async (_integration: string, hashes: readonly string[]) => hashes.forEach((hash) => seen.add(hash)),
    },
  };
  return { store: parts as unknown as CheckMemory['store'], paid }; // only what checks and ingestion call
}

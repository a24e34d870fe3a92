/** The path's part of the store, in maps: for thousands of lives. It knows no browser and no erasure. */
import type { UserKey } from '../../src/domain/identity';
import type { SubscriptionFact } from '../../src/domain/fact';
import type { PaymentRef, PurchaseRecord } from '../../src/domain/purchase';
import { untraced } from '../../src/domain/purchase';
import type { RelayStore } from './simulated-relay';

/** A store for one integration. */
export function mapStore(): RelayStore {
  const rows = new Map<string, PurchaseRecord>();
  const attempts = new Map<string, { attempts: number; firstAttemptAtMs: number }>();
  const paymentRefs = new Map<string, PaymentRef>();
  const links = new Map<string, string>();
  const keptRefunds = new Map<string, SubscriptionFact[]>();
  const checkouts = new Map<string, string>();
  const holders = new Map<string, PaymentRef>();

  /** All keys are one user's from now on. */
  const holderOf = (keys: readonly UserKey[]): PaymentRef | undefined => {
    const [held] = keys.flatMap(({ hmac }) => holders.get(hmac) ?? []);
    if (held) for (const { hmac } of keys) holders.set(hmac, holders.get(hmac) ?? held);
    return held;
  };
  const nameOf = ({ psp, moneyId }: Pick<PaymentRef, 'psp' | 'moneyId'>): string => `${psp} ${moneyId}`;
  const record = (records: readonly PurchaseRecord[]): Promise<void> => {
    for (const next of records) {
      const known = rows.get(nameOf(next));
      if (!known || known.revision <= next.revision) rows.set(nameOf(next), next);
    }
    return Promise.resolve();
  };

  const open = new Map<string, number>();

  return {
    users: {
      register: (registration) => {
        const { psp, subscription, moneyId, keys, checkout, paymentIds, pending } = registration;
        holderOf(keys);
        if (pending !== null || paymentIds.length > 0) paymentRefs.set(nameOf(registration), { psp, subscription, moneyId });
        for (const id of paymentIds) links.set(nameOf({ psp, moneyId: id }), moneyId);
        if (pending !== null && !rows.has(nameOf(pending))) rows.set(nameOf(pending), pending);
        const order = `${psp} ${subscription}`;
        if (checkout && !checkouts.has(checkout.hmac)) checkouts.set(checkout.hmac, order);
        const ownsCheckout = checkout !== null && checkouts.get(checkout.hmac) === order;
        return Promise.resolve({
          keys,
          ownsCheckout,
          adoptedCheckoutId: null,
          isErased: false,
          isOthersKey: false,
          joined: 0,
          evidence: 'webhook',
        });
      },
      // Every fact goes the long way.
      registerSettled: () => Promise.resolve(null),
      identity: () => Promise.resolve({}),
    },
    firstPurchases: {
      claim: ({ keys, payment, mode }) => {
        const holder = holderOf(keys) ?? payment;
        for (const { hmac } of keys) holders.set(hmac, holder);
        const isOurs = holder.psp === payment.psp && holder.subscription === payment.subscription;
        const granted = mode === 'take_if_free' || (isOurs && (mode === 'this_order' || holder.moneyId === payment.moneyId));
        return Promise.resolve({ granted, holder });
      },
      release: (_integration, _keys, payment) => {
        for (const [key, holder] of holders) if (nameOf(holder) === nameOf(payment)) holders.delete(key);
        return Promise.resolve();
      },
    },
    payments: {
      orderOf: (_integration, psp, paymentId) => {
        let id: string | undefined = paymentId;
        for (let hop = 0; hop <= 3 && id !== undefined; hop += 1) {
          const known = paymentRefs.get(nameOf({ psp, moneyId: id }));
          if (known) return Promise.resolve(known);
          id = links.get(nameOf({ psp, moneyId: id }));
        }
        return Promise.resolve(null);
      },
      registered: (_integration, psp, ids) =>
        Promise.resolve(
          [...ids, ...ids.flatMap((id) => links.get(nameOf({ psp, moneyId: id })) ?? [])]
            .filter((id, nth, all) => all.indexOf(id) === nth)
            .flatMap((id) => paymentRefs.get(nameOf({ psp, moneyId: id })) ?? []),
        ),
      mergedInto: () => Promise.resolve([]),
      hasMet: () => Promise.resolve(true),
      linkedTo: (_integration, psp, id, own) => {
        const moneyId = links.get(nameOf({ psp, moneyId: id })) ?? null;
        return Promise.resolve(moneyId === own ? null : moneyId);
      },
      merge: (_integration, psp, moneyId, into) => {
        paymentRefs.delete(nameOf({ psp, moneyId }));
        links.set(nameOf({ psp, moneyId }), into);
        return Promise.resolve();
      },
      link: (_integration, psp, id, moneyId) => {
        links.set(nameOf({ psp, moneyId: id }), moneyId);
        return Promise.resolve();
      },
      keepUnmatchedRefund: ({ psp, paymentId, fact }) => {
        const name = nameOf({ psp, moneyId: paymentId });
        keptRefunds.set(name, [...(keptRefunds.get(name) ?? []), fact]);
        return Promise.resolve();
      },
      unmatchedRefundsOf: (_integration, psp, ids) =>
        Promise.resolve(ids.flatMap((id) => keptRefunds.get(nameOf({ psp, moneyId: id })) ?? [])),
    },
    purchases: {
      record: (_integration, records) => record(records),
      remove: (_integration, payment) => {
        if (rows.get(nameOf(payment))?.state !== 'sent') rows.delete(nameOf(payment));
        return Promise.resolve();
      },
      twinOf: () => Promise.resolve(null),
      recordAttempt: async (_integration, payment, { atMs }) => {
        await record([payment]);
        const name = nameOf(payment);
        const { attempts: before, firstAttemptAtMs } = attempts.get(name) ?? { attempts: 0, firstAttemptAtMs: atMs };
        attempts.set(name, { attempts: before + 1, firstAttemptAtMs });
        const row = rows.get(name);
        const alreadySent = row?.state === 'sent' && row.sentAtMs !== null ? { ...row, sentAtMs: row.sentAtMs } : null;
        return { attempts: before + 1, firstAttemptAtMs, lastError: row?.lastError ?? null, alreadySent };
      },
      recordPaused: (_integration, paused) => record([paused]),
      recordRefusedByPage: (_integration, refused) => record([refused]),
      list: () => Promise.resolve({ items: [...rows.values()].map((row) => ({ ...row, ...untraced })), nextCursor: null }),
    },
    attempts: {
      keep: (_integration, { payment, became }) => {
        if ('record' in became) return record([became.record]);
        const row = rows.get(nameOf(payment));
        if (row?.state === 'pending') rows.set(nameOf(row), { ...row, lastError: became.error });
        return Promise.resolve();
      },
    },
    openPayments: {
      seenAtMs: (_integration, psp, id) => Promise.resolve(open.get(nameOf({ psp, moneyId: id })) ?? null),
      remember: (_integration, psp, ids, atMs) => {
        for (const name of ids.map((id) => nameOf({ psp, moneyId: id }))) if (!open.has(name)) open.set(name, atMs);
        return Promise.resolve();
      },
      forget: (_integration, psp, ids) => Promise.resolve(ids.forEach((id) => open.delete(nameOf({ psp, moneyId: id })))),
    },
    orderRecords: { keepFact: () => Promise.resolve(true) },
    signalledFacts: {
      wasSignalled: () => Promise.resolve(false),
      marked: () => Promise.resolve(new Set<string>()),
    },
  };
}

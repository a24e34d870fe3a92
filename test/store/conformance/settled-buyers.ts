/**
 * The short way of a registration (`registerSettled`) does what the long way does, or nothing. Random lives are lived twice, each in an
 * integration of its own: once the long way only, once the short way first. Answers and rows are the same.
 */
import fc from 'fast-check';
import type { LifecycleFact, PaymentFact } from '../../../src/domain/fact';
import type { Identity, UserKey } from '../../../src/domain/identity';
import type { KeptFact } from '../../../src/domain/restore';
import { hashOf, type Registration } from '../../../src/store';
import { runs } from '../../support/effort';
import { noonMs, oldKeyring, payment, record, registration } from '../../support/store-samples';
import { ada, bob, checkoutKey, customer, day, mail, orderKey, visitorActions } from './visitor-actions';
import type { World } from './world';

export function settledBuyersConformance(world: () => World, renamesAlways: boolean): void {
  describe('a fact of a known order', () => {
    it('is registered the short way as it is the long way, whatever happened before', async () => {
      let lives = 0;
      let short = 0;
      const life = fc.array(step, { minLength: 2, maxLength: 25 });
      await fc.assert(
        fc.asyncProperty(life, async (steps) => {
          lives += 1;
          const [long, both] = ['long', 'both'].map((name) => lifeIn(world, `${world().integration}-${lives}-${name}`));
          for (const one of [...begun, ...steps]) {
            const expected = await long!.live(one, false);
            expect(await both!.live(one, true)).toEqual(expected);
          }
          expect(await both!.rows()).toEqual(await long!.rows());
          short += both!.short();
        }),
        // On a slow machine fewer lives, and none is shortened: each takes a second and more.
        { numRuns: runs(60), interruptAfterTimeLimit: 20_000, endOnFailure: true },
      );
      // Each life has one at its beginning; it would prove little without others. A very slow machine lives too few to be sure of them.
      if (lives >= 10 && !renamesAlways) expect(short).toBeGreaterThan(lives);
    });

    if (renamesAlways) return;

    it('takes one statement for a renewal, from the first repetition on', async () => {
      const one = lifeIn(world, world().integration);
      const renewal = (moneyId: string): Told => ({ ...plain, moneyId, keys: [mail], identity: { emailSha256: 'e' } });
      await one.live({ ...renewal('in_1'), isFirst: true }, true);
      expect(one.short()).toBe(0);
      await one.live(renewal('in_2'), true);
      await one.live({ ...renewal('in_3'), days: 40 }, true);
      expect(one.short()).toBe(2);
      // Whoever says more has to be listened to, and then both are known.
      await one.live({ ...renewal('in_4'), keys: [mail, customer] }, true);
      expect(one.short()).toBe(2);
      await one.live(renewal('in_5'), true);
      await one.live({ ...renewal('in_6'), keys: [mail, customer] }, true);
      expect(one.short()).toBe(4);
    });

    it('is repeated once its workflow was told and has decided, and not when anything is added', async () => {
      const { integration, store } = world();
      const order = { integration, psp: 'stripe', subscription: 'sub_1' };
      const fact: PaymentFact = { kind: 'renewal', moneyId: 'in_2', occurredAtMs: noonMs, amountMinor: 1, currency: 'USD' };
      const kept = { fact, settingsVersion: 1, tooOld: false, acceptedAtMs: noonMs };
      const ref = payment('in_2', 'sub_1');
      const told = (paymentIds: readonly string[] = []): Registration => ({
        ...registration(ref, [mail], { identity: { emailSha256: 'e' }, paymentIds, pending: record(ref, {}) }),
        integration,
      });
      const isRepeated = async (one = told()) => (await store.users.registerSettled(one, kept))?.isRepeated;
      await lifeIn(world, integration).live({ ...plain, moneyId: 'in_1', keys: [mail], identity: { emailSha256: 'e' } }, true);

      expect([await isRepeated(), await isRepeated()]).toEqual([false, false]);
      await store.signalledFacts.mark(integration, [hashOf('stripe', 'sub_1', fact)], noonMs);
      expect(await isRepeated()).toBe(false);
      await store.purchases.record(integration, [record(ref, { revision: 1, state: 'pending' })], noonMs);
      expect(await isRepeated()).toBe(false);
      await store.purchases.record(integration, [record(ref, { revision: 2, state: 'sent' })], noonMs);
      expect(await isRepeated()).toBe(true);
      expect([await isRepeated(told(['pi_1'])), await isRepeated(told(['pi_1']))]).toEqual([false, true]);
      const other = { ...fact, amountMinor: 2 };
      expect(await store.users.registerSettled(told(), { ...kept, fact: other })).toMatchObject({ isRepeated: false });
      await store.users.erase(order.integration, mail, noonMs);
      expect(await isRepeated()).toBeUndefined();
    });
  });
}

const plain = {
  ...{ kind: 'told', subscription: 'sub_1', moneyId: 'in_1', keys: [], identity: {}, checkout: null, ids: [], days: 0 },
  ...{ isFirst: false, due: null, state: null },
} as const satisfies Told;

/** An order with a renewal that goes the short way. */
const begun: readonly Told[] = ['in_1', 'in_2'].map((moneyId) => ({ ...plain, moneyId, keys: [mail] }));

interface Told {
  readonly kind: 'told';
  readonly subscription: string;
  /** Null for a fact without a payment. */
  readonly moneyId: string | null;
  readonly keys: readonly UserKey[];
  readonly identity: Identity;
  readonly checkout: string | null;
  readonly ids: readonly string[];
  /** Days that have passed since the step before. */
  readonly days: number;
  readonly isFirst: boolean;
  readonly due: number | null;
  readonly state: 'ended' | 'resumed' | null;
}

type Step =
  | Told
  | { readonly kind: 'asked' | 'visited'; readonly checkout: string; readonly keys: readonly UserKey[] }
  | { readonly kind: 'erased'; readonly key: UserKey }
  | { readonly kind: 'decided' | 'claimed'; readonly moneyId: string; readonly subscription: string }
  | { readonly kind: 'refunded' | 'linked' | 'one-off'; readonly id: string };

const subscriptions = ['sub_1', 'sub_2'] as const;
const subscription = fc.constantFrom(...subscriptions);
const moneyId = fc.constantFrom('in_1', 'in_2', 'in_3');
const paymentId = fc.constantFrom('pi_1', 'pi_2', 'in_2', 'sub_2');
const keys = fc.subarray([ada, bob, mail, customer]);
const checkout = fc.constantFrom('c1', 'c2');
const identity = fc.constantFrom<Identity>(
  {},
  { emailSha256: 'e1' },
  { emailSha256: 'e1', consent: 'granted' },
  { emailSha256: 'e2', ip: '192.0.2.1' },
  { consent: 'denied' },
);
const told = fc.record({
  kind: fc.constant('told' as const),
  subscription,
  moneyId: fc.option(moneyId, { freq: 4 }),
  keys,
  identity,
  checkout: fc.option(checkout, { freq: 1 }),
  ids: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.array(paymentId, { maxLength: 2 }) }),
  days: fc.constantFrom(0, 0, 0.4, 1, 31),
  isFirst: fc.constantFrom(false, false, false, true),
  due: fc.option(fc.constantFrom(20, 30, 60)),
  state: fc.constantFrom(null, null, null, 'ended' as const, 'resumed' as const),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: told },
  // The same statement again and again, as in renewals.
  {
    weight: 14,
    arbitrary: fc.record({
      ...constants(plain),
      subscription,
      moneyId,
      keys: fc.constant([mail]),
      days: told.map(({ days }) => days),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('asked' as const, 'visited' as const),
      checkout,
      keys: fc.subarray([ada, bob, mail]),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('erased' as const), key: fc.constantFrom(ada, mail) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('decided' as const, 'claimed' as const), moneyId, subscription }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('refunded' as const, 'linked' as const, 'one-off' as const), id: paymentId }),
  },
);

function constants<T extends object>(values: T): { [K in keyof T]: fc.Arbitrary<T[K]> } {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, fc.constant(value)])) as {
    [K in keyof T]: fc.Arbitrary<T[K]>;
  };
}

/** One life in an integration of its own. */
function lifeIn(world: () => World, integration: string) {
  const here = (): World => ({ ...world(), integration });
  const { ask, meet } = visitorActions(here);
  let nowMs = noonMs;
  let short = 0;

  function registrationOf(step: Told): Registration {
    const { subscription, moneyId, checkout, ids } = step;
    const ref = payment(moneyId ?? subscription, subscription);
    const named = checkout === null ? [] : [checkoutKey(checkout)];
    return {
      ...registration(ref, [...step.keys, ...named], {
        ...{ identity: step.identity, checkout: named[0] ?? null, checkoutId: checkout },
        paymentIds: moneyId === null ? [] : [moneyId, ...ids],
        pending: moneyId === null ? null : record(ref, { phase: step.isFirst ? 'conversion' : 'renewal', value: null }),
        dueAtMs: step.due === null ? null : nowMs + step.due * day,
        ...{ saidAtMs: nowMs, endedAtMs: step.state === 'ended' ? nowMs : null },
        resumedAtMs: step.state === 'resumed' ? nowMs : null,
        firstPhaseAtMs: step.isFirst ? nowMs : null,
        atMs: nowMs,
      }),
      integration,
    };
  }

  async function tell(step: Told, tryShort: boolean) {
    nowMs += step.days * day;
    const { users, orderRecords, payments } = world().store;
    const told = registrationOf(step);
    const order = { integration, psp: told.psp, subscription: told.subscription };
    const fact: PaymentFact | LifecycleFact =
      step.moneyId === null
        ? { kind: 'updated', occurredAtMs: nowMs }
        : {
            kind: step.isFirst ? 'conversion' : 'renewal',
            moneyId: step.moneyId,
            occurredAtMs: nowMs,
            amountMinor: 1,
            currency: 'USD',
          };
    const kept: Omit<KeptFact, 'checkoutId'> = { fact, settingsVersion: 1, tooOld: false, acceptedAtMs: nowMs };
    const settled = tryShort ? await users.registerSettled(told, kept) : null;
    if (settled) short += 1;
    const full = settled ? { ...settled, isErased: false, isOthersKey: false } : await users.register(told);
    const checkoutId = full.ownsCheckout ? step.checkout : full.adoptedCheckoutId;
    const isKnown = settled ? true : await orderRecords.keepFact(order, { ...kept, checkoutId });
    const { ownsCheckout, adoptedCheckoutId, isErased, isOthersKey } = full;
    const met = step.moneyId !== null && (await payments.hasMet(integration, told.psp, step.moneyId, told.paymentIds));
    return { ownsCheckout, adoptedCheckoutId, isErased, isOthersKey, isKnown, met };
  }

  return {
    short: () => short,
    async live(step: Step, tryShort: boolean): Promise<unknown> {
      const { users, purchases, payments, firstPurchases } = world().store;
      switch (step.kind) {
        case 'told':
          return tell(step, tryShort);
        case 'asked':
          return ask(step.checkout, step.keys, { atMs: nowMs });
        case 'visited':
          return meet([...step.keys, checkoutKey(step.checkout)], { ip: '203.0.113.9' }, nowMs);
        case 'erased':
          return users.erase(integration, step.key, nowMs);
        case 'decided':
          return purchases.record(
            integration,
            [record(payment(step.moneyId, step.subscription), { revision: 1, state: 'sent' })],
            nowMs,
          );
        case 'claimed': {
          const ref = payment(step.moneyId, step.subscription);
          return firstPurchases.claim({ integration, keys: [orderKey(ref)], payment: ref, mode: 'this_payment', atMs: nowMs });
        }
        case 'refunded': {
          const fact = { kind: 'refund', moneyId: step.id, occurredAtMs: noonMs, refundId: 're_1', cause: 'refund' } as const;
          return payments.keepUnmatchedRefund({ integration, psp: 'stripe', paymentId: step.id, fact, atMs: noonMs });
        }
        case 'linked':
          return payments.link(integration, 'stripe', step.id, 'in_1');
        case 'one-off':
          await users.register({ ...registration(payment(step.id, step.id), [mail], { paymentIds: [step.id] }), integration });
      }
    },
    /** What the tables have, without what is random: seals are opened, users are numbered in their order. */
    async rows() {
      const { raw } = world().stores;
      const found: Record<string, readonly Record<string, unknown>[]> = {};
      const users = (await raw(`select * from users where integration = '${integration}' order by id`)).map(({ id }) => id);
      const numbered = (id: unknown) => (id === null ? null : users.indexOf(id));
      for (const table of tables) {
        const rows = await raw(`select * from ${table} where integration = '${integration}'`);
        found[table] = rows
          .map(({ integration: _, settled_as: _as, settled_for: _for, ...row }) => ({
            ...row,
            ...('id' in row ? { id: numbered(row['id']) } : {}),
            ...('user_id' in row ? { user_id: numbered(row['user_id']) } : {}),
            ...('merged_into' in row ? { merged_into: numbered(row['merged_into']) } : {}),
            ...Object.fromEntries(
              ['identity', 'own_identity', 'words'].flatMap((name) => {
                const sealed = row[name];
                return typeof sealed === 'string' ? [[name, oldKeyring.openJson(sealed)]] : [];
              }),
            ),
          }))
          .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
      }
      return found;
    },
  };
}

const tables = [
  ...['users', 'user_identifiers', 'user_orders', 'first_purchases', 'checkouts', 'browser_purchases', 'visits'],
  ...['payments', 'payment_ids', 'unmatched_refunds', 'purchases', 'order_facts'],
];

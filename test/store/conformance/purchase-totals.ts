/** What every database must do to count purchases without scanning them: at every moment the totals are what a scan would find. */
import { dayMs, hourMs } from '../../../src/domain/duration';
import type { Phase, PurchaseType } from '../../../src/domain/fact';
import type { PurchaseRecord, PurchaseState } from '../../../src/domain/purchase';
import { sampleId } from '../../../src/domain/sample';
import type { Store } from '../../../src/store';
import { noonMs, payment, record } from '../../support/store-samples';
import type { World } from './world';

const day = Math.floor(noonMs / dayMs);
const psps = ['stripe', 'paddle', 'generic'];
const sample = (number: number) => `${sampleId(noonMs, '0a1b2c3d')}_${number}`;
const types: readonly PurchaseType[] = ['subscription', 'free_trial', 'paid_trial', 'lifetime'];
const phases: readonly (Phase | null)[] = ['trial_start', 'conversion', 'renewal', null];
const states: readonly PurchaseState[] = ['pending', 'sent', 'suppressed', 'not_a_purchase', 'needs_attention', 'skipped'];
const reasons = ['limited', 'payment_failed', 'any text of an operator', null];

export function purchaseTotalsConformance(world: () => World): void {
  describe('the totals of purchases', () => {
    let store: Store;
    let other: Store;
    let integration: string;
    beforeEach(() => void ({ store, other, integration } = world()));

    /** The same, from the rows themselves: without samples. */
    async function scanned(fromMs: number, toMs: number): Promise<readonly unknown[]> {
      return world().stores.raw(`
        select occurred_at_ms / 86400000 as day, psp, state, currency, count(*)::integer as count, sum(charged_minor)::text as charged,
          case when state in ('suppressed', 'not_a_purchase') then coalesce(reason, '')
            when state = 'pending' and waiting_for = 'hold' then 'hold' else '' end as reason
        from purchases where integration = '${integration}' and occurred_at_ms >= ${fromMs} and occurred_at_ms < ${toMs}
          and not (psp = 'generic' and money_id ~ '^sample_[0-9]{13}_')
        group by 1, 2, 3, 4, 7 order by 1, 2, 3, 7, 4`);
    }

    async function counted(fromMs: number, toMs: number): Promise<readonly unknown[]> {
      const totals = await store.purchaseTotals.read({ integration, fromMs, toMs });
      return totals.map(({ chargedMinor, ...total }) => ({ ...total, charged: String(chargedMinor) }));
    }

    async function expectExact(): Promise<void> {
      for (const [fromMs, toMs] of [
        [noonMs - 10 * dayMs, noonMs + 10 * dayMs],
        [day * dayMs, (day + 2) * dayMs],
        [noonMs - hourMs, noonMs + hourMs],
        [noonMs - hourMs, noonMs + 3 * dayMs],
      ] as const) {
        expect(normal(await counted(fromMs, toMs))).toEqual(normal(await scanned(fromMs, toMs)));
      }
      const inTable = await world().stores.raw(
        `select case when state = 'pending' and waiting_for = 'hold' then 'held' else state end as state, count(*)::integer as count
         from purchases where integration = '${integration}' group by 1`,
      );
      const wanted = Object.fromEntries(
        [...states, 'held'].map((state) => [state, inTable.find((row) => row['state'] === state)?.['count'] ?? 0]),
      );
      expect(await store.purchases.count(integration)).toEqual(wanted);
    }

    it('are empty without purchases', async () => {
      expect(await store.purchaseTotals.read({ integration, fromMs: 0, toMs: noonMs * 2 })).toEqual([]);
      await expectExact();
    });

    it('count a payment where it is, however often it changes, and no more once it is removed', async () => {
      const one = payment('in_1');
      const of = () => store.purchaseTotals.read({ integration, fromMs: day * dayMs, toMs: (day + 1) * dayMs });
      const row = { day, psp: 'stripe', reason: '', currency: 'USD', count: 1, chargedMinor: 1999n };
      await store.purchases.record(integration, [record(one)]);
      expect(await of()).toEqual([{ ...row, state: 'pending' }]);
      await store.purchases.record(integration, [record(one, { waitsUntilMs: noonMs, isHeld: true, revision: 1 })]);
      expect(await of()).toEqual([{ ...row, state: 'pending', reason: 'hold' }]);
      await store.purchases.record(integration, [record(one, { state: 'suppressed', reason: 'limited', revision: 2 })]);
      await store.purchases.record(integration, [record(one, { state: 'suppressed', reason: 'limited', revision: 2 })]);
      expect(await of()).toEqual([{ ...row, state: 'suppressed', reason: 'limited' }]);
      await store.purchaseTotals.fold();
      expect(await of()).toEqual([{ ...row, state: 'suppressed', reason: 'limited' }]);
      await store.purchases.remove(integration, one);
      expect(await of()).toEqual([]);
    });

    it('are those of one provider, and of one integration', async () => {
      await store.purchases.record(integration, [record(payment('in_1')), record(payment('txn_1', 'sub', 'paddle'))]);
      await store.purchases.record(`${integration}-another`, [record(payment('in_1'))]);
      const totals = await store.purchaseTotals.read({ integration, psp: 'paddle', fromMs: 0, toMs: noonMs * 2 });
      expect(totals).toMatchObject([{ psp: 'paddle', count: 1 }]);
    });

    it('of a period leave out samples, and only these; the lists, and what is counted by state, have them', async () => {
      const samples = [
        record(payment(sample(1), 'sub', 'generic'), { state: 'sent' }),
        record(payment(sample(2), 'sub', 'generic')),
      ];
      const alike = [
        record(payment('sample_1', 'sub', 'generic'), { state: 'sent' }),
        record(payment(sample(1), 'sub', 'paddle')),
      ];
      await store.purchases.record(integration, [...samples, ...alike]);
      const expectLeftOut = async (): Promise<void> => {
        for (const period of [
          { fromMs: day * dayMs, toMs: (day + 1) * dayMs },
          { fromMs: noonMs - 1, toMs: noonMs + 1 },
        ]) {
          expect(await store.purchaseTotals.read({ integration, ...period })).toMatchObject([
            { psp: 'generic', state: 'sent', count: 1, chargedMinor: 1999n },
            { psp: 'paddle', state: 'pending', count: 1 },
          ]);
          expect(await store.purchases.sums({ integration, ...period })).toMatchObject([
            { psp: 'generic', state: 'sent', count: 1, chargedMinor: 1999n },
            { psp: 'paddle', state: 'pending', count: 1 },
          ]);
        }
      };
      await expectLeftOut();
      await store.purchaseTotals.fold();
      await expectLeftOut();
      expect(await store.purchases.count(integration)).toMatchObject({ sent: 2, pending: 2 });
      const listed = async (withoutSamples?: true) =>
        (await store.purchases.list({ integration, limit: 10, ...(withoutSamples && { withoutSamples }) })).items.map(
          ({ psp, moneyId }) => `${psp} ${moneyId}`,
        );
      expect(await listed()).toHaveLength(4);
      expect(await listed(true)).toEqual([`paddle ${sample(1)}`, 'generic sample_1']);
    });

    it('are what a scan finds after any writes, folded or not', async () => {
      const random = seeded(20261122);
      const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T; // never out of bounds
      for (let round = 0; round < 12; round++) {
        const records = Array.from({ length: 40 }, (): PurchaseRecord => {
          const psp = pick(psps);
          const number = Math.floor(random() * 60);
          return record(payment(number % 5 === 0 ? sample(number) : `pay_${number}`, 'sub', psp), {
            purchaseType: pick(types),
            phase: pick(phases),
            state: pick(states),
            reason: pick(reasons),
            currency: pick(['USD', 'EUR']),
            chargedMinor: Math.floor(random() * 10_000),
            occurredAtMs: noonMs + Math.floor((random() - 0.5) * 6 * dayMs),
            revision: round,
            ...(random() < 0.5 ? { waitsUntilMs: noonMs, ...(random() < 0.5 ? { isHeld: true } : {}) } : {}),
          });
        });
        await store.purchases.record(integration, records);
        if (round % 3 === 1) await store.purchaseTotals.fold();
        if (round % 4 === 2) await store.purchases.remove(integration, payment(`pay_${round}`, 'sub'));
        await expectExact();
      }
      await store.purchaseTotals.fold();
      expect(await world().stores.raw('select count(*)::integer as left from purchase_total_changes')).toEqual([{ left: 0 }]);
      await expectExact();
    });

    it('are right while two processes fold, and others write and read', async () => {
      const payments = Array.from({ length: 200 }, (_, index) => payment(`pay_${index}`, 'sub'));
      await store.purchases.record(
        integration,
        payments.map((each) => record(each)),
      );
      const write = async (by: Store, from: number): Promise<void> => {
        for (let at = from; at < payments.length; at += 20)
          await by.purchases.record(
            integration,
            payments.slice(at, at + 10).map((each) => record(each, { state: 'sent', revision: 1 })),
          );
      };
      const seen: number[] = [];
      const watch = async (by: Store): Promise<void> => {
        for (let look = 0; look < 20; look++) {
          const { pending, sent } = await by.purchases.count(integration);
          seen.push(pending + sent);
        }
      };
      const foldOften = async (by: Store): Promise<void> => {
        for (let time = 0; time < 20; time++) await by.purchaseTotals.fold(50);
      };
      await Promise.all([write(store, 0), write(other, 10), foldOften(store), foldOften(other), watch(store), watch(other)]);
      expect(new Set(seen)).toEqual(new Set([200]));
      expect(await store.purchases.count(integration)).toMatchObject({ pending: 0, sent: 200 });
      await expectExact();
    });
  });
}

/** Drivers answer a bigint as a number or as a text, and sort by the database's own order. */
function normal(rows: readonly unknown[]): readonly string[] {
  return rows
    .map((row) =>
      JSON.stringify(
        Object.entries(row as object)
          .map(([name, value]) => [name, String(value)])
          .sort(),
      ),
    )
    .sort();
}

/** The same numbers on every run: https://en.wikipedia.org/wiki/Linear_congruential_generator */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

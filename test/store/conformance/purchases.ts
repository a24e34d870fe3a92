/** What every database must do behind the store's purchases. */
import type { DeliveryError, PaymentRef, PurchaseRecord, PurchaseState } from '../../../src/domain/purchase';
import { recordOfRow } from '../../../src/domain/purchase';
import { InvalidCursor } from '../../../src/store';
import type { PurchaseFilter, Store } from '../../../src/store';
import { key, noonMs, payment, record, tried } from '../../support/store-samples';

import type { World } from './world';
import { actions } from './world';

export function purchasesConformance(world: () => World): void {
  describe('purchases', () => {
    let store: Store;
    let other: Store;
    let integration: string;
    let stores: World['stores'];
    beforeEach(() => void ({ store, other, integration, stores } = world()));
    const { register } = actions(world);

    describe('purchases', () => {
      const stored = async (ref: PaymentRef) => {
        const rows = await store.purchases.ofSubscription(integration, ref.psp, ref.subscription);
        const row = rows.find(({ moneyId }) => moneyId === ref.moneyId);
        return row && recordOfRow(row);
      };
      const failed = (number: number, error: DeliveryError) =>
        store.attempts.keep(integration, tried(one, { number }, { error, nextAttemptAtMs: noonMs, givesUpAtMs: noonMs }));
      const one = payment('in_1');
      const boom = { type: 'TikTokUnreachable', code: null, message: 'boom' };

      const full: PurchaseRecord = record(one, {
        purchaseType: 'paid_trial',
        state: 'needs_attention',
        reason: 'limited',
        heldBy: payment('in_0'),
        chargedMinor: 9_007_199_254_740_991,
        refundedMinor: 5,
        attempts: 3,
        lastError: { type: 'TikTokUnauthorized', code: 40105, message: 'bad "token" – ☃' },
        requestId: '2026ABC',
        sentAtMs: noonMs + 5,
        by: 'ada',
        settingsVersion: 7,
        revision: 4,
      });

      it('come back as they were recorded', async () => {
        await store.purchases.record(integration, [full]);
        expect(await stored(one)).toEqual(full);
        const sparse = record(one, { phase: null, value: null, state: 'not_a_purchase', reason: 'proration', revision: 5 });
        await store.purchases.record(integration, [sparse]);
        expect(await stored(one)).toEqual({ ...sparse, attempts: 3 });
      });

      it('are changed by a newer revision and by the same one again, not by an older one', async () => {
        await store.purchases.record(integration, [record(one, { revision: 2, reason: 'second' })]);
        await store.purchases.record(integration, [record(one, { revision: 1, reason: 'first' })]);
        expect((await stored(one))?.reason).toBe('second');
        await store.purchases.record(integration, [record(one, { revision: 2, reason: 'second again' })]);
        expect((await stored(one))?.reason).toBe('second again');
        await store.purchases.record(integration, [record(one, { revision: 3, reason: 'third' })]);
        expect((await stored(one))?.reason).toBe('third');
      });

      it('of one revision end as what was decided last, whichever is written last', async () => {
        const at = (asOfMs: number, reason: string, revision = 2) =>
          store.purchases.record(integration, [record(one, { revision, reason })], asOfMs);
        await at(2_000, 'the next try');
        await at(1_000, 'a lost task, late');
        expect((await stored(one))?.reason).toBe('the next try');
        await at(2_000, 'again');
        await store.attempts.keep(
          integration,
          tried(one, { number: 1 }, { record: record(one, { revision: 2, reason: 'an attempt given up' }), asOfMs: 1_500 }),
        );
        expect((await stored(one))?.reason).toBe('again');
        await store.purchases.recordPaused(integration, record(one, { revision: 2, reason: 'paused long ago' }), 1_500);
        expect((await stored(one))?.reason).toBe('again');
        // Without a time it is what the workflow says now; what strays in from before still counts as of before.
        await store.purchases.record(integration, [record(one, { revision: 2, reason: 'reprojected' })]);
        await at(1_999, 'a lost task, later still');
        expect((await stored(one))?.reason).toBe('reprojected');
        await at(500, 'a newer revision, whatever the time', 3);
        expect((await stored(one))?.reason).toBe('a newer revision, whatever the time');
      });

      it('end with the newest revision when many are recorded at once', async () => {
        const records = Array.from({ length: 20 }, (_, revision) => record(one, { revision, reason: `r${revision}` }));
        await Promise.all(
          records.reverse().map((each, index) => (index % 2 ? store : other).purchases.record(integration, [each])),
        );
        expect((await stored(one))?.reason).toBe('r19');
      });

      it('may be recorded twice in one call, in any order, or not at all', async () => {
        await store.purchases.record(integration, [
          record(one, { revision: 2 }),
          record(payment('in_2')),
          record(one, { revision: 1 }),
        ]);
        expect((await stored(one))?.revision).toBe(2);
        await expect(store.purchases.record(integration, [])).resolves.toBeUndefined();
      });

      it('can be recorded by the thousand', async () => {
        await store.purchases.record(
          integration,
          Array.from({ length: 2_500 }, (_, index) => record(payment(`in_${index}`))),
        );
        expect((await store.purchases.count(integration)).pending).toBe(2_500);
      });

      it('are shown pending by a registration, which never overwrites', async () => {
        await register(one);
        expect(await stored(one)).toEqual(record(one));
        await store.purchases.record(integration, [record(one, { state: 'sent', sentAtMs: noonMs })]);
        await register(one);
        expect((await stored(one))?.state).toBe('sent');
      });

      it('count their attempts from the first, whatever is recorded meanwhile', async () => {
        await store.purchases.record(integration, [record(one)]);
        const begin = (atMs: number) => store.purchases.beginAttempt(integration, one, atMs);
        expect(await begin(noonMs)).toEqual({ attempts: 1, firstAttemptAtMs: noonMs, lastError: null, alreadySent: null });
        const error = { type: 'TikTokUnreachable', code: 502, message: 'bad gateway' };
        await failed(1, error);
        await store.purchases.record(integration, [record(one, { revision: 1, attempts: 0 })]);
        expect(await begin(noonMs + 9)).toEqual({ attempts: 2, firstAttemptAtMs: noonMs, lastError: error, alreadySent: null });
        expect((await stored(one))?.attempts).toBe(2);
        await store.purchases.record(integration, [record(one, { revision: 2, attempts: 8 })]);
        expect((await stored(one))?.attempts).toBe(8);
      });

      it('are recorded and attempted at once as one after the other, whatever the row says', async () => {
        const rows: [string, Partial<PurchaseRecord> | null, (() => Promise<void>)?][] = [
          ['no row', null],
          ['a row that no workflow has written', { revision: 0 }],
          ['one of the revision before', { revision: 0, state: 'needs_attention', attempts: 3, lastError: boom }],
          ['one of a later revision', { revision: 5, state: 'sent', requestId: 'r', sentAtMs: noonMs, attempts: 2 }],
          ['one that was tried', { revision: 1 }, () => failed(1, boom)],
          [
            'one that waits for the operator',
            { revision: 1 },
            () => store.purchases.recordPaused(integration, record(one, { revision: 1 }), 3),
          ],
          ['one decided later', { revision: 1, state: 'suppressed', reason: 'limited' }],
        ];
        for (const [what, before, then] of rows) {
          const results: unknown[] = [];
          for (const isOnce of [false, true]) {
            await store.purchases.remove(integration, one);
            await stores.raw(`delete from purchases where integration = '${integration}'`);
            await stores.raw(`delete from delivery_attempts where integration = '${integration}'`);
            if (before) await store.purchases.record(integration, [record(one, before)], what === 'one decided later' ? 99 : 1);
            await then?.();
            const told = record(one, { revision: 1, attempts: 1 });
            const times = { asOfMs: 9, atMs: noonMs + 5 };
            if (!isOnce) await store.purchases.record(integration, [told], times.asOfMs);
            const attempt = isOnce
              ? await store.purchases.recordAttempt(integration, told, times)
              : await store.purchases.beginAttempt(integration, one, times.atMs);
            results.push([
              what,
              attempt,
              await stored(one),
              await stores.raw(`select * from purchases where integration = '${integration}'`),
            ]);
          }
          expect(results[1]).toEqual(results[0]);
        }
      });

      it('tell an attempt that they were sent already', async () => {
        await store.purchases.record(integration, [
          record(one, { state: 'sent', requestId: 'r', sentAtMs: noonMs, attempts: 1, revision: 1 }),
        ]);
        await store.purchases.record(integration, [record(one)]); // the retry of an attempt whose end nobody heard of
        const { alreadySent } = await store.purchases.beginAttempt(integration, one, noonMs);
        expect(alreadySent).toEqual({ eventId: 'stripe:in_1', requestId: 'r', sentAtMs: noonMs, value: record(one).value });
      });

      it('are not attempted before they are recorded', async () => {
        await expect(store.purchases.beginAttempt(integration, one, noonMs)).rejects.toThrow('stripe/in_1');
      });

      it('keep the error of an attempt while they are pending, and then say exactly what is recorded', async () => {
        await store.purchases.record(integration, [record(one)]);
        await failed(1, boom);
        expect((await stored(one))?.lastError).toEqual(boom);
        await store.purchases.record(integration, [record(one)]);
        expect((await stored(one))?.lastError).toEqual(boom);
        const newer = { type: 'TikTokThrottled', code: 40100, message: 'slower' };
        await store.purchases.record(integration, [record(one, { lastError: newer })]);
        expect((await stored(one))?.lastError).toEqual(newer);
        await store.purchases.record(integration, [record(one, { state: 'sent' })]);
        expect((await stored(one))?.lastError).toBeNull();
        await failed(2, boom);
        expect((await stored(one))?.lastError).toBeNull();
      });

      it('lose the old error when an operator resends them', async () => {
        await store.purchases.record(integration, [record(one, { state: 'needs_attention', lastError: boom })]);
        await store.purchases.record(integration, [record(one, { state: 'pending', revision: 1 })]);
        expect((await stored(one))?.lastError).toBeNull();
      });

      it('are counted by state', async () => {
        const states: PurchaseState[] = ['sent', 'sent', 'suppressed', 'skipped'];
        await store.purchases.record(
          integration,
          states.map((state, index) => record(payment(`in_${index}`), { state })),
        );
        expect(await store.purchases.count(integration)).toEqual({
          pending: 0,
          sent: 2,
          suppressed: 1,
          not_a_purchase: 0,
          needs_attention: 0,
          skipped: 1,
          held: 0,
        });
      });

      it('of a subscription come in the order in which they happened', async () => {
        const [later, first] = [payment('in_a', 'sub_1'), payment('in_b', 'sub_1')];
        await store.purchases.record(integration, [
          record(later, { occurredAtMs: noonMs + 1 }),
          record(first),
          record(payment('in_c', 'sub_2')),
          record(payment('in_d', 'sub_1', 'paddle')),
        ]);
        const rows = await store.purchases.ofSubscription(integration, 'stripe', 'sub_1');
        expect(rows.map(({ moneyId }) => moneyId)).toEqual(['in_b', 'in_a']);
      });
    });

    describe('the sums of a period', () => {
      it('add up what was charged by provider, currency and state, and count apart what failed', async () => {
        const of = (moneyId: string, more: Partial<PurchaseRecord>) => record(payment(moneyId), { currency: 'USD', ...more });
        await store.purchases.record(integration, [
          of('in_1', { state: 'sent', chargedMinor: 1999 }),
          of('in_2', { state: 'sent', chargedMinor: 1 }),
          of('in_3', { state: 'not_a_purchase', reason: 'payment_failed', chargedMinor: 0 }),
          of('in_4', { state: 'not_a_purchase', reason: 'proration', chargedMinor: 500 }),
          of('in_5', { state: 'suppressed', reason: 'limited', chargedMinor: 700, currency: 'JPY' }),
          of('in_6', { state: 'sent', chargedMinor: 9, occurredAtMs: noonMs + 10 }),
        ]);
        const sums = await store.purchases.sums({ integration, fromMs: noonMs, toMs: noonMs + 10 });
        expect(sums).toEqual([
          { psp: 'stripe', currency: 'JPY', state: 'suppressed', count: 1, chargedMinor: 700n, failed: 0 },
          { psp: 'stripe', currency: 'USD', state: 'not_a_purchase', count: 1, chargedMinor: 500n, failed: 1 },
          { psp: 'stripe', currency: 'USD', state: 'sent', count: 2, chargedMinor: 2000n, failed: 0 },
        ]);
        expect(await store.purchases.sums({ integration, psp: 'paddle', fromMs: 0, toMs: noonMs * 2 })).toEqual([]);
        expect(await store.purchases.oldestPendingAtMs(integration)).toBeNull();
        await store.purchases.record(integration, [
          of('in_7', { occurredAtMs: noonMs + 3 }),
          of('in_8', { occurredAtMs: noonMs + 1 }),
        ]);
        expect(await store.purchases.oldestPendingAtMs(integration)).toBe(noonMs + 1);
        expect(await store.purchases.known(integration, 'stripe', ['in_1', 'in_9'])).toEqual(new Map([['in_1', 'in_1']]));
        expect(await store.purchases.known(integration, 'paddle', ['in_1'])).toEqual(new Map());
      });

      it('name the orders, of every integration, that have a purchase pending for long, each once', async () => {
        const pending = (moneyId: string, subscription: string, occurredAtMs: number) =>
          record(payment(moneyId, subscription), { occurredAtMs });
        const rows = [
          pending('in_1', 'sub_long', noonMs),
          pending('in_2', 'sub_long', noonMs + 1),
          pending('in_3', 'sub_tried', noonMs),
          pending('in_4', 'sub_new', noonMs + 9),
          record(payment('in_5', 'sub_sent'), { occurredAtMs: noonMs, state: 'sent' }),
        ];
        await store.purchases.record(integration, rows);
        // What happened long ago may be tried only since lately.
        await store.purchases.beginAttempt(integration, payment('in_3', 'sub_tried'), noonMs + 9);
        const since = async (beforeMs: number) =>
          (await store.purchases.ordersPendingSince(beforeMs)).filter((order) => order.integration === integration);
        expect(await since(noonMs + 5)).toEqual([{ integration, psp: 'stripe', subscription: 'sub_long' }]);
        expect((await since(noonMs + 10)).map(({ subscription }) => subscription)).toEqual(['sub_long', 'sub_new', 'sub_tried']);
      });

      const sumsOf = () => store.purchases.sums({ integration, fromMs: noonMs, toMs: noonMs + 1_000 });
      const put = (moneyId: string, more: Partial<PurchaseRecord>) =>
        store.purchases.record(integration, [record(payment(moneyId), { state: 'sent', ...more })]);

      it('begin with its first millisecond and end before its last', async () => {
        for (const [index, occurredAtMs] of [noonMs - 1, noonMs, noonMs + 999, noonMs + 1_000].entries())
          await put(`in_${index}`, { occurredAtMs });
        expect(await sumsOf()).toMatchObject([{ count: 2 }]);
      });

      it('count apart charges that failed and nothing else, whether or not there is a reason', async () => {
        await put('in_1', { state: 'not_a_purchase', reason: 'payment_failed', chargedMinor: 0 });
        expect(await sumsOf()).toMatchObject([{ state: 'not_a_purchase', count: 0, chargedMinor: 0n, failed: 1 }]);
        await put('in_2', { state: 'not_a_purchase', reason: 'proration' });
        await put('in_3', { state: 'not_a_purchase', reason: null });
        await put('in_4', { state: 'skipped', reason: 'payment_failed' });
        expect(await sumsOf()).toMatchObject([
          { state: 'not_a_purchase', count: 2, failed: 1 },
          { state: 'skipped', count: 1, failed: 0 },
        ]);
      });

      it('are exact, also where the sum is more than a safe integer', async () => {
        for (const index of [1, 2, 3]) await put(`in_${index}`, { chargedMinor: Number.MAX_SAFE_INTEGER });
        expect(await sumsOf()).toMatchObject([{ chargedMinor: 3n * BigInt(Number.MAX_SAFE_INTEGER) }]);
      });

      it('come of payments that are known among thousands that are not', async () => {
        await store.purchases.record(integration, [record(payment('in_77'))]);
        await register(payment('in_78'));
        const ids = Array.from({ length: 5_000 }, (_, index) => `in_${index}`);
        expect(await store.purchases.known(integration, 'stripe', ids)).toEqual(
          new Map([
            ['in_77', 'in_77'],
            ['in_78', 'in_78'],
          ]),
        );
        expect(await store.purchases.known(`${integration}-other`, 'stripe', ids)).toEqual(new Map());
        expect(await store.purchases.known(integration, 'stripe', [])).toEqual(new Map());
      });

      it('know a payment by its other ids too, and not a charge that failed', async () => {
        await register(payment('in_1'), [], { paymentIds: ['pi_1', 'ch_1'] });
        await register(payment('in_2'), [], { paymentIds: ['pi_2'], pending: null });
        await put('in_2', { state: 'not_a_purchase', reason: 'payment_failed' });
        expect(await store.purchases.known(integration, 'stripe', ['pi_1', 'ch_1', 'pi_2', 'in_2', 'pi_3'])).toEqual(
          new Map([
            ['pi_1', 'in_1'],
            ['ch_1', 'in_1'],
          ]),
        );
        // It is paid after all.
        await put('in_2', { state: 'sent' });
        expect(await store.purchases.known(integration, 'stripe', ['pi_2', 'in_2'])).toEqual(
          new Map([
            ['pi_2', 'in_2'],
            ['in_2', 'in_2'],
          ]),
        );
      });
    });

    describe('the list of purchases', () => {
      const listed = async (filter: Omit<PurchaseFilter, 'integration' | 'limit'>) => {
        const { items } = await store.purchases.list({ integration, limit: 50, ...filter });
        return items.map(({ moneyId }) => moneyId);
      };

      it.each([1, 4, 7])('gives every row once over pages of %i, newest first, also where times are equal', async (limit) => {
        const refs = Array.from({ length: 23 }, (_, index) => payment(`in_${String(index).padStart(2, '0')}`, `sub_${index}`));
        const records = [
          ...refs.map((ref, index) => record(ref, { occurredAtMs: noonMs + (index % 3) })),
          record(payment('in_00', 'sub_0', 'paddle')), // the same money id and time at another provider
          record(payment('IN_00', 'sub_a')),
          record(payment('in-00', 'sub_b')),
          record(payment('ïn_00', 'sub_c')),
        ];
        await store.purchases.record(integration, records);

        const seen: PurchaseRecord[] = [];
        let cursor: string | undefined;
        do {
          const page = await store.purchases.list({ integration, limit, ...(cursor === undefined ? {} : { cursor }) });
          expect(page.items.length).toBeLessThanOrEqual(limit);
          seen.push(...page.items);
          cursor = page.nextCursor ?? undefined;
        } while (cursor !== undefined);

        const place = ({ occurredAtMs, moneyId, psp }: PurchaseRecord) => [occurredAtMs, moneyId, psp] as const;
        const byPlace = (a: PurchaseRecord, b: PurchaseRecord) => {
          const [left, right] = [place(a), place(b)];
          const difference = left.findIndex((value, index) => value !== right[index]);
          return difference < 0 ? 0 : (left[difference] ?? 0) < (right[difference] ?? 0) ? 1 : -1;
        };
        expect(seen.map(place)).toEqual([...records].sort(byPlace).map(place));
      });

      it('has no next page where it ends exactly', async () => {
        await store.purchases.record(integration, [record(payment('in_1')), record(payment('in_2'))]);
        expect((await store.purchases.list({ integration, limit: 2 })).nextCursor).toBeNull();
        expect((await store.purchases.list({ integration, limit: 1 })).nextCursor).not.toBeNull();
      });

      const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
      it.each([
        '',
        'junk',
        '%%%',
        encoded(null),
        encoded({}),
        encoded([noonMs]),
        encoded([noonMs, 'in_1']),
        encoded([String(noonMs), 'in_1', 'stripe']),
        encoded([noonMs, 1, 'stripe']),
        encoded([1.5, 'in_1', 'stripe']),
        encoded([1e300, 'in_1', 'stripe']),
        encoded([noonMs, 'in_\0', 'stripe']),
        encoded([noonMs, 'in_1', 'stripe', 'more']),
      ])('refuses the cursor %j', async (cursor) => {
        await expect(store.purchases.list({ integration, limit: 5, cursor })).rejects.toThrow(InvalidCursor);
      });

      it('takes a cursor of its own form', async () => {
        await store.purchases.record(integration, [record(payment('in_1'))]);
        expect(await listed({ cursor: encoded([noonMs, 'in_2', 'stripe']) })).toEqual(['in_1']);
        expect(await listed({ cursor: encoded([noonMs, 'in_1', 'stripe']) })).toEqual([]);
      });

      it.each<[string, Omit<PurchaseFilter, 'integration' | 'limit'>, string[]]>([
        ['nothing', {}, ['m_3', 'm_2', 'm_1']],
        ['a state', { state: 'sent' }, ['m_2']],
        ['a provider', { psp: 'paddle' }, ['m_3']],
        ['a time from which, included', { fromMs: noonMs + 1 }, ['m_3', 'm_2']],
        ['a time until which, excluded', { toMs: noonMs + 1 }, ['m_1']],
        ['a subscription', { q: 'sub_1' }, ['m_2', 'm_1']],
        ['a payment', { q: 'm_3' }, ['m_3']],
        ['an event', { q: 'event 1' }, ['m_1']],
        ['the beginning of a payment', { q: 'm_' }, ['m_3', 'm_2', 'm_1']],
        ['the beginning of a subscription', { q: 'sub_' }, ['m_3', 'm_2', 'm_1']],
        ['the beginning of an event', { q: 'event' }, ['m_1']],
        ['the end of an id', { q: '_3' }, []],
        ['another case of it', { q: 'M_3' }, []],
        ['a pattern', { q: '%' }, []],
        ['a pattern of one character', { q: 'm__' }, []],
        ['a backslash', { q: 'm\\_' }, []],
        ['a reason', { reason: 'limited' }, []],
        ['a reason that somebody wrote', { reason: 'because' }, []],
        ['a phase', { phase: 'renewal' }, ['m_2']],
        ['a type', { purchaseType: 'paid_trial' }, ['m_3']],
        ['an error', { errorType: 'Refused' }, ['m_3']],
        ['a user by order', { user: [key('order', 'stripe/sub_1')] }, ['m_2', 'm_1']],
        ['a user by e-mail', { user: [key('email', 'ada')] }, ['m_3', 'm_2', 'm_1']],
        ['a user nobody knows', { user: [key('email', 'bob')] }, []],
        ['a user by the key that is known', { user: [key('user_id', 'x'), key('email', 'ada')] }, ['m_3', 'm_2', 'm_1']],
        ['nobody', { user: [] }, []],
        ['several things at once', { user: [key('email', 'ada')], psp: 'stripe', state: 'pending', fromMs: noonMs }, ['m_1']],
        ['things that exclude each other', { state: 'sent', psp: 'paddle' }, []],
      ])('can be filtered by %s', async (_by, filter, moneyIds) => {
        const [first, second, third] = [payment('m_1', 'sub_1'), payment('m_2', 'sub_1'), payment('m_3', 'sub_3', 'paddle')];
        const bobs = payment('m_9', 'sub_9');
        const isByUser = filter.user?.some(({ kind }) => kind === 'email') ?? false;
        await register(first, isByUser ? [key('email', 'ada')] : []);
        await register(third, isByUser ? [key('email', 'ada')] : []);
        if (isByUser) await register(bobs, [key('email', 'carl')]);
        const error = { type: 'Refused', code: 40002, message: 'm' };
        await store.purchases.record(integration, [
          record(first, { eventId: 'event 1' }),
          record(second, { state: 'sent', occurredAtMs: noonMs + 1, phase: 'renewal', reason: 'because' }),
          record(third, { state: 'needs_attention', lastError: error, occurredAtMs: noonMs + 2, purchaseType: 'paid_trial' }),
        ]);
        await store.purchases.record(`${integration}-b`, [record(payment('m_1', 'sub_1'))]);
        expect(await listed(filter)).toEqual(moneyIds);
      });
    });
  });
}

/** What every database must do behind the store's attempts, and with what they leave at their purchases. */
import type { DeliveryTrace } from '../../../src/domain/purchase';
import { untraced } from '../../../src/domain/purchase';
import type { Store } from '../../../src/store';
import { key, noonMs, payment, record, tried } from '../../support/store-samples';
import type { World } from './world';
import { actions } from './world';

export function attemptsConformance(world: () => World): void {
  describe('attempts', () => {
    let stores: World['stores'];
    let store: Store;
    let integration: string;
    beforeEach(() => void ({ stores, store, integration } = world()));
    const { register } = actions(world);

    const one = payment('in_1');
    const later = { nextAttemptAtMs: noonMs + 1_000, givesUpAtMs: noonMs + 172_800_000 };
    const boom = { type: 'TikTokUnreachable', code: 502, message: 'bad gateway' };
    const request = { data: [{ event: 'CompletePayment', user: { ip: '[not kept]' } }] };
    const sent = record(one, { state: 'sent', requestId: 'req_2', sentAtMs: noonMs, attempts: 2, revision: 2 });
    const accepted = { number: 2, outcome: 'accepted', code: 0, message: null, requestId: 'req_2' } as const;

    const kept = () => store.attempts.of(integration, 'stripe', 'in_1');
    const found = () => store.purchases.find(integration, 'stripe', 'in_1');
    async function trace(): Promise<DeliveryTrace> {
      const { destination, waitingFor, nextAttemptAtMs, givesUpAtMs, matchedBy, refusedByPage } = (await found()) ?? untraced;
      return { destination, waitingFor, nextAttemptAtMs, givesUpAtMs, matchedBy, refusedByPage };
    }
    async function fails(number: number): Promise<void> {
      await store.purchases.beginAttempt(integration, one, noonMs);
      await store.attempts.keep(integration, tried(one, { number, request }, { error: boom, ...later }, ['email']));
    }

    it('come back in their order, with the request as it was sent', async () => {
      await store.purchases.record(integration, [record(one, { revision: 1 })]);
      await fails(1);
      await store.attempts.keep(integration, tried(one, { ...accepted, by: 'ada', destination: 'test' }, { record: sent }, []));
      expect(await kept()).toEqual([
        {
          ...{ number: 1, atMs: noonMs, durationMs: 20, outcome: 'unreachable', code: null, message: 'no answer within 15 s' },
          ...{ requestId: null, by: null, destination: 'tiktok', request },
        },
        {
          ...{ number: 2, atMs: noonMs, durationMs: 20, outcome: 'accepted', code: 0, message: null },
          ...{ requestId: 'req_2', by: 'ada', destination: 'test', request: null },
        },
      ]);
      const rows = await stores.raw(`select request from delivery_attempts where integration = '${integration}' order by number`);
      expect(rows).toEqual([{ request: expect.stringMatching(/^old\.[\w-]+$/) as string }, { request: null }]);
      expect(await store.attempts.of(integration, 'paddle', 'in_1')).toEqual([]);
      expect(await store.attempts.of(`${integration}-b`, 'stripe', 'in_1')).toEqual([]);
    });

    it('and their purchase are written together, and once', async () => {
      await store.purchases.record(integration, [record(one, { revision: 1 })]);
      for (let again = 0; again < 2; again += 1)
        await store.attempts.keep(integration, tried(one, accepted, { record: sent }, ['email', 'ip']));
      expect(await kept()).toHaveLength(1);
      expect(await found()).toMatchObject({
        state: 'sent',
        requestId: 'req_2',
        destination: 'tiktok',
        matchedBy: ['email', 'ip'],
      });
      await store.attempts.keep(integration, tried(one, { ...accepted, message: 'another' }, { record: sent }));
      expect((await kept())[0]?.message).toBeNull();
    });

    it('that failed leave the purchase pending: with the error, the next time, and the end of all tries', async () => {
      await store.purchases.record(integration, [record(one, { revision: 1 })]);
      await fails(1);
      expect(await found()).toMatchObject({ state: 'pending', lastError: boom });
      expect(await trace()).toEqual({
        ...{ destination: 'tiktok', waitingFor: 'retry', ...later, matchedBy: ['email'], refusedByPage: false },
      });
      await store.purchases.record(integration, [record(one, { revision: 1 })]);
      await store.purchases.record(integration, [record(one, { revision: 2, refundedMinor: 5 })]);
      expect(await trace()).toMatchObject({ waitingFor: 'retry', ...later });
    });

    it('that end later than an operator’s word change no row but their own', async () => {
      await store.purchases.record(integration, [record(one, { state: 'skipped', revision: 9 })]);
      await fails(1);
      expect(await found()).toMatchObject({ state: 'skipped', lastError: null, waitingFor: null });
      expect(await kept()).toHaveLength(1);
    });

    it('stay when their purchase was sent, and go with one that turned out to be another', async () => {
      await store.purchases.record(integration, [record(one, { revision: 1 })]);
      await fails(1);
      await store.purchases.remove(integration, payment('in_1', 'sub_another'));
      expect(await kept()).toHaveLength(1);
      await store.purchases.remove(integration, one);
      await store.purchases.remove(integration, one);
      expect(await kept()).toEqual([]);
      await store.attempts.keep(integration, tried(one, accepted, { record: sent }));
      await store.purchases.remove(integration, one);
      expect(await kept()).toHaveLength(1);
    });

    it('lose their requests when their buyer is erased, and nobody else’s do', async () => {
      const others = payment('in_2', 'sub_2');
      await register(one, [key('email', 'ada')]);
      await register(others, [key('email', 'bob')]);
      for (const ref of [one, others]) await store.attempts.keep(integration, tried(ref, { request }, { error: boom, ...later }));
      await store.users.erase(integration, key('email', 'ada'), noonMs);
      expect(await kept()).toMatchObject([{ number: 1, request: null, message: 'no answer within 15 s' }]);
      expect(await store.attempts.of(integration, 'stripe', 'in_2')).toMatchObject([{ request }]);
    });

    describe('what a purchase waits for', () => {
      it('is its decision, the provider, its turn, or nothing', async () => {
        await register(one);
        expect(await trace()).toEqual({ ...untraced, waitingFor: 'decision' });
        await store.purchases.record(integration, [record(one, { revision: 1, waitsUntilMs: noonMs + 20_000 })]);
        expect(await trace()).toEqual({ ...untraced, waitingFor: 'provider', nextAttemptAtMs: noonMs + 20_000 });
        await store.purchases.record(integration, [record(one, { revision: 2 })]);
        expect(await trace()).toEqual({ ...untraced, waitingFor: 'queue' });
        await store.purchases.record(integration, [record(one, { revision: 3, state: 'suppressed' })]);
        expect(await trace()).toEqual(untraced);
      });

      it('is that sends are resumed, while they are paused', async () => {
        await store.purchases.recordPaused(integration, record(one, { revision: 1 }));
        await store.purchases.recordPaused(integration, record(one, { revision: 1, reason: 'a row that is written again' }));
        expect(await trace()).toEqual({ ...untraced, waitingFor: 'paused' });
        expect((await found())?.reason).toBeNull();
        await store.purchases.record(integration, [record(one, { revision: 1 })]);
        await store.purchases.beginAttempt(integration, one, noonMs);
        expect(await trace()).toEqual({ ...untraced, waitingFor: 'queue' });
      });

      it('is still when it gives up, also when sends are paused between two attempts', async () => {
        await store.purchases.record(integration, [record(one, { revision: 1 })]);
        await fails(1);
        await store.purchases.recordPaused(integration, record(one, { revision: 1 }));
        expect(await trace()).toMatchObject({ waitingFor: 'paused', nextAttemptAtMs: null, givesUpAtMs: later.givesUpAtMs });
      });

      it('starts anew with a resend, while the row says where it went before', async () => {
        await store.attempts.keep(integration, tried(one, accepted, { record: sent }, ['email']));
        await store.purchases.record(integration, [record(one, { revision: 3, requestId: 'req_2', sentAtMs: noonMs })]);
        expect(await trace()).toEqual({ ...untraced, waitingFor: 'queue', destination: 'tiktok', matchedBy: ['email'] });
        expect(await found()).toMatchObject({ state: 'pending', requestId: 'req_2', sentAtMs: noonMs });
      });
    });
  });
}

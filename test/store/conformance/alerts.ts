/** What every database must do behind the store's alerts, and behind the numbers that decide them. */
import type { DueAlert } from '../../../src/domain/alerts';
import { dayMs, hourMs } from '../../../src/domain/duration';
import type { Store } from '../../../src/store';
import { noonMs, payment, record } from '../../support/store-samples';
import type { World } from './world';

export function alertsConformance(world: () => World): void {
  describe('alerts', () => {
    let store: Store;
    let other: Store;
    let integration: string;
    beforeEach(() => void ({ store, other, integration } = world()));

    const backlog: DueAlert = { kind: 'backlog_age', subject: '', message: 'a purchase waits' };
    const attention: DueAlert = { kind: 'needs_attention', subject: 'TikTokRejected', message: '1 purchase' };
    const opened = async () => (await store.alerts.open(integration)).map(({ kind, subject }) => `${kind} ${subject}`);
    const all = async () => (await store.alerts.list({ integration, limit: 50 })).items;
    const untold = async () => (await store.alerts.untold(1_000)).filter((alert) => alert.integration === integration);

    it('are opened once and closed once', async () => {
      await store.alerts.reconcile(integration, [backlog, attention], noonMs);
      await store.alerts.reconcile(integration, [backlog, attention], noonMs + 1);
      expect(await opened()).toEqual(['backlog_age ', 'needs_attention TikTokRejected']);
      await store.alerts.reconcile(integration, [attention], noonMs + 2);
      await store.alerts.reconcile(integration, [], noonMs + 3);
      await store.alerts.reconcile(integration, [], noonMs + 4);
      expect(await opened()).toEqual([]);
      expect((await all()).map(({ openedAtMs, closedAtMs }) => [openedAtMs, closedAtMs])).toEqual([
        [noonMs, noonMs + 3],
        [noonMs, noonMs + 2],
      ]);
    });

    it('are opened anew after they were closed, and say the newest while they are open', async () => {
      await store.alerts.reconcile(integration, [attention], noonMs);
      await store.alerts.reconcile(integration, [{ ...attention, message: '2 purchases' }], noonMs + 1);
      expect(await all()).toMatchObject([{ message: '2 purchases', openedAtMs: noonMs, closedAtMs: null }]);
      await store.alerts.reconcile(integration, [], noonMs + 2);
      await store.alerts.reconcile(integration, [attention], noonMs + 3);
      expect(await all()).toMatchObject([{ openedAtMs: noonMs + 3 }, { openedAtMs: noonMs, message: '2 purchases' }]);
    });

    it('are opened once by many processes at once', async () => {
      const looks = Array.from({ length: 20 }, (_, index) => (index % 2 ? store : other));
      await Promise.all(looks.map((each, index) => each.alerts.reconcile(integration, [backlog, attention], noonMs + index)));
      expect(await all()).toHaveLength(2);
    });

    it('wait to be told, each of its opening and of its closing, until they were', async () => {
      await store.alerts.reconcile(integration, [backlog], noonMs);
      const [alert] = await untold();
      expect(alert).toMatchObject({ isOpeningTold: false, closedAtMs: null });
      await store.alerts.told(alert?.id ?? 0, 'opening', noonMs + 1);
      expect(await untold()).toEqual([]);
      await store.alerts.reconcile(integration, [], noonMs + 2);
      expect(await untold()).toMatchObject([{ isOpeningTold: true, isClosingTold: false, closedAtMs: noonMs + 2 }]);
      await store.alerts.told(alert?.id ?? 0, 'closing', noonMs + 3);
      expect(await untold()).toEqual([]);
    });

    it('that are over are not told later, where there was nobody to tell; open ones are', async () => {
      await store.alerts.reconcile(integration, [backlog, attention], noonMs);
      await store.alerts.reconcile(integration, [attention], noonMs + 1);
      await store.alerts.forgetClosed(noonMs + 2);
      expect((await untold()).map(({ kind }) => kind)).toEqual(['needs_attention']);
    });

    it('come page by page, open or closed', async () => {
      for (let time = 0; time < 5; time++) {
        await store.alerts.reconcile(integration, [attention], noonMs + 2 * time);
        if (time < 4) await store.alerts.reconcile(integration, [], noonMs + 2 * time + 1);
      }
      const first = await store.alerts.list({ integration, limit: 2 });
      const second = await store.alerts.list({ integration, limit: 2, cursor: first.nextCursor ?? '' });
      const third = await store.alerts.list({ integration, limit: 2, cursor: second.nextCursor ?? '' });
      expect([first, second, third].map(({ items }) => items.map(({ openedAtMs }) => (openedAtMs - noonMs) / 2))).toEqual([
        [4, 3],
        [2, 1],
        [0],
      ]);
      expect(third.nextCursor).toBeNull();
      expect((await store.alerts.list({ integration, isOpen: true, limit: 9 })).items).toHaveLength(1);
      expect((await store.alerts.list({ integration, isOpen: false, limit: 9 })).items).toHaveLength(4);
    });

    it('go when they are long over', async () => {
      await store.alerts.reconcile(integration, [backlog, attention], noonMs - 500 * dayMs);
      await store.alerts.reconcile(integration, [attention], noonMs - 490 * dayMs);
      await store.alerts.purge(noonMs - 400 * dayMs);
      expect((await all()).map(({ kind }) => kind)).toEqual(['needs_attention']);
    });

    it('count what needs attention by its error', async () => {
      const failed = (id: string, type: string) =>
        record(payment(id), { state: 'needs_attention', lastError: { type, code: null, message: '' } });
      await store.purchases.record(integration, [
        ...[failed('1', 'TikTokRejected'), failed('2', 'DeliveryExpired'), failed('3', 'TikTokRejected')],
        record(payment('4'), { state: 'sent' }),
      ]);
      expect(await store.alertNumbers.attentionByError(integration)).toEqual([
        { errorType: 'DeliveryExpired', count: 1 },
        { errorType: 'TikTokRejected', count: 2 },
      ]);
    });

    it('know since when the oldest purchase waits: since its first attempt, or since it was heard of', async () => {
      const waitingSince = () => store.alertNumbers.waitingSince(integration, noonMs - hourMs);
      expect(await waitingSince()).toBeNull();
      const old = (id: string, more = {}) => record(payment(id), { occurredAtMs: noonMs - 9 * dayMs, ...more });
      await store.purchases.record(integration, [old('sent', { state: 'sent' }), record(payment('new'))]);
      expect(await waitingSince()).toBeNull();
      await store.purchases.record(integration, [old('tried')]);
      await store.purchases.beginAttempt(integration, payment('tried'), noonMs - 60_000);
      expect(await waitingSince()).toBeNull();
      await store.purchases.record(integration, [old('forgotten', { occurredAtMs: noonMs - 3 * hourMs })]);
      expect(await waitingSince()).toBe(noonMs - 3 * hourMs);
    });
  });
}

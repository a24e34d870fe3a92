/** What every database must do behind the milestones of the set-up. */
import type { PurchaseRecord } from '../../../src/domain/purchase';
import { sampleId } from '../../../src/domain/sample';
import type { Milestones, Store } from '../../../src/store';
import { connectionCheckedAction } from '../../../src/store';
import { noonMs, payment, record, tried } from '../../support/store-samples';
import type { World } from './world';

export function milestonesConformance(world: () => World): void {
  describe('milestones', () => {
    let store: Store;
    let integration: string;
    beforeEach(() => void ({ store, integration } = world()));

    const nothing: Milestones = {
      ...{ connectionAnswered: false, webhookReceived: false, pageCalled: false, purchaseSent: false },
      lastSample: null,
    };
    const read = () => store.milestones.read(integration);
    /** A purchase that an attempt at this destination has sent. */
    async function sent(ref: ReturnType<typeof payment>, destination: 'tiktok' | 'test' | 'sandbox'): Promise<void> {
      const accepted = record(ref, { state: 'sent', sentAtMs: noonMs, attempts: 1, revision: 1 });
      await store.purchases.record(integration, [record(ref)]);
      await store.attempts.keep(integration, tried(ref, { outcome: 'accepted', destination }, { record: accepted }));
    }
    const sample = (number: number): ReturnType<typeof payment> => {
      const id = `${sampleId(noonMs + number, '0a1b2c3d')}_1`;
      return payment(id, id, 'generic');
    };

    it('are none at first, whatever has happened elsewhere', async () => {
      await store.webhookLog.append('elsewhere', {
        psp: 'stripe',
        receivedAtMs: 1,
        type: null,
        outcome: 'ignored',
        reason: null,
      });
      expect(await read()).toEqual(nothing);
    });

    it('know a connection that was checked, a webhook, a page', async () => {
      await store.audit.append({ integration, atMs: noonMs, by: 'ada', action: 'settings.change', target: '', reason: null });
      expect(await read()).toEqual(nothing);
      await store.audit.append({
        integration,
        atMs: noonMs,
        by: 'ada',
        action: connectionCheckedAction,
        target: '',
        reason: null,
      });
      expect(await read()).toEqual({ ...nothing, connectionAnswered: true });
      await store.webhookLog.append(integration, {
        psp: 'stripe',
        receivedAtMs: 1,
        type: null,
        outcome: 'ignored',
        reason: null,
      });
      expect(await read()).toEqual({ ...nothing, connectionAnswered: true, webhookReceived: true });
      const called = (label: string) =>
        store.tallies.add([{ integration, day: 20_000, name: 'page_calls', psp: '', label, count: 1, lastAtMs: noonMs }]);
      await called('/collect 403');
      expect((await read()).pageCalled).toBe(false);
      await called('/collect 204');
      expect((await read()).pageCalled).toBe(true);
    });

    it.each([
      ['tiktok', true],
      ['test', true],
      ['sandbox', false],
    ] as const)('know a purchase that was sent to %s, which proves the connection: %s', async (destination, proves) => {
      await sent(payment('in_1'), destination);
      expect(await read()).toEqual({ ...nothing, purchaseSent: true, connectionAnswered: proves });
    });

    it('do not know what waits as sent', async () => {
      await store.purchases.record(integration, [record(payment('in_1'))]);
      expect(await read()).toEqual(nothing);
    });

    it('know the last sample and what became of it, and take it for no purchase', async () => {
      await sent(sample(1), 'sandbox');
      expect(await read()).toEqual({ ...nothing, lastSample: { moneyId: sample(1).moneyId, state: 'sent' } });
      const [older, newest] = [sample(2), sample(3)];
      await store.purchases.record(integration, [record(newest), record(older, { state: 'skipped' })]);
      expect(await read()).toEqual({ ...nothing, lastSample: { moneyId: newest.moneyId, state: 'pending' } });
    });

    it.each(['sampled_1', 'sampl', 'samplf_1', 'Sample_1'])('take %s for no sample', async (moneyId) => {
      const sold: Partial<PurchaseRecord> = { state: 'sent', sentAtMs: noonMs };
      await store.purchases.record(integration, [record(payment(moneyId, 'sub_1', 'generic'), sold)]);
      expect(await read()).toEqual({ ...nothing, purchaseSent: true });
    });
  });
}

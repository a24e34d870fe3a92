/** What of a delivery is counted for operators' pages. */
import pino from 'pino';
import { Registry } from 'prom-client';
import type { PurchaseRecord } from '../../src/domain/purchase';
import { sampleId } from '../../src/domain/sample';
import { createGauges, createTelemetry } from '../../src/telemetry/telemetry';
import { noonMs, payment, record } from '../support/store-samples';

function countedFor(delivered: PurchaseRecord): readonly string[] {
  const counted: string[] = [];
  const telemetry = createTelemetry(
    pino({ level: 'silent' }),
    new Registry(),
    { count: ({ name, label }) => void counted.push(`${name} ${label}`) },
    () => noonMs + 1_000,
  );
  telemetry.deliveryAttempted({
    ...{ integration: 'default', record: delivered, attempt: 1, durationMs: 20, destination: 'tiktok', matchedBy: ['email'] },
    outcome: { kind: 'accepted', code: 0, requestId: 'req-1' },
  });
  return counted;
}

it('counts latency and identifiers of what TikTok accepted', () => {
  expect(countedFor(record(payment('in_1')))).toEqual([expect.stringMatching(/^latency \d+$/), 'matched sent', 'matched email']);
});

it('counts a purchase that is sent again once', () => {
  expect(countedFor(record(payment('in_1'), { sentAtMs: noonMs }))).toEqual([]);
});

it('does not count a sample', () => {
  expect(countedFor(record(payment(`${sampleId(noonMs, '0a1b2c3d')}_1`, 'sample', 'generic')))).toEqual([]);
});

describe('the gauges', () => {
  function scraped(count: () => Promise<number>) {
    const registry = new Registry();
    const clock = { nowMs: noonMs, asked: 0 };
    const counted = async () => {
      clock.asked += 1;
      const pending = await count();
      return { sent: 0, suppressed: 0, not_a_purchase: 0, pending, needs_attention: 0, skipped: 0, held: 0 };
    };
    const purchases = { count: counted, oldestPendingAtMs: async () => null };
    createGauges(registry, ['default'], { purchases, quarantine: { count: async () => 0 } }, () => clock.nowMs);
    return { clock, scrape: () => registry.metrics() };
  }

  it('ask the database once in 15 seconds, however many scrape', async () => {
    let pending = 1;
    const { clock, scrape } = scraped(async () => pending);
    await Promise.all(Array.from({ length: 30 }, scrape));
    expect(clock.asked).toBe(1);
    pending = 2;
    clock.nowMs += 14_999;
    expect(await scrape()).toContain('state="pending"} 1');
    clock.nowMs += 1;
    expect(await scrape()).toContain('state="pending"} 2');
  });

  it('have no value while the database is away; the scrape is answered all the same, and asks again', async () => {
    let isAway = true;
    const { scrape } = scraped(async () => {
      if (isAway) throw new Error('away');
      return 3;
    });
    expect(await scrape()).not.toContain('state="pending"');
    isAway = false;
    expect(await scrape()).toContain('state="pending"} 3');
  });
});

describe('the gauges of what waits', () => {
  const scrape = async (purchases: Parameters<typeof createGauges>[2]['purchases']): Promise<readonly string[]> => {
    const registry = new Registry();
    const quarantine = { count: async (integration: string) => (await purchases.count(integration)).pending };
    createGauges(registry, ['default'], { purchases, quarantine }, () => noonMs);
    return (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  };
  const count = () =>
    Promise.resolve({ pending: 2, sent: 0, suppressed: 0, not_a_purchase: 0, needs_attention: 1, skipped: 0, held: 3 } as const);

  it('are read at each scrape', async () => {
    expect(await scrape({ count, oldestPendingAtMs: () => Promise.resolve(noonMs - 5_000) })).toEqual(
      expect.arrayContaining([
        'relay_purchases{integration="default",state="pending"} 2',
        'relay_oldest_pending_seconds{integration="default"} 5',
        'relay_quarantined{integration="default"} 2',
        'relay_database_up 1',
      ]),
    );
  });

  it('are left out while the database is away, and the scrape is answered', async () => {
    const away = () => Promise.reject(new Error('no database'));
    expect(await scrape({ count, oldestPendingAtMs: away })).toEqual([
      ...['pending 2', 'sent 0', 'suppressed 0', 'not_a_purchase 0', 'needs_attention 1', 'skipped 0', 'held 3'].map((one) => {
        const [state = '', number = ''] = one.split(' ');
        return `relay_purchases{integration="default",state="${state}"} ${number}`;
      }),
      'relay_quarantined{integration="default"} 2',
      'relay_database_up 0',
    ]);
    expect(await scrape({ count: away, oldestPendingAtMs: away })).toEqual(['relay_database_up 0']);
  });

  it('are left out while the database hangs', async () => {
    const hangs = () => new Promise<never>(() => undefined);
    expect(await scrape({ count: hangs, oldestPendingAtMs: hangs })).toEqual(['relay_database_up 0']);
  });
});

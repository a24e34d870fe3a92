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
      return { sent: 0, suppressed: 0, not_a_purchase: 0, pending, needs_attention: 0, skipped: 0 };
    };
    createGauges(registry, ['default'], { count: counted, oldestPendingAtMs: async () => null }, () => clock.nowMs);
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
    isAway = true;
  });
});

/** What of a delivery is counted for operators' pages. */
import pino from 'pino';
import { Registry } from 'prom-client';
import type { PurchaseRecord } from '../../src/domain/purchase';
import { sampleId } from '../../src/domain/sample';
import { createTelemetry } from '../../src/telemetry/telemetry';
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

import { timeOf as timeOfFunnelfox } from '../../src/psp/funnelfox/dates';
import { instantOf } from '../../src/psp/instants';
import { eventSchema } from '../../src/psp/paddle/schema';
import { orderSchema } from '../../src/psp/lemonsqueezy/schema';

/** What the readers make of a time; those of Paddle and Lemon Squeezy by a field of theirs. */
const readers: readonly (readonly [string, (text: string) => number | undefined])[] = [
  ['a time', instantOf],
  ['a time of FunnelFox', timeOfFunnelfox],
  ['a time of Paddle', (text) => eventSchema.parse({ event_type: 'x', occurred_at: text, data: {} }).occurred_at],
  ['a time of Lemon Squeezy', (text) => orderSchema.parse({ currency: 'USD', total: 1, created_at: text }).created_at],
];
const atMs = Date.UTC(2026, 10, 27, 23, 40, 5);

describe.each(readers)('%s', (_, read) => {
  it.each([
    ['2026-11-27T23:40:05Z', atMs],
    ['2026-11-27T23:40:05.123456Z', atMs + 123],
    ['2026-11-28T05:10:05+05:30', atMs],
    ['2026-11-27T23:40:05', atMs],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
  ])('%s is read, in UTC where no zone is named, whatever the machine’s', (text, ms) => {
    expect(read(text)).toBe(ms);
  });

  it.each(['2026-02-30T10:00:00Z', '2026-04-31T10:00:00Z', '2025-02-29T10:00:00Z', '2026-13-01T10:00:00Z', '1795822805', ''])(
    '%j is none',
    (text) => {
      expect(read(text)).toBeUndefined();
    },
  );
});

import { trialEndMs } from '../../../src/psp/paddle/trials';

const at = (text: string): number => Date.parse(`${text}T10:18:47.635Z`);

describe('a trial', () => {
  it.each<[string, string, number, string]>([
    ['2026-01-31', 'day', 14, '2026-02-14'],
    ['2026-01-31', 'week', 2, '2026-02-14'],
    ['2026-01-31', 'month', 1, '2026-02-28'],
    ['2026-11-30', 'month', 3, '2027-02-28'],
    ['2026-05-12', 'month', 1, '2026-06-12'],
    ['2028-02-29', 'year', 1, '2029-02-28'],
  ])('from %s for %s × %d ends on %s', (start, interval, frequency, end) => {
    expect(trialEndMs(at(start), { interval, frequency })).toBe(at(end));
  });

  it.each<[string | null | undefined, number | null | undefined]>([
    ['fortnight', 1],
    [null, 1],
    ['day', null],
    ['day', 0],
    ['day', 1.5],
    ['day', Infinity],
    ['year', 1e9],
  ])('of %s × %s has no end that we know', (interval, frequency) => {
    expect(trialEndMs(at('2026-01-31'), { interval, frequency })).toBeUndefined();
  });
});

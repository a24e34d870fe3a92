import { baselineOf, regressions } from '../../bench/baseline';
import type { Result } from '../../bench/results';

const result = (more: Partial<Result>): Result => ({
  ...{ figure: 'ack', stack: 'embedded', name: '16 at once', unit: '/s' },
  ...{ ours: [60], bare: [100], goal: null },
  ...more,
});

describe('the baseline', () => {
  it('keeps the ratios of rates, and no times: less of them is better', () => {
    expect(
      baselineOf([result({}), result({ name: '16 at once, p99', unit: 'ms' }), result({ name: 'alone', bare: null })]),
    ).toEqual({
      'ack embedded 16 at once': 0.6,
    });
  });

  it.each<[string, number, number]>([
    ['as it was', 60, 0],
    ['better', 90, 0],
    ['a quarter less', 45, 0],
    ['more than a quarter less', 44, 1],
  ])('takes %s', (_, ours, count) => {
    expect(regressions({ 'ack embedded 16 at once': 0.6 }, [result({ ours: [ours] })])).toHaveLength(count);
  });

  it.each<[string, readonly number[], number]>([
    ['a round that was disturbed', [60, 20, 30], 0],
    ['what fell in every round', [40, 20, 44], 1],
  ])('takes %s', (_, ours, count) => {
    expect(regressions({ 'ack embedded 16 at once': 0.6 }, [result({ ours, bare: [100, 100, 100] })])).toHaveLength(count);
  });

  it('names what has fallen, and by how much', () => {
    expect(regressions({ 'ack embedded 16 at once': 0.6 }, [result({ ours: [30] })])).toEqual([
      'ack embedded 16 at once: 0.30 × bare at best, and was 0.60',
    ]);
  });

  it('does not pass because nothing was measured', () => {
    expect(regressions({ 'ack embedded 16 at once': 0.6 }, [])).toEqual(['ack embedded 16 at once: was not measured']);
  });

  it('does not ask for what it has never kept', () => {
    expect(regressions({}, [result({ ours: [1] })])).toEqual([]);
  });
});

import { cellsOf, goalText, isMet, ratioOf, type Result, type Row, shown, tableOf } from '../../bench/results';

const row = (more: Partial<Row>): Row => ({ name: 'acknowledged', unit: '/s', ours: [90], bare: [100], goal: null, ...more });

describe('the ratio', () => {
  it('is taken pair by pair, and its median is not the ratio of the medians', () => {
    expect(ratioOf(row({ ours: [10, 100, 300], bare: [20, 400, 100] }))).toEqual({ median: 0.5, min: 0.25, max: 3 });
  });

  it('is the mean of the two in the middle of an even number of pairs', () => {
    expect(ratioOf(row({ ours: [1, 2], bare: [1, 1] }))?.median).toBe(1.5);
  });

  it.each<[string, Partial<Row>]>([
    ['nothing to compare with', { bare: null }],
    ['a bare of 0', { ours: [1, 1], bare: [1, 0] }],
    ['no round', { ours: [], bare: [] }],
  ])('is null with %s', (_, more) => expect(ratioOf(row(more))).toBeNull());

  it('refuses rounds without a pair', () => {
    expect(() => ratioOf(row({ ours: [1, 2], bare: [1] }))).toThrow('2 rounds of ours, and 1 of bare');
  });
});

describe('a goal', () => {
  it.each<[string, Partial<Row>, boolean | null]>([
    ['a ratio on the limit', { goal: { of: 'ratio', atLeast: 0.9 } }, true],
    ['a ratio just below it', { ours: [89.9], goal: { of: 'ratio', atLeast: 0.9 } }, false],
    ['a ratio that must not be more', { ours: [116], goal: { of: 'ratio', atMost: 1.15 } }, false],
    ['a ratio without bare', { bare: null, goal: { of: 'ratio', atLeast: 0.9 } }, null],
    ['a median with one slow round', { ours: [1, 2, 9], bare: null, goal: { of: 'median', atMost: 5 } }, true],
    ['the worst with one slow round', { ours: [1, 2, 9], bare: null, goal: { of: 'worst', atMost: 5 } }, false],
    ['the worst of what must be much', { ours: [9, 2, 9], bare: null, goal: { of: 'worst', atLeast: 5 } }, false],
    ['nothing measured', { ours: [], bare: [], goal: { of: 'median', atMost: 5 } }, null],
    ['no goal', {}, null],
  ])('%s', (_, more, met) => expect(isMet(row(more))).toBe(met));
});

describe('the table', () => {
  const result = (more: Partial<Result>): Result => ({ ...row({}), figure: 'ack', stack: 'embedded', ...more });

  it('shows median and spread of values and of ratios, the goal, and whether it is met', () => {
    const cells = cellsOf(result({ ours: [80, 90, 95], bare: [100, 100, 100], goal: { of: 'ratio', atLeast: 0.9 } }));
    expect(cells).toEqual([
      'ack: acknowledged',
      'embedded',
      '/s',
      '90 (80 to 95)',
      '100 (100 to 100)',
      '0.90 (0.80 to 0.95)',
      '≥ 0.90 × bare',
      'yes',
    ]);
  });

  it('has its columns below each other', () => {
    const lines = tableOf([result({}), result({ name: 'a much longer name' })]).split('\n');
    expect(lines).toHaveLength(3);
    expect(new Set(lines.map((line) => line.search(/stack|embedded/))).size).toBe(1);
  });

  it.each<[number, string]>([
    [0, '0'],
    [0.314, '0.31'],
    [12.34, '12.3'],
    [214.6, '215'],
    [-0.5, '-0.50'],
    [10_000, '10000'],
  ])('shows %d as %s', (value, text) => expect(shown(value)).toBe(text));

  it('says against what a goal is', () => {
    expect(goalText({ of: 'ratio', atLeast: 3 }, 'money webhooks')).toBe('≥ 3 × money webhooks');
    expect(goalText({ of: 'worst', atMost: 1_000 })).toBe('≤ 1000, always');
  });
});

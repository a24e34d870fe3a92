import { barsOf } from '../../bench/pictures';
import type { Result } from '../../bench/results';

const result = (more: Partial<Result>): Result => ({
  ...{ figure: 'ack', stack: 'embedded', name: '16 at once', unit: '/s' },
  ...{ ours: [50, 60, 70], bare: [100, 100, 100], goal: null },
  ...more,
});

const widths = (svg: string): readonly number[] =>
  [...svg.matchAll(/<rect[^>]* width="([\d.]+)"/g)].map(([, width]) => Number(width));

describe('the picture of a figure', () => {
  it('has a bar for ours and one for bare, as long as their medians', () => {
    const [ours = 0, bare = 0] = widths(barsOf('Acknowledged', [result({})]) ?? '');
    expect(bare).toBeGreaterThan(0);
    expect(ours / bare).toBeCloseTo(0.6, 2);
  });

  it('draws all rows to one scale', () => {
    const drawn = widths(barsOf('Acknowledged', [result({}), result({ ours: [30], bare: [10] })]) ?? '');
    expect(drawn).toHaveLength(4);
    expect((drawn[2] ?? 0) / (drawn[0] ?? 1)).toBeCloseTo(0.5, 2);
  });

  it.each<[string, readonly Result[]]>([
    ['without a row', []],
    ['of rows that are compared with nothing', [result({ bare: null })]],
    ['of rows that were not measured', [result({ ours: [], bare: [] })]],
  ])('is none %s', (_, results) => expect(barsOf('Acknowledged', results)).toBeNull());

  it('escapes what it is given', () => {
    const svg = barsOf('a < b & c', [result({ name: '<script>' })]) ?? '';
    expect(svg).toContain('a &lt; b &amp; c');
    expect(svg).not.toContain('<script>');
  });
});

import type { BoughtItem } from '../../src/domain/fact';
import { boughtItem, boughtList } from '../../src/domain/bought-item';

const whole: BoughtItem = { id: 'price_1', product: 'prod_1', name: 'Premium', category: 'Apps', quantity: 2, unitMinor: 1999 };

describe('an item', () => {
  it('is read as it is said', () => {
    expect(boughtItem(whole)).toEqual(whole);
  });

  it.each<[string, object, Partial<BoughtItem>]>([
    ['a number as its id', { id: 7 }, { id: '7' }],
    ['spaces around its texts', { id: ' price_1 ', name: ' Premium\u200b ' }, {}],
    ['a quantity of digits', { quantity: '2' }, {}],
    ['a price of nothing', { unitMinor: 0 }, { unitMinor: 0 }],
  ])('may have %s', (_what, said, read) => {
    expect(boughtItem({ ...whole, ...said })).toEqual({ ...whole, ...read });
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['an empty text', ' '],
    ['an object', { id: 'price_1' }],
    ['a list', ['price_1']],
    ['control characters', 'price\u0000_1'],
    ['half a surrogate pair', 'price\ud800'],
    ['256 characters', 'x'.repeat(256)],
    ['a number that is not exact', 2 ** 60],
  ])('is none where its id is %s', (_what, id) => {
    expect(boughtItem({ ...whole, id })).toBeNull();
  });

  it.each<[keyof BoughtItem, unknown]>([
    ['name', { en: 'Premium' }],
    ['name', 'x'.repeat(201)],
    ['name', `${'x'.repeat(10)}\ud83d`],
    ['category', false],
    ['product', ''],
    ['quantity', 0],
    ['quantity', -1],
    ['quantity', 1.5],
    ['quantity', '1.5'],
    ['quantity', '-2'],
    ['quantity', 1_000_001],
    ['quantity', NaN],
    ['quantity', true],
    ['unitMinor', -1],
    ['unitMinor', 0.5],
    ['unitMinor', '1999'],
    ['unitMinor', null],
    ['unitMinor', 2 ** 53],
  ])('is kept without its %s where that is %j', (member, said) => {
    const { [member]: _left, ...rest } = whole;
    expect(boughtItem({ ...whole, [member]: said })).toEqual(rest);
  });
});

describe('a list', () => {
  it('has the items that are some, in order', () => {
    expect(boughtList([null, whole, null, { id: 'b' }])).toEqual([whole, { id: 'b' }]);
  });

  it.each([[[]], [[null, null]]])('is no list where it would be empty: %j', (items) => {
    expect(boughtList(items)).toBeUndefined();
  });

  it('ends somewhere', () => {
    expect(boughtList(Array.from({ length: 60 }, (_, n) => ({ id: String(n) })))).toHaveLength(50);
  });
});

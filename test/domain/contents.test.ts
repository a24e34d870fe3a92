import { contentsOf, type Products } from '../../src/domain/contents';
import type { BoughtItem } from '../../src/domain/fact';

const premium: BoughtItem = { id: 'price_1', product: 'prod_1', name: 'Premium', quantity: 1, unitMinor: 1999 };

describe('what was bought', () => {
  it('is what the provider says, where the settings name nothing', () => {
    expect(contentsOf([premium], {})).toEqual({
      items: [{ id: 'price_1', name: 'Premium', quantity: 1, unitMinor: 1999 }],
    });
  });

  it.each<[string, readonly BoughtItem[] | undefined]>([
    ['nothing is known', undefined],
    ['the list is empty', []],
  ])('is nothing at all where %s', (_when, bought) => {
    expect(contentsOf(bought, { price_1: { id: 'x' } })).toBeNull();
  });

  it('counts one where the provider says no quantity, and has no price where it says none', () => {
    expect(contentsOf([{ id: 'plan' }], {})).toEqual({ items: [{ id: 'plan', quantity: 1 }] });
  });

  it.each<[string, Products, object]>([
    ['the price', { price_1: { id: 'p', name: 'Plan', category: 'Apps' } }, { id: 'p', name: 'Plan', category: 'Apps' }],
    ['the product', { prod_1: { id: 'p' } }, { id: 'p', name: 'Premium' }],
    [
      'both: the price counts',
      { price_1: { name: 'By price' }, prod_1: { id: 'p', name: 'By product' } },
      { id: 'price_1', name: 'By price' },
    ],
    ['neither, but another', { price_2: { id: 'p' } }, { id: 'price_1', name: 'Premium' }],
  ])('is renamed by %s', (_which, products, expected) => {
    expect(contentsOf([premium], products)?.items).toEqual([{ ...expected, quantity: 1, unitMinor: 1999 }]);
  });

  it.each(['__proto__', 'constructor', 'toString'])('has no name from %s, which every object has', (id) => {
    expect(contentsOf([{ id, product: id }], {})?.items).toEqual([{ id, quantity: 1 }]);
  });

  it('puts what is the same into one entry, and keeps what has another price or name apart', () => {
    const items = contentsOf(
      [premium, { ...premium, quantity: 3 }, { ...premium, unitMinor: 999 }, { ...premium, name: 'Plus' }],
      {},
    )?.items;
    expect(items?.map(({ quantity, unitMinor, name }) => [name, unitMinor, quantity])).toEqual([
      ['Premium', 1999, 4],
      ['Premium', 999, 1],
      ['Plus', 1999, 1],
    ]);
  });

  it('puts two prices that the settings give one name into one entry', () => {
    const same = { id: 'premium', name: 'Premium' };
    const items = contentsOf([premium, { ...premium, id: 'price_2' }], { price_1: same, price_2: same })?.items;
    expect(items).toEqual([{ ...same, quantity: 2, unitMinor: 1999 }]);
  });
});

describe('what its buyer is expected to pay', () => {
  const ltv = (products: Products, bought: readonly BoughtItem[] = [premium]) => contentsOf(bought, products)?.predictedLtv;

  it.each<[string, Products, readonly BoughtItem[], number | undefined]>([
    ['says nothing where no product does', { price_1: { id: 'p' } }, [premium], undefined],
    ['is the product’s', { price_1: { predictedLtv: '89.00' } }, [premium], 89],
    ['is nothing at all where that is what is expected', { price_1: { predictedLtv: '0' } }, [premium], 0],
    ['does not grow with the quantity', { price_1: { predictedLtv: '89.00' } }, [{ ...premium, quantity: 5 }], 89],
    ['counts a product once', { price_1: { predictedLtv: '89.00' } }, [premium, premium], 89],
    [
      'adds up different products, exactly',
      { price_1: { predictedLtv: '0.1' }, a: { predictedLtv: '0.2' } },
      [premium, { id: 'a' }],
      0.3,
    ],
    [
      'counts two prices named alike twice',
      { price_1: { predictedLtv: '5' }, a: { predictedLtv: '5' } },
      [premium, { id: 'a' }],
      10,
    ],
  ])('%s', (_what, products, bought, expected) => {
    expect(ltv(products, bought)).toBe(expected);
  });
});

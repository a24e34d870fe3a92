/** Equality of JSON values. */
import { deepEqual } from '../../src/domain/deep-equal';

describe('two JSON values are equal', () => {
  it.each([
    ['the same text', 'a', 'a'],
    ['null', null, null],
    ['keys in another order', { a: 1, b: 2 }, { b: 2, a: 1 }],
    ['an undefined key', { a: 1, b: undefined }, { a: 1 }],
    ['nested', { a: [1, { b: null }] }, { a: [1, { b: null }] }],
    ['empty lists', [], []],
  ])('with %s', (_case, a, b) => {
    expect(deepEqual(a, b)).toBe(true);
    expect(deepEqual(b, a)).toBe(true);
  });
});

describe('two JSON values differ', () => {
  it.each([
    ['a number and its text', 1, '1'],
    ['zero and null', 0, null],
    ['null and an absent key', { a: null }, {}],
    ['one key more', { a: 1 }, { a: 1, b: 1 }],
    ['another order in a list', [1, 2], [2, 1]],
    ['a shorter list', [1], [1, 2]],
    ['a list and an object', [], {}],
    ['a list and an object with its keys', [1], { 0: 1 }],
    ['an object and null', {}, null],
    ['deep inside', { a: [{ b: 1 }] }, { a: [{ b: 2 }] }],
    ['an absent key that every object inherits', { constructor: 1 }, {}],
    ['inherited and own', {}, { toString: {} }],
  ])('with %s', (_case, a, b) => {
    expect(deepEqual(a, b)).toBe(false);
    expect(deepEqual(b, a)).toBe(false);
  });
});

import { z } from 'zod';
import { listOf, mapOf, mostItems } from '../../src/psp/list';

const item = z.object({ id: z.string().transform((id) => id.toUpperCase()) });

describe('a list in a body', () => {
  it('is read item by item', () => {
    expect(listOf(item).parse([{ id: 'a' }, { id: 'b' }])).toEqual([{ id: 'A' }, { id: 'B' }]);
    expect(mapOf(item).parse({ x: { id: 'a' } })).toEqual({ x: { id: 'A' } });
  });

  it('names each item that does not fit', () => {
    const { error } = listOf(item).safeParse([{ id: 'a' }, 0, { id: 1 }]);
    expect(error?.issues.map(({ path }) => path.join('.'))).toEqual(['1', '2.id']);
  });

  it('names ten of many, and looks at no more', () => {
    let looked = 0;
    const wrong = z.unknown().refine(() => (looked += 1) === 0, 'wrong');
    const many = Array.from({ length: 1_000 }, () => null);
    const paths = (schema: z.ZodType, value: unknown) => schema.safeParse(value).error?.issues.map(({ path }) => path[0]);
    expect(paths(listOf(wrong), many)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(paths(mapOf(wrong), { ...many })).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    expect(looked).toBe(20);
  });

  it('is one problem where it is longer than any that providers send', () => {
    const longest = Array.from({ length: mostItems }, () => ({ id: 'a' }));
    expect(listOf(item).safeParse(longest).success).toBe(true);
    const longer = [...longest, 0, 0];
    expect(listOf(item).safeParse(longer).error?.issues).toHaveLength(1);
    expect(mapOf(item).safeParse({ ...longer }).error?.issues).toHaveLength(1);
  });

  it('is no list where it is something else', () => {
    expect(listOf(item).safeParse({ 0: { id: 'a' } }).success).toBe(false);
    expect(mapOf(item).safeParse('a').success).toBe(false);
  });
});

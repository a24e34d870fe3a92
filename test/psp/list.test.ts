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

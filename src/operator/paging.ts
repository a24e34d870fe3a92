/** Cursors come from outside: one that no list has given is the caller's mistake. */
import { badRequest } from '../http/problem';
import { InvalidCursor } from '../store';

export const pageSize = 50;

export async function withCursor<T>(list: () => Promise<T>): Promise<T> {
  try {
    return await list();
  } catch (error) {
    if (!(error instanceof InvalidCursor)) throw error;
    const message = 'must be the nextCursor of a page';
    throw badRequest(`cursor ${message}`, [{ path: 'cursor', message }]);
  }
}

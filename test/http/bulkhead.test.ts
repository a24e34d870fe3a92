import { EventEmitter } from 'node:events';
import type { Request, Response } from 'express';
import { createBulkhead } from '../../src/http/bulkhead';
import { Problem } from '../../src/http/problem';

const refusal = new Problem(503, 'Too busy');

function bulkhead(options: { readonly atOnce?: number; readonly waiting?: number; readonly patienceMs?: number } = {}) {
  const handler = createBulkhead({ atOnce: 1, waiting: 1, patienceMs: 60_000, refusal, ...options });
  return () => {
    const res = new EventEmitter();
    const answers: unknown[] = [];
    void handler({} as Request, res as Response, (error?: unknown) => void answers.push(error ?? 'let through'));
    return { answers, ends: () => res.emit('close') };
  };
}

describe('a bulkhead', () => {
  it('lets the next request through when one has ended', () => {
    const arrives = bulkhead();
    const [first, second] = [arrives(), arrives()];
    expect([first.answers, second.answers]).toEqual([['let through'], []]);
    first.ends();
    expect(second.answers).toEqual(['let through']);
  });

  it('refuses those beyond the ones that wait', () => {
    const arrives = bulkhead();
    const [, waits, refused] = [arrives(), arrives(), arrives()];
    expect(refused.answers).toEqual([refusal]);
    refused.ends();
    expect(waits.answers).toEqual([]);
  });

  it('gives the place of a caller that went away to the next one', () => {
    const arrives = bulkhead({ waiting: 2 });
    const [first, gone, last] = [arrives(), arrives(), arrives()];
    gone.ends();
    first.ends();
    expect([gone.answers, last.answers]).toEqual([[], ['let through']]);
    last.ends();
    expect(arrives().answers).toEqual(['let through']);
  });

  it('refuses who has waited too long, and keeps count', async () => {
    const arrives = bulkhead({ patienceMs: 5 });
    const [first, waited] = [arrives(), arrives()];
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(waited.answers).toEqual([refusal]);
    waited.ends();
    first.ends();
    const [next, after] = [arrives(), arrives()];
    expect([next.answers, after.answers]).toEqual([['let through'], []]);
  });

  it('lets through as many at once as it may', () => {
    const arrives = bulkhead({ atOnce: 3 });
    const all = [arrives(), arrives(), arrives(), arrives()];
    expect(all.map(({ answers }) => answers.length)).toEqual([1, 1, 1, 0]);
  });
});

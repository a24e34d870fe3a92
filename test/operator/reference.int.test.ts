import type { Store } from '../../src/store';
import { type Api, serveApi } from '../support/api-server';
import { emptyStore } from '../support/test-database';
import { exampleOf, wordsOf } from '../../src/operator/json-schema';

let store: Store;
let api: Api;
beforeAll(async () => {
  store = await emptyStore();
  api = await serveApi({ store });
});
afterAll(async () => {
  await api.close();
  await store.close();
});

const asked = (path: string) => api.call('GET', path, undefined, { authorization: '' });

describe('the reference page', () => {
  it('shows every operation of the document, with a place to link to and a call to copy', async () => {
    const { body } = await asked('/api/openapi.json');
    const { status, headers, text } = await asked('/api/reference');
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    const operations = Object.values<Record<string, { operationId: string; summary: string }>>(body.paths).flatMap((item) =>
      Object.values(item),
    );
    for (const { operationId, summary } of operations) {
      expect(text).toContain(`<article id="${operationId}">`);
      expect(text).toContain(summary.replaceAll('"', '&quot;'));
    }
    expect(text).toContain('curl &#39;https://relay.example.com/api/webhook-log&#39;'.replaceAll('&#39;', "'"));
    expect(text).toContain('id="schema-Problem"');
  });

  it('has no script and no style of its own: its policy allows one file of styles', async () => {
    const { headers, text } = await asked('/api/reference');
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(text).not.toMatch(/<script|<style|style="|onclick/);
    const styles = await asked('/api/reference.css');
    expect([styles.status, styles.headers.get('content-type')]).toEqual([200, 'text/css; charset=utf-8']);
  });

  it('every link inside it leads somewhere', async () => {
    const { text } = await asked('/api/reference');
    const ids = new Set([...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
    for (const [, target] of text.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(target);
  });
});

describe('a schema in words', () => {
  const components = { Sum: { type: 'object', properties: { amount: { type: 'string', example: '19.99' } } } };
  it.each([
    [{ type: 'string' }, 'text', '…'],
    [{ type: ['string', 'null'], format: 'date-time' }, 'time, ISO 8601 or null', '2026-11-22T10:00:00Z'],
    [{ enum: ['a', 'b'] }, 'one of a, b', 'a'],
    [{ type: 'array', items: { type: 'integer' } }, 'list of whole number', [1]],
    [{ $ref: '#/components/schemas/Sum' }, 'Sum', { amount: '19.99' }],
    [{ anyOf: [{ type: 'boolean' }, { type: 'null' }] }, 'true or false or null', true],
    [{}, 'anything', null],
  ])('%j', (schema, words, example) => {
    expect(wordsOf(schema, components)).toBe(words);
    expect(exampleOf(schema, components)).toEqual(example);
  });
});

import type { Store } from '../../src/store';
import { snippetOf } from '../../src/operator/pixel-snippet-routes';
import type { Api } from '../support/api-server';
import { serveApi } from '../support/api-server';
import { emptyStore } from '../support/test-database';

let store: Store;
let api: Api;

beforeAll(async () => {
  store = await emptyStore();
  api = await serveApi({ store, integrations: ['default', 'funnel-2'], initial: { pixelCode: 'C4PIXEL' } });
});
afterAll(async () => {
  await api.close();
  await store.close();
});

it('is what a page’s head needs: two lines, with the address of this service', async () => {
  const { status, body } = await api.call('GET', '/api/pixel/snippet');
  expect(status).toBe(200);
  const lines = (body as { snippet: string }).snippet.split('\n');
  expect(lines).toHaveLength(2);
  expect(lines[1]).toBe('<script async src="https://relay.example.com/pixel.js"></script>');
  expect(body).toMatchObject({
    pixelCode: 'C4PIXEL',
    contentSecurityPolicy: {
      'script-src': ['https://relay.example.com', 'https://analytics.tiktok.com'],
      'connect-src': ['https://relay.example.com', 'https://analytics.tiktok.com'],
    },
  });
});

it('names the integration', async () => {
  const { body } = await api.call('GET', '/api/pixel/snippet?integration=funnel-2');
  expect((body as { snippet: string }).snippet).toContain('src="https://relay.example.com/pixel.js?integration=funnel-2"');
});

it('is plain text for who asks for that', async () => {
  const answer = await api.call('GET', '/api/pixel/snippet', undefined, { accept: 'text/plain' });
  expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  expect(answer.text).toBe(snippetOf('https://relay.example.com', { integration: 'default' }));
});

it('keeps the calls that are made before the script has loaded', async () => {
  const [loader] = snippetOf('https://relay.example.com', { integration: 'default' }).split('\n');
  const page: { ttr?: { q: [string, unknown[], (value: unknown) => void][]; metadata(): Promise<unknown>; then?: unknown } } = {};
  new Function('window', /<script>(.*)<\/script>/.exec(loader ?? '')?.[1] ?? '')(page); // eslint-disable-line @typescript-eslint/no-implied-eval -- what a page does with it
  const asked = page.ttr?.metadata();
  expect(page.ttr?.q.map(([method, args]) => [method, args])).toEqual([['metadata', []]]);
  page.ttr?.q[0]?.[2]({ checkout_id: 'c1' });
  expect(await asked).toEqual({ checkout_id: 'c1' });
});

it('lets nobody wait for a script that is blocked', async () => {
  const [loader] = snippetOf('https://relay.example.com', { integration: 'default' }).split('\n');
  const page: { ttr?: { metadata(): Promise<unknown>; completePayment(): Promise<unknown> } } = {};
  new Function('window', /<script>(.*)<\/script>/.exec(loader ?? '')?.[1] ?? '')(page); // eslint-disable-line @typescript-eslint/no-implied-eval -- what a page does with it
  expect(await Promise.all([page.ttr?.metadata(), page.ttr?.completePayment()])).toEqual([{}, false]);
});

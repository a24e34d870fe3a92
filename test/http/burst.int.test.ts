/** More requests at once than can be answered: who is told so, and who is answered all the same. */
import type { Store } from '../../src/store';
import { embeddedStore, emptyStore } from '../support/test-database';
import type { Answer, WebhookServer, WebhookServerOptions } from '../support/webhook-server';
import { genericPayment, serveWebhooks } from '../support/webhook-server';

let store: Store;
const open: WebhookServer[] = [];
beforeAll(async () => {
  store = await emptyStore();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});
afterAll(() => store.close());

async function serve(options: Partial<WebhookServerOptions> = {}): Promise<WebhookServer> {
  const server = await serveWebhooks({ store, ...options });
  open.push(server);
  return server;
}

function isTold(answer: Answer): boolean {
  return answer.status === 503 && Number(answer.headers.get('retry-after')) > 0;
}

describe('120 webhooks at once', () => {
  const events = Array.from({ length: 120 }, (_, nth) => genericPayment(`burst_${nth}`));

  it('are each accepted, or asked for again; meanwhile the process says that it is alive, and none is lost', async () => {
    const server = await serve({ webhooks: { atOnce: 40 } });
    const answered: string[] = [];
    const burst = events.map(async (event) => {
      const answer = await server.generic(event);
      answered.push('webhook');
      return { event, answer };
    });
    const alive = fetch(`${server.url}/healthz`).then(({ status }) => void answered.push(`alive ${status}`));
    const answers = await Promise.all(burst);
    await alive;
    for (const { answer } of answers) expect(answer.status === 200 || isTold(answer)).toBe(true);
    expect(answered.indexOf('alive 200')).toBeLessThan(answered.lastIndexOf('webhook'));

    // As providers do.
    let open = answers.filter(({ answer }) => answer.status !== 200).map(({ event }) => event);
    for (let again = 0; open.length > 0 && again < 200; again += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      const [next, rest] = [open.slice(0, 5), open.slice(5)];
      const sent = await Promise.all(next.map(async (event) => ({ event, answer: await server.generic(event) })));
      open = [...rest, ...sent.filter(({ answer }) => answer.status !== 200).map(({ event }) => event)];
    }
    expect(new Set(server.signals.map(([{ subscription }]) => subscription)).size).toBe(events.length);
  });

  it('wait nowhere beyond so many under way: the others are asked for again at once', async () => {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const server = await serve({ webhooks: { atOnce: 8 }, signal: () => released });
    let told = 0;
    const burst = events.map(async (event) => {
      const answer = await server.generic(event);
      if (isTold(answer) && (told += 1) === events.length - 8) release();
      if (isTold(answer)) expect(answer.text).toContain('more webhooks at once than can be answered in time');
      return answer.status;
    });
    const statuses = await Promise.all(burst);
    expect(statuses.filter((status) => status === 200)).toHaveLength(8);
    expect(told).toBe(events.length - 8);
    // One line each, and no stack: to write one takes as long as all else of a refusal.
    expect(server.log.filter((line) => line.includes('more webhooks at once'))).toHaveLength(told);
    expect(server.log.filter((line) => line.includes('"stack"'))).toEqual([]);
  });
});

describe('the embedded database', () => {
  it('lets timers fire between the queries that wait for it', async () => {
    const embedded = await embeddedStore();
    let isDone = false;
    const queries = Promise.all(Array.from({ length: 5_000 }, () => embedded.ping())).then(() => void (isDone = true));
    await new Promise((resolve) => setTimeout(resolve, 1));
    expect(isDone).toBe(false);
    await queries;
    await embedded.close();
  });
});

describe('pages that call /collect while the database is slow', () => {
  it('do not keep a webhook from being answered, and are refused beyond what can wait', async () => {
    const hanging: (() => void)[] = [];
    const slow = () => new Promise<never>((_, reject) => hanging.push(() => reject(new Error('too slow'))));
    const server = await serve({ visitors: { record: slow } });
    const visit = JSON.stringify({ userId: 'u1', url: 'https://shop.example.com/' });
    const headers = { origin: 'https://shop.example.com', 'content-type': 'text/plain' };
    const visits = Array.from({ length: 260 }, () => server.post('/collect', visit, headers));
    const answer = await server.generic(genericPayment('beside_pages'));
    expect(answer.status).toBe(200);
    const statuses = (await Promise.all(visits)).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([429, 503]));
    expect(hanging.length).toBeLessThan(20);
  });
});

/** Importing buyers of before: by the API, the console, and the command. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '../../src/store';
import { hashedEmail } from '../../src/tiktok';
import type { Api } from '../support/api-server';
import { keys, operatorToken, serveApi, viewerToken } from '../support/api-server';
import { signedIn } from '../support/console-client';
import { emptyStore } from '../support/test-database';

let store: Store;
const apis: Api[] = [];
const folder = mkdtempSync(join(tmpdir(), 'import-'));
beforeAll(async () => {
  store = await emptyStore();
});
afterEach(async () => {
  await Promise.all(apis.splice(0).map((api) => api.close()));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await store.close();
});

async function serve(integration: string): Promise<Api> {
  const api = await serveApi({ store, integrations: [integration], console: true });
  apis.push(api);
  return api;
}

const csv = { 'content-type': 'text/csv' };
const list =
  'user_id,email,first_purchase_at\nu-1,ada@example.com,2025-03-31\nu-2,,2025-04-01\nguest,,2025-04-01\nu-4,,04/05/2025\n';
const firstOf = async (integration: string, userId: string) =>
  (await store.users.find(integration, keys.userId(integration, userId)))?.firstPurchase ?? null;

describe('POST /api/buyers/import', () => {
  it('takes a list, and says what became of its lines without their values', async () => {
    const api = await serve('b1');
    const answer = await api.call('POST', '/api/buyers/import', list, csv);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      ...{ imported: 2, known: 0, refused: 2, leftOut: 0, ignoredColumns: 0 },
      problems: [
        { line: 4, column: 'user_id' },
        { line: 4, column: null, message: 'names no buyer' },
        { line: 5, column: 'first_purchase_at' },
      ],
    });
    expect(answer.text).not.toMatch(/guest|04\/05/);
    expect((await api.call('POST', '/api/buyers/import', list, csv)).body).toMatchObject({ imported: 0, known: 2, refused: 2 });
    const [byEmail] = keys.ofBuyer('b1', {}, { emailSha256: hashedEmail('ada@example.com') ?? '' });
    expect(byEmail && (await store.users.find('b1', byEmail))?.firstPurchase).toMatchObject({
      psp: 'import',
      moneyId: '2025-03-31T00:00:00.000Z',
    });
  });

  it('is noted in the audit, with counts', async () => {
    const api = await serve('b2');
    await api.call('POST', '/api/buyers/import', list, csv);
    expect(api.audit).toMatchObject([
      { by: 'api', action: 'buyers.import', reason: '2 imported, 0 known, 2 refused; read to its end' },
    ]);
  });

  it.each([
    ['of another type', list, { 'content-type': 'application/json' }, 415],
    ['without columns', 'ada@example.com,2025-03-31\n', csv, 422],
    ['that is empty', '\n', csv, 422],
  ])('refuses a list %s', async (_name, body, headers, status) => {
    const api = await serve('b3');
    const answer = await api.call('POST', '/api/buyers/import', body, headers);
    expect(answer.status).toBe(status);
    expect(answer.text).not.toContain('ada@');
    expect(api.audit).toEqual([]);
  });

  it('is for operators', async () => {
    const api = await serve('b4');
    const headers = { ...csv, authorization: `Bearer ${viewerToken}` };
    expect((await api.call('POST', '/api/buyers/import', list, headers)).status).toBe(403);
    expect(await firstOf('b4', 'u-1')).toBeNull();
  });

  it('keeps what a list brought that broke off, and notes it', async () => {
    const api = await serve('b5');
    const lines = Array.from({ length: 700 }, (_, n) => `u-${n},2025-03-31`).join('\n');
    async function* cut(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(`user_id,date\n${lines}`);
      await new Promise((resolve) => setTimeout(resolve, 500));
      throw new Error('cut');
    }
    const body = cut() as unknown as ReadableStream;
    const headers = { ...csv, authorization: `Bearer ${operatorToken}` };
    const sending = fetch(`${api.url}/api/buyers/import`, { method: 'POST', headers, body, duplex: 'half' } as RequestInit);
    await expect(sending).rejects.toThrow();
    for (let n = 0; n < 100 && api.audit.length === 0; n += 1) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(api.audit).toMatchObject([{ reason: '500 imported, 0 known, 0 refused; broke off' }]);
    expect(await firstOf('b5', 'u-499')).not.toBeNull();
    expect(await firstOf('b5', 'u-699')).toBeNull();
    expect((await api.call('POST', '/api/buyers/import', `user_id,date\n${lines}`, csv)).body).toMatchObject({
      ...{ imported: 200, known: 500 },
    });
  });

  it('shows what was imported, of the buyer and in their export', async () => {
    const api = await serve('b6');
    await api.call('POST', '/api/buyers/import', list, csv);
    expect((await api.call('GET', '/api/users/u-1')).body).toMatchObject({
      firstPurchase: { psp: 'import', state: null, boughtBeforeAt: '2025-03-31T00:00:00.000Z' },
    });
    const exported = await api.call('POST', '/api/users/export', { userId: 'u-1' });
    expect(exported.body).toMatchObject({ boughtBefore: '2025-03-31T00:00:00.000Z' });
  });
});

describe('the console', () => {
  it('imports pasted lines and files, and shows the buyer', async () => {
    const { url } = await serve('b7');
    const client = await signedIn(url);
    expect((await client.get('/users')).html).toContain('Buyers from before this service');
    const pasted = await client.post('/users/import', { list: list.replaceAll(',', '\t') });
    expect(pasted.html).toContain('2 buyers imported, 0 known before, 2 lines refused');
    expect(pasted.html).toContain('names no buyer');
    const token = /name="_csrf" value="([^"]+)"/.exec((await client.get('/users')).html)?.[1] ?? '';
    const file = (headers: Record<string, string>) =>
      fetch(`${url}/console/users/import`, {
        method: 'POST',
        headers: { cookie: client.cookie(), 'sec-fetch-site': 'same-origin', 'hx-request': 'true', ...csv, ...headers },
        body: list,
      });
    expect((await file({})).status).toBe(403);
    const sent = await file({ 'x-csrf-token': token });
    expect(await sent.text()).toContain('0 buyers imported, 2 known before');
    expect((await client.post('/users/find', { user: 'u-1' })).html).toContain(
      'bought before this service, on 2025-03-31, imported',
    );
    expect((await client.post('/users/import', { list: 'nothing' })).status).toBe(422);
  });

  it('lets no viewer import', async () => {
    const { url } = await serve('b8');
    const client = await signedIn(url, viewerToken);
    expect((await client.get('/users')).html).not.toContain('import-file');
    expect((await client.post('/users/import', { list })).status).toBe(403);
  });
});

describe('npm run import-buyers', () => {
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const start = (url: string, ...args: string[]): ChildProcess =>
    spawn(process.execPath, ['scripts/run.mjs', 'src/bin/import-buyers', ...args], {
      env: { PATH: process.env['PATH'], PUBLIC_URL: url, OPERATOR_TOKEN: operatorToken, DATA_DIR: folder, NODE_ENV: 'test' },
    });
  const ended = (child: ChildProcess): Promise<{ code: number | null; out: string; err: string }> => {
    let [out, err] = ['', ''];
    child.stdout?.on('data', (text: Buffer) => (out += text.toString()));
    child.stderr?.on('data', (text: Buffer) => (err += text.toString()));
    return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err })));
  };
  const run = (url: string, ...args: string[]) => ended(start(url, ...args));

  it('names each refused line of the file', async () => {
    const api = await serve('b9');
    const path = file('list.csv', `\uFEFF${list.replaceAll(',', ';')}\r\n"broken"x;\r\nu-9;;2025-01-01`);
    const { code, out, err } = await run(api.url, path, '--integration=b9');
    expect({ code, out }).toEqual({ code: 0, out: '3 imported, 0 known before, 3 refused\n' });
    expect(err).toContain('line 4: names no buyer');
    expect(err).toContain('line 5: first_purchase_at is no ISO 8601 day or time');
    expect(err).toContain('line 7: a quote stands where none can stand');
    expect(err).not.toContain('guest');
  });

  it('ends with 1 where nothing could be done', async () => {
    const api = await serve('b10');
    expect(await run(api.url, join(folder, 'none.csv'), '--integration=b10')).toMatchObject({ code: 1 });
    expect(await run(api.url, file('a.csv', 'a,b\n1,2\n'), '--integration=b10')).toMatchObject({
      ...{ code: 1, err: expect.stringContaining('no column names the buyers') as string },
    });
    expect(await run(api.url, file('b.csv', 'user_id,date\nguest,2025-01-01\n'), '--integration=b10')).toMatchObject({
      ...{ code: 1, err: expect.stringContaining('no line could be taken') as string },
    });
    expect(await run(api.url, file('c.csv', list), '--integration=unknown')).toMatchObject({ code: 1 });
    expect(await run(api.url)).toMatchObject({ code: 1, err: expect.stringContaining('FILE.csv') as string });
  });

  it('goes on when it is killed and started again', async () => {
    const api = await serve('b11');
    const lines = Array.from({ length: 50_000 }, (_, n) => `u-${n},2025-03-31`).join('\n');
    const path = file('many.csv', `user_id,date\n${lines}\n`);
    const first = start(api.url, path, '--integration=b11');
    await new Promise<void>((resolve) => first.stderr?.once('data', () => resolve())); // the first part is there
    first.kill('SIGKILL');
    await ended(first);
    const { code, out } = await run(api.url, path, '--integration=b11');
    expect(code).toBe(0);
    const [, imported = 0, known = 0] = (/(\d+) imported, (\d+) known/.exec(out) ?? []).map(Number);
    expect(imported + known).toBe(50_000);
    expect(known).toBeGreaterThanOrEqual(20_000);
    expect(imported).toBeGreaterThan(0);
  });

  it('waits for a service that starts again', async () => {
    const api = await serve('b12');
    let answers = 0;
    const proxy: Server = createServer((req, res) => {
      answers += 1;
      if (answers === 1) return void res.writeHead(503).end();
      const parts: Buffer[] = [];
      req.on('data', (part: Buffer) => parts.push(part));
      req.on('end', () => {
        void api
          .call('POST', req.url ?? '', Buffer.concat(parts).toString(), csv)
          .then(({ status, text }) => res.writeHead(status, { 'content-type': 'application/json' }).end(text));
      });
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const { port } = proxy.address() as AddressInfo;
    const { code, out } = await run(`http://127.0.0.1:${port}`, file('d.csv', list), '--integration=b12');
    proxy.close();
    expect({ code, out }).toEqual({ code: 0, out: '2 imported, 0 known before, 2 refused\n' });
  });
});

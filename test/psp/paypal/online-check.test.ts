import { createPaypal } from '../../../src/psp/paypal';
import { startPaypalApi } from '../../../sandbox/paypal/api';
import type { PaypalApi } from '../../../sandbox/paypal/api';
import { createPaypalSigner } from '../../../sandbox/paypal/webhooks';

const nowMs = Date.UTC(2026, 10, 22, 10);
const signer = createPaypalSigner(nowMs);
const webhookId = '1JE4291016473214C';
const raw = Buffer.from('{"id":"WH-1", "note":"ü",\n"amount":1.0}');

describe("PayPal's own check of a signature", () => {
  let api: PaypalApi;
  let account: string;
  const adapter = createPaypal({ trustedRoots: [] });

  beforeAll(async () => {
    api = await startPaypalApi({
      keys: ['client-1:secret-1'],
      nowMs: () => nowMs,
      signer: { webhookId, certificatePem: signer.certificatePem },
    });
    account = `${api.url.replace('http://', 'http://client-1:secret-1@')}/${webhookId}`;
  });
  afterAll(() => api.close());

  const verify = (body: Buffer, configured: readonly string[], headers = signer.sign(raw, webhookId, 'tx-1', nowMs)) =>
    adapter.verify(body, headers, configured, { nowMs: nowMs, fetch });

  it('takes the event as it came, byte for byte', async () => {
    expect(await verify(raw, [account])).toEqual({ ok: true });
  });

  it('refuses another body', async () => {
    expect(await verify(Buffer.from(JSON.stringify(JSON.parse(raw.toString()))), [account])).toMatchObject({ ok: false });
  });

  it('refuses the signature of another webhook, also when the body names that webhook', async () => {
    const event = '{"id":"WH-1"}';
    const headers = signer.sign(event, 'ATTACKERS', 'tx-1', nowMs);
    expect(await verify(Buffer.from(event), [account], headers)).toMatchObject({ ok: false });
    expect(await verify(Buffer.from(`${event},"webhook_id":"ATTACKERS"`), [account], headers)).toMatchObject({ ok: false });
  });

  it('is asked with one token for all', () => {
    expect(api.requests.filter((request) => request.includes('oauth2'))).toHaveLength(1);
  });

  it.each([
    ['the wrong secret', (url: string) => url.replace('secret-1', 'secret-2'), 'unauthorized'],
    ['an address where nobody is', () => `http://a:b@127.0.0.1:1/${webhookId}`, 'unreachable'],
  ])('has to be sent again with %s', async (_, change, kind) => {
    await expect(verify(raw, [change(account)])).rejects.toMatchObject({ kind });
  });

  it.each(['http://a:b@api-m.paypal.com/X', 'https://api-m.paypal.com/X', 'https://a:b@api-m.paypal.com/', 'https://a:b@x y/z'])(
    'is not made with %s',
    async (configured) => {
      const fetch = jest.fn<ReturnType<typeof globalThis.fetch>, []>();
      const headers = signer.sign(raw, webhookId, 'tx-1', nowMs);
      expect(await adapter.verify(raw, headers, [configured], { nowMs: nowMs, fetch })).toMatchObject({ ok: false });
      expect(fetch).not.toHaveBeenCalled();
    },
  );
});

describe('forged webhooks', () => {
  let api: PaypalApi;
  let account: string;
  const asked = (part: string): number => api.requests.filter((request) => request.includes(part)).length;

  beforeEach(async () => {
    api = await startPaypalApi({
      keys: ['client-1:secret-1'],
      nowMs: () => nowMs,
      signer: { webhookId, certificatePem: signer.certificatePem },
    });
    account = `${api.url.replace('http://', 'http://client-1:secret-1@')}/${webhookId}`;
  });
  afterEach(() => api.close());

  const forged = (index: number) => ({
    body: Buffer.from(`{"id":"WH-${index}"}`),
    headers: signer.sign(`{"id":"WH-${index}"}`, 'ATTACKERS', `tx-${index}`, nowMs),
  });

  it('cost a few requests however many come at once, and are then sent away to come again', async () => {
    const adapter = createPaypal({ trustedRoots: [] });
    const answers = await Promise.allSettled(
      Array.from({ length: 200 }, async (_, index) => {
        const { body, headers } = forged(index);
        return adapter.verify(body, headers, [account], { nowMs, fetch });
      }),
    );
    expect(asked('verify-webhook-signature')).toBe(10);
    expect(asked('oauth2')).toBe(1);
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
    expect(answers.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { message: expect.stringContaining('too many webhooks') as string },
    });
  });

  it('cost nothing when they are repeated, or name no address of PayPal, or are no event', async () => {
    const adapter = createPaypal({ trustedRoots: [] });
    const { body, headers } = forged(1);
    const verify = (raw_: Buffer, of: typeof headers) => adapter.verify(raw_, of, [account], { nowMs, fetch });
    for (let times = 0; times < 30; times += 1) expect(await verify(body, headers)).toMatchObject({ ok: false });
    expect(asked('verify-webhook-signature')).toBe(1);
    const elsewhere = { ...headers, 'paypal-cert-url': 'https://paypal.example/v1/notifications/certs/CERT-1' };
    expect(await verify(body, elsewhere)).toMatchObject({ ok: false });
    expect(await verify(Buffer.from('[]'), headers)).toMatchObject({ ok: false });
    expect(asked('verify-webhook-signature')).toBe(1);
  });

  it('leave room for one every ten seconds, and genuine ones cost nothing of it', async () => {
    const adapter = createPaypal({ trustedRoots: [] });
    const at = (ms: number, index: number) => {
      const { body, headers } = forged(index);
      return adapter.verify(body, headers, [account], { nowMs: nowMs + ms, fetch });
    };
    for (let index = 0; index < 10; index += 1) await at(0, index);
    await expect(at(0, 10)).rejects.toThrow('too many webhooks');
    const genuine = (index: number) => {
      const headers = signer.sign(raw, webhookId, `tx-${index}`, nowMs);
      return adapter.verify(raw, headers, [account], { nowMs: nowMs + 10_000, fetch });
    };
    for (let index = 0; index < 30; index += 1) expect(await genuine(index)).toEqual({ ok: true });
    expect(await at(10_000, 11)).toMatchObject({ ok: false });
    await expect(at(10_000, 12)).rejects.toThrow('too many webhooks');
  });

  it('share the account’s token with its checks, and who asks at once waits for the same one', async () => {
    const adapter = createPaypal({ trustedRoots: [] });
    const context = { roleOf: () => undefined };
    const open = () => adapter.api!({ keys: ['client-1:secret-1'], baseUrl: api.url, context, fetch, nowMs: () => nowMs });
    const window = { fromMs: nowMs - 3_600_000, toMs: nowMs };
    await Promise.all([...Array.from({ length: 5 }, () => open().changes(window, null)), open().ofSubscription('I-1', 0)]);
    await adapter.verify(raw, signer.sign(raw, webhookId, 'tx-1', nowMs), [account], { nowMs, fetch });
    expect(asked('oauth2')).toBe(1);
    api.revokeTokens();
    await Promise.all(Array.from({ length: 5 }, () => open().changes(window, null)));
    await adapter.verify(raw, signer.sign(raw, webhookId, 'tx-2', nowMs), [account], { nowMs, fetch });
    expect(asked('oauth2')).toBe(2);
  });
});

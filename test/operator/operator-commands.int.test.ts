import { AlreadySent } from '../../src/domain/already-sent';
import type { DeliveryError, PurchaseRecord } from '../../src/domain/purchase';
import type { Store } from '../../src/store';
import type { OperatorCommand, OrderRef, SubscriptionView } from '../../workflows/contract';
import { type Api, type ApiOptions, nowMs, purchase, serveApi } from '../support/api-server';
import { emptyStore } from '../support/test-database';
import { tried } from '../support/store-samples';

let store: Store;
const apis: Api[] = [];
beforeAll(async () => {
  store = await emptyStore();
});
afterEach(() => Promise.all(apis.splice(0).map((api) => api.close())));
afterAll(() => store.close());

async function api(integration: string, subscriptions: ApiOptions['subscriptions'] = {}, more: Partial<ApiOptions> = {}) {
  const served = await serveApi({ store, integrations: [integration], subscriptions, ...more });
  apis.push(served);
  return served;
}

const unreachable = Object.assign(new Error('14 UNAVAILABLE: 10.0.0.7:7233 refused'), { code: 14 });

describe('a subscription', () => {
  const view = (order: OrderRef): SubscriptionView => ({
    ...order,
    status: 'active',
    purchaseType: 'free_trial',
    purchases: [purchase('in_1', { purchaseType: 'free_trial', phase: 'conversion' })],
  });

  it('is shown as its workflow knows it, with a link to the Temporal UI', async () => {
    const temporalUrl = (id: string) => `http://ui.example/workflows/${encodeURIComponent(id)}`;
    const { call } = await api('default', { state: async (order) => view(order) }, { temporalUrl });
    const { status, body } = await call('GET', '/api/subscriptions/stripe/sub_1');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      psp: 'stripe',
      subscription: 'sub_1',
      status: 'active',
      purchaseType: 'free_trial',
      source: 'workflow',
      workflowId: 'subscription/default/stripe/sub_1',
      temporalUrl: 'http://ui.example/workflows/subscription%2Fdefault%2Fstripe%2Fsub_1',
      purchases: [{ moneyId: 'in_1', phase: 'conversion', value: 19.99 }],
    });
  });

  it('that is being retried shows the attempts and the last error so far, which only the table has', async () => {
    const error: DeliveryError = { type: 'TikTokUnreachable', code: null, message: 'HTTP 500' };
    const waiting = purchase('in_1', { state: 'pending', attempts: 0 });
    await store.purchases.record('retried', [waiting]);
    await store.purchases.beginAttempt('retried', waiting, nowMs);
    await store.attempts.keep('retried', tried(waiting, {}, { error, nextAttemptAtMs: nowMs, givesUpAtMs: nowMs }));
    const { call } = await api('retried', { state: async (order) => ({ ...view(order), purchases: [waiting] }) });
    const { body } = await call('GET', '/api/subscriptions/stripe/sub_1');
    expect(body.purchases).toMatchObject([{ state: 'pending', attempts: 1, lastError: error }]);
    expect(body.source).toBe('workflow');
  });

  it('whose id has a slash is found by its encoded id', async () => {
    const { call } = await api('slash', { state: async (order) => view(order) });
    const { body } = await call('GET', '/api/subscriptions/generic/a%2Fb');
    expect([body.subscription, body.workflowId, 'temporalUrl' in body]).toEqual(['a/b', 'subscription/slash/generic/a/b', false]);
  });

  it.each([
    ['gone', async () => null],
    ['silent', () => Promise.reject(unreachable)],
  ])('whose workflow is %s is shown from the table', async (what, state) => {
    await store.purchases.record(what, [
      purchase('in_1'),
      purchase('in_2', { occurredAtMs: nowMs + 1, purchaseType: 'paid_trial' }),
    ]);
    const { call } = await api(what, { state });
    const { status, body } = await call('GET', '/api/subscriptions/stripe/sub_1');
    expect([status, body.source, body.status, body.purchaseType]).toEqual([200, 'table', 'unknown', 'paid_trial']);
    expect(body.purchases.map(({ moneyId }: { moneyId: string }) => moneyId)).toEqual(['in_1', 'in_2']);
  });

  it('is found by an id of any length that is taken in', async () => {
    const subscription = 's'.repeat(700);
    await store.purchases.record('long', [purchase('in_1', { subscription })]);
    const { call } = await api('long');
    expect(await call('GET', `/api/subscriptions/stripe/${subscription}`)).toMatchObject({ status: 200 });
  });

  it('that neither knows is not found', async () => {
    const { call } = await api('neither');
    expect((await call('GET', '/api/subscriptions/stripe/sub_1')).status).toBe(404);
    expect((await call('GET', '/api/subscriptions/stripe/a%00b')).status).toBe(404);
  });

  it('that only a silent workflow could know is 503, saying nothing of what is inside', async () => {
    const { call, logged } = await api('nobody', { state: () => Promise.reject(unreachable) });
    const { status, headers, text } = await call('GET', '/api/subscriptions/stripe/sub_1');
    expect([status, headers.get('retry-after')]).toEqual([503, '5']);
    expect(text).not.toContain('10.0.0.7');
    expect(logged.join()).toContain('14 UNAVAILABLE');
  });
});

describe("an operator's word about one purchase", () => {
  const path = '/api/subscriptions/stripe/sub_1/purchases/in_1';

  function workflow(record: PurchaseRecord | null) {
    const words: [string, OrderRef, OperatorCommand][] = [];
    const take = (name: string) => async (order: OrderRef, word: OperatorCommand) => {
      words.push([name, order, word]);
      return record;
    };
    return { words, subscriptions: { resend: take('resend'), skip: take('skip') } };
  }

  it.each([
    ['resend', purchase('in_1', { state: 'pending', by: 'Ada' })],
    ['skip', purchase('in_1', { state: 'skipped', by: 'Ada', reason: 'a test order' })],
  ] as const)('%s goes to the workflow, answers with the record and is audited', async (word, record) => {
    const { words, subscriptions } = workflow(record);
    const { call, audit } = await api(`word-${word}`, subscriptions);
    const { status, body } = await call('POST', `${path}/${word}`, { by: ' Ada ', reason: 'a test order' });
    expect([status, body.state, body.by]).toEqual([200, record.state, 'Ada']);
    const order = { integration: `word-${word}`, psp: 'stripe', subscription: 'sub_1' };
    expect(words).toEqual([[word, order, { moneyId: 'in_1', by: 'Ada', reason: 'a test order' }]]);
    expect(audit).toEqual([
      {
        integration: `word-${word}`,
        atMs: nowMs,
        by: 'Ada',
        action: `purchase.${word}`,
        target: 'stripe/sub_1/in_1',
        reason: 'a test order',
      },
    ]);
  });

  it.each(['resend', 'skip'])('%s of what no workflow knows is not found, and not audited', async (word) => {
    const { call, audit } = await api(`unknown-${word}`, workflow(null).subscriptions);
    expect((await call('POST', `${path}/${word}`, { by: 'Ada' })).status).toBe(404);
    expect(audit).toEqual([]);
  });

  it.each([
    ['skip', 'sent'],
    ['resend', 'not_a_purchase'],
  ] as const)('%s of a purchase that stays %s is a conflict that shows it, and not audited', async (word, state) => {
    const { call, audit } = await api(`conflict-${word}`, workflow(purchase('in_1', { state })).subscriptions);
    const { status, body } = await call('POST', `${path}/${word}`, { by: 'Ada' });
    expect([status, body.purchase.state, body.detail]).toEqual([409, state, `can't ${word} a purchase that is ${state}`]);
    expect(audit).toEqual([]);
  });

  it.each([
    [undefined, 'by'],
    [{}, 'by'],
    [{ by: '' }, 'by'],
    [{ by: '   ' }, 'by'],
    [{ by: 7 }, 'by'],
    [{ by: null }, 'by'],
    [{ by: 'A'.repeat(101) }, 'by'],
    [{ by: 'A\u0000da' }, 'by'],
    [{ by: 'A\ud83dda' }, 'by'],
    [{ by: 'Ada', reason: 5 }, 'reason'],
    [{ by: 'Ada', reason: 'x'.repeat(501) }, 'reason'],
    [{ by: 'Ada', force: 'yes' }, 'force'],
    [[], ''],
  ])('%j is refused, naming %s, and no workflow hears of it', async (body, field) => {
    const { words, subscriptions } = workflow(purchase('in_1', { state: 'pending' }));
    const { call } = await api('bad-word', subscriptions);
    for (const word of ['resend', 'skip']) {
      const answer = await call('POST', `${path}/${word}`, body);
      expect([answer.status, answer.body.errors[0].path]).toEqual([422, field]);
    }
    expect(words).toEqual([]);
  });

  it('a skip can’t be forced', async () => {
    const { call } = await api('forced-skip', workflow(null).subscriptions);
    expect(await call('POST', `${path}/skip`, { by: 'Ada', force: true })).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'force' }] },
    });
  });

  describe('of a purchase that was sent', () => {
    const sent = purchase('in_1', { requestId: 'req-7' });

    it('sends it again only with force: the answer says what TikTok makes of it, and no workflow hears of it', async () => {
      await store.purchases.record('sent-once', [sent]);
      const { words, subscriptions } = workflow(sent);
      const { call, audit } = await api('sent-once', subscriptions);
      const { status, body } = await call('POST', `${path}/resend`, { by: 'Ada' });
      expect([status, body.purchase.requestId]).toEqual([409, 'req-7']);
      expect(body.detail).toMatch(/req-7.*within 48 h of the first, and counts it anew after that.*"force": true/);
      expect([words, audit]).toEqual([[], []]);
      const forced = await call('POST', `${path}/resend`, { by: 'Ada', force: true });
      expect([forced.status, words.at(-1)?.[2]]).toEqual([200, { moneyId: 'in_1', by: 'Ada', force: true }]);
      expect(audit).toMatchObject([{ action: 'purchase.resend.force', by: 'Ada' }]);
    });

    it('says so too where only its workflow knows', async () => {
      const resend = () => Promise.reject(new AlreadySent('TikTok has in_1 already'));
      const { call } = await api('sent-unknown', { resend });
      expect(await call('POST', `${path}/resend`, { by: 'Ada' })).toMatchObject({
        status: 409,
        body: { detail: 'TikTok has in_1 already' },
      });
    });
  });

  it('Temporal out of reach is 503', async () => {
    const { call } = await api('down', { resend: () => Promise.reject(unreachable) });
    expect((await call('POST', `${path}/resend`, { by: 'Ada' })).status).toBe(503);
  });
});

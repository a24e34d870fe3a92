import { presets } from '../../src/domain/policy';
import { defaultSettings } from '../../src/domain/settings';
import { applyMergePatch } from '../../src/operator/settings-document';
import type { Store } from '../../src/store';
import type { Api, ApiOptions } from '../support/api-server';
import { nowMs, serveApi } from '../support/api-server';
import { emptyStore } from '../support/test-database';

let store: Store;
const apis: Api[] = [];
beforeAll(async () => {
  store = await emptyStore();
});
afterEach(() => Promise.all(apis.splice(0).map((api) => api.close())));
afterAll(() => store.close());

async function api(integration: string, options: Omit<ApiOptions, 'store'> = {}): Promise<Api> {
  const served = await serveApi({ store, integrations: [integration], ...options });
  apis.push(served);
  return served;
}

describe('the history of the settings', () => {
  it('tells each change, newest first: who, when, from what to what', async () => {
    const { call } = await api('history');
    await call('PATCH', '/api/settings?by=ada', { limitPurchaseEvents: true, prices: { 'price.1': 'trial' } });
    await call('PATCH', '/api/settings?by=bob', {
      policy: { subscription: { renewal: { send: false, value: { mode: 'zero' } } } },
      prices: { 'price.1': null, constructor: 'ignore' },
    });
    const { status, body } = await call('GET', '/api/settings/history');
    expect(status).toBe(200);
    const savedAt = new Date(nowMs).toISOString();
    expect(body).toEqual({
      items: [
        {
          version: 3,
          savedAt,
          by: 'bob',
          changes: [
            { path: 'policy.subscription.renewal.send', from: true, to: false },
            { path: 'policy.subscription.renewal.value', from: null, to: { mode: 'zero' } },
            { path: 'prices.price.1', from: 'trial', to: null },
            { path: 'prices.constructor', from: null, to: 'ignore' },
          ],
        },
        {
          version: 2,
          savedAt,
          by: 'ada',
          changes: [
            { path: 'limitPurchaseEvents', from: false, to: true },
            { path: 'prices.price.1', from: null, to: 'trial' },
          ],
        },
        { version: 1, savedAt: null, by: 'initial', changes: [] },
      ],
      nextCursor: null,
    });
  });

  it('says of the token only whether it was set, replaced or removed', async () => {
    const { call } = await api('history-token');
    for (const accessToken of ['first-token', 'second-token', null]) await call('PATCH', '/api/settings', { accessToken });
    const { body, text } = await call('GET', '/api/settings/history');
    expect(body.items.flatMap(({ changes }: { changes: unknown[] }) => changes)).toEqual([
      { path: 'accessToken', from: 'set', to: 'removed' },
      { path: 'accessToken', from: 'set', to: 'replaced' },
      { path: 'accessToken', from: null, to: 'set' },
    ]);
    expect(text).not.toMatch(/first-token|second-token/);
  });

  it('comes in pages, and by one operator or one period alone', async () => {
    const { call } = await api('history-pages');
    for (let hour = 1; hour <= 60; hour += 1)
      await call('PATCH', `/api/settings?by=${hour % 2 ? 'ada' : 'bob'}`, { maxEventAgeHours: hour });
    const first = (await call('GET', '/api/settings/history')).body;
    const second = (await call('GET', `/api/settings/history?cursor=${first.nextCursor}`)).body;
    const versions = [...first.items, ...second.items].map(({ version }: { version: number }) => version);
    expect(versions).toEqual(Array.from({ length: 61 }, (_, index) => 61 - index));
    expect(second.nextCursor).toBeNull();
    const byAda = (await call('GET', '/api/settings/history?by=ada')).body.items;
    expect(byAda[0]).toMatchObject({ version: 60, by: 'ada', changes: [{ path: 'maxEventAgeHours', from: 58, to: 59 }] });
    expect((await call('GET', '/api/settings/history?to=2026-11-22T10:00:00Z')).body.items).toEqual([]);
    expect((await call('GET', '/api/settings/history?cursor=junk')).status).toBe(400);
  });
});

describe('undo', () => {
  it('sets back what one version changed, as a new version, and leaves all else', async () => {
    const { call, audit } = await api('undo', { initial: { accessToken: 'first-token' } });
    await call('PATCH', '/api/settings', {
      accessToken: 'second-token',
      policy: { free_trial: { trial_start: { eventName: 'StartTrial', value: { mode: 'percent', percent: 30 } } } },
    });
    await call('PATCH', '/api/settings', { paused: true });
    const { status, headers, body } = await call('POST', '/api/settings/undo', { version: 2, by: 'ada' });
    expect([status, headers.get('etag')]).toEqual([200, '"4"']);
    expect(body).toMatchObject({ version: 4, paused: true, policy: presets.default.policy });
    expect((await store.settings.load('undo', defaultSettings)).accessToken).toBe('first-token');
    expect(audit.at(-1)).toMatchObject({ by: 'ada', action: 'settings.undo', reason: 'undoes version 2' });
  });

  it('an undo is undone like any other change', async () => {
    const { call } = await api('undo-twice');
    await call('PATCH', '/api/settings', { limitPurchaseEvents: true });
    await call('POST', '/api/settings/undo', { version: 2 });
    expect((await call('POST', '/api/settings/undo', { version: 3 })).body).toMatchObject({
      version: 4,
      limitPurchaseEvents: true,
    });
  });

  it('is a conflict where a later version changed the same, and says what; force undoes it all the same', async () => {
    const { call } = await api('undo-conflict');
    await call('PATCH', '/api/settings', { maxEventAgeHours: 24, sendZeroValue: true });
    await call('PATCH', '/api/settings', { maxEventAgeHours: 48 });
    const refused = await call('POST', '/api/settings/undo', { version: 2 });
    expect([refused.status, refused.body.changedSince, refused.body.version]).toEqual([409, ['maxEventAgeHours'], 3]);
    expect((await call('GET', '/api/settings')).body.version).toBe(3);
    const { body } = await call('POST', '/api/settings/undo', { version: 2, force: true });
    expect(body).toMatchObject({ version: 4, maxEventAgeHours: 168, sendZeroValue: false });
  });

  it('makes no version when everything is as it was already', async () => {
    const { call } = await api('undo-nothing');
    await call('PATCH', '/api/settings', { paused: true });
    await call('PATCH', '/api/settings', { paused: false });
    expect((await call('POST', '/api/settings/undo', { version: 2 })).body).toMatchObject({ version: 3, paused: false });
  });

  it.each([
    ['of a version that is not there', { version: 9 }, {}, 404],
    ['of the first version', { version: 1 }, {}, 409],
    ['on top of another version than the one that was seen', { version: 2 }, { 'if-match': '"1"' }, 409],
    ['of no version', {}, {}, 422],
    ['of a word', { version: 'two' }, {}, 422],
  ])('%s is refused', async (_what, body, headers, status) => {
    const { call } = await api(`undo-${status}-${JSON.stringify(body)}`);
    await call('PATCH', '/api/settings', { paused: true });
    expect((await call('POST', '/api/settings/undo', body, headers)).status).toBe(status);
  });

  it('of what would not be accepted today names the field', async () => {
    const { call } = await api('undo-live', { liveMode: true, initial: { testEventCode: 'TEST1' } });
    await call('PATCH', '/api/settings', { testEventCode: null });
    const { status, body } = await call('POST', '/api/settings/undo', { version: 2 });
    expect([status, body.errors[0].path]).toEqual([422, 'testEventCode']);
  });
});

describe('presets', () => {
  it('are patches that bring any settings to the preset', async () => {
    const { call } = await api('presets');
    const { body } = await call('GET', '/api/presets');
    expect(body.items.map(({ name }: { name: string }) => name)).toEqual(Object.keys(presets));
    const cell = { send: false, eventName: 'Other', value: { mode: 'fixed', amount: '1', currency: 'USD' } } as const;
    const base = {
      ...defaultSettings,
      limitPurchaseEvents: true,
      policy: { ...defaultSettings.policy, lifetime: { conversion: cell } },
    };
    for (const { name, patch } of body.items) {
      const outcome = applyMergePatch(base, patch, { liveMode: false });
      const preset: { policy: object; limitPurchaseEvents?: boolean } = presets[name as keyof typeof presets];
      expect(outcome).toMatchObject({ ok: true, settings: { limitPurchaseEvents: preset.limitPurchaseEvents ?? false } });
      if (outcome.ok) expect(outcome.settings.policy).toEqual(preset.policy);
    }
  });
});

describe('the audit', () => {
  it('lists what operators did, newest first, with filters', async () => {
    const { call } = await api('audit');
    const entry = (atMs: number, by: string, action: string, target: string) =>
      store.audit.append({ integration: 'audit', atMs, by, action, target, reason: null });
    await entry(nowMs - 2_000, 'ada', 'purchase.skip', 'stripe/in_1');
    await entry(nowMs - 1_000, 'bob', 'purchase.resend', 'stripe/in_2');
    await call('PATCH', '/api/settings?by=ada', { paused: true });
    const targets = async (query: string) =>
      (await call('GET', `/api/audit?${query}`)).body.items.map(({ target }: { target: string }) => target);
    expect(await targets('')).toEqual(['version 2: paused', 'stripe/in_2', 'stripe/in_1']);
    expect(await targets('by=ada')).toEqual(['version 2: paused', 'stripe/in_1']);
    expect(await targets('action=purchase')).toEqual(['stripe/in_2', 'stripe/in_1']);
    expect(await targets('action=purchase.skip')).toEqual(['stripe/in_1']);
    expect(await targets('action=pur')).toEqual([]);
    expect(await targets('target=in_2')).toEqual(['stripe/in_2']);
    expect(await targets('from=2026-11-22T09:59:59Z&to=2026-11-22T10:00:00Z')).toEqual(['stripe/in_2']);
    expect((await call('GET', '/api/audit?cursor=junk')).status).toBe(400);
    expect((await call('GET', '/api/audit?whom=ada')).status).toBe(400);
  });

  it('comes in pages, also of entries of one instant', async () => {
    const { call } = await api('audit-pages');
    for (let number = 0; number < 60; number += 1) {
      await store.audit.append({
        integration: 'audit-pages',
        atMs: nowMs,
        by: 'ada',
        action: 'a',
        target: String(number),
        reason: null,
      });
    }
    const first = (await call('GET', '/api/audit')).body;
    const second = (await call('GET', `/api/audit?cursor=${first.nextCursor}`)).body;
    const targets = [...first.items, ...second.items].map(({ target }: { target: string }) => Number(target));
    expect(targets).toEqual(Array.from({ length: 60 }, (_, index) => 59 - index));
    expect(second.nextCursor).toBeNull();
  });
});

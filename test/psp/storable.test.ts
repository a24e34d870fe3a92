import type { ApiPage, PspApi, ReadFact, Reading } from '../../src/psp/adapter';
import { primer } from '../../src/psp/primer';
import { storableApi, storableReading } from '../../src/psp/storable';
import { lifecycle, payment, refund } from '../support/order-scenario';

const account = { integration: 'default', psp: 'primer' };

function read(more: Partial<ReadFact> = {}): ReadFact {
  return { fact: payment('conversion', 'pay_1', 0), subscription: 'sub_1', identity: {}, paymentIds: [], ...more };
}
const facts = (...read: ReadFact[]): Reading => ({ kind: 'facts', facts: read });

/** `subscription/default/primer/` takes 28 of 1,000 bytes. */
const longest = 's'.repeat(972);

describe('a webhook that names an order or payment', () => {
  it.each<[string, ReadFact]>([
    ['as usual', read()],
    ['with slashes and signs', read({ subscription: 'a/b/c d?e#f%2F' })],
    ['in any script', read({ subscription: 'sub-😀-日本' })],
    ['like a field of every object', read({ subscription: 'constructor' })],
    ['like the field of fields', read({ subscription: '__proto__', fact: payment('conversion', '__proto__', 0) })],
    ['as long as it may be', read({ subscription: longest, fact: payment('conversion', 'm'.repeat(255), 0) })],
    ['by another id', read({ paymentIds: ['ch_1', 'pi_1'] })],
    ['by the payment of a refund alone', read({ fact: refund('pay_1', 0), subscription: null })],
    ['without a payment', read({ fact: lifecycle('ended', 0) })],
    ['that others take for nobody’s', read({ subscription: '0' })],
  ])('is read %s', (_, one) => {
    expect(storableReading(account, facts(read(), one))).toEqual(facts(read(), one));
  });

  const controls = /control characters or half a surrogate/;
  it.each<[string, ReadFact, RegExp]>([
    ['NUL', read({ subscription: 'sub\u0000x' }), /^the order’s id has control/],
    ['a line break', read({ subscription: 'sub\nx' }), controls],
    ['half a surrogate', read({ subscription: 'sub\ud83d' }), controls],
    ['one character too many', read({ subscription: `${longest}s` }), /^the order’s id is longer/],
    ['980 characters', read({ subscription: 's'.repeat(980) }), /longer/],
    ['1,200 characters', read({ subscription: 's'.repeat(1_200) }), /longer/],
    ['nothing', read({ subscription: ' ' }), /^the order’s id is empty/],
    ['a payment with NUL', read({ fact: payment('renewal', 'pay\u0000', 0) }), /^the payment’s id has control/],
    ['a payment of 256 characters', read({ fact: payment('renewal', 'p'.repeat(256), 0) }), /^the payment’s id is longer/],
    ['a failed payment with NUL', read({ fact: lifecycle('payment_failed', 0, { moneyId: 'p\u0000' }) }), /^the payment’s id/],
    ['a charge with half a surrogate', read({ paymentIds: ['ch_1', '\udc00'] }), /^another id of the payment/],
    ['a refund with NUL', read({ fact: refund('pay_1', 0, { refundId: 're\u0000' }) }), /^the refund’s id has/],
    ['a refund of an unknown order', read({ fact: refund('pay\u0000', 0), subscription: null }), /^the payment’s id has/],
  ])('is unreadable with %s, for a reason that does not name it', (_, one, reason) => {
    const reading = storableReading(account, facts(read(), one));
    expect(reading).toEqual({ kind: 'unreadable', reason: expect.stringMatching(reason) as string });
    expect(JSON.stringify(reading)).not.toMatch(/sub|pay_|ssss|pppp|\\u/);
  });

  it('counts the integration’s and the provider’s names, which are in the workflow’s id', () => {
    const long = { integration: 'i'.repeat(40), psp: 'lemonsqueezy' };
    expect(storableReading(long, facts(read({ subscription: longest }))).kind).toBe('unreadable');
    expect(storableReading(long, facts(read({ subscription: 's'.repeat(933) }))).kind).toBe('facts');
    expect(storableReading(long, facts(read({ subscription: 's'.repeat(934) }))).kind).toBe('unreadable');
  });
});

describe('a payment of Primer whose metadata names the subscription', () => {
  const reading = (subscription: string): Reading => {
    const paid = {
      id: 'pay_1',
      date: '2026-11-27T23:40:05.000',
      status: 'SETTLED',
      orderId: 'o1',
      currencyCode: 'USD',
      amount: 1999,
      customerId: 'c1',
      metadata: { subscription_id: subscription, kind: 'conversion' },
      paymentMethod: { paymentType: 'FIRST_PAYMENT' },
      processor: { amountCaptured: 1999 },
      transactions: [],
    };
    const body = {
      eventType: 'PAYMENT.STATUS',
      date: '2026-11-27T23:40:45.000Z',
      version: '2.4',
      signedAt: '1795822865',
      payment: paid,
    };
    return storableReading(account, primer.read(body, { roleOf: () => undefined }));
  };

  it.each(['sub_1', 'a/b/c d?e#f%2F', 'sub-😀-日本', 'constructor'])('belongs to %j', (subscription) => {
    expect(reading(subscription)).toMatchObject({ kind: 'facts', facts: [{ subscription, fact: { kind: 'conversion' } }] });
  });

  it.each(['sub\u0000x', 'sub\nx', 'sub\ud83d', 's'.repeat(980), 's'.repeat(1_200)])(
    'is unreadable with %j: it is not taken for a payment of another order',
    (subscription) => {
      expect(reading(subscription)).toMatchObject({
        kind: 'unreadable',
        reason: expect.stringMatching(/^the order’s id/) as string,
      });
    },
  );
});

it('leaves other readings as they are, less the links that nothing can keep', () => {
  const unreadable: Reading = { kind: 'unreadable', reason: 'amount: expected number' };
  expect(storableReading(account, unreadable)).toBe(unreadable);
  const ignored: Reading = { kind: 'ignored', reason: 'no payment' };
  expect(storableReading(account, ignored)).toBe(ignored);
  const link = { id: 'ch_1', moneyId: 'pay_1' };
  const links = [link, { id: 'ch\u0000', moneyId: 'pay_1' }, { id: 'ch_2', moneyId: 'p'.repeat(256) }];
  expect(storableReading(account, { ...ignored, links })).toEqual({ ...ignored, links: [link] });
  expect(storableReading(account, { ...ignored, openPayment: 'pay_1' })).toEqual({ ...ignored, openPayment: 'pay_1' });
  expect(storableReading(account, { ...ignored, openPayment: 'pay\ud800' })).toEqual(ignored);
  const readable: Reading = { kind: 'facts', facts: [read()] };
  expect(storableReading(account, { ...readable, links })).toEqual({ ...readable, links: [link] });
});

const list: PspApi['list'] = { orderedBy: 'event', lookBackMs: 0, kept: null };

describe('a page of a provider’s API', () => {
  const page: ApiPage = { facts: [read()], links: [], unreadable: [{ id: 'pay_0', reason: 'junk' }], nextPage: 'next' };
  const apiOf = (answer: ApiPage): PspApi =>
    storableApi(account, { list, changes: async () => answer, ofSubscription: async () => answer });
  const both = (api: PspApi) => Promise.all([api.changes({ fromMs: 0, toMs: 1 }, null), api.ofSubscription('sub_1', 0)]);

  it('is passed on as it is', async () => {
    for (const answer of await both(apiOf(page))) expect(answer).toBe(page);
  });

  it('has all that the provider’s API has', async () => {
    const asked: unknown[] = [];
    const known = async () => new Map([['pay_1', 'pay_1']]);
    const bad = read({ fact: payment('renewal', 'pay\u0000_2', 0) });
    const api = storableApi(account, {
      list: { ...list, orderedBy: 'creation' },
      changes: async (...how) => {
        asked.push(how);
        return page;
      },
      ofSubscription: async () => page,
      open: { page: async () => ({ ids: ['pay_3'], nextPage: null }), read: async () => ({ ...page, facts: [bad] }) },
    });
    await api.changes({ fromMs: 0, toMs: 1 }, 'next', known);
    expect(asked).toEqual([[{ fromMs: 0, toMs: 1 }, 'next', known]]);
    expect(api.list.orderedBy).toBe('creation');
    expect(await api.open?.page({ fromMs: 0, toMs: 1 }, null)).toEqual({ ids: ['pay_3'], nextPage: null });
    expect(await api.open?.read('pay_3')).toMatchObject({ facts: [], unreadable: [{}, { body: bad }] });
  });

  it('names what can’t be stored as unreadable, and keeps the rest', async () => {
    const bad = read({ fact: payment('renewal', 'pay\u0000_2', 0) });
    const worse = read({ subscription: 's'.repeat(980), fact: payment('renewal', 'pay_3', 0) });
    const links = [
      { id: 'ch_1', moneyId: 'pay_1' },
      { id: '\ud83d', moneyId: 'pay_1' },
    ];
    for (const answer of await both(apiOf({ ...page, facts: [bad, read(), worse], links }))) {
      expect(answer).toEqual({
        facts: [read()],
        links: [links[0]],
        unreadable: [
          { id: 'pay_0', reason: 'junk' },
          { id: 'pay\ufffd_2', reason: 'the payment’s id has control characters or half a surrogate pair', body: bad },
          { id: 'pay_3', reason: 'the order’s id is longer than can be stored', body: worse },
        ],
        nextPage: 'next',
      });
    }
  });

  it('passes failures on', async () => {
    const down = new Error('down');
    const api = storableApi(account, { list, changes: () => Promise.reject(down), ofSubscription: () => Promise.reject(down) });
    await expect(api.changes({ fromMs: 0, toMs: 1 }, null)).rejects.toBe(down);
    await expect(api.ofSubscription('sub_1', 0)).rejects.toBe(down);
  });
});

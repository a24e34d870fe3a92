/** What a stranger may do at `/collect` who knows somebody's e-mail or user id: real HTTP, a real store, and what the report reads of the buyer. */
import type { Identity } from '../../src/domain/identity';
import { createUserKeys } from '../../src/crypto/user-keys';
import { userToken } from '../../src/crypto/user-token';
import type { Store } from '../../src/store';
import { hashedEmail, hashedExternalId } from '../../src/tiktok';
import { emptyStore } from '../support/test-database';
import type { WebhookServer, WebhookServerOptions } from '../support/webhook-server';
import { genericPayment, nowMs, serveWebhooks, userTokenSecret } from '../support/webhook-server';

const url = 'https://shop.example.com/';
const keys = createUserKeys('a pepper for tests');
let store: Store;
let persons = 0;
const servers: WebhookServer[] = [];

beforeAll(async () => {
  store = await emptyStore();
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});
afterAll(() => store.close());

async function serve(options: Partial<WebhookServerOptions> = {}): Promise<WebhookServer> {
  const server = await serveWebhooks({ store, app: { trustProxy: 1 }, ...options });
  servers.push(server);
  return server;
}

/** A person whom no other test knows, with a browser of their own. */
function somebody(name: string) {
  persons += 1;
  const userId = `${name}-${persons}`;
  const address = `203.0.113.${persons}`;
  const headers = { 'content-type': 'text/plain', 'x-forwarded-for': address, 'user-agent': `Browser of ${userId}` };
  const [paymentId, orderId] = [`pay-${userId}`, `order_of_pay-${userId}`];
  return { userId, email: `${userId}@example.com`, address, headers, paymentId, orderId, checkoutId: `checkout-of-${userId}` };
}
type Person = ReturnType<typeof somebody>;

const collect = (server: WebhookServer, from: Person, body: object) =>
  server.post('/collect', JSON.stringify({ url, ...body }), from.headers);
const ask = async (server: WebhookServer, from: Person, body: object) =>
  (await server.post('/collect/purchase', JSON.stringify(body), from.headers)).body as { send: boolean; eventId: string };
const token = ({ userId }: Person, expiresAtMs = nowMs + 60_000) => userToken(userTokenSecret, userId, expiresAtMs);

/** The person pays: the provider's webhook says so. */
async function pays(
  server: WebhookServer,
  { userId, email, paymentId }: Person,
  metadata: object = {},
  by: 'both' | 'user_id' = 'both',
) {
  const named = { user_id: userId, ...(by === 'both' ? { email } : {}), ...metadata };
  const { status } = await server.generic(genericPayment(paymentId, { metadata: named }));
  expect(status).toBe(200);
}

/** What a report of the person's order reads of the buyer. */
function buyerOf({ userId, email, orderId, checkoutId }: Person, options?: { readonly obeysPages: boolean }): Promise<Identity> {
  const order = { integration: 'default', psp: 'generic', subscription: orderId };
  const known = keys.of(order, { userId, checkoutId }, { emailSha256: hashedEmail(email) ?? '' });
  return store.users.identity('default', known, order, options);
}
const find = (userId: string) => store.users.find('default', keys.userId('default', userId));
const claim = ({ userId, paymentId, orderId }: Person) =>
  store.firstPurchases.claim({
    ...{ integration: 'default', mode: 'this_payment', atMs: nowMs },
    keys: keys.of({ integration: 'default', psp: 'generic', subscription: orderId }, { userId }, {}),
    payment: { psp: 'generic', subscription: orderId, moneyId: paymentId },
  });

describe('a stranger who knows user ids and e-mails', () => {
  it('joins nobody: every user still has a first purchase of their own', async () => {
    const server = await serve();
    const eve = somebody('eve');
    const many = Array.from({ length: 10 }, () => somebody('victim'));
    for (const { userId } of many) await collect(server, eve, { userId, email: eve.email, checkoutId: eve.checkoutId });
    for (const person of many) await pays(server, person);
    for (const { userId } of many) await collect(server, eve, { userId, email: eve.email, checkoutId: eve.checkoutId });
    for (const person of many) {
      expect((await find(person.userId))?.orders).toHaveLength(1);
      expect(await claim(person)).toMatchObject({ granted: true, holder: { moneyId: person.paymentId } });
    }
  });

  it('gives a buyer no identifier, and replaces none', async () => {
    const server = await serve();
    const [eve, ada] = [somebody('eve'), somebody('ada')];
    await collect(server, eve, { userId: ada.userId, email: eve.email, phone: '+4915123456789' });
    await pays(server, ada, {}, 'user_id');
    await collect(server, eve, { userId: ada.userId, email: eve.email, phone: '+4915123456789' });
    const buyer = await buyerOf(ada);
    expect(buyer.externalIdSha256).toBe(hashedExternalId(ada.userId));
    expect(buyer).not.toHaveProperty('emailSha256');
    expect(buyer).not.toHaveProperty('phoneSha256');
    expect((await find(ada.userId))?.identifiers).not.toContain('email');
  });

  it('fills a gap of click, address and browser at most, and replaces nothing that the provider or the checkout’s page said', async () => {
    const server = await serve();
    const [eve, ada] = [somebody('eve'), somebody('ada')];
    await collect(server, ada, { userId: ada.userId, checkoutId: ada.checkoutId, ttclid: 'click-of-ada' });
    await pays(server, ada, { checkout_id: ada.checkoutId, ttp: 'ttp-of-ada' });
    await collect(server, eve, { userId: ada.userId, ttclid: 'click-of-eve', ttp: 'ttp-of-eve' });
    await collect(server, eve, { email: ada.email, ttclid: 'click-of-eve', ttp: 'ttp-of-eve' });
    expect(await buyerOf(ada)).toMatchObject({
      ...{ ttclid: 'click-of-ada', ttp: 'ttp-of-ada', ip: ada.address, userAgent: ada.headers['user-agent'] },
    });
    const bob = somebody('bob');
    await pays(server, bob);
    await collect(server, eve, { userId: bob.userId, ttclid: 'click-of-eve' });
    expect(await buyerOf(bob)).toMatchObject({ ttclid: 'click-of-eve', emailSha256: hashedEmail(bob.email) });
  });

  it('learns nothing: the answers are those for somebody who never bought', async () => {
    for (const limitPurchaseEvents of [false, true]) {
      const server = await serve({ settings: { limitPurchaseEvents } });
      const [eve, ada] = [somebody('eve'), somebody('ada')];
      await collect(server, ada, { userId: ada.userId, email: ada.email, checkoutId: ada.checkoutId });
      await ask(server, ada, { userId: ada.userId, checkoutId: ada.checkoutId });
      await pays(server, ada);
      await claim(ada);
      for (const [index, who] of [
        { userId: ada.userId },
        { email: ada.email },
        { userId: `unheard-of-${limitPurchaseEvents}` },
      ].entries()) {
        const checkoutId = `eve-${ada.userId}-${index}`;
        const asker = somebody('eve');
        expect((await collect(server, asker, who)).status).toBe(204);
        expect(await ask(server, asker, { ...who, checkoutId })).toEqual({
          send: true,
          eventId: checkoutId,
          eventName: 'CompletePayment',
        });
      }
      expect(JSON.stringify(await ask(server, eve, { email: ada.email, checkoutId: 'x' }))).not.toContain(ada.paymentId);
    }
  });

  it('sets the same cookies whoever is named', async () => {
    const strict = { consent: { denied: 'do_not_send', unknown: 'do_not_send' } } as const;
    const server = await serve({ settings: strict, collect: { cookieDomain: 'example.com' } });
    const [eve, ada] = [somebody('eve'), somebody('ada')];
    await collect(server, ada, { userId: ada.userId, userToken: token(ada), consent: 'granted' });
    const cookieFor = async (userId: string) => (await collect(server, eve, { userId, ttclid: 'c' })).headers.get('set-cookie');
    expect(await cookieFor(ada.userId)).toBe(await cookieFor('unheard-of'));
  });

  it('refuses for a buyer, which is obeyed, told apart and undone; and grants nothing', async () => {
    const server = await serve();
    const [eve, ada] = [somebody('eve'), somebody('ada')];
    await pays(server, ada);
    await collect(server, eve, { email: ada.email, consent: 'denied' });
    expect(await buyerOf(ada)).toMatchObject({ consent: 'denied', isRefusedByPage: true });
    await collect(server, eve, { email: ada.email, consent: 'granted' });
    expect(await buyerOf(ada)).toMatchObject({ consent: 'denied' });
    expect(server.tallied()).toContain('page_refusals  denied');
    const period = { fromMs: nowMs - 1, toMs: nowMs + 1 };
    expect(await store.pageRefusals.count('default', period)).toMatchObject({ refusals: 1 });
    expect(await store.pageRefusals.forget('default', period)).toBe(1);
    expect(await buyerOf(ada)).not.toHaveProperty('consent');
  });

  it('does not undo a refusal: the person’s own stays, however often a stranger grants', async () => {
    const server = await serve();
    const [eve, ada, bob] = [somebody('eve'), somebody('ada'), somebody('bob')];
    await collect(server, ada, { userId: ada.userId, consent: 'denied' });
    await collect(server, bob, { userId: bob.userId, userToken: token(bob), consent: 'denied' });
    for (const person of [ada, bob]) {
      await pays(server, person);
      await collect(server, eve, { userId: person.userId, email: person.email, consent: 'granted' });
      expect((await buyerOf(person)).consent).toBe('denied');
    }
    expect(await buyerOf(bob)).not.toHaveProperty('isRefusedByPage');
  });

  it('is outranked by what the provider says of consent', async () => {
    const server = await serve();
    const [eve, ada] = [somebody('eve'), somebody('ada')];
    await collect(server, eve, { userId: ada.userId, consent: 'denied' });
    await pays(server, ada, { consent: 'granted' });
    expect((await buyerOf(ada)).consent).toBe('granted');
  });

  it('is forgotten with the person, and does not take another person along', async () => {
    const server = await serve();
    const [eve, ada] = [somebody('eve'), somebody('ada')];
    await pays(server, ada);
    await collect(server, eve, { userId: ada.userId, email: eve.email, ttclid: 'click' });
    await pays(server, eve);
    await store.users.erase('default', keys.userId('default', ada.userId), nowMs);
    expect((await find(eve.userId))?.orders).toHaveLength(1);
    expect(await buyerOf(ada)).not.toHaveProperty('ttclid');
  });
});

describe('where user tokens are required', () => {
  const strict = { settings: { requireUserToken: true, limitPurchaseEvents: true } } as const;

  it('a bare user id or e-mail counts for nothing: neither its click, nor its refusal, nor its question', async () => {
    const server = await serve(strict);
    const [eve, ada] = [somebody('eve'), somebody('ada')];
    await pays(server, ada);
    await collect(server, eve, { userId: ada.userId, email: ada.email, ttclid: 'click', consent: 'denied' });
    const buyer = await buyerOf(ada);
    expect(buyer).not.toHaveProperty('ttclid');
    expect(buyer).not.toHaveProperty('consent');
    expect(await ask(server, eve, { userId: ada.userId, checkoutId: 'eve' })).toMatchObject({ send: false, eventId: 'eve' });
    expect(await ask(server, eve, { userId: 'unheard-of', checkoutId: 'eve-2' })).toMatchObject({
      send: false,
      eventId: 'eve-2',
    });
  });

  it('what pages said before the setting was on no longer refuses', async () => {
    const [eve, ada] = [somebody('eve'), somebody('ada')];
    const server = await serve();
    await collect(server, eve, { userId: ada.userId, consent: 'denied' });
    await pays(server, ada);
    expect((await buyerOf(ada)).consent).toBe('denied');
    expect(await buyerOf(ada, { obeysPages: false })).not.toHaveProperty('consent');
  });

  it('a token and the checkout of the order still count', async () => {
    const server = await serve(strict);
    const [ada, bob] = [somebody('ada'), somebody('bob')];
    await collect(server, ada, { userId: ada.userId, userToken: token(ada), ttclid: 'click-of-ada' });
    expect(await ask(server, ada, { userId: ada.userId, userToken: token(ada), checkoutId: ada.checkoutId })).toMatchObject({
      send: true,
    });
    await pays(server, ada);
    expect((await buyerOf(ada)).ttclid).toBe('click-of-ada');
    await collect(server, bob, { checkoutId: bob.checkoutId, ttclid: 'click-of-bob' });
    await pays(server, bob, { checkout_id: bob.checkoutId });
    expect((await buyerOf(bob)).ttclid).toBe('click-of-bob');
  });
});

describe('a user token', () => {
  it('proves the user id: what its page says is the buyer’s, and the answers are exact', async () => {
    const server = await serve({ settings: { limitPurchaseEvents: true } });
    const ada = somebody('ada');
    const page = { userId: ada.userId, userToken: token(ada) };
    await collect(server, ada, { ...page, email: ada.email, consent: 'granted', ttclid: 'click' });
    await pays(server, ada, {}, 'user_id');
    expect(await buyerOf(ada)).toMatchObject({ emailSha256: hashedEmail(ada.email), consent: 'granted', ttclid: 'click' });
    expect(await ask(server, ada, { ...page, checkoutId: 'c1' })).toMatchObject({
      send: true,
      eventId: `generic:${ada.paymentId}`,
    });
    await claim(ada);
    expect(await ask(server, ada, { ...page, checkoutId: 'c2' })).toMatchObject({ send: false });
  });

  it('does not prove an e-mail: its page joins nobody by one', async () => {
    const server = await serve();
    const [eve, ada] = [somebody('eve'), somebody('ada')];
    await pays(server, ada);
    await collect(server, eve, { userId: eve.userId, userToken: token(eve), email: ada.email });
    expect((await find(eve.userId))?.orders).toEqual([]);
    expect((await find(ada.userId))?.orders).toHaveLength(1);
  });

  it.each<[string, (ada: Person, eve: Person) => unknown]>([
    ['an expired one', (ada) => token(ada, nowMs - 1_000)],
    ['another user’s', (_ada, eve) => token(eve)],
    ['one of another secret', ({ userId }) => userToken('another secret', userId, nowMs + 60_000)],
    ['one with a later expiry written over', (ada) => token(ada).replace(/^\d+/, String(nowMs / 1_000 + 999_999))],
    ['a cut one', (ada) => token(ada).slice(0, -1)],
    ['an empty one', () => ''],
    ['a long one', () => '9'.repeat(100_000)],
    ['null', () => null],
  ])('proves nothing as %s', async (_what, made) => {
    const server = await serve();
    const [eve, ada] = [somebody('eve'), somebody('ada')];
    await pays(server, ada);
    const answer = await collect(server, eve, {
      userId: ada.userId,
      userToken: made(ada, eve),
      phone: '+4915123456789',
      consent: 'granted',
    });
    expect(answer.status).toBe(204);
    const buyer = await buyerOf(ada);
    expect(buyer).not.toHaveProperty('phoneSha256');
    expect(buyer).not.toHaveProperty('consent');
  });

  it('may be written in base64url as well as in hex', async () => {
    const server = await serve();
    const ada = somebody('ada');
    const [expiry = '', signature = ''] = token(ada).split('.');
    const short = `${expiry}.${Buffer.from(signature, 'hex').toString('base64url')}`;
    await collect(server, ada, { userId: ada.userId, userToken: short, consent: 'granted' });
    await pays(server, ada);
    expect((await buyerOf(ada)).consent).toBe('granted');
  });
});

describe('a checkout id', () => {
  it.each(['before', 'after'])('proves the page of its order, met %s it', async (when) => {
    const server = await serve();
    const ada = somebody('ada');
    const visit = () =>
      collect(server, ada, {
        userId: ada.userId,
        email: ada.email,
        checkoutId: ada.checkoutId,
        ttclid: 'click',
        consent: 'granted',
      });
    if (when === 'before') await visit();
    await server.generic(genericPayment(ada.paymentId, { metadata: { checkout_id: ada.checkoutId } }));
    if (when === 'after') await visit();
    expect(await buyerOf(ada)).toMatchObject({
      ...{
        emailSha256: hashedEmail(ada.email),
        externalIdSha256: hashedExternalId(ada.userId),
        ttclid: 'click',
        consent: 'granted',
      },
    });
    expect((await find(ada.userId))?.orders).toEqual([{ psp: 'generic', subscription: ada.orderId }]);
  });

  it('gives an order one user id and one e-mail at most, so that one order joins nobody by the dozen', async () => {
    const server = await serve();
    const [eve, ada, bob] = [somebody('eve'), somebody('ada'), somebody('bob')];
    for (const person of [ada, bob]) await pays(server, person);
    await collect(server, eve, { userId: eve.userId, email: eve.email, checkoutId: eve.checkoutId });
    await server.generic(genericPayment(eve.paymentId, { metadata: { checkout_id: eve.checkoutId } }));
    for (const { userId, email } of [ada, bob]) {
      await collect(server, eve, { userId, checkoutId: eve.checkoutId });
      await collect(server, eve, { email, checkoutId: eve.checkoutId });
    }
    for (const { userId } of [ada, bob, eve]) expect((await find(userId))?.orders).toHaveLength(1);
  });

  it('that only the time connects with an order gives its id, and none of its words', async () => {
    const server = await serve();
    const [eve, ada] = [somebody('eve'), somebody('ada')];
    await collect(server, eve, { userId: ada.userId, email: eve.email, checkoutId: eve.checkoutId, consent: 'granted' });
    await pays(server, ada, {}, 'user_id');
    expect(server.signals.at(-1)?.[1].accepted.checkoutId).toBe(eve.checkoutId);
    await collect(server, eve, { userId: ada.userId, email: eve.email, checkoutId: eve.checkoutId, consent: 'granted' });
    const buyer = await buyerOf(ada);
    expect(buyer).not.toHaveProperty('emailSha256');
    expect(buyer).not.toHaveProperty('consent');
    expect((await find(ada.userId))?.identifiers).not.toContain('email');
  });

  it.each(['first', 'later'])(
    'of a merchant who passes the user id alone is the event id of browser and server, whoever comes %s',
    async (browser) => {
      const server = await serve();
      const ada = somebody('ada');
      await collect(server, ada, { userId: ada.userId, checkoutId: ada.checkoutId });
      const asked = () => ask(server, ada, { userId: ada.userId, checkoutId: ada.checkoutId });
      const early = browser === 'first' ? await asked() : null;
      await pays(server, ada, {}, 'user_id');
      const { eventId, send } = early ?? (await asked());
      expect({ send, eventId }).toEqual({ send: true, eventId: server.signals.at(-1)?.[1].accepted.checkoutId });
    },
  );
});

/** A new pepper over a database: all that the store must do while it comes, at every call anew; and the walk over what nobody meets. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { markOf, createPepperLayers, noLayers, type PepperLayers } from '../../src/crypto/pepper-layers';
import { createUserKeys } from '../../src/crypto/user-keys';
import type { UserKey } from '../../src/domain/identity';
import type { Place, Store } from '../../src/store';
import { openStore, storeOver } from '../../src/store';
import type { Database } from '../../src/store/driver/database';
import { lockGeneration } from '../../src/store/pepper-generation';
import { emptyDatabase, emptyTables } from '../support/test-database';
import { integration, noonMs, oldKeyring, payment, registration } from '../support/store-samples';
import { limited } from './conformance/visitor-actions';
import { storeConformance } from './conformance';

type Rows = readonly Record<string, unknown>[];

async function rowsOf({ queries }: Database, statement: string): Promise<Rows> {
  const { rows } = (await queries.execute(sql.raw(statement))) as { rows: unknown } as { rows: Rows }; // what both drivers answer
  return rows;
}

const many = createPepperLayers(Array.from({ length: 15 }, (_, n) => `secret of layer ${n + 2}`));
/** What a lifted HMAC was before, of all that the growing stores have lifted. */
const unlifted = new Map<string, string>();
const watched: PepperLayers = {
  newest: many.newest,
  lift(hmac, generation) {
    const lifted = many.lift(hmac, generation);
    if (lifted !== hmac) unlifted.set(lifted, hmac);
    return lifted;
  },
  forms: (hmac) => many.forms(hmac),
};
let growing: Database | undefined;
beforeEach(async () => void (await growing?.queries.execute(sql`delete from pepper_generations`)));

// The layers lie above the drivers, so one database shows them: PostgreSQL's where it is installed, which has several connections.
storeConformance('a database where a layer is added before every call', async () => growingStores(await emptyDatabase()), {
  renamesAlways: true,
});

/** Before each call with identifiers the database goes on by a generation, and nothing is lifted. */
function growingStores(database: Database) {
  growing = database;
  const addLayer = () =>
    database.transaction(async (tx) => {
      await lockGeneration(tx);
      await tx.execute(sql`
        insert into pepper_generations select coalesce(max(generation), 1) + 1, false from pepper_generations
        having coalesce(max(generation), 1) < ${many.newest}`);
    });
  const before = <T extends object>(part: T): T =>
    new Proxy(part, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        return async (...args: unknown[]): Promise<unknown> => {
          await addLayer();
          return (member as (...given: unknown[]) => unknown)(...args);
        };
      },
    });
  const parts = ['users', 'visitors', 'firstPurchases', 'userJoins', 'purchases', 'personalData', 'quarantine'];
  return {
    open: async (keyring: typeof oldKeyring): Promise<Store> =>
      new Proxy(storeOver(database, keyring, watched), {
        get: (target, name) => {
          const part: unknown = Reflect.get(target, name);
          return parts.includes(String(name)) ? before(part as object) : part;
        },
      }),
    // Rows of two lives are compared, and the later one has more layers.
    raw: async (statement: string) =>
      (await rowsOf(database, statement)).map((row) =>
        Object.fromEntries(
          Object.entries(row).map(([name, value]) => [name, typeof value === 'string' ? firstForm(value) : value]),
        ),
      ),
    close: async () => {
      growing = undefined;
      await database.close();
    },
  };
}

/** The HMAC of the pepper alone, of one that was lifted; other texts are themselves. */
function firstForm(text: string): string {
  const former = unlifted.get(text);
  return former === undefined ? text : firstForm(former);
}

describe('a layer that is drawn over a database', () => {
  const keys = createUserKeys('the first');
  const emailSha256 = 'a'.repeat(64);
  const idOf = (userId: string): UserKey => keys.userId(integration, userId);
  const [mail] = keys.ofBuyer(integration, {}, { emailSha256 }) as [UserKey];
  const checkoutOf = (checkoutId: string): UserKey => keys.ofBuyer(integration, { checkoutId }, {})[0] as UserKey;
  const orderOf = (subscription: string): UserKey => keys.of({ integration, psp: 'stripe', subscription }, {}, {})[0] as UserKey;
  const two = createPepperLayers(['the second']);
  const [first, second, third] = [payment('in_1'), payment('in_2'), payment('in_3')];
  const undone = { by: 'anna', atMs: noonMs };
  let database: Database;
  /** A process without the layer, and one that has it. */
  let former: Store;
  let store: Store;

  beforeAll(async () => void (database = await emptyDatabase()));
  beforeEach(async () => {
    await emptyTables(database);
    former = storeOver(database, oldKeyring);
    store = storeOver(database, oldKeyring, two);
    await buys(former, first, [idOf('ada'), mail], checkoutOf('c1'));
    await former.firstPurchases.claim({ integration, keys: [idOf('ada')], payment: first, mode: 'this_payment', atMs: noonMs });
    await says(former, 'eve', 'c2');
    await former.quarantine.keep(integration, {
      ...{ psp: 'stripe', raw: Buffer.from('{}'), type: 'odd', reason: 'odd', atMs: noonMs, persons: [markOf(mail.hmac)] },
    });
  });
  afterAll(() => database.close());

  const buys = (at: Store, ref: typeof first, named: readonly UserKey[], checkout: UserKey | null = null) =>
    at.users.register(
      registration(ref, named, {
        keys: [...named, ...(checkout ? [checkout] : []), orderOf(ref.subscription)],
        ...{ checkout, checkoutId: checkout && 'c1', identity: { emailSha256 } },
      }),
    );
  /** A page asks without proof whether it may report a checkout. */
  const says = (at: Store, userId: string, checkoutId: string) =>
    at.visitors.authorizePurchase({
      ...{ integration, keys: [], identity: { ttclid: `click of ${userId}`, consent: 'denied' }, checkoutId, settings: limited },
      stated: { userId: idOf(userId), email: null, checkout: checkoutOf(checkoutId) },
      caller: keys.caller(integration, { ip: '203.0.113.7', userAgent: 'A' }, idOf(userId)),
      ...{ purchaseType: 'subscription', atMs: noonMs },
    });
  const grants = async (at: Store, ref = second) =>
    (await at.firstPurchases.claim({ integration, keys: [idOf('ada')], payment: ref, mode: 'this_payment', atMs: noonMs }))
      .granted;

  async function walked(over: Store, columns = over.pepper.columns): Promise<number> {
    let lifted = 0;
    for (const column of columns)
      for (let from: Place | null = null, isFirst = true; isFirst || from !== null; isFirst = false) {
        const page = await over.pepper.lift(column, from);
        lifted += page.lifted;
        from = page.next;
      }
    return lifted;
  }

  async function older(over: Store): Promise<number> {
    const counts = await Promise.all(over.pepper.columns.map((column) => over.pepper.count(column, null)));
    return counts.reduce((sum, { older: count }) => sum + count, 0);
  }

  async function expectAllKnown(): Promise<void> {
    expect(await grants(store)).toBe(false);
    expect(await store.users.find(integration, mail)).toMatchObject({
      orders: [{ subscription: first.subscription }],
      firstPurchase: first,
    });
    expect(await store.personalData.of(integration, idOf('eve'))).toMatchObject({
      pageWords: [{ words: { ttclid: 'click of eve' } }],
    });
    expect(await says(store, 'eve', 'c2')).toMatchObject({ send: false });
    expect(await buys(store, first, [idOf('ada')], checkoutOf('c1'))).toMatchObject({ ownsCheckout: true, joined: 0 });
    expect(await store.quarantine.naming(integration, [markOf(mail.hmac)])).toHaveLength(1);
    const beside = (await store.personalData.of(integration, idOf('ada')))?.identifiers ?? [];
    expect(
      await store.quarantine.naming(
        integration,
        beside.map(({ hmac }) => markOf(hmac)),
      ),
    ).toHaveLength(1);
    const list = { integration, limit: 10, user: [idOf('ada')] };
    expect((await store.purchases.list(list)).items).toHaveLength(1);
  }

  it('changes nothing before it is switched on', async () => {
    await expectAllKnown();
    expect(await older(store)).toBe(10);
    expect(await rowsOf(database, `select hmac from user_identifiers where hmac like '2.%'`)).toEqual([]);
    expect(await store.users.current(integration, [mail])).toEqual([mail]);
  });

  it('lets all be known from the moment of the switch, lifted on sight', async () => {
    await store.pepper.begin();
    await expectAllKnown();
    expect(await store.users.current(integration, [mail, mail])).toEqual([{ kind: 'email', hmac: two.lift(mail.hmac, 2) }]);
    expect(await store.pepper.generation()).toEqual({ generation: 2, isComplete: false });
  });

  it.each([1, 3, 5, 8])('lets all be known when the walk has come as far as column %i', async (columns) => {
    await store.pepper.begin();
    await walked(store, store.pepper.columns.slice(0, columns));
    await expectAllKnown();
  });

  it('comes to an end: nothing is left, nothing is looked for any more, and all is known', async () => {
    await store.pepper.begin();
    expect(await walked(store)).toBeGreaterThan(5);
    expect(await walked(store)).toBe(0);
    expect(await older(store)).toBe(0);
    await store.pepper.complete();
    expect(await store.pepper.generation()).toEqual({ generation: 2, isComplete: true });
    await expectAllKnown();
    expect(await older(store)).toBe(0);
  });

  it('can be followed by another, of two at once as well', async () => {
    const three = storeOver(database, oldKeyring, createPepperLayers(['the second', 'the third']));
    await says(store, 'ada', 'c3');
    await store.pepper.begin();
    await grants(store);
    await three.pepper.begin();
    await expect(grants(store)).rejects.toThrow('generation 3 of the pepper, and USER_ID_PEPPER_LAYERS ends with 2');
    store = three;
    await walked(three);
    await expectAllKnown();
    expect(await older(three)).toBe(0);
  });

  it('is over an erasure’s and an undone join’s keys', async () => {
    await buys(former, second, [idOf('bob')]);
    await buys(former, second, [idOf('bob'), mail]);
    const [join] = (await former.userJoins.list(integration, { limit: 1 })).items;
    await store.pepper.begin();
    expect(await store.userJoins.undo(integration, join!.id, undone)).toMatchObject({ kind: 'undone' });
    expect(await store.users.find(integration, idOf('bob'))).toMatchObject({ orders: [{ subscription: second.subscription }] });
    expect(await store.users.erase(integration, mail, noonMs)).toEqual({
      orders: [{ psp: 'stripe', subscription: first.subscription }],
    });
    expect(await store.users.find(integration, idOf('ada'))).toBeNull();
    await store.users.erase(integration, idOf('eve'), noonMs);
    expect(await rowsOf(database, 'select * from visits')).toEqual([]);
    await walked(store);
    expect(await older(store)).toBe(0);
  });

  it('joins what a process without it has made two of', async () => {
    await store.pepper.begin();
    await walked(store);
    await store.pepper.complete();
    await buys(former, third, [idOf('ada'), mail]);
    await says(former, 'eve', 'c2');
    expect((await store.users.find(integration, idOf('ada')))?.orders).toHaveLength(1);
    await store.pepper.begin();
    await walked(store);
    expect(await older(store)).toBe(0);
    expect((await store.users.find(integration, idOf('ada')))?.orders).toHaveLength(2);
    expect(await grants(store, third)).toBe(false);
    expect(await rowsOf(database, `select kind from visits where kind = 'user_id' and consent = 'denied'`)).toHaveLength(1);
  });

  it('is known to workflows that are of later than a restored database: they wait until it is drawn', async () => {
    const lifted = { ...mail, hmac: two.lift(mail.hmac, 2) };
    await expect(store.users.find(integration, lifted)).rejects.toThrow('the database is at 1');
    await store.pepper.begin();
    await walked(store);
    expect(await store.users.find(integration, lifted)).toMatchObject({ firstPurchase: first });
  });
});

it('a process without a layer that the database needs does not start, and names it', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'relay-pepper-'));
  const open = (layers: PepperLayers) => openStore({ dataDir, keyring: oldKeyring, layers });
  try {
    const store = await open(createPepperLayers(['the second']));
    await store.pepper.begin();
    await store.close();
    await expect(open(noLayers)).rejects.toThrow('USER_ID_PEPPER_LAYERS is not set: put layer 2 back');
    await (await open(createPepperLayers(['the second', 'the third']))).close();
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});

import type { PaymentFact, RefundFact } from '../../src/domain/fact';
import type { IdentityHints } from '../../src/domain/identity';
import { defaultSettings, type Settings } from '../../src/domain/settings';
import { createUserKeys } from '../../src/crypto/user-keys';
import { createIngestion, type Ingestion, type IngestionDeps } from '../../src/application/ingestion';
import type { ReadFact } from '../../src/psp/adapter';
import type { Registration, Store } from '../../src/store';
import type { FactSignalled } from '../../src/telemetry/events';
import { emptyStore } from '../support/test-database';

const nowMs = Date.UTC(2026, 10, 22, 10);
const hour = 3_600_000;
const keys = createUserKeys('a pepper for tests');

let store: Store;
beforeAll(async () => {
  store = await emptyStore();
});
afterAll(() => store.close());

type Signalled = Parameters<IngestionDeps['signal']>;

/** Ingestion over the one store; each test has an integration of its own. */
class Desk {
  /** What was done, in order: `settings`, `register in_1`, `signal conversion in_1 to sub_1`. */
  readonly log: string[] = [];
  readonly signals: Signalled[] = [];
  readonly registrations: Registration[] = [];
  readonly told: FactSignalled[] = [];
  readonly ingestion: Ingestion;
  settings: Settings = defaultSettings;
  nowMs = nowMs;
  /** Runs before a step of this name, and may fail it. */
  before: (step: string) => Promise<void> | void = () => undefined;

  constructor(
    readonly integration: string,
    readonly psp = 'stripe',
  ) {
    this.ingestion = createIngestion({
      settings: async () => {
        await this.step('settings');
        return this.settings;
      },
      users: {
        register: async (registration) => {
          await this.step(`register ${registration.moneyId}`);
          this.registrations.push(registration);
          return store.users.register(registration);
        },
        registerSettled: async (registration, kept) => {
          const settled = await store.users.registerSettled(registration, kept);
          if (settled) await this.step(`settled ${registration.moneyId}`);
          return settled;
        },
      },
      firstPurchases: store.firstPurchases,
      payments: {
        orderOf: (...args) => store.payments.orderOf(...args),
        registered: (...args) => store.payments.registered(...args),
        linkedTo: (...args) => store.payments.linkedTo(...args),
        mergedInto: (...args) => store.payments.mergedInto(...args),
        hasMet: async (...args) => {
          await this.step('orphans');
          return store.payments.hasMet(...args);
        },
        merge: async (...args) => {
          await this.step(`merge ${args[2]} into ${args[3]}`);
          return store.payments.merge(...args);
        },
        unmatchedRefundsOf: (...args) => store.payments.unmatchedRefundsOf(...args),
        keepUnmatchedRefund: async (refund) => {
          await this.step(`keep ${refund.paymentId}`);
          return store.payments.keepUnmatchedRefund(refund);
        },
        link: async (...args) => {
          await this.step(`link ${args[2]} to ${args[3]}`);
          return store.payments.link(...args);
        },
      },
      purchases: store.purchases,
      openPayments: store.openPayments,
      signalledFacts: store.signalledFacts,
      note: (integration, hashes) => void store.signalledFacts.mark(integration, hashes, nowMs),
      orderRecords: store.orderRecords,
      signal: async (...told) => {
        await this.step(`signal ${told[1].fact.kind} ${told[1].fact.moneyId ?? ''} to ${told[0].subscription}`);
        this.signals.push(told);
      },
      keys,
      telemetry: { factSignalled: (fact) => void this.told.push(fact), usersJoined: () => undefined },
      nowMs: () => this.nowMs,
    });
  }

  /** Nobody waits for the note that a fact was told; a test does. */
  async noted(): Promise<void> {
    const [order, { fact }] = this.signals.at(-1)!;
    while (!(await store.signalledFacts.wasSignalled(order, fact)));
  }

  /** As a renewal check hands facts over. */
  check(...facts: ReadFact[]) {
    return this.ingestion.accept(this.integration, this.psp, facts, { skipAlreadySignalled: true });
  }

  accept(...facts: ReadFact[]) {
    return this.ingestion.accept(this.integration, this.psp, facts);
  }

  learn(...links: { id: string; moneyId: string }[]) {
    return this.ingestion.learn(this.integration, this.psp, links);
  }

  private async step(name: string): Promise<void> {
    await this.before(name);
    this.log.push(name);
  }
}

function paid(moneyId: string, more: Partial<Omit<ReadFact, 'fact'>> & { fact?: Partial<PaymentFact> } = {}): ReadFact {
  const { fact, ...rest } = more;
  return {
    subscription: `sub_of_${moneyId}`,
    identity: {},
    paymentIds: [],
    ...rest,
    fact: { kind: 'conversion', moneyId, occurredAtMs: nowMs - hour, amountMinor: 1999, currency: 'USD', ...fact },
  };
}

function refund(moneyId: string, more: Partial<Omit<ReadFact, 'fact'>> & { fact?: Partial<RefundFact> } = {}): ReadFact {
  const { fact, ...rest } = more;
  return {
    subscription: null,
    identity: {},
    paymentIds: [],
    ...rest,
    fact: {
      kind: 'refund',
      moneyId,
      occurredAtMs: nowMs,
      refundId: `re_of_${moneyId}`,
      amountMinor: 1999,
      cause: 'refund',
      ...fact,
    },
  };
}

describe('accepting a payment', () => {
  it('registers who bought before the workflow is signalled, and says what was accepted', async () => {
    const desk = new Desk('order-of-writes');
    expect(await desk.accept(paid('in_1'))).toEqual([{ kind: 'conversion', moneyId: 'in_1', subscription: 'sub_of_in_1' }]);
    expect(desk.log).toEqual(['settings', 'register in_1', 'orphans', 'signal conversion in_1 to sub_of_in_1']);
    expect(desk.signals[0]![0]).toEqual({ integration: 'order-of-writes', psp: 'stripe', subscription: 'sub_of_in_1' });
    expect(desk.told).toEqual([
      { integration: 'order-of-writes', psp: 'stripe', subscription: 'sub_of_in_1', kind: 'conversion', moneyId: 'in_1' },
    ]);
  });

  it('shows it as pending from the moment it is registered', async () => {
    const desk = new Desk('pending-row');
    desk.before = (step) => {
      if (step.startsWith('signal')) throw new Error('14 UNAVAILABLE');
    };
    await expect(desk.accept(paid('in_1'))).rejects.toThrow('UNAVAILABLE');
    const rows = await store.purchases.ofSubscription('pending-row', 'stripe', 'sub_of_in_1');
    expect(rows).toMatchObject([{ moneyId: 'in_1', state: 'pending', chargedMinor: 1999, currency: 'USD', revision: 0 }]);
  });

  it.each(['settings', 'register', 'signal', 'orphans'])(
    'fails whole when %s fails, and the repetition completes it',
    async (failing) => {
      const desk = new Desk(`failing-${failing}`);
      desk.before = (step) => {
        if (step.startsWith(failing)) throw new Error(`${failing} is down`);
      };
      await expect(desk.accept(paid('in_1'))).rejects.toThrow(`${failing} is down`);
      expect(desk.told).toEqual([]);
      if (failing === 'register') expect(desk.log).not.toContain('signal conversion in_1 to sub_of_in_1');

      desk.before = () => undefined;
      expect(await desk.accept(paid('in_1'))).toEqual([{ kind: 'conversion', moneyId: 'in_1', subscription: 'sub_of_in_1' }]);
      expect(desk.signals.at(-1)![1].fact.moneyId).toBe('in_1');
      expect(await store.purchases.ofSubscription(desk.integration, 'stripe', 'sub_of_in_1')).toHaveLength(1);
    },
  );

  it('takes several facts of one webhook in their order, with the settings of one moment', async () => {
    const desk = new Desk('several');
    desk.settings = { ...defaultSettings, version: 7 };
    desk.before = (step) => {
      if (step.startsWith('register')) desk.settings = { ...defaultSettings, version: 8 };
    };
    const accepted = await desk.accept(paid('in_1'), paid('in_2', { fact: { kind: 'renewal' } }), refund('in_1'));
    expect(accepted.map(({ kind, moneyId }) => [kind, moneyId])).toEqual([
      ['conversion', 'in_1'],
      ['renewal', 'in_2'],
      ['refund', 'in_1'],
    ]);
    expect(desk.signals.map(([, { accepted: at }]) => at.settings.version)).toEqual([7, 7, 7]);
    expect(desk.log.filter((step) => step === 'settings')).toHaveLength(1);
  });

  it('claims nothing of a webhook whose second fact fails; the repetition tells both', async () => {
    const desk = new Desk('second-fails');
    desk.before = (step) => {
      if (step === 'register in_2') throw new Error('down');
    };
    await expect(desk.accept(paid('in_1'), paid('in_2'))).rejects.toThrow('down');
    desk.before = () => undefined;
    expect(await desk.accept(paid('in_1'), paid('in_2'))).toHaveLength(2);
    expect(desk.signals.map(([, { fact }]) => fact.moneyId)).toEqual(['in_1', 'in_1', 'in_2']);
  });

  it('gives the fact the settings that decide it, and no others', async () => {
    const desk = new Desk('deciding');
    desk.settings = {
      ...defaultSettings,
      version: 3,
      limitPurchaseEvents: true,
      accessToken: 'a secret',
      pixelCode: 'C4',
      testEventCode: 'T1',
    };
    await desk.accept(paid('in_1'));
    const { settings } = desk.signals[0]![1].accepted;
    expect(settings).toEqual({
      ...{ version: 3, eventName: 'CompletePayment', limitPurchaseEvents: true, limitFreeTrials: 'always', sendZeroValue: false },
      maxEventAgeHours: 168,
      policy: defaultSettings.policy,
    });
    expect(JSON.stringify(desk.signals)).not.toContain('a secret');
  });

  it('refuses a payment that names no order', async () => {
    const desk = new Desk('no-order');
    await expect(desk.accept(paid('in_1', { subscription: null }))).rejects.toThrow('names no order');
    expect(desk.log).toEqual(['settings']);
  });

  it.each<[string, number, number, boolean]>([
    ['exactly as old as the limit', 168, 168 * hour, false],
    ['a millisecond older', 168, 168 * hour + 1, true],
    ['just paid', 168, 0, false],
    ['from the future', 168, -hour, false],
    ['older than a shorter limit', 1, hour + 1, true],
    ['as old as a shorter limit', 1, hour, false],
  ])('measures its age when it is accepted: %s', async (title, maxEventAgeHours, ageMs, tooOld) => {
    const desk = new Desk(`age ${title}`);
    desk.settings = { ...defaultSettings, maxEventAgeHours };
    desk.nowMs = nowMs + 12_345;
    await desk.accept(paid('in_1', { fact: { occurredAtMs: nowMs + 12_345 - ageMs } }));
    expect(desk.signals[0]![1].accepted).toMatchObject({ tooOld, acceptedAtMs: nowMs + 12_345 });
  });

  it('keeps no row for a state fact, but the buyer it names', async () => {
    const desk = new Desk('state-fact');
    const identity: IdentityHints = { userId: 'u1', email: 'Buyer@Example.com' };
    const began: ReadFact = { fact: { kind: 'began', occurredAtMs: nowMs }, subscription: 'sub_1', identity, paymentIds: [] };
    expect(await desk.accept(began)).toEqual([{ kind: 'began', moneyId: null, subscription: 'sub_1' }]);
    expect(await store.purchases.ofSubscription('state-fact', 'stripe', 'sub_1')).toEqual([]);
    const user = await store.users.find('state-fact', keys.userId('state-fact', 'u1'));
    expect(user).toMatchObject({
      identifiers: ['user_id', 'email', 'order'],
      orders: [{ psp: 'stripe', subscription: 'sub_1' }],
    });
  });

  it('is told by a check only if neither a webhook nor a check told it before, and a changed fact is told', async () => {
    const desk = new Desk('told-once');
    await desk.accept(paid('in_told'));
    await desk.noted();
    await desk.check(paid('in_told'));
    expect(desk.signals).toHaveLength(1);
    await desk.check(paid('in_told', { fact: { amountMinor: 1 } }), paid('in_untold'));
    expect(desk.signals).toHaveLength(3);
    // A webhook of what is not decided is always told: its repetition is the provider's way to make sure.
    await desk.accept(paid('in_told'));
    expect(desk.signals).toHaveLength(4);
  });

  it('is not told again by a webhook once its payment is decided, and is accepted all the same', async () => {
    const desk = new Desk('decided');
    const renewal = (moneyId: string): ReadFact => paid(moneyId, { subscription: 'sub_1', fact: { kind: 'renewal' } });
    await desk.accept(renewal('in_1'), renewal('in_2'));
    await desk.noted();
    await desk.accept(renewal('in_2'));
    expect(desk.signals).toHaveLength(3);
    const row = await store.purchases.find('decided', 'stripe', 'in_2');
    await store.purchases.record('decided', [{ ...row!, revision: 1, state: 'sent' }]);
    expect(await desk.accept(renewal('in_2'))).toEqual([{ kind: 'renewal', moneyId: 'in_2', subscription: 'sub_1' }]);
    expect(desk.signals).toHaveLength(3);
    await desk.accept(paid('in_2', { subscription: 'sub_1', fact: { kind: 'renewal', amountMinor: 1 } }));
    expect(desk.signals).toHaveLength(4);
  });

  it('takes the same fact twice without a second row', async () => {
    const desk = new Desk('twice');
    await desk.accept(paid('in_1'));
    await desk.accept(paid('in_1'));
    expect(await store.purchases.ofSubscription('twice', 'stripe', 'sub_of_in_1')).toHaveLength(1);
    expect(desk.signals[0]!.slice(0, 2)).toEqual(desk.signals[1]!.slice(0, 2));
  });

  it('says whether the order was known before, and keeps the fact before the workflow is signalled', async () => {
    const desk = new Desk('known');
    await desk.accept(paid('in_1', { subscription: 'sub_1' }));
    await desk.accept(paid('in_2', { subscription: 'sub_2' }), paid('in_3', { subscription: 'sub_1' }));
    expect(desk.signals.map(([{ subscription }, , isKnown]) => [subscription, isKnown])).toEqual([
      ['sub_1', false],
      ['sub_2', false],
      ['sub_1', true],
    ]);
    desk.before = (step) => (step.startsWith('signal') ? Promise.reject(new Error('Temporal is out of reach')) : undefined);
    await expect(desk.accept(paid('in_4', { subscription: 'sub_4' }))).rejects.toThrow('out of reach');
    const order = { integration: 'known', psp: 'stripe', subscription: 'sub_4' };
    expect((await store.orderRecords.load(order)).facts).toMatchObject([{ fact: { moneyId: 'in_4' }, settingsVersion: 1 }]);
  });

  it('of a refund says it too', async () => {
    const desk = new Desk('known-refund');
    await desk.accept(refund('in_1', { subscription: 'sub_1' }), refund('in_1', { subscription: 'sub_1' }));
    expect(desk.signals.map(([, , isKnown]) => isKnown)).toEqual([false, true]);
  });
});

describe('who bought', () => {
  const everything: IdentityHints = {
    ...{ userId: 'u1', customerId: 'cus_1', checkoutId: 'c1', email: ' Buyer@Example.com', phone: '+1 213 373 4253' },
    ...{ ip: '203.0.113.7', userAgent: 'Mozilla/5.0', ttclid: 'E.C.P.1', ttp: 'ttp1', consent: 'granted' as const },
  };

  it('travels as HMACs, strongest first, always with the order', async () => {
    const desk = new Desk('keys');
    await desk.accept(paid('in_1', { identity: everything }), paid('in_2'));
    const [first, second] = desk.signals.map(([, { accepted }]) => accepted.userKeys.map(({ kind }) => kind));
    expect(first).toEqual(['user_id', 'email', 'customer', 'checkout', 'order']);
    expect(second).toEqual(['order']);
  });

  it('is hashed before it is kept, and junk is left out', async () => {
    const desk = new Desk('hashed');
    await desk.accept(paid('in_1', { identity: { ...everything, phone: '12', ip: 'not an address' } }));
    const { identity } = desk.registrations[0]!;
    expect(identity).toMatchObject({
      emailSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      userAgent: 'Mozilla/5.0',
      clickAtMs: 0, // when it was made the provider does not say
    });
    expect(Object.keys(identity)).not.toEqual(expect.arrayContaining(['phoneSha256']));
    expect(identity).not.toHaveProperty('ip');
    expect(JSON.stringify([desk.signals, desk.registrations])).not.toMatch(/buyer@example|cus_1|213/i);
  });

  it('leaves an e-mail that is none out of the keys, too', async () => {
    const desk = new Desk('bad-email');
    await desk.accept(paid('in_1', { identity: { email: 'none' } }), paid('in_2', { identity: { email: 'none' } }));
    expect(desk.signals.map(([, { accepted }]) => accepted.userKeys.map(({ kind }) => kind))).toEqual([['order'], ['order']]);
  });

  it('is one user per provider where only customer ids match', async () => {
    const integration = 'customers';
    await new Desk(integration, 'stripe').accept(paid('in_1', { identity: { customerId: '17', userId: 'of-stripe' } }));
    await new Desk(integration, 'generic').accept(paid('pay_1', { identity: { customerId: '17', userId: 'of-generic' } }));
    await new Desk(integration, 'generic').accept(paid('pay_2', { identity: { customerId: '17' } }));
    expect((await store.users.find(integration, keys.userId(integration, 'of-stripe')))?.orders).toHaveLength(1);
    expect((await store.users.find(integration, keys.userId(integration, 'of-generic')))?.orders).toHaveLength(2);
  });

  it('is nobody of another integration', async () => {
    await new Desk('shop-a').accept(paid('in_1', { identity: { userId: 'u1' } }));
    await new Desk('shop-b').accept(paid('in_2', { identity: { userId: 'u1' } }));
    expect((await store.users.find('shop-a', keys.userId('shop-a', 'u1')))?.orders).toEqual([
      { psp: 'stripe', subscription: 'sub_of_in_1' },
    ]);
    expect(await store.users.find('shop-b', keys.userId('shop-a', 'u1'))).toBeNull();
  });
});

describe('a checkout id', () => {
  it('goes to the workflow of the order that brings it first, and to no other', async () => {
    const desk = new Desk('checkout');
    const identity: IdentityHints = { checkoutId: 'c1' };
    await desk.accept(paid('in_1', { identity }), paid('in_2', { identity }), paid('in_1', { identity }));
    expect(desk.signals.map(([, { accepted }]) => accepted.checkoutId)).toEqual(['c1', null, 'c1']);
  });

  it('is trimmed, as an event id and as an identifier', async () => {
    const desk = new Desk('checkout-trimmed');
    await desk.accept(paid('in_1', { identity: { checkoutId: ' c1 \n' } }), paid('in_2', { identity: { checkoutId: 'c1' } }));
    expect(desk.signals.map(([, { accepted }]) => accepted.checkoutId)).toEqual(['c1', null]);
  });

  it.each([undefined, '', '  '])('that says nothing (%j) belongs to nobody', async (checkoutId) => {
    const desk = new Desk(`checkout-blank-${String(checkoutId)}`);
    const identity: IdentityHints = checkoutId === undefined ? {} : { checkoutId };
    await desk.accept(paid('in_1', { identity }), paid('in_2', { identity }));
    expect(desk.signals.map(([, { accepted }]) => accepted.checkoutId)).toEqual([null, null]);
    expect(desk.registrations.map(({ checkout }) => checkout)).toEqual([null, null]);
  });

  it('does not make one user of the two orders that name it', async () => {
    const desk = new Desk('checkout-shared');
    await desk.accept(
      paid('in_1', { identity: { checkoutId: 'c1', userId: 'u1' } }),
      paid('in_2', { identity: { checkoutId: 'c1', userId: 'u2' } }),
    );
    expect((await store.users.find(desk.integration, keys.userId(desk.integration, 'u1')))?.orders).toHaveLength(1);
    expect((await store.users.find(desk.integration, keys.userId(desk.integration, 'u2')))?.orders).toHaveLength(1);
  });
});

describe('a refund', () => {
  const told = (desk: Desk): string[] => desk.log.filter((step) => step.startsWith('signal'));

  it('by the money id goes to the payment’s order', async () => {
    const desk = new Desk('refund-plain');
    await desk.accept(paid('in_1'));
    expect(await desk.accept(refund('in_1'))).toEqual([{ kind: 'refund', moneyId: 'in_1', subscription: 'sub_of_in_1' }]);
    expect(told(desk)).toEqual(['signal conversion in_1 to sub_of_in_1', 'signal refund in_1 to sub_of_in_1']);
  });

  it('by another id of the payment goes under the money id', async () => {
    const desk = new Desk('refund-alias');
    await desk.accept(paid('in_1', { paymentIds: ['pi_1', 'ch_1'] }));
    expect(await desk.accept(refund('ch_1'))).toEqual([{ kind: 'refund', moneyId: 'in_1', subscription: 'sub_of_in_1' }]);
    expect(desk.signals.at(-1)![1].fact).toMatchObject({ kind: 'refund', moneyId: 'in_1', refundId: 're_of_ch_1' });
  });

  it('that comes before its payment waits for it, without an order, and is told before it: the payment is not sent', async () => {
    const desk = new Desk('refund-early');
    expect(await desk.accept(refund('ch_1'))).toEqual([{ kind: 'refund', moneyId: 'ch_1', subscription: null }]);
    expect(told(desk)).toEqual([]);
    await desk.accept(paid('in_1', { paymentIds: ['ch_1'] }));
    expect(told(desk)).toEqual(['signal refund in_1 to sub_of_in_1', 'signal conversion in_1 to sub_of_in_1']);
  });

  it('finds its order when the link is learned later, from an event that is no fact', async () => {
    const desk = new Desk('refund-learned');
    await desk.accept(refund('pi_1'));
    await desk.accept(paid('in_1'));
    expect(told(desk)).toHaveLength(1);
    await desk.learn({ id: 'pi_1', moneyId: 'in_1' });
    expect(told(desk).at(-1)).toBe('signal refund in_1 to sub_of_in_1');
  });

  it('finds its order over several links, in whatever order they are learned', async () => {
    const steps: [string, (desk: Desk) => Promise<unknown>][] = [
      ['refund', (desk) => desk.accept(refund('ch_1'))],
      ['payment', (desk) => desk.accept(paid('in_1'))],
      ['charge', (desk) => desk.learn({ id: 'ch_1', moneyId: 'pi_1' })],
      ['intent', (desk) => desk.learn({ id: 'pi_1', moneyId: 'in_1' })],
    ];
    for (const order of permutations(steps)) {
      const desk = new Desk(`links ${order.map(([name]) => name).join()}`);
      for (const [, step] of order) await step(desk);
      expect([order.map(([name]) => name), told(desk).sort()]).toEqual([
        order.map(([name]) => name),
        ['signal conversion in_1 to sub_of_in_1', 'signal refund in_1 to sub_of_in_1'],
      ]);
    }
  });

  it('is found by any of the ids that it names, before its payment and after', async () => {
    const after = new Desk('refund-ids-after');
    await after.accept(paid('in_1', { paymentIds: ['ch_1'] }));
    expect(await after.accept(refund('pi_1', { paymentIds: ['ch_1'] }))).toEqual([
      { kind: 'refund', moneyId: 'in_1', subscription: 'sub_of_in_1' },
    ]);
    const before = new Desk('refund-ids-before');
    await before.accept(refund('pi_1', { paymentIds: ['ch_1'] }));
    await before.accept(paid('in_1', { paymentIds: ['ch_1', 'pi_1'] }));
    expect(told(before)).toEqual(['signal refund in_1 to sub_of_in_1', 'signal conversion in_1 to sub_of_in_1']);
  });

  it('reaches the workflow when payment and refund cross: the payment comes between the look and the keeping', async () => {
    const desk = new Desk('refund-race');
    let isCrossed = false;
    desk.before = async (step) => {
      if (step !== 'keep ch_1' || isCrossed) return;
      isCrossed = true;
      await desk.accept(paid('in_1', { paymentIds: ['ch_1'] }));
    };
    expect(await desk.accept(refund('ch_1'))).toEqual([{ kind: 'refund', moneyId: 'in_1', subscription: 'sub_of_in_1' }]);
    expect(told(desk)).toEqual(['signal conversion in_1 to sub_of_in_1', 'signal refund in_1 to sub_of_in_1']);
  });

  it('reaches the workflow when the refund is kept while the payment is being registered', async () => {
    const desk = new Desk('refund-race-2');
    desk.before = async (step) => {
      if (step !== 'orphans') return;
      desk.before = () => undefined;
      await desk.accept(refund('ch_1'));
    };
    await desk.accept(paid('in_1', { paymentIds: ['ch_1'] }));
    expect(told(desk)).toContain('signal refund in_1 to sub_of_in_1');
  });

  it('that Temporal did not take is told again with the next repetition of its payment', async () => {
    const desk = new Desk('refund-failing');
    await desk.accept(refund('ch_1'));
    desk.before = (step) => {
      if (step.startsWith('signal refund')) throw new Error('down');
    };
    const payment = paid('in_1', { paymentIds: ['ch_1'] });
    await expect(desk.accept(payment)).rejects.toThrow('down');
    desk.before = () => undefined;
    expect(told(desk)).toEqual([]);
    await desk.accept(payment);
    expect(told(desk)).toEqual(['signal refund in_1 to sub_of_in_1', 'signal conversion in_1 to sub_of_in_1']);
  });

  it('goes to the order that it names while its payment is unknown, and to the payment’s where both are known', async () => {
    const desk = new Desk('refund-named');
    expect(await desk.accept(refund('pay_1', { subscription: 'order_1' }))).toEqual([
      { kind: 'refund', moneyId: 'pay_1', subscription: 'order_1' },
    ]);
    await desk.accept(paid('pay_2', { subscription: 'order_2' }));
    expect((await desk.accept(refund('pay_2', { subscription: 'another' })))[0]).toMatchObject({ subscription: 'order_2' });
  });

  it('makes no user, takes no checkout and is of no age', async () => {
    const desk = new Desk('refund-no-user');
    await desk.accept(paid('in_1'));
    await desk.accept(refund('in_1', { identity: { userId: 'the-one-who-refunds', checkoutId: 'c1' } }));
    expect(desk.registrations).toHaveLength(1);
    expect(desk.signals.at(-1)![1].accepted).toMatchObject({ userKeys: [], checkoutId: null });
    expect(await store.users.find(desk.integration, keys.userId(desk.integration, 'the-one-who-refunds'))).toBeNull();
  });

  it('of another provider or integration with the same ids is another refund', async () => {
    const desk = new Desk('refund-elsewhere');
    await desk.accept(refund('ch_1'));
    const other = new Desk('refund-elsewhere', 'generic');
    await other.accept(paid('pay_1', { paymentIds: ['ch_1'] }));
    const foreign = new Desk('refund-elsewhere-2');
    await foreign.accept(paid('in_1', { paymentIds: ['ch_1'] }));
    expect([...told(other), ...told(foreign)]).toEqual([
      'signal conversion pay_1 to sub_of_pay_1',
      'signal conversion in_1 to sub_of_in_1',
    ]);
  });

  it('that is told twice is the same refund twice', async () => {
    const desk = new Desk('refund-twice');
    await desk.accept(refund('ch_1'));
    await desk.accept(refund('ch_1'));
    await desk.accept(paid('in_1', { paymentIds: ['ch_1'] }));
    expect(told(desk).filter((step) => step.startsWith('signal refund'))).toHaveLength(1);
  });
});

describe('a one-off under an id that is another payment’s', () => {
  const intent = (more: Partial<Omit<ReadFact, 'fact'>> = {}): ReadFact =>
    paid('pi_1', { subscription: 'pi_1', fact: { kind: 'one_off', inferredType: 'lifetime' }, ...more });

  it('is no second payment, whether the payment or an ignored event said so', async () => {
    const byPayment = new Desk('twin-payment');
    await byPayment.accept(paid('in_1', { paymentIds: ['pi_1'] }));
    const byEvent = new Desk('twin-event');
    await byEvent.learn({ id: 'pi_1', moneyId: 'in_1' });
    await byEvent.accept(paid('in_1'));
    for (const desk of [byPayment, byEvent]) {
      expect(await desk.accept(intent())).toEqual([{ kind: 'one_off', moneyId: 'in_1', subscription: 'sub_of_in_1' }]);
      expect(desk.signals.map(([, { fact }]) => fact.moneyId)).toEqual(['in_1']);
      expect(await store.payments.orderOf(desk.integration, 'stripe', 'pi_1')).toMatchObject({ moneyId: 'in_1' });
      expect(await store.purchases.ofSubscription(desk.integration, 'stripe', 'pi_1')).toEqual([]);
    }
  });

  it('is still taken at its word about who bought', async () => {
    const desk = new Desk('twin-identity');
    await desk.accept(paid('in_1', { paymentIds: ['pi_1'] }));
    await desk.accept(intent({ identity: { userId: 'u1' } }));
    expect(await store.users.find(desk.integration, keys.userId(desk.integration, 'u1'))).toMatchObject({
      orders: [{ psp: 'stripe', subscription: 'sub_of_in_1' }],
    });
    const [order, { fact, accepted }] = desk.signals.at(-1)!;
    expect([order.subscription, fact.kind, accepted.userKeys[0]?.kind]).toEqual(['sub_of_in_1', 'updated', 'user_id']);
  });

  it('teaches its charge, by which a refund may come', async () => {
    const desk = new Desk('twin-charge');
    await desk.accept(refund('ch_1'));
    await desk.accept(paid('in_1', { paymentIds: ['pi_1'] }));
    await desk.accept(intent({ paymentIds: ['ch_1'] }));
    expect(desk.log).toContain('signal refund in_1 to sub_of_in_1');
  });

  it('hands its refunds on to the payment that it turns out to be', async () => {
    const desk = new Desk('twin-refund');
    await desk.accept(intent());
    await desk.accept(refund('pi_1'));
    await desk.accept(paid('in_1'));
    await desk.accept(paid('in_1', { paymentIds: ['pi_1'] }));
    expect(desk.log.filter((step) => step.startsWith('signal refund'))).toEqual([
      'signal refund pi_1 to pi_1',
      'signal refund in_1 to sub_of_in_1',
    ]);
  });

  it.each([
    ['a payment', (desk: Desk) => desk.accept(paid('in_1', { paymentIds: ['pi_1'] }))],
    ['an event that is no fact', (desk: Desk) => desk.learn({ id: 'pi_1', moneyId: 'in_1' })],
  ])(
    'leaves no pending row when its process was killed before its workflow was told, and %s says what it is',
    async (who, says) => {
      const desk = new Desk(`twin-killed ${who}`);
      desk.before = (step) => {
        if (step === 'signal one_off pi_1 to pi_1') throw new Error('killed');
      };
      await expect(desk.accept(intent())).rejects.toThrow('killed');
      expect(await store.purchases.ofSubscription(desk.integration, 'stripe', 'pi_1')).toHaveLength(1);
      await says(desk);
      await desk.accept(intent());
      expect(await store.purchases.ofSubscription(desk.integration, 'stripe', 'pi_1')).toEqual([]);
    },
  );

  it.each([
    ['a payment', (desk: Desk) => desk.accept(paid('in_1', { paymentIds: ['pi_1'] }))],
    ['an event that is no fact', (desk: Desk) => desk.learn({ id: 'pi_1', moneyId: 'in_1' })],
  ])(
    'tells its workflow at the second attempt that it is another, when the first that %s made was cut off',
    async (who, says) => {
      for (const step of ['signal merged pi_1 to pi_1', 'merge pi_1 into in_1']) {
        const desk = new Desk(`twin-cut-off ${who} ${step}`);
        await desk.accept(intent());
        let cuts = 1;
        desk.before = (next) => {
          if (next === step && cuts-- > 0) throw new Error('cut off');
        };
        await expect(says(desk)).rejects.toThrow('cut off');
        await says(desk);
        expect(desk.log).toContain('signal merged pi_1 to pi_1');
        expect((await store.payments.orderOf(desk.integration, 'stripe', 'pi_1'))?.moneyId).not.toBe('pi_1');
      }
    },
  );

  it.each<readonly [string, ReadFact, (desk: Desk) => Promise<unknown>]>([
    ['the one-off, and the payment came between', intent(), (desk) => desk.accept(paid('in_1', { paymentIds: ['pi_1'] }))],
    ['the one-off, and the link came between', intent(), (desk) => desk.learn({ id: 'pi_1', moneyId: 'in_1' })],
    ['the payment, and the one-off came between', paid('in_1', { paymentIds: ['pi_1'] }), (desk) => desk.accept(intent())],
    [
      'the one-off under two ids, and the link came between',
      paid('cs_1', { subscription: 'cs_1', fact: { kind: 'one_off' }, paymentIds: ['pi_1'] }),
      (desk) => desk.learn({ id: 'pi_1', moneyId: 'in_1' }),
    ],
  ])('is found to be it by whoever registers last: %s', async (who, first, second) => {
    const desk = new Desk(`twin-meanwhile ${who}`);
    const other = new Desk(desk.integration);
    let others: Promise<unknown> | null = null;
    desk.before = async (step) => {
      if (step.startsWith('register')) await (others ??= second(other));
    };
    await desk.accept(first);
    await desk.accept(paid('in_1'));
    const oneOff = first.fact.moneyId === 'cs_1' ? 'cs_1' : 'pi_1';
    expect([...desk.log, ...other.log]).toContain(`signal merged ${oneOff} to ${oneOff}`);
    expect(await store.payments.orderOf(desk.integration, 'stripe', oneOff)).toMatchObject({ moneyId: 'in_1' });
    expect(await store.purchases.ofSubscription(desk.integration, 'stripe', oneOff)).toEqual([]);
    expect([...desk.log, ...other.log].filter((step) => step.includes('merged in_1'))).toEqual([]);
  });

  it('is one of two one-offs that two processes take in at once: both keep the same', async () => {
    const session = paid('cs_1', { subscription: 'cs_1', fact: { kind: 'one_off' }, paymentIds: ['pi_1'] });
    for (const [first, second] of [
      [session, intent()],
      [intent(), session],
    ] as const) {
      const desk = new Desk(`twin-one-offs ${first.fact.moneyId ?? ''}`);
      const other = new Desk(desk.integration);
      let others: Promise<unknown> | null = null;
      desk.before = async (step) => {
        if (step.startsWith('register')) await (others ??= other.accept(second));
      };
      await desk.accept(first);
      expect(await store.payments.registered(desk.integration, 'stripe', ['pi_1', 'cs_1'])).toMatchObject([{ moneyId: 'cs_1' }]);
      expect(await store.purchases.ofSubscription(desk.integration, 'stripe', 'pi_1')).toEqual([]);
      expect(await store.purchases.ofSubscription(desk.integration, 'stripe', 'cs_1')).toHaveLength(1);
    }
  });

  it('keeps the row that its workflow has written, for the workflow to take out', async () => {
    const desk = new Desk('twin-written');
    await desk.accept(intent());
    const [row] = await store.purchases.ofSubscription(desk.integration, 'stripe', 'pi_1');
    await store.purchases.record(desk.integration, [{ ...row!, revision: 1 }]);
    await desk.accept(paid('in_1', { paymentIds: ['pi_1'] }));
    expect(await store.purchases.ofSubscription(desk.integration, 'stripe', 'pi_1')).toHaveLength(1);
    expect(desk.log).toContain('signal merged pi_1 to pi_1');
  });

  it('is a payment of its own where nobody said otherwise, however often it is told', async () => {
    const desk = new Desk('no-twin');
    await desk.accept(intent({ paymentIds: ['ch_1'] }));
    expect(await desk.accept(intent({ paymentIds: ['ch_1', 'cs_1'] }))).toEqual([
      { kind: 'one_off', moneyId: 'pi_1', subscription: 'pi_1' },
    ]);
    expect(desk.signals).toHaveLength(2);
  });

  it('holds for one-offs only: a renewal is never swallowed', async () => {
    const desk = new Desk('no-twin-renewal');
    await desk.accept(paid('in_1', { paymentIds: ['in_2'] }));
    await desk.accept(paid('in_2', { fact: { kind: 'renewal' } }));
    expect(desk.signals.map(([, { fact }]) => fact.moneyId)).toEqual(['in_1', 'in_2']);
  });
});

describe('learning', () => {
  it('of a payment that nobody knows yet signals nothing', async () => {
    const desk = new Desk('learn-unknown');
    await desk.learn({ id: 'pi_1', moneyId: 'in_1' }, { id: 'ch_1', moneyId: 'in_1' });
    expect(desk.signals).toEqual([]);
    await desk.accept(paid('in_1'));
    expect(await desk.accept(refund('ch_1'))).toEqual([{ kind: 'refund', moneyId: 'in_1', subscription: 'sub_of_in_1' }]);
  });

  it('of nothing asks nobody', async () => {
    const desk = new Desk('learn-nothing');
    await desk.learn();
    expect(desk.log).toEqual([]);
  });
});

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, at) => permutations(items.filter((_, other) => other !== at)).map((rest) => [item, ...rest]));
}

describe('a checkout that the browser has reported', () => {
  const reported = (integration: string, checkoutId: string, userId = 'u1') => {
    const hints = { userId, checkoutId };
    return store.visitors.authorizePurchase({
      ...{ integration, keys: keys.ofBuyer(integration, hints, {}), identity: {}, atMs: nowMs },
      ...{ checkoutId, purchaseType: 'subscription', settings: defaultSettings },
    });
  };
  const checkoutsTold = ({ signals }: Desk) => signals.map(([, { accepted }]) => accepted.checkoutId);

  it.each<PaymentFact['kind']>(['trial_start', 'conversion', 'one_off'])(
    'is taken over by the user’s next order that begins with a %s, told again alike',
    async (kind) => {
      const desk = new Desk(`taken-over-${kind}`);
      await reported(desk.integration, 'c1');
      const order = paid('in_1', { identity: { userId: 'u1' }, fact: { kind } });
      await desk.accept(order);
      await desk.accept(order);
      expect(checkoutsTold(desk)).toEqual(['c1', 'c1']);
    },
  );

  it.each<[string, ReadFact]>([
    ['a renewal', paid('in_1', { identity: { userId: 'u1' }, fact: { kind: 'renewal' } })],
    ['a proration', paid('in_1', { identity: { userId: 'u1' }, fact: { kind: 'other_charge', otherCharge: 'proration' } })],
    ['somebody else’s order', paid('in_1', { identity: { userId: 'u2' } })],
    ['an order of long before', paid('in_1', { identity: { userId: 'u1' }, fact: { occurredAtMs: nowMs - 30 * hour } })],
  ])('is not taken over by %s', async (what, fact) => {
    const desk = new Desk(`not-taken-over-${what}`);
    await reported(desk.integration, 'c1');
    await desk.accept(fact);
    expect(checkoutsTold(desk)).toEqual([null]);
  });

  it('leaves an order the checkout id that it brings itself', async () => {
    const desk = new Desk('brings-its-own');
    await reported(desk.integration, 'c1');
    await desk.accept(paid('in_1', { identity: { userId: 'u1', checkoutId: 'c2' } }));
    expect(checkoutsTold(desk)).toEqual(['c2']);
  });
});

describe('after an erasure', () => {
  it('a workflow is told no more of who bought than its own order', async () => {
    const desk = new Desk('erased');
    const identity = { userId: 'u1', email: 'anna@example.com', customerId: 'cus_1' };
    await desk.accept(paid('in_1', { subscription: 'sub_1', identity }));
    await store.users.erase(desk.integration, keys.userId(desk.integration, 'u1'), nowMs);
    await desk.accept(paid('in_2', { subscription: 'sub_1', identity, fact: { kind: 'renewal' } }));
    expect(desk.signals.map(([, { accepted }]) => accepted.userKeys.map(({ kind }) => kind))).toEqual([
      ['user_id', 'email', 'customer', 'order'],
      ['order'],
    ]);
  });
});

describe('a payment that settles later than it was made, at a time that the provider does not say', () => {
  const day = 24 * hour;
  const settled = (moneyId: string) => paid(moneyId, { fact: { settledLater: true, occurredAtMs: nowMs } });
  const reading = (openPayment: string) => ({ kind: 'ignored', reason: 'not paid yet', openPayment }) as const;

  it('was paid as much later as it is seen settled after it was seen open', async () => {
    const desk = new Desk('settles-later', 'primer');
    desk.nowMs = nowMs + 2_000;
    expect(await desk.ingestion.take(desk.integration, 'primer', reading('p_1'))).toEqual([]);
    desk.nowMs = nowMs + 8 * day;
    await desk.accept(settled('p_1'));
    expect(desk.signals[0]?.[1].accepted).toMatchObject({ paidAtMs: desk.nowMs - 2_000, tooOld: false });
  });

  it('was paid when it was made, if nothing was seen before', async () => {
    const desk = new Desk('settles-unseen', 'primer');
    desk.nowMs = nowMs + 8 * day;
    await desk.accept(settled('p_1'));
    expect(desk.signals[0]?.[1].accepted).not.toHaveProperty('paidAtMs');
    expect(desk.signals[0]?.[1].accepted).toMatchObject({ tooOld: true });
  });

  it('is open no longer once it is taken in: a late webhook of an earlier status changes nothing', async () => {
    const desk = new Desk('settles-once', 'primer');
    const { integration } = desk;
    await desk.ingestion.take(integration, 'primer', reading('p_1'));
    expect(await store.openPayments.list(integration, 'primer')).toEqual(['p_1']);
    desk.before = failingOnce('signal');
    await expect(desk.accept(settled('p_1'))).rejects.toThrow('down');
    expect(await store.openPayments.list(integration, 'primer')).toEqual(['p_1']);
    await desk.accept(settled('p_1'));
    await desk.ingestion.take(integration, 'primer', reading('p_1'));
    expect(await store.openPayments.list(integration, 'primer')).toEqual([]);
  });

  function failingOnce(name: string): (step: string) => void {
    let hasFailed = false;
    return (step) => {
      if (hasFailed || !step.startsWith(name)) return;
      hasFailed = true;
      throw new Error('down');
    };
  }
});

it('shows no payment of an order whose id Temporal’s database can’t store', async () => {
  const desk = new Desk('long-ids');
  desk.before = (step) => {
    if (step.startsWith('signal')) throw new Error('value too long for type character varying(255)');
  };
  await expect(desk.accept(paid('in_1'))).rejects.toThrow('too long');
  expect((await store.purchases.list({ integration: 'long-ids', limit: 10 })).items).toEqual([]);
});

it('learns what an event links before it takes in its facts: a payment may be one that is known already', async () => {
  const desk = new Desk('links-first', 'lemonsqueezy');
  await desk.accept(paid('order_1', { subscription: 'order_1', identity: { checkoutId: 'c1' }, fact: { kind: 'one_off' } }));
  const start = paid('sub_1:trial', {
    subscription: 'sub_1',
    identity: { checkoutId: 'c1' },
    fact: { kind: 'trial_start', amountMinor: 0 },
  });
  const links = [{ id: 'order_1', moneyId: 'subscription_1' }];
  await desk.ingestion.take(desk.integration, 'lemonsqueezy', { kind: 'facts', facts: [start], links });
  expect(desk.signals.map(([order, { fact, accepted }]) => [order.subscription, fact.kind, accepted.checkoutId])).toEqual([
    ['order_1', 'one_off', 'c1'],
    ['order_1', 'merged', null],
    ['sub_1', 'trial_start', 'c1'],
  ]);
});

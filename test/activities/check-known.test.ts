/** What a check costs when webhooks have brought everything already: the real ingestion over a store in memory, whose calls are counted. */
import { createCheckAccount } from '../../activities/check-account';
import { createIngestion } from '../../src/application/ingestion';
import { createUserKeys } from '../../src/crypto/user-keys';
import { defaultSettings } from '../../src/domain/settings';
import type { ReadFact } from '../../src/psp/adapter';
import { checkMemory } from '../support/check-memory';
import { payment, t0 } from '../support/order-scenario';
import { unshared } from '../support/unshared';

const hour = 3_600_000;
const account = { integration: 'default', psp: 'stripe' };
const first = { ...account, window: { fromMs: t0 - 3 * hour, toMs: t0 }, page: null, rememberFirstPurchases: false };

/** Counts the calls of all methods. */
function counted<T extends object>(part: T, calls: string[]): T {
  return new Proxy(part, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]): unknown => {
        calls.push(String(name));
        return Reflect.apply(member, target, args);
      };
    },
  });
}

function world(facts: readonly ReadFact[]) {
  const calls: string[] = [];
  const signals: string[] = [];
  const memory = checkMemory().store;
  const store = Object.fromEntries(Object.entries(memory).map(([name, part]) => [name, counted(part, calls)])) as typeof memory;
  const ingestion = createIngestion({
    ...store,
    settings: async () => defaultSettings,
    keys: createUserKeys('pepper'),
    telemetry: { factSignalled: () => undefined, usersJoined: () => undefined },
    note: (integration, hashes) => void store.signalledFacts.mark(integration, hashes, 0),
    nowMs: () => t0,
    signal: async (_order, { fact }) => void signals.push(fact.moneyId ?? fact.kind),
  });
  const links = facts.map(({ fact }) => ({ id: `pi_of_${fact.moneyId ?? ''}`, moneyId: fact.moneyId ?? '' }));
  const activities = createCheckAccount({
    ...store,
    api: async () => ({
      list: { orderedBy: 'event', lookBackMs: 0, kept: null },
      changes: async () => ({ facts, links, unreadable: [], readIds: links.map(({ id }) => id), nextPage: null }),
      ofSubscription: async () => ({ facts: [], links: [], unreadable: [], nextPage: null }),
    }),
    ...{ ingestion, shared: unshared(ingestion), otherReaders: async () => [] },
    telemetry: { checkFinished: () => undefined },
    heartbeat: () => undefined,
    lastHeartbeat: () => undefined,
    nowMs: () => t0,
    maxEventAgeHours: async () => 168,
  });
  return { ...activities, ingestion, links, calls, signals };
}

const facts = Array.from({ length: 130 }, (_, index): ReadFact => {
  const fact = payment('renewal', `in_${index}`, 0);
  return { fact, subscription: `sub_${index}`, identity: { email: `buyer${index}@example.com` }, paymentIds: [`ch_${index}`] };
});

it('a page of 130 payments that webhooks have brought costs three calls of the store, and no signal', async () => {
  const { ingestion, links, checkPage, calls, signals } = world(facts);
  await ingestion.accept('default', 'stripe', facts);
  await ingestion.learn('default', 'stripe', links);
  expect(signals).toHaveLength(130);
  calls.length = 0;
  signals.length = 0;
  expect(await checkPage({ ...first, signalsAgain: false })).toMatchObject({ facts: 130, found: 0 });
  expect(calls).toEqual(['marked', 'keepItems', 'resolveItems']);
  expect(signals).toEqual([]);
});

it('what the API knows of the buyer and the webhook did not is taken in once', async () => {
  const { ingestion, checkPage, calls, signals } = world(facts);
  const bare = facts.map((read): ReadFact => ({ ...read, identity: {} }));
  await ingestion.accept('default', 'stripe', bare);
  signals.length = 0;
  const registrations = () => calls.filter((call) => call === 'register').length;
  const before = registrations();
  await checkPage({ ...first, signalsAgain: false });
  await checkPage({ ...first, signalsAgain: false });
  expect(registrations() - before).toBe(130);
  // The fact itself is the same: no workflow is told again.
  expect(signals).toEqual([]);
});

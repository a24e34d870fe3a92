/** What a renewal check does outside, with a provider, a database and a Temporal of paper. */
import { ApplicationFailure } from '@temporalio/common';
import type { CheckAccountDeps } from '../../activities/check-account';
import { createCheckAccount } from '../../activities/check-account';
import type { AcceptOptions } from '../../src/application/ingestion';
import type { ApiPage, ListDescription, OpenPayments, PspApi, ReadFact } from '../../src/psp/adapter';
import { PspApiError } from '../../src/psp/adapter';
import type { CheckState, OverdueOrder } from '../../src/store';
import type { AccountChecked } from '../../src/telemetry/events';
import { lifecycle, payment, refund, t0 } from '../support/order-scenario';
import type { Ingestion } from '../../src/application/ingestion';
import { unshared } from '../support/unshared';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const account = { integration: 'default', psp: 'stripe' };

function fact(of: ReadFact['fact'], subscription: string | null = 'sub_1'): ReadFact {
  return { fact: of, subscription, identity: {}, paymentIds: [] };
}

function page(facts: readonly ReadFact[], more: Partial<ApiPage> = {}): ApiPage {
  return { facts, links: [], unreadable: [], nextPage: null, ...more };
}

interface World {
  readonly changes?: PspApi['changes'];
  readonly ofSubscription?: PspApi['ofSubscription'];
  readonly hasKey?: boolean;
  readonly last?: CheckState | null;
  readonly list?: Partial<ListDescription>;
  readonly open?: OpenPayments;
  readonly remembered?: readonly string[];
  readonly known?: readonly string[];
  /** Money ids that were taken in before. */
  readonly seen?: readonly string[];
  readonly overdue?: readonly OverdueOrder[];
  readonly heartbeat?: unknown;
  /** Throws instead of taking a fact. */
  readonly refuses?: (moneyId: string | undefined) => boolean;
  readonly refusal?: Error;
}

function world(of: World = {}) {
  const clock = { nowMs: t0 };
  const known = new Set(of.known ?? []);
  const accepted: string[] = [];
  const learned: string[] = [];
  const options: (AcceptOptions | undefined)[] = [];
  const beats: unknown[] = [];
  const polled: string[] = [];
  const settled: string[] = [];
  const due: string[] = [];
  const quarantined = new Map<string, string>();
  const remembered = new Set(of.remembered ?? []);
  const filters: Parameters<CheckAccountDeps['orders']['overdue']>[0][] = [];
  const finished: CheckState[] = [];
  const told: AccountChecked[] = [];
  const ingestion: Ingestion = {
    async unseen(_integration, _psp, { facts, links }) {
      return { facts: facts.filter(({ fact: one }) => !(of.seen ?? []).includes(one.moneyId ?? '')), links };
    },
    seen: () => undefined,
    hashOf: () => '',
    take: () => Promise.reject(new Error('checks read no webhooks')),
    async accept(_integration, _psp, facts, how = {}) {
      for (const { fact: one, subscription } of facts) {
        if (of.refuses?.(one.moneyId)) throw of.refusal ?? new Error('Temporal is out of reach');
        accepted.push(`${one.kind} ${one.moneyId ?? subscription ?? ''}`);
        options.push(how);
        if (one.moneyId !== undefined) known.add(one.moneyId);
      }
      return [];
    },
    async learn(_integration, _psp, links) {
      learned.push(...links.map(({ id, moneyId }) => `${id} is ${moneyId}`));
    },
  };
  const deps: CheckAccountDeps = {
    api: async () =>
      of.hasKey === false
        ? null
        : {
            list: { orderedBy: 'event', lookBackMs: 0, kept: null, ...of.list },
            changes: of.changes ?? (async () => page([])),
            ofSubscription: of.ofSubscription ?? (async () => page([])),
            ...(of.open ? { open: of.open } : {}),
          },
    ...{ ingestion, shared: unshared(ingestion), otherReaders: async () => [] },
    purchases: {
      known: async (_integration, _psp, ids) => new Map(ids.filter((id) => known.has(id)).map((id) => [id, id])),
    },
    quarantine: {
      async keepItems(_integration, items) {
        for (const { item, reason, raw } of items) quarantined.set(item, `${reason} ${raw.toString()}`);
        return items.length;
      },
      resolveItems: async (_integration, _psp, ids) => ids.forEach((id) => quarantined.delete(id)),
    },
    openPayments: {
      list: async () => [...remembered],
      seenAtMs: async () => null,
      purge: async () => undefined,
      remember: async (_integration, _psp, ids) => ids.forEach((id) => remembered.add(id)),
      forget: async (_integration, _psp, ids) => ids.forEach((id) => remembered.delete(id)),
    },
    orders: {
      async overdue(filter) {
        filters.push(filter);
        return (of.overdue ?? []).filter(({ subscription }) => !polled.includes(subscription)).slice(0, filter.limit);
      },
      async markPolled({ subscription }, { paidDueAtMs, nextDueAtMs }) {
        polled.push(subscription);
        if (paidDueAtMs !== null) settled.push(`${subscription} ${paidDueAtMs - t0}`);
        if (nextDueAtMs !== undefined) due.push(`${subscription} ${nextDueAtMs - t0}`);
      },
    },
    checks: { last: async () => of.last ?? null, finish: async (_integration, _psp, state) => void finished.push(state) },
    telemetry: { checkFinished: (check) => void told.push(check) },
    heartbeat: (details) => void beats.push(details),
    lastHeartbeat: () => of.heartbeat,
    nowMs: () => clock.nowMs,
    maxEventAgeHours: async () => 168,
  };
  return {
    ...createCheckAccount(deps),
    ...{ clock, accepted, learned, options, beats, polled, settled, due, quarantined, remembered, filters, finished, told },
  };
}

const window = { fromMs: t0 - 3 * hour, toMs: t0 };
const first = { ...account, window, page: null, rememberFirstPurchases: false, signalsAgain: false };

async function failureOf(doing: Promise<unknown>): Promise<ApplicationFailure> {
  const failure: unknown = await doing.catch((error: unknown) => error);
  if (!(failure instanceof ApplicationFailure)) throw new Error(`not an ApplicationFailure: ${String(failure)}`);
  return failure;
}

describe('a check', () => {
  it('begins two hours before the last one ended', async () => {
    const summary = { facts: 0, found: 0, polled: 0, unreadable: 0, error: null };
    const { planCheck } = world({ last: { upToMs: t0 - 5 * day, finishedAtMs: t0, summary } });
    expect(await planCheck(account)).toEqual({ fromMs: t0 - 5 * day - 2 * hour, toMs: t0 });
  });

  it('begins two hours ago when it is the first', async () => {
    expect(await world().planCheck(account)).toEqual({ fromMs: t0 - 2 * hour, toMs: t0 });
  });

  it('of a list by creation begins earlier by its look-back, unless its open payments are remembered', async () => {
    const list = { orderedBy: 'creation', lookBackMs: 9 * day } as const;
    expect((await world({ list }).planCheck(account)).fromMs).toBe(t0 - 2 * hour - 9 * day);
    const open: OpenPayments = { page: async () => ({ ids: [], nextPage: null }), read: async () => page([]) };
    expect((await world({ list, open }).planCheck(account)).fromMs).toBe(t0 - 2 * hour);
  });
});

describe('a page', () => {
  it('is read for the window and from the page', async () => {
    const changes = jest.fn(async () => page([], { nextPage: 'p3' }));
    expect(await world({ changes }).checkPage({ ...first, page: 'p2' })).toMatchObject({ nextPage: 'p3' });
    expect(changes).toHaveBeenCalledWith(window, 'p2', expect.any(Function));
  });

  it('is ingested, fact by fact, ids first', async () => {
    const { checkPage, accepted, learned } = world({
      changes: async () =>
        page([fact(payment('conversion', 'in_1', 0)), fact(lifecycle('ended', 0)), fact(refund('ch_1', 0), null)], {
          links: [{ id: 'pi_1', moneyId: 'in_1' }],
        }),
    });
    await checkPage(first);
    expect(accepted).toEqual(['conversion in_1', 'ended sub_1', 'refund ch_1']);
    expect(learned).toEqual(['pi_1 is in_1']);
  });

  it('counts as found the payments that were not known, each once, and nothing else', async () => {
    const facts = [
      fact(payment('conversion', 'in_new', 0)),
      fact(payment('renewal', 'in_new', 0)),
      fact(payment('renewal', 'in_known', 0)),
      fact(refund('in_new', 0)),
      fact(lifecycle('payment_failed', 0, { moneyId: 'in_failed' })),
    ];
    const unreadable = [{ id: 'in_9', reason: 'a new shape' }];
    const { checkPage } = world({ known: ['in_known'], changes: async () => page(facts, { unreadable }) });
    expect(await checkPage(first)).toMatchObject({ facts: 5, found: 1, unreadable: 1, nextPage: null, isLast: true });
  });

  it('takes in only what was not taken in before, and asks of nothing else whether it is known', async () => {
    const facts = ['in_1', 'in_2', 'in_3'].map((id) => fact(payment('renewal', id, 0)));
    const { checkPage, accepted } = world({ seen: ['in_1', 'in_3'], changes: async () => page(facts) });
    expect(await checkPage(first)).toMatchObject({ facts: 3, found: 1 });
    expect(accepted).toEqual(['renewal in_2']);
    // An operator's backfill takes in all of it.
    const again = world({ seen: ['in_1', 'in_3'], changes: async () => page(facts) });
    await again.checkPage({ ...first, signalsAgain: true });
    expect(again.accepted).toHaveLength(3);
  });

  it('lets the provider know what is known, but for a backfill', async () => {
    const knowledge: unknown[] = [];
    const changes: PspApi['changes'] = async (_window, _page, known) => {
      knowledge.push(known && [...(await known(['in_1', 'in_2']))]);
      return page([]);
    };
    await world({ known: ['in_1'], changes }).checkPage(first);
    await world({ known: ['in_1'], changes }).checkPage({ ...first, signalsAgain: true });
    expect(knowledge).toEqual([[['in_1', 'in_1']], undefined]);
  });

  it('keeps what cannot be read under its id, until it can be read', async () => {
    const body = { id: 'in_9', amount: 'a new shape' };
    const pages = [
      page([], { unreadable: [{ id: 'in_9', reason: 'amount: expected number', body }] }),
      page([], { unreadable: [{ id: 'in_9', reason: 'amount: expected number', body }], readIds: ['in_8'] }),
      page([], { readIds: ['in_9'] }),
    ];
    const { checkPage, quarantined } = world({ changes: async () => pages.shift()! });
    expect(await checkPage(first)).toMatchObject({ unreadable: 1 });
    expect([...quarantined]).toEqual([['in_9', `amount: expected number ${JSON.stringify(body)}`]]);
    await checkPage(first);
    expect([...quarantined.keys()]).toEqual(['in_9']);
    await checkPage(first);
    expect(quarantined.size).toBe(0);
  });

  it('says what lies before the provider’s memory, on the first page', async () => {
    const kept = { forMs: 30 * day, hasOlderPayments: false, beyond: 'the provider keeps events for 30 days' };
    const { checkPage } = world({ list: { kept }, changes: async () => page([]) });
    const old = { ...first, window: { fromMs: t0 - 31 * day, toMs: t0 } };
    const note = `before ${new Date(t0 - 30 * day).toISOString()}: the provider keeps events for 30 days`;
    expect(await checkPage(old)).toMatchObject({ notes: [note], unreadable: 0 });
    expect(await checkPage({ ...old, page: 'p2' })).toMatchObject({ notes: [] });
    expect(await checkPage(first)).toMatchObject({ notes: [] });
  });

  it.each([
    ['the same page again', () => 'p1'],
    ['a circle of three', (index: number) => `p${index % 3}`],
    ['ever new names of the same page', (index: number) => `p${index}`],
  ])('that never ends fails the check clearly: %s', async (_, nameOf) => {
    let index = 0;
    const changes = async () => page([fact(payment('renewal', 'in_1', 0))], { nextPage: nameOf((index += 1)) });
    const { checkPage } = world({ changes });
    const walk = async (): Promise<void> => {
      let input: Parameters<typeof checkPage>[0] = first;
      for (let pages = 0; pages < 50; pages += 1) {
        const read = await checkPage(input);
        input = { ...first, page: read.nextPage, reading: read.reading };
      }
    };
    const failure = await failureOf(walk());
    expect(failure).toMatchObject({ type: 'PspUnexpected', nonRetryable: true });
    expect(failure.message).toContain('repeats itself');
    expect(index).toBeLessThan(10);
  });

  it.each([
    ['Temporal’s database', new Error('value too long for type character varying(255)'), /longer than Temporal/],
    ['our database', Object.assign(new Error('refused'), { code: '22021' }), /SQLSTATE 22021/],
  ])('keeps what %s can never store in the quarantine, and goes on', async (_, refusal, reason) => {
    const facts = ['in_1', 'in_2', 'in_3'].map((id) => fact(payment('renewal', id, 0)));
    const { checkPage, accepted, quarantined } = world({
      changes: async () => page(facts),
      refuses: (id) => id === 'in_2',
      refusal,
    });
    expect(await checkPage(first)).toMatchObject({ facts: 3, unreadable: 1 });
    expect(accepted).toEqual(['renewal in_1', 'renewal in_3']);
    expect([...quarantined.keys()]).toEqual(['in_2']);
    expect(quarantined.get('in_2')).toMatch(reason);
  });

  it('counts payments that an earlier attempt found and ingested', async () => {
    const facts = ['in_1', 'in_2', 'in_3'].map((id) => fact(payment('renewal', id, 0)));
    const failing = world({ changes: async () => page(facts), refuses: (id) => id === 'in_3' });
    await expect(failing.checkPage(first)).rejects.toThrow('out of reach');
    expect(failing.accepted).toEqual(['renewal in_1', 'renewal in_2']);
    const again = world({ changes: async () => page(facts), known: ['in_1', 'in_2'], heartbeat: failing.beats.at(-1) });
    expect(await again.checkPage(first)).toMatchObject({ facts: 3, found: 3 });
    // Also when the attempt after it is throttled.
    const throttled = world({
      changes: async () => {
        await new Promise((resolve) => setTimeout(resolve, 20_000));
        throw new PspApiError('throttled', 'too many');
      },
      heartbeat: failing.beats.at(-1),
    });
    jest.useFakeTimers();
    try {
      const failure = failureOf(throttled.checkPage(first));
      await jest.advanceTimersByTimeAsync(20_000);
      await failure;
    } finally {
      jest.useRealTimers();
    }
    expect(throttled.beats.at(-1)).toMatchObject({ found: 3 });
  });

  it.each([
    ['a check', false, true],
    ['a backfill, which is an operator’s word', true, false],
  ])('of %s signals again what was signalled lately: %s', async (_, signalsAgain, skipAlreadySignalled) => {
    const { checkPage, options } = world({ changes: async () => page([fact(payment('conversion', 'in_1', 0))]) });
    await checkPage({ ...first, signalsAgain });
    expect(options).toMatchObject([{ skipAlreadySignalled }]);
  });

  it.each([true, false])('passes on whether first purchases are to be remembered: %s', async (rememberFirstPurchases) => {
    const { checkPage, options } = world({ changes: async () => page([fact(payment('conversion', 'in_1', 0))]) });
    await checkPage({ ...first, rememberFirstPurchases });
    expect(options).toMatchObject([{ rememberFirstPurchases }]);
  });

  it('sends heartbeats while the provider takes its time', async () => {
    jest.useFakeTimers();
    try {
      const changes = () => new Promise<ApiPage>((resolve) => setTimeout(() => resolve(page([])), 65_000));
      const { checkPage, beats } = world({ changes });
      const reading = checkPage(first);
      await jest.advanceTimersByTimeAsync(60_000);
      expect(beats.length).toBeGreaterThanOrEqual(5);
      await jest.advanceTimersByTimeAsync(5_000);
      await reading;
      const after = beats.length;
      await jest.advanceTimersByTimeAsync(60_000);
      expect(beats).toHaveLength(after);
    } finally {
      jest.useRealTimers();
    }
  });
});

describe('payments that are listed before they are paid', () => {
  const paidLater = (ids: readonly string[], asked: string[] = []): OpenPayments => ({
    page: async (_window, next) =>
      next === null ? { ids: ids.slice(0, 2), nextPage: 'more' } : { ids: ids.slice(2), nextPage: null },
    async read(id) {
      asked.push(id);
      return page([fact(payment('renewal', id, 0), `sub_of_${id}`)]);
    },
  });
  const list = { orderedBy: 'creation', lookBackMs: 20 * day } as const;
  const second = { ...first, reading: { stage: 'open', pages: 0, empty: 0, anchor: null } } as const;

  it('are looked at after the list, by checks and not by backfills', async () => {
    const { checkPage } = world({ list, open: paidLater([]) });
    expect(await checkPage(first)).toMatchObject({ isLast: false, nextPage: null, reading: { stage: 'open' } });
    expect(await checkPage({ ...first, signalsAgain: true })).toMatchObject({ isLast: true });
    expect(await checkPage(second)).toMatchObject({ isLast: true });
  });

  it('are remembered while they are open, and asked for once when they are so no longer', async () => {
    const asked: string[] = [];
    const open = paidLater(['p1', 'p2', 'p3'], asked);
    const { checkPage, remembered, accepted } = world({ list, open, remembered: ['p0', 'p2'] });
    expect(await checkPage(second)).toMatchObject({ found: 1, facts: 1 });
    expect(asked).toEqual(['p0']);
    expect(accepted).toEqual(['renewal p0']);
    expect([...remembered].sort()).toEqual(['p1', 'p2', 'p3']);
    await checkPage(second);
    expect(asked).toEqual(['p0']);
  });

  it('are listed as far back as a payment may take', async () => {
    const windows: unknown[] = [];
    const open: OpenPayments = {
      ...paidLater([]),
      page: async (asked) => {
        windows.push(asked);
        return { ids: [], nextPage: null };
      },
    };
    await world({ list, open }).checkPage(second);
    expect(windows).toEqual([{ fromMs: t0 - 20 * day, toMs: t0 }]);
  });

  it('stay remembered until they are taken in', async () => {
    const { checkPage, remembered } = world({ list, open: paidLater([]), remembered: ['p0'], refuses: () => true });
    await expect(checkPage(second)).rejects.toThrow('out of reach');
    expect([...remembered]).toEqual(['p0']);
  });
});

describe('a provider that does not answer', () => {
  it.each([
    ['throttled', 'PspThrottled', false],
    ['unreachable', 'PspUnreachable', false],
    ['unauthorized', 'PspUnauthorized', true],
    ['unexpected', 'PspUnexpected', true],
  ] as const)('because it is %s fails as %s', async (kind, type, nonRetryable) => {
    const changes = async () => {
      throw new PspApiError(kind, `it is ${kind}`);
    };
    expect(await failureOf(world({ changes }).checkPage(first))).toMatchObject({ type, nonRetryable, message: `it is ${kind}` });
  });

  it.each([
    ['throttled', 90_000, 90_000],
    ['throttled', 0, 1_000],
    // A longer pause is the next check's.
    ['throttled', 3 * hour, 15 * minute],
    ['throttled', undefined, undefined],
    ['unreachable', 90_000, 90_000],
    ['unauthorized', 90_000, undefined],
  ] as const)('is asked again when it says so, within reason: %s for %p is %p', async (kind, said, delay) => {
    const changes = async () => {
      throw new PspApiError(kind, 'later', said);
    };
    expect((await failureOf(world({ changes }).checkPage(first))).nextRetryDelay).toBe(delay);
  });

  it('is left alone when its key is gone', async () => {
    const failure = await failureOf(world({ hasKey: false }).checkPage(first));
    expect(failure).toMatchObject({ type: 'PspUnauthorized', nonRetryable: true });
    expect(failure.message).toContain('no API key');
  });

  it('of any other error is not made out to be the provider’s', async () => {
    const changes = async () => {
      throw new TypeError('a mistake of ours');
    };
    await expect(world({ changes }).checkPage(first)).rejects.toThrow(TypeError);
  });
});

describe('what is overdue', () => {
  const overdue = (count: number): OverdueOrder[] =>
    Array.from({ length: count }, (_, index) => ({ subscription: `sub_${index}`, dueAtMs: t0 - 5 * hour }));

  it('was due two hours to sixty days ago and was not asked for in the last six hours', async () => {
    const { pollOverdue, filters } = world();
    expect(await pollOverdue({ ...account, nowMs: t0 })).toMatchObject({ polled: 0, hasMore: false });
    expect(filters).toEqual([
      { ...account, dueBeforeMs: t0 - 2 * hour, dueAfterMs: t0 - 60 * day, polledBeforeMs: t0 - 6 * hour, limit: 25 },
    ]);
  });

  it('is asked for one by one, from a day before it was due, and noted', async () => {
    const ofSubscription = jest.fn(async (subscription: string) =>
      page([fact(payment('renewal', `in_of_${subscription}`, 0), subscription)]),
    );
    const { pollOverdue, polled, accepted } = world({ overdue: overdue(2), ofSubscription });
    expect(await pollOverdue({ ...account, nowMs: t0 })).toEqual({
      polled: 2,
      facts: 2,
      found: 2,
      unreadable: 0,
      hasMore: false,
    });
    expect(ofSubscription.mock.calls).toEqual([
      ['sub_0', t0 - 5 * hour - day],
      ['sub_1', t0 - 5 * hour - day],
    ]);
    expect(polled).toEqual(['sub_0', 'sub_1']);
    expect(accepted).toEqual(['renewal in_of_sub_0', 'renewal in_of_sub_1']);
  });

  it('is settled by a payment of its date or later, not by an older one, a failed one or an end', async () => {
    const dueAtMs = t0 - 5 * hour;
    const told: Record<string, readonly ReadFact['fact'][]> = {
      sub_0: [{ ...payment('renewal', 'in_0', 0), occurredAtMs: dueAtMs }],
      sub_1: [{ ...payment('renewal', 'in_1', 0), occurredAtMs: dueAtMs - day }],
      sub_2: [lifecycle('payment_failed', 0, { moneyId: 'in_2' }), lifecycle('ended', 0)],
      sub_3: [],
    };
    const ofSubscription = async (id: string) => page((told[id] ?? []).map((one) => fact(one, id)));
    const { pollOverdue, polled, settled } = world({ overdue: overdue(4), ofSubscription });
    await pollOverdue({ ...account, nowMs: t0 });
    expect(polled).toHaveLength(4);
    expect(settled).toEqual([`sub_0 ${-5 * hour}`]);
  });

  it('is due next when the provider says so', async () => {
    const ofSubscription = async () => ({ ...page([]), nextDueAtMs: t0 + 3 * day });
    const { pollOverdue, due, settled } = world({ overdue: overdue(1), ofSubscription });
    await pollOverdue({ ...account, nowMs: t0 });
    expect([due, settled]).toEqual([[`sub_0 ${3 * day}`], []]);
  });

  it('comes in batches until there are no more', async () => {
    const { pollOverdue } = world({ overdue: overdue(30) });
    expect(await pollOverdue({ ...account, nowMs: t0 })).toMatchObject({ polled: 25, hasMore: true });
    expect(await pollOverdue({ ...account, nowMs: t0 })).toMatchObject({ polled: 5, hasMore: false });
  });

  it('is not held up by one of which the provider says something strange', async () => {
    const ofSubscription = async (subscription: string): Promise<ApiPage> => {
      if (subscription === 'sub_0') throw new PspApiError('unexpected', 'Stripe answered 400 to GET /v1/subscriptions/…');
      return page([fact(payment('renewal', 'in_1', 0), subscription)]);
    };
    const { pollOverdue, polled } = world({ overdue: overdue(2), ofSubscription });
    expect(await pollOverdue({ ...account, nowMs: t0 })).toMatchObject({ polled: 2, found: 1, unreadable: 1 });
    expect(polled).toEqual(['sub_0', 'sub_1']);
  });

  it('waits while the provider is throttled, and goes on with those that were not asked for', async () => {
    let isThrottled = true;
    const ofSubscription = async (subscription: string): Promise<ApiPage> => {
      if (subscription === 'sub_1' && isThrottled) throw new PspApiError('throttled', 'later', 5_000);
      return page([fact(payment('renewal', `in_of_${subscription}`, 0), subscription)]);
    };
    const one = world({ overdue: overdue(3), ofSubscription });
    expect(await failureOf(one.pollOverdue({ ...account, nowMs: t0 }))).toMatchObject({ type: 'PspThrottled' });
    expect(one.polled).toEqual(['sub_0']);
    isThrottled = false;
    const again = world({ overdue: overdue(3).slice(1), ofSubscription, heartbeat: one.beats.at(-1) });
    expect(await again.pollOverdue({ ...account, nowMs: t0 })).toEqual({
      ...{ polled: 3, facts: 3, found: 3, unreadable: 0, hasMore: false },
    });
  });
});

describe('the end of a check', () => {
  const progress = { window, page: null, isRead: true, facts: 7, found: 2, polled: 1, unreadable: 0 };

  it('is where the next one begins', async () => {
    const { finishCheck, finished, told } = world();
    await finishCheck({ ...account, progress, error: null });
    const summary = { facts: 7, found: 2, polled: 1, unreadable: 0, error: null };
    expect(finished).toEqual([{ upToMs: window.toMs, finishedAtMs: t0, summary: { ...summary, window, notes: [] } }]);
    expect(told).toEqual([{ ...account, ...summary, ...window }]);
  });

  it('leaves the beginning where it was when it failed before all was read', async () => {
    const { finishCheck, finished, told, planCheck } = world();
    await finishCheck({ ...account, progress: { ...progress, isRead: false }, error: 'PspUnreachable: gone' });
    expect(finished).toMatchObject([{ upToMs: window.fromMs + 2 * hour, summary: { error: 'PspUnreachable: gone' } }]);
    expect(told).toMatchObject([{ error: 'PspUnreachable: gone' }]);
    const [state] = finished;
    expect((await world({ last: state! }).planCheck(account)).fromMs).toBe(window.fromMs);
    await expect(planCheck(account)).resolves.toBeDefined();
  });

  it('moves the beginning on when all was read and only asking for the overdue failed', async () => {
    const { finishCheck, finished } = world();
    await finishCheck({ ...account, progress, error: 'PspThrottled: later' });
    expect(finished).toMatchObject([{ upToMs: window.toMs, summary: { error: 'PspThrottled: later' } }]);
  });
});

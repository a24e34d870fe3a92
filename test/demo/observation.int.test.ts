import { startTikTokSandbox } from '../../sandbox/tiktok/receiver';
import type { ReceivedEvent } from '../../sandbox/tiktok/receiver';
import type { Expectation } from '../../demo/expectation';
import { limits } from '../../demo/expectation';
import type { Difference, Seen } from '../../demo/observation';
import { observe } from '../../demo/observation';
import type { SeenRecord } from '../../demo/run-scenarios';
import { paymentKey } from '../../demo/run-scenarios';
import { lostScenariosOf, scenariosOf } from '../../demo/scenarios';
import { providers } from '../../demo/providers';
import { receivedEventOf } from './received-event';

const now = Date.UTC(2026, 10, 22, 12);
const expectations = providers
  .flatMap((provider) => [...limits.flatMap((limit) => scenariosOf(provider, limit, now)), ...lostScenariosOf(provider, now)])
  .flatMap((scenario) => scenario.expectations);
const count = (outcome: string): number => expectations.filter((one) => one.outcome === outcome).length;
const find = (psp: string, scene: string, type: string, phase: string): Expectation => {
  const found = expectations.find((one) => [one.psp, one.scene, one.type, one.phase].join() === [psp, scene, type, phase].join());
  if (!found) throw new Error(`there is no such cell: ${psp} ${scene} ${type} ${phase}`);
  return found;
};
const sent = find('stripe', 'off', 'free_trial', 'conversion');
const keptBack = find('stripe', 'on', 'paid_trial', 'conversion');
const lost = find('paypal', 'lost', 'lifetime', 'conversion');
const differing = (kind: string, { psp, scene, type, phase }: Expectation): string => `${kind} ${psp} ${scene} ${type} ${phase}`;

/** Heard 200 ms after it was told. */
const eventOf = (expectation: Expectation, more: Partial<ReceivedEvent> = {}): ReceivedEvent =>
  receivedEventOf(expectation, { at: now + 200, ...more });

function recordOf({ moneyId, outcome }: Expectation, more: Partial<SeenRecord> = {}): SeenRecord {
  const told = outcome === 'sent' ? { state: 'sent', reason: null } : { state: 'suppressed', reason: 'limited' };
  return { moneyId, ...told, lastError: null, ...more };
}

/** All as it should be, but for one cell's events and record. */
function seen(but?: {
  cell: Expectation;
  events?: readonly ReceivedEvent[];
  record?: SeenRecord | null;
  more?: readonly ReceivedEvent[];
}): Seen {
  const events = expectations.flatMap((one) => {
    if (one === but?.cell && but.events) return but.events;
    return one.outcome === 'sent' ? [eventOf(one)] : [];
  });
  const records = new Map(expectations.map((one) => [paymentKey(one), recordOf(one)]));
  if (but?.record === null) records.delete(paymentKey(but.cell));
  else if (but?.record) records.set(paymentKey(but.cell), but.record);
  return {
    events: [...events, ...(but?.more ?? [])],
    records,
    toldAtMs: new Map(expectations.map((one) => [paymentKey(one), now])),
  };
}

const named = (differences: readonly Difference[]): string[] =>
  differences.map(({ kind, expectation }) => (expectation ? differing(kind, expectation) : kind));
const found = (what: Seen): string[] => named(observe(expectations, what).differences);

describe('what TikTok’s end saw, held against the policy', () => {
  it('has no difference when every cell is as it should be', () => {
    const { differences, cells, counted, warnings } = observe(expectations, seen());
    expect(differences).toEqual([]);
    expect(warnings.size).toBe(0);
    expect(counted).toBe(count('sent'));
    expect(cells).toHaveLength(expectations.length);
    for (const { expectation, counted: event } of cells) expect(event !== null).toBe(expectation.outcome === 'sent');
  });

  it.each<[string, Parameters<typeof seen>[0] & object, string[]]>([
    ['an event is missing', { cell: sent, events: [] }, ['missing']],
    [
      'it is missing, and the record knows',
      { cell: sent, events: [], record: recordOf(sent, { state: 'needs_attention' }) },
      ['missing', 'wrong record'],
    ],
    [
      'it is doubled under the same id, after TikTok forgot it',
      { cell: sent, events: [eventOf(sent), eventOf(sent)] },
      ['doubled'],
    ],
    [
      'it is doubled under another name',
      { cell: sent, events: [eventOf(sent), eventOf(sent, { eventName: 'Purchase' })] },
      ['doubled'],
    ],
    ['it came again and was merged', { cell: sent, events: [eventOf(sent), eventOf(sent, { fate: 'merged' })] }, ['repeated']],
    ['it came again and was dropped', { cell: sent, events: [eventOf(sent), eventOf(sent, { fate: 'dropped' })] }, ['repeated']],
    ['it was refused', { cell: sent, events: [eventOf(sent, { fate: 'refused', answer: '40002: no' })] }, ['refused']],
    ['it was refused once, then taken', { cell: sent, events: [eventOf(sent, { fate: 'refused' }), eventOf(sent)] }, ['refused']],
    ['it went to the test view', { cell: sent, events: [eventOf(sent, { fate: 'test' })] }, ['test event']],
    ['its name is wrong', { cell: sent, events: [eventOf(sent, { eventName: 'Purchase' })] }, ['wrong name']],
    ['its name is missing', { cell: sent, events: [eventOf(sent, { eventName: null })] }, ['wrong name']],
    ['its value is wrong by a cent', { cell: sent, events: [eventOf(sent, { value: 19.98 })] }, ['wrong value']],
    ['its value is a hundred times too high', { cell: sent, events: [eventOf(sent, { value: 1999 })] }, ['wrong value']],
    ['its value is absent', { cell: sent, events: [eventOf(sent, { value: null, currency: null })] }, ['wrong value']],
    ['its currency is another', { cell: sent, events: [eventOf(sent, { currency: 'EUR' })] }, ['wrong value']],
    ['its id is another', { cell: sent, events: [eventOf(sent, { eventId: 'stripe:evt_1' })] }, ['wrong id']],
    ['its id is absent', { cell: sent, events: [eventOf(sent, { eventId: null })] }, ['wrong id']],
    ['its time is now', { cell: sent, events: [eventOf(sent, { eventTime: now / 1000 })] }, ['wrong time']],
    ['its time is absent', { cell: sent, events: [eventOf(sent, { eventTime: null })] }, ['wrong time']],
    [
      'its buyer is another',
      { cell: sent, events: [eventOf(sent, { user: { external_id: keptBack.event.externalId } })] },
      ['wrong buyer'],
    ],
    ['its buyer is unknown', { cell: sent, events: [eventOf(sent, { user: {} })] }, ['wrong buyer']],
    ['the record does not know of it', { cell: sent, record: recordOf(sent, { state: 'pending' }) }, ['wrong record']],
    ['what was to be kept back came', { cell: keptBack, events: [eventOf(keptBack)] }, ['extra']],
    ['it came, and was merged', { cell: keptBack, events: [eventOf(keptBack, { fate: 'merged' })] }, ['extra']],
    ['it came under another id', { cell: keptBack, events: [eventOf(keptBack, { eventId: 'another' })] }, ['extra']],
    [
      'nothing came yet, and nobody said that it is kept back',
      { cell: keptBack, record: recordOf(keptBack, { state: 'pending', reason: null }) },
      ['not proven'],
    ],
    ['it is kept back for another reason', { cell: keptBack, record: recordOf(keptBack, { reason: 'too_old' }) }, ['not proven']],
    ['it has no record', { cell: keptBack, record: null }, ['not proven']],
    ['no check found what was lost', { cell: lost, events: [], record: null }, ['missing', 'wrong record']],
    ['a check found it, and a webhook told it as well', { cell: lost, events: [eventOf(lost), eventOf(lost)] }, ['doubled']],
  ])('names the cell when %s', (_, but, kinds) => {
    expect(found(seen(but))).toEqual(kinds.map((kind) => differing(kind, but.cell)));
  });

  it('names what belongs to no cell', () => {
    const stranger = eventOf(sent, { eventId: 'stripe:in_of_somebody', user: {} });
    const { differences } = observe(expectations, seen({ cell: sent, more: [stranger] }));
    expect(named(differences)).toEqual(['extra']);
    expect(differences[0]?.text).toContain('stripe:in_of_somebody');
  });

  it('takes a second event of a buyer, under an id of its own, for one too many', () => {
    expect(found(seen({ cell: sent, more: [eventOf(sent, { eventId: 'stripe:pi_1' })] }))).toEqual(['extra']);
  });

  it('counts a warning as a difference, once per text', () => {
    const warnings = ['data.0.user.ip: not a public address'];
    const other = find('generic', 'off', 'lifetime', 'conversion');
    const what = seen({ cell: sent, events: [eventOf(sent, { warnings })] });
    const events = what.events.map((event) => (event.eventId === other.event.id ? { ...event, warnings } : event));
    const { differences, warnings: told } = observe(expectations, { ...what, events });
    expect([...told]).toEqual([[warnings[0], 2]]);
    expect(named(differences)).toEqual(['warning']);
  });

  it('finds everything missing when TikTok’s end got nothing', () => {
    const { differences } = observe(expectations, { events: [], records: new Map(), toldAtMs: new Map() });
    expect(differences.filter(({ kind }) => kind === 'missing')).toHaveLength(count('sent'));
    expect(differences.filter(({ kind }) => kind === 'not proven')).toHaveLength(count('kept_back'));
  });
});

describe('the time from webhook to TikTok', () => {
  it('is told of all: median, nine of ten, the slowest', () => {
    const own = expectations.filter(({ outcome }) => outcome === 'sent').slice(0, 10);
    const events = own.map((one, index) => eventOf(one, { at: now + (10 - index) * 100 }));
    const { delays } = observe(own, { events, records: new Map(), toldAtMs: new Map(own.map((one) => [paymentKey(one), now])) });
    expect(delays).toEqual({ events: 10, medianMs: 500, p90Ms: 900, maxMs: 1000 });
  });

  it('leaves out what never arrived, and what no webhook told', () => {
    const toldAtMs = new Map([[paymentKey(sent), now]]);
    const { delays } = observe(expectations, { ...seen(), events: [eventOf(sent), eventOf(lost)], toldAtMs });
    expect(delays).toEqual({ events: 1, medianMs: 200, p90Ms: 200, maxMs: 200 });
  });

  it('is not told when nothing arrived', () => {
    expect(observe(expectations, { ...seen(), events: [] }).delays).toBeNull();
  });
});

describe('with the receiver itself', () => {
  /** Posts what the service would, but for what is lost on the way. */
  async function received(events: readonly Expectation[]): Promise<readonly ReceivedEvent[]> {
    const tiktok = await startTikTokSandbox();
    try {
      for (const expectation of events) {
        const { event } = expectation;
        const response = await fetch(`${tiktok.url}/open_api/v1.3/event/track/`, {
          method: 'POST',
          headers: { 'Access-Token': 'token', 'Content-Type': 'application/json' },
          body: JSON.stringify({
            event_source: 'web',
            event_source_id: 'C4DEMOPIXEL000000001',
            data: [
              {
                event: event.name,
                event_time: Math.floor(event.atMs / 1000),
                event_id: event.id,
                user: { external_id: event.externalId },
                page: { url: 'https://funnel.example.com' },
                // Without a value there is no currency, either.
                properties: {
                  ...(event.value === null ? {} : { value: event.value, currency: event.currency }),
                  ...receivedEventOf(expectation, { at: 0 }).properties,
                },
              },
            ],
          }),
        });
        expect(await response.json()).toMatchObject({ code: 0 });
      }
      return tiktok.events();
    } finally {
      await tiktok.close();
    }
  }
  const toSend = expectations.filter(({ outcome }) => outcome === 'sent');

  it('finds nothing when it got every event', async () => {
    expect(found({ ...seen(), events: await received(toSend) })).toEqual([]);
  });

  it('names the one event that it lost', async () => {
    expect(found({ ...seen(), events: await received(toSend.filter((one) => one !== sent)) })).toEqual([
      differing('missing', sent),
    ]);
  });

  it('names the one event that it got twice', async () => {
    expect(found({ ...seen(), events: await received([...toSend, sent]) })).toEqual([differing('repeated', sent)]);
  });

  it('names the one event that it should not have got', async () => {
    expect(found({ ...seen(), events: await received([...toSend, keptBack]) })).toEqual([differing('extra', keptBack)]);
  });
});

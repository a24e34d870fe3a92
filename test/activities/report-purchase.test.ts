/** One attempt to report one purchase: what is asked first, what is sent, and what comes of TikTok's answer. */
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { DeliveryFailure } from '../../src/domain/delivery-request';
import { deliveryWindowMs } from '../../activities/failures';
import type { ReportPurchaseDeps } from '../../activities/report-purchase';
import { createReportPurchase } from '../../activities/report-purchase';
import type { DeliveryOutcome } from '../../src/domain/delivery';
import type { Identity } from '../../src/domain/identity';
import type { DeliveryError, PaymentRef, PurchaseRecord } from '../../src/domain/purchase';
import type { Settings } from '../../src/domain/settings';
import { defaultSettings } from '../../src/domain/settings';
import type { DeliveryRequest } from '../../src/domain/delivery-request';
import type { ClaimResult, EndedAttempt } from '../../src/store';
import type { DeliveryAttempted } from '../../src/telemetry/events';
import type { TrackRequest } from '../../src/tiktok';
import { limitOn, Order, payment, t0, userKey } from '../support/order-scenario';

const hour = 3_600_000;
const accessToken = 'tok_0123456789abcdef';
const emailSha256 = 'b4c9a289323b21a01c3e940f150eb9b8c542587f1abfd8f0e1cc1ffc5e475514';
const buyer: Identity = { emailSha256, ttclid: 'E.C.P.click', ip: '203.0.113.7', consent: 'granted' };

const accepted: DeliveryOutcome = { kind: 'accepted', code: 0, requestId: 'req_1' };
const here: PaymentRef = { psp: 'stripe', subscription: 'sub_1', moneyId: 'in_1' };
const elsewhere: PaymentRef = { psp: 'stripe', subscription: 'sub_before', moneyId: 'in_before' };

interface World {
  readonly settings?: Partial<Settings>;
  readonly identity?: Identity;
  readonly place?: ClaimResult;
  readonly outcomes?: readonly DeliveryOutcome[];
  /** Another payment of the same buyer, that this one may be. */
  readonly twin?: PaymentRef | null;
}

/** What the activity talks to, with everything it did. */
function world({
  settings = {},
  identity = buyer,
  place = { granted: true, holder: here },
  outcomes = [accepted],
  twin = null,
}: World = {}) {
  const clock = { nowMs: t0, scheduledAtMs: t0 };
  const did: string[] = [];
  const rows: PurchaseRecord[] = [];
  const requests: { readonly accessToken: string; readonly baseUrl: string; readonly body: TrackRequest }[] = [];
  const errors: DeliveryError[] = [];
  const attempts: EndedAttempt[] = [];
  const paused: PurchaseRecord[] = [];
  const telemetry: { readonly decided: PurchaseRecord[]; readonly attempted: DeliveryAttempted[] } = {
    decided: [],
    attempted: [],
  };
  const row = { attempts: 0, firstAttemptAtMs: null as number | null };
  const answers = [...outcomes];
  const claimed: PaymentRef[] = [];
  let current: Settings = { ...defaultSettings, pixelCode: 'C0PIXEL', accessToken, ...settings };
  let shown: PurchaseRecord | null = null;
  const show = (records: readonly PurchaseRecord[]): void => {
    rows.push(...records);
    did.push(...records.map(({ state }) => `record ${state}`));
    for (const record of records) if (!shown || record.revision >= shown.revision) shown = record;
  };

  const deps: ReportPurchaseDeps = {
    settings: (integration) => Promise.resolve(integration === 'default' ? current : defaultSettings),
    users: {
      identity: (_integration, keys) => Promise.resolve(keys.length > 0 ? identity : {}),
    },
    firstPurchases: {
      claim: ({ keys, payment, mode }) => {
        claimed.push(payment);
        did.push(`claim ${mode} for ${payment.moneyId} by ${keys.map(({ kind }) => kind).join()}`);
        return Promise.resolve(place);
      },
    },
    purchases: {
      record: (_integration, records) => {
        show(records);
        return Promise.resolve();
      },
      twinOf: () => Promise.resolve(twin),
      recordAttempt: (_integration, record, { atMs }) => {
        if (!rows.includes(record)) show([record]);
        did.push('begin');
        row.attempts += 1;
        row.firstAttemptAtMs ??= atMs;
        const isSent = shown?.state === 'sent' && shown.sentAtMs !== null;
        const { eventId, requestId, sentAtMs, value } = shown ?? ordered().record;
        const alreadySent = isSent ? { eventId, requestId, sentAtMs: sentAtMs!, value } : null;
        const lastError = shown?.lastError ?? errors.at(-1) ?? null;
        return Promise.resolve({ attempts: row.attempts, firstAttemptAtMs: row.firstAttemptAtMs, lastError, alreadySent });
      },
      recordRefusedByPage: (_integration, record) => {
        show([record]);
        did.push('record refused by page');
        return Promise.resolve();
      },
      recordPaused: (_integration, record) => {
        paused.push(record);
        did.push('record paused');
        return Promise.resolve();
      },
    },
    attempts: {
      keep: (_integration, ended) => {
        attempts.push(ended);
        if ('record' in ended.became) show([ended.became.record]);
        else {
          errors.push(ended.became.error);
          did.push('keep attempt');
        }
        return Promise.resolve();
      },
    },
    events: {
      track: ({ baseUrl, accessToken: token }, body) => {
        did.push('track');
        requests.push({ accessToken: token, baseUrl, body });
        return Promise.resolve(answers.length > 1 ? answers.shift()! : answers[0]!);
      },
    },
    target: ({ pixelCode, accessToken: token }) =>
      pixelCode !== null && token !== null ? { baseUrl: 'https://tiktok.example', pixelCode, accessToken: token } : null,
    destination: ({ testEventCode }) => (testEventCode === null ? 'tiktok' : 'test'),
    fallbackPageUrl: 'https://funnel.example/',
    telemetry: {
      purchaseDecided: (_integration, record) => void telemetry.decided.push(record),
      deliveryAttempted: (delivery) => void telemetry.attempted.push(delivery),
    },
    nowMs: () => clock.nowMs,
    scheduledAtMs: () => clock.scheduledAtMs,
    attemptScheduledAtMs: () => clock.nowMs,
  };
  const change = (more: Partial<Settings>): void => void (current = { ...current, ...more });
  const report = createReportPurchase(deps);
  return {
    clock,
    did,
    rows,
    requests,
    errors,
    attempts,
    paused,
    telemetry,
    claimed,
    change,
    report: (order: DeliveryRequest) => report({ integration: 'default', ...order }),
  };
}

/** A purchase that is to be reported, as the workflow orders it. */
function ordered(more: Partial<Parameters<typeof payment>[3]> = {}): DeliveryRequest {
  return new Order('sub_1', undefined, limitOn).receives(payment('conversion', 'in_1', 0, more)).underWay[0]!;
}

const byOperator: DeliveryRequest = new Order('sub_1')
  .receives(payment('conversion', 'in_1', 0))
  .finish()
  .resend('in_1').underWay[0]!;

async function failureOf(report: Promise<unknown>): Promise<ApplicationFailure> {
  const error: unknown = await report.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ApplicationFailure)) throw new Error('expected an ApplicationFailure', { cause: error });
  return error;
}

const detailsOf = (failure: ApplicationFailure): DeliveryFailure => failure.details?.[0] as DeliveryFailure; // its only detail

describe('a report that TikTok takes', () => {
  it('says what was sent, with TikTok’s request id', async () => {
    const { report, clock } = world();
    clock.nowMs = t0 + 5;
    expect(await report(ordered())).toEqual({
      kind: 'sent',
      eventId: 'stripe:in_1',
      requestId: 'req_1',
      sentAtMs: t0 + 5,
      attempts: 1,
      holder: here,
      droppedCurrency: null,
    });
  });

  it('shows the purchase, claims the first purchase, notes the attempt, sends, and shows the outcome: in this order', async () => {
    const { report, did } = world();
    await report(ordered());
    expect(did).toEqual(['record pending', 'claim this_payment for in_1 by user_id', 'begin', 'track', 'record sent']);
  });

  it('claims nothing where the workflow knows the first purchase', async () => {
    const { report, did } = world();
    const result = await report({ ...ordered(), claim: null });
    expect(did).toEqual(['record pending', 'begin', 'track', 'record sent']);
    expect(result).toMatchObject({ holder: null });
  });

  it('sends nothing of a payment that turns out to be another one, unless nothing is asked', async () => {
    const { report, did } = world({ twin: elsewhere });
    expect(await report({ ...ordered(), mayRepeat: true })).toEqual({ kind: 'repeated', of: elsewhere });
    expect(did).toEqual(['record pending']);
    expect(await report(ordered())).toMatchObject({ kind: 'sent' });
  });

  it('tells TikTok of the purchase as it was decided, with the credentials of now', async () => {
    const { report, requests } = world({ settings: { testEventCode: 'TEST1', eventName: 'Purchase' } });
    await report(ordered());
    expect(requests).toEqual([
      {
        baseUrl: 'https://tiktok.example',
        accessToken,
        body: expect.objectContaining({
          event_source: 'web',
          event_source_id: 'C0PIXEL',
          test_event_code: 'TEST1',
        }) as TrackRequest,
      },
    ]);
    expect(requests[0]?.body.data[0]).toMatchObject({
      event: 'CompletePayment',
      event_id: 'stripe:in_1',
      event_time: t0 / 1000,
      user: { email: emailSha256, ttclid: 'E.C.P.click', ip: '203.0.113.7' },
      page: { url: 'https://funnel.example/' },
      properties: { value: 19.99, currency: 'USD' },
    });
  });

  it('leaves value and currency out where TikTok does not list the currency, and says so', async () => {
    const { report, requests, rows } = world();
    const result = await report(ordered({ currency: 'XAU' }));
    expect(result).toMatchObject({ kind: 'sent', droppedCurrency: 'XAU' });
    expect(requests[0]?.body.data[0]?.properties).not.toHaveProperty('currency');
    expect(rows.at(-1)).toMatchObject({ state: 'sent', value: null, reason: expect.stringContaining('XAU') as string });
  });

  it('is in the log and the metrics, with attempt and outcome', async () => {
    const { report, telemetry } = world();
    await report(ordered());
    expect(telemetry.attempted).toEqual([
      {
        ...{ integration: 'default', record: ordered().record, attempt: 1, outcome: accepted, durationMs: 0 },
        ...{ destination: 'tiktok', matchedBy: ['ttclid', 'email', 'ip'] },
      },
    ]);
  });
});

describe('rows that a report writes equal what the workflow shows', () => {
  it.each<[string, World]>([
    ['sent', {}],
    ['kept back by the limit', { place: { granted: false, holder: elsewhere } }],
    ['kept back by consent', { identity: { consent: 'denied' } }],
    ['refused', { outcomes: [{ kind: 'rejected', code: 40002, message: 'bad body', requestId: null }] }],
  ])('%s', async (_how, given) => {
    const { report, rows } = world(given);
    const order = new Order('sub_1', undefined, limitOn).receives(payment('conversion', 'in_1', 0));
    const [underWay] = order.underWay;
    const result = await report(underWay!).catch(
      (error: ApplicationFailure) => ({ kind: 'failed', ...detailsOf(error) }) as const,
    );
    order.finish(() => result);
    expect(rows.at(-1)).toEqual(order.records()['in_1']);
  });
});

describe('an attempt is kept', () => {
  const keptIn = (of: ReturnType<typeof world>) => of.attempts.at(-1);

  it('with its number, time, duration and answer, where it went and what identified the buyer', async () => {
    const relay = world();
    await relay.report(ordered());
    expect(keptIn(relay)).toMatchObject({
      payment: here,
      attempt: { number: 1, atMs: t0, durationMs: 0, outcome: 'accepted', code: 0, message: null, requestId: 'req_1', by: null },
      matchedBy: ['ttclid', 'email', 'ip'],
      became: { record: { state: 'sent', requestId: 'req_1' } },
    });
    expect(keptIn(relay)?.attempt.destination).toBe('tiktok');
  });

  it('with the request as it was sent, and nothing that names the buyer in clear', async () => {
    const pageUrl = 'https://shop.example/?plan=yearly&ttclid=E.C.P.click&x=1';
    const relay = world({ identity: { ...buyer, ttp: 'cookie', userAgent: 'Mozilla/5.0 (Windows NT 10.0)', pageUrl } });
    await relay.report(ordered());
    const { request } = keptIn(relay)!.attempt;
    expect(request).toMatchObject({
      event_source_id: 'C0PIXEL',
      data: [
        {
          event_id: 'stripe:in_1',
          properties: { value: 19.99, currency: 'USD' },
          page: { url: 'https://shop.example/?plan=yearly&ttclid=%5Bnot%20kept%5D&x=1' },
          user: {
            ...{ email: emailSha256, ip: '[not kept]', ttclid: '[not kept]' },
            ...{ ttp: '[not kept]', user_agent: '[not kept]' },
          },
        },
      ],
    });
    expect(JSON.stringify(keptIn(relay))).not.toMatch(/E\.C\.P|203\.0|Mozilla|cookie|tok_0123/);
  });

  it('when it failed, with when it is tried again and when it gives up', async () => {
    const relay = world({ outcomes: [{ kind: 'throttled', code: 40100, message: 'slower', retryAfterMs: 30_000 }, accepted] });
    await failureOf(relay.report(ordered()));
    expect(keptIn(relay)).toMatchObject({
      attempt: { number: 1, outcome: 'throttled', code: 40100, message: 'slower', requestId: null },
      became: {
        error: { type: 'TikTokThrottled', code: 40100 },
        ...{ nextAttemptAtMs: t0 + 30_000, givesUpAtMs: t0 + deliveryWindowMs },
      },
    });
    await relay.report(ordered());
    expect(relay.attempts.map(({ attempt }) => attempt.number)).toEqual([1, 2]);
  });

  it('by whom it was asked for, and where: TikTok’s test events while their code is set', async () => {
    const relay = world({ settings: { testEventCode: 'TEST1' } });
    await relay.report(byOperator);
    expect(keptIn(relay)?.attempt).toMatchObject({ by: byOperator.record.by, destination: 'test' });
  });

  it('also when no request was made, for want of a token', async () => {
    const relay = world({ settings: { accessToken: null } });
    await failureOf(relay.report(ordered()));
    expect(keptIn(relay)).toMatchObject({ attempt: { outcome: 'unauthorized', request: null }, matchedBy: null });
  });

  it('not when nothing was attempted: sends are paused, the limit or consent keeps it back, the 48 hours are over', async () => {
    const paused = world({ settings: { paused: true } });
    await failureOf(paused.report(ordered()));
    const limited = world({ place: { granted: false, holder: elsewhere } });
    await limited.report(ordered());
    const late = world();
    late.clock.nowMs = t0 + deliveryWindowMs + 1;
    await failureOf(late.report(byOperator));
    expect([...paused.attempts, ...limited.attempts, ...late.attempts]).toEqual([]);
  });
});

describe('while sends are paused', () => {
  it('nothing is claimed, attempted or sent, and it is looked at again in 10 s', async () => {
    const { report, did, paused } = world({ settings: { paused: true } });
    const failure = await failureOf(report(ordered()));
    expect(did).toEqual(['record paused']);
    expect(paused).toEqual([ordered().record]);
    expect(failure).toMatchObject({ type: 'Paused', nonRetryable: false, nextRetryDelay: 10_000 });
    expect(failure.category).toBe(ApplicationFailureCategory.BENIGN);
  });

  it('an operator’s resend waits too', async () => {
    expect((await failureOf(world({ settings: { paused: true } }).report(byOperator))).type).toBe('Paused');
  });

  it('no time of the 48 hours passes before the first attempt', async () => {
    const { report, clock, change } = world({ settings: { paused: true } });
    await failureOf(report(ordered()));
    clock.nowMs = t0 + 30 * 24 * hour;
    change({ paused: false });
    expect(await report(ordered())).toMatchObject({ kind: 'sent', attempts: 1 });
  });

  it('the 48 hours of an attempt that was made go on: TikTok’s memory does not pause', async () => {
    const { report, clock, change } = world({
      outcomes: [{ kind: 'unreachable', code: null, message: 'no answer within 15 s' }],
    });
    await failureOf(report(ordered()));
    change({ paused: true });
    await failureOf(report(ordered()));
    clock.nowMs = t0 + 49 * hour;
    change({ paused: false });
    expect((await failureOf(report(ordered()))).type).toBe('DeliveryExpired');
  });
});

describe('consent', () => {
  const modes = ['send', 'limited_data_use', 'without_identity', 'do_not_send'] as const;
  type Sent = 'whole' | 'limited' | 'bare' | 'nothing';
  const becomes: Record<(typeof modes)[number], Sent> = {
    send: 'whole',
    limited_data_use: 'limited',
    without_identity: 'bare',
    do_not_send: 'nothing',
  };

  async function sentWith(identity: Identity, consent: Settings['consent']): Promise<Sent> {
    const { report, requests, rows } = world({ identity, settings: { consent } });
    const result = await report(ordered());
    const event = requests[0]?.body.data[0];
    if (!event) {
      expect(result).toMatchObject({ kind: 'suppressed', reason: 'consent', holder: null });
      expect(rows.at(-1)).toMatchObject({ state: 'suppressed', reason: 'consent' });
      return 'nothing';
    }
    if (event.limited_data_use === true) return 'limited';
    return JSON.stringify(event).includes(emailSha256) ? 'whole' : 'bare';
  }

  it.each(modes)('denied, where the setting says %s', async (mode) => {
    const others = mode === 'send' ? 'do_not_send' : 'send';
    expect(await sentWith({ ...buyer, consent: 'denied' }, { denied: mode, unknown: others })).toBe(becomes[mode]);
  });

  it.each(modes)('unknown, where the setting says %s', async (mode) => {
    const { consent: _granted, ...unsaid } = buyer;
    const others = mode === 'send' ? 'do_not_send' : 'send';
    expect(await sentWith({ ...buyer, consent: 'unknown' }, { unknown: mode, denied: others })).toBe(becomes[mode]);
    expect(await sentWith(unsaid, { unknown: mode, denied: others })).toBe(becomes[mode]);
  });

  it.each(modes)('granted is sent, whatever the setting says of the others: %s', async (mode) => {
    expect(await sentWith(buyer, { denied: mode, unknown: mode })).toBe('whole');
  });

  it('that keeps a purchase back takes no place and makes no attempt', async () => {
    const { report, did, telemetry } = world({ identity: { consent: 'denied' } });
    await report(ordered());
    expect(did).toEqual(['record pending', 'record suppressed']);
    expect(telemetry.decided).toMatchObject([{ state: 'suppressed', reason: 'consent' }]);
  });

  it('gives way to an operator’s word; then without a trace of the person', async () => {
    const { report, requests } = world({ identity: { ...buyer, consent: 'denied' } });
    expect(await report(byOperator)).toMatchObject({ kind: 'sent' });
    expect(JSON.stringify(requests)).not.toMatch(new RegExp(`${emailSha256}|203.0.113.7|E.C.P.click`));
  });
});

describe('only buyers from TikTok', () => {
  const { ttclid: _click, ...withoutClick } = buyer;
  const settings = { attributedOnly: true };

  it('keeps back whom no click id is known of: it takes no place and makes no attempt', async () => {
    const { report, did, telemetry } = world({ identity: withoutClick, settings });
    expect(await report(ordered())).toEqual({ kind: 'suppressed', reason: 'not_attributed', holder: null, attempts: 0 });
    expect(did).toEqual(['record pending', 'record suppressed']);
    expect(telemetry.decided).toMatchObject([{ state: 'suppressed', reason: 'not_attributed' }]);
  });

  it.each<[string, World]>([
    ['a click id is known', { settings }],
    ['the setting is off', { identity: withoutClick }],
  ])('sends where %s', async (_when, given) => {
    const { report } = world(given);
    expect(await report(ordered())).toMatchObject({ kind: 'sent' });
  });

  it('names consent first: that counts more', async () => {
    const { report } = world({ identity: { ...withoutClick, consent: 'denied' }, settings });
    expect(await report(ordered())).toMatchObject({ kind: 'suppressed', reason: 'consent' });
  });

  it('gives way to an operator’s word', async () => {
    const { report } = world({ identity: withoutClick, settings });
    expect(await report(byOperator)).toMatchObject({ kind: 'sent' });
  });
});

describe('what was bought, and by whom', () => {
  const bought = [{ id: 'price_1', product: 'prod_1', name: 'Premium', quantity: 2, unitMinor: 1000 }];

  it('goes with the event, renamed by the settings of now', async () => {
    const { report, requests } = world({
      settings: { products: { price_1: { id: 'premium', category: 'Plans', predictedLtv: '89.50' } } },
    });
    await report(ordered({ bought }));
    expect(requests[0]?.body.data[0]?.properties).toEqual({
      content_type: 'product',
      value: 19.99,
      currency: 'USD',
      contents: [{ content_id: 'premium', content_name: 'Premium', content_category: 'Plans', quantity: 2, price: 10 }],
      content_ids: ['premium'],
      num_items: 2,
      predicted_ltv: 89.5,
      order_id: 'in_1',
      customer_type: 'new',
    });
  });

  it.each<[string, Partial<DeliveryRequest>, World, 'new' | 'returning']>([
    ['the claim was granted to this payment', {}, {}, 'new'],
    [
      'the claim says that another order came first',
      { claim: 'take_if_free' },
      { place: { granted: true, holder: elsewhere } },
      'returning',
    ],
    ['the workflow knows that this order came first', { claim: null, knownHolder: { ...here, moneyId: 'in_0' } }, {}, 'new'],
    ['the workflow knows that another order came first', { claim: null, knownHolder: elsewhere }, {}, 'returning'],
    ['nobody holds it', { claim: null }, {}, 'new'],
    ['the claim found another than the workflow knew', { claim: 'this_payment', knownHolder: elsewhere }, {}, 'new'],
  ])('customer_type, when %s', async (_when, more, given, expected) => {
    const { report, requests } = world(given);
    await report({ ...ordered(), ...more });
    expect(requests[0]?.body.data[0]?.properties).toMatchObject({ order_id: 'in_1', customer_type: expected });
  });
});

describe('the user’s first purchase', () => {
  it('that another purchase holds keeps this one back, and names it', async () => {
    const { report, did, rows, telemetry } = world({ place: { granted: false, holder: elsewhere } });
    expect(await report(ordered())).toEqual({ kind: 'suppressed', reason: 'limited', holder: elsewhere, attempts: 0 });
    expect(did).toEqual(['record pending', 'claim this_payment for in_1 by user_id', 'record suppressed']);
    expect(rows.at(-1)).toMatchObject({ reason: 'limited', heldBy: elsewhere });
    expect(telemetry.decided).toHaveLength(1);
  });

  it('is returned to the workflow also where it was granted although another holds it', async () => {
    const { report } = world({ place: { granted: true, holder: elsewhere } });
    expect(await report({ ...ordered(), claim: 'take_if_free' })).toMatchObject({ kind: 'sent', holder: elsewhere });
  });

  it('is asked for the payment alone, not for all that its record says', async () => {
    const { report, claimed } = world();
    await report(ordered());
    expect(claimed).toEqual([here]);
  });
});

describe('when nobody has to act', () => {
  const throttled: DeliveryOutcome = { kind: 'throttled', code: 40100, message: 'too many requests' };
  const unreachable: DeliveryOutcome = { kind: 'unreachable', code: null, message: 'network: ECONNREFUSED' };

  it.each([
    ['TikTokThrottled', throttled],
    ['TikTokUnreachable', unreachable],
  ])('%s is tried again, and the row keeps the error', async (type, outcome) => {
    const { report, errors, rows } = world({ outcomes: [outcome] });
    const failure = await failureOf(report(ordered()));
    expect(failure).toMatchObject({ type, nonRetryable: false, category: ApplicationFailureCategory.BENIGN });
    expect(errors).toEqual([{ type, code: 'code' in outcome ? outcome.code : null, message: failure.message }]);
    expect(rows.map(({ state }) => state)).toEqual(['pending']);
  });

  it('pauses grow from 1 s, ×2, to 5 min', async () => {
    const { report, clock } = world({ outcomes: [unreachable] });
    const pauses: unknown[] = [];
    for (let attempt = 1; attempt <= 12; attempt++) {
      pauses.push((await failureOf(report(ordered()))).nextRetryDelay);
      clock.nowMs += 1000;
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300].map((seconds) => seconds * 1000));
  });

  it.each([
    ['shorter than ours', 500, 500],
    ['longer than ours', 90_000, 90_000],
    ['5 minutes', 300_000, 300_000],
    ['more than 5 minutes', 300_001, 300_000],
  ])('a pause that TikTok names is kept: %s', async (_what, retryAfterMs, pause) => {
    const { report } = world({ outcomes: [{ ...throttled, retryAfterMs }] });
    expect((await failureOf(report(ordered()))).nextRetryDelay).toBe(pause);
  });

  it('it is sent as soon as TikTok takes it, with the same event id and time', async () => {
    const { report, requests, clock } = world({ outcomes: [unreachable, throttled, accepted] });
    await failureOf(report(ordered()));
    clock.nowMs += hour;
    await failureOf(report(ordered()));
    clock.nowMs += hour;
    expect(await report(ordered())).toMatchObject({ kind: 'sent', attempts: 3 });
    const events = requests.map(({ body }) => [body.data[0]?.event_id, body.data[0]?.event_time]);
    expect(new Set(events.map((event) => JSON.stringify(event))).size).toBe(1);
  });
});

describe('when somebody has to act', () => {
  const unauthorized: DeliveryOutcome = {
    kind: 'unauthorized',
    code: 40105,
    message: 'invalid access token',
    requestId: 'req_2',
  };
  const rejected: DeliveryOutcome = { kind: 'rejected', code: 40002, message: 'invalid value', requestId: 'req_3' };

  it.each([
    ['TikTokUnauthorized', 40105, unauthorized],
    ['TikTokRejected', 40002, rejected],
  ])('%s parks the purchase, with the reason as the failure’s only detail', async (type, code, outcome) => {
    const { report, rows, errors } = world({ outcomes: [outcome] });
    const failure = await failureOf(report(ordered()));
    const error = { type, code, message: failure.message };
    expect(failure).toMatchObject({ type, nonRetryable: true });
    expect(failure.details).toEqual([{ error, attempts: 1, holder: here }]);
    expect(rows.at(-1)).toMatchObject({ state: 'needs_attention', lastError: error, attempts: 1 });
    expect(errors).toEqual([]);
  });

  it.each<[string, Partial<Settings>, string]>([
    ['no pixel', { pixelCode: null }, 'no pixel code is set'],
    ['no token', { accessToken: null }, 'no access token is set'],
    ['neither', { pixelCode: null, accessToken: null }, 'no pixel code is set'],
  ])('%s is set: the operator sees which, and TikTok receives nothing', async (_what, settings, message) => {
    const { report, requests } = world({ settings });
    const failure = await failureOf(report(ordered()));
    expect(detailsOf(failure).error).toEqual({ type: 'TikTokUnauthorized', code: null, message });
    expect(requests).toEqual([]);
  });

  it('a corrected token helps what is sent again', async () => {
    const { report } = world({ outcomes: [unauthorized, accepted] });
    await failureOf(report(ordered()));
    expect(await report({ ...ordered(), byOperator: true })).toMatchObject({ kind: 'sent', attempts: 2 });
  });
});

describe('48 hours after the first attempt', () => {
  const unreachable: DeliveryOutcome = { kind: 'unreachable', code: null, message: 'no answer within 15 s' };

  it.each([
    ['to the millisecond: still tried', deliveryWindowMs, true],
    ['a millisecond later: not without an operator', deliveryWindowMs + 1, false],
  ])('%s', async (_when, ms, isTried) => {
    const { report, clock, requests } = world({ outcomes: [unreachable] });
    await failureOf(report(ordered()));
    clock.nowMs = t0 + ms;
    const failure = await failureOf(report(ordered()));
    expect(deliveryWindowMs).toBe(48 * hour);
    expect(requests.length).toBe(isTried ? 2 : 1);
    expect(failure.type).toBe(isTried ? 'TikTokUnreachable' : 'DeliveryExpired');
    expect(failure.nonRetryable ?? false).toBe(!isTried);
  });

  it('the purchase needs attention, and its place is kept', async () => {
    const { report, clock, rows, errors } = world({ outcomes: [unreachable] });
    await failureOf(report(ordered()));
    clock.nowMs = t0 + 49 * hour;
    const failure = await failureOf(report(ordered()));
    expect(detailsOf(failure)).toMatchObject({ error: { type: 'DeliveryExpired', code: null }, attempts: 2, holder: here });
    expect(rows.at(-1)).toMatchObject({ state: 'needs_attention', lastError: { type: 'DeliveryExpired' } });
    // What TikTok answered last is what the operator needs.
    expect(rows.at(-1)?.lastError?.message).toContain(errors.at(-1)!.message);
  });

  it('it is the first attempt that counts, not the last', async () => {
    const { report, clock, requests } = world({ outcomes: [unreachable] });
    for (const hours of [0, 24, 47, 49]) {
      clock.nowMs = t0 + hours * hour;
      await failureOf(report(ordered()));
    }
    expect(requests).toHaveLength(3);
  });

  it('an operator’s word opens the 48 hours anew, from when it was said', async () => {
    const { report, clock, requests } = world({ outcomes: [unreachable] });
    await failureOf(report(ordered()));
    clock.scheduledAtMs = t0 + 1000 * hour;
    clock.nowMs = clock.scheduledAtMs + 48 * hour;
    expect((await failureOf(report(byOperator))).type).toBe('TikTokUnreachable');
    clock.nowMs += 1;
    expect((await failureOf(report(byOperator))).type).toBe('DeliveryExpired');
    expect(requests).toHaveLength(2);
  });
});

describe('a purchase that TikTok has already', () => {
  it('is not sent again: an attempt whose end the workflow never received', async () => {
    const { report, requests, clock } = world();
    const first = await report(ordered());
    clock.nowMs += hour;
    expect(await report(ordered())).toEqual({ ...first, attempts: 2 });
    expect(requests).toHaveLength(1);
  });

  it('is sent again when an operator resends it', async () => {
    const { report, requests } = world();
    await report(ordered());
    await report(byOperator);
    expect(requests).toHaveLength(2);
  });

  it('is sent again when an operator resends it also when its workflow began anew, and counts revisions from one', async () => {
    const { report, requests, clock } = world();
    const order = ordered();
    await report({ ...order, record: { ...order.record, revision: 10 } });
    await report(order);
    expect(requests).toHaveLength(1);
    clock.nowMs += 1000;
    clock.scheduledAtMs = clock.nowMs;
    await report({ ...order, byOperator: true });
    expect(requests).toHaveLength(2);
  });

  it('is requests once by one word of an operator, also when the end of that attempt was not heard', async () => {
    const { report, requests, clock } = world();
    clock.scheduledAtMs = clock.nowMs;
    const order = { ...ordered(), byOperator: true };
    const first = await report(order);
    expect(await report(order)).toMatchObject({ kind: 'sent', requestId: first.kind === 'sent' ? first.requestId : '' });
    expect(requests).toHaveLength(1);
  });

  it('keeps to itself the currency that was dropped, also when the end of the attempt was not heard', async () => {
    const { report } = world();
    const order = ordered();
    const rare = { ...order, record: { ...order.record, value: { amountMinor: 1999, currency: 'UYU' } } };
    expect(await report(rare)).toMatchObject({ droppedCurrency: 'UYU' });
    expect(await report(rare)).toMatchObject({ droppedCurrency: 'UYU' });
  });
});

describe('no secret and no person', () => {
  const outcomes: readonly DeliveryOutcome[] = [
    accepted,
    { kind: 'throttled', code: 40100, message: 'slow down' },
    { kind: 'unreachable', code: null, message: 'network: ECONNRESET' },
    { kind: 'unauthorized', code: 40105, message: 'invalid token', requestId: null },
    { kind: 'rejected', code: 40002, message: 'bad body', requestId: null },
  ];

  it.each(outcomes)('is in a result, failure, row or log line: $kind', async (outcome) => {
    const { report, rows, errors, telemetry } = world({ outcomes: [outcome] });
    const end: unknown = await report(ordered()).catch((error: ApplicationFailure) => [error.message, error.type, error.details]);
    const said = JSON.stringify([end, rows, errors, telemetry]);
    expect(said).toContain('in_1'); // it says something
    for (const secret of [accessToken, emailSha256, 'E.C.P.click', '203.0.113.7', userKey.hmac])
      expect(said).not.toContain(secret);
  });
});

describe('when the database is out of reach', () => {
  it('the report is tried again by Temporal: the error is thrown on as it is', async () => {
    const { report } = world();
    const broken = new Error('connection refused');
    const down = createReportPurchase({
      settings: () => Promise.reject(broken),
    } as unknown as ReportPurchaseDeps); // it gets no further
    await expect(down({ integration: 'default', ...ordered() })).rejects.toBe(broken);
    await expect(report(ordered())).resolves.toMatchObject({ kind: 'sent' });
  });
});

/** Orders whose events FunnelFox Billing sends with holes, or not at all. */
import type { ToldEvent } from '../../support/order-cases';
import { itComesTo, percentOfTrials } from '../../support/order-cases';

const hour = 3_600_000;
const day = 24 * hour;
const start = Date.UTC(2026, 8, 21, 9);
const trialEnd = start + 7 * day;
const nextEnd = trialEnd + 30 * day;
/** FunnelFox charges two hours before a period ends. */
const early = 2 * hour;
const text = (ms: number): string => new Date(ms).toISOString().replace('Z', '123');

type Fields = Readonly<Record<string, unknown>>;

function order(id: string, at: number, amount: string, change: Fields = {}): ToldEvent {
  const of = { order_id: id, amount, currency_code: 'USD', subs_id: 'sub_1', created_at: text(at - 2000), ...change };
  const body = { event_timestamp: text(at), event_type: 'order', subtype: 'settled', user: { external_id: 'u1' }, order: of };
  return { atMs: at, body };
}

interface Period {
  readonly from?: number;
  readonly to?: number;
  readonly intro?: string | null;
  readonly change?: Fields;
}

function state(
  subtype: string,
  at: number,
  { from = start, to = trialEnd, intro = 'paid_trial', change }: Period = {},
): ToldEvent {
  const subscription = {
    subs_id: 'sub_1',
    started_at: text(start),
    current_period_starts_at: text(from),
    current_period_ends_at: text(to),
    next_check_at: text(to - early),
    price_point: { ident: 'pp_1', intro_type: intro, next_price: '9.99', currency: { code: 'USD' } },
    ...change,
  };
  const body = { event_timestamp: text(at), event_type: 'subscription', subtype, user: { external_id: 'u1' }, subscription };
  return { atMs: at + 1000, body };
}

const begins = (period: Period = {}): ToldEvent => state('starting_trial', start, period);
const converts = (period: Period = {}): ToldEvent =>
  state('convertion', trialEnd - early, { from: trialEnd, to: nextEnd, ...period });
const first = (change?: Fields): ToldEvent => order('o1', start, '1.00', change);
const second = (change?: Fields): ToldEvent => order('o2', trialEnd - early, '9.99', change);
const third = (change?: Fields): ToldEvent => order('o3', nextEnd - early, '9.99', change);

describe('a trial of FunnelFox', () => {
  const right = { o1: 'trial_start 100', o2: 'conversion 999', o3: 'renewal 999' };
  const unchecked = { change: { next_check_at: null } };

  itComesTo('funnelfox', 'is over when its conversion is told, also where no event says when it is charged', {
    events: [first(), begins(unchecked), second(), converts(unchecked), third()],
    right,
  });

  // A price point with a trial has both prices, whichever the map calls it.
  for (const role of ['regular', 'trial'] as const)
    itComesTo('funnelfox', `whose price point has the role ${role}, which its orders repeat`, {
      events: [first, second].flatMap((paid, nth) => [
        paid({ price_point: { ident: 'pp_1', intro_type: 'paid_trial' } }),
        nth === 0 ? begins() : converts(),
      ]),
      right: { o1: 'trial_start 100', o2: 'conversion 999' },
      prices: { pp_1: role },
    });

  itComesTo('funnelfox', 'of a kind that is not said was paid, where an order says so', {
    events: [first(), begins({ intro: null }), second(), converts({ intro: null })],
    right: { o1: 'trial_start 100', o2: 'conversion 999' },
  });

  itComesTo('funnelfox', 'of a kind that is not said was free, where no order came', {
    events: [begins({ intro: null }), second(), converts({ intro: null })],
    right: { 'sub_1:trial': 'trial_start 0', o2: 'conversion 999' },
  });

  itComesTo('funnelfox', 'has the regular price that its start tells, which its order does not', {
    events: [first(), begins()],
    right: { o1: 'trial_start 999' },
    settings: percentOfTrials,
  });

  itComesTo('funnelfox', 'whose subscription has a number', {
    events: [
      first({ subs_id: 7 }),
      begins({ change: { subs_id: 7 } }),
      second({ subs_id: 7, currency: {} }),
      converts({ change: { subs_id: 7 } }),
    ],
    right: { o1: 'trial_start 100', o2: 'conversion 999' },
  });
});

itComesTo('funnelfox', 'a first period whose intro is not said began with a conversion', {
  events: [
    order('o1', start, '9.99'),
    state('renewing', start, { to: start + 30 * day, intro: null }),
    order('o2', start + 30 * day - early, '9.99'),
  ],
  right: { o1: 'conversion 999', o2: 'renewal 999' },
});

itComesTo('funnelfox', 'iterations that are texts are counted, too', {
  events: [
    order('o1', start, '9.99'),
    state('renewing', start, { intro: 'no_intro', change: { iteration: '1', current_period_starts_at: null } }),
  ],
  right: { o1: 'conversion 999' },
});

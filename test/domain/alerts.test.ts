import { type AlertKind, type AlertNumbers, dueAlerts } from '../../src/domain/alerts';
import { dayMs, hourMs, minuteMs } from '../../src/domain/duration';

const nowMs = Date.UTC(2026, 10, 22, 12);
const quiet: AlertNumbers = {
  nowMs,
  isPaused: false,
  needsAttention: [],
  waitingSinceMs: null,
  webhooks: [],
  countDifferences: [],
  yesterday: { charged: 0, coverage: null },
  refusedSignatures: [],
  pageRefusals: { count: 0, lastAtMs: 0 },
  refusedSignIns: { count: 0, lastAtMs: 0 },
};

function due(numbers: Partial<AlertNumbers>, ...open: AlertKind[]): readonly string[] {
  return dueAlerts({ ...quiet, ...numbers }, ({ kind }) => open.includes(kind)).map(({ kind, subject }) =>
    subject === '' ? kind : `${kind} ${subject}`,
  );
}

it('nothing is due where nothing is wrong', () => {
  expect(due({})).toEqual([]);
});

describe('purchases that need attention', () => {
  it('are one alert for each error, in words', () => {
    const needsAttention = [
      { errorType: 'TikTokUnauthorized', count: 3 },
      { errorType: 'SomethingNew', count: 1 },
      { errorType: 'DeliveryExpired', count: 0 },
    ];
    expect(due({ needsAttention })).toEqual(['needs_attention TikTokUnauthorized', 'needs_attention SomethingNew']);
    expect(dueAlerts({ ...quiet, needsAttention }, () => false).map(({ message }) => message)).toEqual([
      '3 purchases need attention: TikTok refuses the access token or the pixel',
      '1 purchase needs attention: SomethingNew',
    ]);
  });
});

describe('a backlog', () => {
  it.each([
    ['of an hour and a minute', 61, [], ['backlog_age']],
    ['of 59 minutes', 59, [], []],
    ['of 59 minutes, once told', 59, ['backlog_age'], ['backlog_age']],
    ['of 29 minutes, once told', 29, ['backlog_age'], []],
  ] as const)('%s', (_, minutes, open, wanted) => {
    expect(due({ waitingSinceMs: nowMs - minutes * minuteMs }, ...open)).toEqual(wanted);
  });

  it('is what was asked for while sends are paused', () => {
    expect(due({ waitingSinceMs: nowMs - dayMs, isPaused: true })).toEqual([]);
  });
});

describe('a provider', () => {
  /** Webhooks each so many hours, up to `silentHours` ago. */
  const heard = (everyHours: number, silentHours: number, days = 14): AlertNumbers['webhooks'] => {
    const count = Math.floor((days * 24) / everyHours);
    const atMs = Array.from({ length: count }, (_, index) => nowMs - (silentHours + (count - 1 - index) * everyHours) * hourMs);
    return [{ psp: 'stripe', atMs }];
  };

  it.each([
    ['that comes each hour and is silent for 23', 1, 23, []],
    ['that comes each hour and is silent for 25', 1, 25, ['provider_silent stripe']],
    ['that comes each 8 hours and is silent for 31', 8, 31, []],
    ['that comes each 8 hours and is silent for 33', 8, 33, ['provider_silent stripe']],
    ['that comes twice a day and is silent for two days', 12, 48, []],
    ['that came regularly, two weeks ago', 1, 15 * 24, ['provider_silent stripe']],
  ] as const)('%s', (_, everyHours, silentHours, wanted) => {
    expect(due({ webhooks: heard(everyHours, silentHours) })).toEqual(wanted);
  });

  it('that never came regularly is not missed', () => {
    expect(due({ webhooks: [{ psp: 'stripe', atMs: [] }] })).toEqual([]);
    expect(due({ webhooks: heard(48, 20 * 24) })).toEqual([]);
    expect(due({ webhooks: heard(1, 3 * 24, 2) })).toEqual([]);
  });

  it('that had a long gap lately may have another', () => {
    const [{ atMs } = { atMs: [] }] = heard(1, 30);
    const gap = atMs.filter((each) => each < nowMs - 5 * dayMs || each > nowMs - 3 * dayMs);
    expect(due({ webhooks: [{ psp: 'stripe', atMs: gap }] })).toEqual([]);
  });
});

describe('yesterday’s coverage', () => {
  it.each([
    [100, 0.979, ['coverage']],
    [100, 0.98, []],
    [49, 0.5, []],
    [0, null, []],
  ] as const)('of %d payments at %s', (charged, coverage, wanted) => {
    expect(due({ yesterday: { charged, coverage } })).toEqual(wanted);
  });

  it('is not said to be better than it is', () => {
    const yesterday = { charged: 1000, coverage: 0.97999 };
    expect(dueAlerts({ ...quiet, yesterday }, () => false)[0]?.message).toContain('97.9 %');
  });
});

describe('refused signatures', () => {
  it.each([
    [11, 59, ['refused_signatures stripe']],
    [10, 1, []],
    [11, 61, []],
  ] as const)('%d today, the last one %d minutes ago', (count, minutes, wanted) => {
    expect(due({ refusedSignatures: [{ psp: 'stripe', count, lastAtMs: nowMs - minutes * minuteMs }] })).toEqual(wanted);
  });
});

describe('refusals by pages without proof', () => {
  it.each([
    [101, 59, ['page_refusals']],
    [100, 1, []],
    [101, 61, []],
  ] as const)('%d today, the last one %d minutes ago', (count, minutes, wanted) => {
    expect(due({ pageRefusals: { count, lastAtMs: nowMs - minutes * minuteMs } })).toEqual(wanted);
  });
});

describe('refused sign-ins', () => {
  it.each([
    [51, 59, ['refused_sign_ins']],
    [50, 1, []],
    [51, 61, []],
  ] as const)('%d today, the last one %d minutes ago', (count, minutes, wanted) => {
    expect(due({ refusedSignIns: { count, lastAtMs: nowMs - minutes * minuteMs } })).toEqual(wanted);
  });
});

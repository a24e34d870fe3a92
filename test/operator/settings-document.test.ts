import { presets } from '../../src/domain/policy';
import type { Settings } from '../../src/domain/settings';
import { defaultSettings } from '../../src/domain/settings';
import { applyMergePatch, settingsView } from '../../src/operator/settings-document';

const settings: Settings = { ...defaultSettings, version: 3, pixelCode: 'C4A1B2C3D4E5F6G7H8I9', accessToken: 'secret-token' };

/** As it comes over the wire: `__proto__` is then a member like any other. */
function patched(json: string | object, { liveMode = false, base = settings } = {}) {
  return applyMergePatch(base, JSON.parse(typeof json === 'string' ? json : JSON.stringify(json)), { liveMode });
}

function accepted(json: string | object, options?: Parameters<typeof patched>[1]) {
  const outcome = patched(json, options);
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.errors));
  return outcome;
}

const renewal = (cell: unknown) => ({ policy: { subscription: { renewal: cell } } });
const at = 'policy.subscription.renewal';

describe('the document', () => {
  it('is the one of interface.md, members in its order', () => {
    expect(JSON.stringify(settingsView(defaultSettings))).toBe(
      JSON.stringify({
        version: 1,
        pixelCode: null,
        accessToken: { present: false },
        testEventCode: null,
        eventName: 'CompletePayment',
        limitPurchaseEvents: false,
        limitFreeTrials: 'always',
        policy: {
          subscription: { conversion: { send: true }, renewal: { send: true } },
          free_trial: { trial_start: { send: true }, conversion: { send: true }, renewal: { send: true } },
          paid_trial: { trial_start: { send: true }, conversion: { send: true }, renewal: { send: true } },
          lifetime: { conversion: { send: true } },
        },
        sendZeroValue: false,
        maxEventAgeHours: 168,
        attributedOnly: false,
        requireUserToken: false,
        products: {},
        consent: { denied: 'do_not_send', unknown: 'send' },
        prices: {},
        countTolerancePercent: 2,
        paused: false,
      }),
    );
  });

  it('says of the token only whether there is one', () => {
    expect(settingsView(settings).accessToken).toEqual({ present: true });
    expect(JSON.stringify(settingsView(settings))).not.toContain('secret-token');
  });

  it('sent back as it was read changes nothing', () => {
    expect(accepted(settingsView(settings))).toEqual({ ok: true, settings, changedFields: [] });
  });
});

describe('a patch that is taken', () => {
  it.each([
    ['a flag', { limitPurchaseEvents: true }, { limitPurchaseEvents: true }, ['limitPurchaseEvents']],
    ['the pixel', { pixelCode: 'C0NEWNEWNEWNEWNEWNEW' }, { pixelCode: 'C0NEWNEWNEWNEWNEWNEW' }, ['pixelCode']],
    ['null removes the pixel', { pixelCode: null }, { pixelCode: null }, ['pixelCode']],
    ['a test code', { testEventCode: 'TEST12345' }, { testEventCode: 'TEST12345' }, ['testEventCode']],
    ['no test code where there is none', { testEventCode: null }, {}, []],
    ['a token is trimmed', { accessToken: ' t0ken\n' }, { accessToken: 't0ken' }, ['accessToken']],
    ['null removes the token', { accessToken: null }, { accessToken: null }, ['accessToken']],
    ['the same token', { accessToken: 'secret-token' }, {}, []],
    ['the current version', { version: 3 }, {}, []],
    ['the other event name', { eventName: 'Purchase' }, { eventName: 'Purchase' }, ['eventName']],
    [
      'one half of consent leaves the other',
      { consent: { unknown: 'limited_data_use' } },
      { consent: { denied: 'do_not_send', unknown: 'limited_data_use' } },
      ['consent.unknown'],
    ],
    ['the shortest age', { maxEventAgeHours: 1 }, { maxEventAgeHours: 1 }, ['maxEventAgeHours']],
    ['the longest age', { maxEventAgeHours: 8760 }, { maxEventAgeHours: 8760 }, ['maxEventAgeHours']],
    [
      'roles of prices',
      { prices: { price_1: 'trial', constructor: 'ignore' } },
      { prices: { price_1: 'trial', constructor: 'ignore' } },
      ['prices'],
    ],
    ['nothing', {}, {}, []],
  ])('%s', (_rule, patch, difference, changedFields) => {
    expect(accepted(patch)).toEqual({ ok: true, settings: { ...settings, ...difference }, changedFields });
  });

  it.each([
    [{ send: false }],
    [{ send: true, eventName: 'RecurringSubscriptionPayment' }],
    [{ send: true, eventName: 'My event 2' }],
    [{ send: true, value: { mode: 'charged' } }],
    [{ send: true, value: { mode: 'net' } }],
    [{ send: true, value: { mode: 'percent', percent: 30 } }],
    [{ send: true, value: { mode: 'percent', percent: 0.0001 } }],
    [{ send: true, value: { mode: 'percent', percent: 1000 } }],
    [{ send: true, value: { mode: 'fixed', amount: '9.99', currency: 'USD' } }],
    [{ send: true, value: { mode: 'fixed', amount: '0', currency: 'JPY' } }],
    [{ send: true, value: { mode: 'fixed', amount: '5.125', currency: 'KWD' } }],
    [{ send: true, value: { mode: 'zero' } }],
    [{ send: true, value: { mode: 'omit' } }],
  ])('the cell %j, beside which all others stay as they are', (cell) => {
    const { settings: next } = accepted(renewal(cell));
    expect(next.policy).toEqual({ ...settings.policy, subscription: { conversion: { send: true }, renewal: cell } });
  });

  it('names each changed setting by its path, without its value', () => {
    const patch = { ...renewal({ send: false, value: { mode: 'fixed', amount: '9.99', currency: 'USD' } }), accessToken: 'x' };
    expect(accepted(patch).changedFields).toEqual([`${at}.send`, `${at}.value`, 'accessToken']);
  });

  it('null takes the event name and the value mode out of a cell', () => {
    const base = accepted(renewal({ eventName: 'Subscribe', value: { mode: 'zero' } })).settings;
    expect(accepted(renewal({ eventName: null, value: null }), { base }).settings.policy).toEqual(presets.default.policy);
  });

  it('another value mode comes without the fields of the former one', () => {
    const base = accepted(renewal({ value: { mode: 'fixed', amount: '9.99', currency: 'USD' } })).settings;
    const { settings: next } = accepted(renewal({ value: { mode: 'percent', percent: 30 } }), { base });
    expect(next.policy.subscription.renewal).toEqual({ send: true, value: { mode: 'percent', percent: 30 } });
  });

  it('the same value mode keeps the fields that the patch does not name', () => {
    const base = accepted(renewal({ value: { mode: 'fixed', amount: '9.99', currency: 'USD' } })).settings;
    const { settings: next } = accepted(renewal({ value: { amount: '12.00' } }), { base });
    expect(next.policy.subscription.renewal.value).toEqual({ mode: 'fixed', amount: '12.00', currency: 'USD' });
  });

  it('null takes a price out of the map, and one that is not there is no error', () => {
    const base = { ...settings, prices: { price_1: 'trial', price_2: 'regular' } as const };
    expect(accepted({ prices: { price_1: null, price_3: null } }, { base }).settings.prices).toEqual({ price_2: 'regular' });
  });

  it.each(Object.entries(presets))('the preset %s', (_name, { policy }) => {
    expect(accepted({ policy }).settings.policy).toEqual(policy);
  });

  it('what the environment brought, by rules of its own, is not in the way of pausing', () => {
    const base = { ...settings, pixelCode: 'MY-PIXEL', testEventCode: 'TEST1' };
    expect(accepted({ paused: true }, { base, liveMode: true }).changedFields).toEqual(['paused']);
    expect(patched({ pixelCode: 'MY-PIXEL-2' }, { base }).ok).toBe(false);
  });

  it('leaves the settings that it was given alone', () => {
    const before = structuredClone(settings);
    accepted({ ...renewal({ send: false }), prices: { p: 'trial' }, accessToken: null });
    expect(settings).toEqual(before);
  });
});

const token = 'must not be empty, and without spaces and control characters';
const pixel = 'must be a pixel code: 6 to 64 letters and digits, as the Events Manager shows it';
const required = 'is required: it cannot be removed or left out';
const hours = 'must be a whole number of hours from 1 to 8760 (a year)';
const eventName = 'must be an event name: up to 50 letters, digits, underscores and inner spaces';
const percent = 'must be a number above 0, up to 1000';
const amount = 'must be a decimal string such as "9.99", not negative';
const consent = 'must be one of send, limited_data_use, without_identity, do_not_send';
const roles = 'must be one of trial, regular, lifetime, ignore';
const modes = 'must be one of charged, net, percent, fixed, zero, omit';
const fixed = (more: object) => renewal({ value: { mode: 'fixed', amount: '9.99', currency: 'USD', ...more } });

describe('a patch that is refused, with the path of what is wrong', () => {
  it.each<[string | object, string, string]>([
    ['null', '', 'must be a JSON object: a merge patch'],
    ['[]', '', 'must be a JSON object: a merge patch'],
    ['"paused"', '', 'must be a JSON object: a merge patch'],
    [{ pased: true }, 'pased', 'is not a known setting'],
    ['{"__proto__": {"paused": true}}', '__proto__', 'is not a known setting'],
    ['{"constructor": {"prototype": {}}}', 'constructor', 'is not a known setting'],
    [{ version: 2 }, 'version', 'is read-only, and now 3'],
    [{ version: '3' }, 'version', 'is read-only, and now 3'],
    [{ version: null }, 'version', 'is read-only, and now 3'],
    [{ accessToken: '' }, 'accessToken', token],
    [{ accessToken: '   ' }, 'accessToken', token],
    [{ accessToken: 'a b' }, 'accessToken', token],
    [{ accessToken: 'a\nb' }, 'accessToken', token],
    [{ accessToken: 'a\u0000b' }, 'accessToken', token],
    [{ accessToken: 'tökén' }, 'accessToken', token],
    [{ accessToken: 'x'.repeat(1001) }, 'accessToken', 'must have at most 1000 characters'],
    [{ accessToken: 5 }, 'accessToken', 'must be a string, or null to remove it'],
    [{ accessToken: { present: false } }, 'accessToken', 'must be a string, or null to remove it'],
    [{ accessToken: { present: true, value: 'x' } }, 'accessToken', 'must be a string, or null to remove it'],
    [{ pixelCode: '' }, 'pixelCode', pixel],
    [{ pixelCode: 'not a pixel' }, 'pixelCode', pixel],
    [{ pixelCode: 'C4A1B2C3D4E5F6G7H8I9\n' }, 'pixelCode', pixel],
    [{ pixelCode: '"C4A1B2C3D4E5"' }, 'pixelCode', pixel],
    [{ pixelCode: 'https://ads.tiktok.com/C4A1B2C3D4E5' }, 'pixelCode', pixel],
    [{ pixelCode: 'abc' }, 'pixelCode', pixel],
    [{ pixelCode: 12345678 }, 'pixelCode', 'must be a string'],
    [{ testEventCode: 'TEST 1' }, 'testEventCode', 'must be a test event code: letters and digits'],
    [{ testEventCode: '' }, 'testEventCode', 'must be a test event code: letters and digits'],
    [{ eventName: 'Subscribe' }, 'eventName', 'must be one of CompletePayment, Purchase'],
    [{ eventName: null }, 'eventName', required],
    [{ limitPurchaseEvents: 'true' }, 'limitPurchaseEvents', 'must be true or false'],
    [{ limitPurchaseEvents: null }, 'limitPurchaseEvents', required],
    [{ limitFreeTrials: 'never' }, 'limitFreeTrials', 'must be one of always, first_order'],
    [{ sendZeroValue: 0 }, 'sendZeroValue', 'must be true or false'],
    [{ paused: 1 }, 'paused', 'must be true or false'],
    [{ maxEventAgeHours: -1 }, 'maxEventAgeHours', hours],
    [{ maxEventAgeHours: 0 }, 'maxEventAgeHours', hours],
    [{ maxEventAgeHours: 8761 }, 'maxEventAgeHours', hours],
    [{ maxEventAgeHours: 1.5 }, 'maxEventAgeHours', hours],
    ['{"maxEventAgeHours": 1e400}', 'maxEventAgeHours', hours],
    [{ maxEventAgeHours: '168' }, 'maxEventAgeHours', hours],
    [{ maxEventAgeHours: null }, 'maxEventAgeHours', required],
    [{ consent: { denied: 'sell' } }, 'consent.denied', consent],
    [{ consent: { unknown: null } }, 'consent.unknown', required],
    [{ consent: { granted: 'send' } }, 'consent.granted', 'is not a known setting'],
    [{ consent: 'send' }, 'consent', 'must be an object'],
    [{ prices: { price_1: 'main' } }, 'prices.price_1', roles],
    [{ prices: { price_1: true } }, 'prices.price_1', roles],
    [{ prices: { 'p\ud83d': 'trial' } }, 'prices.p\ud83d', 'must be a price or plan id of 1 to 255 characters'],
    [{ prices: { '': 'trial' } }, 'prices.', 'must be a price or plan id of 1 to 255 characters'],
    [
      { prices: { ['p'.repeat(256)]: 'trial' } },
      `prices.${'p'.repeat(255)}…`,
      'must be a price or plan id of 1 to 255 characters',
    ],
    ['{"prices": {"__proto__": "trial"}}', 'prices.__proto__', 'is not a price or plan id'],
    [{ prices: ['price_1'] }, 'prices', 'must be an object'],
    [{ prices: null }, 'prices', required],
    [{ policy: null }, 'policy', required],
    [{ policy: { one_off: { conversion: { send: true } } } }, 'policy.one_off', 'is not a purchase type of the policy table'],
    [{ policy: { lifetime: null } }, 'policy.lifetime', required],
    [{ policy: { lifetime: { renewal: { send: true } } } }, 'policy.lifetime.renewal', 'is not a cell of the policy table'],
    [
      { policy: { subscription: { trial_start: { send: true } } } },
      'policy.subscription.trial_start',
      'is not a cell of the policy table',
    ],
    [
      '{"policy": {"subscription": {"__proto__": {"send": true}}}}',
      'policy.subscription.__proto__',
      'is not a cell of the policy table',
    ],
    [renewal(null), at, required],
    [renewal(true), at, 'must be an object'],
    [renewal([]), at, 'must be an object'],
    [renewal({ send: null }), `${at}.send`, required],
    [renewal({ send: 'no' }), `${at}.send`, 'must be true or false'],
    [renewal({ sent: false }), `${at}.sent`, 'is not a known setting'],
    [renewal({ eventName: '' }), `${at}.eventName`, eventName],
    [renewal({ eventName: ' ' }), `${at}.eventName`, eventName],
    [renewal({ eventName: 'Subscribe ' }), `${at}.eventName`, eventName],
    [renewal({ eventName: 'Buy!' }), `${at}.eventName`, eventName],
    [renewal({ eventName: 'x'.repeat(51) }), `${at}.eventName`, eventName],
    [renewal({ eventName: 7 }), `${at}.eventName`, 'must be a string'],
    [renewal({ value: 'zero' }), `${at}.value`, 'must be an object such as {"mode": "charged"}'],
    [renewal({ value: {} }), `${at}.value.mode`, modes],
    [renewal({ value: { mode: 'gross' } }), `${at}.value.mode`, modes],
    [renewal({ value: { mode: 'zero', percent: 5 } }), `${at}.value.percent`, 'is not a known setting'],
    [renewal({ value: { mode: 'percent' } }), `${at}.value.percent`, required],
    [renewal({ value: { mode: 'percent', percent: 0 } }), `${at}.value.percent`, percent],
    [renewal({ value: { mode: 'percent', percent: -5 } }), `${at}.value.percent`, percent],
    [renewal({ value: { mode: 'percent', percent: 1000.1 } }), `${at}.value.percent`, percent],
    [renewal({ value: { mode: 'percent', percent: '30' } }), `${at}.value.percent`, percent],
    [fixed({ amount: null }), `${at}.value.amount`, required],
    [fixed({ amount: '-1' }), `${at}.value.amount`, amount],
    [fixed({ amount: '9,99' }), `${at}.value.amount`, amount],
    [fixed({ amount: '' }), `${at}.value.amount`, amount],
    [fixed({ amount: 9.99 }), `${at}.value.amount`, amount],
    [fixed({ amount: '1e3' }), `${at}.value.amount`, amount],
    [
      fixed({ amount: '9.999' }),
      `${at}.value.amount`,
      'must have no more decimals than its currency, and be smaller than 2^53 of its smallest unit',
    ],
    [
      fixed({ amount: '9.99', currency: 'JPY' }),
      `${at}.value.amount`,
      'must have no more decimals than its currency, and be smaller than 2^53 of its smallest unit',
    ],
    [
      fixed({ amount: '9'.repeat(20) }),
      `${at}.value.amount`,
      'must have no more decimals than its currency, and be smaller than 2^53 of its smallest unit',
    ],
    [fixed({ currency: 'XYZ' }), `${at}.value.currency`, 'must be an ISO 4217 currency code such as USD'],
    [fixed({ currency: 'usd' }), `${at}.value.currency`, 'must be an ISO 4217 currency code such as USD'],
    [fixed({ currency: 'GEL' }), `${at}.value.currency`, 'GEL is not a currency that TikTok lists'],
    [fixed({ currency: null }), `${at}.value.currency`, required],
  ])('%j: %s', (patch, path, message) => {
    expect(patched(patch)).toEqual({ ok: false, errors: [{ path, message }] });
  });

  it('a test event code in production mode; removing one is taken', () => {
    expect(patched({ testEventCode: 'TEST1' }, { liveMode: true })).toEqual({
      ok: false,
      errors: [
        {
          path: 'testEventCode',
          message: 'must be null in production mode (LIVE_MODE): purchases would go to the test view only',
        },
      ],
    });
    const base = { ...settings, testEventCode: 'TEST1' };
    expect(accepted({ testEventCode: null }, { liveMode: true, base }).settings.testEventCode).toBeNull();
  });

  it('everything that is wrong is told at once', () => {
    const outcome = patched({
      version: 9,
      accessToken: '',
      pixelCode: 'a b',
      nonsense: 1,
      prices: { p: 'x' },
      maxEventAgeHours: -1,
      policy: {
        subscription: { renewal: { send: 'no', value: { mode: 'fixed', amount: '1.234', currency: 'USD', extra: 1 } } },
        lifetime: { renewal: {}, conversion: { send: null } },
      },
    });
    expect(outcome.ok ? [] : outcome.errors.map(({ path }) => path).sort()).toEqual([
      'accessToken',
      'maxEventAgeHours',
      'nonsense',
      'pixelCode',
      'policy.lifetime.conversion.send',
      'policy.lifetime.renewal',
      `${at}.send`,
      `${at}.value.amount`,
      `${at}.value.extra`,
      'prices.p',
      'version',
    ]);
  });

  it('no name of a patch reaches a prototype', () => {
    patched(
      '{"__proto__": {"polluted": true}, "prices": {"__proto__": {"polluted": true}}, "constructor": {"prototype": {"polluted": true}}}',
    );
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('a body that is nested without end is refused like any other', () => {
    expect(patched('{"a":'.repeat(50_000) + '1' + '}'.repeat(50_000)).ok).toBe(false);
    expect(patched(`{"prices": ${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}}`).ok).toBe(false);
  });
});

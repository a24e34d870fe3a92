import { decidingSettings, defaultSettings } from '../../src/domain/settings';

describe('the settings that travel with a fact', () => {
  const settings = { ...defaultSettings, pixelCode: 'C0PIXEL', accessToken: 'tok_secret', testEventCode: 'TEST1', version: 7 };

  it('are those that decide, and no secret', () => {
    expect(decidingSettings(settings)).toEqual({
      version: 7,
      eventName: 'CompletePayment',
      maxEventAgeHours: 168,
      limitPurchaseEvents: false,
      limitFreeTrials: 'always',
      policy: defaultSettings.policy,
      sendZeroValue: false,
    });
    expect(JSON.stringify(decidingSettings(settings))).not.toMatch(/tok_secret|C0PIXEL|TEST1/);
  });

  it('are plain JSON', () => {
    expect(JSON.parse(JSON.stringify(decidingSettings(settings)))).toStrictEqual(decidingSettings(settings));
  });
});

describe('the settings before any change', () => {
  it('are the documented ones (interface.md)', () => {
    const { policy, ...rest } = defaultSettings;
    expect(rest).toEqual({
      version: 1,
      pixelCode: null,
      accessToken: null,
      testEventCode: null,
      eventName: 'CompletePayment',
      limitPurchaseEvents: false,
      limitFreeTrials: 'always',
      sendZeroValue: false,
      maxEventAgeHours: 168,
      attributedOnly: false,
      requireUserToken: false,
      products: {},
      consent: { denied: 'do_not_send', unknown: 'send' },
      prices: {},
      countTolerancePercent: 2,
      paused: false,
    });
    expect(policy).toEqual({
      subscription: { conversion: { send: true }, renewal: { send: true } },
      free_trial: { trial_start: { send: true }, conversion: { send: true }, renewal: { send: true } },
      paid_trial: { trial_start: { send: true }, conversion: { send: true }, renewal: { send: true } },
      lifetime: { conversion: { send: true } },
    });
  });
});

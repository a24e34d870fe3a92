import { startWarnings, weakSecretWarnings } from '../../src/app/start-warnings';
import { defaultSettings, type Settings } from '../../src/domain/settings';

const web = {
  ...{ host: '127.0.0.1', port: 3000, publicUrl: null, allowedOrigins: null, trustProxy: 0 },
  ...{ collectPerMinute: 300, cookieDomain: null, drainMs: 0 },
};
const config = { kind: 'all', tiktokApiUrl: null, isProduction: false, liveMode: false, web } as const;
const one = (settings: Partial<Settings>) => [{ id: 'default', settings: { ...defaultSettings, ...settings } }];

it.each([
  ['a first start', config, {}, []],
  [
    'a pixel without its token',
    config,
    { pixelCode: 'C4A' },
    [/^TIKTOK_ACCESS_TOKEN: is not set, and a pixel is.*example: TIKTOK_ACCESS_TOKEN=/],
  ],
  ['a token without a pixel', config, { accessToken: 't' }, [/^TIKTOK_PIXEL_CODE: is not set, and an access token is.*sandbox/]],
  ['both', config, { pixelCode: 'C4A', accessToken: 't' }, []],
  [
    'no pixel in production',
    { ...config, isProduction: true },
    {},
    [/^TIKTOK_PIXEL_CODE.*NODE_ENV is production.*TikTok hears of none/],
  ],
  ['a stand-in of one’s own in production', { ...config, isProduction: true, tiktokApiUrl: 'http://tiktok.test' }, {}, []],
  [
    'web and worker apart',
    { ...config, kind: 'worker' as const },
    {},
    [/^PUBLIC_URL: is not set/, /built-in sandbox is in each web process/],
  ],
])('%s', (_what, given, settings, expected) => {
  const warnings = startWarnings(given, one(settings));
  expect(warnings).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
});

it('names the integration where there are several', () => {
  const warnings = startWarnings(config, [...one({ pixelCode: 'C4A' }), { id: 'shop', settings: defaultSettings }]);
  expect(warnings).toEqual([expect.stringMatching(/^default: TIKTOK_ACCESS_TOKEN/)]);
});

it('tells of weak secrets that were entered before they were refused', () => {
  const entered = { integration: 'default', psp: 'paddle', kind: 'webhook' };
  expect(
    weakSecretWarnings([
      { ...entered, secret: 'paddle' },
      { ...entered, secret: ['pdl', 'ntfset', '01gkpjp8bkm3tm53kdgkx6sms7', '6h3qd3uFSi9YCD3OLYAShQI9'].join('_') },
      { ...entered, secret: null },
      { ...entered, kind: 'api', secret: 'x' },
      { ...entered, psp: 'paypal', secret: '1JE4291016473214C' },
    ]),
  ).toEqual([expect.stringMatching(/^a webhook secret of Paddle \(default\).* is weak/)]);
});

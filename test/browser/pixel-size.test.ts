/** The budget of `/pixel.js`, and what the server puts into it. */
import { gzipSync } from 'node:zlib';
import type { PixelConfig } from '../../src/browser/config';
import { buildPixelScript, withConfig } from '../../src/browser/build';

const config: PixelConfig = {
  integration: 'default',
  pixelCode: 'C4TESTPIXEL000000001',
  eventName: 'CompletePayment',
  consent: { denied: 'do_not_send', unknown: 'do_not_send' },
  scriptUrl: 'https://analytics.tiktok.com/i18n/pixel/events.js',
  serverCookie: false,
};

// 4 KB until a purchase said what was bought, and took the server's words for it.
it('is under 4.2 KB gzipped, settings included', async () => {
  const script = withConfig(await buildPixelScript(), config);
  expect(gzipSync(script).length).toBeLessThan(4_200);
});

it('carries its settings as they are, once, and no name that is not replaced', async () => {
  const odd: PixelConfig = { ...config, integration: "$& $1 $' __TTR_CONFIG__", pixelCode: null };
  const script = withConfig(await buildPixelScript(), odd);
  const { eventName: _, ...used } = odd;
  expect(script.split(JSON.stringify(used))).toHaveLength(2);
});

it('is refused when there is no place for the settings, or more than one', () => {
  expect(() => withConfig('var a = 1;', config)).toThrow('exactly once');
  expect(() => withConfig('__TTR_CONFIG__;__TTR_CONFIG__', config)).toThrow('exactly once');
});

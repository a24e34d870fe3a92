/** What works at start and is probably not intended: each with the variable that mends it. */
import type { Config } from '../config/config';
import { usesBuiltInSandbox } from '../config/config';
import { weaknessOfWebhookSecret } from '../config/secret-forms';
import type { Settings } from '../domain/settings';
import { adapterOf } from '../psp';

type Configured = Pick<Config, 'kind' | 'tiktokApiUrl' | 'isProduction' | 'liveMode' | 'web'>;

/** `settings` are those in force, by integration. One text for each thing. */
export function startWarnings(
  config: Configured,
  settings: readonly { readonly id: string; readonly settings: Settings }[],
): readonly string[] {
  const texts = settings.flatMap(({ id, settings: current }) =>
    ofSettings(config, current).map((text) => (settings.length === 1 ? text : `${id}: ${text}`)),
  );
  return [...texts, ...ofDeployment(config, settings)];
}

function ofSettings(config: Configured, settings: Settings): readonly string[] {
  const { pixelCode, accessToken } = settings;
  if (pixelCode !== null && accessToken === null)
    return [
      'TIKTOK_ACCESS_TOKEN: is not set, and a pixel is: every purchase will wait for an operator; set it here or in the console (example: TIKTOK_ACCESS_TOKEN=<Events Manager › your pixel › Settings › Generate access token>)',
    ];
  if (pixelCode === null && accessToken !== null)
    return [
      `TIKTOK_PIXEL_CODE: is not set, and an access token is: purchases go ${config.tiktokApiUrl === null ? 'to the built-in sandbox' : 'nowhere'}; set it here or in the console (example: TIKTOK_PIXEL_CODE=C4ABCDEFGHIJKLMNOPQR)`,
    ];
  if (config.isProduction && usesBuiltInSandbox(config, settings))
    return [
      'TIKTOK_PIXEL_CODE: is not set, and NODE_ENV is production: purchases go to the built-in sandbox, and TikTok hears of none (example: TIKTOK_PIXEL_CODE=C4ABCDEFGHIJKLMNOPQR; LIVE_MODE=true refuses to start without)',
    ];
  return [];
}

/** Web and worker apart: each process has a sandbox of its own, and finds the others by PUBLIC_URL alone. */
function ofDeployment(config: Configured, settings: readonly { readonly settings: Settings }[]): readonly string[] {
  const isApart = config.kind === 'web' || config.kind === 'worker';
  if (!isApart) return [];
  const inSandbox = settings.some((one) => usesBuiltInSandbox(config, one.settings));
  return [
    ...(config.web.publicUrl === null
      ? [
          'PUBLIC_URL: is not set: links and the address that events come from are of this machine (example: PUBLIC_URL=https://relay.example.com)',
        ]
      : []),
    ...(inSandbox
      ? ['the built-in sandbox is in each web process: with several of them each shows only the events that reached it']
      : []),
  ];
}

/** Of secrets that were entered before LIVE_MODE was on: they go on counting, since without them webhooks would be lost. */
export function weakSecretWarnings(
  entered: readonly {
    readonly integration: string;
    readonly psp: string;
    readonly kind: string;
    readonly secret: string | null;
  }[],
): readonly string[] {
  return entered.flatMap(({ integration, psp, kind, secret }) => {
    const manifest = adapterOf(psp)?.manifest;
    if (kind !== 'webhook' || secret === null || !manifest || weaknessOfWebhookSecret(manifest, secret) === null) return [];
    return [
      `a webhook secret of ${manifest.label} (${integration}) that was entered in the console is weak: replace it by a longer one`,
    ];
  });
}

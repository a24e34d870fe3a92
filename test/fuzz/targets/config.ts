/** Values of variables, and of the file of integrations: the service starts, or says of each variable what is wrong with it. */
import fc from 'fast-check';
import { ConfigError, loadConfig } from '../../../src/config/config';
import { jsonOf, mutated, mutation, oddText } from '../mutations';
import { target, Undocumented } from '../run';

const good: Readonly<Record<string, readonly string[]>> = {
  PORT: ['3000', '0'],
  HOST: ['127.0.0.1', '::1'],
  PUBLIC_URL: ['https://relay.example.com'],
  DATA_DIR: ['.data'],
  DATABASE_URL: ['postgres://relay:secret@db:5432/relay?sslmode=require'],
  TEMPORAL_ADDRESS: ['127.0.0.1:7233'],
  TEMPORAL_NAMESPACE: ['default'],
  TEMPORAL_PORT: ['7233'],
  TEMPORAL_UI_URL: ['https://temporal.example.com'],
  TEMPORAL_TLS_SERVER_NAME: ['temporal.example.com'],
  OPERATOR_TOKEN: ['operator-token-0123456789-0123456789'],
  OPERATOR_PASSWORD: ['operator-password-0123456789'],
  ENCRYPTION_KEYS: [`k1:${Buffer.alloc(32, 1).toString('base64')}`],
  USER_ID_PEPPER: ['a-pepper-of-some-length-0123456789'],
  TIKTOK_API_URL: ['https://business-api.tiktok.com'],
  TIKTOK_PIXEL_CODE: ['C4FUZZPIXEL000000001'],
  TIKTOK_ACCESS_TOKEN: ['token'],
  TIKTOK_TEST_EVENT_CODE: ['TEST12345'],
  STRIPE_WEBHOOK_SECRETS: ['whsec_a,whsec_b'],
  STRIPE_API_KEY: ['rk_test_x'],
  SOLIDGATE_WEBHOOK_KEYS: ['wh_pk_a:wh_sk_a'],
  PAYPAL_WEBHOOK_ID: ['1JE4291016473214C', 'https://a:b@paypal.example.com/1JE4291016473214C'],
  GENERIC_WEBHOOK_SECRETS: [`whsec_${Buffer.alloc(24, 1).toString('base64')}`],
  LIVE_MODE: ['true', 'false'],
  METRICS_PORT: ['9464'],
  ALERT_WEBHOOK_URL: ['https://hooks.example.com/x'],
  ALLOWED_ORIGINS: ['https://shop.example.com,https://www.example.com'],
  TRUST_PROXY: ['1'],
  COLLECT_PER_MINUTE: ['600'],
  LOG_LEVEL: ['info'],
  INTEGRATIONS_FILE: ['/etc/integrations.json'],
};

const integrations = {
  main: {
    stripe: { webhookSecrets: ['whsec_a'], apiKey: 'rk_test_x', apiUrl: 'https://stripe.example.com' },
    solidgate: { webhookKeys: ['wh_pk_a:wh_sk_a'], apiKeys: ['pk:sk'] },
    generic: { webhookSecrets: [good['GENERIC_WEBHOOK_SECRETS']![0]!] },
    tiktok: { pixelCode: 'C4FUZZPIXEL000000001', accessToken: 'token', testEventCode: null },
  },
  other: { paddle: { webhookSecrets: ['pdl_ntfset_a'] }, tiktok: {} },
};

const names = Object.keys(good);

interface Environment {
  readonly env: Readonly<Record<string, string>>;
  readonly file: string;
  readonly kind: 'all' | 'web' | 'worker' | 'reproject';
}

export const configTarget = target<Environment>({
  name: 'configuration',
  inputs: fc.record({
    env: fc
      .tuple(
        fc
          .subarray(names)
          .chain((chosen) =>
            fc.tuple(...chosen.map((name) => fc.constantFrom(...good[name]!).map((value) => [name, value] as const))),
          ),
        fc.array(fc.tuple(fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...names) }, oddText), oddText), { maxLength: 2 }),
      )
      .map(([right, odd]) => Object.fromEntries([...right, ...odd])),
    file: fc.array(mutation, { maxLength: 2 }).map((mutations) => jsonOf(mutated(structuredClone(integrations), mutations))),
    kind: fc.constantFrom('all', 'web', 'worker', 'reproject'),
  }),
  size: ({ env, file }) => JSON.stringify(env).length + file.length,
  handle({ env, file, kind }) {
    try {
      const config = loadConfig({ HOME: '/nowhere', ...env }, kind, {
        read: (path) => (/integrations/.test(path) ? file : null),
        keepSecrets: (_, secrets) => JSON.stringify(secrets),
      });
      if (!Number.isInteger(config.web.port) || config.integrations.length === 0)
        throw new Undocumented('a configuration without a port');
      return 'starts';
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      for (const line of error.lines)
        if (line === '' || /\n/.test(line.slice(0, line.indexOf(':'))))
          throw new Undocumented(`a problem names no variable: ${line}`);
      return 'refused';
    }
  },
});

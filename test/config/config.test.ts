import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Config,
  ConfigError,
  type ProcessKind,
  allowedOrigins,
  liveModeProblems,
  loadConfig,
  parseEncryptionKeys,
  publicUrl,
  temporalCliConfig,
  usesBuiltInSandbox,
} from '../../src/config/config';
import { weaknessOf, weaknessOfKey } from '../../src/config/strength';
import { startupSummary } from '../../src/config/summary';
import { nodeConfigFiles } from '../../src/config/files';
import { runs } from '../support/effort';

const key = Buffer.alloc(32, 7).toString('base64');
const given = {
  OPERATOR_PASSWORD: 'correct horse battery',
  OPERATOR_TOKEN: 'token-0123456789',
  ENCRYPTION_KEYS: `k1:${key}`,
  USER_ID_PEPPER: 'pepper-pepper-pepper',
};
const deployed = { ...given, TEMPORAL_ADDRESS: 'temporal:7233', DATABASE_URL: 'postgres://relay:hush@db/relay' };

type Env = Record<string, string | undefined>;

let dataDir: string;
beforeEach(() => {
  dataDir = join(mkdtempSync(join(tmpdir(), 'relay-config-')), 'data');
});
afterEach(() => rmSync(join(dataDir, '..'), { recursive: true, force: true }));

function load(env: Env = {}, kind: ProcessKind = 'all'): Config {
  return loadConfig({ DATA_DIR: dataDir, ...env }, kind);
}

function problems(env: Env, kind: ProcessKind = 'all'): string[] {
  try {
    load(env, kind);
  } catch (error) {
    if (error instanceof ConfigError) return error.lines;
    throw error;
  }
  return [];
}

function file(name: string, content: string): string {
  const path = join(dataDir, '..', name);
  writeFileSync(path, content);
  return path;
}

describe('DRAIN_SECONDS', () => {
  const live = {
    ...{ ...deployed, LIVE_MODE: 'true', PUBLIC_URL: 'https://relay.example.com' },
    OPERATOR_TOKEN: randomBytes(24).toString('hex'),
    USER_ID_PEPPER: randomBytes(32).toString('hex'),
    ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
  };

  it.each([
    ['a live web', live, 'web', 5_000],
    ['a web that is not live', deployed, 'web', 0],
    ['`npm start`', {}, 'all', 0],
    ['a web that is told', { ...deployed, DRAIN_SECONDS: '12' }, 'web', 12_000],
  ] as const)('%s', (_which, env, kind, drainMs) => expect(load(env, kind).web.drainMs).toBe(drainMs));

  it('is at most a minute', () => {
    expect(problems({ DRAIN_SECONDS: '90' })).toEqual([
      expect.stringContaining('DRAIN_SECONDS: must be a whole number of seconds'),
    ]);
  });
});

describe('a first start', () => {
  it('needs no variable', () => {
    const config = load();
    expect(config.web).toEqual({
      ...{ host: '127.0.0.1', port: 3000, publicUrl: null, allowedOrigins: null, trustProxy: 0 },
      ...{ collectPerMinute: 300, cookieDomain: null, drainMs: 0 },
    });
    expect(config.tiktokPixelUrl).toBeNull();
    expect(config.temporal).toEqual({ kind: 'embedded', namespace: 'default', port: 7233, uiPort: 8233, uiUrl: null });
    expect(config.database).toEqual({ kind: 'embedded', dir: join(dataDir, 'database') });
    expect(config.integrations).toEqual([
      {
        id: 'default',
        psps: {},
        tiktok: { pixelCode: null, accessToken: null, testEventCode: null, advertiserId: null },
        userTokenSecrets: [],
      },
    ]);
    expect(config).toMatchObject({ kind: 'all', dataDir, liveMode: false, logLevel: 'info', tiktokApiUrl: null, warnings: [] });
  });

  it('makes secrets that are fit for their purpose, and says so', () => {
    const config = load();
    expect(config.generatedSecrets).toEqual(['OPERATOR_PASSWORD', 'OPERATOR_TOKEN', 'ENCRYPTION_KEYS', 'USER_ID_PEPPER']);
    expect(config.madeSecretsNow).toBe(true);
    expect(config.operator?.password).toMatch(/^[\w-]{16}$/);
    expect(config.operator?.token).toMatch(/^[0-9a-f]{48}$/);
    expect(config.encryptionKeys.map((each) => each.key.length)).toEqual([32]);
    expect(config.userIdPepper).toMatch(/^[0-9a-f]{64}$/);
    expect(startupSummary(config).join('\n')).toContain(`OPERATOR_PASSWORD: made here, kept in ${config.secretsFile}`);
  });

  it('keeps them for their owner alone', () => {
    const { secretsFile } = load();
    expect(statSync(secretsFile).mode & 0o777).toBe(0o600);
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    expect(readdirSync(dataDir)).toEqual(['secrets.json']);
  });

  it('is followed by starts with the same secrets', () => {
    const first = load();
    const second = load();
    expect(second.operator).toEqual(first.operator);
    expect(second.encryptionKeys).toEqual(first.encryptionKeys);
    expect(second.userIdPepper).toBe(first.userIdPepper);
    expect(second.madeSecretsNow).toBe(false);
  });

  it('writes nothing when a variable is wrong', () => {
    expect(problems({ PORT: 'x' })).toHaveLength(1);
    expect(existsSync(dataDir)).toBe(false);
  });

  it('makes only what is missing, and later what has come to be missing', () => {
    const { OPERATOR_TOKEN: _gone, ...rest } = given;
    expect(load(rest).generatedSecrets).toEqual(['OPERATOR_TOKEN']);
    const { token } = load(rest).operator!;
    const { PORT: _none, ...withoutPepper }: Env = { ...rest, USER_ID_PEPPER: undefined };
    const later = load(withoutPepper);
    expect(later.operator?.token).toBe(token);
    expect(later.userIdPepper).toHaveLength(64);
    expect(later.madeSecretsNow).toBe(true);
  });

  it('of two at once, both use the secrets of one', () => {
    // The second process finds no file when it looks, and one when it writes.
    const first = load();
    let looked = false;
    const files = {
      ...nodeConfigFiles,
      read: (path: string) => (looked ? nodeConfigFiles.read(path) : ((looked = true), null)),
    };
    const second = loadConfig({ DATA_DIR: dataDir }, 'all', files);
    expect(second.encryptionKeys).toEqual(load().encryptionKeys);
    expect(second.operator).toEqual(load().operator);
    expect(first.kind).toBe('all');
  });

  it.each(['', 'not json', '[]', '{"OPERATOR_TOKEN": 1}', '{"ENCRYPTION_KEYS": "k1:short"}', 'null', '{"USER_ID_PEPPER": ""}'])(
    'does not replace secrets that it cannot read: %s',
    (content) => {
      const { secretsFile } = load();
      writeFileSync(secretsFile, content);
      expect(problems({})).toEqual([expect.stringMatching(/^DATA_DIR: .*secrets\.json cannot be used/)]);
      expect(readFileSync(secretsFile, 'utf8')).toBe(content);
    },
  );

  it('an empty variable is one that is not set', () => {
    expect(load({ PORT: '', LIVE_MODE: ' ', STRIPE_WEBHOOK_SECRETS: '', TEMPORAL_ADDRESS: '', DATABASE_URL: '' })).toMatchObject({
      web: { port: 3000 },
      liveMode: false,
      temporal: { kind: 'embedded' },
      database: { kind: 'embedded' },
      integrations: [{ psps: {} }],
    });
  });

  it('what it answers cannot be changed', () => {
    const config = load({ STRIPE_WEBHOOK_SECRETS: 'whsec_a' });
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.web)).toBe(true);
    expect(Object.isFrozen(config.integrations[0]?.psps.stripe?.webhookSecrets)).toBe(true);
  });
});

describe('web and worker apart', () => {
  it.each([
    ['web', ['TEMPORAL_ADDRESS', 'DATABASE_URL', 'OPERATOR_PASSWORD', 'OPERATOR_TOKEN', 'ENCRYPTION_KEYS', 'USER_ID_PEPPER']],
    ['worker', ['TEMPORAL_ADDRESS', 'DATABASE_URL', 'ENCRYPTION_KEYS', 'USER_ID_PEPPER']],
  ] as const)('%s must be told what it shares with the others', (kind, variables) => {
    const lines = problems({}, kind);
    expect(lines.map((line) => line.split(':')[0])).toEqual(variables);
    for (const line of lines) expect(line).toMatch(/\(example: .+\)$/);
    expect(existsSync(dataDir)).toBe(false);
  });

  it.each(['web', 'worker'] as const)('%s starts with them and writes nothing', (kind) => {
    const config = load(deployed, kind);
    expect(config.database).toEqual({ kind: 'postgres', url: deployed.DATABASE_URL });
    expect(config.temporal).toEqual({ kind: 'external', env: { TEMPORAL_ADDRESS: 'temporal:7233' }, uiUrl: null });
    expect(config.operator).toEqual(kind === 'web' ? { password: given.OPERATOR_PASSWORD, token: given.OPERATOR_TOKEN } : null);
    expect(config.generatedSecrets).toEqual([]);
    expect(existsSync(dataDir)).toBe(false);
  });

  it('a Temporal profile will do instead of an address', () => {
    const { temporal } = load(
      { ...deployed, TEMPORAL_ADDRESS: undefined, TEMPORAL_PROFILE: 'prod', HOME: '/home/relay' },
      'worker',
    );
    expect(temporal).toEqual({ kind: 'external', env: { TEMPORAL_PROFILE: 'prod', HOME: '/home/relay' }, uiUrl: null });
  });

  it('everything that Temporal reads is passed on to it, and nothing else', () => {
    const { temporal } = load({
      ...deployed,
      TEMPORAL_API_KEY: 'k',
      TEMPORAL_TLS_SERVER_NAME: 'n',
      TEMPORAL_NAMESPACE: 'ns',
      OTHER: 'x',
    });
    expect(temporal).toMatchObject({
      env: { TEMPORAL_ADDRESS: 'temporal:7233', TEMPORAL_API_KEY: 'k', TEMPORAL_TLS_SERVER_NAME: 'n', TEMPORAL_NAMESPACE: 'ns' },
    });
    expect(JSON.stringify(temporal)).not.toContain('OTHER');
  });
});

describe('a wrong variable is named, with what is wrong and an example', () => {
  it.each([
    ['PORT', 'abc'],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '3000.5'],
    ['PORT', '0x10'],
    ['HOST', 'http://localhost'],
    ['HOST', 'a b'],
    ['PUBLIC_URL', 'relay.example.com'],
    ['PUBLIC_URL', 'ftp://relay.example.com'],
    ['PUBLIC_URL', 'https://relay.example.com/?a=b'],
    ['DATABASE_URL', 'mysql://db/relay'],
    ['DATABASE_URL', 'not a url'],
    ['TEMPORAL_ADDRESS', 'http://temporal:7233'],
    ['TEMPORAL_ADDRESS', 'temporal:7233/x'],
    ['TEMPORAL_PORT', '70000'],
    ['TEMPORAL_UI_PORT', 'ui'],
    ['TEMPORAL_UI_PORT', '7233'],
    ['TEMPORAL_UI_URL', 'localhost:8233'],
    ['OPERATOR_TOKEN', 'two words'],
    ['OPERATOR_TOKEN', '"token-0123456789"'],
    ['OPERATOR_PASSWORD', "'a long pass phrase'"],
    ['USER_ID_PEPPER', '"pepper-0123456789"'],
    ['ENCRYPTION_KEYS', 'k1'],
    ['ENCRYPTION_KEYS', 'k1:c2hvcnQ='],
    ['ENCRYPTION_KEYS', `:${key}`],
    ['ENCRYPTION_KEYS', `k1:${key},k1:${key}`],
    ['ENCRYPTION_KEYS', `k1:${key},`],
    ['ENCRYPTION_KEYS', `k1:${key}!`],
    ['USER_ID_PEPPER_LAYERS', 'a secret without its number'],
    ['USER_ID_PEPPER_LAYERS', '1:one-pepper-one-pepper'],
    ['USER_ID_PEPPER_LAYERS', '3:three-pepper-three'],
    ['USER_ID_PEPPER_LAYERS', '2:two-pepper-two-pepper,4:four-pepper-four'],
    ['USER_ID_PEPPER_LAYERS', '3:three-pepper-three,2:two-pepper-two-pepper'],
    ['USER_ID_PEPPER_LAYERS', '2:the-same-secret-twice,3:the-same-secret-twice'],
    ['USER_ID_PEPPER_LAYERS', '2:two-pepper-two-pepper,'],
    ['USER_ID_PEPPER_LAYERS', '2:'],
    ['USER_ID_PEPPER_LAYERS', '"2:two-pepper-two-pepper"'],
    ['TIKTOK_API_URL', 'business-api.tiktok.com'],
    ['TIKTOK_PIXEL_CODE', 'not a pixel!'],
    ['TIKTOK_ACCESS_TOKEN', 'two words'],
    ['TIKTOK_ACCESS_TOKEN_FILE', '/nowhere/token'],
    ['TIKTOK_TEST_EVENT_CODE', 'TEST 1'],
    ['STRIPE_WEBHOOK_SECRETS', 'whsec_a,,whsec_b'],
    ['STRIPE_WEBHOOK_SECRETS', ','],
    ['STRIPE_API_KEY', 'sk test'],
    ['STRIPE_API_URL', 'api.stripe.com'],
    ['SOLIDGATE_WEBHOOK_KEYS', 'public-only'],
    ['SOLIDGATE_API_KEYS', 'public:secret,public'],
    ['GENERIC_WEBHOOK_SECRETS', 'whsec_not base64'],
    ['GENERIC_WEBHOOK_SECRETS', 'hello'],
    ['GENERIC_WEBHOOK_SECRETS', `whsec_${Buffer.alloc(23).toString('base64')}`],
    ['GENERIC_WEBHOOK_SECRETS', `"whsec_${Buffer.alloc(24).toString('base64')}"`],
    ['STRIPE_WEBHOOK_SECRETS', 'sk_live_abc'],
    ['METRICS_PORT', '99999'],
    ['STRIPE_WEBHOOK_SECRETS', 'whsec_'],
    ['STRIPE_WEBHOOK_SECRETS', 'whsec_a,rk_live_b'],
    ['STRIPE_WEBHOOK_SECRETS', '"whsec_a,whsec_b"'],
    ['PADDLE_WEBHOOK_SECRETS', "'pdl_1'"],
    ['SOLIDGATE_WEBHOOK_KEYS', '"wh_pk_1:wh_sk_1"'],
    ['ENCRYPTION_KEYS', `"k1:${Buffer.alloc(32).toString('base64')}"`],
    ['GENERIC_WEBHOOK_SECRETS', 'whsec_base64-for_urls'],
    ['INTEGRATIONS_FILE', '/nowhere/integrations.json'],
    ['USER_TOKEN_SECRETS', 'short'],
    ['USER_TOKEN_SECRETS', `${'a'.repeat(32)},short`],
    ['LIVE_MODE', 'yes'],
    ['ALLOWED_ORIGINS', '*'],
    ['ALLOWED_ORIGINS', 'https://a.example/path'],
    ['TRUST_PROXY', 'true'],
    ['TIKTOK_PIXEL_URL', 'analytics.tiktok.com'],
    ['TIKTOK_PIXEL_URL', 'https://analytics.tiktok.com/i18n/pixel/events.js?sdkid=C4'],
    ['COLLECT_LIMIT_PER_MINUTE', '0'],
    ['COLLECT_LIMIT_PER_MINUTE', '1.5'],
    ['COLLECT_COOKIE_DOMAIN', '.example.com'],
    ['COLLECT_COOKIE_DOMAIN', 'https://example.com'],
    ['LOG_LEVEL', 'verbose'],
    ['ALERT_WEBHOOK_URL', 'hooks.slack.com/services/T0'],
    ['ALERT_WEBHOOK_URL', 'ftp://alerts.example.com'],
  ])('%s=%s', (name, value) => {
    const lines = problems({ [name]: value });
    expect(lines).toEqual([expect.stringMatching(new RegExp(`^${name}: .+ \\(example: .+\\)$`))]);
  });

  it('all at once, one line each', () => {
    const lines = problems({ PORT: 'x', LOG_LEVEL: 'loud', ENCRYPTION_KEYS: 'nope', TIKTOK_API_URL: 'x' });
    expect(lines.map((line) => line.split(':')[0]).sort()).toEqual(['ENCRYPTION_KEYS', 'LOG_LEVEL', 'PORT', 'TIKTOK_API_URL']);
    for (const line of lines) expect(line).not.toContain('\n');
  });

  it.each([
    ['ENCRYPTION_KEYS', 'k1:c2VjcmV0LXZhbHVl'],
    ['USER_ID_PEPPER_LAYERS', '3:c2VjcmV0LXZhbHVl'],
    ['STRIPE_WEBHOOK_SECRETS', 'whsec_c2VjcmV0 LXZhbHVl'],
    ['STRIPE_API_KEY', 'c2VjcmV0 value'],
    ['TIKTOK_ACCESS_TOKEN', 'c2VjcmV0 value'],
    ['OPERATOR_TOKEN', 'c2VjcmV0 value'],
    ['ALERT_WEBHOOK_URL', 'ftp://c2VjcmV0'],
  ])('and a secret is not shown: %s', (name, value) => {
    expect(problems({ [name]: value }).join()).not.toContain('c2VjcmV0');
  });

  describe('in its quotes', () => {
    const variables = readFileSync(join(__dirname, '../../.env.example'), 'utf8').matchAll(/^# ([A-Z_]+)=(.*)$/gm);
    const examples = [...variables].map(([, name = '', example = '']) => [name, example || 'a value'] as const);

    it.each(examples)('%s', (name, example) => {
      for (const quote of ['"', "'"]) {
        const lines = problems({ ...given, [name]: `${quote}${example}${quote}` });
        expect(lines.filter((line) => line.startsWith(`${name}: `))).toEqual([
          expect.stringMatching(/^[A-Z_]+: must be written without quotes(?: \(example: [A-Z_]+=[^"']+\))?$/),
        ]);
      }
    });

    it('is every variable of the example file', () => expect(examples.length).toBeGreaterThan(50));

    it('as docker hands an env file on', () => {
      expect(problems({ STRIPE_WEBHOOK_SECRETS: '"whsec_00000000000000000000000000000000"' })).toEqual([
        expect.stringMatching(/^STRIPE_WEBHOOK_SECRETS: must be written without quotes/),
      ]);
    });

    it('or with one of them only', () => {
      expect(problems({ TIKTOK_ACCESS_TOKEN: '"tok' })).toEqual([expect.stringMatching(/without quotes/)]);
      expect(problems({ TEMPORAL_NAMESPACE: "relay'" })).toEqual([expect.stringMatching(/without quotes/)]);
    });

    it('in one of several secrets', () => {
      expect(problems({ PADDLE_WEBHOOK_SECRETS: 'pdl_a,"pdl_b"' })).toEqual([expect.stringMatching(/without quotes/)]);
    });

    it('in a file with the token', () => {
      const path = file('token', '"tok_0123456789"\n');
      expect(problems({ TIKTOK_ACCESS_TOKEN_FILE: path })).toEqual([
        expect.stringMatching(/^TIKTOK_ACCESS_TOKEN_FILE: must be written without quotes/),
      ]);
    });

    it('but neither the system’s own, nor quotes inside', () => {
      expect(problems({ HOME: '"/home/relay"', PATH: "'/bin'", OPERATOR_PASSWORD: 'it\'s "mine" now' })).toEqual([]);
    });
  });

  it('nor is a database URL, which holds a password', () => {
    expect(problems({ DATABASE_URL: 'mysql://relay:hush@db/relay' }).join()).not.toContain('hush');
  });

  it.each([
    ['PORT', '0'],
    ['PORT', '65535'],
    ['HOST', '::1'],
    ['HOST', '0.0.0.0'],
    ['TEMPORAL_ADDRESS', '[::1]:7233'],
    ['TEMPORAL_ADDRESS', 'ns.acct.tmprl.cloud:7233'],
    ['DATABASE_URL', 'postgresql:///relay?host=/var/run/postgresql'],
    ['LIVE_MODE', 'FALSE'],
    ['LIVE_MODE', '0'],
    ['TRUST_PROXY', 'off'],
    ['TRUST_PROXY', '2'],
    ['TIKTOK_PIXEL_URL', 'https://analytics.us.tiktok.com/i18n/pixel/events.js'],
    ['COLLECT_LIMIT_PER_MINUTE', '1'],
    ['COLLECT_COOKIE_DOMAIN', 'Shop.Example.com'],
    ['STRIPE_WEBHOOK_SECRETS', ' whsec_a , whsec_b '],
    ['GENERIC_WEBHOOK_SECRETS', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
    ['GENERIC_WEBHOOK_SECRETS', `whsec_${Buffer.alloc(24, 1).toString('base64')}`],
    ['GENERIC_WEBHOOK_SECRETS', Buffer.alloc(24, 1).toString('base64')],
    ['ENCRYPTION_KEYS', `k2:${key}, k1:${Buffer.alloc(32, 1).toString('base64')}`],
  ])('a near miss is none: %s=%s', (name, value) => {
    expect(problems({ [name]: value })).toEqual([]);
  });
});

describe('providers', () => {
  it('every provider has its variables', () => {
    const { integrations, warnings } = load({
      STRIPE_WEBHOOK_SECRETS: 'whsec_new,whsec_old',
      STRIPE_API_KEY: 'sk_1',
      STRIPE_API_URL: 'http://127.0.0.1:9/',
      PADDLE_WEBHOOK_SECRETS: 'pdl_1',
      SOLIDGATE_WEBHOOK_KEYS: 'wh_pk_1:wh_sk_1,wh_pk_2:wh_sk_2',
      SOLIDGATE_API_KEYS: 'api_pk_1:api_sk_1',
      FUNNELFOX_WEBHOOK_SECRETS: 'fox',
      PRIMER_WEBHOOK_SECRETS: 'primer',
      PAYPAL_WEBHOOK_ID: '8PT597110X687430LKGECATA',
      PAYPAL_CLIENT_ID: 'client',
      PAYPAL_CLIENT_SECRET: 'secret',
      GENERIC_WEBHOOK_SECRETS: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      REVENUECAT_WEBHOOK_SECRETS: 'rc',
      LEMONSQUEEZY_WEBHOOK_SECRETS: 'ls',
    });
    expect(integrations[0]?.psps).toEqual({
      stripe: { webhookSecrets: ['whsec_new', 'whsec_old'], apiKeys: ['sk_1'], apiUrl: 'http://127.0.0.1:9' },
      paddle: { webhookSecrets: ['pdl_1'], apiKeys: [], apiUrl: null },
      solidgate: { webhookSecrets: ['wh_pk_1:wh_sk_1', 'wh_pk_2:wh_sk_2'], apiKeys: ['api_pk_1:api_sk_1'], apiUrl: null },
      funnelfox: { webhookSecrets: ['fox'], apiKeys: [], apiUrl: null },
      primer: { webhookSecrets: ['primer'], apiKeys: [], apiUrl: null },
      paypal: { webhookSecrets: ['8PT597110X687430LKGECATA'], apiKeys: ['client:secret'], apiUrl: null },
      generic: { webhookSecrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'], apiKeys: [], apiUrl: null },
      revenuecat: { webhookSecrets: ['rc'], apiKeys: [], apiUrl: null },
      lemonsqueezy: { webhookSecrets: ['ls'], apiKeys: [], apiUrl: null },
    });
    expect(warnings).toEqual([]);
  });

  it('half of a PayPal key is a problem', () => {
    expect(problems({ PAYPAL_CLIENT_ID: 'client' })).toEqual([expect.stringMatching(/^PAYPAL_CLIENT_SECRET: is needed/)]);
    expect(problems({ PAYPAL_CLIENT_SECRET: 'secret' })).toEqual([expect.stringMatching(/^PAYPAL_CLIENT_ID: is needed/)]);
  });

  it('an API key without webhook secrets, and a misspelt variable, are pointed out', () => {
    const { warnings } = load({ STRIPE_API_KEY: 'sk_1', STRIPE_WEBHOOK_SECRET: 'whsec_a', STRIPEY: 'x' });
    expect(warnings).toEqual([
      'STRIPE_API_KEY is set and STRIPE_WEBHOOK_SECRETS is not: webhooks of stripe are off',
      expect.stringMatching(/^STRIPE_WEBHOOK_SECRET is not a variable/),
    ]);
  });
});

describe('a secret in a file', () => {
  it('counts as the variable, and its line end does not', () => {
    const env: Env = Object.fromEntries(
      Object.entries(deployed)
        .filter(([name]) => name !== 'TEMPORAL_ADDRESS')
        .map(([name, value]) => [`${name}_FILE`, file(name, `\n${value}\n`)]),
    );
    const config = load({ ...env, TEMPORAL_ADDRESS: 'temporal:7233' }, 'web');
    expect(config).toEqual(load(deployed, 'web'));
    expect(config.warnings).toEqual([]);
  });

  it.each([
    ['STRIPE_WEBHOOK_SECRETS', 'whsec_a,whsec_b'],
    ['SOLIDGATE_API_KEYS', 'api_pk_1:api_sk_1'],
    ['PAYPAL_WEBHOOK_ID', '8PT597110X687430LKGECATA'],
    ['TIKTOK_ACCESS_TOKEN', 'abc123'],
    ['VIEWER_TOKEN', 'viewer-token'],
    ['METRICS_TOKEN', 'metrics-token'],
    ['ALERT_WEBHOOK_URL', 'https://alerts.example.com/x'],
  ])('may be %s', (name, value) => {
    expect(load({ ...given, [`${name}_FILE`]: file('secret', value) })).toEqual(load({ ...given, [name]: value }));
  });

  it('may be both of one key', () => {
    const { integrations } = load({
      PAYPAL_CLIENT_ID: 'client',
      PAYPAL_CLIENT_SECRET_FILE: file('paypal', 'secret'),
      PAYPAL_WEBHOOK_ID: '8PT597110X687430LKGECATA',
    });
    expect(integrations[0]?.psps.paypal?.apiKeys).toEqual(['client:secret']);
  });

  it('may be the one of Temporal', () => {
    const { temporal } = load({ ...deployed, TEMPORAL_API_KEY_FILE: file('key', 'cloud-key\n') });
    expect(temporal).toMatchObject({ env: { TEMPORAL_ADDRESS: 'temporal:7233', TEMPORAL_API_KEY: 'cloud-key' } });
    expect(JSON.stringify(temporal)).not.toContain('FILE');
  });

  it.each([
    ['an empty one', '', /is empty/],
    ['two lines', 'abc\ndef', /more than one line/],
    ['a book', 'a'.repeat(20_000), /is too long/],
    ['what the variable would not take', 'two words', /must not contain spaces.*the file holds/],
  ])('not %s: one line says so, without what it holds', (_what, content, words) => {
    const lines = problems({ TIKTOK_ACCESS_TOKEN_FILE: file('token', content) });
    expect(lines).toEqual([expect.stringMatching(/^TIKTOK_ACCESS_TOKEN_FILE: /)]);
    expect(lines[0]).toMatch(words);
    expect(lines[0]).not.toMatch(/abc\n|two words|aaaa/);
  });

  it('not one that is not there, or not ours to read, or a folder', () => {
    expect(problems({ ...deployed, DATABASE_URL: undefined, DATABASE_URL_FILE: '/nowhere/url' }, 'worker')).toEqual([
      expect.stringMatching(/^DATABASE_URL_FILE: \/nowhere\/url does not exist \(example: DATABASE_URL_FILE=/),
    ]);
    expect(problems({ OPERATOR_TOKEN_FILE: tmpdir() })).toEqual([expect.stringMatching(/cannot be read: it is a folder/)]);
    const refusing = {
      ...nodeConfigFiles,
      read: (path: string) => {
        if (path.endsWith('token')) throw Object.assign(new Error('EACCES: open'), { code: 'EACCES' });
        return null;
      },
    };
    expect(() => loadConfig({ DATA_DIR: dataDir, OPERATOR_TOKEN_FILE: '/run/token' }, 'all', refusing)).toThrow(
      /OPERATOR_TOKEN_FILE: \/run\/token cannot be read: the user who runs this may not read it/,
    );
  });

  it('is given once', () => {
    expect(problems({ TIKTOK_ACCESS_TOKEN: 'abc', TIKTOK_ACCESS_TOKEN_FILE: file('token', 'abc') })).toEqual([
      expect.stringContaining('set only one of them'),
    ]);
  });

  it('is not read by a process that does not need it', () => {
    expect(problems({ ...deployed, OPERATOR_TOKEN: undefined, OPERATOR_TOKEN_FILE: '/nowhere' }, 'worker')).toEqual([]);
  });
});

describe('INTEGRATIONS_FILE', () => {
  const shop = {
    id: 'shop',
    psps: { stripe: { webhookSecrets: ['whsec_a'], apiKey: 'sk_1' } },
    tiktok: { pixelCode: 'C4ABCDEF' },
  };

  it('holds several, and the variables of the one are not read', () => {
    const token = file('token', 'abc123\n');
    const path = file('integrations.json', JSON.stringify([shop, { id: 'b-2', tiktok: { accessTokenFile: token } }]));
    const config = load({ INTEGRATIONS_FILE: path, STRIPE_WEBHOOK_SECRETS: 'whsec_b', TIKTOK_PIXEL_CODE: 'OTHER1' });
    expect(config.integrations).toEqual([
      {
        id: 'shop',
        psps: { stripe: { webhookSecrets: ['whsec_a'], apiKeys: ['sk_1'], apiUrl: null } },
        tiktok: { pixelCode: 'C4ABCDEF', accessToken: null, testEventCode: null, advertiserId: null },
        userTokenSecrets: [],
      },
      {
        id: 'b-2',
        psps: {},
        tiktok: { pixelCode: null, accessToken: 'abc123', testEventCode: null, advertiserId: null },
        userTokenSecrets: [],
      },
    ]);
    expect(config.warnings).toEqual([
      'INTEGRATIONS_FILE is set, so these are not read: TIKTOK_PIXEL_CODE, STRIPE_WEBHOOK_SECRETS',
    ]);
  });

  it.each([
    ['not JSON', '[{"id": "whsec_hush"', 'it is not JSON'],
    ['an object', '{}', 'it must be a list of integrations'],
    ['null', 'null', 'it must be a list'],
    ['none', '[]', 'at least one'],
    ['no id', '[{}]', '[0].id must be a string'],
    ['an id with a slash', '[{"id": "a/b"}]', '[0].id must be lower-case'],
    ['an id twice', '[{"id": "a"}, {"id": "a"}]', '[1].id must be an id of its own'],
    ['an unknown provider', '[{"id": "a", "psps": {"strype": {}}}]', '[0].psps Unrecognized key: "strype"'],
    ['an unknown field', '[{"id": "a", "psps": {"stripe": {"secrets": []}}}]', '[0].psps.stripe Unrecognized key'],
    [
      'one secret instead of a list',
      '[{"id": "a", "psps": {"stripe": {"webhookSecrets": "x"}}}]',
      '[0].psps.stripe.webhookSecrets must be a list',
    ],
    [
      'an empty secret',
      '[{"id": "a", "psps": {"stripe": {"webhookSecrets": [""]}}}]',
      '[0].psps.stripe.webhookSecrets[0] must not be empty',
    ],
    [
      'half a key',
      '[{"id": "a", "psps": {"solidgate": {"apiKeys": ["x"]}}}]',
      '[0].psps.solidgate.apiKeys[0] must be written public:secret',
    ],
    ['a bad pixel', '[{"id": "a", "tiktok": {"pixelCode": "?"}}]', '[0].tiktok.pixelCode must be a pixel code'],
    [
      'a token file that is not there',
      '[{"id": "a", "tiktok": {"accessTokenFile": "/nowhere"}}]',
      '[0].tiktok.accessTokenFile: /nowhere does not exist',
    ],
    [
      'a token twice',
      '[{"id": "a", "tiktok": {"accessToken": "x", "accessTokenFile": "y"}}]',
      '[0].tiktok.accessTokenFile must not be given',
    ],
  ])('is refused with %s', (_what, content, words) => {
    const lines = problems({ INTEGRATIONS_FILE: file('integrations.json', content) });
    expect(lines).toEqual([expect.stringContaining(words)]);
    expect(lines[0]).toMatch(/^INTEGRATIONS_FILE/);
    expect(lines[0]).not.toContain('hush');
  });
});

describe('USER_ID_PEPPER_LAYERS', () => {
  it('are the secrets of the generations from the second on, whatever stands in them but a comma', () => {
    expect(load().pepperLayers).toEqual([]);
    expect(load({ USER_ID_PEPPER_LAYERS: '2:secret:with:colons-and-more, 3:the-third-of-all' }).pepperLayers).toEqual([
      'secret:with:colons-and-more',
      'the-third-of-all',
    ]);
  });

  it('may stand in a file', () => {
    const USER_ID_PEPPER_LAYERS_FILE = file('layers', '2:two-pepper-two-pepper\n');
    expect(load({ USER_ID_PEPPER_LAYERS_FILE }).pepperLayers).toEqual(['two-pepper-two-pepper']);
  });

  it('that are short are warned of', () => {
    expect(load({ USER_ID_PEPPER_LAYERS: '2:short' }).warnings).toContainEqual(
      'USER_ID_PEPPER_LAYERS: layer 2 is short: use 16 characters or more, made by a machine',
    );
  });
});

describe('LIVE_MODE', () => {
  // Drawn for these tests, and in pieces, so that no search for secrets finds them.
  const drawnKey = 'q1nH0yL0Zk9b3sVtqU7m2eXJ5oPdcA8rWfGiYx4TNbE=';
  const drawn = '5tGz0QvLkR8nXwYb2mJfHc7dPs4uA1eK';
  const strong = {
    OPERATOR_PASSWORD: 'correct horse battery',
    OPERATOR_TOKEN: '4c9f0d2a7be1835f6aa0c27d19e4b3586f21d07c9be84a13',
    ENCRYPTION_KEYS: `k1:${drawnKey}`,
    USER_ID_PEPPER: 'e1b7c09d43f8625a9d0c4471bb3ef6820a5d97c61f34e8b20d7a96c35f1e8b04',
  };
  const live = { ...strong, LIVE_MODE: 'true' };

  describe('refuses what can be guessed, one line each, and shows none of it', () => {
    it.each([
      ['OPERATOR_TOKEN', 'x'],
      ['OPERATOR_TOKEN', 'token-0123456789'],
      ['OPERATOR_TOKEN', '0'.repeat(64)],
      ['OPERATOR_TOKEN', '0123456789abcdef0123456789abcdef'],
      ['OPERATOR_TOKEN', 'abababababababababababababababababab'],
      ['OPERATOR_TOKEN', 'changemechangemechangemechangeme'],
      ['OPERATOR_TOKEN', 'a1b2c3d4e5f60718293a4b5c'],
      ['OPERATOR_PASSWORD', 'hunter2'],
      ['OPERATOR_PASSWORD', 'aaaaaaaaaaaaaaaaaaaa'],
      ['USER_ID_PEPPER', 'pepper-pepper-pepper'],
      ['USER_ID_PEPPER_LAYERS', `2:${drawn},3:pepper-pepper-pepper`],
      ['ENCRYPTION_KEYS', `k1:${Buffer.alloc(32).toString('base64')}`],
      ['ENCRYPTION_KEYS', `${strong.ENCRYPTION_KEYS},k0:${Buffer.alloc(32, 7).toString('base64')}`],
      ['ENCRYPTION_KEYS', `k1:${Buffer.from('this-is-a-very-secret-32-byte-k!').toString('base64')}`],
      ['VIEWER_TOKEN', 'viewer-token'],
      ['VIEWER_PASSWORD', 'looking'],
      ['METRICS_TOKEN', 'metrics'],
      ['STRIPE_WEBHOOK_SECRETS', 'whsec_AAAA'],
      ['STRIPE_WEBHOOK_SECRETS', `whsec_${drawn},whsec_${'A'.repeat(32)}`],
      ['GENERIC_WEBHOOK_SECRETS', `whsec_${Buffer.alloc(32).toString('base64')}`],
      ['SOLIDGATE_WEBHOOK_KEYS', 'wh_pk_1c3f8a90d2b7465ea6f0934b1d8e75c2:wh_sk_1'],
      ['LEMONSQUEEZY_WEBHOOK_SECRETS', 'lemon'],
    ])('%s=%s', (name, value) => {
      const lines = problems({ ...live, [name]: value });
      expect(lines).toEqual([expect.stringMatching(new RegExp(`^${name}: .*is weak: LIVE_MODE=true wants`))]);
      expect(lines.join()).not.toContain(`=${value}`);
      expect(problems({ ...strong, [name]: value })).toEqual([]);
    });

    it('in a file, by its name', () => {
      expect(problems({ ...live, OPERATOR_TOKEN: undefined, OPERATOR_TOKEN_FILE: file('token', 'x') })).toEqual([
        expect.stringMatching(/^OPERATOR_TOKEN_FILE: is weak/),
      ]);
    });

    it('in a file of integrations, by its place', () => {
      const path = file('i.json', '[{"id": "a"}, {"id": "b", "psps": {"stripe": {"webhookSecrets": ["whsec_AAAA"]}}}]');
      expect(problems({ ...live, INTEGRATIONS_FILE: path })).toEqual([
        expect.stringMatching(/^INTEGRATIONS_FILE \[1\]\.psps\.stripe\.webhookSecrets: is weak/),
      ]);
    });

    it('and PUBLIC_URL without TLS, where passwords would be read on the way', () => {
      expect(problems({ ...live, PUBLIC_URL: 'http://relay.example.com' })).toEqual([
        expect.stringMatching(/^PUBLIC_URL: LIVE_MODE=true refuses http/),
      ]);
      expect(problems({ ...strong, PUBLIC_URL: 'http://relay.example.com' })).toEqual([]);
    });
  });

  describe('takes', () => {
    it.each([
      ['OPERATOR_TOKEN', '8f14e45fceea167a5a36dedd4bea2543'],
      ['OPERATOR_TOKEN', 'mF_9.B5f-4.1JqMzRq8t2x'],
      ['OPERATOR_TOKEN', '3f2504e0-4f89-41d3-9a0c-0305e82c3301'],
      ['OPERATOR_PASSWORD', 'six words that nobody else has'],
      ['STRIPE_WEBHOOK_SECRETS', `whsec_${drawn}`],
      ['SOLIDGATE_WEBHOOK_KEYS', 'wh_pk_1:wh_sk_1c3f8a90d2b7465ea6f0934b1d8e75c2'],
      ['PAYPAL_WEBHOOK_ID', '1JE4291016473214C'],
      ['PUBLIC_URL', 'http://localhost:3000'],
      ['PUBLIC_URL', 'http://127.0.0.1:3000'],
      ['PUBLIC_URL', 'https://relay.example.com'],
    ])('%s=%s', (name, value) => {
      expect(problems({ ...live, [name]: value })).toEqual([]);
    });

    it('whatever a machine has drawn, of 128 bits or more', () => {
      for (let drawn = 0; drawn < runs(2_000); drawn += 1) {
        const secrets = [randomBytes(16).toString('hex'), randomBytes(16).toString('base64url'), randomUUID()];
        for (const secret of secrets) expect([secret, weaknessOf(secret)]).toEqual([secret, null]);
        const bytes = randomBytes(32);
        expect([bytes.toString('hex'), weaknessOfKey(bytes)]).toEqual([bytes.toString('hex'), null]);
      }
    });
  });

  it.each([
    ['postgres://relay:hush@db.example.com/relay', true],
    ['postgres://relay:hush@db.example.com/relay?sslmode=disable', true],
    ['postgres://relay:hush@db.example.com/relay?sslmode=verify-full', false],
    ['postgres://relay:hush@db.example.com/relay?ssl=true', false],
    ['postgres://relay:hush@10.0.0.7/relay', true],
    ['postgres://relay:hush@127.0.0.1/relay', false],
    ['postgres://relay:hush@[::1]/relay', false],
    ['postgres:///relay?host=/var/run/postgresql', false],
    ['postgres://relay:hush@postgres:5432/relay', false],
  ])('%s warns of a connection that anybody can read: %s', (url, warns) => {
    const { warnings } = load({ ...live, DATABASE_URL: url, TEMPORAL_ADDRESS: 't:7233' });
    expect(warnings).toEqual(warns ? [expect.stringMatching(/^DATABASE_URL: the connection is not encrypted/)] : []);
    expect(load({ ...strong, DATABASE_URL: url, TEMPORAL_ADDRESS: 't:7233' }).warnings).toEqual([]);
  });

  it('refuses generated secrets, also those of an earlier start', () => {
    load();
    const lines = problems({ LIVE_MODE: 'true', ENCRYPTION_KEYS: strong.ENCRYPTION_KEYS });
    expect(lines.map((line) => line.split(':')[0])).toEqual(['OPERATOR_PASSWORD', 'OPERATOR_TOKEN', 'USER_ID_PEPPER']);
  });

  it('refuses a test event code', () => {
    expect(problems({ ...live, TIKTOK_TEST_EVENT_CODE: 'TEST1' })).toEqual([
      expect.stringMatching(/^TIKTOK_TEST_EVENT_CODE: LIVE_MODE=true refuses/),
    ]);
    const path = file('integrations.json', '[{"id": "a", "tiktok": {"testEventCode": "TEST1"}}]');
    expect(problems({ ...live, INTEGRATIONS_FILE: path })).toEqual([
      expect.stringContaining('[0].tiktok.testEventCode: LIVE_MODE=true refuses'),
    ]);
  });

  it.each([
    ['STRIPE_API_KEY', 'sk_test_1'],
    ['STRIPE_API_KEY', 'rk_test_1'],
    ['PADDLE_API_KEY', 'pdl_sdbx_apikey_1'],
  ])('refuses a test key in %s', (name, key) => {
    expect(problems({ ...live, [name]: key })).toEqual([expect.stringMatching(new RegExp(`^${name}: LIVE_MODE=true refuses`))]);
  });

  it('warns of another TikTok, and not of the real one', () => {
    expect(load({ ...live, TIKTOK_API_URL: 'https://proxy.example.com' }).warnings).toEqual([
      expect.stringContaining('https://proxy.example.com'),
    ]);
    expect(load({ ...live, TIKTOK_API_URL: 'https://business-api.tiktok.com/' }).warnings).toEqual([]);
  });

  it('refuses stored settings that would send to the sandbox or as tests', () => {
    const config = load(live);
    expect(liveModeProblems(config, { pixelCode: 'C4', testEventCode: null })).toEqual([]);
    expect(liveModeProblems(config, { pixelCode: null, testEventCode: null })).toEqual([
      expect.stringContaining('built-in sandbox'),
    ]);
    expect(liveModeProblems(config, { pixelCode: 'C4', testEventCode: 'TEST1' })).toEqual([
      expect.stringContaining('test event code'),
    ]);
    expect(liveModeProblems(config, { pixelCode: null, testEventCode: 'TEST1' })).toHaveLength(2);
    const elsewhere = load({ ...live, TIKTOK_API_URL: 'https://proxy.example.com' });
    expect(liveModeProblems(elsewhere, { pixelCode: null, testEventCode: null })).toEqual([]);
  });

  it('off, refuses nothing', () => {
    expect(liveModeProblems(load(given), { pixelCode: null, testEventCode: 'TEST1' })).toEqual([]);
  });
});

it('the built-in sandbox is used while no pixel is set and no other receiver is named', () => {
  expect(usesBuiltInSandbox({ tiktokApiUrl: null }, { pixelCode: null })).toBe(true);
  expect(usesBuiltInSandbox({ tiktokApiUrl: null }, { pixelCode: 'C4' })).toBe(false);
  expect(usesBuiltInSandbox({ tiktokApiUrl: 'http://127.0.0.1:1' }, { pixelCode: null })).toBe(false);
});

it.each([
  [{}, 3000, 'http://127.0.0.1:3000'],
  [{ HOST: '0.0.0.0', PORT: '0' }, 41234, 'http://localhost:41234'],
  [{ HOST: '::1' }, 3000, 'http://[::1]:3000'],
  [{ PUBLIC_URL: 'https://relay.example.com/tt/' }, 3000, 'https://relay.example.com/tt'],
])('the public URL of %j on port %i is %s', (env, port, url) => {
  const { web } = load(env);
  expect(publicUrl(web, port)).toBe(url);
  expect(allowedOrigins(web, port)).toEqual([new URL(url).origin]);
});

it('allowed origins are told apart from the public URL', () => {
  const { web } = load({
    ALLOWED_ORIGINS: 'https://shop.example.com/, https://www.example.com:8443',
    PUBLIC_URL: 'https://relay.example.com',
  });
  expect(allowedOrigins(web, 3000)).toEqual(['https://shop.example.com', 'https://www.example.com:8443']);
});

it('a key of yours beside data that a generated one sealed is pointed out', () => {
  const { encryptionKeys, secretsFile } = load();
  expect(load(given).warnings).toEqual([
    expect.stringContaining(`ENCRYPTION_KEYS replaces the one in ${secretsFile}`),
    expect.stringContaining('USER_ID_PEPPER'),
  ]);
  const old = encryptionKeys.map(({ id, key: bytes }) => `${id}:${bytes.toString('base64')}`).join();
  const rotated = load({ ENCRYPTION_KEYS: `k1:${key},${old}` });
  expect(rotated.warnings).toEqual([]);
  expect(rotated.encryptionKeys).toHaveLength(2);
});

it('encryption keys keep their order: the first seals', () => {
  const second = Buffer.alloc(32, 1).toString('base64');
  expect(parseEncryptionKeys(`k2:${key},k1:${second}`).map(({ id }) => id)).toEqual(['k2', 'k1']);
});

it('the start-up summary shows of secrets only that they are there', () => {
  const config = load({
    ...deployed,
    STRIPE_WEBHOOK_SECRETS: 'whsec_hush',
    STRIPE_API_KEY: 'sk_hush',
    PADDLE_WEBHOOK_SECRETS: 'pdl_hush',
    TIKTOK_ACCESS_TOKEN: 'hush',
    TIKTOK_PIXEL_CODE: 'C4ABCDEF',
  });
  const summary = startupSummary(config).join('\n');
  expect(summary).toContain('pixel C4ABCDEF, access token present, test event code absent');
  for (const secret of ['hush', ...Object.values(given)]) expect(summary).not.toContain(secret);
});

it.each([
  [{ XDG_CACHE_HOME: '/caches', HOME: '/home/a' }, '/caches/tiktok-purchase-relay/temporal'],
  [{ HOME: '/home/a' }, '/home/a/.cache/tiktok-purchase-relay/temporal'],
])('the Temporal CLI is cached where caches go: %j', (env, cacheDir) => {
  expect(temporalCliConfig({ ...env, PATH: '/bin' })).toEqual({ cliPath: null, searchPath: '/bin', cacheDir });
});

describe('who may see the console', () => {
  it('are operators alone, unless more is set', () => {
    expect(load()).toMatchObject({ viewer: { password: null, token: null }, operatorProxy: null });
  });

  it('are viewers, too, with secrets of their own', () => {
    expect(load({ VIEWER_PASSWORD: 'only looking' }).viewer).toEqual({ password: 'only looking', token: null });
    expect(problems({ ...given, VIEWER_TOKEN: given.OPERATOR_TOKEN })).toEqual([
      expect.stringMatching(/^VIEWER_TOKEN: is the same as an operator’s: viewers would be operators/),
    ]);
  });

  it('are whom a proxy names, where there is one', () => {
    const proxy = { OPERATOR_PROXY_HEADER: 'X-Forwarded-User', OPERATOR_PROXY_OPERATORS: 'anna@example.com, ben' };
    expect(load({ ...proxy, TRUST_PROXY: '1' }).operatorProxy).toEqual({
      header: 'x-forwarded-user',
      operators: ['anna@example.com', 'ben'],
    });
    expect(problems(proxy)).toEqual([expect.stringMatching(/^OPERATOR_PROXY_HEADER: needs TRUST_PROXY/)]);
    expect(problems({ OPERATOR_PROXY_OPERATORS: 'anna' })).toEqual([
      expect.stringMatching(/^OPERATOR_PROXY_OPERATORS: needs OPERATOR_PROXY_HEADER/),
    ]);
  });
});

/** The only reader of the environment. Everything else is handed a `Config`. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { type ConfigFiles, nodeConfigFiles } from './files';
import {
  type IntegrationConfig,
  type LocatedIntegration,
  integrationFromVariables,
  integrationPrefixes,
  integrationSecrets,
  integrationVariables,
  integrationsFromFile,
  refuseTestKeys,
  refuseWeakSecrets,
} from './integrations';
import { type ScreenCapabilities, screenCapabilities } from './screen';
import { ConfigError, type Environment, Problems, Variables } from './variables';
import type { Settings } from '../domain/settings';
import { weaknessOf, weaknessOfPassword } from './strength';
import type { RetentionDays } from '../domain/retention';
import { readRetention } from './retention';
import { type SecretName, parseEncryptionKeys, pepperLayersName, readSecrets, secretNames } from './secrets';
import {
  bool,
  headerName,
  hostName,
  names,
  oneOf,
  origins,
  path,
  port,
  postgresUrl,
  domainName,
  positive,
  proxyCount,
  realTikTokApiUrl,
  realTikTokPixelUrl,
  seconds,
  temporalAddress,
  secretText,
  unquotedText,
  webhookUrl,
  webUrl,
} from './values';
import type { SealingKey } from '../crypto/keyring';

export { parseEncryptionKeys } from './secrets';
export { realTikTokApiUrl, realTikTokPixelUrl } from './values';
export { type ScreenCapabilities, screenCapabilities } from './screen';
export { ConfigError, type ConfigProblem } from './variables';
export type { IntegrationConfig, PspConfig, TikTokConfig } from './integrations';

/** `all` is `npm start`; `web` and `worker` are the processes of a real deployment; `reproject`, `reseal` and `migrate` are commands that end. */
export type ProcessKind = 'all' | 'web' | 'worker' | 'reproject' | 'reseal' | 'migrate';

export interface Config {
  readonly kind: ProcessKind;
  readonly web: WebConfig;
  /** A worker's health and metrics, on the host of `web`; 0 is off. */
  readonly metricsPort: number;
  /** Opens `/metrics` beside the operators' and viewers' tokens. Null: none is set. */
  readonly metricsToken: string | null;
  readonly dataDir: string;
  readonly database: { readonly kind: 'postgres'; readonly url: string } | { readonly kind: 'embedded'; readonly dir: string };
  readonly temporal: TemporalConfig;
  readonly temporalCli: TemporalCliConfig;
  /** Console and `/api`; null for a worker, which serves neither. */
  readonly operator: { readonly password: string; readonly token: string } | null;
  /** Of those who look and change nothing; each null where it is not set. */
  readonly viewer: { readonly password: string | null; readonly token: string | null };
  /** Who signs in by the word of a proxy; null: nobody. */
  readonly operatorProxy: OperatorProxy | null;
  /** The first seals, all open. */
  readonly encryptionKeys: readonly SealingKey[];
  readonly userIdPepper: string;
  /** The secrets of the layers over the pepper, from the second generation on. */
  readonly pepperLayers: readonly string[];
  /** Null: the real one, or the built-in sandbox while no pixel is set (`usesBuiltInSandbox`). */
  readonly tiktokApiUrl: string | null;
  /** TikTok's browser script, without its query. Null: the real one, or the built-in sandbox's. */
  readonly tiktokPixelUrl: string | null;
  readonly integrations: readonly IntegrationConfig[];
  readonly liveMode: boolean;
  /** NODE_ENV=production. */
  readonly isProduction: boolean;
  /** Where alerts are posted; a secret, since who knows it can post there. Null: nowhere. */
  readonly alertWebhookUrl: string | null;
  readonly logLevel: LogLevel;
  readonly retention: RetentionDays;
  /** Where traces are sent (OTLP over HTTP); null: they are not collected. */
  readonly tracing: { readonly endpoint: string; readonly serviceName: string } | null;
  /** Variables whose secret was made here and is kept in `DATA_DIR/secrets.json`. */
  readonly generatedSecrets: readonly SecretName[];
  /** True when this start made at least one of them, so that it can be shown once. */
  readonly madeSecretsNow: boolean;
  readonly secretsFile: string;
  /** Settings that work and are probably not intended. */
  readonly warnings: readonly string[];
}

/** A proxy in front of the service that has signed people in. */
export interface OperatorProxy {
  /** In lower case. It names who calls, and the proxy replaces whatever the caller sent in it. */
  readonly header: string;
  /** The names that are operators; all others are viewers. */
  readonly operators: readonly string[];
}

export interface WebConfig {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Null: derived from host and port (`publicUrl`). */
  readonly publicUrl: string | null;
  /** Null: the origin of the public URL (`allowedOrigins`). */
  readonly allowedOrigins: readonly string[] | null;
  /** How many proxies in front of us to believe about the buyer's IP. */
  readonly trustProxy: number;
  /** How many calls of `/collect` and `/collect/purchase` one address may make in a minute. */
  readonly collectPerMinute: number;
  /** Where `/collect` sets the click id's cookie (`example.com`); null: nowhere, the script does. */
  readonly cookieDomain: string | null;
  /** How long a process that is to stop still takes requests, while `/readyz` sends callers elsewhere. Milliseconds. */
  readonly drainMs: number;
}

export type TemporalConfig =
  /** `env` is what `@temporalio/envconfig` reads: `TEMPORAL_*`, and where the home directory with a profile file is. */
  | { readonly kind: 'external'; readonly env: Readonly<Record<string, string>>; readonly uiUrl: string | null }
  /** A port of 0 takes any free one. */
  | {
      readonly kind: 'embedded';
      readonly namespace: string;
      readonly port: number;
      readonly uiPort: number;
      readonly uiUrl: string | null;
    };

export interface TemporalCliConfig {
  readonly cliPath: string | null;
  /** PATH, as the system writes it. */
  readonly searchPath: string;
  readonly cacheDir: string;
}

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Only `npm start` and what works on its files bring their own Temporal server and database. */
const embeddedAllowed: Readonly<Record<ProcessKind, boolean>> = {
  ...{ all: true, web: false, worker: false },
  ...{ reproject: true, reseal: true, migrate: true },
};
const servesOperators: Readonly<Record<ProcessKind, boolean>> = {
  ...{ all: true, web: true, worker: false },
  ...{ reproject: false, reseal: false, migrate: false },
};

/** `loadConfig` over the real environment, for the entry points. @throws ConfigError */
export function configFromEnvironment(kind: ProcessKind): Config {
  return loadConfig(process.env, kind);
}

/** What the terminal can do, as far as the real environment says. */
export function terminalCapabilities(): ScreenCapabilities {
  return screenCapabilities(process.env);
}

export interface DemoEnvironment {
  readonly screen: ScreenCapabilities;
  /** Where the Temporal CLI may be. Nothing else of yours reaches the demo: no database, no secret, no TikTok account. */
  readonly variables: Environment;
}

/** The part of the real environment that `npm run demo` uses. */
export function demoEnvironment(): DemoEnvironment {
  const { HOME, PATH, XDG_CACHE_HOME, TEMPORAL_CLI_PATH } = process.env;
  return { screen: screenCapabilities(process.env), variables: { HOME, PATH, XDG_CACHE_HOME, TEMPORAL_CLI_PATH } };
}

/**
 * Reads and checks every variable and names all problems at once. An empty variable counts as not set.
 * Writes `DATA_DIR/secrets.json` when secrets have to be made, and only if there is no problem.
 * @throws ConfigError
 */
export function loadConfig(env: Environment, kind: ProcessKind, files: ConfigFiles = nodeConfigFiles): Config {
  const problems = new Problems();
  const variables = new Variables(env, problems, { variables: secretVariables, read: (path) => files.read(path) });
  const warnings: string[] = [];

  const dataDir = resolve(variables.read('DATA_DIR', path, '/var/lib/tiktok-purchase-relay') ?? '.data');
  const liveMode = variables.read('LIVE_MODE', bool, 'true') ?? false;
  const tiktokApiUrl = variables.read('TIKTOK_API_URL', webUrl, 'https://business-api.tiktok.com');
  const tiktokPixelUrl = variables.read('TIKTOK_PIXEL_URL', webUrl, realTikTokPixelUrl);
  const web = readWeb(variables, { drainSeconds: kind === 'web' && liveMode ? 5 : 0 });
  const alertWebhookUrl = variables.readSecret(
    'ALERT_WEBHOOK_URL',
    webhookUrl,
    'https://hooks.slack.com/services/T000/B000/XXXX',
  );
  const metricsPort = variables.read('METRICS_PORT', port, '9464') ?? 9464;
  const temporal = readTemporal(variables, kind);
  const database = readDatabase(variables, kind, dataDir);
  const logLevel = variables.read('LOG_LEVEL', oneOf(logLevels), 'info') ?? 'info';
  const retention = readRetention(variables);
  const tracesTo = variables.read('OTEL_EXPORTER_OTLP_ENDPOINT', webUrl, 'http://127.0.0.1:4318');
  const serviceName = variables.read('OTEL_SERVICE_NAME', unquotedText, 'tiktok-purchase-relay') ?? 'tiktok-purchase-relay';
  const nodeEnv = variables.read('NODE_ENV', unquotedText, 'production');
  const integrations = readIntegrations(variables, files, warnings);
  const metricsToken = variables.readSecret('METRICS_TOKEN', secretText, 'the output of `openssl rand -hex 24`');
  const viewer = readViewer(variables);
  const operatorProxy = readOperatorProxy(variables, web.trustProxy);
  const secrets = readSecrets(variables, files, {
    command: kind,
    dataDir,
    liveMode,
    mayGenerate: embeddedAllowed[kind],
    // The schema has no secrets.
    needed: kind === 'migrate' ? [] : secretNames.filter((name) => servesOperators[kind] || !name.startsWith('OPERATOR_')),
    warnings,
  });

  if (liveMode) {
    for (const { tiktok, where } of integrations)
      if (tiktok.testEventCode) problems.add(where('testEventCode'), 'LIVE_MODE=true refuses a test event code: remove it');
    refuseTestKeys(integrations, problems);
    refuseWeakSecrets(integrations, variables);
    refuseGuessable(variables, { viewer, metricsToken });
    refusePlainHttp(web, problems);
    if (isPlainDatabase(database))
      warnings.push(
        'DATABASE_URL: the connection is not encrypted; add ?sslmode=verify-full (and &sslrootcert=… for an authority of your own)',
      );
    if (tiktokApiUrl !== null && tiktokApiUrl !== realTikTokApiUrl)
      warnings.push(`LIVE_MODE=true, and TIKTOK_API_URL is ${tiktokApiUrl} instead of ${realTikTokApiUrl}`);
  }
  warnings.push(...unknownVariables(env));
  variables.refuseQuotes((name) => name.startsWith('TEMPORAL_'));
  problems.throwIfAny();

  const usesFolder = embeddedAllowed[kind] && (database.kind === 'embedded' || temporal.kind === 'embedded');
  if (usesFolder) checkFolder(dataDir, files);
  const { values, generated, made } = secrets.keep();
  return deepFreeze<Config>({
    kind,
    web,
    metricsPort,
    metricsToken,
    dataDir,
    database,
    temporal,
    temporalCli: temporalCliConfig(env),
    viewer,
    operatorProxy,
    operator: servesOperators[kind] ? { password: values.OPERATOR_PASSWORD, token: values.OPERATOR_TOKEN } : null,
    encryptionKeys: kind === 'migrate' ? [] : parseEncryptionKeys(values.ENCRYPTION_KEYS),
    userIdPepper: values.USER_ID_PEPPER,
    pepperLayers: secrets.pepperLayers,
    tiktokApiUrl,
    tiktokPixelUrl,
    integrations: integrations.map(({ where: _, secretsAt: __, ...integration }) => integration),
    liveMode,
    isProduction: nodeEnv === 'production',
    alertWebhookUrl,
    logLevel,
    retention,
    tracing: tracesTo === null ? null : { endpoint: tracesTo, serviceName },
    generatedSecrets: generated,
    madeSecretsNow: made,
    secretsFile: secrets.file,
    warnings,
  });
}

/** @throws ConfigError when nothing can be written into the folder. */
function checkFolder(dataDir: string, files: ConfigFiles): void {
  try {
    files.prepareFolder?.(dataDir);
  } catch (error) {
    const message = `${dataDir} cannot be written to (${(error as NodeJS.ErrnoException).code ?? (error as Error).message}): give it to the user who runs this, or name another folder`;
    throw new ConfigError([{ variable: 'DATA_DIR', message, example: 'DATA_DIR=/var/lib/tiktok-purchase-relay' }]);
  }
}

/** Where the Temporal CLI may be; for tests and scripts too, which need nothing else. */
export function temporalCliConfig(env: Environment): TemporalCliConfig {
  const variables = new Variables(env, new Problems());
  const cacheHome = variables.text('XDG_CACHE_HOME') ?? join(variables.text('HOME') ?? homedir(), '.cache');
  return {
    cliPath: variables.text('TEMPORAL_CLI_PATH'),
    searchPath: variables.text('PATH') ?? '',
    cacheDir: join(cacheHome, 'tiktok-purchase-relay', 'temporal'),
  };
}

/** True when purchases go to the sandbox inside this service: no other receiver is named and no pixel is set. */
export function usesBuiltInSandbox(config: Pick<Config, 'tiktokApiUrl'>, settings: Pick<Settings, 'pixelCode'>): boolean {
  return config.tiktokApiUrl === null && settings.pixelCode === null;
}

/** Stored settings that LIVE_MODE refuses; empty when all are allowed or LIVE_MODE is off. */
export function liveModeProblems(
  config: Pick<Config, 'liveMode' | 'tiktokApiUrl'>,
  settings: Pick<Settings, 'pixelCode' | 'testEventCode'>,
): string[] {
  if (!config.liveMode) return [];
  const problems: string[] = [];
  if (usesBuiltInSandbox(config, settings))
    problems.push(
      'LIVE_MODE: refuses the built-in sandbox, and no pixel is set; set one in the console or with TIKTOK_PIXEL_CODE (example: TIKTOK_PIXEL_CODE=C4ABCDEFGHIJKLMNOPQR)',
    );
  if (settings.testEventCode !== null)
    problems.push(
      'LIVE_MODE: refuses a test event code, and the settings hold one; remove it in the console (example: "testEventCode": null)',
    );
  return problems;
}

/** The URL that others reach us by. `port` is the one actually listened on, which differs from PORT=0. */
export function publicUrl(web: WebConfig, port: number): string {
  if (web.publicUrl !== null) return web.publicUrl;
  const everywhere = web.host === '0.0.0.0' || web.host === '::';
  const host = everywhere ? 'localhost' : web.host.includes(':') ? `[${web.host}]` : web.host;
  return `http://${host}:${port}`;
}

/** Origins of the pages that may call `/collect`. */
export function allowedOrigins(web: WebConfig, port: number): readonly string[] {
  return web.allowedOrigins ?? [new URL(publicUrl(web, port)).origin];
}

function readWeb(variables: Variables, defaults: { readonly drainSeconds: number }): WebConfig {
  return {
    host: variables.read('HOST', hostName, '127.0.0.1') ?? '127.0.0.1',
    port: variables.read('PORT', port, '3000') ?? 3000,
    publicUrl: variables.read('PUBLIC_URL', webUrl, 'https://relay.example.com'),
    allowedOrigins: variables.read('ALLOWED_ORIGINS', origins, 'https://shop.example.com,https://www.example.com'),
    trustProxy: variables.read('TRUST_PROXY', proxyCount, '1') ?? 0,
    collectPerMinute: variables.read('COLLECT_LIMIT_PER_MINUTE', positive, '300') ?? 300,
    cookieDomain: variables.read('COLLECT_COOKIE_DOMAIN', domainName, 'example.com'),
    drainMs: (variables.read('DRAIN_SECONDS', seconds, '5') ?? defaults.drainSeconds) * 1_000,
  };
}

function readViewer(variables: Variables): Config['viewer'] {
  const password = variables.readSecret('VIEWER_PASSWORD', unquotedText, 'another long pass phrase');
  const token = variables.readSecret('VIEWER_TOKEN', secretText, 'the output of `openssl rand -hex 24`');
  for (const [name, own] of [
    ['VIEWER_PASSWORD', password],
    ['VIEWER_TOKEN', token],
  ] as const)
    if (own !== null && ['OPERATOR_PASSWORD', 'OPERATOR_TOKEN'].some((other) => variables.text(other) === own))
      variables.problems.add(name, 'is the same as an operator’s: viewers would be operators', `${name}=<a secret of its own>`);
  return { password, token };
}

function refuseGuessable(
  variables: Variables,
  { viewer, metricsToken }: { readonly viewer: Config['viewer']; readonly metricsToken: string | null },
): void {
  const given = [
    ['VIEWER_PASSWORD', viewer.password, weaknessOfPassword],
    ['VIEWER_TOKEN', viewer.token, weaknessOf],
    ['METRICS_TOKEN', metricsToken, weaknessOf],
  ] as const;
  for (const [name, value, judge] of given) {
    const weakness = value === null ? null : judge(value);
    if (weakness !== null) variables.problems.add(variables.givenAs(name), weakness, `${name}=<openssl rand -hex 24>`);
  }
}

/** Passwords and tokens would cross the network readable. */
function refusePlainHttp({ publicUrl: url }: WebConfig, problems: Problems): void {
  if (url !== null && new URL(url).protocol === 'http:' && !isLoopback(new URL(url).hostname))
    problems.add(
      'PUBLIC_URL',
      'LIVE_MODE=true refuses http: put TLS in front of the service',
      'PUBLIC_URL=https://relay.example.com',
    );
}

/** True where the password and the rows cross a network readable. A name without a dot is one of a container network. */
function isPlainDatabase(database: Config['database']): boolean {
  if (database.kind === 'embedded') return false;
  const { hostname, searchParams } = new URL(database.url);
  const host = hostname === '' ? (searchParams.get('host') ?? '') : hostname;
  const isNear = isLoopback(host) || host === '' || host.startsWith('/') || /^[\w-]+$/.test(host);
  // https://node-postgres.com/features/ssl and https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-SSLMODE-STATEMENTS
  const isEncrypted = /^(require|verify-ca|verify-full|no-verify)$/.test(searchParams.get('sslmode') ?? '');
  return !isNear && !isEncrypted && searchParams.get('ssl') !== 'true';
}

/** True for a name or an address of this machine itself. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || /^127(\.\d{1,3}){3}$/.test(host) || host === '::1' || host === '[::1]';
}

function readOperatorProxy(variables: Variables, trustProxy: number): OperatorProxy | null {
  const header = variables.read('OPERATOR_PROXY_HEADER', headerName, 'X-Forwarded-User');
  const operators = variables.read('OPERATOR_PROXY_OPERATORS', names, 'anna@example.com,ben@example.com') ?? [];
  if (header !== null && trustProxy === 0)
    variables.problems.add(
      'OPERATOR_PROXY_HEADER',
      'needs TRUST_PROXY: without a proxy in front of the service anybody could send the header',
      'TRUST_PROXY=1',
    );
  if (header === null && operators.length > 0)
    variables.problems.add(
      'OPERATOR_PROXY_OPERATORS',
      'needs OPERATOR_PROXY_HEADER, in which the proxy names who calls',
      'OPERATOR_PROXY_HEADER=X-Forwarded-User',
    );
  return header === null ? null : { header, operators };
}

function readTemporal(variables: Variables, kind: ProcessKind): TemporalConfig {
  const address = variables.read('TEMPORAL_ADDRESS', temporalAddress, 'temporal.example.com:7233');
  const profile = variables.text('TEMPORAL_PROFILE') ?? variables.text('TEMPORAL_CONFIG_FILE');
  const embeddedPort = variables.read('TEMPORAL_PORT', port, '7233') ?? 7233;
  const embeddedUiPort = variables.read('TEMPORAL_UI_PORT', port, '8233') ?? 8233;
  const uiUrl = variables.read('TEMPORAL_UI_URL', webUrl, 'https://temporal.example.com');
  if (embeddedPort !== 0 && embeddedPort === embeddedUiPort)
    variables.problems.add('TEMPORAL_UI_PORT', 'must differ from TEMPORAL_PORT', 'TEMPORAL_UI_PORT=8233');
  // A malformed address was reported already: do not report it as missing too.
  if (address !== null || profile !== null || variables.text('TEMPORAL_ADDRESS') !== null) {
    const env = variables.named(
      (name) => /^TEMPORAL_/.test(name) || name === 'HOME' || name === 'APPDATA' || name === 'XDG_CONFIG_HOME',
    );
    return { kind: 'external', env, uiUrl };
  }
  if (!embeddedAllowed[kind])
    variables.problems.add(
      'TEMPORAL_ADDRESS',
      `is needed by \`npm run ${kind}\` (or a TEMPORAL_PROFILE); only \`npm start\` brings its own Temporal server`,
      'TEMPORAL_ADDRESS=127.0.0.1:7233',
    );
  const namespace = variables.text('TEMPORAL_NAMESPACE') ?? 'default';
  return { kind: 'embedded', namespace, port: embeddedPort, uiPort: embeddedUiPort, uiUrl };
}

function readDatabase(variables: Variables, kind: ProcessKind, dataDir: string): Config['database'] {
  const url = variables.readSecret('DATABASE_URL', postgresUrl, 'postgres://relay:secret@db.example.com:5432/relay');
  if (url !== null) return { kind: 'postgres', url };
  if (!embeddedAllowed[kind] && variables.text('DATABASE_URL') === null)
    variables.problems.add(
      'DATABASE_URL',
      `is needed by \`npm run ${kind}\`; only \`npm start\` brings its own database`,
      'DATABASE_URL=postgres://relay:secret@127.0.0.1:5432/relay',
    );
  return { kind: 'embedded', dir: join(dataDir, 'database') };
}

function readIntegrations(variables: Variables, files: ConfigFiles, warnings: string[]): LocatedIntegration[] {
  const file = variables.text('INTEGRATIONS_FILE');
  if (file === null) return [integrationFromVariables(variables, warnings)];
  const unused = integrationVariables.filter((name) => variables.isSet(name)).map((name) => variables.givenAs(name));
  if (unused.length > 0) warnings.push(`INTEGRATIONS_FILE is set, so these are not read: ${unused.join(', ')}`);
  return integrationsFromFile(resolve(file), files, variables.problems, warnings);
}

const ownPrefixes: readonly string[] = [...integrationPrefixes, 'OPERATOR_', 'VIEWER_'];

const accessVariables = ['VIEWER_PASSWORD', 'VIEWER_TOKEN', 'OPERATOR_PROXY_HEADER', 'OPERATOR_PROXY_OPERATORS'];

/** Each may be given as `<NAME>_FILE`, too: the path of a file that holds it. */
const secretVariables: readonly string[] = [
  ...secretNames,
  pepperLayersName,
  ...['VIEWER_PASSWORD', 'VIEWER_TOKEN', 'METRICS_TOKEN', 'ALERT_WEBHOOK_URL', 'DATABASE_URL', 'TEMPORAL_API_KEY'],
  ...integrationSecrets,
];

/** A misspelt variable would otherwise just not work. */
function unknownVariables(env: Environment): string[] {
  const known = new Set<string>([
    ...integrationVariables,
    ...secretNames,
    ...accessVariables,
    'TIKTOK_API_URL',
    'TIKTOK_PIXEL_URL',
    ...secretVariables.map((name) => `${name}_FILE`),
  ]);
  return Object.keys(env)
    .filter((name) => ownPrefixes.some((prefix) => name.startsWith(prefix)) && !known.has(name))
    .map((name) => `${name} is not a variable of this service: is it misspelt?`);
}

/** Keys are bytes, which can't be frozen. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}

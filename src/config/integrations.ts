/** Integrations: one from the variables, or several from a file. Both end in the same shape and the same checks. */
import { resolve } from 'node:path';
import { z } from 'zod';
import type { ConfigFiles } from './files';
import { isTestKey, keyFormOf, secretForms, weaknessOfWebhookSecret } from './secret-forms';
import { secretText, unquotedText } from './values';
import type { Problems, Variables } from './variables';
import { manifests } from '../psp';
import type { ApiKeyVariables, PspManifest, SecretForm, Variable } from '../psp/manifest';
import { apiKeyVariablesOf, variablesOf } from '../psp/manifest';
import type { Only } from '../domain/routing';
import { integrationSources, onlySchema, refuseSources } from './sources';

export interface IntegrationConfig {
  readonly id: string;
  /** By the name in `/webhooks/:psp`; a provider that isn't here has nothing configured. */
  readonly psps: Readonly<Record<string, PspConfig>>;
  readonly tiktok: TikTokConfig;
  /** The secrets with which the merchant's server signs user tokens; empty: no token proves anything. */
  readonly userTokenSecrets: readonly string[];
  /** The integration whose provider accounts it takes, beside its own. */
  readonly from?: string;
  /** The payments that it takes of its accounts; absent: all. */
  readonly only?: Only;
}

export interface PspConfig {
  /**
   * The secrets that verify its webhooks; empty when the provider is off. Solidgate: `public:secret`. PayPal: the webhook id.
   */
  readonly webhookSecrets: readonly string[];
  /** For its API. Solidgate: `public:secret`. PayPal: `clientId:clientSecret`. */
  readonly apiKeys: readonly string[];
  /** Null: the provider's own. */
  readonly apiUrl: string | null;
}

/** Initial settings; later changes in the console win. */
export interface TikTokConfig {
  readonly pixelCode: string | null;
  readonly accessToken: string | null;
  readonly testEventCode: string | null;
  /** The ad account that owns the pixel, for TikTok's own count. No setting: it is read from here alone. */
  readonly advertiserId: string | null;
}

/** With the name under which a problem in it is reported: a variable, or the file and the path in it. */
export interface LocatedIntegration extends IntegrationConfig {
  readonly where: (field: 'pixelCode' | 'accessToken' | 'testEventCode') => string;
  /** Where a file has the provider's webhook secrets; null for those of the provider's own variable. */
  readonly secretsAt: (psp: string) => string | null;
}

const tiktokVariables = {
  pixelCode: 'TIKTOK_PIXEL_CODE',
  accessToken: 'TIKTOK_ACCESS_TOKEN',
  testEventCode: 'TIKTOK_TEST_EVENT_CODE',
  advertiserId: 'TIKTOK_ADVERTISER_ID',
} as const;
const userTokenVariable = 'USER_TOKEN_SECRETS';
const exampleUserTokenSecret = 'a-random-text-of-32-or-more-characters';

/** The variables of an integration that hold secrets; `<NAME>_FILE` may give each of them instead. */
export const integrationSecrets: readonly string[] = [
  tiktokVariables.accessToken,
  userTokenVariable,
  ...manifests
    .flatMap(({ webhookSecrets, api }) => [webhookSecrets, ...(api === null ? [] : apiKeyVariablesOf(api.keys))])
    .map(({ name }) => name),
];

/** Every variable that describes an integration, all unused when there is a file. */
export const integrationVariables: readonly string[] = [
  ...Object.values(tiktokVariables),
  userTokenVariable,
  ...manifests.flatMap(variablesOf).map(({ name }) => name),
];

/** The prefixes of the providers' variables (`STRIPE_`). A variable with a prefix and an unknown name is misspelt. */
export const integrationPrefixes: readonly string[] = [
  ...new Set(integrationVariables.map((name) => name.slice(0, name.indexOf('_') + 1))),
];

/** The integration `default`. */
export function integrationFromVariables(variables: Variables, warnings: string[]): LocatedIntegration {
  const psps: Record<string, PspConfig> = {};
  for (const { name, webhookSecrets: secrets, api } of manifests) {
    const webhookSecrets = variables.readSecret(secrets.name, listOf(secrets.form), secrets.example) ?? [];
    const apiKeys = api === null ? [] : readApiKeys(variables, api.keys);
    const apiUrl = api === null ? null : variables.read(api.url.name, apiUrlSchema, api.url.example);
    if (webhookSecrets.length > 0 || apiKeys.length > 0) psps[name] = { webhookSecrets, apiKeys, apiUrl };
    if (webhookSecrets.length === 0 && apiKeys.length > 0 && variables.text(secrets.name) === null)
      warnings.push(`${apiKeyNames(api)} is set and ${secrets.name} is not: webhooks of ${name} are off`);
  }
  const tiktok = {
    pixelCode: variables.read(tiktokVariables.pixelCode, pixelCode, 'C4ABCDEFGHIJKLMNOPQR'),
    accessToken: variables.readSecret(tiktokVariables.accessToken, accessToken, '0123456789abcdef0123456789abcdef01234567'),
    testEventCode: variables.read(tiktokVariables.testEventCode, testEventCode, 'TEST12345'),
    advertiserId: variables.read(tiktokVariables.advertiserId, advertiserId, '7012345678901234567'),
  };
  const userTokenSecrets = variables.readSecret(userTokenVariable, listEach(userTokenSecret), exampleUserTokenSecret) ?? [];
  return { id: 'default', psps, tiktok, userTokenSecrets, where: (field) => tiktokVariables[field], secretsAt: () => null };
}

function readApiKeys(variables: Variables, keys: ApiKeyVariables): string[] {
  switch (keys.kind) {
    case 'single':
      return variables.readSecret(keys.key.name, single, keys.key.example) ?? [];
    case 'list':
      return variables.readSecret(keys.keys.name, listOf(keys.keys.form), keys.keys.example) ?? [];
    case 'id-and-secret':
      return readIdAndSecret(variables, keys.id, keys.secret);
  }
}

function readIdAndSecret(variables: Variables, first: Variable, second: Variable): string[] {
  const [id] = variables.readSecret(first.name, single, first.example) ?? [];
  const [secret] = variables.readSecret(second.name, single, second.example) ?? [];
  for (const [one, other] of [
    [first, second],
    [second, first],
  ] as const)
    if (variables.text(one.name) === null && variables.text(other.name) !== null)
      variables.problems.add(one.name, `is needed, since ${other.name} is set`, `${one.name}=${one.example}`);
  return id === undefined || secret === undefined ? [] : [`${id}:${secret}`];
}

function apiKeyNames(api: PspManifest['api']): string {
  const names = api === null ? [] : apiKeyVariablesOf(api.keys).map(({ name }) => name);
  return names.join(' and ');
}

/** Refuses API keys of a provider's test mode, with which renewal checks would read test payments. */
export function refuseTestKeys(integrations: readonly IntegrationConfig[], problems: Problems): void {
  for (const manifest of manifests) {
    const { name, api } = manifest;
    const [variable] = api === null ? [] : apiKeyVariablesOf(api.keys);
    const keys = integrations.flatMap(({ psps }) => psps[name]?.apiKeys ?? []);
    if (variable && keys.some((key) => isTestKey(manifest, key)))
      problems.add(
        variable.name,
        'LIVE_MODE=true refuses a test key: a renewal check would bring test payments in',
        `${variable.name}=${variable.example}`,
      );
  }
}

/** Refuses secrets that somebody could guess, and then sign webhooks with. Those of a file are named by their provider. */
export function refuseWeakSecrets(integrations: readonly LocatedIntegration[], variables: Variables): void {
  for (const { psps, secretsAt } of integrations)
    for (const manifest of manifests) {
      const { name, webhookSecrets } = manifest;
      const weaknesses = (psps[name]?.webhookSecrets ?? []).map((secret) => weaknessOfWebhookSecret(manifest, secret));
      const weakness = weaknesses.find((found) => found !== null);
      if (weakness != null) variables.problems.add(secretsAt(name) ?? variables.givenAs(webhookSecrets.name), weakness);
    }
}

type TokenRead = { readonly ok: true; readonly token: string } | { readonly ok: false; readonly problem: string };

function tokenIn(file: string, files: ConfigFiles): TokenRead {
  try {
    const text = files.read(resolve(file));
    if (text === null) return { ok: false, problem: `${file} does not exist` };
    const token = accessToken.safeParse(text.trim());
    return token.success ? { ok: true, token: token.data } : { ok: false, problem: `${file} does not hold one token` };
  } catch (error) {
    return { ok: false, problem: `${file} cannot be read: ${(error as Error).message}` };
  }
}

/** A JSON array of integrations; problems name the file and the path in it. */
export function integrationsFromFile(
  file: string,
  files: ConfigFiles,
  problems: Problems,
  warnings: string[],
): LocatedIntegration[] {
  const variable = 'INTEGRATIONS_FILE';
  const example =
    '[{"id": "shop", "psps": {"stripe": {"webhookSecrets": ["whsec_…"]}}, "tiktok": {"pixelCode": "C4ABCDEFGHIJKLMNOPQR"}}]';
  let content: unknown;
  try {
    const text = files.read(file);
    if (text === null) throw new Error('it does not exist');
    if (text.length > longestFile) throw new Error('it is longer than 1 MB');
    content = JSON.parse(text);
  } catch (error) {
    // A JSON parser's message may quote what it stumbled on, and that may be a secret.
    const reason = error instanceof SyntaxError ? 'it is not JSON' : (error as Error).message;
    problems.add(variable, `${file} cannot be used: ${reason}`, example);
    return [];
  }
  const parsed = integrationsSchema.safeParse(content);
  if (!parsed.success) {
    const { issues } = parsed.error;
    for (const { path, message } of issues.slice(0, mostProblems))
      problems.add(variable, `${file}: ${dotted(path)} ${message}`, example);
    if (issues.length > mostProblems) problems.add(variable, `${file}: and ${issues.length - mostProblems} more problems`);
    return [];
  }
  return parsed.data.map(({ id, psps, tiktok, userTokenSecrets, from, only }, index) => {
    const where = (field: string): string => `${variable} [${index}].tiktok.${field}`;
    const { accessTokenFile, ...rest } = tiktok;
    let token = rest.accessToken;
    if (accessTokenFile !== undefined) {
      const read = tokenIn(accessTokenFile, files);
      if (read.ok) token = read.token;
      else problems.add(where('accessTokenFile'), read.problem);
    }
    for (const [name, psp] of Object.entries(psps))
      if (psp.webhookSecrets.length === 0)
        warnings.push(`${variable} [${index}].psps.${name} has no webhookSecrets: its webhooks are off`);
    if (from !== undefined && integrationSources(parsed.data, from).every((source) => Object.keys(source.psps).length === 0))
      warnings.push(
        `${variable} [${index}].from names ${from}, which has no psps: until one is entered in the console, nothing is taken`,
      );
    const secretsAt = (psp: string): string => `${variable} [${index}].psps.${psp}.webhookSecrets`;
    const taken = { ...(from === undefined ? {} : { from }), ...(only === undefined ? {} : { only }) };
    return { id, psps, tiktok: { ...rest, accessToken: token }, userTokenSecrets, ...taken, where, secretsAt };
  });
}

/** In characters: thousands of integrations. What is longer is another file, or a broken one. */
const longestFile = 1_000_000;
/** Of one file: whoever mends these sees the next. */
const mostProblems = 20;

/** `[0].psps.stripe.webhookSecrets[1]`; the whole file is `it`. */
function dotted(path: readonly PropertyKey[]): string {
  const text = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return text === '' ? 'it' : text.replace(/^\./, '');
}

/** `a,b`, every part checked: an empty part would be an empty secret. */
function listOf(form: SecretForm): z.ZodType<string[]> {
  return listEach(secretForms[form]);
}

function listEach(secret: z.ZodType<string, string>): z.ZodType<string[]> {
  return z
    .string()
    .transform((text) => text.split(',').map((part) => part.trim()))
    .pipe(z.array(secret));
}

const userTokenSecret = secretText.min(32, 'must have at least 32 characters: who can guess it can speak for every user');
const single: z.ZodType<string[]> = secretText.transform((text) => [text]);
const pixelCode = z.string('must be a string').regex(/^[A-Za-z0-9_-]{4,64}$/, 'must be a pixel code: letters and digits');
const accessToken = unquotedText.regex(/^[\x21-\x7e]+$/, 'must not contain spaces');
const testEventCode = z
  .string('must be a string')
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be a test event code: letters and digits');
// TikTok's ids of ad accounts have 19 digits today.
const advertiserId = z.string('must be a string').regex(/^\d{1,30}$/, 'must be an advertiser id: digits alone');
const apiUrlSchema = z
  .string('must be a string')
  .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), 'must be an http:// or https:// URL')
  .transform((text) => text.replace(/\/+$/, ''));

function pspSchema({ webhookSecrets: secrets, api }: PspManifest): z.ZodType<PspConfig> {
  const keyForm = keyFormOf(api?.keys);
  return z
    .strictObject({
      webhookSecrets: z.array(secretForms[secrets.form], 'must be a list').default([]),
      apiKey: secretForms[keyForm].optional(),
      apiKeys: z.array(secretForms[keyForm], 'must be a list').default([]),
      apiUrl: apiUrlSchema.nullable().default(null),
    })
    .transform(({ webhookSecrets, apiKey, apiKeys, apiUrl }) => ({
      webhookSecrets,
      apiKeys: apiKey === undefined ? apiKeys : [apiKey, ...apiKeys],
      apiUrl,
    }));
}

const pspsSchema = z
  .strictObject(Object.fromEntries(manifests.map((manifest) => [manifest.name, pspSchema(manifest).optional()])))
  .transform((psps) => {
    const configured: Record<string, PspConfig> = {};
    for (const [name, psp] of Object.entries(psps)) if (psp) configured[name] = psp;
    return configured;
  });

const tiktokSchema = z
  .strictObject({
    pixelCode: pixelCode.nullable().default(null),
    accessToken: accessToken.nullable().default(null),
    accessTokenFile: z.string().optional(),
    testEventCode: testEventCode.nullable().default(null),
    advertiserId: advertiserId.nullable().default(null),
  })
  .refine(({ accessToken: token, accessTokenFile }) => token === null || accessTokenFile === undefined, {
    path: ['accessTokenFile'],
    message: 'must not be given together with accessToken',
  });

const integrationsSchema = z
  .array(
    z.strictObject({
      // It stands in URLs and workflow ids.
      id: z.string('must be a string').regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, 'must be lower-case letters, digits, - and _'),
      psps: pspsSchema.default({}),
      tiktok: tiktokSchema.default({ pixelCode: null, accessToken: null, testEventCode: null, advertiserId: null }),
      userTokenSecrets: z.array(userTokenSecret, 'must be a list').default([]),
      from: z.string('must be the id of another integration').optional(),
      only: onlySchema.optional(),
    }),
    'must be a list of integrations',
  )
  .min(1, 'must hold at least one integration')
  .superRefine((integrations, context) => {
    const ids = new Set<string>();
    integrations.forEach(({ id }, index) => {
      if (ids.has(id)) context.addIssue({ code: 'custom', path: [index, 'id'], message: 'must be an id of its own' });
      ids.add(id);
    });
    refuseSources(integrations, context);
  });

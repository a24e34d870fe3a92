/** The message of `npm start` when it is ready: on a terminal a box with what matters, elsewhere one line of JSON. */
import { usesBuiltInSandbox } from '../config/config';
import type { Settings } from '../domain/settings';
import { adapters } from '../psp';
import type { TemporalServer } from '../temporal/dev-server/server';
import { providerSummary } from './provider-summary';
import type { Screen } from './screen';
import { columnWidths, padded } from './screen';
import type { Services } from './services';
import { sandboxPath } from './services';

export interface Addresses {
  /** Of web, as others reach us. */
  readonly url: string;
  /** Of web, on this machine. */
  readonly localUrl: string;
  readonly temporal: TemporalServer;
  /** Makes an address that signs the person at the terminal in, once. */
  readonly createSignInLink?: () => string;
}

/** Secrets belong to a person's screen, not to a log: only the box has them. */
export async function banner(services: Services, addresses: Addresses, screen: Screen | null): Promise<void> {
  const { config, logger } = services;
  const { url, temporal } = addresses;
  const integrationIds = config.integrations.map(({ id }) => id);
  const accounts = integrationIds.map((id) => ({ id, on: services.accounts.on(id) }));
  const webhooks = accounts.flatMap(({ id, on }) =>
    on.flatMap((psp) => (services.accounts.webhooks(id, psp) ? [webhookUrl(url, id, psp)] : [])),
  );
  const settings = await Promise.all(
    config.integrations.map(async ({ id }) => ({ id, settings: await services.settings.get(id) })),
  );
  const inSandbox = settings.some((one) => usesBuiltInSandbox(config, one.settings));
  const sandbox = inSandbox ? `${url}${sandboxPath}/_sandbox/` : null;
  if (screen === null) {
    const { secretsFile } = config;
    const facts = {
      url,
      api: `${url}/api/settings`,
      temporalUi: temporal.uiUrl,
      webhooks,
      purchasesGo: destinationText(services, settings, sandbox),
      pixel: `${url}/pixel.js`,
      sandbox,
      secretsFile,
    };
    for (const line of providerSummary(services.accounts, integrationIds)) logger.info(line);
    logger.info(facts, 'ready');
    return;
  }
  const rows: Row[] = [
    ...consoleRows(services, addresses),
    ['Temporal UI', temporal.uiUrl ?? 'set TEMPORAL_UI_URL to have links'],
    ['Providers', providersText(accounts)],
    ...webhooks.map((address): Row => ['', address]),
    ['Purchases go', destinationText(services, settings, sandbox)],
    ['Data', config.dataDir],
    ...tokenRow(services),
    ['Temporal CLI', cliCommand(addresses)],
  ];
  screen.print(...boxLines(screen, rows));
}

type Row = [label: string, text: string];

function consoleRows({ config }: Services, { url, createSignInLink }: Addresses): readonly Row[] {
  if (!createSignInLink) return [['API', `${url}/api/reference`]];
  const password = config.generatedSecrets.includes('OPERATOR_PASSWORD') ? config.operator?.password : undefined;
  return [
    ['Console', createSignInLink()],
    ['', `this link signs you in, once; later: ${url}/console/${password === undefined ? '' : ` with the password ${password}`}`],
  ];
}

/** `on: stripe, generic · off: 7 others`; with several integrations what each of them has. */
export function providersText(accounts: readonly { readonly id: string; readonly on: readonly string[] }[]): string {
  const known = Object.keys(adapters).length;
  const texts = accounts.map(({ id, on }) => {
    const text = on.length === 0 ? `all ${known} off` : `on: ${on.join(', ')} · off: ${known - on.length} others`;
    return accounts.length === 1 ? text : `${id}: ${text}`;
  });
  return texts.join('; ');
}

interface OfIntegration {
  readonly id: string;
  readonly settings: Settings;
}

function destinationText({ config }: Services, all: readonly OfIntegration[], sandbox: string | null): string {
  const texts = all.map(({ id, settings }) => {
    const { pixelCode, testEventCode } = settings;
    const text = usesBuiltInSandbox(config, settings)
      ? `to the built-in sandbox, since no pixel is set: ${sandbox ?? ''}`
      : pixelCode === null
        ? 'nowhere: no pixel is set'
        : `to ${config.tiktokApiUrl ?? 'TikTok'}, pixel ${pixelCode}${testEventCode === null ? '' : ', as test events'}`;
    return all.length === 1 ? text : `${id}: ${text}`;
  });
  return texts.join('; ');
}

/** A token that was made here is shown to the person who needs it; one that was given is known. */
function tokenRow({ config }: Services): readonly Row[] {
  const isMade = config.generatedSecrets.includes('OPERATOR_TOKEN');
  return isMade && config.operator !== null ? [['For a shell', `export OPERATOR_TOKEN=${config.operator.token}`]] : [];
}

/** Without the codec the CLI shows payloads as base64, and reports an error for updates that were carried out. */
function cliCommand({ temporal: { cliPath, target }, localUrl }: Addresses): string {
  const { address } = target.connectionOptions;
  const server = address === undefined || address === '127.0.0.1:7233' ? '' : ` --address ${address}`;
  return `${cliPath ?? 'temporal'} …${server} --codec-endpoint ${localUrl}/codec --codec-auth "Bearer $OPERATOR_TOKEN"`;
}

function webhookUrl(url: string, integration: string, psp: string): string {
  return integration === 'default' ? `${url}/webhooks/${psp}` : `${url}/webhooks/${integration}/${psp}`;
}

/** Open at the right: addresses are longer than a terminal is wide, and are to be copied whole. */
function boxLines({ paint }: Screen, rows: readonly Row[]): readonly string[] {
  const [width = 0] = columnWidths(rows);
  const bar = paint.dim('│');
  return [
    '',
    `${paint.dim('┌')} ${paint.good('✓')} ${paint.bold('tiktok-purchase-relay is ready')}`,
    bar,
    ...rows.map(([label, text]) => `${bar}  ${paint.dim(padded(label, width))}  ${text}`),
    bar,
    `${paint.dim('└')} ${paint.dim('Ctrl-C stops it; a second start goes on where it was')}`,
    '',
  ];
}

/** The message of `npm start` when it is ready: addresses on a terminal, one line of JSON elsewhere. */
import type { Services } from './services';
import { sandboxPath } from './services';
import type { TemporalServer } from '../temporal/dev-server/server';
import { usesBuiltInSandbox } from '../config/config';
import { defaultSettings } from '../domain/settings';
import { manifests } from '../psp';

export interface Addresses {
  /** Of web, as others reach us. */
  readonly url: string;
  /** Of web, on this machine. */
  readonly localUrl: string;
  readonly temporal: TemporalServer;
}

/** Logs the addresses, and prints them for a person with the secrets that were generated here. */
export function banner({ config, logger, accounts }: Services, { url, localUrl, temporal }: Addresses): void {
  const temporalUiUrl = temporal.uiUrl;
  const psps = config.integrations.flatMap(({ id }) =>
    accounts.on(id).flatMap((psp) => (accounts.webhooks(id, psp) ? [webhookUrl(url, id, psp)] : [])),
  );
  const sandbox = usesBuiltInSandbox(config, defaultSettings) ? `${url}${sandboxPath}/_sandbox/` : null;
  const facts = {
    api: `${url}/api/settings`,
    temporalUi: temporalUiUrl,
    webhooks: psps,
    pixel: `${url}/pixel.js`,
    sandbox,
    secretsFile: config.secretsFile,
  };
  logger.info({ url, ...facts }, 'ready');
  if (!process.stdout.isTTY) return; // secrets belong to a person's screen, not to a log

  const rows: [string, string][] = [
    ['API', `${facts.api}   (Authorization: Bearer ${shown(config, 'OPERATOR_TOKEN', config.operator?.token)})`],
    ['Operator password', shown(config, 'OPERATOR_PASSWORD', config.operator?.password)],
    ['Temporal UI', temporalUiUrl ?? 'set TEMPORAL_UI_URL to have links'],
    ['Temporal CLI', cliCommand(temporal, localUrl)],
    ...(psps.length > 0
      ? psps.map((address): [string, string] => ['Webhooks', address])
      : ([['Webhooks', `none: set one of ${manifests.map(({ webhookSecrets }) => webhookSecrets.name).join(', ')}`]] as [
          string,
          string,
        ][])),
    ['Pixel', `${facts.pixel}   (docs/pixel.md)`],
    ['TikTok', sandbox === null ? 'as the settings say' : `built-in sandbox, while no pixel is set: ${sandbox}`],
    ['Data and secrets', config.dataDir],
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  const lines = rows.map(([label, text]) => `  ${label.padEnd(width)}  ${text}`);
  process.stdout.write(
    `\ntiktok-purchase-relay is ready\n${lines.join('\n')}\n  Ctrl-C stops it; a second start goes on where it was\n\n`,
  );
}

/** Without the codec the CLI shows payloads as base64, and reports an error for updates that were carried out. */
function cliCommand({ cliPath, target }: TemporalServer, localUrl: string): string {
  const { address } = target.connectionOptions;
  const server = address === undefined || address === '127.0.0.1:7233' ? '' : ` --address ${address}`;
  return `${cliPath ?? 'temporal'} …${server} --codec-endpoint ${localUrl}/codec --codec-auth "Bearer <operator token>"`;
}

function webhookUrl(url: string, integration: string, psp: string): string {
  return integration === 'default' ? `${url}/webhooks/${psp}` : `${url}/webhooks/${integration}/${psp}`;
}

/** A secret that was generated here is shown to the person who needs it; one that was given is known. */
function shown(
  { generatedSecrets }: Services['config'],
  name: 'OPERATOR_TOKEN' | 'OPERATOR_PASSWORD',
  secret: string | undefined,
): string {
  return generatedSecrets.includes(name) && secret !== undefined ? secret : `as set in ${name}`;
}

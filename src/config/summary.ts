/** The summary of the configuration that a process logs at start. */
import type { Config } from './config';
import { realTikTokApiUrl } from './values';

/** One line for each part of the configuration; secrets as present or absent. `adapters` are the providers that this version reads. */
export function startupSummary(config: Config, adapters: readonly string[]): string[] {
  const present = (secret: unknown): string => (secret ? 'present' : 'absent');
  const named = config.integrations.length > 1 || config.integrations[0]?.id !== 'default';
  const lines = [
    `database: ${config.database.kind === 'postgres' ? 'PostgreSQL' : `embedded, in ${config.database.dir}`}`,
    `Temporal: ${config.temporal.kind === 'external' ? (config.temporal.env.TEMPORAL_ADDRESS ?? 'from its profile') : `embedded, in ${config.dataDir}`}`,
    `live mode: ${config.liveMode ? 'on' : 'off'}`,
    `TikTok API: ${config.tiktokApiUrl ?? `${realTikTokApiUrl}, or the built-in sandbox while no pixel is set`}`,
  ];
  for (const { id, psps, tiktok } of config.integrations) {
    const prefix = named ? `${id}: ` : '';
    lines.push(
      `${prefix}initial TikTok settings: pixel ${tiktok.pixelCode ?? 'absent'}, access token ${present(tiktok.accessToken)}, test event code ${present(tiktok.testEventCode)}`,
    );
    for (const psp of adapters) {
      const secrets = psps[psp]?.webhookSecrets.length ?? 0;
      const api = psps[psp]?.apiKeys.length ? 'present' : 'absent';
      lines.push(`${prefix}${psp}: ${secrets > 0 ? `on, webhook secrets ${secrets}, API key ${api}` : 'off, no webhook secret'}`);
    }
    for (const psp of Object.keys(psps).filter((name) => !adapters.includes(name)))
      lines.push(`${prefix}${psp}: off, this version has no adapter for it`);
  }
  for (const secret of config.generatedSecrets) lines.push(`${secret}: made here, kept in ${config.secretsFile}`);
  return lines;
}

/** The summary of the configuration that a process logs at start. */
import type { Config } from './config';
import { realTikTokApiUrl } from './values';

/** One line for each part of the configuration; secrets as present or absent. Providers have a summary of their own: their secrets are not only here. */
export function startupSummary(config: Config): string[] {
  const present = (secret: unknown): string => (secret ? 'present' : 'absent');
  const named = config.integrations.length > 1 || config.integrations[0]?.id !== 'default';
  const lines = [
    `database: ${config.database.kind === 'postgres' ? 'PostgreSQL' : `embedded, in ${config.database.dir}`}`,
    `Temporal: ${config.temporal.kind === 'external' ? (config.temporal.env.TEMPORAL_ADDRESS ?? 'from its profile') : `embedded, in ${config.dataDir}`}`,
    `live mode: ${config.liveMode ? 'on' : 'off'}`,
    `TikTok API: ${config.tiktokApiUrl ?? `${realTikTokApiUrl}, or the built-in sandbox while no pixel is set`}`,
  ];
  for (const { id, tiktok } of config.integrations) {
    const prefix = named ? `${id}: ` : '';
    lines.push(
      `${prefix}initial TikTok settings: pixel ${tiktok.pixelCode ?? 'absent'}, access token ${present(tiktok.accessToken)}, test event code ${present(tiktok.testEventCode)}, advertiser ${tiktok.advertiserId ?? 'absent: TikTok’s own count is off'}`,
    );
  }
  for (const secret of config.generatedSecrets) lines.push(`${secret}: made here, kept in ${config.secretsFile}`);
  return lines;
}

/** Where the Temporal UI and CLI have payloads decoded. */
import { createHmac } from 'node:crypto';

/** The part of `/codec/<secret>` that only the operator knows: it derives from the operator token, and changes with it. */
export function codecSecret(operatorToken: string): string {
  // docs/operations.md has the same as a command of openssl.
  return createHmac('sha256', operatorToken).update('codec').digest('hex');
}

/** For `--ui-codec-endpoint` and TEMPORAL_CODEC_ENDPOINT: the UI adds `/decode`, and can send no token. */
export function uiCodecEndpoint(webUrl: string, operatorToken: string): string {
  return `${webUrl}/codec/${codecSecret(operatorToken)}`;
}

/** Origins that a Temporal UI's pages have; on this machine it is opened by name and by number. */
export function uiOrigins(temporalUiUrl: string | null): readonly string[] {
  if (temporalUiUrl === null) return [];
  const { protocol, hostname, port, origin } = new URL(temporalUiUrl);
  const loopback = ['127.0.0.1', 'localhost'];
  return loopback.includes(hostname) ? loopback.map((name) => `${protocol}//${name}${port === '' ? '' : `:${port}`}`) : [origin];
}

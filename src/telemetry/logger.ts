/** One JSON line per thing that happened, all fields on it; one readable line on a terminal. */
import { type DestinationStream, type Logger, destination, pino } from 'pino';
import { prettyFactory } from 'pino-pretty';
import { readableLine } from './readable-line';

export type { Logger } from 'pino';

export interface LoggerOptions {
  readonly level: string;
  /** Default: whether stdout is a terminal. */
  readonly pretty?: boolean;
  /** Default: stdout. */
  readonly destination?: DestinationStream;
}

export function createLogger({ level, pretty = process.stdout.isTTY, destination: given }: LoggerOptions): Logger {
  const options = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: redacted, censor: '[redacted]' },
  };
  // It writes synchronously: the line that explains an exit is written before the exit, and no worker thread outlives a test.
  const stream = given ?? destination({ sync: true });
  return pino(options, pretty ? readable(stream) : stream);
}

function readable(stream: DestinationStream): DestinationStream {
  const made = prettyFactory({
    translateTime: 'SYS:HH:MM:ss.l',
    hideObject: true,
    // It would put these before the line, as they came.
    ignore: 'name,caller,pid,hostname',
    errorLikeObjectKeys: [],
    messageFormat: (fields) => readableLine(fields),
  });
  return { write: (line) => stream.write(made(line)) };
}

/** The lines that others filter and count by; nothing else has these names. */
export const logLineNames = [
  'webhook.received',
  'fact.signalled',
  'purchase.decided',
  'delivery.attempted',
  'settings.changed',
  'check.finished',
  'tiktok.counted',
] as const;
export type LogLineName = (typeof logLineNames)[number];

/** Flat, so that every log store can filter by any field. No personal data, no bodies, no secrets. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined | readonly string[]>>;

/** Writes one of the canonical lines; its name is the message. */
export function logLine(logger: Logger, name: LogLineName, fields: LogFields, level: 'info' | 'warn' | 'error' = 'info'): void {
  logger[level](fields, name);
}

/** A net under code that logs a request or its options whole: three levels deep, the places where credentials stand. */
const secretFields = [
  'authorization',
  'cookie',
  '["set-cookie"]',
  '["access-token"]',
  '["fox-secret-key"]',
  'accessToken',
  'apiKey',
  'password',
  'secret',
  'secrets',
  'token',
  'webhookSecrets',
  'encryptionKeys',
  'userIdPepper',
  'pepperLayers',
];
const redacted = ['', '*', '*.*'].flatMap((parent) =>
  secretFields.map((field) => (parent === '' || field.startsWith('[') ? `${parent}${field}` : `${parent}.${field}`)),
);

/** What the bare web and its workflow share. */

export const bareTaskQueue = 'bench-bare';

/** As large as what the service sends for a purchase: `text` fills it up. */
export interface BarePurchase {
  readonly id: string;
  readonly text: string;
  /** Of the activity's input, as JSON. */
  readonly activityBytes: number;
}

/** The variables of the bare processes. */
export const bareVariables = {
  temporal: 'BARE_TEMPORAL_ADDRESS',
  port: 'BARE_PORT',
  /** 32 bytes, base64. */
  key: 'BARE_ENCRYPTION_KEY',
  receiver: 'BARE_RECEIVER_URL',
  signalBytes: 'BARE_SIGNAL_BYTES',
  activityBytes: 'BARE_ACTIVITY_BYTES',
  bodyBytes: 'BARE_BODY_BYTES',
} as const;

/** Fills up to a size. */
export function filler(bytes: number, without: string): string {
  return 'x'.repeat(Math.max(0, bytes - without.length));
}

/** What the service talks to and is not part of it: TikTok's end, and PayPal's, which is asked about every signature. */
import { setTimeout as sleep } from 'node:timers/promises';
import { providers } from '../demo/providers';
import { type ReceivedEvent, startTikTokSandbox } from '../sandbox/tiktok/receiver';
import type { EventLog } from './event-log';
import type { TikTokTrouble } from './plan';
import { random } from './random';

export interface FarEnds {
  /** The variables that connect the service with them, and switch every provider on. */
  readonly variables: Readonly<Record<string, string>>;
  /** What reached TikTok, oldest first. */
  events(): readonly ReceivedEvent[];
  /** Plays the troubles, each at its time. Resolves after the last. */
  play(troubles: readonly TikTokTrouble[], seed: number, signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

const pixelCode = 'C4CHAOSPIXEL00000001';
const accessToken = 'the-token-of-the-chaos';

export async function startFarEnds(log: EventLog): Promise<FarEnds> {
  const tiktok = await startTikTokSandbox({ accessTokens: [accessToken], pixelCodes: [pixelCode], maxEvents: 1_000_000 });
  const paypal = providers.find(({ name }) => name === 'paypal');
  const api = await paypal?.api?.start();
  const switchedOn = providers.map((provider) => provider.environment(provider === paypal ? (api?.url ?? '') : ''));
  const variables = Object.fromEntries(
    switchedOn
      .flatMap((one) => Object.entries(one))
      // The others' APIs would only be asked by renewal checks.
      .filter(([name]) => name.startsWith('PAYPAL_') || !/_API_/.test(name)),
  );
  return {
    variables: {
      ...variables,
      TIKTOK_API_URL: tiktok.url,
      TIKTOK_PIXEL_CODE: pixelCode,
      TIKTOK_ACCESS_TOKEN: accessToken,
    },
    events: () => tiktok.events(),
    async play(troubles, seed, signal) {
      const startMs = Date.now();
      const chance = random(seed).fork('requests to TikTok');
      for (const { atMs, lastsMs, share, failure } of troubles) {
        await sleep(Math.max(0, startMs + atMs - Date.now()), undefined, { signal });
        const end = tiktok.failWhile(() => (chance.chance(share) ? failure : null));
        log.note('tiktok', { failure, share, lastsMs });
        await sleep(lastsMs, undefined, { signal }).finally(end);
      }
    },
    async stop() {
      await tiktok.close();
      await api?.close();
    },
  };
}

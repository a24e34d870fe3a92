/** *Send a sample*: a purchase that nobody made, through a signed webhook, so that an operator sees the whole way to TikTok. */
import type { Destination } from '../domain/purchase';
import { sampleId, samplePsp, type SampleKind } from '../domain/sample';
import { missingCredential, type Settings } from '../domain/settings';
import { Unavailable } from './unavailable';

export interface SampleDeps {
  readonly settings: (integration: string) => Promise<Settings>;
  readonly destination: (settings: Settings) => Destination;
  /** False while a credential is missing, so that nothing can be sent. */
  readonly canSend: (settings: Settings) => boolean;
  readonly liveMode: boolean;
  /** Delivers a body of the generic webhook, signed, and answers the status. */
  readonly deliver: (integration: string, body: object) => Promise<number>;
  readonly nowMs: () => number;
  /** 8 hexadecimal digits, another each time. */
  readonly unique: () => string;
}

export interface PlayedSample {
  readonly kind: SampleKind;
  readonly destination: Destination;
  readonly subscription: string;
  readonly payments: readonly { readonly psp: string; readonly moneyId: string; readonly kind: string }[];
}

/** Why no sample can be sent now, with what to do; null when one can. */
export async function whyNoSample(deps: SampleDeps, integration: string): Promise<string | null> {
  const settings = await deps.settings(integration);
  if (deps.liveMode) return 'LIVE_MODE=true refuses samples: TikTok would count a purchase that nobody made';
  if (!deps.canSend(settings))
    return `${missingCredential(settings)}: set it, or remove the pixel to send samples to the built-in sandbox`;
  if (deps.destination(settings) === 'tiktok')
    return 'a sample would count at TikTok as a real purchase: set a test event code first, which TikTok shows under Test events';
  if (settings.paused) return 'sends are paused: resume them first, or the sample only waits';
  return null;
}

/** Plays it. Resolves when the workflow has been told. @throws Unavailable when a webhook could not be stored. */
export async function playSample(deps: SampleDeps, integration: string, kind: SampleKind): Promise<PlayedSample> {
  const destination = deps.destination(await deps.settings(integration));
  const nowMs = deps.nowMs();
  const id = sampleId(nowMs, deps.unique());
  const bodies = sampleBodies(kind, id, nowMs);
  for (const body of bodies) {
    const status = await deps.deliver(integration, body);
    if (status !== 200) throw new Unavailable(`the sample's webhook was answered ${status}`);
  }
  const payments = bodies.map((body) => ({ psp: samplePsp, moneyId: body.money_id, kind: body.kind }));
  const [first] = payments;
  return { kind, destination, subscription: kind === 'lifetime' && first ? first.moneyId : id, payments };
}

const price = '19.99';
const trialPrice = '1.00';

/** Seconds apart and just now: it is a life in brief, and no age limit or latency is the wiser. */
function sampleBodies(kind: SampleKind, id: string, nowMs: number) {
  const body = (event: string, number: number, amount: string) => ({
    kind: event,
    ...(kind === 'lifetime' ? {} : { subscription_id: id }),
    money_id: `${id}_${number}`,
    purchase_type: kind,
    ...{ amount, currency: 'USD', items: [{ id: 'premium_sample', name: 'Premium (sample)', price }] },
    occurred_at: new Date(nowMs - 3_000 + number * 1_000).toISOString(),
    metadata: buyerOf(id),
  });
  switch (kind) {
    case 'subscription':
      return [body('conversion', 1, price)];
    case 'lifetime':
      return [body('one_off', 1, price)];
    case 'free_trial':
      return [body('trial_start', 1, '0'), body('conversion', 2, price)];
    case 'paid_trial':
      return [body('trial_start', 1, trialPrice), body('conversion', 2, price)];
  }
}

/** Somebody else each time, so that no limit keeps a second sample back; the address is of a block for documentation (RFC 5737). */
function buyerOf(id: string) {
  return {
    user_id: `${id}_buyer`,
    email: `${id}@example.com`,
    ttclid: `${id}_click`,
    ip: '203.0.113.7',
    user_agent: 'tiktok-purchase-relay sample',
    consent: 'granted',
  };
}

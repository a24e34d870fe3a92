/**
 * Processor time of one event, in this process: ours, built and checked against the schema, beside the TikTok mapping of Segment's
 * `@segment/action-destinations`; and all of ours from the signature on. The peer is installed only for this: `npm i --prefix bench`.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { signStripe } from '../../sandbox/stripe/webhooks';
import type { Identity, IdentityHints } from '../../src/domain/identity';
import { stripe } from '../../src/psp/stripe';
import { identityFrom, purchaseEvent } from '../../src/tiktok';
import { checkTrackRequest } from '../../src/tiktok/track-request';
import type { FigureAlone } from '../figure';
import { Fleet } from '../load/fleet';
import type { Goal, Row } from '../results';

const builderGoal: Goal = { of: 'ratio', atMost: 1 };
/** Microseconds. */
const allGoal: Goal = { of: 'median', atMost: 150 };

const buyer = {
  userId: 'user-1',
  email: 'Buyer.One@example.com',
  phone: '+14155550123',
  ttclid: 'E.C.P.'.padEnd(120, 'x'),
  ttp: '94e2a4j9-h3ss-k8h5-98cc-c84n745mk280',
  ip: '203.0.113.7',
  userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5',
  pageUrl: 'https://shop.example.com/plans?plan=premium',
  referrer: 'https://www.example.com/',
} as const satisfies IdentityHints;

export const peer: FigureAlone = {
  name: 'peer',
  async measureAlone({ rounds, isShort, progress }) {
    progress('peer');
    const count = isShort ? 2_000 : 10_000;
    const theirs = peerBuilder();
    const [ours, cleaned, others, all]: [number[], number[], number[], number[]] = [[], [], [], []];
    const whole = wholeWay();
    const identity = identityFrom(buyer, 0);
    // One round that is not counted: everything is compiled by then.
    for (let round = 0; round <= rounds; round++) {
      const own = await cpuOf(count, () => payloadOf(identity));
      const clean = await cpuOf(count, () => payloadOf(identityFrom(buyer, 0)));
      const other = theirs === null ? 0 : await cpuOf(count, theirs);
      const way = await cpuOf(count, whole);
      if (round === 0) continue;
      ours.push(own);
      cleaned.push(clean);
      others.push(other);
      all.push(way);
    }
    const against = theirs === null ? null : 'Segment’s builder';
    const row = (name: string, values: readonly number[], goal: Goal | null): Row =>
      against === null
        ? { name, unit: 'µs', ours: values, bare: null, goal: null, note: 'the peer is not installed: npm i --prefix bench' }
        : { name, unit: 'µs', ours: values, bare: others, against, goal };
    const rows: readonly Row[] = [
      // The buyer's data was cleaned and hashed when it came, as it is with the service.
      row('building and checking the payload', ours, builderGoal),
      row('the same with cleaning and hashing the buyer’s data', cleaned, null),
      { name: 'verify, read, clean, build and check', unit: 'µs', ours: all, bare: null, goal: allGoal },
    ];
    return rows;
  },
};

/** Microseconds for one, of this process alone. */
async function cpuOf(count: number, work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  for (let number = 0; number < count; number++) await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

/** The body that is posted. */
function payloadOf(identity: Identity): unknown {
  const { body } = purchaseEvent({
    ...{ pixelCode: 'C4BENCHPIXEL00000001', testEventCode: null, eventName: 'CompletePayment', eventId: 'stripe:in_1' },
    ...{ occurredAtMs: 1_700_000_000_000, value: { amountMinor: 1_999, currency: 'USD' }, identity },
    ...{ fallbackPageUrl: 'https://shop.example.com/', limitedDataUse: false, withoutIdentity: false },
  });
  return JSON.stringify(checkTrackRequest(body));
}

/** From the bytes of a webhook to the body for TikTok. */
function wholeWay(): () => Promise<unknown> {
  const [webhook] = new Fleet('p').firstPurchases(1);
  const raw = Buffer.from(webhook?.body ?? '');
  const secret = 'whsec_of_the_bench_0123456789abcdef';
  const nowMs = Date.now();
  const headers = { 'stripe-signature': signStripe(raw, secret, Math.floor(nowMs / 1000)) };
  return async () => {
    const { ok } = await stripe.verify(raw, headers, [secret], { nowMs });
    const reading = stripe.read(JSON.parse(raw.toString('utf8')), { roleOf: () => undefined }, headers);
    if (!ok || reading.kind !== 'facts') throw new Error('the webhook of the bench is not read as a purchase');
    return payloadOf(identityFrom(reading.facts[0]?.identity ?? {}, nowMs));
  };
}

interface PeerDestination {
  readonly actions: Readonly<Record<string, { readonly definition?: PeerAction } & PeerAction>>;
}

interface PeerAction {
  readonly perform?: (request: (url: string, options: { readonly json: unknown }) => Promise<unknown>, data: object) => unknown;
}

/** The action that reports a web event, with a request that goes nowhere. Null when the package is not installed. */
function peerBuilder(): (() => unknown) | null {
  const load = createRequire(join(__dirname, '..', 'package.json'));
  let destination: PeerDestination;
  try {
    const path = '@segment/action-destinations/dist/destinations/tiktok-conversions';
    const found = load(path) as PeerDestination | { readonly default: PeerDestination };
    destination = 'default' in found ? found.default : found;
  } catch {
    return null;
  }
  const action = destination.actions['reportWebEvent'];
  const perform = action?.perform ?? action?.definition?.perform;
  if (!perform) throw new Error('Segment’s package has no action reportWebEvent');
  const payload = {
    ...{ event: 'CompletePayment', event_id: 'stripe:in_1', timestamp: '2023-11-14T22:13:20.000Z' },
    ...{ email: [buyer.email], phone_number: [buyer.phone], external_id: [buyer.userId] },
    ...{ ttclid: buyer.ttclid, ttp: buyer.ttp, ip: buyer.ip, user_agent: buyer.userAgent },
    ...{
      url: buyer.pageUrl,
      referrer: buyer.referrer,
      content_type: 'product',
      value: 19.99,
      currency: 'USD',
      event_source: 'web',
    },
  };
  const settings = { accessToken: 'token', pixelCode: 'C4BENCHPIXEL00000001' };
  const request = async (_url: string, { json }: { readonly json: unknown }): Promise<unknown> => JSON.stringify(json);
  return () => perform(request, { payload, settings, features: {} });
}

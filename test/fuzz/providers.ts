/** All providers as the fuzzer plays them: what each sends of a sale, and its signature over whatever became of it. */
import type { Sale } from '../../demo/provider';
import { providers as players } from '../../demo/providers';
import { signFunnelfox } from '../../sandbox/funnelfox/webhooks';
import { signGeneric } from '../../sandbox/generic/webhooks';
import { signLemonsqueezy } from '../../sandbox/lemonsqueezy/webhooks';
import { signPaddle } from '../../sandbox/paddle/webhooks';
import { createPaypalSigner, type PaypalSigner } from '../../sandbox/paypal/webhooks';
import { primerHeaders } from '../../sandbox/primer/webhooks';
import { revenuecatHeaders } from '../../sandbox/revenuecat/webhooks';
import { signSolidgate } from '../../sandbox/solidgate/webhooks';
import { signStripe } from '../../sandbox/stripe/webhooks';
import { purchaseTypes } from '../../src/domain/fact';
import { adapterOf } from '../../src/psp';
import type { PspAdapter } from '../../src/psp/adapter';
import { createPaypal } from '../../src/psp/paypal';

type Headers = Readonly<Record<string, string>>;

interface Account {
  /** As the adapter takes them. */
  readonly secrets: readonly string[];
  readonly sign: (raw: Buffer, atMs: number) => Headers;
}

const standardSecret = `whsec_${Buffer.from('the secret of a fuzzed webhook').toString('base64')}`;
const paypalWebhookId = '1FUZZ1FUZZ1FUZZ1F';

let made: PaypalSigner | undefined;
/** Its keys are made when somebody signs. */
export const paypalSigner = (): PaypalSigner => (made ??= createPaypalSigner(Date.now()));

const seconds = (ms: number): number => Math.floor(ms / 1000);

const accounts: Readonly<Record<string, Account>> = {
  stripe: {
    secrets: ['whsec_fuzz'],
    sign: (raw, atMs) => ({ 'stripe-signature': signStripe(raw, 'whsec_fuzz', seconds(atMs)) }),
  },
  paddle: { secrets: ['pdl_ntfset_fuzz'], sign: (raw, atMs) => ({ ...signPaddle(raw, 'pdl_ntfset_fuzz', seconds(atMs)) }) },
  solidgate: { secrets: ['wh_pk_fuzz:wh_sk_fuzz'], sign: (raw) => ({ ...signSolidgate(raw, 'wh_pk_fuzz:wh_sk_fuzz') }) },
  paypal: {
    secrets: [paypalWebhookId],
    sign: (raw, atMs) => paypalSigner().sign(raw, paypalWebhookId, 'fuzz-0001', atMs),
  },
  primer: { secrets: ['primer_fuzz'], sign: (raw) => primerHeaders(raw, 'primer_fuzz') },
  funnelfox: { secrets: ['fox_fuzz'], sign: (raw) => signFunnelfox(raw, 'fox_fuzz') },
  revenuecat: { secrets: ['revenuecat_fuzz'], sign: () => revenuecatHeaders('revenuecat_fuzz') },
  lemonsqueezy: { secrets: ['lemon_fuzz'], sign: (raw) => ({ ...signLemonsqueezy(raw, 'lemon_fuzz') }) },
  generic: {
    secrets: [standardSecret],
    sign: (raw, atMs) => ({ ...signGeneric(raw, standardSecret, 'msg_fuzz', seconds(atMs)) }),
  },
};

/** In the order of the demo. */
export const psps: readonly string[] = players.map(({ name }) => name);

export function accountOf(psp: string): Account {
  const account = accounts[psp];
  if (!account) throw new Error(`the fuzzer has no account of ${psp}: add it in test/fuzz/providers.ts`);
  return account;
}

/** The adapter as the service has it; PayPal's trusts the certificate of our signer. */
export function adapterFor(psp: string): PspAdapter {
  if (psp === 'paypal') return (trusting ??= createPaypal({ trustedRoots: [paypalSigner().rootPem] }));
  const adapter = adapterOf(psp);
  if (!adapter) throw new Error(`no adapter of ${psp}`);
  return adapter;
}

let trusting: PspAdapter | undefined;

/** The variables that switch all providers on. PayPal is asked about each signature at `paypalUrl`. */
export function environmentOf(paypalUrl: string): Readonly<Record<string, string>> {
  const secretsOf = (psp: string): string => accountOf(psp).secrets.join();
  return {
    STRIPE_WEBHOOK_SECRETS: secretsOf('stripe'),
    PADDLE_WEBHOOK_SECRETS: secretsOf('paddle'),
    SOLIDGATE_WEBHOOK_KEYS: secretsOf('solidgate'),
    PRIMER_WEBHOOK_SECRETS: secretsOf('primer'),
    FUNNELFOX_WEBHOOK_SECRETS: secretsOf('funnelfox'),
    REVENUECAT_WEBHOOK_SECRETS: secretsOf('revenuecat'),
    LEMONSQUEEZY_WEBHOOK_SECRETS: secretsOf('lemonsqueezy'),
    GENERIC_WEBHOOK_SECRETS: secretsOf('generic'),
    PAYPAL_WEBHOOK_ID: `${paypalUrl.replace('://', `://${paypalClient}@`)}/${paypalWebhookId}`,
    PAYPAL_CLIENT_ID: paypalClient.split(':')[0] ?? '',
    PAYPAL_CLIENT_SECRET: paypalClient.split(':')[1] ?? '',
    PAYPAL_API_URL: paypalUrl,
  };
}

/** `clientId:clientSecret`. */
export const paypalClient = 'client-of-the-fuzzer:secret-of-the-fuzzer';

/** What PayPal's stand-in verifies with. */
export const paypalVerifies = (): { readonly webhookId: string; readonly certificatePem: string } => ({
  webhookId: paypalWebhookId,
  certificatePem: paypalSigner().certificatePem,
});

/** A webhook before anything happens to it. */
export interface Sent {
  readonly psp: string;
  readonly body: unknown;
  /** Those that belong to the event and not to its signature. */
  readonly headers: Headers;
}

/** Headers that a provider sends beside its signature, and that its adapter reads. */
const eventHeaders = /^(solidgate-event-|x-event-name$)/;

/** Everything that a provider sends of one sale of each type. */
export function sales(psp: string, name: string, startMs: number): readonly Sent[] {
  const player = players.find((each) => each.name === psp);
  if (!player) throw new Error(`the demo does not play ${psp}`);
  return purchaseTypes.flatMap((type) => {
    const sale: Sale = {
      ...saleDefaults,
      type,
      name: `${name}${type.slice(0, 1)}`,
      userId: `user-${name}`,
      currency: player.currency,
      startMs,
    };
    return player.webhooksOf({ ...sale, checkoutId: `chk-${sale.name}` }, startMs).webhooks.map(({ body, headers }) => ({
      psp,
      body: JSON.parse(body) as unknown,
      headers: Object.fromEntries(Object.entries(headers).filter(([header]) => eventHeaders.test(header))),
    }));
  });
}

const saleDefaults = {
  checkoutId: 'chk',
  email: 'buyer@example.com',
  amountMinor: 1999,
  trialAmountMinor: 100,
  metadata: {
    ttclid: 'E.C.P.fuzz',
    ip: '203.0.113.7',
    user_agent: 'Mozilla/5.0 (fuzz)',
    consent: 'granted',
    phone: '+4915112345678',
  },
};

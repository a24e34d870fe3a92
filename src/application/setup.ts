/** The set-up checklist: what is there, and what to do next, from the first start to the first purchase. */
import type { Destination, PurchaseState } from '../domain/purchase';
import type { Settings } from '../domain/settings';
import type { Milestones, Store } from '../store';

export interface SetupDeps {
  readonly settings: (integration: string) => Promise<Settings>;
  readonly milestones: Store['milestones'];
  /** The providers whose webhooks are on, by label. */
  readonly providersOn: (integration: string) => readonly string[];
  readonly destination: (settings: Settings) => Destination;
  /** Why no sample can be sent now; null when one can. */
  readonly whyNoSample: (integration: string) => Promise<string | null>;
}

export interface SetupItem {
  readonly key: 'pixel' | 'token' | 'connection' | 'provider' | 'webhook' | 'page' | 'purchase';
  readonly title: string;
  readonly done: boolean;
  /** What to do, or what is there. */
  readonly help: string;
  /** The page of the console where it is done. */
  readonly href: string;
}

export interface Setup {
  readonly items: readonly SetupItem[];
  readonly destination: Destination;
  /** True once a purchase was sent that was no sample. */
  readonly purchaseSent: boolean;
  readonly sample: {
    /** Why none can be sent now; null when one can. */
    readonly refused: string | null;
    readonly last: { readonly moneyId: string; readonly state: PurchaseState } | null;
  };
}

/** What of the set-up is done. */
export async function readSetup(deps: SetupDeps, integration: string): Promise<Setup> {
  const [settings, milestones, refused] = await Promise.all([
    deps.settings(integration),
    deps.milestones.read(integration),
    deps.whyNoSample(integration),
  ]);
  return {
    items: itemsOf(settings, milestones, deps.providersOn(integration)),
    destination: deps.destination(settings),
    purchaseSent: milestones.purchaseSent,
    sample: { refused, last: milestones.lastSample },
  };
}

function itemsOf(settings: Settings, milestones: Milestones, providersOn: readonly string[]): readonly SetupItem[] {
  const { pixelCode, accessToken } = settings;
  return [
    {
      ...{ key: 'pixel', title: 'TikTok pixel', done: pixelCode !== null, href: '/console/tiktok' },
      help:
        pixelCode === null
          ? 'Enter the pixel code from TikTok Events Manager. Until then purchases go to the built-in sandbox, and nothing leaves this service.'
          : `Purchases are reported for pixel ${pixelCode}.`,
    },
    {
      ...{ key: 'token', title: 'Access token', done: accessToken !== null, href: '/console/tiktok' },
      help:
        accessToken === null
          ? 'Enter the Events API access token, which Events Manager makes in the settings of the pixel.'
          : 'A token is stored; it is never shown.',
    },
    {
      ...{ key: 'connection', title: 'Connection checked', done: milestones.connectionAnswered, href: '/console/tiktok' },
      help: milestones.connectionAnswered
        ? 'TikTok has accepted an event.'
        : 'Press Check connection: it sends one event that no campaign counts, and shows TikTok’s answer.',
    },
    {
      ...{ key: 'provider', title: 'Payment provider', done: providersOn.length > 0, href: '/console/providers' },
      help:
        providersOn.length === 0
          ? 'Copy the endpoint URL to your payment provider, switch its events on, and enter the signing secret here.'
          : `Webhooks are taken from ${providersOn.join(', ')}.`,
    },
    {
      ...{ key: 'webhook', title: 'First webhook', done: milestones.webhookReceived, href: '/console/providers' },
      help: milestones.webhookReceived
        ? 'A signed webhook of your provider has come.'
        : 'Make a payment, or send a test event at your provider. A refused signature is shown with its reason.',
    },
    {
      ...{ key: 'page', title: 'Pixel on your pages', done: milestones.pageCalled, href: '/console/pixel' },
      help: milestones.pageCalled
        ? 'A page of yours has called.'
        : 'Paste the snippet into the head of your pages: it keeps the TikTok click until the purchase comes.',
    },
    {
      ...{ key: 'purchase', title: 'First purchase sent', done: milestones.purchaseSent, href: '/console/purchases' },
      help: milestones.purchaseSent
        ? 'Purchases arrive.'
        : 'The first payment of a customer completes the set-up. Send a sample meanwhile to see the whole way.',
    },
  ];
}

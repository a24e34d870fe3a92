/** A payment provider in the demo: the webhooks of a sale, the variables that let the service verify them, and the provider's API. */
import type { SaleScenario } from '../sandbox/sale-scenario';
import type { Phase, PurchaseType } from '../src/domain/fact';

/** One provider. A new one is a file in `providers/` and a line in its index. */
export interface Provider {
  /** As in `/webhooks/:psp`. */
  readonly name: string;
  /** Each has another one, so that a mix-up shows. All have two decimals, as the tables say each value once for all. */
  readonly currency: string;
  /** A free trial's start goes without value, since the provider does not say in which currency it is for nothing. */
  readonly freeTrialHasNoValue?: true;
  /** The variables that switch it on; `apiUrl` is its stand-in's, empty where it has none. */
  environment(apiUrl: string): Readonly<Record<string, string>>;
  /** All that the provider sends of one sale, in the order of time, events without a payment included; signed as of `nowMs`. */
  webhooksOf(sale: Sale, nowMs: number): SaleWebhooks;
  /** What TikTok's end should be told was bought by a payment of a sale. */
  soldAs(sale: Sale, phase: Phase): readonly SoldItem[];
  /** Absent where there is no API that renewal checks could ask. */
  readonly api?: ProviderApi;
  readonly remark?: Remark;
}

export interface SoldItem {
  /** The provider's id of the price, plan or product. */
  readonly id: string;
  /** The listed price of one; null where the provider does not say it. */
  readonly price: number | null;
}

export interface ProviderApi {
  /** On loopback, faithful to the provider's documents, and empty. */
  start(): Promise<StandIn>;
  /** Does the provider say when the next payment is due, so that a check can ask for what is overdue? */
  readonly tellsDueDates: boolean;
}

export interface StandIn {
  readonly url: string;
  /** What has happened, whether or not its webhooks arrive. */
  tell(webhooks: readonly Webhook[]): void;
  close(): Promise<void>;
}

/** The sandbox of a provider's API as a stand-in: each webhook's event is added to what the API lists. */
export function standIn<Event>(
  api: { readonly url: string; close(): Promise<void> },
  add: (events: readonly Event[]) => void,
): StandIn {
  return {
    url: api.url,
    tell: (webhooks) => add(webhooks.map(({ body }) => JSON.parse(body) as Event)),
    close: () => api.close(),
  };
}

/** What a merchant has to know of this provider's row in the tables. */
export interface Remark {
  /** Goes on after the provider's name. */
  readonly text: string;
  /** What can't be sold there at all, and so is not played. */
  readonly unsold?: readonly PurchaseType[];
}

/** A scenario before it has a provider's ids: each provider derives them from the name. */
export interface Sale extends Required<Omit<SaleScenario, 'customerId' | 'subscriptionId' | 'renewals'>> {
  /** Unique. */
  readonly name: string;
}

export interface SaleWebhooks {
  /** The subscription's id, or a one-off's money id. */
  readonly order: string;
  readonly webhooks: readonly Webhook[];
}

export interface Webhook {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** When it happened, Unix milliseconds. */
  readonly atMs: number;
  /** Null for the noise: state, and what tells a payment again. */
  readonly payment: Payment | null;
}

export interface Payment {
  readonly phase: Phase;
  readonly moneyId: string;
}

/** The listed price of a sale, in its currency; all that the demo sells in have two decimals. */
export function priceOf({ amountMinor }: Pick<Sale, 'amountMinor'>): number {
  return amountMinor / 100;
}

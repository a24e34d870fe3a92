/** The canonical log lines and the metrics: one call writes both, so that neither can be forgotten. */
import type { DeliveryOutcome } from '../domain/delivery';
import type { JoinEvidence } from '../domain/identity';
import type { Destination, MatchedBy, PurchaseRecord } from '../domain/purchase';

export interface WebhookReceived {
  readonly integration: string;
  readonly psp: string;
  readonly outcome: 'accepted' | 'ignored' | 'quarantined' | 'refused' | 'unavailable';
  readonly type: string | null;
  readonly reason: string | null;
  /** True when it was refused since nobody is known to have signed it; `reason` then says why. */
  readonly isUnsigned?: boolean;
  readonly durationMs: number;
}

export interface FactSignalled {
  readonly integration: string;
  readonly psp: string;
  readonly kind: string;
  readonly subscription: string;
  readonly moneyId: string | null;
}

export interface DeliveryAttempted {
  readonly integration: string;
  readonly record: PurchaseRecord;
  readonly attempt: number;
  readonly outcome: DeliveryOutcome;
  readonly durationMs: number;
  readonly destination: Destination;
  /** What identified the buyer in the request; empty where none was made. */
  readonly matchedBy: readonly MatchedBy[];
}

export interface SettingsChanged {
  readonly integration: string;
  readonly version: number;
  readonly by: string;
  readonly fields: readonly string[];
}

export interface AccountChecked {
  readonly integration: string;
  readonly psp: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly facts: number;
  readonly found: number;
  readonly polled: number;
  readonly unreadable: number;
  readonly error: string | null;
}

/** TikTok was asked for its own count. */
export interface TikTokCounted {
  readonly integration: string;
  /** Days that were read. */
  readonly days: number;
  readonly error: string | null;
  /** What could not be read. */
  readonly notes: readonly string[];
}

export interface PageCalled {
  /** `unknown` when the call names none of ours, so that callers make no metrics. */
  readonly integration: string;
  readonly route: 'collect' | 'purchase';
  /** Of the answer. */
  readonly status: number;
}

export interface OriginRefused {
  /** `unknown`, as in `PageCalled`. */
  readonly integration: string;
  /** Of the page, as its browser says it: any text. */
  readonly origin: string;
}

export interface SignInRefused {
  /** The first: what concerns the service as a whole is counted with it. */
  readonly integration: string;
  /** What somebody tried to open with a wrong password, token or secret. */
  readonly door: 'api' | 'console' | 'codec' | 'metrics';
}

/** The events of this service that go to the log and the metrics. */
export interface Telemetry {
  webhookReceived(webhook: WebhookReceived): void;
  factSignalled(fact: FactSignalled): void;
  purchaseDecided(integration: string, record: PurchaseRecord): void;
  deliveryAttempted(delivery: DeliveryAttempted): void;
  settingsChanged(change: SettingsChanged): void;
  checkFinished(check: AccountChecked): void;
  tiktokCounted(count: TikTokCounted): void;
  /** A page called; refusals are the merchant's to mend (origins, proxies, script). Counted, not logged: pages call all the time. */
  pageCalled(call: PageCalled): void;
  /** A page whose origin ALLOWED_ORIGINS does not name called. Counted; logged once for each origin. */
  originRefused(refusal: OriginRefused): void;
  /** So many users turned out to be another one. Counted; who they were stands in the table of joins. */
  usersJoined(integration: string, evidence: JoinEvidence, joined: number): void;
  /** A page that proved nothing refused consent. Counted, so that a flood is seen. */
  refusedByPage(integration: string): void;
  /** A wrong password or token. Counted and logged, without what was given and without who it was. */
  signInRefused(refusal: SignInRefused): void;
}

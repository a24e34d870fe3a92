import { setTimeout as sleep } from 'node:timers/promises';
import type { Phase } from '../src/domain/fact';
import type { SeenRecord } from './run-scenarios';
import type { Webhook } from './provider';

/** Who may use `/api`, as `RelayClient` does. */
export const operatorToken = 'the-operator-of-the-demo';

/** The service from outside: what a provider and an operator can do. */
export class RelayClient {
  constructor(
    private readonly url: string,
    private readonly integration: string | null = null,
  ) {}

  /** The same service, asked about another integration. */
  of(integration: string): RelayClient {
    return new RelayClient(this.url, integration);
  }

  /** Sends again what was answered 503, as providers do; for a minute, in which a slow machine catches up. */
  async deliver(psp: string, { body, headers }: Webhook, signal: AbortSignal): Promise<readonly ToldFact[]> {
    const giveUpAtMs = performance.now() + 60_000;
    for (let attempt = 1; ; attempt++) {
      const response = await fetch(`${this.url}/webhooks/${psp}`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json', ...headers },
        signal,
      });
      const text = await response.text();
      if (response.status === 200) return (JSON.parse(text) as { facts: ToldFact[] }).facts;
      if (response.status !== 503 || performance.now() > giveUpAtMs)
        throw new Error(`a webhook of ${psp} was answered ${response.status}: ${text}`);
      await sleep(Math.min(attempt * 500, 5_000), undefined, { signal });
    }
  }

  /** None while the service can't tell. */
  async records(psp: string, order: string, signal: AbortSignal): Promise<readonly SeenRecord[]> {
    return (await this.order(psp, order, signal)).purchases;
  }

  /** An order as the operator sees it; without purchases while the service can't tell. */
  async order(psp: string, id: string, signal: AbortSignal): Promise<SeenOrder> {
    const response = await this.api('GET', `/subscriptions/${psp}/${encodeURIComponent(id)}`, signal);
    const { purchases = [], temporalUrl } = (await response.json()) as Partial<SeenOrder>;
    return { purchases, ...(temporalUrl === undefined ? {} : { temporalUrl }) };
  }

  async check(psp: string, signal: AbortSignal, deadlineMs: number): Promise<string | null> {
    const finishedAt = ({ last }: { readonly last: LastCheck | null }) => last?.finishedAt ?? null;
    const answer = await this.askedAnew(`/checks/${psp}`, finishedAt, signal, deadlineMs);
    return answer === null ? 'it has not ended' : (answer.last?.error ?? null);
  }

  /** Has TikTok asked for its own count; resolves to it when it was read. @throws when it was not until the deadline */
  async tiktokCount(signal: AbortSignal, deadlineMs: number): Promise<SeenCount> {
    const count = await this.askedAnew('/tiktok-count', ({ lastAt }: SeenCount) => lastAt, signal, deadlineMs);
    if (count === null) throw new Error('TikTok’s count was not read in time');
    return count;
  }

  /** Starts what has the path, and asks until it has ended after that; null when it has not until the deadline. */
  private async askedAnew<T>(
    path: string,
    endedAt: (answer: T) => string | null,
    signal: AbortSignal,
    deadlineMs: number,
  ): Promise<T | null> {
    const askedAtMs = Date.now();
    const response = await this.api('POST', path, signal);
    if (!response.ok) throw new Error(`POST ${path} was answered ${response.status}: ${await response.text()}`);
    await response.text();
    while (Date.now() < deadlineMs) {
      const answer = (await (await this.api('GET', path, signal)).json()) as T;
      const at = endedAt(answer);
      if (at !== null && Date.parse(at) >= askedAtMs) return answer;
      await sleep(100, undefined, { signal });
    }
    return null;
  }

  /** What the operator sees. */
  async settings(signal: AbortSignal): Promise<{ limitPurchaseEvents: boolean }> {
    const response = await this.api('GET', '/settings', signal);
    if (!response.ok) throw new Error(`settings were answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as { limitPurchaseEvents: boolean };
  }

  async changeSettings(patch: object, signal: AbortSignal): Promise<void> {
    const response = await this.api('PATCH', '/settings', signal, patch);
    if (!response.ok) throw new Error(`settings were answered ${response.status}: ${await response.text()}`);
    await response.text();
  }

  private api(method: string, path: string, signal: AbortSignal, body?: object): Promise<Response> {
    const headers = { authorization: `Bearer ${operatorToken}`, ...(body ? { 'content-type': 'application/json' } : {}) };
    const which = this.integration === null ? '' : `?integration=${this.integration}`;
    return fetch(`${this.url}/api${path}${which}`, { method, headers, signal, ...(body ? { body: JSON.stringify(body) } : {}) });
  }
}

/** What a webhook was taken for. */
export interface ToldFact {
  readonly moneyId: string | null;
  /** The order that it belongs to. */
  readonly subscription: string | null;
}

export interface SeenOrder {
  readonly purchases: readonly OrderRecord[];
  /** Its workflow in the Temporal UI. */
  readonly temporalUrl?: string;
}

export interface OrderRecord extends SeenRecord {
  readonly phase: Phase | null;
  readonly amount: string;
  readonly heldBy: { readonly moneyId: string } | null;
}

/** TikTok's count beside ours, as the operator sees it. */
export interface SeenCount {
  readonly lastAt: string | null;
  /** Why there is no newer count. */
  readonly problem: string | null;
  readonly days: readonly {
    readonly events: readonly {
      readonly event: string;
      readonly sentByArrival: number;
      readonly tiktok: { readonly server: number | null };
    }[];
  }[];
}

interface LastCheck {
  readonly finishedAt: string;
  readonly error: string | null;
}

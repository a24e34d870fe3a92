/**
 * The service in one process, without HTTP and Temporal, on a clock of its own: webhooks go through the real adapter and the real
 * ingestion, each order through the real `transition`, each purchase through the real activity to a TikTok that keeps what it gets.
 */
import { createRecordPurchases } from '../../activities/record-purchases';
import { createReportPurchase } from '../../activities/report-purchase';
import type { AcceptedFact, Ingestion } from '../../src/application/ingestion';
import { createIngestion, type IngestionDeps } from '../../src/application/ingestion';
import { createUserKeys } from '../../src/crypto/user-keys';
import type { DeliveryOutcome } from '../../src/domain/delivery';
import type { PriceRole } from '../../src/domain/fact';
import type { PurchaseRecord } from '../../src/domain/purchase';
import { recordOfRow } from '../../src/domain/purchase';
import type { Settings } from '../../src/domain/settings';
import { defaultSettings } from '../../src/domain/settings';
import type { Subscription } from '../../src/domain/subscription';
import { adapterOf } from '../../src/psp';
import { readingContext } from '../../src/psp/accounts';
import { storableReading } from '../../src/psp/storable';
import type { WebhookHeaders } from '../../src/psp/adapter';
import type { Store } from '../../src/store';
import type { TrackRequest } from '../../src/tiktok';
import type { OrderRef } from '../../workflows/contract';
import { SimulatedOrder } from './simulated-order';

/** The part of the store that the path from a webhook to TikTok needs. */
export interface RelayStore {
  readonly users: Pick<Store['users'], 'register' | 'registerSettled' | 'identity'>;
  readonly firstPurchases: Pick<Store['firstPurchases'], 'claim' | 'release'>;
  readonly payments: Store['payments'];
  readonly openPayments: IngestionDeps['openPayments'];
  readonly purchases: Pick<
    Store['purchases'],
    'record' | 'recordPaused' | 'recordRefusedByPage' | 'remove' | 'twinOf' | 'recordAttempt' | 'list'
  >;
  readonly attempts: Pick<Store['attempts'], 'keep'>;
  readonly orderRecords: Pick<Store['orderRecords'], 'keepFact'>;
  readonly signalledFacts: Pick<Store['signalledFacts'], 'wasSignalled' | 'marked'>;
}

export interface RelayOptions {
  readonly store: RelayStore;
  /** The clock's start, Unix milliseconds. */
  readonly startMs?: number;
  readonly settings?: Partial<Settings>;
  readonly prices?: Readonly<Record<string, PriceRole>>;
  /** What TikTok answers; default: it accepts everything. */
  readonly tiktok?: (body: TrackRequest) => DeliveryOutcome;
  /** From TikTok's reception of an event until the workflow knows its answer. Default: 100. */
  readonly answerMs?: number;
}

export interface Arrival {
  /** When it arrives; default: now. The clock goes there first, and never back. */
  readonly atMs?: number;
  readonly headers?: WebhookHeaders;
}

/** What became of a webhook. `failed`: the provider would have got 503. */
export interface WebhookOutcome {
  readonly psp: string;
  readonly outcome: 'accepted' | 'ignored' | 'quarantined' | 'failed';
  readonly reason: string | null;
  readonly facts: readonly AcceptedFact[];
}

/** An event as TikTok received it. */
export interface SentEvent {
  readonly eventId: string;
  readonly eventName: string;
  /** A decimal, as in TikTok's JSON; null without value. */
  readonly value: number | null;
  readonly currency: string | null;
  readonly eventTimeMs: number;
  /** Hashes, click id, address …, by TikTok's names. */
  readonly user: Readonly<Record<string, unknown>>;
}

export const defaultStartMs = Date.UTC(2026, 10, 1, 12);

export class SimulatedRelay {
  readonly integration: string;
  readonly outcomes: WebhookOutcome[] = [];
  readonly keys = createUserKeys('a pepper for tests');
  settings: Settings;
  nowMs: number;
  private readonly orders = new Map<string, SimulatedOrder>();
  private readonly events: SentEvent[] = [];
  readonly ingestion: Ingestion;
  private readonly store: RelayStore;
  private scheduledAtMs = 0;

  constructor(private readonly options: RelayOptions) {
    const { settings = {}, prices = {}, startMs = defaultStartMs, store } = options;
    this.store = store;
    this.integration = `simulated-${(simulations += 1)}`;
    this.settings = { ...defaultSettings, pixelCode: 'C0PIXEL', accessToken: 'token', ...settings, prices };
    this.nowMs = startMs;
    this.ingestion = this.madeIngestion();
  }

  /** A change of settings by the operator; it holds for what is accepted from now on. */
  changes(settings: Partial<Settings>): void {
    this.settings = { ...this.settings, ...settings, version: this.settings.version + 1 };
  }

  /** A verified webhook, as `src/http/webhook-route.ts` deals with it. */
  async receives(psp: string, body: unknown, { atMs, headers }: Arrival = {}): Promise<WebhookOutcome> {
    if (atMs !== undefined) await this.runsUntil(atMs);
    const outcome = await this.answerTo(psp, JSON.parse(JSON.stringify(body)), headers);
    this.outcomes.push({ psp, ...outcome });
    return this.outcomes.at(-1)!;
  }

  passes(ms: number): Promise<void> {
    return this.runsUntil(this.nowMs + ms);
  }

  /** Lets time pass: waits end, TikTok answers, deliveries are tried again, each at its moment. */
  async runsUntil(ms: number): Promise<void> {
    for (let turns = 0; ; turns += 1) {
      const next = this.nextToWake();
      if (!next || next.atMs > ms) break;
      if (turns > 100_000) throw new Error(`an order is never done with ${new Date(next.atMs).toISOString()}`);
      this.nowMs = Math.max(this.nowMs, next.atMs);
      await next.order.wakes();
    }
    this.nowMs = Math.max(this.nowMs, ms);
  }

  /** In the order in which TikTok received them. */
  sent(): readonly SentEvent[] {
    return this.events;
  }

  /** The purchases table, by money id. */
  async records(): Promise<Readonly<Record<string, PurchaseRecord>>> {
    const { items } = await this.store.purchases.list({ integration: this.integration, limit: 1000 });
    return Object.fromEntries(items.map((row) => [row.moneyId, recordOfRow(row)]));
  }

  /** What the workflow of an order knows; undefined when no fact has named the order. */
  order(psp: string, subscription: string): Subscription | undefined {
    return this.orders.get(nameOf({ integration: this.integration, psp, subscription }))?.state;
  }

  private nextToWake(): { readonly order: SimulatedOrder; readonly atMs: number } | null {
    let next: { readonly order: SimulatedOrder; readonly atMs: number } | null = null;
    for (const order of this.orders.values()) {
      const atMs = order.nextAtMs();
      if (atMs !== null && (next === null || atMs < next.atMs)) next = { order, atMs };
    }
    return next;
  }

  private async answerTo(psp: string, event: unknown, headers?: WebhookHeaders): Promise<Omit<WebhookOutcome, 'psp'>> {
    const adapter = adapterOf(psp);
    if (!adapter) throw new Error(`there is no provider ${psp}`);
    const { integration, ingestion } = this;
    const reading = storableReading({ integration, psp }, adapter.read(event, readingContext(this.settings), headers));
    if (reading.kind === 'unreadable') return { outcome: 'quarantined', reason: reading.reason, facts: [] };
    try {
      const facts = await ingestion.take(integration, psp, reading);
      return reading.kind === 'facts'
        ? { outcome: 'accepted', reason: null, facts }
        : { outcome: 'ignored', reason: reading.reason, facts };
    } catch (error) {
      return { outcome: 'failed', reason: (error as Error).message, facts: [] };
    }
  }

  private madeIngestion(): Ingestion {
    const { users, firstPurchases, payments, purchases, openPayments, signalledFacts, orderRecords } = this.store;
    return createIngestion({
      settings: () => Promise.resolve(this.settings),
      users,
      firstPurchases,
      payments,
      purchases,
      openPayments,
      signalledFacts,
      note: () => undefined,
      orderRecords,
      signal: (order, accepted) => this.orderFor(order).receives({ kind: 'fact', ...accepted }),
      keys: this.keys,
      telemetry: { factSignalled: () => undefined, usersJoined: () => undefined },
      nowMs: () => this.nowMs,
    });
  }

  /** The running workflow of an order; a new one for a new order, and for one whose workflow has completed. */
  private orderFor(ref: OrderRef): SimulatedOrder {
    const running = this.orders.get(nameOf(ref));
    if (running && !running.isClosed()) return running;
    const started = new SimulatedOrder(ref, this.surroundings());
    this.orders.set(nameOf(ref), started);
    return started;
  }

  private surroundings() {
    const { firstPurchases, purchases, users } = this.store;
    const telemetry = { purchaseDecided: () => undefined, deliveryAttempted: () => undefined };
    const nowMs = () => this.nowMs;
    const report = createReportPurchase({
      settings: () => Promise.resolve(this.settings),
      users,
      firstPurchases,
      purchases,
      attempts: this.store.attempts,
      events: { track: (_target, body) => Promise.resolve(this.track(body)) },
      target: () => ({ baseUrl: 'https://tiktok.example', pixelCode: 'C0PIXEL', accessToken: 'token' }),
      destination: () => 'tiktok',
      fallbackPageUrl: 'https://funnel.example/',
      telemetry,
      nowMs,
      scheduledAtMs: () => this.scheduledAtMs,
      attemptScheduledAtMs: nowMs,
    });
    return {
      reportPurchase: (input: Parameters<typeof report>[0], scheduledAtMs: number) => {
        this.scheduledAtMs = scheduledAtMs;
        return report(input);
      },
      recordPurchases: createRecordPurchases({ firstPurchases, purchases, telemetry }),
      nowMs,
      answerMs: this.options.answerMs ?? 100,
    };
  }

  private track(body: TrackRequest): DeliveryOutcome {
    const outcome = this.options.tiktok?.(body) ?? { kind: 'accepted', code: 0, requestId: `req_${this.events.length + 1}` };
    if (outcome.kind === 'accepted') this.events.push(...body.data.map(eventOf));
    return outcome;
  }
}

/** Of this process: an integration is a key everywhere in the store, so that many simulations share one. */
let simulations = 0;

function nameOf({ integration, psp, subscription }: OrderRef): string {
  return JSON.stringify([integration, psp, subscription]);
}

function eventOf({ event, event_id, event_time, user, properties }: TrackRequest['data'][number]): SentEvent {
  const { value = null, currency = null } = properties ?? {};
  return { eventId: event_id, eventName: event, value, currency, eventTimeMs: event_time * 1000, user: { ...user } };
}

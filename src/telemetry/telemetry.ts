/** Tells the telemetry as canonical log lines and as metrics. No personal data: ids of payments and orders, codes, counts. */
import type { Registry } from 'prom-client';
import { Counter, Gauge, Histogram } from 'prom-client';
import { decimalFromMinor } from '../domain/money';
import type { PurchaseRecord } from '../domain/purchase';
import type { Logger } from './logger';
import { logLine } from './logger';
import type { Store } from '../store';
import type { Telemetry } from './events';

export function createTelemetry(logger: Logger, registry: Registry): Telemetry {
  const metrics = createMetrics(registry);
  return {
    webhookReceived(webhook) {
      logLine(logger, 'webhook.received', { ...webhook });
      metrics.webhooks.inc({ integration: webhook.integration, psp: webhook.psp, outcome: webhook.outcome });
    },
    factSignalled(fact) {
      logLine(logger, 'fact.signalled', { ...fact });
      metrics.facts.inc({ integration: fact.integration, psp: fact.psp, kind: fact.kind });
    },
    purchaseDecided(integration, record) {
      logLine(logger, 'purchase.decided', { integration, ...named(record), state: record.state, reason: record.reason });
      metrics.decisions.inc({ integration, type: record.purchaseType, phase: record.phase ?? 'none', state: record.state });
    },
    deliveryAttempted({ integration, record, attempt, outcome, durationMs }) {
      const { kind, code } = outcome;
      const requestId = 'requestId' in outcome ? outcome.requestId : null;
      const message = 'message' in outcome ? outcome.message : (outcome.warning ?? null);
      const isRefused = kind === 'unauthorized' || kind === 'rejected'; // an operator must act
      const line = {
        integration,
        ...named(record),
        ...valueOf(record),
        outcome: kind,
        code,
        message,
        requestId,
        attempt,
        durationMs,
      };
      logLine(logger, 'delivery.attempted', line, isRefused ? 'warn' : 'info');
      metrics.deliveries.inc({ integration, outcome: kind, code: code === null ? 'none' : String(code) });
      if (kind === 'accepted') metrics.paymentToTikTok.observe(Math.max(0, Date.now() - record.occurredAtMs) / 1000);
    },
    settingsChanged(change) {
      logLine(logger, 'settings.changed', { ...change });
    },
    checkFinished(check) {
      logLine(logger, 'check.finished', { ...check }, check.error === null ? 'info' : 'error');
      metrics.found.inc({ integration: check.integration, psp: check.psp }, check.found);
    },
    pageCalled({ integration, route, status }) {
      metrics.pages.inc({ integration, route, status: String(status) });
    },
  };
}

function named({ psp, subscription, moneyId, eventId, eventName, purchaseType, phase, settingsVersion }: PurchaseRecord) {
  return { psp, subscription, moneyId, eventId, eventName, purchaseType, phase, settingsVersion };
}

/** As TikTok is told it; both null for an event without value. */
function valueOf({ value }: PurchaseRecord) {
  const { amountMinor, currency } = value ?? { amountMinor: 0, currency: null };
  return { amount: currency === null ? null : decimalFromMinor(amountMinor, currency), currency };
}

/** Gauges of waiting purchases, read from the table at each scrape. */
export function createGauges(registry: Registry, integrations: readonly string[], purchases: Backlog, nowMs: () => number): void {
  const registers = [registry];
  const each = async (set: (integration: string) => Promise<void>): Promise<void> =>
    void (await Promise.all(integrations.map(set)));
  new Gauge({
    name: 'relay_purchases',
    help: 'Purchases by state: `pending` is the backlog, `needs_attention` waits for an operator',
    labelNames: ['integration', 'state'],
    registers,
    async collect() {
      await each(async (integration) => {
        for (const [state, count] of Object.entries(await purchases.count(integration))) this.set({ integration, state }, count);
      });
    },
  });
  new Gauge({
    name: 'relay_oldest_pending_seconds',
    help: 'Age of the oldest pending purchase, by the provider’s clock; 0 when none is pending',
    labelNames: ['integration'],
    registers,
    async collect() {
      await each(async (integration) => {
        const atMs = await purchases.oldestPendingAtMs(integration);
        this.set({ integration }, atMs === null ? 0 : Math.max(0, nowMs() - atMs) / 1000);
      });
    },
  });
}

type Backlog = Pick<Store['purchases'], 'count' | 'oldestPendingAtMs'>;

function createMetrics(registry: Registry) {
  const registers = [registry];
  return {
    webhooks: new Counter({
      name: 'relay_webhooks_total',
      help: 'Webhooks by provider and what became of them',
      labelNames: ['integration', 'psp', 'outcome'],
      registers,
    }),
    facts: new Counter({
      name: 'relay_facts_total',
      help: 'Facts handed to workflows, by kind',
      labelNames: ['integration', 'psp', 'kind'],
      registers,
    }),
    decisions: new Counter({
      name: 'relay_decisions_total',
      help: 'Decisions not to send, and changes of records, by purchase type, phase and state',
      labelNames: ['integration', 'type', 'phase', 'state'],
      registers,
    }),
    found: new Counter({
      name: 'relay_payments_found_total',
      help: 'Payments that a renewal check found and no webhook had brought',
      labelNames: ['integration', 'psp'],
      registers,
    }),
    pages: new Counter({
      name: 'relay_page_calls_total',
      help: 'Calls of pages to /collect and /collect/purchase, by the status of the answer',
      labelNames: ['integration', 'route', 'status'],
      registers,
    }),
    deliveries: new Counter({
      name: 'relay_deliveries_total',
      help: 'Attempts to report a purchase, by outcome and TikTok code',
      labelNames: ['integration', 'outcome', 'code'],
      registers,
    }),
    paymentToTikTok: new Histogram({
      name: 'relay_payment_to_tiktok_seconds',
      help: 'From the payment, by the provider’s clock, to TikTok’s acceptance',
      buckets: [0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600, 14_400, 86_400, 172_800],
      registers,
    }),
  };
}

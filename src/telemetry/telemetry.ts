/** Tells the telemetry as canonical log lines and as metrics. No personal data: ids of payments and orders, codes, counts. */
import type { Registry } from 'prom-client';
import { Counter, Gauge, Histogram } from 'prom-client';
import { decimalFromMinor } from '../domain/money';
import { latencyBucket } from '../domain/latency';
import type { PurchaseRecord } from '../domain/purchase';
import { isSample } from '../domain/sample';
import type { Logger } from './logger';
import { logLine } from './logger';
import { shownId } from './shown';
import type { Store } from '../store';
import type { Telemetry } from './events';
import type { TallyCollector } from './tally';

/** The counts for operators' pages are by the time of the payment where there is one, else by now. */
export function createTelemetry(
  logger: Logger,
  registry: Registry,
  tally: Pick<TallyCollector, 'count'>,
  nowMs: () => number = Date.now,
): Telemetry {
  const metrics = createMetrics(registry);
  const originsSaid = new Set<string>();
  return {
    webhookReceived({ isUnsigned = false, ...webhook }) {
      const { integration, psp, outcome, reason } = webhook;
      logLine(logger, 'webhook.received', { ...webhook }, isUnsigned ? 'warn' : 'info');
      metrics.webhooks.inc({ integration, psp, outcome });
      const atMs = nowMs();
      tally.count({ integration, name: 'webhooks', psp, label: outcome, atMs });
      if (isUnsigned) tally.count({ integration, name: 'refused_signatures', psp, label: reason ?? 'no reason', atMs });
      else if (outcome !== 'refused') tally.count({ integration, name: 'webhook_hours', psp, label: hourOf(atMs), atMs });
    },
    factSignalled(fact) {
      const { subscription, moneyId } = fact;
      const ids = { subscription: shownId(subscription), moneyId: moneyId === null ? null : shownId(moneyId) };
      logLine(logger, 'fact.signalled', { ...fact, ...ids });
      metrics.facts.inc({ integration: fact.integration, psp: fact.psp, kind: fact.kind });
    },
    purchaseDecided(integration, record) {
      logLine(logger, 'purchase.decided', { integration, ...named(record), state: record.state, reason: record.reason });
      metrics.decisions.inc({ integration, type: record.purchaseType, phase: record.phase ?? 'none', state: record.state });
    },
    deliveryAttempted({ integration, record, attempt, outcome, durationMs, matchedBy }) {
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
      if (kind !== 'accepted') return;
      const latencyMs = Math.max(0, nowMs() - record.occurredAtMs);
      metrics.paymentToTikTok.observe(latencyMs / 1000);
      // Sent before, and once more by an operator: it has been counted. A sample has no buyer, and is as quick as it likes.
      if (record.sentAtMs !== null || isSample(record)) return;
      const counted = { integration, psp: record.psp, atMs: record.occurredAtMs };
      tally.count({ ...counted, name: 'latency', label: String(latencyBucket(latencyMs)) });
      for (const label of ['sent', ...matchedBy]) tally.count({ ...counted, name: 'matched', label });
    },
    settingsChanged(change) {
      logLine(logger, 'settings.changed', { ...change });
    },
    checkFinished(check) {
      logLine(logger, 'check.finished', { ...check }, check.error === null ? 'info' : 'error');
      metrics.found.inc({ integration: check.integration, psp: check.psp }, check.found);
    },
    tiktokCounted(count) {
      logLine(logger, 'tiktok.counted', { ...count }, count.error === null && count.notes.length === 0 ? 'info' : 'warn');
    },
    pageCalled({ integration, route, status }) {
      metrics.pages.inc({ integration, route, status: String(status) });
      if (integration === 'unknown') return;
      tally.count({ integration, name: 'page_calls', psp: '', label: `${route} ${status}`, atMs: nowMs() });
    },
    originRefused({ integration, origin }) {
      const shown = shownOrigin(origin);
      if (integration !== 'unknown') tally.count({ integration, name: 'refused_origins', psp: '', label: shown, atMs: nowMs() });
      if (originsSaid.has(shown) || originsSaid.size >= originsSaidAtMost) return;
      originsSaid.add(shown);
      logger.warn({ origin: shown }, `${shown} is not in ALLOWED_ORIGINS: its pages may not call`);
    },
    usersJoined(integration, evidence, joined) {
      metrics.joins.inc({ integration, evidence }, joined);
      tally.count({ integration, name: 'user_joins', psp: '', label: evidence, atMs: nowMs() });
    },
    refusedByPage(integration) {
      metrics.pageRefusals.inc({ integration });
      tally.count({ integration, name: 'page_refusals', psp: '', label: 'denied', atMs: nowMs() });
    },
    signInRefused({ integration, door }) {
      logger.warn({ door }, 'a wrong password or token was refused');
      metrics.signIns.inc({ door });
      tally.count({ integration, name: 'refused_sign_ins', psp: '', label: door, atMs: nowMs() });
    },
  };
}

/** Strangers choose origins: the log says no more of them than these, the tallies count on. */
const originsSaidAtMost = 100;

/** An origin has no spaces, no control characters, and is as long as a host's name. What is none is not repeated. */
function shownOrigin(origin: string): string {
  return /^[\x21-\x7e]{1,200}$/.test(origin) ? origin : '(not an origin)';
}

function hourOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(11, 13);
}

function named({ psp, subscription, moneyId, eventId, eventName, purchaseType, phase, settingsVersion }: PurchaseRecord) {
  const ids = { subscription: shownId(subscription), moneyId: shownId(moneyId), eventId: shownId(eventId) };
  return { psp, ...ids, eventName, purchaseType, phase, settingsVersion };
}

/** As TikTok is told it; both null for an event without value. */
function valueOf({ value }: PurchaseRecord) {
  const { amountMinor, currency } = value ?? { amountMinor: 0, currency: null };
  return { amount: currency === null ? null : decimalFromMinor(amountMinor, currency), currency };
}

/**
 * Gauges of purchases and webhooks that wait, read from the table at each scrape. While the database is out of reach they are left out, and
 * `relay_database_up` is 0: what the process knows by itself is told all the same.
 */
export function createGauges(
  registry: Registry,
  integrations: readonly string[],
  { purchases, quarantine }: Waiting,
  nowMs: () => number,
): void {
  const registers = [registry];
  const count = kept((integration) => purchases.count(integration), nowMs);
  const oldestPendingAtMs = kept((integration) => purchases.oldestPendingAtMs(integration), nowMs);
  const quarantined = kept((integration) => quarantine.count(integration), nowMs);
  let reads: Promise<boolean>[] = [];
  const read = async (gauge: { reset(): void }, set: (integration: string) => Promise<void>): Promise<void> => {
    gauge.reset();
    const isRead = withinTime(Promise.all(integrations.map(set))).then(
      () => true,
      () => false,
    );
    reads.push(isRead);
    if (!(await isRead)) gauge.reset();
  };
  new Gauge({
    name: 'relay_purchases',
    help: 'Purchases by state: `pending` is the backlog, `held` waits on purpose, `needs_attention` waits for an operator',
    labelNames: ['integration', 'state'],
    registers,
    async collect() {
      await read(this, async (integration) => {
        for (const [state, number] of Object.entries(await count(integration))) this.set({ integration, state }, number);
      });
    },
  });
  new Gauge({
    name: 'relay_oldest_pending_seconds',
    help: 'Age of the oldest pending purchase, what is held aside, by the provider’s clock; 0 when none is pending',
    labelNames: ['integration'],
    registers,
    async collect() {
      await read(this, async (integration) => {
        const atMs = await oldestPendingAtMs(integration);
        this.set({ integration }, atMs === null ? 0 : Math.max(0, nowMs() - atMs) / 1000);
      });
    },
  });
  new Gauge({
    name: 'relay_quarantined',
    help: 'Webhooks in quarantine: verified, but not readable, or never to be stored. None is dropped, so many of them want an eye',
    labelNames: ['integration'],
    registers,
    async collect() {
      await read(this, async (integration) => this.set({ integration }, await quarantined(integration)));
    },
  });
  new Gauge({
    name: 'relay_database_up',
    help: '1 when this scrape could read the database, 0 when not',
    registers,
    // The registry collects in the order of registration, so the reads of this scrape are under way.
    async collect() {
      const answered = await Promise.all(reads);
      reads = [];
      this.set(answered.every(Boolean) ? 1 : 0);
    },
  });
}

/** Scrapes come from several sides at once: one question to the database serves those of 15 seconds. A question that failed serves none. */
const keptMs = 15_000;

function kept<T>(ask: (integration: string) => Promise<T>, nowMs: () => number): (integration: string) => Promise<T> {
  const answers = new Map<string, { readonly atMs: number; readonly answer: Promise<T> }>();
  return (integration) => {
    const known = answers.get(integration);
    if (known && nowMs() - known.atMs < keptMs) return known.answer;
    const answer = ask(integration);
    answers.set(integration, { atMs: nowMs(), answer });
    answer.catch(() => answers.delete(integration));
    return answer;
  };
}

/** A scrape is answered within seconds, also by a database that hangs: Prometheus gives up after ten. */
async function withinTime(work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('the database does not answer')), 2_000);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

interface Waiting {
  readonly purchases: Pick<Store['purchases'], 'count' | 'oldestPendingAtMs'>;
  readonly quarantine: Pick<Store['quarantine'], 'count'>;
}

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
    joins: new Counter({
      name: 'relay_user_joins_total',
      help: 'Users who turned out to be another one, by what showed it',
      labelNames: ['integration', 'evidence'],
      registers,
    }),
    pageRefusals: new Counter({
      name: 'relay_page_refusals_total',
      help: 'Refusals of consent by pages that proved nothing: obeyed, and to be undone where they are a flood',
      labelNames: ['integration'],
      registers,
    }),
    signIns: new Counter({
      name: 'relay_refused_sign_ins_total',
      help: 'Wrong passwords, tokens and secrets, by what they were to open',
      labelNames: ['door'],
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

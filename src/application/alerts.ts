/** Alerts: gathers the numbers, keeps the table as they say, and tells each opening and each closing. */
import { type AlertKey, type AlertNumbers, dueAlerts, oldBacklogMs } from '../domain/alerts';
import { dayMs } from '../domain/duration';
import { countDifferences, daysTogether } from '../domain/tiktok-count';
import type { Settings } from '../domain/settings';
import type { Alert, Store, Tally } from '../store';
import { covered } from './coverage';
import { isoDay, utcDay } from './utc-day';
import { isFailedCharge } from '../domain/purchase';

export interface AlertsDeps {
  readonly integrations: readonly string[];
  readonly settings: (integration: string) => Promise<Pick<Settings, 'paused' | 'countTolerancePercent'>>;
  /** The providers of its own accounts that are on: one that was switched off is silent on purpose. */
  readonly psps: (integration: string) => readonly string[];
  readonly alerts: Store['alerts'];
  readonly alertNumbers: Store['alertNumbers'];
  readonly tallies: Pick<Store['tallies'], 'read'>;
  readonly purchaseTotals: Pick<Store['purchaseTotals'], 'read'>;
  readonly tiktokCounts: Pick<Store['tiktokCounts'], 'read'>;
  /** Posts to ALERT_WEBHOOK_URL, and throws where that did not take it; null where none is set. */
  readonly tell: ((message: AlertMessage) => Promise<void>) | null;
  /** The console's address for an alert. */
  readonly consoleUrl: (alert: Pick<Alert, 'kind' | 'subject' | 'integration'>) => string;
  readonly nowMs: () => number;
}

/** What ALERT_WEBHOOK_URL receives, as JSON. No personal data, no ids of payments. */
export interface AlertMessage {
  /** The same if a message had to be sent again because its answer was lost. */
  readonly id: string;
  readonly kind: Alert['kind'];
  readonly subject: string;
  readonly integration: string;
  readonly state: 'opened' | 'closed';
  readonly message: string;
  readonly openedAt: string;
  readonly closedAt?: string;
  /** Where to look, in the console. */
  readonly url: string;
  /** One line; Slack and those like it show it. */
  readonly text: string;
}

/**
 * Looks once at every integration, then tells what has not been told, in order.
 * @throws when the receiver did not take a message: what was told before that is noted, and the next call goes on from there.
 */
export async function keepAlerts(deps: AlertsDeps): Promise<void> {
  for (const integration of deps.integrations) {
    const open = await deps.alerts.open(integration);
    const isOpen = (key: AlertKey): boolean => open.some(({ kind, subject }) => kind === key.kind && subject === key.subject);
    const numbers = await alertNumbers(deps, integration, isOpen);
    const due = dueAlerts(numbers, isOpen);
    await deps.alerts.reconcile(integration, due, numbers.nowMs);
  }
  if (deps.tell) await tellAll(deps, deps.tell);
  else await deps.alerts.forgetClosed(deps.nowMs());
}

/** What `dueAlerts` decides from. */
export async function alertNumbers(
  deps: AlertsDeps,
  integration: string,
  isOpen: (key: AlertKey) => boolean,
): Promise<AlertNumbers> {
  const nowMs = deps.nowMs();
  const today = utcDay(nowMs);
  const [{ paused, countTolerancePercent }, needsAttention, waitingSinceMs, totals, counted, atTikTok] = await Promise.all([
    deps.settings(integration),
    deps.alertNumbers.attentionByError(integration),
    deps.alertNumbers.waitingSince(integration, nowMs - oldBacklogMs(isOpen({ kind: 'backlog_age', subject: '' }))),
    deps.purchaseTotals.read({ integration, fromMs: (today - 1) * dayMs, toMs: today * dayMs }),
    deps.tallies.read({
      integration,
      names: ['webhook_hours', 'refused_signatures', 'page_refusals', 'refused_sign_ins'],
      fromDay: today - 30,
      toDay: today + 1,
    }),
    deps.tiktokCounts.read(integration, today - daysTogether, today),
  ]);
  const { charged, coverage } = covered(totals.filter((total) => !isFailedCharge(total)));
  const psps = deps.psps(integration);
  return {
    ...{ nowMs, isPaused: paused, needsAttention, waitingSinceMs },
    countDifferences: countDifferences(atTikTok, countTolerancePercent, nowMs).map((difference) => ({
      ...difference,
      date: difference.day === null ? null : isoDay(difference.day),
    })),
    yesterday: { charged: charged.count, coverage },
    webhooks: psps.map((psp) => ({
      psp,
      atMs: counted
        .filter((tally) => tally.name === 'webhook_hours' && tally.psp === psp)
        .map(({ lastAtMs }) => lastAtMs)
        .sort((a, b) => a - b),
    })),
    refusedSignIns: summed(counted.filter((tally) => tally.name === 'refused_sign_ins' && tally.day === today)),
    refusedSignatures: psps.map((psp) => {
      const refused = counted.filter((tally) => tally.name === 'refused_signatures' && tally.psp === psp && tally.day === today);
      return { psp, ...summed(refused) };
    }),
    pageRefusals: summed(counted.filter((tally) => tally.name === 'page_refusals' && tally.day === today)),
  };
}

function summed(tallies: readonly Pick<Tally, 'count' | 'lastAtMs'>[]): { readonly count: number; readonly lastAtMs: number } {
  const count = tallies.reduce((sum, tally) => sum + tally.count, 0);
  return { count, lastAtMs: Math.max(0, ...tallies.map(({ lastAtMs }) => lastAtMs)) };
}

/** Messages in one go; what is left over comes with the next call. */
const messagesAtMost = 20;

async function tellAll(deps: AlertsDeps, tell: NonNullable<AlertsDeps['tell']>): Promise<void> {
  for (const alert of await deps.alerts.untold(messagesAtMost)) {
    if (!alert.isOpeningTold) {
      await tell(messageOf(deps, alert, 'opened'));
      await deps.alerts.told(alert.id, 'opening', deps.nowMs());
    }
    if (alert.closedAtMs !== null && !alert.isClosingTold) {
      await tell(messageOf(deps, alert, 'closed'));
      await deps.alerts.told(alert.id, 'closing', deps.nowMs());
    }
  }
}

function messageOf({ consoleUrl, integrations }: AlertsDeps, alert: Alert, state: 'opened' | 'closed'): AlertMessage {
  const { id, kind, subject, integration, message, openedAtMs, closedAtMs } = alert;
  const url = consoleUrl(alert);
  const where = integrations.length > 1 ? ` (${integration})` : '';
  return {
    id: `${id}/${state}`,
    ...{ kind, subject, integration, state, message },
    openedAt: isoTime(openedAtMs),
    ...(state === 'closed' && closedAtMs !== null ? { closedAt: isoTime(closedAtMs) } : {}),
    url,
    text: state === 'opened' ? `⚠ ${message}${where} – ${url}` : `✓ over: ${message}${where}`,
  };
}

function isoTime(atMs: number): string {
  return new Date(atMs).toISOString();
}

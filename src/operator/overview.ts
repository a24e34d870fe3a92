/** What the overview and the strip on every page show: how it stands now, and what stands in the way. */
import type { CoverageDeps, CoverageReport } from '../application/coverage';
import { coverage } from '../application/coverage';
import { refusals } from '../application/refusals';
import { dayMs } from '../domain/duration';
import type { Destination } from '../domain/purchase';
import type { Settings } from '../domain/settings';
import type { PspAccounts } from '../psp/accounts';
import type { Alert, CheckState, LoggedWebhook, Store } from '../store';

export interface OverviewDeps extends CoverageDeps {
  readonly purchases: Pick<Store['purchases'], 'count' | 'oldestPendingAtMs'>;
  readonly alerts: Pick<Store['alerts'], 'open'>;
  readonly webhookLog: Pick<Store['webhookLog'], 'list'>;
  readonly checks: Pick<Store['checks'], 'last'>;
  readonly currentSettings: { get(integration: string): Promise<Settings> };
  /** Where purchases go with these settings. */
  readonly destination: (settings: Settings) => Destination;
  readonly accounts: Pick<PspAccounts, 'owner'>;
  readonly report: { readonly psps: (integration: string) => readonly string[] };
  readonly nowMs: () => number;
}

/** How it stands now. */
export interface Health {
  /** Of today's payments (UTC), 0 to 1; null where there were none. */
  readonly coverageToday: number | null;
  readonly chargedToday: number;
  readonly waiting: number;
  /** Trial starts that wait on purpose for the end of their hold; not among the waiting. */
  readonly held: number;
  readonly needsAttention: number;
  /** When the payment that waits longest happened, what is held aside; null when none waits. */
  readonly oldestWaitingAtMs: number | null;
  /** Of today's payments, in seconds. */
  readonly latency: CoverageReport['latency'];
  readonly openAlerts: readonly Alert[];
  readonly obstacles: readonly Obstacle[];
}

/**
 * Something about the settings that keeps purchases from counting at TikTok. `sandbox`: no pixel is set · `no_token` · `no_pixel`: a token
 * alone · `test_code` · `paused`.
 */
export type Obstacle = 'sandbox' | 'no_pixel' | 'no_token' | 'test_code' | 'paused';

export async function health(deps: OverviewDeps, integration: string): Promise<Health> {
  const nowMs = deps.nowMs();
  const startOfDayMs = Math.floor(nowMs / dayMs) * dayMs;
  const [today, counts, oldestWaitingAtMs, openAlerts, settings] = await Promise.all([
    coverage(deps, { integration, fromMs: startOfDayMs, toMs: startOfDayMs + dayMs }),
    deps.purchases.count(integration),
    deps.purchases.oldestPendingAtMs(integration),
    deps.alerts.open(integration),
    deps.currentSettings.get(integration),
  ]);
  return {
    coverageToday: today.coverage,
    chargedToday: today.charged.count,
    waiting: counts.pending,
    held: counts.held,
    needsAttention: counts.needs_attention,
    ...{ oldestWaitingAtMs, openAlerts },
    latency: today.latency,
    obstacles: obstaclesOf(settings, deps.destination(settings)),
  };
}

/** What in the settings keeps purchases from counting, the gravest first. */
export function obstaclesOf(
  { pixelCode, accessToken, testEventCode, paused }: Pick<Settings, 'pixelCode' | 'accessToken' | 'testEventCode' | 'paused'>,
  destination: Destination,
): readonly Obstacle[] {
  return [
    ...(destination === 'sandbox' ? (['sandbox'] as const) : []),
    ...(destination !== 'sandbox' && pixelCode === null ? (['no_pixel'] as const) : []),
    ...(destination !== 'sandbox' && pixelCode !== null && accessToken === null ? (['no_token'] as const) : []),
    ...(testEventCode !== null ? (['test_code'] as const) : []),
    ...(paused ? (['paused'] as const) : []),
  ];
}

/** A provider that is on, as the overview shows it. */
export interface ProviderHealth {
  readonly psp: string;
  /** The integration that has the account: its webhooks and checks. */
  readonly account: string;
  /** Null where none came within the log's 30 days. */
  readonly lastWebhook: LoggedWebhook | null;
  readonly lastCheck: CheckState | null;
  readonly refusedSignatures: number;
  /** Why the last one was refused. */
  readonly refusedReason: string | null;
}

export interface Overview {
  readonly health: Health;
  readonly period: CoverageReport;
  readonly providers: readonly ProviderHealth[];
  readonly refusedOrigins: readonly { readonly origin: string; readonly count: number; readonly lastAtMs: number }[];
}

/** All of the overview. The period ends with today (UTC) and has so many days. */
export async function overview(deps: OverviewDeps, integration: string, days: number): Promise<Overview> {
  const endMs = Math.floor(deps.nowMs() / dayMs) * dayMs + dayMs;
  const period = { integration, fromMs: endMs - days * dayMs, toMs: endMs };
  const [now, covered, turnedAway] = await Promise.all([
    health(deps, integration),
    coverage(deps, period),
    refusals(deps, { ...period, fromMs: endMs - 7 * dayMs }),
  ]);
  const providers = await Promise.all(
    deps.report.psps(integration).map(async (psp): Promise<ProviderHealth> => {
      const { integration: account } = deps.accounts.owner({ integration, psp });
      const [webhooks, lastCheck] = await Promise.all([
        deps.webhookLog.list({ integration: account, psp, limit: 1 }),
        deps.checks.last(account, psp),
      ]);
      const refused = turnedAway.signatures.filter((each) => each.psp === psp);
      return {
        ...{ psp, account, lastCheck, lastWebhook: webhooks.items[0] ?? null },
        refusedSignatures: refused.reduce((sum, { count }) => sum + count, 0),
        refusedReason: refused[0]?.reason ?? null,
      };
    }),
  );
  return { health: now, period: covered, providers, refusedOrigins: turnedAway.origins };
}

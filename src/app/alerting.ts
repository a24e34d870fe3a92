/** What the alerts of this deployment look at, and where they lead. */
import type { AlertsDeps } from '../application/alerts';
import { alertWebhook } from '../telemetry/alert-webhook';
import type { Services } from './services';

export function alertsDeps({ config, store, settings, accounts }: Services, webUrl: string): AlertsDeps {
  const { alerts, alertNumbers, tallies, purchaseTotals, tiktokCounts } = store;
  const { alertWebhookUrl, integrations } = config;
  return {
    ...{ alerts, alertNumbers, tallies, purchaseTotals, tiktokCounts },
    integrations: integrations.map(({ id }) => id),
    settings: (integration) => settings.get(integration),
    // What an account's provider sends is its owner's to miss.
    psps: (integration) => accounts.own(integration),
    tell: alertWebhookUrl === null ? null : alertWebhook(alertWebhookUrl),
    consoleUrl: ({ kind, integration }) => `${webUrl}/console/${pages[kind]}?integration=${encodeURIComponent(integration)}`,
    nowMs: Date.now,
  };
}

const pages = {
  needs_attention: 'attention',
  backlog_age: 'purchases',
  provider_silent: 'providers',
  coverage: '',
  tiktok_count: 'tiktok-count',
  refused_signatures: 'providers',
  page_refusals: 'users',
  refused_sign_ins: 'access',
  database_lost: '',
} satisfies Record<Parameters<AlertsDeps['consoleUrl']>[0]['kind'], string>;

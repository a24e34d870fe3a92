/** The alerts that are open, for those who watch by Prometheus instead of ALERT_WEBHOOK_URL. Read from the table at each scrape. */
import type { Registry } from 'prom-client';
import { Gauge } from 'prom-client';
import { alertKinds } from '../domain/alerts';
import type { Store } from '../store';

/** Registers `relay_alerts_open`: 0 where none of a kind is open. */
export function createAlertGauge(
  registry: Registry,
  integrations: readonly string[],
  alerts: Pick<Store['alerts'], 'open'>,
): void {
  new Gauge({
    name: 'relay_alerts_open',
    help: 'Open alerts by kind: docs/operations.md says what each means',
    labelNames: ['integration', 'kind'],
    registers: [registry],
    async collect() {
      for (const integration of integrations) {
        const open = await alerts.open(integration);
        for (const kind of alertKinds) this.set({ integration, kind }, open.filter((alert) => alert.kind === kind).length);
      }
    },
  });
}

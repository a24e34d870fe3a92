/** The metrics that deploy/monitoring asks for. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const folder = join(__dirname, '../../deploy/monitoring');

/** The expressions of the alerts and of the dashboard. */
export function monitoringExpressions(): readonly string[] {
  const rules = parse(readFileSync(join(folder, 'alerts.yaml'), 'utf8')) as { groups: { rules: { expr: string }[] }[] };
  const dashboard = JSON.parse(readFileSync(join(folder, 'dashboard.json'), 'utf8')) as {
    panels: { targets: { expr: string }[] }[];
  };
  return [
    ...rules.groups.flatMap((group) => group.rules.map(({ expr }) => expr)),
    ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
  ];
}

/** The names of metrics in an expression; `up` is Prometheus' own. */
export function metricsIn(expression: string): readonly string[] {
  return expression.match(/\b(relay|temporal|nodejs|process)_\w+/g) ?? [];
}

/** The names in Prometheus text, those of histograms with their suffixes. */
export function metricNames(text: string): ReadonlySet<string> {
  const types = [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)];
  return new Set(
    types.flatMap(([, name = '', type]) => (type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name])),
  );
}

/** What wants to be looked at: pages that were turned away, and alerts that are open. */
import type { Overview } from '../../../operator/overview';
import type { Alert } from '../../../store';
import { Banner } from '../../parts/banner';
import { Card } from '../../parts/card';
import { counted } from '../../parts/money';
import { Time } from '../../parts/time';
import { upperFirst } from '../../parts/upper-first';
import type { Context } from '../../route';

export function RefusedOrigins({ ctx, origins }: { readonly ctx: Context; readonly origins: Overview['refusedOrigins'] }) {
  const total = origins.reduce((sum, { count }) => sum + count, 0);
  const [latest] = origins;
  return (
    <Banner tone="warn" title={`${counted(total, 'call')} of pages ${total === 1 ? 'was' : 'were'} refused in the last 7 days.`}>
      {origins.slice(0, 3).map(({ origin }, index) => (
        <>
          {index > 0 && ', '}
          <code>{origin}</code>
        </>
      ))}
      {origins.length > 3 && ` and ${origins.length - 3} more`} {origins.length === 1 ? 'is' : 'are'} not in{' '}
      <code>ALLOWED_ORIGINS</code>. If these are your pages, add them there and restart; else nothing is wrong.
      {latest && (
        <>
          {' '}
          Last <Time atMs={latest.lastAtMs} nowMs={ctx.nowMs} />.
        </>
      )}
    </Banner>
  );
}

export function Alerts({ ctx, alerts }: { readonly ctx: Context; readonly alerts: readonly Alert[] }) {
  if (alerts.length === 0) return null;
  return (
    <Card id="alerts" title={counted(alerts.length, 'open alert')}>
      <ul class="alerts">
        {alerts.map((alert) => (
          <li>
            <span aria-hidden="true">⚠</span>{' '}
            <span>
              {upperFirst(alert.message)}. Since <Time atMs={alert.openedAtMs} nowMs={ctx.nowMs} />.{' '}
              <a href={ctx.href(whereToLook[alert.kind])}>Look</a>
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

const whereToLook: Readonly<Record<Alert['kind'], string>> = {
  needs_attention: '/attention',
  backlog_age: '/purchases',
  provider_silent: '/providers',
  coverage: '/purchases',
  tiktok_count: '/tiktok-count',
  refused_signatures: '/providers',
  page_refusals: '/users',
  refused_sign_ins: '/access',
  database_lost: '/tiktok',
};

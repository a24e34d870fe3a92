/** All providers: which are on, and what came from each last. */
import { describeProviders, type Provider } from '../../../operator/providers';
import { Banner } from '../../parts/banner';
import { Id } from '../../parts/id';
import { grouped } from '../../parts/money';
import { Table } from '../../parts/table';
import { Time } from '../../parts/time';
import { page } from '../../route';
import { OnOff } from './on-off';

export const providersPage = page({
  path: '/providers',
  title: 'Providers',
  section: 'providers',
  async render(ctx) {
    const providers = await describeProviders(ctx.deps, ctx.integration);
    return (
      <>
        {providers.every(({ on }) => !on) && (
          <Banner tone="info" title="No provider is on yet.">
            Choose yours below: copy its endpoint, switch its events on, and enter the signing secret. The generic webhook takes
            payments of any other system.
          </Banner>
        )}
        <Table
          caption="Payment providers"
          columns={[
            {
              title: 'Provider',
              cell: ({ psp, label, account }) => (
                <>
                  <a href={ctx.href(`/providers/${psp}`)}>{label}</a>
                  {account !== ctx.integration && <span class="muted"> of {account}</span>}
                </>
              ),
            },
            { title: 'Webhooks', cell: ({ on }) => <OnOff on={on} /> },
            { title: 'API key', cell: (provider) => <ApiKey provider={provider} /> },
            {
              title: 'Last webhook',
              cell: ({ webhooks: [last] }) => (last ? <Time atMs={last.receivedAtMs} nowMs={ctx.nowMs} /> : '–'),
            },
            { title: 'Refused, 7 days', numeric: true, cell: ({ refused }) => refusedCount(refused) },
            { title: 'Endpoint', wide: true, cell: ({ endpoint }) => <Id id={endpoint} length={48} /> },
          ]}
          rows={providers}
        />
      </>
    );
  },
});

function ApiKey({ provider: { apiKey, secrets } }: { readonly provider: Provider }) {
  if (apiKey === null) return <span class="muted">not needed</span>;
  return secrets.some(({ kind }) => kind === 'api') ? <>entered</> : <span class="muted">none</span>;
}

function refusedCount(refused: Provider['refused']): string {
  const count = refused.reduce((sum, one) => sum + one.count, 0);
  return count === 0 ? '–' : grouped(String(count));
}

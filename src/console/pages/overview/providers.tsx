/** Each provider in a line: what came from it last, and how much of it is accounted for. */
import type { CoverageReport } from '../../../application/coverage';
import { accountsOf } from '../../../operator/checks';
import type { ProviderHealth } from '../../../operator/overview';
import { adapterOf } from '../../../psp';
import { Card } from '../../parts/card';
import { Empty } from '../../parts/empty';
import { percent } from '../../parts/figures';
import { Count, grouped } from '../../parts/money';
import { providerName } from '../../parts/provider-name';
import { Table } from '../../parts/table';
import { Time } from '../../parts/time';
import type { Context } from '../../route';

interface ProvidersProps {
  readonly ctx: Context;
  readonly providers: readonly ProviderHealth[];
  readonly covered: CoverageReport;
}

export function Providers({ ctx, providers, covered }: ProvidersProps) {
  return (
    <Card title="Providers" actions={<a href={ctx.href('/providers')}>Set-up and refused webhooks</a>}>
      {providers.length === 0 ? (
        <Empty
          title="No provider is on"
          action={
            <a class="button button-primary" href={ctx.href('/providers')}>
              Set one up
            </a>
          }
        >
          A payment provider tells this service of every payment by webhook.
        </Empty>
      ) : (
        <Table<ProviderHealth>
          caption="Providers: last webhook, last check, coverage"
          rows={providers}
          columns={[
            {
              title: 'Provider',
              cell: ({ psp, account }) => (
                <>
                  <a href={ctx.href('/purchases', { psp })}>{providerName(psp)}</a>
                  {account !== ctx.integration && <span class="muted"> of {account}</span>}
                </>
              ),
            },
            { title: 'Last webhook', cell: ({ lastWebhook }) => <LastWebhook ctx={ctx} last={lastWebhook} /> },
            { title: 'Last check', cell: (provider) => <LastCheck ctx={ctx} provider={provider} /> },
            {
              title: 'Payments',
              numeric: true,
              cell: ({ psp }) => <Count value={covered.psps.find((each) => each.psp === psp)?.charged.count ?? 0} />,
            },
            {
              title: 'Accounted for',
              numeric: true,
              cell: ({ psp }) => {
                const share = covered.psps.find((each) => each.psp === psp)?.coverage ?? null;
                return share === null ? '–' : percent(share);
              },
            },
            {
              title: 'Refused signatures, 7 days',
              numeric: true,
              cell: ({ refusedSignatures, refusedReason }) =>
                refusedSignatures === 0 ? '0' : <span title={refusedReason ?? ''}>⚠ {grouped(String(refusedSignatures))}</span>,
            },
          ]}
        />
      )}
    </Card>
  );
}

function LastWebhook({ ctx, last }: { readonly ctx: Context; readonly last: ProviderHealth['lastWebhook'] }) {
  if (last === null) return <>none in 30 days</>;
  return (
    <>
      <Time atMs={last.receivedAtMs} nowMs={ctx.nowMs} /> <span class="muted">{webhookWords[last.outcome] ?? last.outcome}</span>
    </>
  );
}

const webhookWords: Readonly<Record<string, string>> = {
  accepted: 'taken in',
  ignored: 'not needed',
  quarantined: 'unreadable, kept',
};

function LastCheck({ ctx, provider }: { readonly ctx: Context; readonly provider: ProviderHealth }) {
  const last = provider.lastCheck;
  if (last === null) return <span class="muted">{whyNoCheck(ctx, provider)}</span>;
  const { error, found } = last.summary;
  return (
    <>
      <Time atMs={last.finishedAtMs} nowMs={ctx.nowMs} />{' '}
      <span class="muted">
        {error !== null ? <span title={error}>⚠ failed</span> : found === 0 ? 'nothing missed' : `${found} found`}
      </span>
    </>
  );
}

function whyNoCheck({ deps, integration }: Context, { psp }: ProviderHealth): string {
  if (!adapterOf(psp)?.api) return 'none: it has no API to ask';
  const hasKey = accountsOf(deps, integration).some((account) => account.psp === psp);
  return hasKey ? 'none yet' : 'none: needs an API key';
}

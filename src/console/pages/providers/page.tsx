/** One provider: what to set up there, its secrets, and what has come from it of late. */
import { notFound } from '../../../http/problem';
import { describeProviders } from '../../../operator/providers';
import { Banner } from '../../parts/banner';
import { Card, Facts } from '../../parts/card';
import { Id } from '../../parts/id';
import { counted } from '../../parts/money';
import { Time } from '../../parts/time';
import { page, titled } from '../../route';
import { OnOff } from './on-off';
import type { ProviderProps } from './props';
import { SecretsCard } from './secrets';
import { RefusedCard, WebhooksCard } from './webhooks';

export const providerPage = page({
  path: '/providers/:psp',
  title: 'Provider',
  section: 'providers',
  async render(ctx) {
    const provider = (await describeProviders(ctx.deps, ctx.integration)).find(({ psp }) => psp === ctx.part('psp'));
    if (!provider) throw notFound('there is no such provider');
    return titled(provider.label, <ProviderContent ctx={ctx} provider={provider} />);
  },
});

function ProviderContent({ ctx, provider }: ProviderProps) {
  return (
    <>
      {provider.account !== ctx.integration && <AccountBanner ctx={ctx} provider={provider} />}
      <EndpointCard ctx={ctx} provider={provider} />
      <SecretsCard ctx={ctx} provider={provider} />
      <WebhooksCard ctx={ctx} provider={provider} />
      {provider.refused.length > 0 && <RefusedCard ctx={ctx} provider={provider} />}
      {provider.apiKey !== null && <CheckCard ctx={ctx} provider={provider} />}
    </>
  );
}

function AccountBanner({ ctx, provider: { label, psp, account } }: ProviderProps) {
  return (
    <Banner tone="info" title={`This is the ${label} account of ${account}.`}>
      {ctx.integration} takes its payments, all or those that match, as INTEGRATIONS_FILE says. Endpoint, secrets, webhooks and
      checks are <a href={`/console/providers/${psp}?integration=${encodeURIComponent(account)}`}>{account}’s</a>.
    </Banner>
  );
}

function EndpointCard({ provider: { on, endpoint, events, links } }: ProviderProps) {
  return (
    <Card title="At the provider" actions={<OnOff on={on} />}>
      <Facts
        facts={[
          ['Endpoint URL', <Id id={endpoint} length={80} />],
          ...(links.dashboard === null
            ? []
            : [
                [
                  'Set up at',
                  <a href={links.dashboard} rel="noreferrer">
                    {new URL(links.dashboard).host}
                  </a>,
                ] as const,
              ]),
          [
            'Documentation',
            <a href={links.docs} rel="noreferrer">
              {new URL(links.docs).host}
            </a>,
          ],
        ]}
      />
      {events.length > 0 ? (
        <>
          <h3>Events to switch on</h3>
          <ul class="events">
            {events.map((event) => (
              <li>
                <code>{event}</code>
              </li>
            ))}
          </ul>
        </>
      ) : (
        <p>Your own code sends these webhooks, signed by Standard Webhooks: see {links.page}.</p>
      )}
    </Card>
  );
}

function CheckCard({ ctx, provider: { check, secrets } }: ProviderProps) {
  const hasKey = secrets.some(({ kind }) => kind === 'api');
  return (
    <Card title="Renewal checks" actions={<a href={ctx.href('/checks')}>Checks</a>}>
      {!hasKey ? (
        <p>With an API key the provider is asked every 10 minutes for what its webhooks never delivered.</p>
      ) : check === null ? (
        <p>The first check is about to run.</p>
      ) : (
        <p>
          Last <Time atMs={check.finishedAtMs} nowMs={ctx.nowMs} />:{' '}
          {check.summary.error === null
            ? `${counted(check.summary.found, 'payment')} found that no webhook had brought.`
            : `it failed: ${check.summary.error}.`}
        </p>
      )}
    </Card>
  );
}

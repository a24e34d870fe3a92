/** What came from a provider of late, and what was refused. */
import { Card } from '../../parts/card';
import { Empty } from '../../parts/empty';
import { grouped } from '../../parts/money';
import { Chip } from '../../parts/state';
import { Table } from '../../parts/table';
import { Time } from '../../parts/time';
import type { ProviderProps } from './props';

export function WebhooksCard({ ctx, provider: { webhooks } }: ProviderProps) {
  return (
    <Card title="Last webhooks">
      {webhooks.length === 0 ? (
        <Empty title="None has come yet">
          Once the endpoint is set up at the provider, its webhooks stand here, with what became of each.
        </Empty>
      ) : (
        <Table
          caption="The last webhooks"
          columns={[
            { title: 'Received', cell: ({ receivedAtMs }) => <Time atMs={receivedAtMs} nowMs={ctx.nowMs} /> },
            { title: 'Event', cell: ({ type }) => <code>{type ?? 'unknown'}</code> },
            { title: 'What became of it', cell: ({ outcome }) => <Outcome outcome={outcome} /> },
            { title: 'Why', cell: ({ reason }) => reason ?? '' },
          ]}
          rows={webhooks}
        />
      )}
    </Card>
  );
}

function Outcome({ outcome }: { readonly outcome: string }) {
  const { tone, mark, label } = outcomes[outcome] ?? { tone: 'muted', mark: '○', label: outcome };
  return (
    <Chip tone={tone} mark={mark}>
      {label}
    </Chip>
  );
}

const outcomes: Readonly<Record<string, { readonly tone: string; readonly mark: string; readonly label: string }>> = {
  accepted: { tone: 'good', mark: '✓', label: 'Taken' },
  ignored: { tone: 'muted', mark: '○', label: 'Not needed' },
  quarantined: { tone: 'warn', mark: '⚠', label: 'In quarantine' },
};

export function RefusedCard({ ctx, provider: { label, refused } }: ProviderProps) {
  return (
    <Card title="Refused in the last 7 days">
      <p>
        Nobody is known to have signed these, so nothing of them was taken. If they are {label}’s, the secret is another one:
        enter the one that the endpoint has there.
      </p>
      <Table
        caption="Why webhooks were refused"
        columns={[
          { title: 'Why', cell: ({ reason }) => reason },
          { title: 'Webhooks', numeric: true, cell: ({ count }) => grouped(String(count)) },
          { title: 'Last', cell: ({ lastAtMs }) => <Time atMs={lastAtMs} nowMs={ctx.nowMs} /> },
        ]}
        rows={refused}
      />
    </Card>
  );
}

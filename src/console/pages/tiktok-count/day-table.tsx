/** Days and events side by side: ours, TikTok's, and how they stand to each other. */
import type { CountedEventView, TikTokCountView } from '../../../operator/tiktok-count';
import type { Verdict } from '../../../domain/tiktok-count';
import { Card } from '../../parts/card';
import { Count } from '../../parts/money';
import { Chip, type ChipWords } from '../../parts/state';
import { Table } from '../../parts/table';

interface Row extends CountedEventView {
  readonly day: string;
  /** The event's first row of the day, on which the day is written. */
  readonly isFirst: boolean;
}

export function DayTable({ days }: { readonly days: TikTokCountView['days'] }) {
  const rows = days.flatMap(({ day, events }) => events.map((event, index): Row => ({ ...event, day, isFirst: index === 0 })));
  return (
    <Card title="Day by day (UTC)">
      <Table<Row>
        caption="Events of each day as they were sent, and as TikTok counts them"
        rows={rows}
        columns={[
          { title: 'Day', cell: ({ day, isFirst }) => (isFirst ? day : <span class="unseen">{day}</span>) },
          { title: 'Event', cell: ({ event }) => event },
          { title: 'Sent', numeric: true, cell: ({ verdict, sent }) => (verdict === 'not_ours' ? '–' : <Count value={sent} />) },
          { title: 'Of these tests', numeric: true, wide: true, cell: ({ testEvents }) => <Count value={testEvents} /> },
          { title: 'TikTok', numeric: true, cell: ({ tiktok }) => <Said count={tiktok.total} /> },
          { title: 'From servers', numeric: true, cell: ({ tiktok }) => <Said count={tiktok.server} /> },
          { title: 'From browsers', numeric: true, cell: ({ tiktok }) => <Said count={tiktok.browser} /> },
          { title: 'Difference', numeric: true, cell: ({ difference }) => signed(difference) },
          { title: '', cell: ({ verdict }) => <VerdictChip verdict={verdict} /> },
        ]}
      />
    </Card>
  );
}

function Said({ count }: { readonly count: number | null }) {
  return count === null ? <span title="TikTok did not say">?</span> : <Count value={count} />;
}

function signed(difference: number | null): string {
  if (difference === null) return '–';
  return difference > 0 ? `+${difference}` : String(difference).replace('-', '−');
}

const words: Readonly<Record<Verdict, ChipWords & { readonly means: string }>> = {
  agrees: { tone: 'good', mark: '✓', label: 'Agrees', means: 'Within the tolerance, or by one or two events.' },
  differs: { tone: 'bad', mark: '⚠', label: 'Differs', means: 'By more than the tolerance, and by three events or more.' },
  unfinished: {
    ...{ tone: 'accent', mark: '⏳', label: 'Not final' },
    means: 'The day was not over, or TikTok’s figures were not: they follow within hours.',
  },
  not_said: { tone: 'muted', mark: '?', label: 'Not said', means: 'TikTok gave no number that could be read.' },
  not_ours: { tone: 'muted', mark: '○', label: 'Not ours', means: 'This service does not send this event: pages do, or others.' },
  before_first: {
    ...{ tone: 'muted', mark: '–', label: 'Before the start' },
    means: 'The day had begun before the first purchase was sent, or before this pixel was set.',
  },
  unknown_names: {
    ...{ tone: 'muted', mark: '?', label: 'Name unknown' },
    means: 'TikTok counts events by names that are not known here; this one may be among them.',
  },
};

function VerdictChip({ verdict }: { readonly verdict: Verdict }) {
  const { label, means, ...look } = words[verdict];
  return (
    <Chip {...look} title={means}>
      {label}
    </Chip>
  );
}

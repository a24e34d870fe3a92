/** How well TikTok can recognise buyers: by identifier, provider and day, and what to do about the weakest. */
import { type IdentifierShare, type Matched, matchQuality, type MatchQuality } from '../../application/match-quality';
import { dayMs } from '../../domain/duration';
import type { MatchedBy } from '../../domain/purchase';
import { matchedByWords } from '../../operator/words';
import { Card } from '../parts/card';
import { ShareBar, Sparkline } from '../parts/chart';
import { Empty } from '../parts/empty';
import { percent } from '../parts/figures';
import { Count, counted } from '../parts/money';
import { period, PeriodTabs } from '../parts/period-tabs';
import { providerName } from '../parts/provider-name';
import { Table } from '../parts/table';
import { upperFirst } from '../parts/upper-first';
import { type Context, page } from '../route';

export const matchQualityPage = page({
  path: '/match-quality',
  title: 'Match quality',
  section: 'quality',
  async render(ctx) {
    const { days } = ctx.query(period);
    const toMs = Math.floor(ctx.nowMs / dayMs) * dayMs + dayMs;
    const quality = await matchQuality(ctx.deps, { integration: ctx.integration, fromMs: toMs - days * dayMs, toMs });
    return (
      <>
        <p class="lead">
          TikTok counts a purchase for a campaign only if it recognises the buyer. The more of these come with each purchase, the
          more it recognises.
        </p>
        <PeriodTabs ctx={ctx} path="/match-quality" days={days} />
        {quality.sent === 0 ? (
          <Empty title={`Nothing was sent in ${days} days`} action={<a href={ctx.href('/')}>Overview</a>}>
            Once purchases go to TikTok, the share of them with each identifier will stand here.
          </Empty>
        ) : (
          <Content ctx={ctx} quality={quality} />
        )}
      </>
    );
  },
});

function Content({ ctx, quality }: { readonly ctx: Context; readonly quality: MatchQuality }) {
  const advised = new Map(quality.advice.map((each) => [each.identifier, each]));
  return (
    <>
      <Card title={`What ${counted(quality.sent, 'sent purchase')} carried`}>
        <Table<IdentifierShare>
          caption="Share of sent purchases with each identifier"
          rows={quality.identifiers}
          columns={[
            { title: 'Identifier', cell: ({ identifier }) => <Identifier identifier={identifier} /> },
            { title: 'Share', numeric: true, cell: ({ share }) => (share === null ? '–' : percent(share)) },
            {
              title: '',
              cell: ({ identifier, share }) => <ShareBar share={share ?? 0} tone={advised.has(identifier) ? 'warn' : 'good'} />,
            },
            { title: 'Purchases', numeric: true, wide: true, cell: ({ count }) => <Count value={count} /> },
            {
              title: 'By day',
              wide: true,
              cell: ({ identifier }) => (
                <Sparkline label={trend(identifier, quality)} values={sharesByDay(identifier, quality)} />
              ),
            },
          ]}
        />
      </Card>
      <Card title="What to do">
        {quality.advice.length === 0 ? (
          <p>
            {quality.sent < 20
              ? 'Too few purchases were sent to say what is missing.'
              : 'Nothing: every identifier comes as often as it can be expected to.'}
          </p>
        ) : (
          <ol class="advice">
            {quality.advice.map(({ identifier, share, goodShare, text }) => (
              <li>
                <strong>{upperFirst(matchedByWords[identifier])}:</strong> {percent(share)}, where {percent(goodShare)} can be
                expected. {text}
              </li>
            ))}
          </ol>
        )}
      </Card>
      <Card title="By provider">
        <Table<{ readonly psp: string } & Matched>
          caption="Share of sent purchases with each identifier, by provider"
          rows={quality.psps}
          columns={[
            {
              title: 'Provider',
              cell: ({ psp }) => <a href={ctx.href('/purchases', { psp, state: 'sent' })}>{providerName(psp)}</a>,
            },
            { title: 'Sent', numeric: true, cell: ({ sent }) => <Count value={sent} /> },
            ...quality.identifiers.map(({ identifier }) => ({
              title: upperFirst(matchedByWords[identifier]),
              numeric: true,
              cell: ({ identifiers }: Matched) => {
                const share = shareOf(identifier, identifiers);
                return share === null ? '–' : percent(share);
              },
            })),
          ]}
        />
      </Card>
    </>
  );
}

function Identifier({ identifier }: { readonly identifier: MatchedBy }) {
  return (
    <>
      {upperFirst(matchedByWords[identifier])} <code class="term">{identifier}</code>
    </>
  );
}

function sharesByDay(identifier: MatchedBy, { days }: MatchQuality): readonly (number | null)[] {
  return days.map(({ identifiers }) => shareOf(identifier, identifiers));
}

function trend(identifier: MatchedBy, quality: MatchQuality): string {
  const known = sharesByDay(identifier, quality).filter((share) => share !== null);
  const [first, last] = [known[0], known.at(-1)];
  if (first === undefined || last === undefined) return 'no days with purchases';
  return `${upperFirst(matchedByWords[identifier])}: ${percent(first)} on the first day with purchases, ${percent(last)} on the last`;
}

function shareOf(identifier: MatchedBy, identifiers: readonly IdentifierShare[]): number | null {
  return identifiers.find((each) => each.identifier === identifier)?.share ?? null;
}

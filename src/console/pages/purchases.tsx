/** The purchases, newest first and kept fresh: searched by buyer or id, filtered, each leading to its story. */
import type { VNode } from 'preact';
import { purchasesCsv } from '../../application/purchases-csv';
import { phases, purchaseTypes } from '../../domain/fact';
import type { PurchaseRow, WaitingFor } from '../../domain/purchase';
import { purchaseStates } from '../../domain/purchase';
import { manifests } from '../../psp';
import { isSample } from '../../domain/sample';
import { csvFile } from '../../operator/purchases-routes';
import { filterOf, type FoundPurchases, purchaseForm, searchPurchases } from '../../operator/purchase-search';
import {
  errorWords,
  notAPurchaseWords,
  phaseWords,
  purchaseTypeWords,
  reasonWords,
  stateWords,
  suppressedWords,
  waitingWords,
} from '../../operator/words';
import { relativeTime } from '../islands/relative-time';
import { Empty } from '../parts/empty';
import { Field, Select } from '../parts/form';
import { Id } from '../parts/id';
import { Money } from '../parts/money';
import { Pager } from '../parts/pager';
import { askedAgain } from '../parts/polling';
import { providerName } from '../parts/provider-name';
import { State } from '../parts/state';
import { Table } from '../parts/table';
import { Time } from '../parts/time';
import type { Context, Query } from '../route';
import { download, fragment, page } from '../route';
import { storyPath } from './story/address';

/** Each parameter as it stands in the address: dates stay as they were written. */
type Asked = Readonly<Record<string, string>>;

export const purchasesPage = page({
  path: '/purchases',
  title: 'Purchases',
  section: 'purchases',
  async render(ctx) {
    const { format, ...form } = ctx.query(purchaseForm);
    if (format === 'csv') {
      const filter = filterOf(ctx.deps.keys, ctx.integration, form);
      return download(csvFile.fileName, csvFile.mediaType, purchasesCsv(ctx.deps.purchases, filter));
    }
    const found = await searchPurchases(ctx.deps, ctx.integration, form);
    if (ctx.isHtmx) return fragment(<List ctx={ctx} found={found} />);
    return (
      <>
        <Filters ctx={ctx} asked={askedIn(ctx)} />
        <List ctx={ctx} found={found} />
        <aside id="drawer" class="drawer" aria-label="Story of a purchase" />
      </>
    );
  },
});

function askedIn({ url }: Context): Asked {
  return Object.fromEntries([...url.searchParams].filter(([name]) => !['integration', 'cursor', 'format'].includes(name)));
}

/** The address's parameters, with what was searched for as the buyer or the id that it turned out to be. */
function settled(ctx: Context, { query: { user, q } }: FoundPurchases): Query {
  const { search: _search, ...asked } = askedIn(ctx);
  return { ...asked, user, q };
}

function Filters({ ctx, asked }: { readonly ctx: Context; readonly asked: Asked }) {
  const select = (name: string, label: string, options: readonly Option[]): VNode => (
    <Field
      name={name}
      label={label}
      control={(attributes) => (
        <Select attributes={attributes} value={asked[name] ?? ''} options={[{ value: '', label: 'All' }, ...options]} />
      )}
    />
  );
  const kept = ['error', 'waiting'].flatMap((name) => (asked[name] ? [[name, asked[name]] as const] : []));
  const integration = ctx.url.searchParams.get('integration');
  const { waiting } = asked;
  return (
    <form class="filters" method="get" action="/console/purchases" role="search">
      {integration !== null && <input type="hidden" name="integration" value={integration} />}
      {kept.map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
      <div class="field grow">
        <label for="field-search">Buyer or id</label>
        <input
          type="search"
          id="field-search"
          name="search"
          value={asked['search'] ?? asked['user'] ?? asked['q'] ?? ''}
          placeholder="E-mail, user id, customer, subscription, payment …"
        />
      </div>
      {select('state', 'State', optionsOf(purchaseStates, stateWords))}
      {select('reason', 'Reason', reasons)}
      {select('psp', 'Provider', providers)}
      {select('type', 'Sold as', optionsOf(purchaseTypes, purchaseTypeWords))}
      {select('phase', 'Phase', optionsOf(phases, phaseWords))}
      <Field name="from" label="From (UTC)" type="date" value={dayOf(asked['from'])} />
      <Field name="to" label="Before (UTC)" type="date" value={dayOf(asked['to'])} />
      <button class="button button-primary">Show</button>
      {Object.keys(asked).length > 0 && (
        <a class="button" href={ctx.href('/purchases')}>
          All purchases
        </a>
      )}
      {isWaitingFor(waiting) && (
        <p class="help">
          Only what waits for <strong>{waitingWords[waiting].label}</strong>
        </p>
      )}
      {asked['error'] && (
        <p class="help">
          Only with the last error <strong>{errorWords(asked['error']).label}</strong> ({asked['error']})
        </p>
      )}
    </form>
  );
}

interface Option {
  readonly value: string;
  readonly label: string;
}

function optionsOf<T extends string>(
  values: readonly T[],
  words: Readonly<Record<T, { readonly label: string }>>,
): readonly Option[] {
  return values.map((value) => ({ value, label: words[value].label }));
}

const providers: readonly Option[] = manifests.map(({ name, label }) => ({ value: name, label: label }));

const reasons: readonly Option[] = Object.entries({ ...suppressedWords, ...notAPurchaseWords }).map(([value, { label }]) => ({
  value,
  label,
}));

function isWaitingFor(asked: string | undefined): asked is WaitingFor {
  return asked !== undefined && Object.hasOwn(waitingWords, asked);
}

/** A form's date field takes days only. */
function dayOf(asked = ''): string {
  return asked.slice(0, 10);
}

interface ListProps {
  readonly ctx: Context;
  readonly found: FoundPurchases;
}

/** The first page asks for itself again and again; the pages behind it stand still, as one reads them. */
function List({ ctx, found }: ListProps) {
  const query = settled(ctx, found);
  const { cursor } = found.query;
  const live: Readonly<Record<string, string>> = cursor === undefined ? askedAgain(ctx.href('/purchases', query), 5) : {};
  return (
    <div id="list" class="stack" {...live}>
      {found.items.length === 0 ? (
        <Nothing ctx={ctx} isFiltered={Object.keys(askedIn(ctx)).length > 0} />
      ) : (
        <Table caption="Purchases, newest first" columns={columns(ctx, query)} rows={found.items} />
      )}
      <div class="list-foot">
        <Pager
          next={found.nextCursor === null ? null : ctx.href('/purchases', { ...query, cursor: found.nextCursor })}
          first={cursor === undefined ? null : ctx.href('/purchases', query)}
        />
        {found.items.length > 0 && (
          <a class="button" href={ctx.href('/purchases', { ...query, format: 'csv' })} download>
            Download as CSV
          </a>
        )}
      </div>
    </div>
  );
}

function columns(ctx: Context, query: Query) {
  return [
    { title: 'When', cell: ({ occurredAtMs }: PurchaseRow) => <Time atMs={occurredAtMs} nowMs={ctx.nowMs} /> },
    { title: 'State', cell: (row: PurchaseRow) => <StateAndWhy ctx={ctx} row={row} /> },
    { title: 'Purchase', cell: (row: PurchaseRow) => <StoryLink ctx={ctx} row={row} query={query} /> },
    {
      title: 'Charged',
      numeric: true,
      cell: ({ chargedMinor, currency }: PurchaseRow) => <Money amountMinor={chargedMinor} currency={currency} />,
    },
    { title: 'Provider', wide: true, cell: ({ psp }: PurchaseRow) => providerName(psp) },
    { title: 'Payment', wide: true, cell: ({ moneyId }: PurchaseRow) => <Id id={moneyId} /> },
    { title: 'Subscription', wide: true, cell: ({ subscription }: PurchaseRow) => <Id id={subscription} /> },
  ];
}

/** `, in 5 h`. */
function hoursLeft({ nextAttemptAtMs }: PurchaseRow, nowMs: number): string {
  return nextAttemptAtMs === null ? '' : `, ${relativeTime(nextAttemptAtMs, nowMs)}`;
}

function StateAndWhy({ ctx, row }: { readonly ctx: Context; readonly row: PurchaseRow }) {
  const { state, reason, lastError, waitingFor } = row;
  const why =
    state === 'pending'
      ? waitingFor && `for ${waitingWords[waitingFor].label}${waitingFor === 'hold' ? hoursLeft(row, ctx.nowMs) : ''}`
      : state === 'needs_attention'
        ? lastError && errorWords(lastError.type).label
        : (reasonWords(state, reason)?.label ?? null);
  return (
    <>
      <State state={state} />
      {why && <span class="why">{why}</span>}
      {isSample(row) && <span class="why">sample</span>}
    </>
  );
}

/** Opens the story in the drawer; without scripts, or in another tab, as a page of its own. */
function StoryLink({ ctx, row, query }: { readonly ctx: Context; readonly row: PurchaseRow; readonly query: Query }) {
  const { psp, moneyId, phase, purchaseType } = row;
  const path = storyPath(psp, moneyId);
  const back = new URL(ctx.href('/purchases', query), ctx.url).search;
  return (
    <a
      id={`story-${psp}-${moneyId}`}
      href={ctx.href(path)}
      hx-get={ctx.href(path, { back })}
      hx-target="#drawer"
      hx-swap="innerHTML"
      hx-push-url={ctx.href(path)}
    >
      {purchaseTypeWords[purchaseType].label} · {phase === null ? 'no phase' : phaseWords[phase].label}
    </a>
  );
}

function Nothing({ ctx, isFiltered }: { readonly ctx: Context; readonly isFiltered: boolean }) {
  if (isFiltered)
    return (
      <Empty
        title="No purchase is like that"
        action={
          <a class="button" href={ctx.href('/purchases')}>
            Show all purchases
          </a>
        }
      >
        Ids are found by their beginning, buyers by their whole e-mail, user id or customer id.
      </Empty>
    );
  return (
    <Empty title="No purchases yet">
      Each payment that a provider reports will stand here within seconds, with what became of it at TikTok. Connect a provider,
      and make a test purchase.
    </Empty>
  );
}

/** What a change of settings would have made of the last 30 days. */
import type { CellEffect, CellTotal, TotalEffect } from '../../../application/simulation';
import { isToBeSent, type Outcome, type SimulatedPayment } from '../../../domain/simulate';
import type { SimulatedEffect } from '../../../operator/simulate';
import { phaseWords, purchaseTypeWords, reasonWords, stateWords } from '../../../operator/words';
import { Id } from '../../parts/id';
import { Count, Money } from '../../parts/money';
import { State } from '../../parts/state';
import { Table } from '../../parts/table';
import { Time } from '../../parts/time';
import type { Context } from '../../route';

const shownDifferences = 20;

export function Effect({ ctx, effect }: { readonly ctx: Context; readonly effect: SimulatedEffect }) {
  const { cells, totals, differences, payments } = effect;
  const [before, after] = [sentOf(cells, 'before'), sentOf(cells, 'after')];
  if (payments === 0) return <p class="muted">No payments in the last 30 days: there is nothing to compare with yet.</p>;
  return (
    <>
      <p class="effect-sentence">
        <strong>{sentence(before, after, differences.total)}</strong>{' '}
        <span class="muted">
          Of <Count value={payments} /> payments of the last 30 days. Left is what really happened, right is what these settings
          would have made of it; nothing that was sent is taken back.
        </span>
      </p>
      <Table<CellEffect>
        caption="Purchases sent in the last 30 days, as it was and as it would have been"
        rows={cells}
        columns={[
          { title: 'Product', cell: ({ purchaseType }) => purchaseTypeWords[purchaseType].label },
          { title: 'Phase', cell: ({ phase }) => phaseWords[phase].label },
          { title: 'Sent', numeric: true, cell: ({ before: was }) => <Count value={was.sent} /> },
          { title: 'Would be sent', numeric: true, cell: (cell) => <Changed cell={cell} /> },
          { title: 'Value sent', numeric: true, wide: true, cell: ({ before: was }) => <Value total={was} /> },
          { title: 'Value it would be', numeric: true, wide: true, cell: ({ after: is }) => <Value total={is} /> },
        ]}
      />
      <details>
        <summary>By what becomes of them</summary>
        <Table<TotalEffect>
          caption="Payments of the last 30 days by what becomes of them"
          rows={totals}
          columns={[
            { title: 'What becomes of it', cell: ({ state, reason }) => whatBecomes(state, reason) },
            { title: 'As it was', numeric: true, cell: (total) => <Count value={total.before} /> },
            { title: 'As it would be', numeric: true, cell: (total) => <Count value={total.after} /> },
          ]}
        />
      </details>
      {differences.total > 0 && (
        <details>
          <summary>
            The payments that change ({Math.min(shownDifferences, differences.total)} newest of {differences.total})
          </summary>
          <Table<SimulatedPayment>
            caption="The newest payments whose outcome would change"
            rows={differences.items.slice(0, shownDifferences)}
            columns={[
              { title: 'When', cell: ({ record }) => <Time atMs={record.occurredAtMs} nowMs={ctx.nowMs} /> },
              { title: 'Payment', cell: ({ record }) => <Id id={record.moneyId} /> },
              { title: 'As it was', cell: ({ before: was }) => <OutcomeCell outcome={was} /> },
              { title: 'As it would be', cell: ({ after: is }) => <OutcomeCell outcome={is} /> },
            ]}
          />
        </details>
      )}
    </>
  );
}

function sentOf(cells: readonly CellEffect[], when: 'before' | 'after'): number {
  return cells.reduce((sum, cell) => sum + cell[when].sent, 0);
}

function sentence(before: number, after: number, changed: number): string {
  if (changed === 0) return 'Nothing would have been different.';
  const count = `${after} ${after === 1 ? 'purchase' : 'purchases'} would have been sent instead of ${before}`;
  return before === after ? `${changed} purchases would have gone out differently; as many as before.` : `${count}.`;
}

function Changed({ cell: { before, after } }: { readonly cell: CellEffect }) {
  const by = after.sent - before.sent;
  return (
    <>
      <Count value={after.sent} />
      {by !== 0 && <span class={by < 0 ? 'delta delta-less' : 'delta delta-more'}> ({by > 0 ? `+${by}` : `−${-by}`})</span>}
    </>
  );
}

function Value({ total: { valueMinor } }: { readonly total: CellTotal }) {
  if (valueMinor.size === 0) return <>–</>;
  return (
    <>
      {[...valueMinor].map(([currency, amountMinor]) => (
        <div>
          <Money amountMinor={amountMinor} currency={currency} />
        </div>
      ))}
    </>
  );
}

function whatBecomes(state: Outcome['state'], reason: string | null): string {
  const why = reasonWords(state, reason)?.label;
  return why === undefined ? stateWords[state].label : `${stateWords[state].label}: ${why}`;
}

function OutcomeCell({ outcome }: { readonly outcome: Outcome }) {
  const { state, reason, eventName, value } = outcome;
  return (
    <>
      <State state={state} />{' '}
      {isToBeSent(outcome) ? (
        <span class="muted">
          {eventName} {value && <Money amountMinor={value.amountMinor} currency={value.currency} />}
        </span>
      ) : (
        <span class="muted">{reasonWords(state, reason)?.label}</span>
      )}
    </>
  );
}

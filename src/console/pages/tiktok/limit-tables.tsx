/** What the limit keeps back, as two tables side by side: made by the domain's own rule, for a buyer's first order. */
import { phases, type Phase, purchaseTypes, type PurchaseType } from '../../../domain/fact';
import { limit } from '../../../domain/limit';
import { cellOf } from '../../../domain/policy';
import type { Settings } from '../../../domain/settings';
import { phaseWords, purchaseTypeWords } from '../../../operator/words';

export function LimitTables({ settings }: { readonly settings: Settings }) {
  return (
    <div class="columns">
      <LimitTable caption="Without the limit" settings={{ ...settings, limitPurchaseEvents: false }} />
      <LimitTable caption="With the limit" settings={{ ...settings, limitPurchaseEvents: true }} />
    </div>
  );
}

function LimitTable({ caption, settings }: { readonly caption: string; readonly settings: Settings }) {
  return (
    <div class="table-frame" role="region" aria-label={caption} tabIndex={0}>
      <table class="limit-table">
        <caption>{caption}</caption>
        <thead>
          <tr>
            <th scope="col">Product</th>
            {phases.map((phase) => (
              <th scope="col">{phaseWords[phase].label}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {purchaseTypes.map((type) => (
            <tr>
              <th scope="row">{purchaseTypeWords[type].label}</th>
              {phases.map((phase) => (
                <td>{whatIsSent(settings, type, phase)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The event's name, and how long it is held; a dash for what is kept back; nothing where the product has no such phase. */
export function whatIsSent(settings: Settings, purchaseType: PurchaseType, phase: Phase): string {
  const cell = cellOf(settings.policy, purchaseType, phase);
  if (!cell) return '';
  if (!cell.send) return '–';
  const earlier = phases.slice(0, phases.indexOf(phase)).find((one) => cellOf(settings.policy, purchaseType, one)?.send);
  const order = { psp: '', subscription: 'the order' };
  const known = earlier === undefined ? ({ kind: 'unknown' } as const) : ({ kind: 'mine', moneyId: earlier } as const);
  const verdict = limit({ ...order, moneyId: phase, purchaseType, phase }, known, settings);
  if (!verdict.send) return '–';
  const held = cell.hold ? `, after ${cell.hold.hours} h` : '';
  return `${shownName(cell.eventName ?? settings.eventName)}${held}`;
}

/** TikTok shows both names as one. */
function shownName(eventName: string): string {
  return eventName === 'CompletePayment' ? 'Purchase' : eventName;
}

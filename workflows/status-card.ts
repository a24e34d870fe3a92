/** The texts that the Temporal UI shows: a status card in Markdown, and a summary line for each delivery. No personal data. */
import { decimalFromMinor } from '../src/domain/money';
import type { PurchaseRecord } from '../src/domain/purchase';
import { recordsOf } from '../src/domain/record';
import type { Subscription } from '../src/domain/subscription';

/** The card shows the newest payments only. */
const shownPayments = 25;

/** The status card of an order. */
export function statusCard(state: Subscription): string {
  const records = recordsOf(state);
  const head = `**${state.psp}** \`${state.id}\` · ${words(state.purchaseType)} · ${words(state.status)}`;
  const rows = records
    .slice(-shownPayments)
    .map(
      (record) =>
        `| ${isoDay(record.occurredAtMs)} | \`${record.moneyId}\` | ${record.phase ? words(record.phase) : ''} | ${amount(record)} | ${outcome(record)} |`,
    );
  const table = ['| when | payment | phase | charged | at TikTok |', '| --- | --- | --- | ---: | --- |', ...rows];
  const older = records.length > shownPayments ? [`… and ${records.length - shownPayments} older`] : [];
  return [head, '', ...table, ...older].join('\n');
}

/** The summary of a delivery, for example `CompletePayment 19.99 USD in_123`. */
export function purchaseSummary({ eventName, value, moneyId }: PurchaseRecord): string {
  const worth = value ? `${decimalFromMinor(value.amountMinor, value.currency)} ${value.currency} ` : '';
  return `${eventName} ${worth}${moneyId}`;
}

function outcome({ state, reason, heldBy, lastError, requestId }: PurchaseRecord): string {
  if (state === 'needs_attention')
    return `**needs attention**: ${lastError ? `${lastError.type}: ${cell(lastError.message)}` : ''}`;
  const why = reason === null ? '' : `: ${cell(words(reason))}`;
  const first = heldBy ? ` (first: ${heldBy.psp} \`${heldBy.moneyId}\`)` : '';
  const proof = requestId === null ? '' : ` \`${requestId}\``;
  return `${words(state)}${why}${first}${proof}`;
}

function amount({ chargedMinor, currency }: PurchaseRecord): string {
  return `${decimalFromMinor(chargedMinor, currency)} ${currency}`;
}

function words(term: string): string {
  return term.replaceAll('_', ' ');
}

/** Escapes a text for a cell of a Markdown table. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function isoDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
}

/** The texts that the Temporal UI shows: a status card in Markdown, and a summary line for each delivery. No personal data. */
import { entryOf } from '../src/domain/by-id';
import { decimalFromMinor } from '../src/domain/money';
import type { PurchaseRecord } from '../src/domain/purchase';
import { recordOf } from '../src/domain/record';
import { stateMarks } from '../src/domain/state-marks';
import type { Payment, Subscription } from '../src/domain/subscription';
import { paymentsInOrder } from '../src/domain/subscription';

/** The card shows the newest payments only. */
const shownPayments = 25;

/** The status card of an order. The UI's tables have no padding, so no column is right-aligned, and cells do not break. */
export function statusCard(state: Subscription, refusals: readonly string[] = []): string {
  const payments = paymentsInOrder(state);
  const head = `**${plain(state.psp)}** ${code(state.id)} · ${words(state.purchaseType)} · ${words(state.status)}`;
  const rows = payments.slice(-shownPayments).map((payment) => rowOf(state, payment));
  const table = [
    '| at TikTok | when (UTC) | phase | charged | payment | more |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
  ];
  const olderCount = Math.max(0, payments.length - shownPayments) + (state.folded?.count ?? 0);
  const older = olderCount > 0 ? ['', `… and ${olderCount} older`] : [];
  const parkedCount = state.folded?.needAttention ?? 0;
  const parked = parkedCount > 0 ? ['', `⚠ ${parkedCount} payments need attention: the order has grown too large`] : [];
  const refused = refusals.map((refusal) => `⚠ ${plain(refusal)}`);
  return [head, '', ...table, ...older, ...parked, ...(refused.length > 0 ? ['', ...refused] : [])].join('\n');
}

/** The summary of a delivery, for example `CompletePayment 19.99 USD in_123`. */
export function purchaseSummary({ eventName, value, moneyId }: PurchaseRecord): string {
  const worth = value ? `${decimalFromMinor(value.amountMinor, value.currency)} ${value.currency} ` : '';
  return `${eventName} ${worth}${withoutMarkup(moneyId)}`;
}

/** Rows as they were last written: a signal changes one or two. A row says nothing but what is in its payment and the refunds of it. */
const writtenRows = new WeakMap<Payment, { readonly refunds: unknown; readonly row: string }>();

function rowOf(state: Subscription, payment: Payment): string {
  const refunds = entryOf(state.refunds, payment.moneyId);
  const written = writtenRows.get(payment);
  if (written && written.refunds === refunds) return written.row;
  const row = `| ${cellsOf(recordOf(state, payment)).join(' | ')} |`;
  writtenRows.set(payment, { refunds, row });
  return row;
}

function cellsOf(record: PurchaseRecord): readonly string[] {
  const { state, occurredAtMs, phase, chargedMinor, currency, moneyId } = record;
  return [
    unbroken(`${stateMarks[state]} ${words(state)}`),
    unbroken(minute(occurredAtMs)),
    phase === null ? '' : unbroken(words(phase)),
    unbroken(`${decimalFromMinor(chargedMinor, currency)} ${currency}`) + refund(record),
    code(moneyId),
    more(record),
  ];
}

function refund({ refundedMinor, currency }: PurchaseRecord): string {
  return refundedMinor === 0 ? '' : `, ${unbroken(`${decimalFromMinor(refundedMinor, currency)} ${currency}`)} given back`;
}

/** Why, the proof, or what it waits for. */
function more({ state, reason, heldBy, lastError, requestId, waitsUntilMs, isHeld, by }: PurchaseRecord): string {
  const said = [
    ...(state === 'needs_attention' && lastError ? [`${words(lastError.type)}: ${plain(lastError.message)}`] : []),
    ...(reason === null ? [] : [plain(words(reason))]),
    ...(heldBy ? [`first purchase: ${heldBy.psp} ${code(heldBy.moneyId)}`] : []),
    ...(waitsUntilMs === undefined
      ? []
      : [`${isHeld ? 'held' : 'for the provider’s next event,'} until ${minute(waitsUntilMs)}`]),
    ...(by === null ? [] : [`by ${plain(by)}`]),
    ...(requestId === null ? [] : [code(requestId)]),
  ];
  return said.join(' · ');
}

function words(term: string): string {
  return term.replaceAll('_', ' ');
}

/** What strangers wrote has no Markdown in it: no links, no images, no further cells. */
function plain(text: string): string {
  return text.replace(/[\\`*_{}[\]()<>#+!|~]/g, '\\$&').replace(/\s+/g, ' ');
}

/** As code; a back-tick or a cell's border in it is left out, since neither can be escaped there, and so are control characters. */
function code(id: string): string {
  return `\`${id.replace(/[`|\s\p{Cc}\p{Cf}]+/gu, ' ').trim() || ' '}\``;
}

/** An id in running text: without what could be Markdown or HTML. */
function withoutMarkup(id: string): string {
  return id.replace(/[`|<>[\]()!\\\s\p{Cc}\p{Cf}]+/gu, ' ').trim();
}

function unbroken(text: string): string {
  return text.replaceAll(' ', '\u00a0');
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `21 Nov 23:35`. */
function minute(atMs: number): string {
  const at = new Date(atMs);
  if (Number.isNaN(at.getTime())) return 'unknown';
  return `${at.getUTCDate()} ${months[at.getUTCMonth()] ?? ''} ${at.toISOString().slice(11, 16)}`;
}

/** What the demo says, as lines: what is going on, both tables, the times, every difference, what to do next. */
import type { Phase, PurchaseType } from '../domain/fact';
import { phases, purchaseTypes } from '../domain/fact';
import type { Expectation } from './expectation';
import { limits, phasesOf } from './expectation';
import type { Difference, Observation, ObservedCell } from './observation';
import type { SeenRecord } from './performance';
import { lifeDays } from './plays';
import type { Paint } from './screen';
import { aligned, boxed, columnWidths, maxColumns, padded, wrapped } from './screen';

export function opening({ bold }: Paint): readonly string[] {
  return [
    '',
    bold('Every purchase a payment provider reports, once, at TikTok: both tables of the policy, played.'),
    'Signed webhooks go over HTTP into the real service with its own Temporal server and database;',
    'at the far end a receiver takes, checks, deduplicates and counts events as TikTok does.',
    '',
  ];
}

export const typeTitles: Readonly<Record<PurchaseType, string>> = {
  subscription: 'Subscription only',
  free_trial: 'Free trial',
  paid_trial: 'Paid trial',
  lifetime: 'Lifetime (one-off)',
};
const phaseTitles: Readonly<Record<Phase, string>> = { trial_start: 'trial start', conversion: 'conversion', renewal: 'renewal' };

/** How far a provider's lives are: a mark per payment. */
export function progressLine(
  paint: Paint,
  { limit, psp, width }: { readonly limit: string; readonly psp: string; readonly width: number },
  expectations: readonly Expectation[],
  recordOf: (expectation: Expectation) => SeenRecord | undefined,
  pending: string,
): string {
  const lives = purchaseTypes.map((type) => {
    const marks = expectations
      .filter((expectation) => expectation.type === type)
      .map((expectation) => markOf(paint, recordOf(expectation), pending));
    return `${paint.dim(shortTitles[type])} ${padded(marks.join(''), phasesOf(type).length)}`;
  });
  return `  ${padded(limit, 9)}  ${padded(psp, width)}  ${lives.join('  ')}`;
}

const shortTitles: Readonly<Record<PurchaseType, string>> = {
  subscription: 'subscription',
  free_trial: 'free trial',
  paid_trial: 'paid trial',
  lifetime: 'lifetime',
};

function markOf({ good, bad, dim }: Paint, record: SeenRecord | undefined, pending: string): string {
  switch (record?.state) {
    case undefined:
      return dim('·');
    case 'pending':
      return pending;
    case 'sent':
      return good('✓');
    case 'suppressed':
      return good('–');
    default:
      return bad('✗');
  }
}

/** Both tables, a row for each provider in each purchase type: what TikTok's end counted. */
export function tableLines(paint: Paint, { cells }: Observation): readonly string[] {
  const tables = limits.map((limit) => ({
    limit,
    groups: groupsOf(
      paint,
      cells.filter((cell) => cell.expectation.limit === limit),
    ),
  }));
  const head = ['purchase type', 'PSP', ...phases.map((phase) => phaseTitles[phase])];
  const widths = columnWidths([head, ...tables.flatMap(({ groups }) => groups.flat())]);
  return tables.flatMap(({ limit, groups }) => [
    '',
    `${paint.bold(`Limit Purchase Events ${limit}`)}, as observed at TikTok’s end`,
    ...boxed(head, groups, widths),
  ]);
}

/** A group of rows for each purchase type. */
function groupsOf(paint: Paint, cells: readonly ObservedCell[]): readonly (readonly (readonly string[])[])[] {
  const psps = [...new Set(cells.map(({ expectation }) => expectation.psp))];
  return purchaseTypes.map((type) =>
    psps.map((psp, index) => [
      index === 0 ? typeTitles[type] : '',
      psp,
      ...phases.map((phase) => {
        const cell = cells.find(({ expectation: one }) => one.type === type && one.psp === psp && one.phase === phase);
        return cell ? cellText(paint, cell) : '';
      }),
    ]),
  );
}

function cellText({ good, bad, dim }: Paint, { expectation, counted, differences }: ObservedCell): string {
  const [first, ...more] = new Set(differences.map(({ kind }) => kind));
  if (first) return bad(`✗ ${first}${more.length > 0 ? ` +${more.length}` : ''}`);
  if (expectation.outcome === 'kept_back' || !counted) return `${good('✓')} ${dim('– limited')}`;
  return `${good('✓')} ${nameAtTikTok(counted.eventName)} ${money(counted.value, counted.currency)}`;
}

/** Events Manager shows the one name as the other. */
function nameAtTikTok(name: string | null): string {
  return name === 'CompletePayment' ? 'Purchase' : (name ?? '?');
}

function money(value: number | null, currency: string | null): string {
  if (value === null || currency === null) return '';
  return value.toLocaleString('en', { style: 'currency', currency, currencyDisplay: 'narrowSymbol' });
}

/** Beneath the tables: what their signs mean, and what was set differently from the default. */
export function footnotes({ dim }: Paint, { webhooks }: { readonly webhooks: number }): readonly string[] {
  return [
    dim('✓ as the policy says · Purchase: the event CompletePayment, as Events Manager shows it'),
    dim('– limited: kept back, and its record says so; blank: a payment that this purchase type does not have'),
    dim(`${webhooks} webhooks: the noise around each payment included, and each payment delivered twice`),
    dim(`The lives began ${lifeDays} days ago, so maxEventAgeHours is 8760 here; the default is 168, a week`),
  ];
}

export function delayLines({ bold, dim }: Paint, { delays }: Observation): readonly string[] {
  const ms = (duration: number): string => `${Math.round(duration)} ms`;
  const rows = delays.map(({ psp, events, medianMs, p90Ms, maxMs }) => [psp, String(events), ms(medianMs), ms(p90Ms), ms(maxMs)]);
  const [head = '', ...lines] = aligned([['From webhook to TikTok', 'events', 'median', 'p90', 'max'], ...rows]);
  return [
    '',
    bold(head),
    ...lines,
    dim('on this machine, with everything in one process and each provider playing at the same time'),
  ];
}

export function warningLines({ bold, good, bad }: Paint, { warnings }: Observation): readonly string[] {
  if (warnings.size === 0) return ['', `${bold('TikTok’s end warned of')} ${good('nothing')}`];
  return [
    '',
    bold('TikTok’s end warned of'),
    ...[...warnings].flatMap(([text, times]) => entry(bad('✗'), `${text} (${times}×)`)),
  ];
}

/** Every difference, with its cell. */
export function differenceLines({ bold, bad }: Paint, differences: readonly Difference[]): readonly string[] {
  if (differences.length === 0) return [];
  return ['', bold('Differences from the policy'), ...differences.flatMap((one) => entry(bad('✗'), differenceText(one)))];
}

export function differenceText({ kind, expectation, text }: Difference): string {
  if (!expectation) return `${kind}: ${text}`;
  const { psp, limit, type, phase } = expectation;
  return `${psp}, limit ${limit}, ${typeTitles[type]}, ${phaseTitles[phase]}: ${kind}: ${text}`;
}

export function closing(
  { bold, good, bad, accent, dim }: Paint,
  { cells, counted, differences }: Observation,
  seconds: number,
): readonly string[] {
  const took = dim(`${seconds.toFixed(1)} s`);
  if (differences.length > 0) {
    const many = `${differences.length} difference${differences.length === 1 ? '' : 's'}`;
    return ['', `${bad('✗')} ${bold(`TikTok’s end did not see what the policy says: ${many}.`)} ${took}`, ''];
  }
  const keptBack = cells.filter(({ expectation }) => expectation.outcome === 'kept_back').length;
  return [
    '',
    `${good('✓')} ${bold(`${counted} events counted, ${keptBack} payments kept back, exactly as the policy says.`)} ${took}`,
    '',
    `  ${accent('npm start')}           the service: API, Temporal UI, and a stand-in for TikTok until you set a pixel`,
    `  ${accent('docs/providers/')}     which webhooks to switch on at your provider, and what metadata to set`,
    `  ${accent('docs/operations.md')}  every variable, production, PostgreSQL, Temporal Cloud`,
    '',
  ];
}

/** JSON lines as a person reads them. */
export function logLines({ bold, dim }: Paint, lines: readonly string[]): readonly string[] {
  if (lines.length === 0) return [];
  return ['', bold('From the service’s log'), ...lines.flatMap((line) => entry(dim('·'), readable(line)))];
}

function readable(line: string): string {
  try {
    const { time, level, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
    const told = Object.entries(fields).filter(([name, value]) => value !== null && name !== 'integration' && name !== 'stack');
    const words = told.map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
    return [String(time).slice(11, 23), level === 'info' ? '' : level, msg, ...words].filter((word) => word !== '').join(' ');
  } catch {
    return line;
  }
}

function entry(mark: string, text: string): readonly string[] {
  return wrapped(text, maxColumns - 4).map((line, index) => (index === 0 ? `  ${mark} ${line}` : `    ${line}`));
}

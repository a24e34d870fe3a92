/** What the demo says, as lines: what is going on, both tables, the times, every difference, what to do next. */
import type { Phase, PurchaseType } from '../domain/fact';
import { purchaseTypes } from '../domain/fact';
import type { Expectation, Scene } from './expectation';
import { limits, phasesOf } from './expectation';
import type { Difference, Observation, ObservedCell } from './observation';
import type { SeenRecord } from './performance';
import { lifeDays } from './plays';
import type { Provider, Remark } from './provider';
import type { Paint } from './screen';
import { boxed, centred, columnWidths, maxColumns, padded, wrapped } from './screen';

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
  lifetime: 'Lifetime',
};
const phaseTitles: Readonly<Record<Phase, string>> = { trial_start: 'trial start', conversion: 'conversion', renewal: 'renewal' };

export const sceneTitles: Readonly<Record<Scene, string>> = { off: 'Limit off', lost: 'Webhooks lost', on: 'Limit on' };

/** How far a provider's lives are: a mark per payment. */
export function progressLine(
  paint: Paint,
  { psp, width }: { readonly psp: string; readonly width: number },
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
  return `      ${padded(psp, width)}  ${lives.join('  ')}`;
}

/** What a scene came to, in a few words. */
export function sceneText(scene: Scene, expectations: readonly Expectation[]): string {
  const psps = new Set(expectations.map(({ psp }) => psp)).size;
  const orders = new Set(expectations.map(({ psp, order }) => `${psp} ${order}`)).size;
  const lost = expectations.filter(({ isLost }) => isLost).length;
  return scene === 'lost'
    ? `${lost} payments of ${orders} buyers that no webhook tells; ${psps} providers are asked`
    : `${expectations.length} payments of ${orders} buyers at ${psps} providers`;
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

/** As far as the tables know a provider. */
export type Company = Pick<Provider, 'name' | 'currency' | 'remark' | 'api'>;

/** Both tables: what the policy says once, at the top, and a row for each provider with a mark for each payment. */
export function tableLines(paint: Paint, { cells }: Observation, companies: readonly Company[]): readonly string[] {
  const tables = limits.map((limit) => ({
    limit,
    groups: groupsOf(
      paint,
      cells.filter(({ expectation }) => expectation.scene === limit),
      companies,
    ),
  }));
  const widths = columnWidths(tables.flatMap(({ groups }) => groups.flat()));
  return tables.flatMap(({ limit, groups }) => [
    '',
    `${paint.bold(`Limit Purchase Events ${limit}`)}, as observed at TikTok’s end`,
    ...boxed(groups, widths),
  ]);
}

function groupsOf(
  paint: Paint,
  cells: readonly ObservedCell[],
  companies: readonly Company[],
): readonly (readonly (readonly string[])[])[] {
  const names = columnWidths(companies.map(({ name, remark }) => [name + signOf(companies, remark)]))[0] ?? 0;
  const head = [
    ['', ...purchaseTypes.map((type) => typeTitles[type])],
    ['', ...purchaseTypes.map((type) => placed(type, (phase) => columnTitle(type, phase)))],
    ['Purchase of', ...purchaseTypes.map((type) => placed(type, (phase) => policyText(cells, type, phase)))],
  ];
  const rows = companies.map(({ name, currency, remark }) => [
    `${padded(name + signOf(companies, remark), names)} ${paint.dim(currency)}`,
    ...purchaseTypes.map((type) =>
      placed(type, (phase) => {
        const cell = cells.find(({ expectation: one }) => one.psp === name && one.type === type && one.phase === phase);
        return cell ? cellText(paint, cell) : paint.dim('n/a');
      }),
    ),
  ]);
  return [head, rows];
}

/** The phases of a purchase type side by side, each under its title. */
function placed(type: PurchaseType, textOf: (phase: Phase) => string): string {
  return phasesOf(type)
    .map((phase) => centred(textOf(phase), Math.max(columnTitle(type, phase).length, longestAmount)))
    .join('  ');
}

const longestAmount = '29.99'.length;

function columnTitle(type: PurchaseType, phase: Phase): string {
  if (type === 'lifetime') return 'one-off';
  if (type === 'subscription' && phase === 'conversion') return 'start';
  return { trial_start: 'trial', conversion: 'conv.', renewal: 'renewal' }[phase];
}

/** The same for every provider, each in its currency. */
function policyText(cells: readonly ObservedCell[], type: PurchaseType, phase: Phase): string {
  const expected = cells.find(({ expectation: one }) => one.type === type && one.phase === phase)?.expectation;
  if (!expected) return '';
  return expected.outcome === 'kept_back' ? '–' : expected.event.value.toFixed(2).padStart(longestAmount);
}

function cellText({ good, bad }: Paint, { expectation, counted, differences }: ObservedCell): string {
  if (differences.length > 0) return bad('✗');
  return good(expectation.outcome === 'kept_back' || !counted ? '–' : '✓');
}

/** The n-th remark's sign; nothing where there is none. */
function signOf(companies: readonly Company[], remark: Remark | undefined): string {
  if (!remark) return '';
  const remarks = companies.flatMap((company) => company.remark ?? []);
  return '¹²³⁴⁵⁶⁷⁸⁹'.charAt(remarks.indexOf(remark));
}

/** Beneath the tables: what their signs mean, what each provider needs, and what was set differently from the default. */
export function footnotes(
  { dim }: Paint,
  companies: readonly Company[],
  { webhooks }: { readonly webhooks: number },
): readonly string[] {
  const remarks = companies.flatMap(({ name, remark }) => {
    if (!remark) return [];
    const unsold = remark.unsold?.map((type) => typeTitles[type]).join(', ');
    return `${signOf(companies, remark)} ${name} ${remark.text}${unsold === undefined ? '' : ` (so n/a: ${unsold})`}`;
  });
  return [
    '✓ counted once, with the policy’s name, event id, value, currency, time and buyer · conv.: conversion',
    `– kept back by the limit, and its record says so${companies.some(({ remark }) => remark?.unsold) ? ' · n/a: not sold there' : ''}`,
    'Purchase: the event CompletePayment, as Events Manager shows it',
    ...remarks,
    `${webhooks} webhooks: the noise around each payment included, and each payment delivered twice`,
    `The lives began ${lifeDays} days ago, so maxEventAgeHours is 8760 here; the default is 168, a week`,
  ]
    .flatMap((line) => wrapped(line, maxColumns))
    .map(dim);
}

/** What renewal checks found of the payments that no webhook told, a line for each provider. */
export function checkLines(
  { bold, good, bad, dim }: Paint,
  { cells }: Observation,
  companies: readonly Company[],
  errors: ReadonlyMap<string, string>,
): readonly string[] {
  const width = Math.max(...companies.map(({ name }) => name.length));
  const found = companies.flatMap(({ name, api }) => {
    if (!api) return [];
    const lost = cells.filter(({ expectation }) => expectation.psp === name && expectation.isLost);
    const right = lost.filter(({ counted, differences }) => counted && differences.length === 0).length;
    const mark = right === lost.length ? good('✓') : bad('✗');
    const error = errors.get(name);
    const text = `found by the check: ${right} of ${lost.length}${error === undefined ? '' : `; it ended with ${error}`}`;
    return entry(mark, `${padded(name, width)}  ${text}`);
  });
  const undated = companies.filter(({ api }) => api && !api.tellsDueDates);
  const unchecked = companies.filter(({ api }) => !api);
  const notes = [
    'No webhook came of a buyer of each type who began half an hour ago, and none of the conversion after a free trial' +
      (undated.length === 0 ? '' : ` (not played at ${namesOf(undated)}: no due dates)`),
    `No API to ask, so that only repeated webhooks help: ${namesOf(unchecked)}`,
  ].flatMap((line) => wrapped(line, maxColumns));
  return ['', `${bold('Webhooks lost')}, and found by a renewal check`, ...found, ...notes.map(dim)];
}

function namesOf(companies: readonly Company[]): string {
  return companies.map(({ name }) => name).join(', ');
}

export function delayLines({ bold, dim }: Paint, { delays }: Observation): readonly string[] {
  if (!delays) return [];
  const ms = (duration: number): string => `${Math.round(duration)} ms`;
  const { events, medianMs, p90Ms, maxMs } = delays;
  return [
    '',
    `${bold('From webhook to TikTok')}  median ${ms(medianMs)}, p90 ${ms(p90Ms)}, max ${ms(maxMs)} of ${events} events`,
    dim('on this machine, with everything in one process and several buyers at the same time'),
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
  const { psp, scene, type, phase } = expectation;
  return `${psp}, ${sceneTitles[scene].toLowerCase()}, ${typeTitles[type]}, ${phaseTitles[phase]}: ${kind}: ${text}`;
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
  const lost = cells.filter(({ expectation }) => expectation.isLost).length;
  return [
    '',
    `${good('✓')} ${bold(`${counted} events counted (${lost} found by checks), ${keptBack} payments kept back, exactly as the policy says.`)} ${took}`,
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

/** What the demo says around the tables, as lines: what is going on, what checks found, the times, every difference, what to do next. */
import type { Phase, PurchaseType } from '../src/domain/fact';
import { purchaseTypes } from '../src/domain/fact';
import type { Expectation, Scene } from './expectation';
import { phasesOf } from './expectation';
import type { Difference, Observation } from './observation';
import type { SeenRecord } from './run-scenarios';
import type { Paint } from '../src/app/screen';
import { maxColumns, padded, wrapped } from '../src/app/screen';
import type { Company } from './tables';
import { typeTitles } from './tables';

export function opening({ bold }: Paint): readonly string[] {
  return [
    '',
    bold('Every purchase a payment provider reports, once, at TikTok: both tables of the policy, played.'),
    'Signed webhooks go over HTTP into the real service with its own Temporal server and database;',
    'at the far end a receiver takes, checks, deduplicates and counts events as TikTok does.',
    '',
  ];
}

const phaseTitles: Readonly<Record<Phase, string>> = { trial_start: 'trial start', conversion: 'conversion', renewal: 'renewal' };

export const sceneTitles: Readonly<Record<Scene, string>> = { off: 'Limit off', lost: 'Webhooks lost', on: 'Limit on' };

/** How far a provider's lives are: a mark per payment. */
export function progressLine(
  paint: Paint,
  { psp, width }: { readonly psp: string; readonly width: number },
  expectations: readonly Expectation[],
  { recordOf, pending }: { readonly recordOf: (expectation: Expectation) => SeenRecord | undefined; readonly pending: string },
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
    ? `${lost} payments of ${orders} buyers whose webhooks are lost; ${psps} providers are polled`
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
    `${good('✓')} ${bold(`${counted} events counted (${lost} found by checks), ${keptBack} payments kept back, as the policy says.`)} ${took}`,
    '',
    `  ${accent('npm start')}           the service: console, Temporal UI, and a sandbox until you set a pixel`,
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

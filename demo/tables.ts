/** Both tables of the policy as observed: what the policy says once, at the top, and a row for each provider. */
import type { Phase, PurchaseType } from '../src/domain/fact';
import { purchaseTypes } from '../src/domain/fact';
import { limits, phasesOf } from './expectation';
import type { Observation, ObservedCell } from './observation';
import { contentsOf } from './observation';
import { lifeDays } from './scenarios';
import type { Provider, Remark } from './provider';
import type { Paint } from '../src/app/screen';
import { boxed, centred, columnWidths, maxColumns, padded, wrapped } from '../src/app/screen';

export const typeTitles: Readonly<Record<PurchaseType, string>> = {
  subscription: 'Subscription only',
  free_trial: 'Free trial',
  paid_trial: 'Paid trial',
  lifetime: 'Lifetime',
};

/** As far as the tables know a provider. */
export type Company = Pick<Provider, 'name' | 'currency' | 'remark' | 'api'>;

/** A mark for each payment. */
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

/** Who is new, by each event's `customer_type`; and what was bought, by its `contents`: a row for each provider. */
export function contentLines(paint: Paint, { cells }: Observation, companies: readonly Company[]): readonly string[] {
  const sent = cells.filter(({ expectation }) => expectation.scene === 'off');
  const names = columnWidths(companies.map(({ name }) => [name]))[0] ?? 0;
  const head = [
    ['', ...purchaseTypes.map((type) => typeTitles[type])],
    ['customer_type', ...purchaseTypes.map((type) => placed(type, (phase) => columnTitle(type, phase)))],
  ];
  const rows = companies.map(({ name }) => [
    padded(name, names),
    ...purchaseTypes.map((type) =>
      placed(type, (phase) => {
        const cell = sent.find(({ expectation: one }) => one.psp === name && one.type === type && one.phase === phase);
        return cell ? customerText(paint, cell) : paint.dim('n/a');
      }),
    ),
  ]);
  const groups = [head, rows];
  const bought = companies.flatMap(({ name }) => {
    const contents = sent.flatMap(({ expectation, counted }) =>
      expectation.psp === name && counted ? contentsOf(counted.properties) : [],
    );
    const items = [...new Set(contents.map(({ id, price }) => (price === null ? id : `${id} ${price.toFixed(2)}`)))];
    return wrapped(`${padded(name, names)}  ${items.join(' · ') || 'nothing'}`, maxColumns - 2).map((line) => `  ${line}`);
  });
  return [
    '',
    `${paint.bold('Who is new')}, as observed at TikTok’s end`,
    ...boxed(groups, columnWidths(groups.flat())),
    '',
    `${paint.bold('What was bought')}: contents at TikTok’s end, with the listed price where a provider says it`,
    ...bought,
  ];
}

function customerText({ good, bad, dim }: Paint, { expectation, counted }: ObservedCell): string {
  const type = counted?.properties['customer_type'];
  const text = type === 'new' ? 'new' : type === 'returning' ? 'ret.' : '✗';
  return type === expectation.event.customerType ? (type === 'new' ? good(text) : dim(text)) : bad(text);
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
  return expected.outcome === 'kept_back' ? '–' : (expected.event.value ?? 0).toFixed(2).padStart(longestAmount);
}

function cellText({ good, bad }: Paint, { expectation, differences }: ObservedCell): string {
  if (differences.length > 0) return bad('✗'); // each is told beneath
  return good(expectation.outcome === 'sent' ? '✓' : '–');
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
    '✓ counted once, with the policy’s name, event id, value, currency, time, buyer, contents and customer type',
    `– kept back by the limit, and its record says so${companies.some(({ remark }) => remark?.unsold) ? ' · n/a: not sold there' : ''}`,
    'Purchase: the event CompletePayment, as Events Manager shows it · conv.: conversion',
    ...remarks,
    `${webhooks} webhooks: the noise around each payment included, and each payment delivered twice`,
    `The subscriptions began ${lifeDays} days ago, so maxEventAgeHours is 8760 here; the default is 168, a week`,
  ]
    .flatMap((line) => wrapped(line, maxColumns))
    .map(dim);
}

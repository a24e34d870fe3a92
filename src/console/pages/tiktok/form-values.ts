/** The settings as the fields of a form, and back: each field is named by the path of its setting, so that a 422 finds it. */
import type { ProductName } from '../../../domain/contents';
import type { Phase, PurchaseType } from '../../../domain/fact';
import { type Cell, inOrder, type Policy, type ValueMode } from '../../../domain/policy';
import type { Settings } from '../../../domain/settings';
import type { JsonObject } from '../../../operator/merge-patch';

export type FormValues = Readonly<Record<string, string>>;

export interface CellPlace {
  readonly type: PurchaseType;
  readonly phase: Phase;
}

/** The cells of the policy table, row by row, in the order in which people read them: a database keeps another one. */
export function cellsOf(policy: Policy): readonly (CellPlace & { readonly cell: Cell })[] {
  return Object.entries(inOrder(policy)).flatMap(([type, row]: [string, Readonly<Record<string, Cell>>]) =>
    Object.entries(row).map(([phase, cell]) => ({ type: type as PurchaseType, phase: phase as Phase, cell })),
  );
}

export function cellName({ type, phase }: CellPlace): string {
  return `policy.${type}.${phase}`;
}

/** The settings that are maps by a provider's id. */
export type MapSetting = 'prices' | 'products';

/** Rows for new ids beneath those that are known. */
const freeRows = 3;

/** What TikTok may be told of a product, in the order of the form. */
export const productMembers = ['id', 'name', 'category', 'predictedLtv'] as const satisfies readonly (keyof ProductName)[];

export function valuesOf(settings: Settings): FormValues {
  const { eventName, limitPurchaseEvents, limitFreeTrials, sendZeroValue, maxEventAgeHours } = settings;
  const { attributedOnly, requireUserToken, consent, countTolerancePercent, paused } = settings;
  return {
    ...{ eventName, limitFreeTrials, maxEventAgeHours: String(maxEventAgeHours) },
    countTolerancePercent: String(countTolerancePercent),
    ...checked({ limitPurchaseEvents, sendZeroValue, attributedOnly, requireUserToken, paused }),
    ...{ 'consent.denied': consent.denied, 'consent.unknown': consent.unknown },
    ...Object.fromEntries(
      cellsOf(settings.policy).flatMap(({ cell, ...place }) => Object.entries(cellValues(cellName(place), cell))),
    ),
    ...Object.fromEntries(
      byId(settings.prices).flatMap(([id, role], row) => [
        [`prices.${row}.key`, id],
        [`prices.${row}.role`, role],
      ]),
    ),
    ...Object.fromEntries(
      byId(settings.products).flatMap(([id, product], row) => [
        [`products.${row}.key`, id],
        ...Object.entries(product).map(([member, text]: [string, string]) => [`products.${row}.${member}`, text] as const),
      ]),
    ),
  };
}

/** In an order that stays: a database keeps another one. */
function byId<Value>(map: Readonly<Record<string, Value>>): readonly (readonly [string, Value])[] {
  return Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
}

function cellValues(name: string, { send, eventName = '', value = { mode: 'charged' }, hold }: Cell): FormValues {
  const { mode } = value;
  return {
    ...checked({ [`${name}.send`]: send }),
    [`${name}.eventName`]: eventName,
    [`${name}.value.mode`]: mode,
    ...(hold ? { [holdName(name)]: String(hold.hours) } : {}),
    ...(mode === 'percent' ? { [`${name}.value.percent`]: String(value.percent) } : {}),
    ...(mode === 'fixed' ? { [`${name}.value.amount`]: value.amount, [`${name}.value.currency`]: value.currency } : {}),
  };
}

/** The field for the hours of a hold, which a trial's start may have. */
export function holdName(cell: string): string {
  return `${cell}.hold.hours`;
}

/** A checkbox that is off is not sent. */
function checked(flags: Readonly<Record<string, boolean>>): FormValues {
  return Object.fromEntries(Object.entries(flags).flatMap(([name, on]) => (on ? [[name, 'on']] : [])));
}

/** The numbers of a map's rows: those that are filled, and some free ones. */
export function rowsOf(values: FormValues, setting: MapSetting): readonly number[] {
  const filled = Object.entries(values).flatMap(([name, text]) => {
    const [, of, row] = /^(\w+)\.(\d{1,6})\.\w+$/.exec(name) ?? [];
    return of === setting && row !== undefined && text !== '' && !name.endsWith('.role') ? [Number(row)] : [];
  });
  const last = filled.reduce((most, row) => Math.max(most, row), -1);
  return Array.from({ length: last + 1 + freeRows }, (_, row) => row);
}

/** The merge patch that brings the settings to what the form says. */
export function patchOf(values: FormValues, settings: Settings): JsonObject {
  const text = (name: string): string => (values[name] ?? '').trim();
  const isOn = (name: string): boolean => values[name] === 'on';
  const mapPatch = (setting: MapSetting, valueOf: (row: string) => JsonObject[string]): JsonObject => {
    const dropped = Object.keys(settings[setting]).map((id) => [id, null] as const);
    const listed = rowsOf(values, setting).flatMap((number) => {
      const row = `${setting}.${number}`;
      const id = text(`${row}.key`);
      return id === '' ? [] : [[id, valueOf(row)] as const];
    });
    return Object.fromEntries([...dropped, ...listed]);
  };
  return {
    eventName: text('eventName'),
    limitPurchaseEvents: isOn('limitPurchaseEvents'),
    limitFreeTrials: text('limitFreeTrials'),
    policy: policyPatch(settings.policy, (place) => cellPatch(place, text, isOn)),
    sendZeroValue: isOn('sendZeroValue'),
    maxEventAgeHours: numberOf(text('maxEventAgeHours')),
    attributedOnly: isOn('attributedOnly'),
    requireUserToken: isOn('requireUserToken'),
    products: mapPatch('products', (row) =>
      Object.fromEntries(productMembers.map((member) => [member, orNull(text(`${row}.${member}`))])),
    ),
    consent: { denied: text('consent.denied'), unknown: text('consent.unknown') },
    prices: mapPatch('prices', (row) => text(`${row}.role`)),
    countTolerancePercent: numberOf(text('countTolerancePercent')),
    paused: isOn('paused'),
  };
}

function policyPatch(policy: Policy, patchOfCell: (place: CellPlace) => JsonObject): JsonObject {
  const types = [...new Set(cellsOf(policy).map(({ type }) => type))];
  const row = (type: PurchaseType) =>
    Object.fromEntries(
      cellsOf(policy)
        .filter((cell) => cell.type === type)
        .map((cell) => [cell.phase, patchOfCell(cell)]),
    );
  return Object.fromEntries(types.map((type) => [type, row(type)]));
}

function cellPatch(place: CellPlace, text: (name: string) => string, isOn: (name: string) => boolean): JsonObject {
  const name = cellName(place);
  const hours = text(holdName(name));
  return {
    send: isOn(`${name}.send`),
    eventName: orNull(text(`${name}.eventName`)),
    value: valuePatch(name, text),
    ...(place.phase === 'trial_start' ? { hold: hours === '' ? null : { hours: numberOf(hours) } } : {}),
  };
}

function orNull(text: string): string | null {
  return text === '' ? null : text;
}

/** What was paid is the default: then the cell says nothing of its value. */
function valuePatch(name: string, text: (name: string) => string): JsonObject | null {
  const mode = text(`${name}.value.mode`) as ValueMode['mode'] | '';
  switch (mode) {
    case '':
    case 'charged':
      return null;
    case 'percent':
      return { mode, percent: numberOf(text(`${name}.value.percent`)) };
    case 'fixed':
      return { mode, amount: text(`${name}.value.amount`), currency: text(`${name}.value.currency`).toUpperCase() };
    default:
      return { mode };
  }
}

/** What is no number stays a text, and is refused as one. */
function numberOf(text: string): number | string {
  return text === '' || Number.isNaN(Number(text)) ? text : Number(text);
}

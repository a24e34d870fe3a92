/** The settings as the fields of a form, and back: each field is named by the path of its setting, so that a 422 finds it. */
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

/** Rows for new prices beneath those that are known. */
const freePrices = 3;

export function valuesOf(settings: Settings): FormValues {
  const { eventName, limitPurchaseEvents, limitFreeTrials, sendZeroValue, maxEventAgeHours } = settings;
  const { requireUserToken, consent, countTolerancePercent, paused } = settings;
  return {
    ...{ eventName, limitFreeTrials, maxEventAgeHours: String(maxEventAgeHours) },
    countTolerancePercent: String(countTolerancePercent),
    ...checked({ limitPurchaseEvents, sendZeroValue, requireUserToken, paused }),
    ...{ 'consent.denied': consent.denied, 'consent.unknown': consent.unknown },
    ...Object.fromEntries(
      cellsOf(settings.policy).flatMap(({ cell, ...place }) => Object.entries(cellValues(cellName(place), cell))),
    ),
    ...Object.fromEntries(
      Object.entries(settings.prices).flatMap(([id, role], row) => [
        [`prices.${row}.id`, id],
        [`prices.${row}.role`, role],
      ]),
    ),
  };
}

function cellValues(name: string, { send, eventName = '', value = { mode: 'charged' } }: Cell): FormValues {
  const { mode } = value;
  return {
    ...checked({ [`${name}.send`]: send }),
    [`${name}.eventName`]: eventName,
    [`${name}.value.mode`]: mode,
    ...(mode === 'percent' ? { [`${name}.value.percent`]: String(value.percent) } : {}),
    ...(mode === 'fixed' ? { [`${name}.value.amount`]: value.amount, [`${name}.value.currency`]: value.currency } : {}),
  };
}

/** A checkbox that is off is not sent. */
function checked(flags: Readonly<Record<string, boolean>>): FormValues {
  return Object.fromEntries(Object.entries(flags).flatMap(([name, on]) => (on ? [[name, 'on']] : [])));
}

/** The numbers of the rows for prices: those that are filled, and some free ones. */
export function priceRows(values: FormValues): readonly number[] {
  const filled = Object.keys(values)
    .flatMap((name) => /^prices\.(\d+)\.id$/.exec(name)?.[1] ?? [])
    .map(Number);
  const last = filled.filter((row) => values[`prices.${row}.id`] !== '').reduce((most, row) => Math.max(most, row), -1);
  return Array.from({ length: last + 1 + freePrices }, (_, row) => row);
}

/** The merge patch that brings the settings to what the form says. */
export function patchOf(values: FormValues, settings: Settings): JsonObject {
  const text = (name: string): string => (values[name] ?? '').trim();
  const isOn = (name: string): boolean => values[name] === 'on';
  const listed = priceRows(values).flatMap((row) => {
    const id = text(`prices.${row}.id`);
    return id === '' ? [] : [[id, text(`prices.${row}.role`)] as const];
  });
  const dropped = Object.keys(settings.prices).map((id) => [id, null] as const);
  return {
    eventName: text('eventName'),
    limitPurchaseEvents: isOn('limitPurchaseEvents'),
    limitFreeTrials: text('limitFreeTrials'),
    policy: policyPatch(settings.policy, (name) => cellPatch(name, text, isOn)),
    sendZeroValue: isOn('sendZeroValue'),
    maxEventAgeHours: numberOf(text('maxEventAgeHours')),
    requireUserToken: isOn('requireUserToken'),
    consent: { denied: text('consent.denied'), unknown: text('consent.unknown') },
    prices: Object.fromEntries([...dropped, ...listed]),
    countTolerancePercent: numberOf(text('countTolerancePercent')),
    paused: isOn('paused'),
  };
}

function policyPatch(policy: Policy, patchOfCell: (name: string) => JsonObject): JsonObject {
  const types = [...new Set(cellsOf(policy).map(({ type }) => type))];
  const row = (type: PurchaseType) =>
    Object.fromEntries(
      cellsOf(policy)
        .filter((cell) => cell.type === type)
        .map((cell) => [cell.phase, patchOfCell(cellName(cell))]),
    );
  return Object.fromEntries(types.map((type) => [type, row(type)]));
}

function cellPatch(name: string, text: (name: string) => string, isOn: (name: string) => boolean): JsonObject {
  const eventName = text(`${name}.eventName`);
  return {
    send: isOn(`${name}.send`),
    eventName: eventName === '' ? null : eventName,
    value: valuePatch(name, text),
  };
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

/** A change of a setting in words: what it is called, and its values as a person reads them. */
import type { Phase, PurchaseType } from '../domain/fact';
import type { ProductName } from '../domain/contents';
import type { ValueMode } from '../domain/policy';
import { isJsonObject } from './merge-patch';
import type { SettingChange } from './settings-changes';
import { consentChoices, priceRoleChoices, settingField, type SettingKey, settingsFields } from './settings-fields';
import { shownChange } from './settings-history';
import { phaseWords, purchaseTypeWords } from './words';

export interface ChangeInWords {
  readonly what: string;
  readonly from: string;
  readonly to: string;
}

export function changeInWords(change: SettingChange): ChangeInWords {
  const { path } = change;
  const { from, to } = shownChange(change);
  return { what: nameOf(path), from: valueInWords(path, from), to: valueInWords(path, to) };
}

/** `Policy › Subscription › Renewal: sent`. */
export function nameOf(path: readonly string[]): string {
  const [key = '', ...rest] = path;
  const label = Object.hasOwn(settingsFields, key) ? settingField(key as SettingKey).label : key;
  if (key === 'policy' && rest.length === 3) {
    const [type = '', phase = '', member = ''] = rest;
    const cell = `${purchaseTypeWords[type as PurchaseType].label} › ${phaseWords[phase as Phase].label}`; // of the policy table
    return `${cell}: ${memberWords[member] ?? member}`;
  }
  if (key === 'consent') return rest[0] === 'denied' ? 'Consent: buyers who refused' : 'Consent: buyers who have not said';
  if (key === 'products' && rest.length === 2) {
    const [id = '', member = ''] = rest;
    return `${label}: ${id}: ${productWords[member as keyof ProductName]}`; // of the setting's rule
  }
  return rest.length === 0 ? label : `${label}: ${rest.join('.')}`;
}

const memberWords: Readonly<Record<string, string>> = { send: 'sent', eventName: 'event name', value: 'value', hold: 'held' };

/** What TikTok is told of a product. */
export const productWords: Readonly<Record<keyof ProductName, string>> = {
  id: 'id',
  name: 'name',
  category: 'category',
  predictedLtv: 'what its buyer is expected to pay',
};

function valueInWords(path: readonly string[], value: unknown): string {
  if (path[3] === 'value' && isJsonObject(value)) return modeInWords(value as unknown as ValueMode);
  if (path[3] === 'hold' && isJsonObject(value)) return hoursInWords(Number(value['hours']));
  if (path[0] === 'products' && isJsonObject(value)) return productInWords(value);
  if (value === null) return absent[path[3] ?? ''] ?? 'none';
  if (value === true) return 'on';
  if (value === false) return 'off';
  if (path[0] === 'maxEventAgeHours' && typeof value === 'number') return hoursInWords(value);
  if (path[0] === 'countTolerancePercent' && typeof value === 'number') return `${value} %`;
  const choices = path[0] === 'consent' ? consentChoices : path[0] === 'prices' ? priceRoleChoices : choicesOf(path[0]);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return choices.find((choice) => choice.value === text)?.label ?? text;
}

function hoursInWords(hours: number): string {
  return hours === 1 ? '1 hour' : `${hours} hours`;
}

function productInWords(product: ProductName): string {
  const said = Object.entries(productWords).flatMap(([member, words]) => {
    const text = product[member as keyof ProductName];
    return text === undefined ? [] : [`${words} ${text}`];
  });
  return said.length === 0 ? 'as the provider says' : said.join(', ');
}

function choicesOf(key = '') {
  return Object.hasOwn(settingsFields, key) ? (settingField(key as SettingKey).choices ?? []) : [];
}

/** The ways to compute an event's value. */
export const modeWords: Readonly<Record<ValueMode['mode'], string>> = {
  charged: 'what was paid',
  net: 'what was paid, without tax',
  percent: 'a share of the regular price',
  fixed: 'a fixed amount',
  zero: 'zero',
  omit: 'no value',
};

/** Of the members of a cell that are not there. */
const absent: Readonly<Record<string, string>> = { value: modeWords.charged, eventName: 'as set above', hold: 'not held' };

export function modeInWords(mode: ValueMode): string {
  if (mode.mode === 'percent') return `${mode.percent} % of the regular price`;
  return mode.mode === 'fixed' ? `${mode.amount} ${mode.currency}` : modeWords[mode.mode];
}

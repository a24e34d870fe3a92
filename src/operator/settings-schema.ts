/** The schema of a settings document. It requires every member and allows no other; each error has its path and a plain message. */
import { z } from 'zod';
import type { Settings } from '../domain/settings';
import type { FieldError } from '../http/problem';
import { isJsonObject } from './merge-patch';
import { type SettingField, settingsFields } from './settings-fields';
import { oneOf, required } from './settings-rules';

/** The settings without what has rules of its own: the version is ours, and the token is never shown. */
export type SettingsBody = Omit<Settings, 'version' | 'accessToken'>;

export type Checked<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly errors: readonly FieldError[] };

/** Checks a whole document, and names everything that is wrong with it. */
export function checkBody(document: unknown, { liveMode }: { readonly liveMode: boolean }): Checked<SettingsBody> {
  const checked = bodySchema(liveMode).safeParse(document, { error: plainMessage });
  const errors = [...(checked.success ? [] : checked.error.issues.flatMap(fieldErrors)), ...idsNamedProto(document)];
  return checked.success && errors.length === 0 ? { ok: true, value: checked.data } : { ok: false, errors };
}

/** Checks an access token as it is written. */
export function checkAccessToken(token: unknown): Checked<string> {
  const checked = settingsFields.accessToken.rule.safeParse(token);
  if (checked.success) return { ok: true, value: checked.data };
  return { ok: false, errors: checked.error.issues.map(({ message }) => ({ path: 'accessToken', message })) };
}

/** The whole document but for the token, each setting by its own rule. */
function bodySchema(liveMode: boolean) {
  const { accessToken: _token, testEventCode, ...fields } = settingsFields;
  return z.strictObject({
    ...rulesOf(fields),
    testEventCode: liveMode
      ? testEventCode.rule.refine((code) => code === null, testEventCode.notInProduction)
      : testEventCode.rule,
  });
}

type RulesOf<Fields> = { [Key in keyof Fields]: Fields[Key] extends SettingField<infer Rule> ? Rule : never };

function rulesOf<Fields extends Readonly<Record<string, SettingField>>>(fields: Fields): RulesOf<Fields> {
  const rules = Object.entries(fields).map(([key, { rule }]) => [key, rule]);
  return Object.fromEntries(rules) as RulesOf<Fields>; // one rule per field
}

/** For errors that have no message of their own. */
const plainMessage: z.core.$ZodErrorMap = (issue) => {
  if (issue.input === undefined) return required;
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${typeNames[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return oneOf(issue.values);
    default:
      return 'is not valid';
  }
};

const typeNames: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
};

function fieldErrors(issue: z.core.$ZodIssue): readonly FieldError[] {
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ path: dotted([...issue.path, key]), message: unknownMember(issue.path) }));
    case 'invalid_key':
      return [{ path: dotted(issue.path), message: issue.issues[0]?.message ?? issue.message }];
    default:
      return [{ path: dotted(issue.path), message: issue.message }];
  }
}

function unknownMember(parent: readonly PropertyKey[]): string {
  if (parent[0] !== 'policy' || parent.length > 2) return 'is not a known setting';
  return parent.length === 1 ? 'is not a purchase type of the policy table' : 'is not a cell of the policy table';
}

/** zod leaves this one name out of a map without a word. */
function idsNamedProto(document: unknown): readonly FieldError[] {
  return ['prices', 'products'].flatMap((setting) => {
    const ids = isJsonObject(document) ? document[setting] : undefined;
    if (!isJsonObject(ids) || !Object.hasOwn(ids, '__proto__')) return [];
    return [{ path: `${setting}.__proto__`, message: 'is not a price or plan id' }];
  });
}

/** Shortens an unknown name, which may have any length. */
function dotted(path: readonly PropertyKey[]): string {
  return path.map((part) => (String(part).length > 255 ? `${String(part).slice(0, 255)}…` : String(part))).join('.');
}

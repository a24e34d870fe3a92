/** The secrets of this service itself: given, or made on a first start and kept in a file for its owner's eyes only. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import type { SealingKey } from '../crypto/keyring';
import type { ConfigFiles } from './files';
import type { Problems, Variables } from './variables';
import { weaknessOf, weaknessOfKey, weaknessOfPassword } from './strength';
import { unquotedText } from './values';

export const secretNames = ['OPERATOR_PASSWORD', 'OPERATOR_TOKEN', 'ENCRYPTION_KEYS', 'USER_ID_PEPPER'] as const;
export type SecretName = (typeof secretNames)[number];

interface SecretsContext {
  readonly command: string;
  readonly dataDir: string;
  readonly liveMode: boolean;
  /** False for processes that must share their secrets with others. */
  readonly mayGenerate: boolean;
  readonly needed: readonly SecretName[];
  readonly warnings: string[];
}

export interface KeptSecrets {
  readonly values: Readonly<Record<SecretName, string>>;
  readonly generated: readonly SecretName[];
  readonly made: boolean;
}

/** Reads the given secrets; `keep` then makes and stores the missing ones, once nothing else is wrong. */
export function readSecrets(
  variables: Variables,
  files: ConfigFiles,
  context: SecretsContext,
): { readonly file: string; readonly pepperLayers: readonly string[]; keep(): KeptSecrets } {
  const { command, dataDir, liveMode, mayGenerate, needed, warnings } = context;
  const file = join(dataDir, 'secrets.json');
  const given = new Map<SecretName, string>();
  for (const name of needed) {
    const { schema, example } = secretRules[name];
    const value = variables.readSecret(name, schema, example);
    if (value !== null) given.set(name, value);
    else if (variables.text(name) !== null) continue;
    else if (!mayGenerate)
      variables.problems.add(name, `is needed by \`npm run ${command}\`, and the same in every process`, `${name}=${example}`);
    else if (liveMode)
      variables.problems.add(name, 'LIVE_MODE=true refuses generated secrets: set your own', `${name}=${example}`);
  }
  if (liveMode) refuseWeak(given, variables);
  const pepperLayers = needed.includes('USER_ID_PEPPER') ? readPepperLayers(variables, liveMode, warnings) : [];
  const pepper = given.get('USER_ID_PEPPER');
  if (!liveMode && pepper !== undefined && pepper.length < 16)
    warnings.push('USER_ID_PEPPER is short: use 16 characters or more, made by a machine');
  const stored = mayGenerate ? readSecretsFile(file, files, variables.problems) : {};
  for (const name of ['ENCRYPTION_KEYS', 'USER_ID_PEPPER'] as const)
    if (stored[name] !== undefined && given.has(name) && !given.get(name)?.includes(stored[name]))
      warnings.push(`${name} replaces the one in ${file}: what was written with that one can no longer be read or matched`);

  const keep = (): KeptSecrets => {
    const generated = needed.filter((name) => !given.has(name));
    const missing = generated.filter((name) => stored[name] === undefined);
    const made = missing.map((name) => [name, secretRules[name].make()] as const);
    // Another process may have been first: what is on disk counts.
    const onDisk = made.length > 0 ? parseSecrets(files.keepSecrets(file, { ...Object.fromEntries(made), ...stored })) : stored;
    const lost = needed.find((name) => !given.has(name) && onDisk[name] === undefined);
    if (lost !== undefined) throw new Error(`another process wrote ${file} at this moment, without ${lost}: start again`);
    const value = (name: SecretName): string => given.get(name) ?? onDisk[name] ?? '';
    return {
      values: {
        OPERATOR_PASSWORD: value('OPERATOR_PASSWORD'),
        OPERATOR_TOKEN: value('OPERATOR_TOKEN'),
        ENCRYPTION_KEYS: value('ENCRYPTION_KEYS'),
        USER_ID_PEPPER: value('USER_ID_PEPPER'),
      },
      generated,
      made: made.length > 0,
    };
  };
  return { file, pepperLayers, keep };
}

/** The secrets of the layers, in order. Empty without any, and where they are malformed. */
function readPepperLayers(variables: Variables, liveMode: boolean, warnings: string[]): readonly string[] {
  const text = variables.readSecret(pepperLayersName, checkedBy(parsePepperLayers), pepperLayersExample);
  const layers = text === null ? [] : parsePepperLayers(text);
  for (const [n, secret] of layers.entries()) {
    const weakness = weaknessOf(secret);
    if (liveMode && weakness !== null)
      variables.problems.add(
        variables.givenAs(pepperLayersName),
        `layer ${n + 2} ${weakness}`,
        `${pepperLayersName}=${pepperLayersExample}`,
      );
    else if (!liveMode && secret.length < 16)
      warnings.push(`${pepperLayersName}: layer ${n + 2} is short: use 16 characters or more, made by a machine`);
  }
  return layers;
}

export const pepperLayersName = 'USER_ID_PEPPER_LAYERS';
const pepperLayersExample = '2:<the output of `openssl rand -hex 32`>';

/** `2:secret[,3:secret …]`. @throws with what is wrong, never with a secret. */
export function parsePepperLayers(text: string): string[] {
  const secrets = text.split(',').map((part, n) => {
    const [number, secret = ''] = part.trim().split(/:(.*)/s);
    if (!/^\d+$/.test(number ?? '') || secret.trim() === '')
      throw new Error('each layer must be written number:secret, the secret without a comma');
    if (number !== String(n + 2))
      throw new Error('layers are numbered 2, 3, … in order, without gaps: USER_ID_PEPPER is the first');
    return secret.trim();
  });
  if (new Set(secrets).size !== secrets.length) throw new Error('two layers have the same secret');
  return secrets;
}

/** A text that `parse` takes; what it throws is said of it. */
function checkedBy(parse: (text: string) => unknown): z.ZodType<string> {
  return z.string().superRefine((text, context) => {
    try {
      parse(text);
    } catch (error) {
      context.addIssue((error as Error).message);
    }
  });
}

/** A problem for each that can be guessed. Of several encryption keys each must be strong: all of them open. */
function refuseWeak(given: ReadonlyMap<SecretName, string>, variables: Variables): void {
  for (const [name, value] of given) {
    const weakness = weaknessOfSecret(name, value);
    if (weakness !== null) variables.problems.add(variables.givenAs(name), weakness, `${name}=${secretRules[name].example}`);
  }
}

function weaknessOfSecret(name: SecretName, value: string): string | null {
  if (name === 'OPERATOR_PASSWORD') return weaknessOfPassword(value);
  if (name !== 'ENCRYPTION_KEYS') return weaknessOf(value);
  for (const { id, key } of parseEncryptionKeys(value)) {
    const weakness = weaknessOfKey(key);
    if (weakness !== null) return `key "${id}" ${weakness}`;
  }
  return null;
}

/** `id:base64(32 bytes)[,id:…]`. @throws with what is wrong, never with the key. */
export function parseEncryptionKeys(text: string): SealingKey[] {
  const keys = text.split(',').map((part) => {
    const [id = '', base64 = '', ...more] = part.trim().split(':');
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(id) || more.length > 0)
      throw new Error('each key must be written id:base64, the id from letters, digits, _ and -');
    const key = Buffer.from(base64, 'base64');
    if (key.length !== 32 || key.toString('base64').replace(/=+$/, '') !== base64.replace(/=+$/, ''))
      throw new Error(`key "${id}" must be 32 bytes in base64`);
    return { id, key };
  });
  if (new Set(keys.map(({ id }) => id)).size !== keys.length) throw new Error('two keys have the same id');
  return keys;
}

const secretRules: Readonly<
  Record<SecretName, { readonly schema: z.ZodType<string>; readonly example: string; readonly make: () => string }>
> = {
  OPERATOR_PASSWORD: {
    schema: unquotedText,
    example: 'a long pass phrase',
    make: () => randomBytes(12).toString('base64url'),
  },
  OPERATOR_TOKEN: {
    schema: unquotedText.regex(/^[\x21-\x7e]+$/, 'must consist of visible ASCII characters, without spaces'),
    example: 'the output of `openssl rand -hex 24`',
    make: () => randomBytes(24).toString('hex'),
  },
  ENCRYPTION_KEYS: {
    schema: checkedBy(parseEncryptionKeys),
    example: 'k1:<the output of `openssl rand -base64 32`>',
    // The id is drawn too, so that a key of one's own never takes the id of a generated one.
    make: () => `gen-${randomBytes(3).toString('hex')}:${randomBytes(32).toString('base64')}`,
  },
  USER_ID_PEPPER: {
    schema: unquotedText,
    example: 'the output of `openssl rand -hex 32`',
    make: () => randomBytes(32).toString('hex'),
  },
};

type StoredSecrets = Partial<Record<SecretName, string>>;

function readSecretsFile(file: string, files: ConfigFiles, problems: Problems): StoredSecrets {
  try {
    const text = files.read(file);
    return text === null ? {} : parseSecrets(text);
  } catch (error) {
    problems.add(
      'DATA_DIR',
      `${file} cannot be used (${(error as Error).message}): restore it, or move it away and lose what was encrypted with it`,
      'DATA_DIR=.data',
    );
    return {};
  }
}

function parseSecrets(text: string): StoredSecrets {
  const parsed = z.record(z.string(), z.string()).safeParse(parseJson(text));
  if (!parsed.success) throw new Error('not a JSON object of strings');
  const secrets: StoredSecrets = {};
  for (const name of secretNames) {
    const value = parsed.data[name];
    if (value === undefined) continue;
    if (value === '' || !secretRules[name].schema.safeParse(value).success) throw new Error(`${name} in it is malformed`);
    secrets[name] = value;
  }
  return secrets;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

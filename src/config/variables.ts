/** Variables and what is wrong with them: every problem is collected, so that one start shows them all. */
import { resolve } from 'node:path';
import type { z } from 'zod';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface ConfigProblem {
  readonly variable: string;
  readonly message: string;
  readonly example: string | null;
}

/** The configuration can't work. Entry points print `lines` and exit with 1. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(readonly problems: readonly ConfigProblem[]) {
    super(problems.map(line).join('\n'));
  }

  /** One line per problem: which variable, what is wrong, an example. */
  get lines(): string[] {
    return this.problems.map(line);
  }
}

export class Problems {
  private found: ConfigProblem[] = [];

  /** In place of what was found out about the variable so far, which only follows from it. */
  replace(variable: string, message: string): void {
    if (this.found.some((problem) => problem.variable === variable && problem.message === message)) return;
    this.found = this.found.filter((problem) => problem.variable !== variable);
    this.add(variable, message);
  }

  add(variable: string, message: string, example: string | null = null): void {
    this.found.push({ variable, message, example });
  }

  throwIfAny(): void {
    if (this.found.length > 0) throw new ConfigError(this.found);
  }
}

/** Where secrets may stand in files, as Docker and Kubernetes hand them over. */
export interface SecretFiles {
  /** The variables that `<NAME>_FILE` may give instead. */
  readonly variables: readonly string[];
  /** Null when there is no such file. @throws when it can't be read. */
  readonly read: (path: string) => string | null;
}

/** Typed reading of variables; an empty or blank one counts as not set. */
export class Variables {
  private readonly asked = new Set<string>();
  /** By the variable: what its file holds, or null where that can't be used and the problem is noted. A file is read when it is asked for. */
  private readonly fromFiles = new Map<string, string | null>();

  constructor(
    private readonly env: Environment,
    readonly problems: Problems,
    private readonly secretFiles: SecretFiles = { variables: [], read: () => null },
  ) {}

  /** The variable as it is, or as its file has it, trimmed; null when not set. Of a file that can't be used, something that is no value. */
  text(name: string): string | null {
    this.asked.add(name);
    if (this.isInFile(name)) return this.ofFile(name) ?? unusable;
    const text = this.env[name]?.trim();
    return text === undefined || text === '' ? null : text;
  }

  /** True also of a file that nobody has read. */
  isSet(name: string): boolean {
    return this.isInFile(name) || this.text(name) !== null;
  }

  /** The variable that gives the value: the name itself, or `<name>_FILE`. */
  givenAs(name: string): string {
    return this.isInFile(name) ? `${name}_FILE` : name;
  }

  /** Null when not set, or malformed (then a problem is noted). */
  read<T>(name: string, schema: z.ZodType<T>, example: string): T | null {
    return this.check(name, schema, example, (text) => `, not "${text}"`);
  }

  /** Like `read`, and never shows the value, which may stand in a file. */
  readSecret<T>(name: string, schema: z.ZodType<T>, example: string): T | null {
    if (!this.secretFiles.variables.includes(name)) throw new Error(`${name} is not listed among the secrets`);
    return this.check(name, schema, example, () => '');
  }

  /** The variables whose name matches, without the empty ones. */
  named(matches: (name: string) => boolean): Record<string, string> {
    const found: Record<string, string> = {};
    const inFiles = this.secretFiles.variables.filter((name) => this.isInFile(name));
    const given = Object.keys(this.env).filter((name) => !inFiles.some((inFile) => name === `${inFile}_FILE`));
    for (const name of new Set([...given, ...inFiles])) {
      const text = matches(name) ? this.text(name) : null;
      if (text !== null) found[name] = text;
    }
    return found;
  }

  /**
   * Notes every variable that was read, or that `alsoRead` names, and is still in its quotes: an env file hands them on as part of the
   * value (`docker run --env-file`). The system's own, such as HOME, are not ours to judge.
   */
  refuseQuotes(alsoRead: (name: string) => boolean): void {
    this.named(alsoRead);
    for (const name of this.asked) {
      const text = systemVariables.has(name) ? null : this.text(name);
      if (text !== null && isQuoted(text)) this.problems.replace(this.givenAs(name), withoutQuotes);
    }
  }

  private isInFile(name: string): boolean {
    return this.secretFiles.variables.includes(name) && (this.env[`${name}_FILE`]?.trim() ?? '') !== '';
  }

  private ofFile(name: string): string | null {
    const known = this.fromFiles.get(name);
    if (known !== undefined) return known;
    const variable = `${name}_FILE`;
    const problem = (message: string): null => {
      this.problems.add(variable, message, `${variable}=/run/secrets/${name.toLowerCase()}`);
      return null;
    };
    const isGivenTwice = (this.env[name]?.trim() ?? '') !== '';
    const value = isGivenTwice
      ? problem(`is set together with ${name}: set only one of them`)
      : this.contentOf(this.env[variable]?.trim() ?? '', problem);
    this.fromFiles.set(name, value);
    return value;
  }

  private contentOf(path: string, problem: (message: string) => null): string | null {
    try {
      const text = this.secretFiles.read(resolve(path))?.trim();
      if (text === undefined) return problem(`${path} does not exist`);
      if (text === '') return problem(`${path} is empty`);
      if (text.length > longestSecret) return problem(`${path} is too long for a secret`);
      return /[\r\n]/.test(text) ? problem(`${path} holds more than one line: write several secrets with commas`) : text;
    } catch (error) {
      return problem(`${path} cannot be read: ${reasonOf(error)}`);
    }
  }

  private check<T>(name: string, schema: z.ZodType<T>, example: string, shown: (text: string) => string): T | null {
    const text = this.text(name);
    if (text === null || text === unusable) return null;
    const given = this.givenAs(name);
    const shownExample = given === name ? `${name}=${example}` : `the file holds ${example}`;
    if (isQuoted(text)) {
      this.problems.add(given, withoutQuotes, shownExample);
      return null;
    }
    const result = schema.safeParse(text);
    if (result.success) return result.data;
    const [issue] = result.error.issues;
    this.problems.add(given, `${issue?.message ?? 'is malformed'}${shown(text)}`, shownExample);
    return null;
  }
}

/** In place of what a file should have held; no secret has a control character. */
const unusable = '\u0000';

/** Several encryption keys or secrets, and no more. */
const longestSecret = 16_384;

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException; // of a file operation
  if (code === 'EACCES' || code === 'EPERM') return 'the user who runs this may not read it';
  return code === 'EISDIR' ? 'it is a folder' : message;
}

const withoutQuotes = 'must be written without quotes';

/** Also with one quote only: no value begins or ends with one. */
function isQuoted(text: string): boolean {
  return /^["'`]|["'`]$/.test(text);
}

const systemVariables: ReadonlySet<string> = new Set(['HOME', 'APPDATA', 'PATH', 'XDG_CACHE_HOME', 'XDG_CONFIG_HOME']);

function line({ variable, message, example }: ConfigProblem): string {
  return `${variable}: ${message}${example === null ? '' : ` (example: ${example})`}`;
}

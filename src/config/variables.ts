/** Variables and what is wrong with them: every problem is collected, so that one start shows them all. */
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

/** Typed reading of variables; an empty or blank one counts as not set. */
export class Variables {
  private readonly asked = new Set<string>();

  constructor(
    private readonly env: Environment,
    readonly problems: Problems,
  ) {}

  /** The variable as it is, trimmed; null when not set. */
  text(name: string): string | null {
    this.asked.add(name);
    const text = this.env[name]?.trim();
    return text === undefined || text === '' ? null : text;
  }

  /** Null when not set, or malformed (then a problem is noted). */
  read<T>(name: string, schema: z.ZodType<T>, example: string): T | null {
    return this.check(name, schema, example, (text) => `, not "${text}"`);
  }

  /** Like `read`, and never shows the value. */
  readSecret<T>(name: string, schema: z.ZodType<T>, example: string): T | null {
    return this.check(name, schema, example, () => '');
  }

  /** The variables whose name matches, without the empty ones. */
  named(matches: (name: string) => boolean): Record<string, string> {
    const found: Record<string, string> = {};
    for (const name of Object.keys(this.env)) {
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
      if (text !== null && isQuoted(text)) this.problems.replace(name, withoutQuotes);
    }
  }

  private check<T>(name: string, schema: z.ZodType<T>, example: string, shown: (text: string) => string): T | null {
    const text = this.text(name);
    if (text === null) return null;
    if (isQuoted(text)) {
      this.problems.add(name, withoutQuotes, `${name}=${example}`);
      return null;
    }
    const result = schema.safeParse(text);
    if (result.success) return result.data;
    const [issue] = result.error.issues;
    this.problems.add(name, `${issue?.message ?? 'is malformed'}${shown(text)}`, `${name}=${example}`);
    return null;
  }
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

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
  private readonly found: ConfigProblem[] = [];

  add(variable: string, message: string, example: string | null = null): void {
    this.found.push({ variable, message, example });
  }

  throwIfAny(): void {
    if (this.found.length > 0) throw new ConfigError(this.found);
  }
}

/** Typed reading of variables; an empty or blank one counts as not set. */
export class Variables {
  constructor(
    private readonly env: Environment,
    readonly problems: Problems,
  ) {}

  /** The variable as it is, trimmed; null when not set. */
  text(name: string): string | null {
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

  private check<T>(name: string, schema: z.ZodType<T>, example: string, shown: (text: string) => string): T | null {
    const text = this.text(name);
    if (text === null) return null;
    const result = schema.safeParse(text);
    if (result.success) return result.data;
    const [issue] = result.error.issues;
    this.problems.add(name, `${issue?.message ?? 'is malformed'}${shown(text)}`, `${name}=${example}`);
    return null;
  }
}

function line({ variable, message, example }: ConfigProblem): string {
  return `${variable}: ${message}${example === null ? '' : ` (example: ${example})`}`;
}

/**
 * Whom a token that was made here belongs to, as every web process sees it: read again when it is older than two seconds, so that a
 * revoked one opens nothing after that. While the database is away, what was known goes on counting.
 */
import { createHash } from 'node:crypto';
import { hourMs, secondMs } from '../domain/duration';
import type { ActiveOperatorToken, OperatorTokenStore } from '../store';

export type TokenHolder = Pick<ActiveOperatorToken, 'id' | 'name' | 'role'>;

export interface OperatorTokens {
  /** Null for what is no token, or a revoked one. Its use is noted, to the hour. Rejects while nothing could be read yet. */
  find(secret: string): Promise<TokenHolder | null>;
  /** False once it is revoked. */
  isActive(id: string): Promise<boolean>;
  /** Reads at once: after a change in this process. */
  refresh(): Promise<void>;
}

export interface OperatorTokensOptions {
  readonly store: Pick<OperatorTokenStore, 'active' | 'used'>;
  readonly nowMs: () => number;
}

const freshMs = 2 * secondMs;

/** What the store keeps of a token. */
export function tokenHash(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Knows nothing before the first question. */
export function createOperatorTokens({ store, nowMs }: OperatorTokensOptions): OperatorTokens {
  let known: readonly ActiveOperatorToken[] | null = null;
  let readAtMs = -Infinity;
  let reading: Promise<void> | null = null;
  const noted = new Map<string, number>();

  async function read(): Promise<void> {
    const startedMs = nowMs();
    known = await store.active();
    readAtMs = startedMs;
  }

  /** One reading at a time: wrong tokens cost a query in two seconds, however many come. */
  async function current(): Promise<readonly ActiveOperatorToken[]> {
    if (known !== null && nowMs() - readAtMs < freshMs) return known;
    reading ??= read().finally(() => (reading = null));
    try {
      await reading;
    } catch (error) {
      if (known === null) throw error;
    }
    return known ?? [];
  }

  function note(id: string): void {
    const hour = Math.floor(nowMs() / hourMs) * hourMs;
    if (noted.get(id) === hour) return;
    noted.set(id, hour);
    // A use that could not be noted is noted with the next one.
    void store.used(id, hour).catch(() => noted.delete(id));
  }

  return {
    async find(secret) {
      const hash = tokenHash(secret);
      const found = (await current()).find((token) => token.hash === hash);
      if (!found) return null;
      note(found.id);
      return { id: found.id, name: found.name, role: found.role };
    },
    isActive: async (id) => (await current()).some((token) => token.id === id),
    refresh: read,
  };
}

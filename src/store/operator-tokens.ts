/** Tokens of operators and viewers that were made here, each with a name. The token itself is not kept, only its hash. */
import { and, asc, eq, isNull, lt, or } from 'drizzle-orm';
import type { Database } from './driver/database';
import { operatorTokens } from './schema';

export interface OperatorTokenStore {
  /** False when a token that is not revoked has the name. */
  add(token: NewOperatorToken): Promise<boolean>;
  /** All of them, oldest first; revoked ones stay, so that the audit can be read. */
  list(): Promise<readonly OperatorToken[]>;
  /** Those that open: not revoked. */
  active(): Promise<readonly ActiveOperatorToken[]>;
  /** False when there is none of that id, or it was revoked before. */
  revoke(id: string, atMs: number): Promise<boolean>;
  /** Notes a use; an earlier one stays. */
  used(id: string, atMs: number): Promise<void>;
}

export interface OperatorToken {
  readonly id: string;
  /** Stands beside whatever is done with it. */
  readonly name: string;
  readonly role: 'viewer' | 'operator';
  readonly createdBy: string;
  readonly createdAtMs: number;
  /** To the hour; null: never. */
  readonly lastUsedAtMs: number | null;
  readonly revokedAtMs: number | null;
}

export interface ActiveOperatorToken {
  readonly id: string;
  readonly name: string;
  readonly role: 'viewer' | 'operator';
  /** SHA-256 in hex; the token is random, so that it needs no salt. */
  readonly hash: string;
}

export type NewOperatorToken = ActiveOperatorToken & Pick<OperatorToken, 'createdBy' | 'createdAtMs'>;

/** Operators' tokens, over the table `operator_tokens`. */
export function operatorTokenStore({ queries }: Database): OperatorTokenStore {
  const { id, name, role, hash, createdAtMs, revokedAtMs, lastUsedAtMs } = operatorTokens;
  return {
    async add(token) {
      const added = await queries.insert(operatorTokens).values(token).onConflictDoNothing().returning({ id });
      return added.length === 1;
    },

    async list() {
      const rows = await queries.select().from(operatorTokens).orderBy(asc(createdAtMs), asc(id));
      return rows.map(({ hash: _, ...token }) => token);
    },

    active: () => queries.select({ id, name, role, hash }).from(operatorTokens).where(isNull(revokedAtMs)),

    async revoke(of, atMs) {
      const revoked = await queries
        .update(operatorTokens)
        .set({ revokedAtMs: atMs })
        .where(and(eq(id, of), isNull(revokedAtMs)))
        .returning({ id });
      return revoked.length === 1;
    },

    async used(of, atMs) {
      await queries
        .update(operatorTokens)
        .set({ lastUsedAtMs: atMs })
        .where(and(eq(id, of), or(isNull(lastUsedAtMs), lt(lastUsedAtMs, atMs))));
    },
  };
}

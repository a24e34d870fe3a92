import type { Database } from './driver/database';
import { audit } from './schema';

export interface AuditStore {
  append(entry: {
    readonly integration: string;
    readonly atMs: number;
    readonly by: string;
    readonly action: string;
    readonly target: string;
    readonly reason: string | null;
  }): Promise<void>;
}

/** Who did what, when, and why: rows that are only ever added. */
export function auditStore({ queries }: Database): AuditStore {
  return {
    async append(entry) {
      await queries.insert(audit).values(entry);
    },
  };
}

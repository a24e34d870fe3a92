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

/** Operators' actions with their reasons, over the table `audit`. Rows are only added. */
export function auditStore({ queries }: Database): AuditStore {
  return {
    async append(entry) {
      await queries.insert(audit).values(entry);
    },
  };
}

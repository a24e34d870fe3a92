import type { Database } from './driver/database';
import { audit } from './schema';
import type { AuditStore } from './store';

/** Who did what, when, and why: rows that are only ever added. */
export function auditStore({ queries }: Database): AuditStore {
  return {
    async append(entry) {
      await queries.insert(audit).values(entry);
    },
  };
}

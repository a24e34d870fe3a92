/** How long what names a person is kept, where the controller decides otherwise. */
import type { RetentionDays } from '../domain/retention';
import { defaultRetention } from '../domain/retention';
import { positive } from './values';
import type { Variables } from './variables';

export function readRetention(variables: Variables): RetentionDays {
  const days = (name: string, example: string): number | null => variables.read(name, positive, example);
  return {
    ...defaultRetention,
    buyers: days('RETENTION_BUYER_DAYS', '400') ?? defaultRetention.buyers,
    requests: days('RETENTION_REQUEST_DAYS', '90') ?? defaultRetention.requests,
    quarantine: days('RETENTION_QUARANTINE_DAYS', '90') ?? defaultRetention.quarantine,
    audit: days('RETENTION_AUDIT_DAYS', '1096') ?? defaultRetention.audit,
  };
}

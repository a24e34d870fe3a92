/** What has happened at least once: for the set-up checklist. Each is found by an index, not by counting. */
import { sql } from 'drizzle-orm';
import type { PurchaseState } from '../domain/purchase';
import type { Database } from './driver/database';
import { isSampleRow } from './sample-rows';
import { audit, purchases, tallies, webhookLog } from './schema';

export interface MilestoneStore {
  read(integration: string): Promise<Milestones>;
}

export interface Milestones {
  /** TikTok, not the sandbox, answered well to a check or to a purchase. */
  readonly connectionAnswered: boolean;
  /** A provider's webhook was verified. */
  readonly webhookReceived: boolean;
  /** A page called from an allowed origin. */
  readonly pageCalled: boolean;
  /** A purchase was sent that was no sample. */
  readonly purchaseSent: boolean;
  readonly lastSample: { readonly moneyId: string; readonly state: PurchaseState } | null;
}

/** The action by which a connection check that went well is noted in the audit. */
export const connectionCheckedAction = 'settings.connection-checked';

/** Milestones over the tables that hold them anyway. */
export function milestoneStore({ queries }: Database): MilestoneStore {
  return {
    async read(integration) {
      const { integration: of, state, moneyId, destination } = purchases;
      const answer = await queries.execute(sql`select
          exists(select from ${audit} where ${audit.integration} = ${integration} and ${audit.action} = ${connectionCheckedAction}) or
          exists(select from ${purchases} where ${of} = ${integration} and ${state} = 'sent' and ${destination} in ('tiktok', 'test'))
            as "connectionAnswered",
          exists(select from ${webhookLog} where ${webhookLog.integration} = ${integration}) as "webhookReceived",
          exists(select from ${tallies} where ${tallies.integration} = ${integration} and ${tallies.name} = 'page_calls'
            and ${tallies.label} ~ ' 20[04]$') as "pageCalled",
          exists(select from ${purchases} where ${of} = ${integration} and ${state} = 'sent' and not ${isSampleRow}) as "purchaseSent",
          (select ${moneyId} from ${purchases} where ${of} = ${integration} and ${isSampleRow} order by ${moneyId} desc limit 1) as "sampleId",
          (select ${state} from ${purchases} where ${of} = ${integration} and ${isSampleRow} order by ${moneyId} desc limit 1) as "sampleState"`);
      const [row] = (answer as { readonly rows: readonly Row[] }).rows; // of both drivers
      if (!row) throw new Error('a select of one row gave none');
      const { sampleId, sampleState, ...reached } = row;
      return {
        ...reached,
        lastSample: sampleId === null || sampleState === null ? null : { moneyId: sampleId, state: sampleState },
      };
    },
  };
}

interface Row {
  readonly connectionAnswered: boolean;
  readonly webhookReceived: boolean;
  readonly pageCalled: boolean;
  readonly purchaseSent: boolean;
  readonly sampleId: string | null;
  readonly sampleState: PurchaseState | null;
}

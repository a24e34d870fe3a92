/** Ready-made filters of the Temporal UI's list of workflows, one for each question that an operator has. */
import type { AttentionGroup } from '../store';
import { searchAttributes as names } from '../../workflows/contract';
import { errorWords } from './words';

export interface TemporalFilter {
  readonly id: string;
  readonly label: string;
  /** The list filter, as the Temporal UI and CLI take it. */
  readonly query: string;
}

export interface TemporalLinksDeps {
  /** The address of a filtered list in the Temporal UI; null when the UI's address is unknown. */
  readonly temporalListUrl: (query: string) => string | null;
}

const orders = `WorkflowType = 'subscription'`;
const running = `ExecutionStatus = 'Running'`;

/** The filters of one integration. `groups` are what needs attention now; `psps` the providers that are on. */
export function temporalFilters(
  integration: string,
  groups: readonly Pick<AttentionGroup, 'errorType'>[],
  psps: readonly string[],
): readonly TemporalFilter[] {
  const own = `${orders} AND ${names.integration} = ${quoted(integration)}`;
  const ofOrders = (id: string, label: string, more: string): TemporalFilter => ({ id, label, query: `${own} AND ${more}` });
  const attention = `${names.needsAttention} = true AND ${running}`;
  return [
    ofOrders('needs-attention', 'Orders that need attention', attention),
    ...groups.map(({ errorType }) =>
      ofOrders(
        `error/${errorType}`,
        `… with “${errorWords(errorType).label}”`,
        `${attention} AND ${names.errorType} = ${quoted(errorType)}`,
      ),
    ),
    ofOrders('sent', 'Orders with something sent', `${names.deliveryStatus} = 'sent'`),
    ofOrders('not-sent', 'Orders with nothing sent', `${names.deliveryStatus} = 'not_sent'`),
    ...(['trialing', 'active', 'paused', 'ended'] as const).map((status) =>
      ofOrders(
        `status/${status}`,
        `Subscriptions that are ${status}`,
        `${names.subscriptionStatus} = '${status}' AND ${running}`,
      ),
    ),
    ...psps.map((psp) => ofOrders(`psp/${psp}`, `Orders at ${psp}`, `${names.psp} = ${quoted(psp)}`)),
    ofOrders('closed', 'Orders that are closed', `ExecutionStatus != 'Running'`),
    { id: 'checks', label: 'Renewal checks', query: startsWith(`renewal-check/${integration}/`) },
    { id: 'backfills', label: 'Backfills', query: startsWith(`backfill/${integration}/`) },
    { id: 'bulk-resends', label: 'Bulk resends', query: startsWith(`bulk-resend/${integration}`) },
  ];
}

/** All orders of one buyer: by the buyer's HMAC in each form that a workflow may know, and by the orders themselves, some of which may carry another identifier. */
export function userFilter(
  integration: string,
  hmacs: readonly string[],
  userOrders: readonly { readonly psp: string; readonly subscription: string }[],
): string {
  const ids = userOrders
    .slice(0, 50)
    .map(({ psp, subscription }) => quoted(`subscription/${integration}/${psp}/${subscription}`));
  const own = hmacs.map((hmac) => `${names.user} = ${quoted(hmac)}`).join(' OR ');
  return ids.length === 0 ? own : `${own} OR WorkflowId IN (${ids.join(', ')})`;
}

function startsWith(prefix: string): string {
  return `WorkflowId STARTS_WITH ${quoted(prefix)}`;
}

/** A text in the language of list filters. */
function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/** The export of what is known of a person, for a request under Article 15 or 20 of the GDPR. E-mail, phone and user id exist as hashes only. */
import type { PersonalOrder, Store } from '../store';
import { isoTime, recordView } from './purchase-view';
import { auditTarget, knownPerson, type NamedPerson, nobody, type UsersDeps } from './users';
import { personMark } from '../application/named-persons';
import { waitingOf } from '../application/waiting-persons';

export interface UserExportDeps extends Pick<
  UsersDeps,
  'personalData' | 'keys' | 'quarantine' | 'routes' | 'purchases' | 'nowMs'
> {
  readonly attempts: Pick<Store['attempts'], 'of'>;
  readonly orderRecords: Pick<Store['orderRecords'], 'load'>;
  readonly audit: Pick<Store['audit'], 'append' | 'list'>;
}

export type UserExport = Awaited<ReturnType<typeof exportUser>>;

/** @throws a 404 problem when nobody has the identifier, and no body in the quarantine names it. */
export async function exportUser(
  deps: UserExportDeps,
  { integration, person, by }: { readonly integration: string; readonly person: NamedPerson; readonly by: string },
) {
  const { keys, known } = await knownPerson(deps, integration, person);
  const identifiers = [...keys, ...(known?.identifiers ?? [])];
  const named = await deps.quarantine.naming(integration, identifiers.map(personMark));
  const waiting = await waitingOf(deps, integration, identifiers);
  if (!known && named.length + waiting.length === 0) throw nobody();
  const orders = [];
  for (const order of known?.orders ?? []) orders.push(await exportedOrder(deps, integration, order));
  const targets = [
    ...(known?.userIds.map(auditTarget) ?? []),
    ...orders.map(({ psp, subscription }) => `${psp}/${subscription}/`),
  ];
  const noted = [];
  for (const target of targets) noted.push(...(await auditOf(deps, integration, target)));
  const atMs = deps.nowMs();
  await deps.audit.append({
    ...{ integration, atMs, by, action: 'user.export', reason: null },
    target: known ? auditTarget(known.userIds[0]) : 'quarantine',
  });
  return {
    exportedAt: isoTime(atMs),
    identifiers: [...new Set(known?.identifiers.map(({ kind }) => kind))],
    identity: known?.identity ?? {},
    consent: known ? { state: known.consent, statedAt: timeOrNull(known.consentAtMs) } : null,
    boughtBefore: known?.boughtBefore ?? null,
    firstSeen: timeOrNull(known?.firstSeenAtMs ?? null),
    lastSeen: timeOrNull(known?.lastSeenAtMs ?? null),
    erased: timeOrNull(known?.erasedAtMs ?? null),
    browserPurchases: (known?.browserPurchases ?? []).map(({ checkoutId, eventId, authorizedAtMs }) => ({
      ...{ checkoutId, eventId, authorizedAt: isoTime(authorizedAtMs) },
    })),
    pageWords: (known?.pageWords ?? []).map(({ kind, words, consent, consentAtMs, firstSeenAtMs, lastSeenAtMs }) => ({
      ...{ identifier: kind, words, consent, statedAt: timeOrNull(consentAtMs) },
      ...{ firstSeen: isoTime(firstSeenAtMs), lastSeen: isoTime(lastSeenAtMs) },
    })),
    orders,
    quarantined: named.map(({ id, psp, type, receivedAtMs, raw }) => ({
      ...{ id, psp, type, receivedAt: isoTime(receivedAtMs), body: raw === null ? null : raw.toString('utf8') },
    })),
    waiting: waiting.map(({ psp, keptAtMs, read: { fact, subscription, identity } }) => ({
      ...{ psp, subscription, keptAt: isoTime(keptAtMs), fact, identity },
    })),
    audit: noted,
  };
}

async function exportedOrder(deps: UserExportDeps, integration: string, order: PersonalOrder) {
  const { psp, subscription, ownIdentity, checkoutId, endedAtMs } = order;
  const records = await deps.purchases.ofSubscription(integration, psp, subscription);
  const { facts } = await deps.orderRecords.load({ integration, psp, subscription });
  const purchases = [];
  for (const record of records) {
    const attempts = await deps.attempts.of(integration, psp, record.moneyId);
    purchases.push({
      ...recordView(record),
      sent: attempts.map(({ number, atMs, outcome, code, requestId, destination, request }) => ({
        ...{ number, at: isoTime(atMs), outcome, code, requestId, destination, request },
      })),
    });
  }
  return {
    psp,
    subscription,
    ownIdentity,
    checkoutId,
    endedAt: timeOrNull(endedAtMs),
    facts: facts.map(({ fact }) => fact),
    purchases,
  };
}

async function auditOf({ audit }: UserExportDeps, integration: string, target: string) {
  const { items } = await audit.list({ integration, target, limit: longestList });
  return items
    .filter((entry) => entry.target === target || (target.endsWith('/') && entry.target.startsWith(target)))
    .map(({ atMs, by, action, target: of, reason }) => ({ at: isoTime(atMs), by, action, target: of, reason }));
}

const longestList = 1_000;

function timeOrNull(atMs: number | null): string | null {
  return atMs === null ? null : isoTime(atMs);
}

/**
 * The one place between the adapters and ingestion where ids are refused that Temporal or the database can never store: asked again a
 * provider would send the same ones, so the webhook is kept in quarantine and a check counts it as unreadable.
 */
import { isUnstorable } from '../domain/text';
import type { AccountRef } from '../../workflows/contract';
import { subscriptionWorkflowId } from '../../workflows/contract';
import type { ApiPage, PaymentLink, PspApi, ReadFact, Reading } from './adapter';

/** The reading of a webhook; unreadable where an id in it can never be stored. */
export function storableReading(account: AccountRef, reading: Reading): Reading {
  switch (reading.kind) {
    case 'facts': {
      const [reason] = reading.facts.flatMap((read) => problemOf(account, read) ?? []);
      return reason === undefined ? withStorableLinks(reading) : { kind: 'unreadable', reason };
    }
    case 'ignored': {
      const known = withStorableLinks(reading);
      if (known.openPayment === undefined || problemOfId(known.openPayment, maxIdLength) === null) return known;
      const { openPayment: _, ...rest } = known;
      return rest;
    }
    case 'unreadable':
      return reading;
  }
}

function withStorableLinks<T extends { readonly links?: readonly PaymentLink[] }>(reading: T): T {
  return reading.links ? { ...reading, links: reading.links.filter(isStorableLink) } : reading;
}

/** The provider's API, whose pages name as unreadable what can never be stored. */
export function storableApi(account: AccountRef, api: PspApi): PspApi {
  const { open } = api;
  return {
    ...api,
    changes: async (window, page, known) => storablePage(account, await api.changes(window, page, known)),
    ofSubscription: async (subscription, fromMs) => storablePage(account, await api.ofSubscription(subscription, fromMs)),
    ...(open ? { open: { ...open, read: async (id) => storablePage(account, await open.read(id)) } } : {}),
  };
}

function storablePage(account: AccountRef, page: ApiPage): ApiPage {
  const refused = page.facts.flatMap((read) => {
    const reason = problemOf(account, read);
    return reason === null ? [] : [{ read, reason }];
  });
  if (refused.length === 0 && page.links.every(isStorableLink)) return page;
  const facts = page.facts.filter((read) => !refused.some((one) => one.read === read));
  const unreadable = refused.map(({ read, reason }) => ({
    ...{ id: printable(read.fact.moneyId ?? read.subscription), reason },
    body: read,
  }));
  return { ...page, facts, links: page.links.filter(isStorableLink), unreadable: [...page.unreadable, ...unreadable] };
}

/** Why a fact can never be stored, with the name of the id and never its value; null when it can. */
function problemOf(account: AccountRef, { fact, subscription, paymentIds }: ReadFact): string | null {
  const ids: readonly (readonly [string, string | null | undefined, number])[] = [
    ['the order’s id', subscription, maxWorkflowIdBytes],
    ['the payment’s id', fact.moneyId, maxIdLength],
    ...paymentIds.map((id) => ['another id of the payment', id, maxIdLength] as const),
    // Made of the payment's id and more, where the provider gives refunds none.
    ['the refund’s id', fact.kind === 'refund' ? fact.refundId : null, 2 * maxIdLength],
  ];
  for (const [name, id, maxLength] of ids) {
    const problem = id === null || id === undefined ? null : problemOfId(id, maxLength);
    if (problem !== null) return `${name} ${problem}`;
  }
  if (subscription === null) return null;
  const workflowId = subscriptionWorkflowId({ ...account, subscription });
  return Buffer.byteLength(workflowId) > maxWorkflowIdBytes ? `the order’s id ${tooLong}` : null;
}

/** Well within what an index of PostgreSQL takes, which is a third of a page for all columns together. */
const maxIdLength = 255;

/**
 * Temporal's own limit. https://docs.temporal.io/self-hosted-guide/defaults (`limit.maxIDLength`) A cluster over PostgreSQL or MySQL has a
 * lower one (`workflow_id VARCHAR(255)`), which only its refusal tells.
 */
const maxWorkflowIdBytes = 1_000;

const tooLong = 'is longer than can be stored';

function problemOfId(id: string, maxLength: number): string | null {
  if (id.trim() === '') return 'is empty';
  if (isUnstorable(id)) return 'has control characters or half a surrogate pair';
  return id.length > maxLength ? tooLong : null;
}

function isStorableLink({ id, moneyId }: PaymentLink): boolean {
  return problemOfId(id, maxIdLength) === null && problemOfId(moneyId, maxIdLength) === null;
}

/** An id for people to recognise it by. */
function printable(id: string | null): string | null {
  return id === null ? null : id.replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/gu, '\ufffd').slice(0, maxIdLength);
}

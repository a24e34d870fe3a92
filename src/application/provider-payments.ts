/** What a provider's own list says of a period, for the report: the payments that the relay does not have, and what was not compared. */
import { hourMs } from '../domain/duration';
import { isPayment } from '../domain/fact';
import type { Belonging } from '../domain/routing';
import type { ApiPage, KnownPayments, PspApi, ReadFact, TimeWindow } from '../psp/adapter';
import { notKept } from '../psp/not-kept';
import { allPages } from '../psp/page-guard';

export interface ProviderPayments {
  /** Money ids, each once. */
  readonly missing: readonly string[];
  /** Why the comparison is not complete; empty when it is. */
  readonly reasons: readonly string[];
}

/** What the relay knows of an account's payments, for one of the integrations that take it. */
export interface KnownHere {
  readonly known: KnownPayments;
  /** Whose payments are. */
  readonly placesOf: (facts: readonly ReadFact[]) => Promise<readonly Belonging[]>;
}

/** Reads the provider's list for a period. A failure on the way keeps what was found until then, and is one of the reasons. */
export async function comparePayments(
  api: PspApi,
  period: TimeWindow,
  here: KnownHere,
  nowMs: number,
): Promise<ProviderPayments> {
  const missing = new Set<string>();
  const unsaid = new Set<string>();
  const unreadable: (string | null)[] = [];
  const reasons: string[] = [...keptReason(api, period, nowMs)];
  try {
    const window = listWindow(api, period);
    for await (const page of allPages((next) => api.changes(window, next, here.known))) {
      for (const { id, place } of await missingOf(page, period, here)) (place === 'here' ? missing : unsaid).add(id);
      unreadable.push(...page.unreadable.map(({ id }) => id));
    }
  } catch (error) {
    reasons.push(error instanceof Error ? error.message : String(error));
  }
  return {
    missing: [...missing],
    reasons: [...reasons, ...unreadableReason(unreadable), ...unsaidReason([...unsaid].filter((id) => !missing.has(id)))],
  };
}

/** Providers list a payment by the time of its event, which may be after the period in which the payment happened. */
const listedLateMs = 2 * hourMs;

function listWindow({ list }: PspApi, { fromMs, toMs }: TimeWindow): TimeWindow {
  return { fromMs: fromMs - list.lookBackMs, toMs: toMs + listedLateMs };
}

/** The payments that are not known here, and may belong here. */
async function missingOf({ facts }: ApiPage, { fromMs, toMs }: TimeWindow, { known, placesOf }: KnownHere) {
  const listed = facts.flatMap((read) => {
    const { fact } = read;
    return isPayment(fact) && fact.occurredAtMs >= fromMs && fact.occurredAtMs < toMs ? [{ read, id: fact.moneyId }] : [];
  });
  const have = await known(listed.map(({ id }) => id));
  const absent = listed.filter(({ id }) => !have.has(id));
  const places = absent.length === 0 ? [] : await placesOf(absent.map(({ read }) => read));
  return absent.flatMap(({ id }, n) => {
    const place = places[n] ?? 'here';
    return place === 'elsewhere' ? [] : [{ id, place }];
  });
}

function unsaidReason(ids: readonly string[]): readonly string[] {
  if (ids.length === 0) return [];
  const others = ids.length > mostNamed ? ` and ${ids.length - mostNamed} more` : '';
  return [
    `of ${ids.length} payments nothing says whether they belong to this integration: ${ids.slice(0, mostNamed).join(', ')}${others}`,
  ];
}

/** A list that has older payments all the same can be compared. */
function keptReason({ list }: PspApi, period: TimeWindow, nowMs: number): readonly string[] {
  return list.kept?.hasOlderPayments === true ? [] : notKept(list, period, nowMs);
}

const mostNamed = 10;

function unreadableReason(ids: readonly (string | null)[]): readonly string[] {
  if (ids.length === 0) return [];
  const named = ids.slice(0, mostNamed).map((id) => id ?? 'one without an id');
  const others = ids.length > mostNamed ? ` and ${ids.length - mostNamed} more` : '';
  return [`${ids.length} listed objects could not be read: ${named.join(', ')}${others}`];
}

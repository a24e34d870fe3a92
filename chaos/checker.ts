/** Compares what the providers charged, what our records say, what the workflows say, and what TikTok counted. Pure: it is given all four. */
import { type Phase, type Rules, type Type, type Verdict, verdict } from './model';

/** What the providers charged, by the run's own ledger. */
export interface ChargedOrder {
  readonly psp: string;
  readonly order: string;
  readonly type: Type;
  readonly userId: string;
  readonly payments: readonly ChargedPayment[];
}

export interface ChargedPayment {
  readonly moneyId: string;
  readonly phase: Phase;
  /** A decimal, as the API writes it: `19.99`. */
  readonly amount: string;
  readonly currency: string;
}

/** A purchase record, as far as it is compared. */
export interface SeenRecord {
  readonly psp: string;
  readonly subscription: string;
  readonly moneyId: string;
  readonly purchaseType: Type;
  readonly phase: Phase | null;
  readonly state: string;
  readonly reason: string | null;
  readonly heldBy: { readonly psp: string; readonly moneyId: string } | null;
  readonly eventId: string;
  readonly eventName: string;
  readonly amount: string;
  readonly chargedCurrency: string;
  readonly settingsVersion: number;
  readonly requestId: string | null;
}

export interface CountedEvent {
  readonly eventId: string | null;
  readonly eventName: string | null;
  readonly fate: string;
}

export interface Evidence {
  readonly charged: readonly ChargedOrder[];
  readonly records: readonly SeenRecord[];
  /** By `psp order`: the same records as the order's workflow has them; null where it gave no answer. */
  readonly workflows: ReadonlyMap<string, readonly SeenRecord[] | null>;
  readonly events: readonly CountedEvent[];
  readonly rules: ReadonlyMap<number, Rules>;
  /** By user id: the payment that the service calls the user's first purchase. */
  readonly firstPurchases: ReadonlyMap<string, { readonly psp: string; readonly moneyId: string } | null>;
  /** What `/api/report` says was charged: `psp currency` → count and amount. */
  readonly reported: ReadonlyMap<string, { readonly count: number; readonly amount: string }>;
}

export const findingKinds = ['lost', 'counted_twice', 'unexplained', 'stuck', 'disagreeing'] as const;
export type FindingKind = (typeof findingKinds)[number];

export interface Finding {
  readonly kind: FindingKind;
  /** What it is about: `psp order moneyId`. */
  readonly of: string;
  readonly says: string;
}

/** Nothing found: all four agree. */
export function check(evidence: Evidence): readonly Finding[] {
  const records = groupedBy(evidence.records, ({ psp, moneyId }) => key(psp, moneyId));
  return [
    ...lostPayments(evidence, records),
    ...unaskedRecords(evidence),
    ...undecided(evidence),
    ...decisions(evidence),
    ...phases(evidence),
    ...limits(evidence),
    ...counts(evidence),
    ...disagreements(evidence),
    ...account(evidence),
  ];
}

/** Each payment has exactly one record, with what was charged. */
function lostPayments({ charged }: Evidence, records: ReadonlyMap<string, readonly SeenRecord[]>): readonly Finding[] {
  return charged.flatMap(({ psp, order, payments }) =>
    payments.flatMap(({ moneyId, amount, currency }): Finding[] => {
      const of = `${psp} ${order} ${moneyId}`;
      const own = records.get(key(psp, moneyId)) ?? [];
      const [record] = own;
      if (!record) return [{ kind: 'lost', of, says: 'was charged and accepted, and has no record' }];
      if (own.length > 1) return [{ kind: 'unexplained', of, says: `has ${own.length} records` }];
      if (record.subscription !== order)
        return [{ kind: 'unexplained', of, says: `is a payment of order ${record.subscription}` }];
      const said = `${record.amount} ${record.chargedCurrency}`;
      if (Number(record.amount) !== Number(amount) || (record.chargedCurrency !== currency && Number(amount) !== 0))
        return [{ kind: 'unexplained', of, says: `${amount} ${currency} was charged, the record says ${said}` }];
      return [];
    }),
  );
}

/** There is no record of what nobody paid. */
function unaskedRecords({ charged, records }: Evidence): readonly Finding[] {
  const known = new Set(charged.flatMap(({ psp, payments }) => payments.map(({ moneyId }) => key(psp, moneyId))));
  return records
    .filter(({ psp, moneyId }) => !known.has(key(psp, moneyId)))
    .map((record) => ({ kind: 'unexplained', of: nameOf(record), says: 'has a record, and nobody paid it' }));
}

function undecided({ records }: Evidence): readonly Finding[] {
  return records
    .filter(({ state }) => state === 'pending' || state === 'needs_attention')
    .map((record) => ({ kind: 'stuck', of: nameOf(record), says: `is ${record.state} though everything is quiet` }));
}

/** Each state is what the settings that decided say. */
function decisions(evidence: Evidence): readonly Finding[] {
  const { rules } = evidence;
  return evidence.records.flatMap((record): Finding[] => {
    const inForce = rules.get(record.settingsVersion);
    const found = (says: string): Finding[] => [{ kind: 'unexplained', of: nameOf(record), says }];
    if (record.state === 'pending' || record.state === 'needs_attention') return [];
    if (!inForce) return found(`was decided by settings ${record.settingsVersion}, which nobody saved`);
    if (record.phase === null) return found(`has no phase, and is ${record.state}: ${record.reason ?? ''}`);
    const isFirst = isFirstPurchase(evidence, record);
    const due = verdict(inForce, record.purchaseType, record.phase, isFirst);
    if (fits(record, due) || wasCorrected(evidence, record)) return [];
    const seen = `is ${record.state} (${record.reason ?? 'no reason'}) as ${record.eventName}, ${record.purchaseType} ${record.phase}, settings ${record.settingsVersion}${isFirst ? ', first of its user' : ''}`;
    return found(`${seen}; the tables say ${due.state === 'sent' ? `sent as ${due.eventName}` : due.reasons.join(' or ')}`);
  });
}

function fits({ state, reason, eventName }: SeenRecord, due: Verdict): boolean {
  if (due.state === 'sent') return state === 'sent' && eventName === due.eventName;
  return state === 'suppressed' && due.reasons.some((each) => each === reason);
}

/**
 * Was it sent before the webhooks came that tell its type or phase? What was sent stays sent, and only the record is corrected. Until a trial is
 * known an order is a subscription, until the trial's price is known the trial is free, and until an earlier payment is known a renewal may be
 * the conversion and the other way round.
 */
export function wasCorrected(evidence: Evidence, record: SeenRecord): boolean {
  const { purchaseType: type, phase, settingsVersion } = record;
  const inForce = evidence.rules.get(settingsVersion);
  if (record.state !== 'sent' || !inForce || phase === null) return false;
  const isFirst = isFirstPurchase(evidence, record);
  if (fits(record, verdict(inForce, type, phase, isFirst))) return false;
  // Under the limit nothing is sent as a renewal, and as a conversion only what is its user's first.
  const phases: readonly Phase[] = inForce.limit
    ? [phase, ...(isFirst ? (['conversion'] as const) : [])]
    : [phase, 'conversion', 'renewal'];
  const types = ['subscription', ...(type === 'paid_trial' ? (['free_trial'] as const) : []), type] as const;
  const readings = phases.flatMap((as) => types.map((read) => [read, as] as const));
  return readings.some(([read, as]) => fits(record, verdict(inForce, read, as, isFirst)));
}

function isFirstPurchase({ firstPurchases }: Evidence, { psp, moneyId }: SeenRecord): boolean {
  let known = firsts.get(firstPurchases);
  if (!known) {
    known = new Set([...firstPurchases.values()].flatMap((first) => (first ? [key(first.psp, first.moneyId)] : [])));
    firsts.set(firstPurchases, known);
  }
  return known.has(key(psp, moneyId));
}

/** Asked for every record. */
const firsts = new WeakMap<object, ReadonlySet<string>>();

/** Whatever the order of its webhooks, an order has the phases that were bought, and is of the type that was. */
function phases({ charged, records }: Evidence): readonly Finding[] {
  const byOrder = groupedBy(records, ({ psp, subscription }) => key(psp, subscription));
  return charged.flatMap(({ psp, order, type, payments }): Finding[] => {
    const own = byOrder.get(key(psp, order)) ?? [];
    if (own.length !== payments.length) return []; // told as lost or unexplained already
    const seen = own.map(({ phase }) => String(phase)).sort();
    const due = payments.map(({ phase }) => String(phase)).sort();
    const findings: Finding[] = [];
    if (seen.join() !== due.join())
      findings.push({ kind: 'unexplained', of: `${psp} ${order}`, says: `has ${seen.join(', ')} instead of ${due.join(', ')}` });
    const types = new Set(own.map(({ purchaseType }) => purchaseType));
    if (types.size !== 1 || !types.has(type))
      findings.push({ kind: 'unexplained', of: `${psp} ${order}`, says: `is ${[...types].join(', ')}; a ${type} was bought` });
    return findings;
  });
}

/** A user has one first purchase: it was sent, and what the limit kept back names it. */
function limits(evidence: Evidence): readonly Finding[] {
  const { charged, records, firstPurchases } = evidence;
  const users = new Map(charged.map(({ psp, order, userId }) => [key(psp, order), userId]));
  const byUser = groupedBy(records, ({ psp, subscription }) => users.get(key(psp, subscription)) ?? '');
  return [...byUser].flatMap(([userId, own]): Finding[] => {
    const first = firstPurchases.get(userId) ?? null;
    const holder = own.find(({ psp, moneyId }) => first?.psp === psp && first.moneyId === moneyId);
    if (first && holder?.state !== 'sent')
      return [
        { kind: 'unexplained', of: userId, says: `the first purchase ${first.moneyId} is ${holder?.state ?? 'not the user’s'}` },
      ];
    return own.flatMap((record): Finding[] => {
      const { heldBy } = record;
      if (record.reason !== 'limited' || record.phase === 'renewal' || record.state !== 'suppressed') return [];
      if (heldBy?.psp === first?.psp && heldBy?.moneyId === first?.moneyId) return [];
      const says = `is kept back for ${heldBy?.moneyId ?? 'nothing'}; the user’s first purchase is ${first?.moneyId ?? 'none'}`;
      return [{ kind: 'unexplained', of: nameOf(record), says }];
    });
  });
}

/** TikTok counted what is `sent` exactly once, whatever the name, and nothing else. */
function counts({ records, events }: Evidence): readonly Finding[] {
  const counted = groupedBy(
    events.filter(({ fate }) => fate === 'counted'),
    ({ eventId }) => eventId ?? '',
  );
  const byEvent = groupedBy(records, ({ eventId }) => eventId);
  const twice = [...counted].flatMap(([eventId, all]): Finding[] =>
    all.length === 1 ? [] : [{ kind: 'counted_twice', of: eventId, says: `was counted ${all.length} times` }],
  );
  const shared = [...byEvent].flatMap(([eventId, all]): Finding[] => {
    const sent = all.filter(({ state }) => state === 'sent');
    return sent.length < 2 ? [] : [{ kind: 'lost', of: eventId, says: `is the event of ${sent.map(nameOf).join(' and ')}` }];
  });
  const missing = records
    .filter(({ state, eventId }) => state === 'sent' && !counted.has(eventId))
    .map((record): Finding => ({ kind: 'lost', of: nameOf(record), says: 'is sent, and TikTok has not counted it' }));
  const unknown = [...counted.keys()].flatMap((eventId): Finding[] => {
    const states = (byEvent.get(eventId) ?? []).map(({ state }) => state);
    if (states.includes('sent')) return [];
    const says = `was counted, and its record is ${states.join(', ') || 'missing'}`;
    return [{ kind: 'unexplained', of: eventId, says }];
  });
  return [...twice, ...shared, ...missing, ...unknown];
}

/** The table shows what the workflows know. */
function disagreements({ charged, records, workflows }: Evidence): readonly Finding[] {
  const byOrder = groupedBy(records, ({ psp, subscription }) => key(psp, subscription));
  return charged.flatMap(({ psp, order }): Finding[] => {
    const truth = workflows.get(key(psp, order));
    const of = `${psp} ${order}`;
    if (truth === undefined) return [{ kind: 'lost', of, says: 'has no workflow' }];
    if (truth === null) return [{ kind: 'stuck', of, says: 'its workflow gives no answer' }];
    const shown = new Map((byOrder.get(key(psp, order)) ?? []).map((record) => [record.moneyId, line(record)]));
    const known = new Map(truth.map((record) => [record.moneyId, line(record)]));
    return [...new Set([...shown.keys(), ...known.keys()])].flatMap((moneyId): Finding[] => {
      const [table, workflow] = [shown.get(moneyId) ?? 'nothing', known.get(moneyId) ?? 'nothing'];
      if (table === workflow) return [];
      return [{ kind: 'disagreeing', of: `${of} ${moneyId}`, says: `the table has ${table}, the workflow ${workflow}` }];
    });
  });
}

/** The accounting report adds up to what was charged, to the cent. A payment of nothing may be of no currency, so payments are counted apart. */
function account({ charged, reported }: Evidence): readonly Finding[] {
  const due = new Map<string, number>();
  const add = (of: string, number: number): unknown => due.set(of, (due.get(of) ?? 0) + number);
  for (const { psp, payments } of charged)
    for (const { amount, currency } of payments) {
      add(`payments of ${psp}`, 1);
      add(`cents of ${psp} in ${currency}`, cents(amount));
    }
  for (const [of, { count, amount }] of reported) {
    const [psp = '', currency = ''] = of.split(' ');
    add(`payments of ${psp}`, -count);
    add(`cents of ${psp} in ${currency}`, -cents(amount));
  }
  return [...due].flatMap(([of, missing]): Finding[] =>
    missing === 0
      ? []
      : [{ kind: 'unexplained', of: 'the report', says: `has ${Math.abs(missing)} ${of} too ${missing > 0 ? 'few' : 'many'}` }],
  );
}

function cents(amount: string): number {
  return Math.round(Number(amount) * 100);
}

function line({ state, reason, phase, eventId, eventName, settingsVersion, requestId, heldBy }: SeenRecord): string {
  return [state, reason, phase, eventId, eventName, settingsVersion, requestId, heldBy?.moneyId]
    .map((each) => each ?? '–')
    .join(' ');
}

export function key(psp: string, id: string): string {
  return `${psp} ${id}`;
}

function nameOf({ psp, subscription, moneyId }: SeenRecord): string {
  return `${psp} ${subscription} ${moneyId}`;
}

function groupedBy<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const own = groups.get(keyOf(item));
    if (own) own.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}

/** Every adapter over every provider's webhooks, right ones and mutated ones, and the domain over the facts that they read. */
import fc from 'fast-check';
import { isPayment } from '../../../src/domain/fact';
import { isCurrency } from '../../../src/domain/money';
import { recordsOf } from '../../../src/domain/record';
import type { ReadFact, Reading } from '../../../src/psp/adapter';
import { storableReading } from '../../../src/psp/storable';
import { Order } from '../../support/order-scenario';
import { corpus } from '../corpus';
import { growthFault, shapes } from '../growth';
import {
  canary,
  changedAt,
  type Damage,
  damage,
  damaged,
  jsonOf,
  mutated,
  mutation,
  type Mutation,
  oddText,
  pathAt,
} from '../mutations';
import { accountOf, adapterFor, paypalSigner, type Sent } from '../providers';
import { target, Undocumented } from '../run';

interface Delivery {
  readonly psp: string;
  readonly raw: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

const nowMs = Date.UTC(2026, 10, 22, 10);
const roles = ['trial', 'regular', 'lifetime', 'ignore'] as const;
/** Some prices have a role: that of a price depends on its name alone. */
const context = { roleOf: (price: string) => (price.length % 5 === 0 ? roles[price.length % 4] : undefined) };

/** A webhook of any provider, with some mutations. */
export function deliveries(bodies: readonly Sent[]): fc.Arbitrary<Delivery> {
  return fc
    .record({
      sent: fc.noBias(fc.constantFrom(...bodies)),
      mutations: fc.oneof(
        { weight: 12, arbitrary: fc.array(mutation, { minLength: 1, maxLength: 4 }) },
        fc.array(mutation, { minLength: 4, maxLength: 12 }),
      ),
      how: damage,
      header: fc.option(oddText, { freq: 10 }),
    })
    .map(({ sent, mutations, how, header }) => deliveryOf(sent, mutations, how, header));
}

function deliveryOf({ psp, body, headers }: Sent, mutations: readonly Mutation[], how: Damage, header: string | null): Delivery {
  const text = jsonOf(mutated(structuredClone(body), mutations));
  const names = Object.keys(headers);
  const changed = header === null ? {} : Object.fromEntries(names.slice(0, 1).map((name) => [name, header]));
  return { psp, raw: damaged(text, how), headers: { ...headers, ...changed } };
}

/** Signature, body, facts: what becomes of a webhook until it is handed to Temporal. */
export const adapterTarget = target<Delivery>({
  name: 'adapters',
  inputs: deliveries(corpus()),
  size: ({ raw }) => raw.length,
  shown: ({ psp, raw, headers }) => `${psp} ${JSON.stringify(headers)} ${raw.toString('utf8')}`,
  handle({ psp, raw, headers }) {
    const read = readWhole(psp, raw, headers);
    if (read === null) return '400';
    const { type, isTest, reading, stored } = read;
    if (typeof type !== 'string') throw new Undocumented(`${psp}: the type is ${typeof type}`);
    if (isTest !== null && typeof isTest !== 'boolean') throw new Undocumented(`${psp}: test mode is ${typeof isTest}`);
    checkReading(psp, reading);
    if (stored.kind === 'facts') applyToOrders(psp, stored.facts);
    return stored.kind === reading.kind ? stored.kind : 'unstorable';
  },
});

/** A verified webhook as the route reads it; null for what is no JSON. */
function readWhole(psp: string, raw: Buffer, headers: Sent['headers']) {
  const body = parsed(raw);
  if (body === undefined) return null;
  const adapter = adapterFor(psp);
  // As any program might answer, not as the types say.
  const type: unknown = adapter.typeOf(body, headers);
  const isTest: unknown = adapter.isTestMode(body);
  const reading = adapter.read(body, context, headers);
  return { type, isTest, reading, stored: storableReading({ integration: 'default', psp }, reading) };
}

/** Every signature over any bytes is right; over one byte more it is wrong. */
export const signatureTarget = target<Delivery & { readonly header: string; readonly value: string }>({
  name: 'signatures',
  inputs: fc.tuple(deliveries(corpus()), fc.noBias(fc.nat()), oddText).map(([delivery, n, value]) => {
    const signed = accountOf(delivery.psp).sign(delivery.raw, nowMs);
    const names = Object.keys(signed);
    return { ...delivery, headers: signed, header: names[n % names.length] ?? '', value };
  }),
  size: ({ raw }) => raw.length,
  shown: ({ psp, raw, headers }) => `${psp} ${JSON.stringify(headers)} ${raw.toString('base64')}`,
  async handle({ psp, raw, headers, header, value }) {
    const verify = (body: Buffer, given: Readonly<Record<string, string | string[]>>) =>
      adapterFor(psp).verify(body, given, accountOf(psp).secrets, { nowMs, fetch: fetchOf(psp) });
    const right = await verify(raw, headers);
    // Its body says when it was signed, and in the future nobody signs.
    if (!right.ok && !(psp === 'primer' && /future/.test(right.reason)))
      throw new Undocumented(`${psp}: a right signature is refused: ${right.reason}`);
    const longer = await verify(Buffer.concat([raw, Buffer.from(' ')]), headers);
    if (longer.ok && psp !== 'revenuecat' && psp !== 'funnelfox') throw new Undocumented(`${psp}: another body is accepted`);
    const odd = await verify(raw, { ...headers, [header]: value });
    const twice = await verify(raw, { ...headers, [header]: [String(headers[header]), value] });
    if (twice.ok && !tolerates(psp, header)) throw new Undocumented(`${psp}: ${header} may come twice`);
    for (const one of [longer, odd, twice])
      if (!one.ok && one.reason.includes(canary)) throw new Undocumented(`${psp}: the reason repeats what was sent`);
    return odd.ok ? 'accepted' : 'refused';
  },
});

interface GrownBody {
  readonly sent: Sent;
  readonly at: number;
  readonly shape: number;
}

/** One place of a body grows: the time must grow no faster. */
export const growthTarget = target<GrownBody>({
  name: 'adapters, growing',
  inputs: fc.record({
    sent: fc.noBias(fc.constantFrom(...corpus())),
    at: fc.noBias(fc.nat()),
    shape: fc.noBias(fc.nat({ max: shapes.length - 1 })),
  }),
  size: () => 32_000,
  shown: ({ sent, at, shape }) => `${sent.psp} ${pathAt(sent.body, at)}: ${shapes[shape]![0]}`,
  handle({ sent: { psp, body, headers }, at, shape }) {
    const [name, grown] = shapes[shape]!;
    const fault = growthFault(
      (bytes) => jsonOf(changedAt(body, at, (before) => grown(bytes, before))),
      (text) => readWhole(psp, Buffer.from(text), headers),
    );
    if (fault !== null) throw new Undocumented(`${psp}: ${pathAt(body, at)} as ${name} ${fault}`);
    return 'in proportion';
  },
});

/** Headers that are not part of what is signed. */
function tolerates(psp: string, header: string): boolean {
  return psp === 'paypal' && header === 'paypal-auth-algo';
}

/** PayPal's certificate is served by our signer; nobody else is asked. */
function fetchOf(psp: string): typeof globalThis.fetch {
  return psp === 'paypal' ? paypalSigner().fetch : () => Promise.reject(new Error('nobody is asked here'));
}

function parsed(raw: Buffer): unknown {
  try {
    return JSON.parse(raw.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

/** The promises of `Reading`, `ReadFact` and `SubscriptionFact`, as far as a program can check them. */
function checkReading(psp: string, reading: Reading): void {
  const wrong = (what: string): Undocumented => new Undocumented(`${psp}: ${what}`);
  if (reading.kind !== 'facts') {
    if (typeof reading.reason !== 'string' || reading.reason === '') throw wrong(`${reading.kind} without a reason`);
    if (reading.reason.includes(canary)) throw wrong(`the reason of ${reading.kind} repeats a value: ${reading.reason}`);
    if (reading.kind === 'unreadable') return;
  }
  for (const { id, moneyId } of reading.links ?? [])
    if (typeof id !== 'string' || typeof moneyId !== 'string') throw wrong('a link is no text');
  if (reading.kind !== 'facts') return;
  if (reading.facts.length === 0) throw wrong('facts, but none');
  const strange = notPlainJson(reading.facts);
  if (strange !== null) throw wrong(`a fact is no plain JSON: ${strange}`);
  for (const read of reading.facts) checkFact(read, wrong);
}

/** The path of a value that does not come out of a signal as it went in; null where there is none. */
function notPlainJson(value: unknown, path = ''): string | null {
  if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      const found = notPlainJson(member, `${path}.${name}`);
      if (found !== null) return found;
    }
    return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype ? null : path;
  }
  const isPlain = ['string', 'boolean'].includes(typeof value) || Number.isFinite(value) || value === null;
  return isPlain ? null : `${path} is ${typeof value} ${JSON.stringify(value)}`;
}

function checkFact({ fact, subscription, identity, paymentIds }: ReadFact, wrong: (what: string) => Undocumented): void {
  if (subscription !== null && typeof subscription !== 'string') throw wrong('the order’s id is no text');
  if (!Number.isInteger(fact.occurredAtMs) || Math.abs(fact.occurredAtMs) > 8.64e15)
    throw wrong(`happened at ${fact.occurredAtMs}`);
  for (const id of paymentIds) if (typeof id !== 'string') throw wrong('a payment’s id is no text');
  for (const [name, value] of Object.entries(identity)) {
    if (typeof value !== 'string') throw wrong(`${name} is no text`);
    if (/[\p{Cc}\p{Cs}]/u.test(value)) throw wrong(`${name} has what can’t be stored`);
  }
  for (const [name, value] of Object.entries(fact))
    if (/Ms$/.test(name) && (!Number.isInteger(value) || Math.abs(Number(value)) > 8.64e15))
      throw wrong(`${fact.kind}: ${name} is ${String(value)}`);
  if (isPayment(fact)) {
    if (typeof fact.moneyId !== 'string') throw wrong('the money id is no text');
    if (!isCurrency(fact.currency) && fact.unpriced !== true) throw wrong('the currency is none');
    for (const amount of [fact.amountMinor, fact.netMinor ?? 0, fact.regularMinor ?? 0])
      if (!Number.isSafeInteger(amount)) throw wrong(`an amount is ${amount}`);
    if (fact.amountMinor < 0) throw wrong('an amount is negative');
  }
  if (fact.kind === 'refund' && fact.amountMinor !== undefined && !Number.isSafeInteger(fact.amountMinor))
    throw wrong(`a refund of ${fact.amountMinor}`);
}

/** Each order takes its facts, and has one record for every payment of it. */
function applyToOrders(psp: string, facts: readonly ReadFact[]): void {
  const orders = new Map<string, Order>();
  for (const { fact, subscription } of facts) {
    const id = subscription ?? ('moneyId' in fact ? String(fact.moneyId) : 'order');
    const order = orders.get(id) ?? new Order(id);
    orders.set(id, order);
    order.receives(fact).finish();
    const ids = recordsOf(order.state).map(({ moneyId }) => moneyId);
    if (isPayment(fact) && ids.filter((one) => one === fact.moneyId).length !== 1)
      throw new Undocumented(`${psp}: ${ids.filter((one) => one === fact.moneyId).length} records of one payment`);
  }
}

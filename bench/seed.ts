/** Fills a database as a shop of some size leaves it: orders with weekly payments over 30 days, their buyers, facts, attempts and webhooks. */
import { createHash } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { Keyring } from '../src/crypto/keyring';
import type { UserKeys } from '../src/crypto/user-keys';
import { dayMs } from '../src/domain/duration';
import type { Database } from '../src/store/driver/database';
import { hashOf } from '../src/store/signalled-facts';
import type { PaymentFact, Phase, PurchaseType } from '../src/domain/fact';

export interface SeedOptions {
  readonly database: Database;
  readonly keyring: Keyring;
  readonly keys: UserKeys;
  /** Each has five payments. */
  readonly orders: number;
  readonly nowMs: number;
  /** Number of the first order. Default 0. */
  readonly firstOrder?: number;
  /** The id of the user whose an order is; its user id is `user-` and that id less one. Default: a user for each order. */
  readonly userOf?: (order: number) => number;
}

const integration = 'default';
const paymentsOfOrder = 5;
const ordersPerStatement = 1_000;
const types = ['subscription', 'free_trial', 'paid_trial', 'subscription'] as const satisfies readonly PurchaseType[];
const psps = ['stripe', 'paddle', 'generic'] as const;

/** Repeatable: the same options give the same rows. */
export async function seed(options: SeedOptions): Promise<void> {
  const { database, keyring, keys, orders, nowMs, firstOrder = 0, userOf = (order) => order + 1 } = options;
  const request = keyring.sealJson({ event: 'CompletePayment', user: { email: 'f'.repeat(64), ip: '[not kept]' } });
  for (let first = 0; first < orders; first += ordersPerStatement) {
    const made = Array.from({ length: Math.min(ordersPerStatement, orders - first) }, (_, index) =>
      orderOf(firstOrder + first + index, nowMs),
    );
    const rows = made.flatMap((order) => order.payments.map((payment) => ({ order, payment })));
    await insert(
      database,
      'users',
      made.map(({ number }) => ({ id: userOf(number), integration, created_at_ms: nowMs, updated_at_ms: nowMs })),
    );
    await insert(
      database,
      'user_identifiers',
      made.flatMap(({ number, psp, subscription }) =>
        keys
          .of(
            { integration, psp, subscription },
            { userId: `user-${userOf(number) - 1}` },
            { emailSha256: sha256(`buyer${userOf(number) - 1}@example.com`) },
          )
          .map(({ kind, hmac }) => ({ integration, kind, hmac, user_id: userOf(number) })),
      ),
    );
    await insert(
      database,
      'user_orders',
      made.map(({ number, psp, subscription }) => ({ integration, psp, subscription, user_id: userOf(number) })),
    );
    await insert(
      database,
      'payments',
      rows.map(({ order, payment }) => ({
        integration,
        psp: order.psp,
        money_id: payment.fact.moneyId,
        subscription: order.subscription,
      })),
    );
    await insert(
      database,
      'purchases',
      rows.map(({ order, payment }) => purchaseRow(order, payment)),
    );
    await insert(
      database,
      'order_facts',
      rows.map(({ order: { psp, subscription }, payment: { fact } }) => ({
        ...{ integration, psp, subscription, fact, fact_hash: hashOf(psp, subscription, fact) },
        ...{ settings_version: 1, too_old: false, accepted_at_ms: fact.occurredAtMs + 2_000 },
      })),
    );
    await insert(
      database,
      'delivery_attempts',
      rows.flatMap(({ order: { psp }, payment: { fact, state } }) =>
        state === 'suppressed'
          ? []
          : [
              {
                ...{ integration, psp, money_id: fact.moneyId, number: 1, at_ms: fact.occurredAtMs + 3_000, duration_ms: 120 },
                ...(state === 'sent'
                  ? { outcome: 'accepted', code: 0, request_id: `req-${fact.moneyId}` }
                  : { outcome: 'unauthorized', code: 40105 }),
                ...{ destination: 'tiktok', request },
              },
            ],
      ),
    );
    await insert(
      database,
      'first_purchases',
      made.map(({ psp, subscription, number, payments: [one] }) => ({
        ...{
          integration,
          psp,
          subscription,
          money_id: one?.fact.moneyId,
          user_id: userOf(number),
          claimed_at_ms: one?.fact.occurredAtMs,
        },
      })),
    );
    await insert(
      database,
      'webhook_log',
      rows.map(({ order: { psp }, payment: { fact } }) => ({
        integration,
        psp,
        received_at_ms: fact.occurredAtMs + 2_000,
        type: fact.kind,
        outcome: 'accepted',
      })),
    );
  }
  await database.queries.execute(sql`select setval(pg_get_serial_sequence('users', 'id'), (select max(id) from users))`);
  await database.queries.execute(sql`analyze`);
}

interface SeededPayment {
  readonly fact: PaymentFact;
  readonly phase: Phase;
  readonly state: 'sent' | 'suppressed' | 'needs_attention';
}

interface SeededOrder {
  readonly number: number;
  readonly psp: (typeof psps)[number];
  readonly subscription: string;
  readonly type: PurchaseType;
  readonly payments: readonly SeededPayment[];
}

function orderOf(number: number, nowMs: number): SeededOrder {
  const psp = psps[number % psps.length] ?? 'stripe';
  const type = types[number % types.length] ?? 'subscription';
  const subscription = `sub_${number}`;
  const beganAtMs = nowMs - 29 * dayMs + (number % 1_000) * 1_000;
  const payments = Array.from({ length: paymentsOfOrder }, (_, index): SeededPayment => {
    const hasTrial = type !== 'subscription';
    const kind = index === 0 ? (hasTrial ? 'trial_start' : 'conversion') : index === 1 && hasTrial ? 'conversion' : 'renewal';
    const amountMinor = kind === 'trial_start' ? (type === 'free_trial' ? 0 : 100) : 1_999;
    const occurredAtMs = beganAtMs + index * 7 * dayMs;
    const fact: PaymentFact = {
      ...{ kind, moneyId: `pay_${number}_${index}`, occurredAtMs, amountMinor, currency: number % 7 === 0 ? 'EUR' : 'USD' },
      ...(kind === 'trial_start' ? { inferredType: type } : {}),
    };
    const state = number % 50 === 0 && index === 4 ? 'needs_attention' : number % 9 === 0 && index === 3 ? 'suppressed' : 'sent';
    return { fact, phase: kind, state };
  });
  return { number, psp, subscription, type, payments };
}

function purchaseRow({ psp, subscription, type }: SeededOrder, { fact, phase, state }: SeededPayment): object {
  const { moneyId, amountMinor, currency, occurredAtMs } = fact;
  return {
    ...{ integration, psp, money_id: moneyId, subscription, purchase_type: type, phase, state },
    ...{ event_id: `${psp}:${moneyId}`, event_name: 'CompletePayment', value_minor: amountMinor, value_currency: currency },
    ...{
      charged_minor: amountMinor,
      refunded_minor: 0,
      currency,
      occurred_at_ms: occurredAtMs,
      settings_version: 1,
      revision: 2,
    },
    ...(state === 'suppressed'
      ? { reason: 'consent', attempts: 0 }
      : {
          attempts: 1,
          first_attempt_at_ms: occurredAtMs + 3_000,
          destination: 'tiktok',
          matched_by: ['email', 'ip', 'user_agent'],
        }),
    ...(state === 'sent' ? { request_id: `req-${moneyId}`, sent_at_ms: occurredAtMs + 3_200 } : {}),
    ...(state === 'needs_attention'
      ? { error_type: 'TikTokUnauthorized', error_code: 40105, error_message: 'Access token is incorrect' }
      : {}),
  };
}

async function insert({ queries }: Database, table: string, rows: readonly object[]): Promise<void> {
  const [first] = rows;
  if (!first) return;
  const columns = [...new Set(rows.flatMap(Object.keys))];
  const names = sql.join(
    columns.map((name) => sql.identifier(name)),
    sql`, `,
  );
  const into = sql.identifier(table);
  await queries.execute(
    sql`insert into ${into} (${names}) overriding system value select ${names} from json_populate_recordset(null::${into}, ${JSON.stringify(rows)}::json) on conflict do nothing`,
  );
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/**
 * A corrected webhook takes the broken one out of the quarantine. What is there may be the only trace of a payment, so that a wrong match
 * must not happen: both are of one provider and one type of event, the payment's id stands at the same place in both, and they agree on
 * every other id and time that both have, except where the broken one could not be read. Refunds are never matched: two of one payment
 * look alike. Why so: docs/decisions/0019.
 */
import { createHmac } from 'node:crypto';
import { isPayment } from '../domain/fact';
import type { Reading } from '../psp/adapter';
import { problemsIn } from '../psp/schema-mismatch';
import type { Store } from '../store';

export interface QuarantineResolution {
  /** What a body that cannot be read says of itself, to be kept beside it. `reason` is why it cannot be read. */
  mentionsOf(body: unknown, reason: string): readonly string[];
  /** Says that a webhook of this type was kept. */
  kept(integration: string, webhook: WebhookType): void;
  /** Removes what the webhook corrects. Costs no query while nothing of its type is kept. Resolves also where it fails. */
  resolve(integration: string, webhook: ReadWebhook): Promise<void>;
}

export interface WebhookType {
  readonly psp: string;
  readonly type: string;
}

export interface ReadWebhook extends WebhookType {
  readonly body: unknown;
  readonly reading: Reading;
}

export interface QuarantineResolutionDeps {
  readonly quarantine: Pick<Store['quarantine'], 'types' | 'mentioning' | 'remove'>;
  readonly audit: Pick<Store['audit'], 'append'>;
  /** Ids in a body may be a buyer's: they are kept as HMACs. */
  readonly pepper: string;
  readonly nowMs: () => number;
}

/** What other processes keep is known after this time. */
const maxAgeMs = 2_000;

/** `kept` and `resolve` remember which types of events are kept for 2 seconds, so that a webhook usually costs no query. */
export function createQuarantineResolution({ quarantine, audit, pepper, nowMs }: QuarantineResolutionDeps): QuarantineResolution {
  const known = new Map<string, { readonly types: Set<string>; readonly asOfMs: number }>();
  const mentionOf = ({ path, value }: Named): string => `${digest(pepper, path)}:${digest(pepper, value)}`;

  async function typesOf(integration: string): Promise<Set<string>> {
    const cached = known.get(integration);
    if (cached && nowMs() - cached.asOfMs < maxAgeMs) return cached.types;
    const types = new Set((await quarantine.types(integration)).map(typeKey));
    known.set(integration, { types, asOfMs: nowMs() });
    return types;
  }

  async function remove(integration: string, { psp, type, body, reading }: ReadWebhook): Promise<void> {
    const moneyIds = reading.kind === 'facts' ? reading.facts.flatMap(({ fact }) => (isPayment(fact) ? fact.moneyId : [])) : [];
    if (moneyIds.length === 0 || !(await typesOf(integration)).has(typeKey({ psp, type }))) return;
    const named = namedIn(body);
    const payment = named.filter(({ value }) => moneyIds.includes(value)).map(mentionOf);
    const says = new Map(named.map((one) => [digest(pepper, one.path), digest(pepper, one.value)]));
    for (const broken of await quarantine.mentioning(integration, { psp, type }, payment)) {
      if (!broken.mentions.every((mention) => agrees(mention, says))) continue;
      if (!(await quarantine.remove(integration, broken.id))) continue;
      const reason = 'a webhook of the same payment could be read';
      await audit.append({ integration, atMs: nowMs(), by: psp, action: 'quarantine.resolved', target: broken.id, reason });
    }
  }

  return {
    mentionsOf(body, reason) {
      const misread = new Set(problemsIn(reason).map(({ path }) => path));
      return namedIn(body)
        .filter(({ path }) => !misread.has(path))
        .map(mentionOf);
    },
    kept(integration, webhook) {
      known.get(integration)?.types.add(typeKey(webhook));
    },
    async resolve(integration, webhook) {
      // It stays in the quarantine, and an operator can dismiss it.
      await remove(integration, webhook).catch(() => undefined);
    },
  };
}

interface Named {
  readonly path: string;
  readonly value: string;
}

/** Where both say something, they must say the same. */
function agrees(mention: string, says: ReadonlyMap<string, string>): boolean {
  const [path = '', value] = mention.split(':');
  const said = says.get(path);
  return said === undefined || said === value;
}

const maxNamed = 200;
const maxDepth = 8;

/** What the merchant says of the buyer tells no event from another, and may be what was corrected. */
const ofBuyer = /^(metadata|custom_data|order_metadata|initial_order_metadata|custom|customer)$/;

/** The ids and times in a body, with where they stand. What tells one event from another is an id or a time. */
function namedIn(body: unknown): readonly Named[] {
  const found: Named[] = [];
  const walk = (value: unknown, path: readonly string[]): void => {
    if (found.length >= maxNamed || path.length > maxDepth) return;
    if (typeof value === 'object' && value !== null) {
      for (const [name, part] of Object.entries(value)) if (!ofBuyer.test(name)) walk(part, [...path, name]);
    } else if ((typeof value === 'string' || typeof value === 'number') && value !== '' && namesOrDates(path)) {
      found.push({ path: path.join('.'), value: String(value) });
    }
  };
  walk(body, []);
  return found;
}

/** `id`, `order_id`, `subscriptionId`, `created`, `occurred_at`, `event_time` … */
function namesOrDates(path: readonly string[]): boolean {
  const name = path.findLast((part) => !/^\d+$/.test(part)) ?? '';
  return /(^|_)(id|ids|at|on|time|date|timestamp|created|updated|status|state)$|(Id|At|Time|Date)$/.test(name);
}

function typeKey({ psp, type }: WebhookType): string {
  return `${psp} ${type}`;
}

function digest(pepper: string, text: string): string {
  return createHmac('sha256', pepper).update(text).digest('base64url').slice(0, 12);
}

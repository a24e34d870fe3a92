/** Stripe's lists: their parameters, filters and pages. https://docs.stripe.com/api/pagination */
import type { StripeObject, StripeObjects } from './objects';

export type StripeAnswer = { readonly status: number; readonly body: object };

interface Resource {
  readonly object: string;
  /** Filters by parameters of this list; true if an object matches. */
  readonly filters: Readonly<Record<string, (object: StripeObject, values: readonly string[]) => boolean>>;
  readonly statuses?: readonly string[];
}

const is =
  (field: string) =>
  (object: StripeObject, [value]: readonly string[]): boolean =>
    object[field] === value;

const resources: Readonly<Record<string, Resource>> = {
  '/v1/events': {
    object: 'event',
    filters: { type: is('type'), types: ({ type }, values) => typeof type === 'string' && values.includes(type) },
  },
  '/v1/invoices': {
    object: 'invoice',
    filters: {
      status: is('status'),
      customer: is('customer'),
      subscription: (invoice, [id]) => id !== undefined && subscriptionsOf(invoice).includes(id),
    },
    statuses: ['draft', 'open', 'paid', 'uncollectible', 'void'],
  },
  '/v1/checkout/sessions': {
    object: 'checkout.session',
    filters: {
      status: is('status'),
      customer: is('customer'),
      payment_intent: is('payment_intent'),
      subscription: is('subscription'),
    },
    statuses: ['complete', 'expired', 'open'],
  },
  '/v1/payment_intents': { object: 'payment_intent', filters: { customer: is('customer') } },
  '/v1/refunds': { object: 'refund', filters: { charge: is('charge'), payment_intent: is('payment_intent') } },
  '/v1/disputes': { object: 'dispute', filters: { charge: is('charge'), payment_intent: is('payment_intent') } },
  '/v1/invoice_payments': {
    object: 'invoice_payment',
    filters: { status: is('status'), invoice: is('invoice') },
    statuses: ['canceled', 'open', 'paid'],
  },
  '/v1/subscriptions': { object: 'subscription', filters: { customer: is('customer') } },
};

/** Fields that can be expanded. An invoice's payments are a list that is present only if expanded. */
const expandable: Readonly<Record<string, readonly string[]>> = {
  'checkout.session': ['payment_intent', 'invoice', 'subscription'],
  payment_intent: ['latest_charge'],
  invoice: ['payments'],
  invoice_payment: ['invoice'],
};
const objectOfField: Readonly<Record<string, string>> = {
  payment_intent: 'payment_intent',
  latest_charge: 'charge',
  invoice: 'invoice',
  subscription: 'subscription',
};

export interface AnswerContext {
  readonly nowSeconds: number;
  /** The largest page, whatever limit a request has. */
  readonly mostPerPage: number;
}

/** The answer to a GET whose key was accepted. */
export function answerOf(objects: StripeObjects, url: URL, context: AnswerContext): StripeAnswer {
  const { pathname, searchParams } = url;
  const resource = resources[pathname];
  if (resource) return list(objects, { path: pathname, resource, query: searchParams }, context);
  const cut = pathname.lastIndexOf('/');
  const single = resources[pathname.slice(0, cut)];
  if (!single) return refusal(404, { message: `Unrecognized request URL (GET: ${pathname}).` });
  const unknown = [...searchParams.keys()].find((name) => rootOf(name) !== 'expand');
  if (unknown !== undefined) return unknownParameter(unknown);
  const id = decodeURIComponent(pathname.slice(cut + 1));
  const found = objects.all(single.object, context.nowSeconds).find((object) => object.id === id);
  return found ? { status: 200, body: found } : missing(404, single.object, id, 'id');
}

/** https://docs.stripe.com/api/errors */
export function refusal(
  status: number,
  error: { readonly message: string; readonly code?: string; readonly param?: string; readonly type?: string },
): StripeAnswer {
  return { status, body: { error: { type: 'invalid_request_error', ...error } } };
}

class Refused extends Error {
  constructor(readonly answer: StripeAnswer) {
    super('refused');
  }
}

function list(
  objects: StripeObjects,
  { path, resource, query }: { readonly path: string; readonly resource: Resource; readonly query: URLSearchParams },
  { nowSeconds, mostPerPage }: AnswerContext,
): StripeAnswer {
  try {
    const asked = parameters(resource, query);
    const everything = objects.all(resource.object, nowSeconds);
    const [after] = asked.get('starting_after') ?? [];
    const start = after === undefined ? 0 : everything.findIndex(({ id }) => id === after) + 1;
    if (after !== undefined && start === 0) return missing(400, resource.object, after, 'starting_after');
    const wanted = everything.slice(start).filter((object) => isWanted(object, resource, query, asked));
    const limit = Math.min(limitOf(asked), mostPerPage);
    const expand = asked.get('expand') ?? [];
    const data = wanted.slice(0, limit).map((object) => expanded(objects, object, expand, nowSeconds));
    return { status: 200, body: { object: 'list', data, has_more: wanted.length > limit, url: path } };
  } catch (error) {
    if (error instanceof Refused) return error.answer;
    throw error;
  }
}

/** The parameters by name, without brackets. */
function parameters({ filters, statuses }: Resource, query: URLSearchParams): ReadonlyMap<string, readonly string[]> {
  const known = [
    'limit',
    'starting_after',
    'expand',
    'created',
    ...Object.keys(filters),
    ...('invoice' in filters ? ['payment'] : []),
  ];
  const asked = new Map<string, string[]>();
  for (const [name, value] of query) {
    const root = rootOf(name);
    const isUnknown = !known.includes(root) || (root === 'created' && !/^created(\[(gte?|lte?)\])?$/.test(name));
    if (isUnknown) throw new Refused(unknownParameter(name));
    if (root === 'created' && !/^\d+$/.test(value)) throw new Refused(badInteger(name, value));
    asked.set(root, [...(asked.get(root) ?? []), value]);
  }
  const [status] = asked.get('status') ?? [];
  if (status !== undefined && statuses && !statuses.includes(status)) {
    throw new Refused(refusal(400, { message: `Invalid status: must be one of ${statuses.join(', ')}`, param: 'status' }));
  }
  if ((asked.get('types') ?? []).length > 20) {
    throw new Refused(refusal(400, { message: 'You may pass up to 20 types.', param: 'types' }));
  }
  if (asked.has('type') && asked.has('types')) {
    throw new Refused(refusal(400, { message: 'You may pass either type or types, but not both.', param: 'types' }));
  }
  return asked;
}

function rootOf(name: string): string {
  return name.replace(/\[.*$/, '');
}

function limitOf(asked: ReadonlyMap<string, readonly string[]>): number {
  const [text = '10'] = asked.get('limit') ?? [];
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > 100) throw new Refused(badInteger('limit', text));
  return limit;
}

function isWanted(
  object: StripeObject,
  { filters }: Resource,
  query: URLSearchParams,
  asked: ReadonlyMap<string, readonly string[]>,
): boolean {
  return (
    isMadeIn(object.created, query) &&
    isPaymentOf(object, query) &&
    Object.entries(filters).every(([name, filter]) => !asked.has(name) || filter(object, asked.get(name) ?? []))
  );
}

function isMadeIn(created: number, query: URLSearchParams): boolean {
  const at = (name: string): number | null => (query.has(name) ? Number(query.get(name)) : null);
  return (
    created === (at('created') ?? created) &&
    created >= (at('created[gte]') ?? created) &&
    created <= (at('created[lte]') ?? created) &&
    created > (at('created[gt]') ?? -1) &&
    created < (at('created[lt]') ?? Infinity)
  );
}

/** https://docs.stripe.com/api/invoice-payment/list: by type and id. */
function isPaymentOf({ payment }: StripeObject, query: URLSearchParams): boolean {
  const fields = (typeof payment === 'object' && payment !== null ? payment : {}) as Record<string, unknown>;
  const intent = query.get('payment[payment_intent]');
  const type = query.get('payment[type]');
  if (intent !== null && type === null) {
    throw new Refused(
      refusal(400, { message: 'Missing required param: payment[type].', code: 'parameter_missing', param: 'payment[type]' }),
    );
  }
  return (type === null || fields.type === type) && (intent === null || fields.payment_intent === intent);
}

function expanded(objects: StripeObjects, object: StripeObject, paths: readonly string[], nowSeconds: number): StripeObject {
  return paths.reduce((whole, path) => {
    const [data, ...fields] = path.split('.');
    if (data !== 'data' || fields.length === 0 || fields.length > 3) throw new Refused(notExpandable(path));
    return withField(objects, whole, { fields, path }, nowSeconds);
  }, object);
}

function withField(
  objects: StripeObjects,
  object: StripeObject,
  { fields, path }: { readonly fields: readonly string[]; readonly path: string },
  nowSeconds: number,
): StripeObject {
  const [field, ...deeper] = fields;
  if (field === undefined) return object;
  if (!expandable[object.object]?.includes(field)) throw new Refused(notExpandable(path));
  if (field === 'payments') {
    const data = objects.all('invoice_payment', nowSeconds).filter(({ invoice }) => invoice === object.id);
    return { ...object, payments: { object: 'list', data, has_more: false, url: '/v1/invoice_payments' } };
  }
  const found = objects.all(objectOfField[field] ?? field, nowSeconds).find(({ id }) => id === object[field]);
  return found ? { ...object, [field]: withField(objects, found, { fields: deeper, path }, nowSeconds) } : object;
}

function subscriptionsOf({ subscription, parent }: StripeObject): readonly unknown[] {
  const details = (parent as { subscription_details?: { subscription?: unknown } } | null | undefined)?.subscription_details;
  return [subscription, details?.subscription];
}

function missing(status: number, object: string, id: string, param: string): StripeAnswer {
  return refusal(status, { code: 'resource_missing', message: `No such ${object}: '${id}'`, param });
}

function unknownParameter(name: string): StripeAnswer {
  return refusal(400, { code: 'parameter_unknown', message: `Received unknown parameter: ${name}`, param: name });
}

function badInteger(name: string, value: string): StripeAnswer {
  return refusal(400, { code: 'parameter_invalid_integer', message: `Invalid integer: ${value}`, param: name });
}

function notExpandable(path: string): StripeAnswer {
  return refusal(400, { message: `This property cannot be expanded (${path}).` });
}

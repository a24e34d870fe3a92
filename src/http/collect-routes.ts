/** `/collect`, `/collect/purchase`: what the browser script posts. Open to the internet, so everything is checked and limited. */
import type { Request, RequestHandler, Response, Router } from 'express';
import express from 'express';
import { z } from 'zod';
import { boughtItem, boughtList, listedPriceMinor } from '../domain/bought-item';
import { compact } from '../domain/compact';
import { dayMs } from '../domain/duration';
import { maxLengths, usableHint } from '../domain/hints';
import type { IdentityHints } from '../domain/identity';
import { ipAddress } from '../domain/ip-address';
import { isCurrency } from '../domain/money';
import { type PageContents, validTtclid } from '../tiktok';
import type { Telemetry } from '../telemetry/events';
import { Unavailable } from '../application/unavailable';
import type { BrowserPurchases } from '../application/browser-purchases';
import { withTimeout } from './timeout';
import { integrationOf } from './integration';
import { cors } from './cors';
import { badRequest, type ProblemLogger } from './problem';
import { createRateLimit } from './rate-limit';

export interface CollectRoutesDeps {
  readonly visitors: BrowserPurchases;
  readonly telemetry: Pick<Telemetry, 'pageCalled' | 'originRefused'>;
  readonly logger: Pick<ProblemLogger, 'warn'>;
  readonly integrations: readonly string[];
  readonly allowedOrigins: readonly string[];
  /** Refuses more calls at once than the database has time for. */
  readonly bulkhead: RequestHandler;
  /** Calls that one address may make. */
  readonly collectPerMinute: number;
  /** Where the click id's cookie is set by the server; null: nowhere. */
  readonly cookieDomain: string | null;
}

export function createCollectRouter(deps: CollectRoutesDeps): Router {
  const { visitors, integrations, allowedOrigins, cookieDomain, telemetry } = deps;
  const router = express.Router();
  router.use((req, res, next) => {
    const route = req.path === '/purchase' ? 'purchase' : 'collect';
    const integration = knownIntegration(req, integrations);
    if (req.method === 'POST') res.once('finish', () => telemetry.pageCalled({ integration, route, status: res.statusCode }));
    next();
  });
  router.use(
    cors({
      ...{ origins: allowedOrigins, methods: ['POST'], credentials: cookieDomain !== null },
      onRefused: (req, origin) => telemetry.originRefused({ integration: knownIntegration(req, integrations), origin }),
    }),
  );
  router.use(warnOfProxy(deps.logger));
  router.use(createRateLimit(deps.collectPerMinute, 'too many calls from this address: wait a minute'));
  // `text/plain` spares the page a preflight, and is what sendBeacon sends.
  router.use(express.raw({ type: () => true, limit: '1mb' }));
  router.use(deps.bulkhead);

  router.post('/', async (req, res) => {
    const integration = integrationOf(req, integrations);
    const { userToken, ...hints } = read(req, visitSchema);
    if (hints.userId === undefined && hints.checkoutId === undefined && hints.email === undefined)
      throw badRequest('one of userId, checkoutId and email is needed');
    const mayIdentify = await inTime(visitors.recordVisit(integration, { hints: withRequest(req, hints), userToken }));
    const ttclid = validTtclid(hints.ttclid);
    if (cookieDomain !== null) {
      if (!mayIdentify) res.clearCookie('ttclid', { domain: cookieDomain, path: '/' });
      else if (ttclid !== undefined) setClickCookie(res, ttclid, cookieDomain);
    }
    res.status(204).end();
  });

  router.post('/purchase', async (req, res) => {
    const integration = integrationOf(req, integrations);
    const { purchaseType, contents, userToken, ...hints } = read(req, askSchema);
    res.set('Cache-Control', 'no-store');
    const ask = { hints: withRequest(req, hints), userToken, purchaseType, contents };
    res.json(await inTime(visitors.authorize(integration, ask)));
  });

  return router;
}

function knownIntegration(req: Request, integrations: readonly string[]): string {
  try {
    return integrationOf(req, integrations);
  } catch {
    return 'unknown'; // the route itself answers why
  }
}

/** An answer in time, or 503: the script asks again, and the page does not wait. */
async function inTime<T>(work: Promise<T>): Promise<T> {
  try {
    return await withTimeout(deadlineMs, work);
  } catch (error) {
    throw new Unavailable('a visit could not be stored', { cause: error });
  }
}

const deadlineMs = 4_000;

/** The visitor's own address and browser, as far as the configured proxies are to be believed. */
function withRequest<T extends IdentityHints>(req: Request, hints: T): T {
  const userAgent = req.get('User-Agent');
  return { ...hints, ...compact<IdentityHints>({ ip: ipAddress(req.ip), userAgent: usableHint('userAgent', userAgent) }) };
}

/** Warns once: behind a proxy that is not configured, all visitors have the proxy's address and share one rate limit. */
function warnOfProxy(logger: Pick<ProblemLogger, 'warn'>): RequestHandler {
  let isSaid = false;
  return (req, _res, next) => {
    const isUnnamed = req.get('X-Forwarded-For') !== undefined && req.app.get('trust proxy') === 0;
    if (isUnnamed && !isSaid) {
      isSaid = true;
      logger.warn(
        {},
        'visitors come through a proxy, and TRUST_PROXY is off: their addresses are lost, and all of them share one limit',
      );
    }
    next();
  };
}

/**
 * Safari keeps what a script stores for a day where the page was opened with a click id, and longer what the site's own server sets.
 * https://webkit.org/tracking-prevention/
 */
function setClickCookie(res: Response, ttclid: string, domain: string): void {
  const maxAge = 90 * dayMs;
  // The script reads it, so it is not `httpOnly`.
  res.cookie('ttclid', ttclid, { domain, path: '/', maxAge, secure: true, sameSite: 'lax' });
}

function read<T>(req: Request, schema: z.ZodType<T>): T {
  const checked = schema.safeParse(parsed(req.body));
  if (checked.success) return checked.data;
  const errors = checked.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  throw badRequest(errors.map(({ path, message }) => (path === '' ? message : `${path} ${message}`)).join('; '), errors);
}

function parsed(body: unknown): unknown {
  try {
    return JSON.parse(Buffer.isBuffer(body) ? body.toString('utf8') : '') as unknown;
  } catch {
    throw badRequest('the body is not JSON');
  }
}

/** Absent, null and empty are the same to a page. What is too long is refused, never cut. */
function text(key: 'ttclid' | 'ttp' | 'referrer' | 'locale') {
  const maxLength = maxLengths[key];
  return z
    .string('must be a text')
    .max(maxLength, `must have at most ${maxLength} characters`)
    .nullish()
    .transform((value) => usableHint(key, value));
}

/** An e-mail, phone number or id that is none is left out, also an over-long one: a purchase does not lose its click for it. */
function identifying(key: 'userId' | 'checkoutId' | 'email' | 'phone') {
  return z
    .string('must be a text')
    .nullish()
    .transform((value) => usableHint(key, value));
}

/** A token that proves nothing is as good as none: the answer does not tell which. */
const userToken = z
  .string('must be a text')
  .nullish()
  .transform((value) => (value === null || value === '' || (value?.length ?? 0) > 128 ? undefined : value));

const person = { userId: identifying('userId'), userToken, email: identifying('email') };

export const visitSchema = z
  .object(
    {
      ...person,
      checkoutId: identifying('checkoutId'),
      url: z.string('must be a text').max(maxLengths.pageUrl, `must have at most ${maxLengths.pageUrl} characters`),
      ttclid: text('ttclid'),
      ttp: text('ttp'),
      referrer: text('referrer'),
      phone: identifying('phone'),
      consent: z
        .union([z.enum(['granted', 'denied', 'unknown']), z.literal('')], 'must be granted, denied or unknown')
        .nullish()
        .transform((value) => (value === '' || value === null ? undefined : value)),
      locale: text('locale'),
    },
    'must be an object',
  )
  .transform(({ url, userToken, ...hints }) => ({
    ...compact<IdentityHints>({ ...hints, pageUrl: usableHint('pageUrl', url) }),
    userToken,
  }));

export const askSchema = z
  .object(
    {
      ...person,
      checkoutId: identifying('checkoutId').refine((value) => value !== undefined, 'is needed'),
      purchaseType: z
        .enum(
          ['subscription', 'free_trial', 'paid_trial', 'lifetime'],
          'must be subscription, free_trial, paid_trial or lifetime',
        )
        .nullish()
        .transform((value) => value ?? 'subscription'),
      contents: z
        .unknown()
        .optional()
        .meta({
          description:
            'What is bought: `[{"content_id", "content_name"?, "content_category"?, "quantity"?, "price"?}]`. What is no entry is left out. With a list, also an empty one, the answer has `properties`: what the pixel is to say beside the value.',
          examples: [[{ content_id: 'price_1Premium', quantity: 1, price: 19.99 }]],
        }),
      currency: z
        .unknown()
        .optional()
        .meta({ description: 'Of the prices: ISO 4217. Without it no price is said.', examples: ['USD'] }),
    },
    'must be an object',
  )
  .transform(({ purchaseType, contents, currency, checkoutId = '', userToken, ...person }) => ({
    ...compact<IdentityHints>(person),
    ...{ checkoutId, userToken },
    purchaseType,
    contents: contents === undefined || contents === null ? undefined : pageContents(contents, currency),
  }));

/** A page's contents, in TikTok's words. A wrong entry loses itself alone, as a wrong e-mail does. */
function pageContents(contents: unknown, said: unknown): PageContents {
  const code = typeof said === 'string' ? said.trim().toUpperCase() : '';
  const currency = isCurrency(code) ? code : undefined;
  const listed: readonly unknown[] = Array.isArray(contents) ? contents.slice(0, mostEntries) : [];
  const bought = listed.map((entry) => {
    const { content_id: id, content_name: name, content_category: category, quantity, price } = membersOf(entry);
    return boughtItem({ id, name, category, quantity, unitMinor: listedPriceMinor(price, currency) });
  });
  return { bought: boughtList(bought), currency };
}

const mostEntries = 50;

function membersOf(entry: unknown): Readonly<Record<string, unknown>> {
  return typeof entry === 'object' && entry !== null ? (entry as Readonly<Record<string, unknown>>) : {};
}

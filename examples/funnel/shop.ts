/** The merchant's server: the pages of the funnel, its checkout, and the stage around them. */
import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Express, Request, Response } from 'express';
import express from 'express';
import type { SeenOrder } from '../../demo/client';
import { captionOf, decisionOf } from './decisions';
import type { Order } from './payments';
import type { Plan } from './plans';
import { amountOf, currency, planOf } from './plans';

export interface ShopDeps {
  /** The service, as browsers reach it. */
  readonly relayUrl: string;
  /** TikTok's end, as browsers reach it. */
  readonly tiktokUrl: string;
  readonly temporalUiUrl: string;
  readonly buy: (plan: Plan, email: string | undefined, metadata: Readonly<Record<string, string>>) => Order;
  /** What the service knows of an order; the operator's token stays on this side. */
  readonly seen: (relayId: string) => Promise<SeenOrder>;
  /** The operator's switch. */
  readonly limit: { read(): Promise<boolean>; write(isOn: boolean): Promise<void> };
}

const pages = join(__dirname, 'pages');

export function createShop({ relayUrl, tiktokUrl, temporalUiUrl, buy, seen, limit }: ShopDeps): Express {
  /** By user id. */
  const emails = new Map<string, string>();
  const orders = new Map<string, Order>();
  const shop = express().disable('x-powered-by');

  /** A page with what the server knows put in, as any template language does it. */
  function show(req: Request, res: Response, page: string, values: Readonly<Record<string, string>> = {}): void {
    const { user_id = '', consent = 'unknown' } = cookiesOf(req);
    const known: Readonly<Record<string, string>> = { relay: relayUrl, user_id, consent, ...values };
    const html = readFileSync(join(pages, page), 'utf8').replace(/\{\{(\w+)\}\}/g, (_, name: string) =>
      escaped(known[name] ?? ''),
    );
    res.set('Cache-Control', 'no-store').type('html').send(html);
  }

  // --- the funnel ----------------------------------------------------------------------------------------------------------------

  shop.get('/landing', (req, res) => show(req, res, 'landing.html'));
  shop.get('/email', (req, res) => show(req, res, 'email.html'));
  shop.get('/paywall', (req, res) => show(req, res, 'paywall.html'));

  shop.post('/register', express.urlencoded({ extended: false }), (req, res) => {
    const { email } = req.body as { email?: string };
    // An id of the user, not of the visit: who comes back has the same.
    const userId = [...emails].find(([, known]) => known === email)?.[0] ?? `user_${randomUUID()}`;
    if (email) emails.set(userId, email);
    res.cookie('user_id', userId, { path: '/', httpOnly: true, sameSite: 'lax' }).redirect(303, '/paywall');
  });

  shop.post('/buy', express.json(), (req, res) => {
    const { plan: type, metadata } = req.body as { plan?: string; metadata?: Record<string, unknown> };
    const plan = planOf(type);
    if (!plan) return void res.status(400).json({ problem: 'no such plan' });
    const { user_id: userId } = cookiesOf(req);
    const texts = Object.entries(metadata ?? {}).filter((pair): pair is [string, string] => typeof pair[1] === 'string');
    const order = buy(plan, emails.get(userId ?? ''), { ...Object.fromEntries(texts), ...(userId ? { user_id: userId } : {}) });
    orders.set(order.id, order);
    res.status(201).json({ order: order.id });
  });

  shop.get('/thanks', (req, res) => {
    const order = orders.get(typeof req.query.order === 'string' ? req.query.order : '');
    if (!order) return res.redirect('/paywall');
    const { plan, metadata } = order;
    show(req, res, 'thanks.html', {
      order: order.id,
      plan: plan.title,
      purchase_type: plan.type,
      value: amountOf(plan.todayMinor),
      currency,
      contents: JSON.stringify(plan.contents),
      checkout_id: metadata.checkout_id ?? '',
      next: nextOf(order),
    });
  });

  /** No merchant has this: a month passes. */
  shop.post('/orders/:id/later', async (req, res) => {
    const order = orders.get(req.params.id);
    if (!order) return void res.status(404).json({ problem: 'no such order' });
    const happened = nextOf(order);
    await order.turnClock();
    res.json({ happened, next: nextOf(order) });
  });

  // --- the stage -----------------------------------------------------------------------------------------------------------------

  shop.get('/', (req, res) => {
    const landing = `/landing?ttclid=E.C.P.${randomBytes(48).toString('base64url')}`;
    show(req, res, 'stage.html', { landing, tiktok: `${tiktokUrl}/_sandbox/`, temporal: temporalUiUrl });
  });
  shop.get('/stage/orders/:id', async (req, res) => {
    const relayId = orders.get(req.params.id)?.relayId() ?? null;
    const { purchases, temporalUrl } = relayId === null ? { purchases: [] } : await seen(relayId);
    res.json({ caption: captionOf(purchases), decisions: purchases.map(decisionOf), temporalUrl: temporalUrl ?? null });
  });
  shop.get('/stage/limit', async (_req, res) => void res.json({ limit: await limit.read() }));
  shop.put('/stage/limit', express.json(), async (req, res) => {
    await limit.write((req.body as { limit?: unknown }).limit === true);
    res.json({ limit: await limit.read() });
  });
  shop.post('/stage/new-visitor', (_req, res) => void res.clearCookie('user_id', { path: '/' }).status(204).end());

  shop.use(express.static(pages, { index: false, cacheControl: false }));
  return shop;
}

/** What the clock brings next, in words and money. */
function nextOf(order: Order): string {
  const phase = order.next();
  if (phase === null) return '';
  const amount = `$${amountOf(order.plan.fullMinor)}`;
  return phase === 'conversion' ? `7 days later: the trial converts, ${amount}` : `A month later: it renews, ${amount}`;
}

function cookiesOf(req: Request): Readonly<Record<string, string | undefined>> {
  const pairs = (req.get('cookie') ?? '').split('; ').map((pair) => pair.split('=', 2) as [string, string]);
  return Object.fromEntries(pairs.map(([name, value = '']) => [name, decodeURIComponent(value)]));
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

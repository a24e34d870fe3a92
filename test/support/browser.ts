/**
 * A page in real Chromium with our script on it, and what leaves it: to a strict stand-in of the service, and to TikTok's stand-in, which
 * also writes down every call of `ttq` in order. Three servers, so that all of it is cross-origin as it is in life.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core';
import type { PixelConfig } from '../../src/browser/config';
import { buildPixelScript, withConfig } from '../../src/browser/build';
import { pixelScript } from '../../sandbox/tiktok/pixel';

export const pixelCode = 'C4TESTPIXEL000000001';

/** As docs/pixel.md gives it. */
export const loader = `<script>window.ttr=window.ttr||new Proxy({q:[],then:0},{get:(t,m)=>m in t?t[m]:(...a)=>new Promise(r=>{t.q.push([m,a,r]);setTimeout(r,2e3,m=='metadata'&&{})})})</script>`;

export interface PageOptions {
  /** Attributes of our script's tag. */
  readonly tag?: string;
  readonly head?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Without our script. */
  readonly bare?: boolean;
}

/** What TikTok's end saw of an event. */
export interface PixelEvent {
  readonly event: string;
  readonly event_id: string | null;
  readonly properties: Record<string, unknown>;
  readonly user: Record<string, string>;
  readonly limited_data_use: boolean;
  readonly consent: string;
}

export interface Purchase {
  readonly send: boolean;
  readonly eventId: string;
  readonly eventName: string;
}

type Mode = 'ok' | 'unavailable' | 'refusing' | 'hanging';

export class Stage {
  /** Bodies of `/collect` and `/collect/purchase` in order of arrival, also of those that were answered with an error. */
  readonly collected: Record<string, unknown>[] = [];
  readonly asked: Record<string, unknown>[] = [];
  /** The cookies that came with `/collect`. */
  readonly cookies: string[] = [];
  /** What came to the service and what it answered to `/collect`, in order. */
  readonly happened: ('collect' | 'collect answered' | 'purchase')[] = [];
  /** Paths that the site was asked for. */
  readonly requested: string[] = [];
  /** Requests that a strict service would refuse. */
  readonly complaints: string[] = [];
  mode: Mode = 'ok';
  /** How long `/collect` takes to answer. */
  collectDelayMs = 0;
  /** What `/collect/purchase` answers; by default yes, with an event id that names the checkout. */
  decide: (question: Record<string, unknown>) => Purchase = yes;
  config: Partial<PixelConfig> = {};
  /** Parts of messages that a test expects the browser (not us) to print. */
  expectedErrors: RegExp[] = [];

  private readonly sent: PixelEvent[] = [];
  private readonly written: { call: unknown[]; page: number; n: number }[] = [];
  private readonly contexts: BrowserContext[] = [];
  private readonly pages = new Map<string, { html: string; headers: Readonly<Record<string, string>> }>();
  private readonly errors: string[] = [];
  private readonly open = new Set<ServerResponse>();

  private constructor(
    private readonly browser: Browser,
    private readonly script: string,
    private servers: Servers,
  ) {}

  static async start(): Promise<Stage> {
    const [browser, script, servers] = await Promise.all([launchBrowser(), buildPixelScript(), startServers()]);
    const stage = new Stage(browser, script, servers);
    stage.openSite();
    servers.relay.on('request', (req: IncomingMessage, res: ServerResponse) => void stage.serveRelay(req, res));
    servers.tiktok.on('request', (req: IncomingMessage, res: ServerResponse) => void stage.serveTikTok(req, res));
    return stage;
  }

  get siteUrl(): string {
    return urlOf(this.servers.site);
  }
  get relayUrl(): string {
    return urlOf(this.servers.relay);
  }
  get tiktokUrl(): string {
    return urlOf(this.servers.tiktok);
  }
  /** The same pages without TLS on a host that is not this machine's: no secure context. */
  get insecureUrl(): string {
    return this.siteUrl.replace('127.0.0.1', 'shop.test');
  }

  put(path: string, body: string, { tag = '', head = '', headers = {}, bare = false }: PageOptions = {}): void {
    const ours = bare ? '' : `${loader}<script async src="${this.relayUrl}/pixel.js" ${tag}></script>`;
    const html = `<!doctype html><html><head><title>Shop</title><link rel="icon" href="data:,">${head}${ours}</head><body>${body}</body></html>`;
    this.pages.set(path, { html, headers });
  }

  async context(options: BrowserContextOptions = {}): Promise<BrowserContext> {
    const context = await newContext(this.browser, { viewport: { width: 800, height: 600 }, ...options });
    context.on('page', (page) => this.listen(page));
    this.contexts.push(context);
    return context;
  }

  /** A page in a browser of its own, our script running on it. */
  async visit(path: string, options: BrowserContextOptions = {}): Promise<Page> {
    const page = await (await this.context(options)).newPage();
    await this.goto(page, path);
    return page;
  }

  async goto(page: Page, path: string): Promise<void> {
    await page.goto(new URL(path, this.siteUrl).href);
    await ready(page);
  }

  /**
   * The events that TikTok's script sent; each counts once as many calls are written down, since one beacon may overtake the other, and
   * a test that has seen the event looks at the calls next.
   */
  get events(): readonly PixelEvent[] {
    return this.sent.slice(0, this.calls('page', 'track').length);
  }

  named(event: string): PixelEvent[] {
    return this.events.filter((one) => one.event === event);
  }

  /** Calls of `ttq` in order, `[method, ...arguments]`: beacons may overtake each other. */
  calls(...methods: string[]): unknown[][] {
    const inOrder = [...this.written].sort((a, b) => a.page - b.page || a.n - b.n).map(({ call }) => call);
    return methods.length === 0 ? inOrder : inOrder.filter(([method]) => methods.includes(method as string));
  }

  /** Names of what left, without TikTok's own page view. */
  names(): string[] {
    return this.events.map(({ event }) => event).filter((name) => name !== 'Pageview');
  }

  async stopRelay(): Promise<void> {
    this.servers.relay.closeAllConnections();
    await new Promise((resolve) => this.servers.relay.close(resolve));
  }

  async restartRelay(port: number): Promise<void> {
    await new Promise<void>((resolve) => this.servers.relay.listen(port, '127.0.0.1', resolve));
  }

  /** Ends a test: its browsers go, and what was written down is looked at once more. */
  async reset(): Promise<{ errors: string[]; complaints: string[] }> {
    // Answered, since Chromium would send again what was merely cut off, into the next test.
    for (const res of this.open) res.writeHead(400).end();
    this.open.clear();
    await Promise.all(this.contexts.splice(0).map((context) => context.close()));
    const errors = this.errors.splice(0).filter((error) => !this.expectedErrors.some((expected) => expected.test(error)));
    const complaints = this.complaints.splice(0);
    for (const list of [this.collected, this.asked, this.cookies, this.happened, this.requested, this.written, this.sent])
      list.length = 0;
    this.pages.clear();
    this.expectedErrors = [];
    this.mode = 'ok';
    this.collectDelayMs = 0;
    this.config = {};
    this.decide = yes;
    await this.moveSite();
    return { errors, complaints };
  }

  async stop(): Promise<void> {
    await this.browser.close();
    for (const server of Object.values(this.servers) as Server[]) {
      server.closeAllConnections();
      server.close();
    }
  }

  private listen(page: Page): void {
    page.on('pageerror', (error) => this.errors.push(`uncaught: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(`console: ${message.text()}`);
    });
  }

  private openSite(): void {
    this.servers.site.on('request', (req: IncomingMessage, res: ServerResponse) => this.serveSite(req, res));
  }

  /** Gives the next test another origin: a beacon outlives its page, so the last test's may still come. `isLate` knows them. */
  private async moveSite(): Promise<void> {
    this.servers.site.closeAllConnections();
    this.servers.site.close();
    this.servers = { ...this.servers, site: await listening() };
    this.openSite();
  }

  /** Sent by a page of an earlier test. */
  private isLate({ headers: { origin } }: IncomingMessage): boolean {
    return origin !== undefined && origin !== this.siteUrl && origin !== this.insecureUrl;
  }

  private serveSite(req: IncomingMessage, res: ServerResponse): void {
    const { pathname } = new URL(req.url!, this.siteUrl);
    const page = this.pages.get(pathname);
    this.requested.push(pathname);
    res.writeHead(page ? 200 : 404, { 'Content-Type': 'text/html; charset=utf-8', ...page?.headers });
    res.end(page?.html ?? '<!doctype html><link rel="icon" href="data:,">not found');
  }

  private async serveRelay(req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (this.isLate(req)) return void res.writeHead(403).end();
    const { pathname, searchParams } = new URL(req.url!, this.relayUrl);
    const { origin } = req.headers;
    if (origin) res.setHeader('Access-Control-Allow-Origin', origin);
    res.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
    if (pathname === '/pixel.js') {
      res.setHeader('Content-Type', 'text/javascript');
      return void res.end(withConfig(this.script, { ...this.defaultConfig(), ...this.config }));
    }
    const body = await readBody(req);
    if (req.method !== 'POST') this.complaints.push(`${req.method ?? ''} ${pathname}: a preflight, or worse`);
    if (searchParams.get('integration') !== 'default') this.complaints.push(`${pathname}: integration missing`);
    if (!(req.headers['content-type'] ?? '').startsWith('text/plain')) this.complaints.push(`${pathname}: content type`);
    const isAsk = pathname === '/collect/purchase';
    this.complaints.push(
      ...(isAsk ? faultsOf(body, askFields, ['checkoutId']) : faultsOf(body, visitFields, ['checkoutId', 'url'])),
    );
    (isAsk ? this.asked : this.collected).push(body);
    this.happened.push(isAsk ? 'purchase' : 'collect');
    if (!isAsk) this.cookies.push(req.headers.cookie ?? '');
    if (this.mode === 'hanging') return void this.open.add(res);
    if (this.mode === 'unavailable') return void res.writeHead(503, { 'Retry-After': '5' }).end();
    if (this.mode === 'refusing') return void res.writeHead(400).end();
    if (this.config.serverCookie) {
      res.setHeader('Access-Control-Allow-Credentials', 'true');
      if (typeof body['ttclid'] === 'string')
        res.setHeader('Set-Cookie', `ttclid=${body['ttclid']}; Path=/; Max-Age=7776000; SameSite=Lax`);
    }
    if (isAsk) res.setHeader('Content-Type', 'application/json').end(JSON.stringify(this.decide(body)));
    else setTimeout(() => this.answerCollect(res), this.collectDelayMs);
  }

  private answerCollect(res: ServerResponse): void {
    this.happened.push('collect answered');
    res.writeHead(204).end();
  }

  private async serveTikTok(req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (this.isLate(req)) return void res.writeHead(403).end();
    const { pathname } = new URL(req.url!, this.tiktokUrl);
    res.setHeader('Access-Control-Allow-Origin', '*');
    if (pathname === '/i18n/pixel/events.js') {
      res.setHeader('Content-Type', 'text/javascript');
      return void res.end(recorded(pixelScript));
    }
    const body = await readBody(req);
    if (pathname === '/calls') this.written.push(body as unknown as (typeof this.written)[number]);
    if (pathname === '/api/v2/pixel/act') this.sent.push(body as unknown as PixelEvent);
    res.end();
  }

  private defaultConfig(): PixelConfig {
    return {
      integration: 'default',
      pixelCode,
      eventName: 'CompletePayment',
      consent: { denied: 'do_not_send', unknown: 'send' },
      scriptUrl: `${this.tiktokUrl}/i18n/pixel/events.js`,
      serverCookie: false,
    };
  }
}

function yes({ checkoutId }: Record<string, unknown>): Purchase {
  return { send: true, eventId: `event-of-${String(checkoutId)}`, eventName: 'CompletePayment' };
}

/** Code of the page, since a test knows none of its names. */
export function call<T>(page: Page, code: string): Promise<T> {
  return page.evaluate<T>(code);
}

/** Our script has taken over from the loader. */
export async function ready(page: Page): Promise<void> {
  await page.waitForFunction(() => 'newCheckout' in ((globalThis as { ttr?: object }).ttr ?? {}));
}

/** Waits until it holds, up to a limit that only a fault reaches; for what must not happen use `quiet` first. */
export async function until(
  holds: () => boolean,
  what: string | (() => unknown) = String(holds),
  withinMs = 60_000,
): Promise<void> {
  const giveUpMs = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > giveUpMs)
      throw new Error(`waited in vain for ${typeof what === 'string' ? what : JSON.stringify(what())}`);
    await sleep(10);
  }
}

/** Long enough for what would have happened to have happened: some frames, and requests on loopback. */
export async function quiet(ms = 250): Promise<void> {
  await sleep(ms);
}

interface Servers {
  readonly site: Server;
  readonly relay: Server;
  readonly tiktok: Server;
}

/** Found by jest.config.js, which leaves these tests out where there is none. */
function chromiumPath(): string {
  const path = process.env['TEST_CHROMIUM_PATH'];
  if (!path)
    throw new Error('no Chromium for the tests of the pixel: install it (apt-get install chromium), or set CHROMIUM_PATH');
  return path;
}

export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath(),
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--host-resolver-rules=MAP shop.test 127.0.0.1',
    ],
    // Playwright turns it off; pages that come back whole are part of what is tested.
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
  });
}

/** A visitor's browser. It waits up to a limit that only a fault reaches, also on a loaded machine. */
export async function newContext(browser: Browser, options: BrowserContextOptions = {}): Promise<BrowserContext> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(60_000);
  return context;
}

async function startServers(): Promise<Servers> {
  const [site, relay, tiktok] = await Promise.all([listening(), listening(), listening()]);
  return { site, relay, tiktok };
}

async function listening(): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function readBody(req: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, unknown>;
  } catch {
    return {};
  }
}

const visitFields = ['userId', 'checkoutId', 'ttclid', 'ttp', 'url', 'referrer', 'email', 'phone', 'consent', 'locale'];
const askFields = ['userId', 'email', 'checkoutId', 'purchaseType', 'contents', 'currency'];

function faultsOf(body: Record<string, unknown>, known: readonly string[], needed: readonly string[]): string[] {
  return [
    ...Object.keys(body)
      .filter((name) => !known.includes(name))
      .map((name) => `${name} is not known`),
    ...Object.entries(body)
      .filter(([name, value]) => (name === 'contents' ? !Array.isArray(value) : typeof value !== 'string'))
      .map(([name]) => `${name} is not a text`),
    ...needed.filter((name) => !body[name]).map((name) => `${name} is missing`),
  ];
}

/** TikTok's stand-in, with every call written down: first what was queued, then what is called. */
function recorded(script: string): string {
  return `(function () {
    var base = new URL(document.currentScript.src).origin;
    var n = 0;
    function write(call) {
      navigator.sendBeacon(base + '/calls', JSON.stringify({ call: call, page: performance.timeOrigin, n: n++ }));
    }
    var queue = window.ttq;
    if (queue._recorded) return;
    Object.defineProperty(queue, '_recorded', { value: true });
    Array.prototype.slice.call(queue).forEach(write);
    window.__record = function () {
      queue.methods.forEach(function (method) {
        var does = queue[method];
        queue[method] = function () {
          write([method].concat(Array.prototype.slice.call(arguments)));
          return does.apply(queue, arguments);
        };
      });
    };
  })();
  ${script}
  if (window.__record) window.__record(), delete window.__record;`;
}

/** All routes of the web process, in order, and nothing else. */
import type { Express, Router } from 'express';
import type { CodecRoutesDeps } from '../http/codec-routes';
import { createCodecRouter } from '../http/codec-routes';
import type { CollectRoutesDeps } from '../http/collect-routes';
import { createCollectRouter } from '../http/collect-routes';
import type { PixelRoutesDeps } from '../http/pixel-routes';
import { createPixelRouter } from '../http/pixel-routes';
import { traceRequests } from '../http/trace-requests';
import type { WebhookRouteDeps } from '../http/webhook-route';
import { createWebhookRouter } from '../http/webhook-route';
import type { ApiDeps } from '../operator/api';
import { apiRoutes, createApiRouter } from '../operator/api';
import type { OperatorTokens } from '../application/operator-tokens';
import { bearerAuth, operatorsOnly } from '../operator/auth';
import { metricsGuard, sandboxGuard } from '../operator/inside';
import { createReferenceRouter } from '../operator/reference-routes';
import type { SignInRefused } from '../telemetry/events';
import type { Tracing } from '../telemetry/tracing';
import { type BulkheadOptions, createBulkhead } from '../http/bulkhead';
import { Problem, tryAgainSoon } from '../http/problem';
import type { FrameDeps } from './frame';
import { createFramedApp } from './frame';

/** The dependencies of each router. */
export interface AppDeps {
  readonly frame: FrameDeps;
  readonly webhooks: WebhookRouteDeps;
  readonly collect: Omit<CollectRoutesDeps, 'bulkhead'>;
  readonly pixel: PixelRoutesDeps;
  readonly codec: Pick<CodecRoutesDeps, 'codec' | 'secret' | 'origins'>;
  readonly api: ApiDeps;
  readonly operatorToken: string;
  /** Of those who look and change nothing; absent: there are none. */
  readonly viewerToken?: string | undefined;
  /** Those that were made here. */
  readonly tokens?: Pick<OperatorTokens, 'find'> | undefined;
  /** METRICS_TOKEN; null: none is set. */
  readonly metricsToken: string | null;
  /** Whether programs of this machine may read metrics and the sandbox without a token. */
  readonly isOpenHere: boolean;
  /** Told of each wrong token. */
  readonly signInRefused: (door: SignInRefused['door']) => void;
  /** Absent or null where no traces are collected. */
  readonly tracing?: Tracing | null;
  /** The operators' pages. */
  readonly console: Router;
  /** The number of proxies in front of the service whose word about a caller's address is believed. */
  readonly trustProxy: number;
  /** TikTok's stand-in, where purchases go while no pixel is set. */
  readonly sandbox: { readonly path: string; readonly router: Router; readonly accessToken: string } | null;
}

/** The pool has ten connections: pages and operators together leave some of them to webhooks. */
const pages: BulkheadOptions = {
  ...{ atOnce: 4, waiting: 200, patienceMs: 3_000 },
  refusal: new Problem(429, 'Too many requests', {
    detail: 'too many pages call at once: try again in a few seconds',
    headers: { 'Retry-After': '5' },
  }),
};
const operators: BulkheadOptions = {
  ...{ atOnce: 4, waiting: 50, patienceMs: 10_000 },
  refusal: tryAgainSoon('too many requests of operators at once'),
};

export function createApp(deps: AppDeps): Express {
  const { operatorToken: token, viewerToken, tokens, isOpenHere, signInRefused } = deps;
  const authOf = (door: SignInRefused['door']) =>
    bearerAuth({ token, viewerToken, tokens, onRefused: () => signInRefused(door) });
  const auth = authOf('api');
  const guard = metricsGuard({ auth: authOf('metrics'), isOpenHere, token: deps.metricsToken });
  return createFramedApp({ ...deps.frame, trustProxy: deps.trustProxy, metrics: { ...deps.frame.metrics, guard } }, (app) => {
    for (const prefix of ['/webhooks', '/collect']) if (deps.tracing) app.use(prefix, traceRequests(deps.tracing, prefix));
    app.use('/webhooks', createWebhookRouter(deps.webhooks));
    app.use('/collect', createCollectRouter({ ...deps.collect, bulkhead: createBulkhead(pages) }));
    app.use(createPixelRouter(deps.pixel));
    if (deps.sandbox) {
      const { path, router, accessToken } = deps.sandbox;
      app.use(path, sandboxGuard({ auth, isOpenHere, accessToken }), router);
    }
    const codecAuth = { operatorAuth: operatorsOnly(authOf('codec')), onRefused: () => signInRefused('codec') };
    app.use('/codec', createCodecRouter({ ...deps.codec, ...codecAuth }));
    app.use('/api', createReferenceRouter({ routes: apiRoutes(deps.api), url: deps.api.publicUrl }));
    const forOperators = createBulkhead(operators);
    app.use('/api', auth, forOperators, createApiRouter(deps.api));
    // Pages ask for much, actions for little; and who is not signed in could send a form slowly.
    app.get('/console{/*page}', forOperators);
    app.use('/console', deps.console);
    app.get('/', (_req, res) => res.redirect(303, '/console/'));
  });
}

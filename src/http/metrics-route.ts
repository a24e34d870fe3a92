/** `/metrics`: Prometheus text of this process, the Temporal SDK's included. */
import type { RequestHandler, Router } from 'express';
import express from 'express';
import type { Registry } from 'prom-client';

export interface MetricsRouteDeps {
  readonly registry: Registry;
  /** Who may read them; absent: whoever reaches the port, which then is one of its own. */
  readonly guard?: RequestHandler | undefined;
  /** The SDK's metrics as Prometheus text; absent where the process runs no worker. */
  readonly sdkMetrics?: (() => Promise<string>) | undefined;
}

/** A scrape is answered without the SDK's metrics rather than not at all. */
export function createMetricsRouter({ registry, guard, sdkMetrics }: MetricsRouteDeps): Router {
  const router = express.Router();
  router.get('/metrics', ...(guard ? [guard] : []), async (_req, res) => {
    const sdk = sdkMetrics ? await sdkMetrics().catch(() => '') : '';
    res.type(registry.contentType).send((await registry.metrics()) + sdk);
  });
  return router;
}

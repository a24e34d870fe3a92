/**
 * The way of a sample: the webhooks' own router on a port of this machine that is open for one request, under a secret that was made for
 * it. So signature, reading and ingestion are those of every webhook, and the public endpoint is opened to nobody.
 */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type { ProblemLogger } from '../http/problem';
import { problems } from '../http/problem';
import type { WebhookRouteDeps } from '../http/webhook-route';
import { createWebhookRouter } from '../http/webhook-route';
import { samplePsp } from '../domain/sample';
import { adapterOf } from '../psp';
import { signStandardWebhook } from '../psp/generic/sign';

/** Delivers a body to the webhooks' router, signed, and answers the status. `deps` are the router's own. */
export function createSampleDelivery(deps: WebhookRouteDeps, logger: ProblemLogger) {
  const adapter = adapterOf(samplePsp);
  if (!adapter) throw new Error(`there is no provider ${samplePsp}`);
  // No webhook of a provider: it is neither in their log nor counted among them.
  const quiet: WebhookRouteDeps = {
    ...deps,
    logWebhook: () => undefined,
    telemetry: { webhookReceived: () => undefined },
  };
  return async (integration: string, body: object): Promise<number> => {
    const secret = `whsec_${randomBytes(32).toString('base64')}`;
    const app = express();
    app.use('/webhooks', createWebhookRouter({ ...quiet, account: () => ({ adapter, secrets: [secret] }) }));
    app.use(problems(logger));
    const server = createServer(app);
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
    try {
      const raw = Buffer.from(JSON.stringify(body));
      const at = { id: `msg_${randomBytes(8).toString('hex')}`, atSeconds: Math.floor(deps.nowMs() / 1000) };
      const { port } = server.address() as AddressInfo; // of a TCP server
      const response = await fetch(`http://127.0.0.1:${port}/webhooks/${integration}/${samplePsp}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', connection: 'close', ...signStandardWebhook(raw, secret, at) },
        body: raw,
      });
      await response.arrayBuffer();
      return response.status;
    } finally {
      server.close();
    }
  };
}

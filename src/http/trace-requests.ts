/** A trace for each request of a webhook or a page: it begins here, whatever trace context a caller sends. */
import type { RequestHandler } from 'express';
import type { Tracing } from '../telemetry/tracing';

/** Middleware for the routes below `prefix`. Of the address only names of ours are told: callers choose the rest. */
export function traceRequests(tracing: Tracing, prefix: string): RequestHandler {
  return (req, res, next) => {
    const ended = new Promise<void>((resolve) => res.once('close', resolve));
    void tracing.span(
      {
        name: `${req.method} ${prefix}`,
        kind: 'server',
        attributes: { 'http.request.method': req.method, 'http.route': prefix },
      },
      async (span) => {
        next();
        await ended;
        span.set({ 'http.response.status_code': res.statusCode });
      },
    );
  };
}

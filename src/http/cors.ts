/** Which pages may call: CORS for the origins that the configuration names, and no wildcard. */
import type { Request, RequestHandler } from 'express';
import { Problem } from './problem';

export interface CorsOptions {
  readonly origins: readonly string[];
  readonly methods: readonly ('GET' | 'POST')[];
  /** Whether the browser may send and keep cookies. */
  readonly credentials: boolean;
  /** Answer requests from other origins too, without letting their pages read the answer. Default: refuse them. */
  readonly isPublic?: boolean;
  /** The variable that names the origins, for the refusal; default ALLOWED_ORIGINS. */
  readonly originsVariable?: string;
  /** Told of each refused request. */
  readonly onRefused?: (req: Request, origin: string) => void;
}

/**
 * Answers preflights, refuses foreign origins with 403 where it matters. A call without an origin is no page's (a server's, an operator's) and passes:
 * this keeps other sites out of our visitors' browsers, not clients that can write any header.
 * https://fetch.spec.whatwg.org/#http-cors-protocol
 */
export function cors(options: CorsOptions): RequestHandler {
  const { origins, methods, credentials, isPublic = false, originsVariable = 'ALLOWED_ORIGINS', onRefused } = options;
  const allowed = new Set(origins);
  const foreign = new Problem(403, 'Foreign origin', {
    detail: `pages of this origin may not call: name it in ${originsVariable} if it is yours`,
  });
  return (req, res, next) => {
    const origin = req.get('Origin');
    res.vary('Origin');
    // The script runs on pages of other origins than ours.
    res.set('Cross-Origin-Resource-Policy', 'cross-origin');
    if (origin === undefined) return next();
    if (!allowed.has(origin)) {
      if (isPublic) return next();
      onRefused?.(req, origin);
      return next(foreign);
    }
    res.set('Access-Control-Allow-Origin', origin);
    if (credentials) res.set('Access-Control-Allow-Credentials', 'true');
    if (req.method !== 'OPTIONS') return next();
    // Monitoring and tracing scripts of a page add headers of their own to its requests.
    const headers = req.get('Access-Control-Request-Headers') ?? 'Content-Type';
    res.set('Access-Control-Allow-Methods', methods.join(', ')).set('Access-Control-Allow-Headers', headers);
    res.set('Access-Control-Max-Age', '7200').status(204).end();
  };
}

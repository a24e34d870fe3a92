/** TikTok's side of the pixel: the script that a page loads, and the endpoint of its events. */
import express, { Router, type Request, type Response } from 'express';
import { bodyText, fieldsOf, numberOf, parsed, textOf } from './fields';
import type { Fate, Ledger } from './ledger';
import { judgePixelEvent, visitorOf } from './pixel-rules';
import { pageFile } from './page-file';

export interface PixelDeps {
  readonly ledger: Ledger;
  /** Accepted pixel codes. Default: any. */
  readonly pixelCodes: readonly string[] | undefined;
  readonly nowMs: () => number;
  readonly nextRequestId: () => string;
}

export const pixelScriptPath = '/i18n/pixel/events.js';
export const pixelActPath = '/api/v2/pixel/act';

/** The sandbox's copy of TikTok's `events.js`, as pages load it. */
export const pixelScript = pageFile('events.js');

export function createPixelRouter({ ledger, pixelCodes, nowMs, nextRequestId }: PixelDeps): Router {
  const router = Router({ strict: true });

  router.get(pixelScriptPath, openToAll, ({ query: { sdkid, lib } }: Request, res: Response) => {
    res.type('text/javascript').set('Cache-Control', 'no-cache');
    if (typeof sdkid === 'string' && sdkid !== '' && lib === 'ttq') res.send(pixelScript);
    else res.status(400).send('// TikTok’s stand-in: events.js?sdkid=YOUR_PIXEL_CODE&lib=ttq, both are needed\n');
  });

  /** The script posts JSON as plain text, which needs no preflight. */
  router.post(pixelActPath, openToAll, express.raw({ type: () => true, limit: '256kb' }), (req: Request, res: Response) => {
    const body = fieldsOf(parsed(req.body));
    const { refusal, warnings } = judgePixelEvent(body);
    const pixelCode = textOf(body.pixelCode);
    const isUnknown = refusal === null && pixelCodes !== undefined && !pixelCodes.includes(pixelCode ?? '');
    const problem = isUnknown ? 'pixelCode: does not exist' : refusal;
    const [code, message] = problem === null ? [0, 'OK'] : [40002, problem];
    const at = nowMs();
    const eventName = textOf(body.event);
    const eventId = textOf(body.event_id) || null;
    const properties = fieldsOf(body.properties);
    const requestId = nextRequestId();
    ledger.keepRequest(requestId, bodyText(req.body));
    const fate: Fate = problem === null ? ledger.fateOf(pixelCode ?? '', eventName ?? '', eventId, at) : 'refused';
    ledger.add({
      source: 'browser',
      at,
      requestId,
      pixelCode,
      testEventCode: null,
      eventName,
      eventId,
      eventTime: typeof body.at === 'number' ? Math.floor(body.at / 1_000) : null,
      value: numberOf(properties.value),
      currency: textOf(properties.currency),
      properties,
      user: visitorOf(body, { ip: req.ip, userAgent: req.get('user-agent') }),
      pageUrl: textOf(body.url),
      limitedDataUse: body.limited_data_use === true,
      fate,
      answer: `${code}: ${message}`,
      warnings,
    });
    res.status(problem === null ? 200 : 400).json({ code, message, request_id: requestId, data: {} });
  });
  return router;
}

/** Allows pages of every origin, even if the surrounding app forbids them by default. */
function openToAll(req: Request, res: Response, next: () => void): void {
  const origin = req.get('origin');
  res.set('Cross-Origin-Resource-Policy', 'cross-origin').vary('Origin');
  // A beacon has credentials, for which `*` is not enough.
  if (origin !== undefined) res.set({ 'Access-Control-Allow-Origin': origin, 'Access-Control-Allow-Credentials': 'true' });
  next();
}

/**
 * `/codec/encode`, `/codec/decode`: Temporal's remote codec protocol, by which its UI and CLI read and write encrypted payloads.
 * https://docs.temporal.io/production-deployment/data-encryption#codec-server-setup
 */
import type { RequestHandler, Router } from 'express';
import express from 'express';
import { z } from 'zod';
import { cors } from './cors';
import { createFailureLimit } from './rate-limit';
import { badRequest, notFound } from './problem';
import { isSameSecret } from './same-secret';

/** A payload of Temporal's API in bytes. */
export interface CodecPayload {
  readonly metadata?: Record<string, Uint8Array> | null;
  readonly data?: Uint8Array | null;
}

export interface CodecRoutesDeps {
  readonly codec: {
    encode(payloads: CodecPayload[]): Promise<CodecPayload[]>;
    /** Rejects when a payload can't be decrypted. */
    decode(payloads: CodecPayload[]): Promise<CodecPayload[]>;
  };
  /** Guards `/codec/encode` and `/codec/decode`, as it guards `/api`. */
  readonly operatorAuth: RequestHandler;
  /** Opens `/codec/<secret>/…` for the Temporal UI, which can send no token. */
  readonly secret: string;
  /** Of the Temporal UI: the only pages that may call. */
  readonly origins: readonly string[];
  /** Told of each wrong secret. */
  readonly onRefused?: (() => void) | undefined;
  /** Wrong secrets that one address may try per minute; default 20. */
  readonly failuresPerMinute?: number;
}

/** Never logs a body. A payload that can't be decrypted is answered as it came, so that the others are shown. */
export function createCodecRouter(deps: CodecRoutesDeps): Router {
  const { codec, operatorAuth, secret, origins, onRefused, failuresPerMinute = 20 } = deps;
  const limitFailures = createFailureLimit(failuresPerMinute);
  const pathAuth: RequestHandler = (req, res, next) => {
    if (isSameSecret(String(req.params['secret']), secret)) return next();
    onRefused?.();
    void limitFailures(req, res, (error?: unknown) => next(error ?? notFound('there is no such codec endpoint')));
  };
  const parseJson = express.json({ type: () => true, limit: '16mb' });
  const encode: RequestHandler = async (req, res) => {
    const encoded = await codec.encode(payloadsOf(req.body).map(fromJson));
    res.json({ payloads: encoded.map(toJson) });
  };
  const decode: RequestHandler = async (req, res) => {
    res.json({ payloads: await Promise.all(payloadsOf(req.body).map((payload) => decodedOrAsItCame(codec, payload))) });
  };

  const router = express.Router();
  router.use((_req, res, next) => {
    res.set('Cache-Control', 'no-store');
    next();
  });
  router.use(cors({ origins, methods: ['POST'], credentials: false, originsVariable: 'TEMPORAL_UI_URL' }));
  router.post('/encode', operatorAuth, parseJson, encode);
  router.post('/decode', operatorAuth, parseJson, decode);
  router.post('/:secret/encode', pathAuth, parseJson, encode);
  router.post('/:secret/decode', pathAuth, parseJson, decode);
  return router;
}

/** A payload as protobuf's JSON has it: bytes in base64. */
type JsonPayload = z.infer<typeof jsonPayload>;

const base64 = z.string().regex(/^[A-Za-z0-9+/_-]*={0,2}$/);
const jsonPayload = z.looseObject({ metadata: z.record(z.string(), base64).nullish(), data: base64.nullish() });
/** The CLI leaves `payloads` out where there are none, as in a query without arguments. */
export const codecBody = z.object({ payloads: z.array(jsonPayload).nullish() });

function payloadsOf(body: unknown): JsonPayload[] {
  const checked = codecBody.safeParse(body ?? {});
  if (!checked.success) throw badRequest('the body must be {"payloads": […]}, each payload with metadata and data in base64');
  return checked.data.payloads ?? [];
}

async function decodedOrAsItCame(codec: CodecRoutesDeps['codec'], payload: JsonPayload): Promise<JsonPayload> {
  try {
    const [decoded] = await codec.decode([fromJson(payload)]);
    return decoded ? toJson(decoded) : payload;
  } catch {
    return payload; // encrypted with a key that is no longer in ENCRYPTION_KEYS, or damaged
  }
}

function fromJson({ metadata, data }: JsonPayload): CodecPayload {
  const bytes = Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value, 'base64')] as const);
  return { metadata: Object.fromEntries(bytes), data: Buffer.from(data ?? '', 'base64') };
}

function toJson({ metadata, data }: CodecPayload): JsonPayload {
  const texts = Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('base64')] as const);
  return { metadata: Object.fromEntries(texts), data: Buffer.from(data ?? []).toString('base64') };
}

/** Seals every payload that Temporal stores: arguments, results, memos, summaries, and the words of failures. */
import type { DataConverter, Payload, PayloadCodec } from '@temporalio/common';
import { defaultPayloadConverter } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import { UnknownKeyError, type Keyring } from '../crypto/keyring';
import { unsealedMember } from '../../workflows/contract';

const encoding = 'binary/encrypted';
const encodingField = 'encoding';
export const keyIdField = 'encryption-key-id';

/** For clients. The workflow bundle must be made with `failureConverterPath` too. */
export function dataConverterFor(keyring: Keyring): DataConverter {
  return { payloadCodecs: [new EncryptionCodec(keyring)], failureConverterPath };
}

/** For workers: what workflows and activities receive shows whether it was sealed. */
export function workerConverterFor(keyring: Keyring): DataConverter {
  return { payloadCodecs: [new WorkerCodec(keyring)], failureConverterPath };
}

/** The module by which error messages and stack traces become payloads, and are sealed as such. */
export const failureConverterPath = require.resolve('./failure-converter');

/** The whole payload, metadata included, is sealed; what remains readable is that it is sealed and with which key. */
export class EncryptionCodec implements PayloadCodec {
  constructor(private readonly keyring: Keyring) {}

  encode(payloads: Payload[]): Promise<Payload[]> {
    return attempt(() => payloads.map((payload) => this.seal(payload)));
  }

  /** Payloads that are not sealed by us pass through: others may have written them, or the server itself. */
  decode(payloads: Payload[]): Promise<Payload[]> {
    return attempt(() => payloads.map((payload) => (isSealed(payload) ? this.open(payload) : payload)));
  }

  private seal(payload: Payload): Payload {
    const { keyId, bytes } = this.keyring.seal(PayloadMessage.encode(payload).finish());
    return { metadata: { [encodingField]: utf8(encoding), [keyIdField]: utf8(keyId) }, data: bytes };
  }

  private open(payload: Payload): Payload {
    const keyId = text(payload.metadata?.[keyIdField]);
    if (keyId === null) throw new Error(`a payload says ${encoding} and names no ${keyIdField}`);
    const bytes = Buffer.from(payload.data ?? []);
    // Decoded as a plain object: payloads cross into the workflow sandbox, where message classes mean nothing.
    const { metadata, data } = PayloadMessage.decode(this.keyring.open({ keyId, bytes }, 'a payload of Temporal'));
    return { metadata, data };
  }
}

/**
 * As the codec of clients, but what we have not sealed is wrapped (`unsealedMember`): nobody without a key may report money. An object of
 * texts alone passes as it is, since it holds no money: the headers of a trace, an operator's name.
 */
export class WorkerCodec extends EncryptionCodec {
  override decode(payloads: Payload[]): Promise<Payload[]> {
    return Promise.all(payloads.map((payload) => this.openOrWrap(payload)));
  }

  /** A forgery is wrapped as well: it would block its workflow for ever. A key that is not configured may come back. */
  private async openOrWrap(payload: Payload): Promise<Payload> {
    if (!isSealed(payload)) return wrapped(payload);
    try {
      const [open] = await super.decode([payload]);
      return open ?? wrapped(payload);
    } catch (error) {
      if (error instanceof UnknownKeyError) throw error;
      return defaultPayloadConverter.toPayload({ [unsealedMember]: null });
    }
  }
}

function wrapped(payload: Payload): Payload {
  const value = readable(payload);
  return isOfTexts(value) ? payload : defaultPayloadConverter.toPayload({ [unsealedMember]: value });
}

/** Null for what is no JSON. */
function readable(payload: Payload): unknown {
  try {
    return defaultPayloadConverter.fromPayload<unknown>(payload) ?? null;
  } catch {
    return null;
  }
}

function isOfTexts(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.values(value).every((member) => typeof member === 'string');
}

const PayloadMessage = temporal.api.common.v1.Payload;

function isSealed(payload: Payload): boolean {
  return text(payload.metadata?.[encodingField]) === encoding;
}

function utf8(value: string): Uint8Array {
  return Buffer.from(value, 'utf8');
}

function text(bytes: Uint8Array | null | undefined): string | null {
  return bytes ? Buffer.from(bytes).toString('utf8') : null;
}

/** A codec's failure must be a rejection, not an exception from the call. */
async function attempt<T>(run: () => T): Promise<T> {
  return await Promise.resolve().then(run);
}

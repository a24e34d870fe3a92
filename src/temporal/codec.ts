/** Seals every payload that Temporal stores: arguments, results, memos, summaries, and the words of failures. */
import type { DataConverter, Payload, PayloadCodec } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import type { Keyring } from '../crypto/keyring';

const encoding = 'binary/encrypted';
const encodingField = 'encoding';
export const keyIdField = 'encryption-key-id';

/** For clients and workers alike. The workflow bundle must be made with `failureConverterPath` too. */
export function dataConverterFor(keyring: Keyring): DataConverter {
  return { payloadCodecs: [new EncryptionCodec(keyring)], failureConverterPath };
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

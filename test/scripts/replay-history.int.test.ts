import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { converterFor, replayHistory } from '../../scripts/replay-history';
import { Keyring } from '../../src/crypto/keyring';
import { dataConverterFor, EncryptionCodec } from '../../src/temporal/codec';

interface JsonPayload {
  metadata: Record<string, string>;
  data: string;
}

const json = readFileSync(join(__dirname, '..', 'histories', 'free-trial.json'), 'utf8');
const keyring = new Keyring([{ id: 'k1', key: Buffer.alloc(32, 7) }]);

describe('npm run replay', () => {
  it('replays an encrypted history with the keys that it was encrypted with', async () => {
    const encrypted = JSON.stringify(await encryptPayloads(JSON.parse(json)));
    expect(encrypted).toContain(base64('binary/encrypted'));
    await expect(replayHistory(encrypted, dataConverterFor(keyring))).resolves.toBeUndefined();
  });

  it('refuses one that the code would not go on with', async () => {
    const tampered = json.replaceAll('"reportPurchase"', '"refundPurchase"');
    expect(tampered).not.toBe(json);
    await expect(replayHistory(tampered, converterFor(tampered))).rejects.toThrow(/refundPurchase|reportPurchase/);
  });
});

/** The history as a server keeps it; recorded histories are in clear. */
async function encryptPayloads(value: unknown): Promise<unknown> {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return Promise.all(value.map(encryptPayloads));
  if (isPayload(value)) {
    const metadata = Object.fromEntries(Object.entries(value.metadata).map(([key, text]) => [key, Buffer.from(text, 'base64')]));
    const [sealed] = await new EncryptionCodec(keyring).encode([{ metadata, data: Buffer.from(value.data, 'base64') }]);
    return {
      metadata: Object.fromEntries(Object.entries(sealed!.metadata!).map(([key, bytes]) => [key, base64(bytes)])),
      data: base64(sealed!.data!),
    };
  }
  // The server indexes search attributes, so no codec touches them.
  const entries = Object.entries(value).map(
    async ([key, inner]) => [key, key === 'searchAttributes' ? inner : await encryptPayloads(inner)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

function isPayload(value: object): value is JsonPayload {
  return 'metadata' in value && 'data' in value && typeof value.data === 'string';
}

function base64(bytes: Uint8Array | string): string {
  return Buffer.from(bytes as Uint8Array).toString('base64');
}

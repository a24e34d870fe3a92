/** AES-256-GCM with key rotation: the first key seals, every key opens. Workflow payloads and encrypted columns share one keyring. */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

/** A key and the id that is stored beside everything it sealed. */
export interface SealingKey {
  readonly id: string;
  /** 32 bytes. */
  readonly key: Buffer;
}

/** A ciphertext and its key's id. `bytes` is nonce (12) · ciphertext · tag (16). */
export interface Sealed {
  readonly keyId: string;
  readonly bytes: Buffer;
}

/** A ciphertext names a key that ENCRYPTION_KEYS no longer lists. */
export class UnknownKeyError extends Error {
  override readonly name = 'UnknownKeyError';
  /** `what` was sealed with it. */
  constructor(
    readonly keyId: string,
    what = 'a value',
  ) {
    super(
      `${what}: sealed with the key "${keyId}", which ENCRYPTION_KEYS does not have; ` +
        'put it back, after the first one, until `npm run reseal` says that nothing needs it',
    );
  }
}

const nonceBytes = 12;
const tagBytes = 16;

/** Seals and opens bytes and JSON values. */
export class Keyring {
  private readonly newest: SealingKey;
  private readonly byId: ReadonlyMap<string, SealingKey>;
  private readonly markKey: Buffer;

  /** @throws if there is no key, a key is not 32 bytes, or an id appears twice. */
  constructor(keys: readonly SealingKey[]) {
    const [newest] = keys;
    if (!newest) throw new Error('a keyring needs at least one key');
    for (const { id, key } of keys) if (key.length !== 32) throw new Error(`key "${id}" has ${key.length} bytes instead of 32`);
    this.newest = newest;
    this.byId = new Map(keys.map((key) => [key.id, key]));
    if (this.byId.size !== keys.length) throw new Error('two keys have the same id');
    this.markKey = Buffer.from(hkdfSync('sha256', newest.key, '', 'marks', 32));
  }

  /** The key id is authenticated together with the content. */
  seal(clear: Uint8Array): Sealed {
    const { id, key } = this.newest;
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', key, nonce);
    cipher.setAAD(Buffer.from(id));
    return { keyId: id, bytes: Buffer.concat([nonce, cipher.update(clear), cipher.final(), cipher.getAuthTag()]) };
  }

  /** `what` names it in the error. @throws UnknownKeyError, or an error when the bytes were changed. */
  open({ keyId, bytes }: Sealed, what?: string): Buffer {
    const found = this.byId.get(keyId);
    if (!found) throw new UnknownKeyError(keyId, what);
    if (bytes.length < nonceBytes + tagBytes) throw new Error('sealed bytes are too short');
    const decipher = createDecipheriv('aes-256-gcm', found.key, bytes.subarray(0, nonceBytes));
    decipher.setAAD(Buffer.from(keyId));
    decipher.setAuthTag(bytes.subarray(-tagBytes));
    return Buffer.concat([decipher.update(bytes.subarray(nonceBytes, -tagBytes)), decipher.final()]);
  }

  /** Seals a JSON value into one string, `keyId.base64url`. */
  sealJson(value: unknown): string {
    const { keyId, bytes } = this.seal(Buffer.from(JSON.stringify(value)));
    return `${keyId}.${bytes.toString('base64url')}`;
  }

  /** The inverse of `sealJson`; the caller knows the type. `what` names it in the error. */
  openJson(sealed: string, what?: string): unknown {
    return JSON.parse(this.open(partsOf(sealed), what).toString('utf8'));
  }

  /** Seals with the first key what another one has sealed as JSON. @throws UnknownKeyError */
  resealJson(sealed: string, what?: string): string {
    const { keyId, bytes } = this.seal(this.open(partsOf(sealed), what));
    return `${keyId}.${bytes.toString('base64url')}`;
  }

  /**
   * The same text has the same mark while the first key is the same; without the key nobody can tell a text by its mark. 128 bits, in
   * base64url.
   */
  mark(text: string): string {
    return createHmac('sha256', this.markKey).update(text).digest().subarray(0, 16).toString('base64url');
  }

  /** The id of the key that seals. */
  get firstKeyId(): string {
    return this.newest.id;
  }
}

function partsOf(sealed: string): Sealed {
  const dot = sealed.lastIndexOf('.');
  return { keyId: sealed.slice(0, dot), bytes: Buffer.from(sealed.slice(dot + 1), 'base64url') };
}

/** The payload codec: by itself, and behind its two addresses. */
import fc from 'fast-check';
import { Keyring } from '../../../src/crypto/keyring';
import { EncryptionCodec } from '../../../src/temporal/codec';
import { ask, checkProblem, documented } from '../http';
import { damage, damaged, jsonOf, mutated, mutation, oddText } from '../mutations';
import { operatorToken } from '../service';
import { target, type Target, Undocumented } from '../run';

const codec = new EncryptionCodec(new Keyring([{ id: 'k1', key: Buffer.alloc(32, 1) }]));
const other = new EncryptionCodec(new Keyring([{ id: 'k1', key: Buffer.alloc(32, 2) }]));

interface Sealed {
  readonly data: Uint8Array;
  readonly metadata: Readonly<Record<string, Uint8Array>>;
  readonly change: 'none' | 'cut' | 'flip' | 'longer' | 'key id' | 'other key' | 'no key id' | 'empty' | 'encoding';
  readonly at: number;
}

/** Protobuf's texts are UTF-8: half a surrogate pair is none. */
const wellFormed = oddText.map((text) => text.replace(/\p{Cs}/gu, ''));

const payloads: fc.Arbitrary<Sealed> = fc.record({
  data: fc.oneof(
    { weight: 100, arbitrary: fc.uint8Array({ maxLength: 500 }) },
    { weight: 1, arbitrary: fc.constantFrom(1_000_000, 200_000).map((length) => new Uint8Array(length).fill(7)) },
  ),
  metadata: fc.dictionary(fc.oneof(fc.constant('encoding'), wellFormed), fc.uint8Array({ maxLength: 40 }), {
    maxKeys: 3,
    noNullPrototype: true,
  }),
  change: fc.constantFrom('none', 'cut', 'flip', 'longer', 'key id', 'other key', 'no key id', 'empty', 'encoding'),
  at: fc.noBias(fc.nat()),
});

/** What was sealed opens as it was, or not at all. */
export const codecTarget = target<Sealed>({
  name: 'payload codec',
  inputs: payloads,
  size: ({ data }) => data.length,
  shown: ({ data, change, at, metadata }) =>
    `${change} ${at} ${JSON.stringify(metadata)} ${Buffer.from(data).toString('base64')}`,
  async handle({ data, metadata, change, at }) {
    const [sealed] = await codec.encode([{ data, metadata }]);
    const bytes = Buffer.from(sealed!.data!);
    const keyId = Buffer.from(`k${at % 100}`);
    const changed = {
      none: sealed!,
      cut: { ...sealed, data: bytes.subarray(0, at % bytes.length) },
      flip: { ...sealed, data: flipped(bytes, at) },
      longer: { ...sealed, data: Buffer.concat([bytes, Buffer.alloc(1 + (at % 50))]) },
      'key id': { ...sealed, metadata: { ...sealed!.metadata, 'encryption-key-id': keyId } },
      'other key': sealed!,
      'no key id': { ...sealed, metadata: { encoding: sealed!.metadata!['encoding']! } },
      empty: { ...sealed, data: Buffer.alloc(0) },
      encoding: { ...sealed, metadata: { ...sealed!.metadata, encoding: Buffer.from('binary/plain') } },
    }[change];
    const opened = await (change === 'other key' ? other : codec).decode([changed]).catch((error: unknown) => {
      // Node's own errors are of another realm within a test.
      if (typeof (error as Partial<Error> | null)?.message !== 'string')
        throw new Undocumented(`the codec rejects with ${typeof error}`);
      return null;
    });
    const isWhole = change === 'none' || (change === 'key id' && keyId.toString() === 'k1');
    if (opened === null) {
      if (isWhole) throw new Undocumented('what was sealed does not open');
      return 'refused';
    }
    // Whoever wrote a payload that is not sealed, it passes as it is.
    if (change === 'encoding') return opened[0] === changed ? 'as it came' : fail('a payload that is not sealed was changed');
    if (!isWhole) return fail(`a payload opens after: ${change}`);
    if (!Buffer.from(opened[0]?.data ?? []).equals(Buffer.from(data))) return fail('a payload opens as another one');
    return 'opened';
  },
});

function fail(message: string): never {
  throw new Undocumented(message);
}

function flipped(bytes: Buffer, at: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[at % bytes.length] = (changed[at % bytes.length] ?? 0) ^ (1 << (at % 8));
  return changed;
}

const goodBody = {
  payloads: [
    { metadata: { encoding: 'anNvbi9wbGFpbg==' }, data: 'eyJhIjoxfQ==' },
    { metadata: {}, data: '' },
  ],
};

export function codecRoutesTarget(url: string): Target {
  return target({
    name: 'POST /codec/encode, /codec/decode',
    atOnce: 6,
    inputs: fc
      .record({
        mutations: fc.array(mutation, { maxLength: 3 }),
        how: damage,
        path: fc.oneof(
          { weight: 10, arbitrary: fc.constantFrom('/codec/encode', '/codec/decode') },
          fc.constantFrom('/codec/x/encode', '/codec/'),
        ),
        sealed: fc.option(fc.uint8Array({ maxLength: 200 }), { freq: 3 }),
        signed: fc.oneof({ weight: 20, arbitrary: fc.constant(true) }, fc.constant(false)),
        origin: fc.oneof({ weight: 10, arbitrary: fc.constant(null) }, fc.constant('https://evil.example.com')),
      })
      .map(({ mutations, how, sealed, ...rest }) => {
        const body =
          sealed === null
            ? goodBody
            : {
                payloads: [
                  {
                    metadata: { encoding: base64('binary/encrypted'), 'encryption-key-id': base64('k1') },
                    data: Buffer.from(sealed).toString('base64'),
                  },
                ],
              };
        return { ...rest, raw: damaged(jsonOf(mutated(structuredClone(body), mutations)), how) };
      }),
    size: ({ raw }) => raw.length,
    shown: ({ raw, ...rest }) => `${JSON.stringify(rest)} ${raw.toString('utf8')}`,
    async handle({ raw, path, signed, origin }) {
      const answer = await ask(url + path, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(signed ? { authorization: `Bearer ${operatorToken}` } : {}),
          ...(origin === null ? {} : { origin }),
        },
        body: new Uint8Array(raw),
      });
      checkProblem(`POST ${path}`, answer);
      return documented(`POST ${path}`, answer, [200, 400, 401, 403, 404, 413, 415, 429]);
    },
  });
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

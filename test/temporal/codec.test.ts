import { ApplicationFailure, type Payload, defaultPayloadConverter } from '@temporalio/common';
import { Keyring } from '../../src/crypto/keyring';
import { EncryptionCodec, WorkerCodec, dataConverterFor } from '../../src/temporal/codec';
import { opened } from '../../workflows/contract';
import { failureConverter } from '../../src/temporal/failure-converter';

const oldKey = { id: 'old', key: Buffer.alloc(32, 1) };
const newKey = { id: 'new', key: Buffer.alloc(32, 2) };
const codec = new EncryptionCodec(new Keyring([oldKey]));
const secret = 'ada@example.com';

function payload(value: unknown): Payload {
  return defaultPayloadConverter.toPayload(value);
}

function valueOf(decoded: Payload | undefined): unknown {
  return decoded === undefined ? undefined : defaultPayloadConverter.fromPayload(decoded);
}

function clear(sealed: Payload): string {
  const fields = Object.entries(sealed.metadata ?? {}).map(([name, bytes]) => `${name}=${Buffer.from(bytes).toString('latin1')}`);
  return [...fields, Buffer.from(sealed.data ?? []).toString('latin1')].join('\n');
}

it.each([
  ['an object', { email: secret, amountMinor: 1999, nested: { list: [1, null, 'x'] } }],
  ['a string', 'ünïcode 💶'],
  ['null', null],
  ['nothing', undefined],
  ['an empty object', {}],
  ['bytes', new Uint8Array([0, 255, 10])],
  ['a megabyte', 'x'.repeat(1_000_000)],
])('opens what it sealed: %s', async (_what, value) => {
  const [opened] = await codec.decode(await codec.encode([payload(value)]));
  expect(valueOf(opened)).toEqual(value);
});

it('seals the value and its own encoding, and says only that it did and with which key', async () => {
  const [sealed] = await codec.encode([payload({ email: secret })]);
  expect(Object.keys(sealed?.metadata ?? {}).sort()).toEqual(['encoding', 'encryption-key-id']);
  expect(clear(sealed!)).toContain('encoding=binary/encrypted');
  expect(clear(sealed!)).toContain('encryption-key-id=old');
  expect(clear(sealed!)).not.toContain(secret);
  expect(clear(sealed!)).not.toContain('json/plain');
});

it('seals the same value differently each time', async () => {
  const [first, second] = await codec.encode([payload(secret), payload(secret)]);
  expect(first?.data).not.toEqual(second?.data);
});

it('keeps several payloads in their order, and none as none', async () => {
  const opened = await codec.decode(await codec.encode([payload(1), payload('two'), payload(null)]));
  expect(opened.map(valueOf)).toEqual([1, 'two', null]);
  expect(await codec.encode([])).toEqual([]);
  expect(await codec.decode([])).toEqual([]);
});

it('after a rotation seals with the new key and still opens the old', async () => {
  const rotated = new EncryptionCodec(new Keyring([newKey, oldKey]));
  const [before] = await codec.encode([payload('before')]);
  const [after] = await rotated.encode([payload('after')]);
  expect(clear(after!)).toContain('encryption-key-id=new');
  expect((await rotated.decode([before!, after!])).map(valueOf)).toEqual(['before', 'after']);
});

it('names the key that it lacks', async () => {
  const other = new EncryptionCodec(new Keyring([newKey]));
  await expect(other.decode(await codec.encode([payload(1)]))).rejects.toThrow(
    'sealed with the key "old", which ENCRYPTION_KEYS does not have',
  );
});

it('another key under the same id opens nothing', async () => {
  const impostor = new EncryptionCodec(new Keyring([{ id: 'old', key: Buffer.alloc(32, 9) }]));
  await expect(impostor.decode(await codec.encode([payload(1)]))).rejects.toThrow();
});

it.each([
  ['the first byte', (data: Buffer) => data.fill(data[0]! ^ 1, 0, 1)],
  ['the last byte', (data: Buffer) => data.fill(data.at(-1)! ^ 1, data.length - 1)],
  ['its end cut off', (data: Buffer) => data.subarray(0, -1)],
  ['nearly all cut off', (data: Buffer) => data.subarray(0, 5)],
  ['all of it gone', () => Buffer.alloc(0)],
])('refuses a changed payload: %s', async (_what, change) => {
  const [sealed] = await codec.encode([payload(secret)]);
  await expect(codec.decode([{ ...sealed!, data: change(Buffer.from(sealed!.data!)) }])).rejects.toThrow();
});

it('refuses a payload moved under the name of another key', async () => {
  const both = new EncryptionCodec(new Keyring([newKey, oldKey]));
  const [sealed] = await codec.encode([payload(1)]);
  const renamed = { ...sealed!, metadata: { ...sealed!.metadata, 'encryption-key-id': Buffer.from('new') } };
  await expect(both.decode([renamed])).rejects.toThrow();
});

it('refuses a sealed payload without a key id', async () => {
  const [sealed] = await codec.encode([payload(1)]);
  await expect(codec.decode([{ ...sealed!, metadata: { encoding: sealed!.metadata!.encoding! } }])).rejects.toThrow(
    'encryption-key-id',
  );
});

it.each([
  ['a clear value', payload({ a: 1 })],
  ['an encoding of others', { metadata: { encoding: Buffer.from('binary/encrypted-elsewhere') }, data: Buffer.from('x') }],
  ['no metadata', { data: Buffer.from('x') }],
  ['null metadata', { metadata: null, data: null }],
  ['an empty payload', {}],
])('passes on what is not ours: %s', async (_what, theirs) => {
  expect(await codec.decode([theirs])).toEqual([theirs]);
});

it('the words of a failure become a payload, which the codec seals', async () => {
  const failure = failureConverter.errorToFailure(
    ApplicationFailure.nonRetryable(`refused ${secret}`, 'TikTokRejected'),
    defaultPayloadConverter,
  );
  expect(failure.message).toBe('Encoded failure');
  expect(failure.stackTrace).toBe('');
  expect(failure.applicationFailureInfo?.type).toBe('TikTokRejected');
  expect(clear(failure.encodedAttributes!)).toContain(secret);
  const [sealed] = await codec.encode([failure.encodedAttributes!]);
  expect(clear(sealed!)).not.toContain(secret);
  const back = failureConverter.failureToError(failure, defaultPayloadConverter);
  expect(back.message).toBe(`refused ${secret}`);
});

it('clients and workers get codec and failure converter together', () => {
  const { payloadCodecs, failureConverterPath } = dataConverterFor(new Keyring([oldKey]));
  expect(payloadCodecs).toHaveLength(1);
  expect(failureConverterPath).toBe(require.resolve('../../src/temporal/failure-converter'));
});

describe('of a worker', () => {
  const workers = new WorkerCodec(new Keyring([oldKey]));
  const seen = async (sent: Payload) => opened(valueOf((await workers.decode([sent]))[0]));

  it.each([[{ fact: { amountMinor: 99_900 } }], [7], [null], ['x'], [[{}]]])('shows that %p was not sealed', async (value) => {
    expect(await seen(payload(value))).toEqual({ content: value, isSealed: false });
    const [sealed] = await codec.encode([payload(value)]);
    expect(await seen(sealed!)).toEqual({ content: value, isSealed: true });
  });

  it('lets pass what holds texts alone: an operator’s name, a trace', async () => {
    expect(await seen(payload({ by: 'anna' }))).toEqual({ content: { by: 'anna' }, isSealed: true });
  });

  it('shows that a forgery is none of ours, whatever it claims', async () => {
    const [sealed] = await codec.encode([payload({ amountMinor: 1 })]);
    const forged = { ...sealed!, data: Buffer.from('not what the key made of it, by far') };
    expect(await seen(forged)).toEqual({ content: null, isSealed: false });
    const nameless = { metadata: { encoding: sealed!.metadata!['encoding']! }, data: sealed!.data ?? null };
    expect(await seen(nameless)).toEqual({ content: null, isSealed: false });
    expect(await seen({ metadata: {}, data: Buffer.from([255, 0]) })).toEqual({ content: null, isSealed: false });
  });

  it('waits for a key that is not configured, since it may come back', async () => {
    const [sealed] = await new EncryptionCodec(new Keyring([newKey])).encode([payload(1)]);
    await expect(workers.decode([sealed!])).rejects.toThrow(/sealed with the key "new", which ENCRYPTION_KEYS does not have/);
  });
});

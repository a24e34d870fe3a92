/** The search of the tests of privacy finds what it is to find: else its silence would mean nothing. */
import { createHash } from 'node:crypto';
import { suspiciousIn, tracesIn, zaphira } from '../support/personal-traces';

const { email, ip } = zaphira;
const around = (text: string, encoding: BufferEncoding) => Buffer.from(Buffer.from(text).toString(encoding));

it.each([
  ['plain', Buffer.from(`x${email}y`), 'plain of email'],
  ['in lower case', Buffer.from(email.toLowerCase()), 'plain of email'],
  ['in an address', Buffer.from(`?q=${encodeURIComponent(email)}`), 'URL of email'],
  ['in base64, anywhere', around(`{"a":"${email}"}`, 'base64'), 'base64 at'],
  ['in base64, one byte later', around(`{"ab":"${email}"}`, 'base64'), 'base64 at'],
  ['in base64, two bytes later', around(`{"abc":"${email}"}`, 'base64'), 'base64 at'],
  ['in base64url', around(`~~~${email}???`, 'base64url'), 'base64url at'],
  ['in hex', around(email, 'hex'), 'hex of email'],
  ['in UTF-16', Buffer.from(email, 'utf16le'), 'UTF-16 of email'],
  ['as its hash', Buffer.from(createHash('sha256').update(email.toLowerCase()).digest('hex')), 'SHA-256 of email'],
  ['as its hash in base64', Buffer.from(createHash('sha256').update(email.toLowerCase()).digest('base64')), 'base64 of SHA-256'],
])('%s', (_where, bytes, found) => {
  expect(tracesIn(bytes, { email })).toContainEqual(expect.stringContaining(found));
});

it('finds nothing where nothing is', () => {
  expect(tracesIn(Buffer.from('nothing of anybody, 198.51.100.78'), { email, ip })).toEqual([]);
});

it.each([
  ['an e-mail', 'x ben@example.com y'],
  ['an e-mail in an address', '/users/ben%40example.com'],
  ['a phone', 'call +14155550100'],
  ['an address', 'from 203.0.113.9:4711'],
  ['a card', 'card 4242424242424242'],
  ['a hash', createHash('sha256').update('ben').digest('hex')],
  ['a secret', 'key whsec_abcdef'],
  ['a token', 'authorization: Bearer 0123456789abcdef'],
])('%s in a line looks like a person’s', (_what, line) => {
  expect(suspiciousIn(line)).toHaveLength(1);
});

it('a line of the service looks like nobody’s', () => {
  const line =
    '{"level":"info","time":"2026-11-22T10:00:00.000Z","integration":"default","psp":"stripe","subscription":"sub_1QAbCdEfGh0123456789","durationMs":1753012345678,"address":"127.0.0.1:7233","version":"1.31.2"}';
  expect(suspiciousIn(line)).toEqual([]);
});

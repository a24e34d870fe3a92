import { isIP } from 'node:net';
import fc from 'fast-check';
import { ipAddress } from '../../src/domain/ip-address';

it.each([
  ['81.2.69.142', '81.2.69.142'],
  ['81.2.69.142:51008', '81.2.69.142'],
  [' 81.2.69.142 ', '81.2.69.142'],
  ['2001:4860:4860::8888', '2001:4860:4860::8888'],
  ['[2001:4860:4860::8888]', '2001:4860:4860::8888'],
  ['[2001:4860:4860::8888]:51008', '2001:4860:4860::8888'],
  ['2001:0DB8:85a3:0000:0000:8a2e:0370:7334', '2001:0DB8:85a3:0000:0000:8a2e:0370:7334'],
  ['::1', '::1'],
  ['::ffff:81.2.69.142', '81.2.69.142'],
  ['::FFFF:5102:458e', '81.2.69.142'],
  ['0:0:0:0:0:ffff:81.2.69.142', '81.2.69.142'],
  ['[::ffff:81.2.69.142]:443', '81.2.69.142'],
  ['255.255.255.255', '255.255.255.255'],
  ['0.0.0.0', '0.0.0.0'],
  ['81.2.69.142\u200b', '81.2.69.142'],
  ['８１．２．６９．１４２', '81.2.69.142'],
  ['"[2001:4860:4860::8888]:4711"', '2001:4860:4860::8888'],
])('of %j the address is %s', (raw, address) => {
  expect(ipAddress(raw)).toBe(address);
});

it.each([
  ...['', 'unknown', '_hidden', 'localhost', '1.2.3', '1.2.3.4.5', '256.1.1.1', '01.2.3.4', '1.2.3.4.', '1.2.3.4:', '1.2.3.4:x'],
  ...[
    '1.2.3.4:123456',
    '8.8.8.8, 10.0.0.1',
    '8.8.8.8/24',
    '2001:db8::g',
    '2001:db8::1::2',
    '2001:db8:::1',
    '[::1',
    '::1]',
    '[1.2.3]',
  ],
  ...['fe80::1%eth0', '::ffff:256.1.1.1', ':', '12:30', '2001:db8::1 ', '[::1]:', '[::1]:x', '1.2.3.4\u0000', 'a:b/@c'].filter(
    (text) => text.trim() === text,
  ),
  ...[null, undefined, 42, {}, ['1.2.3.4']],
])('%j is no address', (raw) => {
  expect(ipAddress(raw)).toBeUndefined();
});

it('is what Node calls an address, without IPv6’s zones', () => {
  const part = fc.constantFrom('0', '1', '255', '256', 'ffff', 'db8', '', '::', ':', '.', '[', ']');
  fc.assert(
    fc.property(
      fc.oneof(
        fc.ipV4(),
        fc.ipV6(),
        fc.array(part, { maxLength: 12 }).map((parts) => parts.join('')),
      ),
      (text) => {
        const address = ipAddress(text);
        if (isIP(text) !== 0) expect(address).toBeDefined();
        if (address !== undefined) expect(isIP(address)).not.toBe(0);
      },
    ),
  );
});

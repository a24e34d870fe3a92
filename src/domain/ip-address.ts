/** IP addresses as proxies and providers write them. Pure, so that storage, TikTok and the rate limit read them alike. */
import { visibleText } from './text';

/**
 * The address alone: without a port (`203.0.113.7:51008`), brackets (`[2001:db8::1]:443`) and IPv6's clothes of an IPv4 address
 * (`::ffff:203.0.113.7`). Undefined for anything else, also for a list of addresses and for an address with a zone (`fe80::1%eth0`).
 */
export function ipAddress(raw: unknown): string | undefined {
  if (typeof raw !== 'string') return undefined;
  // In plain digits, and without the quotes of the header `Forwarded`.
  const text = visibleText(raw.normalize('NFKC')).replace(/^"(.*)"$/, '$1');
  const address = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text)?.[1] ?? text.replace(/^([\d.]+):\d{1,5}$/, '$1');
  return ipv4.test(address) ? address : ipv6Address(address);
}

const ipv4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

function ipv6Address(text: string): string | undefined {
  // The parser of URLs knows all spellings. It is asked only about what has the characters of one.
  if (!/^[0-9a-f:.]*:[0-9a-f:.]*$/i.test(text) || !URL.canParse(`http://[${text}]/`)) return undefined;
  const [, high, low] = /^\[::ffff:([0-9a-f]+):([0-9a-f]+)\]$/.exec(new URL(`http://[${text}]/`).hostname) ?? [];
  return high === undefined || low === undefined ? text : [...octets(high), ...octets(low)].join('.');
}

function octets(hex: string): readonly [number, number] {
  const number = parseInt(hex, 16);
  return [number >> 8, number & 255];
}

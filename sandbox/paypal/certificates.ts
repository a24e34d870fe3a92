/**
 * Certificates for tests and stand-ins. Node reads X.509 but does not write it, and a key in the repository would look like a leaked
 * secret. Implements the part of RFC 5280 that OpenSSL requires.
 */
import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

export interface CertificateWish {
  /** The subject's common name, and the host name unless `hosts` is given. */
  readonly name: string;
  readonly hosts?: readonly string[];
  /** The issuer. Default: self-signed. */
  readonly issuer?: MadeCertificate;
  readonly fromMs: number;
  readonly untilMs: number;
  /** True for a certificate that may sign others. Its key is of an elliptic curve, others are RSA. */
  readonly isAuthority?: boolean;
  /** Default: a new key. */
  readonly privateKey?: KeyObject;
  /** The URL of the issuer's certificate. */
  readonly issuerUrl?: string;
}

export interface MadeCertificate {
  readonly name: string;
  readonly pem: string;
  readonly der: Buffer;
  readonly privateKey: KeyObject;
}

export function makeCertificate(wish: CertificateWish): MadeCertificate {
  const { name, issuer, fromMs, untilMs } = wish;
  const privateKey = wish.privateKey ?? newKey(wish.isAuthority ?? false);
  const signingKey = issuer?.privateKey ?? privateKey;
  const algorithm = signingKey.asymmetricKeyType === 'rsa' ? sha256WithRsa : sha256WithEcdsa;
  const toBeSigned = sequence(
    tagged(0xa0, integer(2)),
    integer(Math.floor(fromMs / 1000)),
    algorithm,
    distinguishedName(issuer?.name ?? name),
    sequence(time(fromMs), time(untilMs)),
    distinguishedName(name),
    createPublicKey(privateKey).export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(...extensions(wish))),
  );
  const certificate = sequence(toBeSigned, algorithm, bits(sign('sha256', toBeSigned, signingKey)));
  const lines = certificate.toString('base64').replace(/.{1,64}/g, '$&\n');
  return { name, pem: `-----BEGIN CERTIFICATE-----\n${lines}-----END CERTIFICATE-----\n`, der: certificate, privateKey };
}

function newKey(isAuthority: boolean): KeyObject {
  const { privateKey } = isAuthority
    ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
    : generateKeyPairSync('rsa', { modulusLength: 2048 });
  return privateKey;
}

function extensions({ name, hosts, isAuthority = false, issuerUrl }: CertificateWish): readonly Buffer[] {
  const extension = (oid: string, isCritical: boolean, value: Buffer): Buffer =>
    sequence(identifier(oid), ...(isCritical ? [tagged(0x01, Buffer.from([0xff]))] : []), tagged(0x04, value));
  const usage = isAuthority ? [0x02, 0x04] : [0x07, 0x80]; // keyCertSign, digitalSignature
  const names = (isAuthority ? (hosts ?? []) : (hosts ?? [name])).map((host) => tagged(0x82, Buffer.from(host)));
  return [
    extension('2.5.29.19', true, isAuthority ? sequence(tagged(0x01, Buffer.from([0xff]))) : sequence()),
    extension('2.5.29.15', true, tagged(0x03, Buffer.from(usage))),
    ...(names.length > 0 ? [extension('2.5.29.17', false, sequence(...names))] : []),
    ...(issuerUrl === undefined
      ? []
      : [
          extension(
            '1.3.6.1.5.5.7.1.1',
            false,
            sequence(sequence(identifier('1.3.6.1.5.5.7.48.2'), tagged(0x86, Buffer.from(issuerUrl)))),
          ),
        ]),
  ];
}

function distinguishedName(commonName: string): Buffer {
  return sequence(tagged(0x31, sequence(identifier('2.5.4.3'), tagged(0x0c, Buffer.from(commonName)))));
}

/** UTCTime up to 2049, GeneralizedTime after. */
function time(ms: number): Buffer {
  const digits = `${new Date(ms)
    .toISOString()
    .replace(/\.\d+Z$/, '')
    .replace(/\D/g, '')}Z`;
  return new Date(ms).getUTCFullYear() < 2050 ? tagged(0x17, Buffer.from(digits.slice(2))) : tagged(0x18, Buffer.from(digits));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, ...parts);
}

function integer(value: number): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return tagged(0x02, (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
}

function bits(content: Buffer): Buffer {
  return tagged(0x03, Buffer.concat([Buffer.from([0]), content]));
}

function identifier(oid: string): Buffer {
  const [first = 0, second = 0, ...rest] = oid.split('.').map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((value) => {
    const groups = [value & 0x7f];
    for (let left = value >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80);
    return groups;
  });
  return tagged(0x06, Buffer.from(bytes));
}

/** Tag, length, content: ASN.1's DER. */
function tagged(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >>> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const sha256WithRsa = sequence(identifier('1.2.840.113549.1.1.11'), Buffer.from([0x05, 0x00]));
const sha256WithEcdsa = sequence(identifier('1.2.840.10045.4.3.2'));

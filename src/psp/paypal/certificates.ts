/**
 * The certificate with which PayPal signed. The header names its address, so that anybody could name one: it is fetched from PayPal's
 * hosts only, and believed only when it is PayPal's and leads to a root that is trusted.
 */
import { X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { minuteMs } from '../../domain/duration';
import { createRequestBudget, strangersBudget } from './request-budget';

export type KeyFound = { readonly ok: true; readonly key: KeyObject } | { readonly ok: false; readonly reason: string };

export interface PaypalCertificates {
  /** Rejects when the certificate can't be reached at the moment: then PayPal should send its webhook again. */
  keyOf(url: string, nowMs: number, fetch: typeof globalThis.fetch): Promise<KeyFound>;
}

/**
 * Keeps each key under its address until a certificate of its chain expires, and what was refused for ten minutes. `trustedRoots` in
 * PEM replace those of Node.
 */
export function createPaypalCertificates(trustedRoots: readonly string[] = rootCertificates): PaypalCertificates {
  let parsedRoots: readonly X509Certificate[] | null = null;
  const roots = (): readonly X509Certificate[] => (parsedRoots ??= trustedRoots.flatMap((pem) => certificateOf(pem) ?? []));
  const kept = new Map<string, KeyFound & { readonly fromMs: number; readonly untilMs: number }>();
  const fetching = new Map<string, Promise<KeyFound>>();
  const budget = createRequestBudget(strangersBudget);

  /** What strangers name is fetched a few times, then once per pause; PayPal's own certificate costs nothing of that. */
  async function fetchKey(url: string, nowMs: number, fetch: typeof globalThis.fetch): Promise<KeyFound> {
    if (!budget.spend(nowMs)) throw new Error('no certificate is fetched now: too many addresses of late had none');
    const found = await keyAt(url, { roots: roots(), nowMs, fetch });
    if (found.ok) budget.giveBack();
    if (kept.size >= mostKept) kept.delete(leastWanted(kept));
    kept.set(url, found.ok ? found : { ...found, fromMs: nowMs, untilMs: nowMs + refusedMs });
    return found;
  }

  return {
    async keyOf(url, nowMs, fetch) {
      if (!isPaypalAddress(url)) return refused('the paypal-cert-url header is not the address of a certificate at PayPal');
      const known = kept.get(url);
      if (known && nowMs >= known.fromMs && nowMs <= known.untilMs) return known;
      const pending = fetching.get(url) ?? fetchKey(url, nowMs, fetch).finally(() => fetching.delete(url));
      fetching.set(url, pending);
      return pending;
    },
  };
}

/** An address without a key, else the oldest: strangers' addresses do not drive out PayPal's. */
function leastWanted(kept: ReadonlyMap<string, KeyFound>): string {
  const entries = [...kept];
  const [url = ''] = entries.find(([, found]) => !found.ok) ?? entries[0] ?? [];
  return url;
}

type KeyAt = Chain & { readonly ok: true; readonly key: KeyObject };

async function keyAt(
  url: string,
  { roots, nowMs, fetch }: Omit<Surroundings, 'given'>,
): Promise<KeyAt | { readonly ok: false; readonly reason: string }> {
  const pem = await bytesAt(url, fetch);
  if (pem === null) return refused('PayPal has no such certificate');
  const given = certificatesIn(pem.toString('latin1'));
  const leaf = given.find((certificate) => !certificate.ca && isPaypals(certificate));
  if (!leaf) return refused("the certificate is not PayPal's");
  if (leaf.publicKey.asymmetricKeyType !== 'rsa') return refused('the certificate has no RSA key');
  const chain = await chainOf(leaf, { given, roots, nowMs, fetch });
  return chain.ok ? { ...chain, key: leaf.publicKey } : chain;
}

const refusedMs = 10 * minuteMs;
const mostKept = 100;
const mostBytes = 64 * 1024;
/** Well within the webhook's deadline, also when an issuer has to be fetched, too. */
const timeoutMs = 1_800;
const longestChain = 4;

/**
 * Exactly one of the hosts that serve them, over https, with nothing else in the address.
 * `api.sandbox.paypal.com` and `api.paypal.com` were seen; `api-m` are the same hosts' newer names.
 */
export function isPaypalAddress(text: string): boolean {
  return /^https:\/\/(api|api-m)(\.sandbox)?\.paypal\.com\/v1\/notifications\/certs\/[\w-]{1,200}$/.test(text);
}

/** Issued to `messageverificationcerts.paypal.com` (or `.sandbox.paypal.com`); any name of PayPal's will do. */
function isPaypals(certificate: X509Certificate): boolean {
  const names = (certificate.subjectAltName ?? '')
    .split(', ')
    .flatMap((name) => (name.startsWith('DNS:') ? [name.slice('DNS:'.length)] : []));
  const subject = certificate.subject.split('\n').flatMap((part) => (part.startsWith('CN=') ? [part.slice('CN='.length)] : []));
  const all = names.length > 0 ? names : subject;
  return all.some((name) => /^([\w*-]+\.)+paypal\.com$/i.test(name));
}

interface Surroundings {
  readonly given: readonly X509Certificate[];
  readonly roots: readonly X509Certificate[];
  readonly nowMs: number;
  readonly fetch: typeof globalThis.fetch;
}

type Chain =
  { readonly ok: true; readonly fromMs: number; readonly untilMs: number } | { readonly ok: false; readonly reason: string };

/** From the leaf up to a trusted root. What is between them is often not served with the leaf: then its issuer is asked for it. */
async function chainOf(leaf: X509Certificate, { given, roots, nowMs, fetch }: Surroundings): Promise<Chain> {
  let fromMs = -Infinity;
  let untilMs = Infinity;
  let current = leaf;
  for (let length = 0; length < longestChain; length += 1) {
    fromMs = Math.max(fromMs, Date.parse(current.validFrom));
    untilMs = Math.min(untilMs, Date.parse(current.validTo));
    if (!(nowMs >= fromMs && nowMs <= untilMs)) return refused('a certificate of the chain is expired or not valid yet');
    const child = current;
    const root = roots.find((one) => isIssuedBy(child, one));
    if (root) {
      const isValid = nowMs >= Date.parse(root.validFrom) && nowMs <= Date.parse(root.validTo);
      return isValid ? { ok: true, fromMs, untilMs } : refused('the root certificate is expired or not valid yet');
    }
    const issuer = given.find((one) => isIssuedBy(child, one)) ?? (await issuerOf(child, fetch));
    if (!issuer || !isIssuedBy(child, issuer)) break;
    current = issuer;
  }
  return refused('the certificate leads to no trusted root');
}

/** True when the issuer is a certificate authority (`ca`) and signed the certificate. */
function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  } catch {
    return false; // a key of a kind that cannot have signed it
  }
}

/**
 * PayPal serves the leaf alone; the leaf says where its issuer's certificate is (authority information access). Plain http, as is
 * usual for these: a certificate needs no secrecy and is believed for its signature. PayPal's issuer is DigiCert.
 */
async function issuerOf(certificate: X509Certificate, fetch: typeof globalThis.fetch): Promise<X509Certificate | null> {
  const url = /^CA Issuers - URI:(https?:\/\/cacerts\.digicert\.com\/[\w.-]{1,200})$/m.exec(certificate.infoAccess ?? '')?.[1];
  if (url === undefined) return null;
  const bytes = await bytesAt(url, fetch);
  return bytes === null ? null : certificateOf(bytes);
}

/** Null when there is nothing usable at this address. Redirects are not followed: they lead elsewhere. */
async function bytesAt(url: string, fetch: typeof globalThis.fetch): Promise<Buffer | null> {
  let response: Response;
  try {
    response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) });
    if (response.status < 500 && response.status !== 429 && response.status !== 408) {
      return response.ok ? await limited(response) : null;
    }
  } catch (error) {
    throw new Error(`the certificate cannot be fetched from ${new URL(url).host}`, { cause: error });
  }
  throw new Error(`the certificate cannot be fetched from ${new URL(url).host}: HTTP ${response.status}`);
}

async function limited(response: Response): Promise<Buffer | null> {
  const reader = response.body?.getReader() as ReadableStreamDefaultReader<Uint8Array> | undefined;
  if (!reader) return null;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks);
    size += value.byteLength;
    if (size > mostBytes) {
      await reader.cancel();
      return null;
    }
    chunks.push(value);
  }
}

function certificatesIn(text: string): readonly X509Certificate[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  return blocks.slice(0, 10).flatMap((pem) => certificateOf(pem) ?? []);
}

function certificateOf(encoded: string | Buffer): X509Certificate | null {
  try {
    return new X509Certificate(encoded);
  } catch {
    return null;
  }
}

function refused(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason };
}

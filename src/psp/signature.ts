/**
 * What verifiers of signatures share: reading a header that must come once, the window of time, comparing in constant time. What is
 * signed, how, and where the signature stands is each provider's own.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Verification, WebhookHeaders } from './adapter';

/** What a signature may be older or newer than the clock here, unless a provider's folder says why it needs another window. */
export const toleranceSeconds = 300;

/** The answer to a webhook that is not accepted. The reason goes to the log: never a secret, nor what was sent. */
export function refused(reason: string): Verification & { readonly ok: false } {
  return { ok: false, reason };
}

/** Configured secrets without the empty ones, which would verify what anybody signs. */
export function usable(secrets: readonly string[]): readonly string[] {
  return secrets.filter((secret) => secret.trim() !== '');
}

export type HeaderReading = { readonly ok: true; readonly value: string } | (Verification & { readonly ok: false });

/** A header that must be there exactly once. `label` is its name as the provider writes it, for the reason. */
export function singleHeader(headers: WebhookHeaders, label: string): HeaderReading {
  const value = headers[label.toLowerCase()];
  if (value === undefined || value === '') return refused(`the ${label} header is missing`);
  return typeof value === 'string' ? { ok: true, value } : refused(`the ${label} header was sent more than once`);
}

/** Accepts a timestamp in Unix seconds that is at most five minutes away from the clock, in either direction. */
export function withinTolerance(timestamp: string, nowMs: number): Verification {
  const aheadSeconds = Number(timestamp) - Math.floor(nowMs / 1000);
  if (aheadSeconds < -toleranceSeconds) return refused('the timestamp is too old');
  return aheadSeconds > toleranceSeconds ? refused('the timestamp is in the future') : { ok: true };
}

/**
 * Whether one of the signatures equals one that was expected. All are compared with all, so that the time it takes says nothing of
 * which one matched. One of another length matches none.
 */
export function anyMatches(expected: readonly Buffer[], given: readonly Buffer[]): boolean {
  const matches = expected.flatMap((mac) => given.map((one) => mac.length === one.length && timingSafeEqual(mac, one)));
  return matches.includes(true);
}

/** Like `anyMatches` for secrets that are sent as they are. Their hashes are compared, so that the time says nothing of their length. */
export function anyEquals(secrets: readonly string[], given: string): boolean {
  return anyMatches(secrets.map(hashOf), [hashOf(given)]);
}

/** The SHA-256 signatures in hex among several texts, as bytes; others are left out. */
export function hexSignatures(texts: readonly string[]): readonly Buffer[] {
  return texts.filter((text) => /^[0-9a-f]{64}$/i.test(text)).map((text) => Buffer.from(text, 'hex'));
}

/** Reads `name=value` parts, such as `t=1,v1=abc` with `,` between them: the values of one name, in their order. */
export function namedParts(header: string, separator: string): (name: string) => readonly string[] {
  const parts = header.split(separator).map((part) => {
    const at = part.indexOf('=');
    return at < 0 ? { name: part.trim(), value: '' } : { name: part.slice(0, at).trim(), value: part.slice(at + 1).trim() };
  });
  return (name) => parts.filter((part) => part.name === name).map(({ value }) => value);
}

function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

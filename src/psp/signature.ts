/**
 * Parts of signature verifiers: a header that must come once, the tolerance of timestamps, comparison in constant time. The signed
 * text, the algorithm and the place of the signature differ per provider and are in its folder.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Verification, WebhookHeaders } from './adapter';

/** The most that a timestamp may differ from our clock, in seconds. A provider's folder says so where it needs another tolerance. */
export const toleranceSeconds = 300;

/** Refuses a webhook. The reason goes to the log: it must hold no secret and nothing that was sent. */
export function refused(reason: string): Verification & { readonly ok: false } {
  return { ok: false, reason };
}

/** The configured secrets without empty ones: anybody could sign with an empty secret. */
export function usable(secrets: readonly string[]): readonly string[] {
  return secrets.filter((secret) => secret.trim() !== '');
}

/** A header's value, or the refusal. */
export type HeaderReading = { readonly ok: true; readonly value: string } | (Verification & { readonly ok: false });

/** Reads a header that must come exactly once. `label` is its name as the provider writes it, for the reason. */
export function singleHeader(headers: WebhookHeaders, label: string): HeaderReading {
  const value = headers[label.toLowerCase()];
  if (value === undefined || value === '') return refused(`the ${label} header is missing`);
  return typeof value === 'string' ? { ok: true, value } : refused(`the ${label} header was sent more than once`);
}

/** Accepts a timestamp in Unix seconds that is at most five minutes away from the clock, in either direction. */
export function withinTolerance(timestamp: string, nowMs: number): Verification {
  if (!/^\d+$/.test(timestamp)) return refused('the timestamp is not a number of seconds');
  const aheadSeconds = Number(timestamp) - Math.floor(nowMs / 1000);
  if (aheadSeconds < -toleranceSeconds) return refused('the timestamp is too old');
  return aheadSeconds > toleranceSeconds ? refused('the timestamp is in the future') : { ok: true };
}

/**
 * True when a given signature equals an expected one. Compares all with all in constant time, so that the time taken does not show
 * which one matched. A signature of another length matches none.
 */
export function anyMatches(expected: readonly Buffer[], given: readonly Buffer[]): boolean {
  const matches = expected.flatMap((mac) => given.map((one) => mac.length === one.length && timingSafeEqual(mac, one)));
  return matches.includes(true);
}

/** Like `anyMatches`, for a secret that the provider sends itself. Compares hashes, so that the time taken does not show the length. */
export function anyEquals(secrets: readonly string[], given: string): boolean {
  return anyMatches(secrets.map(hashOf), [hashOf(given)]);
}

/** The texts that are SHA-256 signatures in hex, as bytes; others are left out. */
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

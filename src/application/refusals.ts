/** Who was turned away, and why: webhooks that nobody is known to have signed, and pages of origins that may not call. */
import type { Store } from '../store';
import { daysOf } from './utc-day';

export interface Refusals {
  readonly signatures: readonly {
    readonly psp: string;
    readonly reason: string;
    readonly count: number;
    readonly lastAtMs: number;
  }[];
  readonly origins: readonly { readonly origin: string; readonly count: number; readonly lastAtMs: number }[];
  /** Calls of pages that came too often from one address. */
  readonly rateLimited: { readonly count: number; readonly lastAtMs: number | null };
}

export interface RefusalsQuery {
  readonly integration: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** The refusals of a period, whose days count whole. The last first. */
export async function refusals(
  { tallies }: { readonly tallies: Pick<Store['tallies'], 'read'> },
  query: RefusalsQuery,
): Promise<Refusals> {
  const counted = await tallies.read({
    integration: query.integration,
    names: ['refused_signatures', 'refused_origins', 'page_calls'],
    ...daysOf(query),
  });
  const merged = new Map<string, { name: string; psp: string; label: string; count: number; lastAtMs: number }>();
  for (const { name, psp, label, count, lastAtMs } of counted) {
    const key = JSON.stringify([name, psp, label]);
    const before = merged.get(key);
    merged.set(key, {
      ...{ name, psp, label },
      count: (before?.count ?? 0) + count,
      lastAtMs: Math.max(before?.lastAtMs ?? 0, lastAtMs),
    });
  }
  const latest = [...merged.values()].sort((a, b) => b.lastAtMs - a.lastAtMs);
  const limited = latest.filter(({ name, label }) => name === 'page_calls' && label.endsWith(' 429'));
  return {
    signatures: latest
      .filter(({ name }) => name === 'refused_signatures')
      .map(({ psp, label, count, lastAtMs }) => ({ psp, reason: label, count, lastAtMs })),
    origins: latest
      .filter(({ name }) => name === 'refused_origins')
      .map(({ label, count, lastAtMs }) => ({ origin: label, count, lastAtMs })),
    rateLimited: { count: limited.reduce((sum, { count }) => sum + count, 0), lastAtMs: limited[0]?.lastAtMs ?? null },
  };
}

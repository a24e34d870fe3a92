/** Retries a quarantined webhook, for example after an upgrade that knows the provider's new shape. */
import type { Ingestion } from './ingestion';
import type { Settings } from '../domain/settings';
import { adapterOf } from '../psp';
import { readingContext } from '../psp/accounts';
import { storableReading } from '../psp/storable';
import type { Store } from '../store';

export type Retried =
  | { readonly outcome: 'accepted'; readonly facts: Awaited<ReturnType<Ingestion['accept']>> }
  | { readonly outcome: 'ignored'; readonly reason: string }
  /** It stays where it is. */
  | { readonly outcome: 'quarantined'; readonly reason: string };

export interface QuarantineRetryDeps {
  readonly quarantine: Pick<Store['quarantine'], 'body' | 'remove'>;
  readonly ingestion: Ingestion;
  readonly settings: (integration: string) => Promise<Settings>;
}

/** Null when there is no such delivery. */
export async function retryQuarantined(deps: QuarantineRetryDeps, integration: string, id: string): Promise<Retried | null> {
  const kept = await deps.quarantine.body(integration, id);
  if (!kept) return null;
  const adapter = adapterOf(kept.psp);
  if (!adapter) return { outcome: 'quarantined', reason: `this version cannot read ${kept.psp}` };
  const read = adapter.read(JSON.parse(kept.raw.toString('utf8')), readingContext(await deps.settings(integration)));
  const reading = storableReading({ integration, psp: kept.psp }, read);
  if (reading.kind === 'unreadable') return { outcome: 'quarantined', reason: reading.reason };
  const facts = await deps.ingestion.take(integration, kept.psp, reading);
  // Only once all of it is stored elsewhere.
  await deps.quarantine.remove(integration, id);
  return reading.kind === 'facts' ? { outcome: 'accepted', facts } : { outcome: 'ignored', reason: reading.reason };
}

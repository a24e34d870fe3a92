/** What is in the quarantine: looked at with what is wrong in it, and read again, for example after an upgrade that knows the new shape. */
import type { AcceptedFact } from './ingestion';
import type { SharedAccounts } from './shared-accounts';
import type { Settings } from '../domain/settings';
import { adapterOf } from '../psp';
import { readingContext } from '../psp/accounts';
import type { BodyProblem } from '../psp/schema-mismatch';
import { problemsIn } from '../psp/schema-mismatch';
import { storableReading } from '../psp/storable';
import type { QuarantinedWebhook, Store } from '../store';

export type Retried =
  | { readonly outcome: 'accepted'; readonly facts: readonly AcceptedFact[] }
  | { readonly outcome: 'ignored'; readonly reason: string }
  /** It stays where it is. */
  | { readonly outcome: 'quarantined'; readonly reason: string };

export interface QuarantineRetryDeps {
  readonly quarantine: Pick<Store['quarantine'], 'body' | 'remove'>;
  /** Takes it in for all integrations that take the account. */
  readonly shared: Pick<SharedAccounts, 'take'>;
}

/** A delivery with its body, and what this version finds wrong in it. */
export interface QuarantinedBody extends QuarantinedWebhook {
  /** The body as JSON; a text where it is none. */
  readonly body: unknown;
  /** Empty when this version can read it: a retry takes it in. */
  readonly problems: readonly BodyProblem[];
}

/** Null when there is no such delivery. Personal data: whoever asks is to be noted in the audit. */
export async function readQuarantined(
  {
    quarantine,
    settings,
  }: {
    readonly settings: (integration: string) => Promise<Settings>;
    readonly quarantine: Pick<Store['quarantine'], 'entry' | 'body'>;
  },
  integration: string,
  id: string,
): Promise<QuarantinedBody | null> {
  const [entry, kept] = await Promise.all([quarantine.entry(integration, id), quarantine.body(integration, id)]);
  if (!entry || !kept) return null;
  const text = kept.raw.toString('utf8');
  const body = parsed(text);
  if (body === undefined) return { ...entry, body: text, problems: [{ path: '', message: 'expected JSON' }] };
  const adapter = adapterOf(kept.psp);
  if (!adapter) return { ...entry, body, problems: [{ path: '', message: unknownProvider(kept.psp) }] };
  const reading = storableReading(
    { integration, psp: kept.psp },
    adapter.read(body, readingContext(await settings(integration))),
  );
  return { ...entry, body, problems: reading.kind === 'unreadable' ? problemsIn(reading.reason) : [] };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function unknownProvider(psp: string): string {
  return `this version cannot read ${psp}`;
}

/** Null when there is no such delivery. */
export async function retryQuarantined(deps: QuarantineRetryDeps, integration: string, id: string): Promise<Retried | null> {
  const kept = await deps.quarantine.body(integration, id);
  if (!kept) return null;
  const adapter = adapterOf(kept.psp);
  if (!adapter) return { outcome: 'quarantined', reason: unknownProvider(kept.psp) };
  const body: unknown = JSON.parse(kept.raw.toString('utf8'));
  const taken = await deps.shared.take({ integration, psp: kept.psp }, { adapter, body });
  if (taken.kind === 'unreadable') return { outcome: 'quarantined', reason: taken.reason };
  // Only once all of it is stored elsewhere.
  await deps.quarantine.remove(integration, id);
  return taken.kind === 'facts' ? { outcome: 'accepted', facts: taken.facts } : { outcome: 'ignored', reason: taken.reason };
}

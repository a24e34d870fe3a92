/** What the reading of a provider's account told, the same for checks and backfills: over which time, what it could not read, why it failed. */
import type { BackfillView } from '../../../operator/checks';
import { counted } from '../../parts/money';
import { Time } from '../../parts/time';
import type { Context } from '../../route';

export function At({ ctx, iso }: { readonly ctx: Context; readonly iso: string }) {
  return <Time atMs={Date.parse(iso)} nowMs={ctx.nowMs} />;
}

/** Whole days as days, otherwise to the second. */
export function Range({ ctx, window: { from, to } }: { readonly ctx: Context; readonly window: BackfillView['window'] }) {
  const isDays = [from, to].every((iso) => iso.endsWith('T00:00:00.000Z'));
  if (isDays) return <>{`${from.slice(0, 10)} to before ${to.slice(0, 10)} (UTC)`}</>;
  return (
    <>
      <Time atMs={Date.parse(from)} nowMs={ctx.nowMs} exact /> to <Time atMs={Date.parse(to)} nowMs={ctx.nowMs} exact />
    </>
  );
}

export function Unreadable({ ctx, count }: { readonly ctx: Context; readonly count: number }) {
  if (count === 0) return <>none</>;
  return <a href={ctx.href('/quarantine')}>{counted(count, 'thing')}: in quarantine, nothing is lost</a>;
}

interface LastErrorProps {
  readonly error: string | null;
  /** Of the provider. */
  readonly label: string;
  readonly isTriedAgain: boolean;
}

/** The provider's refusal of a key has a cure; the rest is said as it was told. */
export function LastError({ error, label, isTriedAgain }: LastErrorProps) {
  if (error === null) return null;
  const isKey = error.includes('PspUnauthorized');
  return (
    <p class="error">
      {isKey
        ? `${label} refuses the API key: enter another one under Providers.`
        : isTriedAgain
          ? `${label} could not be asked, and is asked again.`
          : 'It did not get to its end; the next one begins where this one did.'}{' '}
      <span class="muted">({error})</span>
    </p>
  );
}

export function Notes({ notes }: { readonly notes: readonly string[] }) {
  if (notes.length === 0) return null;
  return (
    <>
      <h3>What the provider could not be asked for</h3>
      <ul>
        {notes.map((note) => (
          <li>{note}</li>
        ))}
      </ul>
    </>
  );
}

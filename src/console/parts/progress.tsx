import { grouped } from './money';

export interface ProgressProps {
  /** What is under way. */
  readonly label: string;
  readonly done: number;
  /** Null while it is not known. */
  readonly total: number | null;
}

/** A bar with its numbers. */
export function Progress({ label, done, total }: ProgressProps) {
  const numbers = total === null ? grouped(String(done)) : `${grouped(String(done))} of ${grouped(String(total))}`;
  return (
    <div class="progress">
      <span class="progress-label">
        {label} <span class="muted">{numbers}</span>
      </span>
      <progress aria-label={label} {...(total === null ? {} : { value: done, max: Math.max(total, 1) })} />
    </div>
  );
}

export interface PagerProps {
  /** The address of the next page; null on the last one. */
  readonly next: string | null;
  /** The address of the first page; null when this is it. */
  readonly first?: string | null;
}

/** Leads through a list that is longer than a page. */
export function Pager({ next, first = null }: PagerProps) {
  if (next === null && first === null) return null;
  return (
    <nav class="pager" aria-label="Pages of the list">
      {first !== null && (
        <a class="button" href={first}>
          ← Newest
        </a>
      )}
      {next !== null && (
        <a class="button" href={next} rel="next">
          Older →
        </a>
      )}
    </nav>
  );
}

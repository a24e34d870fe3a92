export interface IdProps {
  readonly id: string;
  /** Where it leads, from `ctx.href`. */
  readonly href?: string;
  /** The longest that is shown whole; default 22 characters. */
  readonly length?: number;
}

/** An id in monospace, shortened in the middle, with a button that copies all of it. */
export function Id({ id, href, length = 22 }: IdProps) {
  const shown = shortened(id, length);
  return (
    <span class="id">
      {href === undefined ? (
        <code title={id}>{shown}</code>
      ) : (
        <a href={href} title={id}>
          <code>{shown}</code>
        </a>
      )}
      <button type="button" class="copy" data-copy={id} aria-label={`Copy ${id}`} title="Copy">
        <svg viewBox="0 0 16 16" width="12" height="12" aria-hidden="true">
          <path d="M5.5 5.5h7v8h-7zM3.5 10.5v-8h7" fill="none" stroke="currentColor" stroke-width="1.3" />
        </svg>
      </button>
    </span>
  );
}

/** `cs_test_a1…9Zk2`: its beginning tells the kind, its end tells it from others. */
export function shortened(id: string, length: number): string {
  if (id.length <= length) return id;
  const end = Math.floor((length - 1) / 3);
  return `${id.slice(0, length - 1 - end)}…${id.slice(id.length - end)}`;
}

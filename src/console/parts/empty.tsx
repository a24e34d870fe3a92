import type { ComponentChildren } from 'preact';

export interface EmptyProps {
  /** What would stand here. */
  readonly title: string;
  readonly children?: ComponentChildren;
  /** The one thing to do next. */
  readonly action?: ComponentChildren;
}

/** In place of an empty list: what would stand here, and what to do next. */
export function Empty({ title, children, action }: EmptyProps) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children !== undefined && <p>{children}</p>}
      {action}
    </div>
  );
}

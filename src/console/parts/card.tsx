import type { ComponentChildren } from 'preact';

export interface CardProps {
  readonly title?: ComponentChildren;
  /** Beside the title: links or buttons. */
  readonly actions?: ComponentChildren;
  readonly children: ComponentChildren;
  readonly id?: string;
}

/** A part of a page on a surface of its own. */
export function Card({ title, actions, children, id }: CardProps) {
  return (
    <section class="card" {...(id === undefined ? {} : { id })}>
      {(title !== undefined || actions !== undefined) && (
        <header class="card-head">
          {title !== undefined && <h2>{title}</h2>}
          {actions !== undefined && <div class="actions">{actions}</div>}
        </header>
      )}
      {children}
    </section>
  );
}

/** Terms and what they are, as in the details of one thing. */
export function Facts({ facts }: { readonly facts: readonly (readonly [term: string, value: ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {facts.map(([term, value]) => (
        <div>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

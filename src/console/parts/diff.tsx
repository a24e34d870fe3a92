import type { ComponentChildren } from 'preact';

export interface Change {
  /** In words: `Limit Purchase Events`. */
  readonly what: ComponentChildren;
  readonly from: string;
  readonly to: string;
}

/** What changes from what to what, a line each. */
export function Diff({ changes }: { readonly changes: readonly Change[] }) {
  return (
    <dl class="diff">
      {changes.map(({ what, from, to }) => (
        <div>
          <dt>{what}</dt>
          <dd>
            <del>{from}</del> <span aria-hidden="true">→</span> <ins>{to}</ins>
          </dd>
        </div>
      ))}
    </dl>
  );
}

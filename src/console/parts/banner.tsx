import type { ComponentChildren } from 'preact';

export type Tone = 'info' | 'good' | 'warn' | 'bad';

export interface BannerProps {
  readonly tone?: Tone;
  readonly title?: string;
  readonly children?: ComponentChildren;
  /** Beside the text: a link or a form. */
  readonly action?: ComponentChildren;
}

const marks: Readonly<Record<Tone, string>> = { info: 'i', good: '✓', warn: '!', bad: '⚠' };

/** A message above or within a page. Good news and bad news are read aloud when they appear. */
export function Banner({ tone = 'info', title, children, action }: BannerProps) {
  return (
    <div class={`banner banner-${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      <span class="banner-mark" aria-hidden="true">
        {marks[tone]}
      </span>
      <div class="banner-text">
        {title !== undefined && <strong>{title} </strong>}
        {children}
      </div>
      {action !== undefined && <div class="banner-action">{action}</div>}
    </div>
  );
}

import type { ComponentChildren } from 'preact';
import type { Story } from '../../../operator/story';
import type { Context } from '../../route';

export interface StoryProps {
  readonly ctx: Context;
  readonly story: Story;
}

/** One step of a story. */
export function Step({ title, children }: { readonly title: ComponentChildren; readonly children: ComponentChildren }) {
  return (
    <li>
      <h3>{title}</h3>
      {children}
    </li>
  );
}

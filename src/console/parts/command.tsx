import type { ComponentChildren } from 'preact';
import type { Context } from '../route';
import { Form } from './form';

export interface CommandProps {
  readonly ctx: Context;
  /** On the button. */
  readonly label: string;
  /** Of the form, from `ctx.href`. */
  readonly action: string;
  /** Hidden fields that go along. */
  readonly fields?: ComponentChildren;
}

/** A button that does something at once; what is costly takes `Confirm`. Viewers do not see it. */
export function Command({ ctx, label, action, fields }: CommandProps) {
  if (ctx.operator.role !== 'operator') return null;
  return (
    <Form ctx={ctx} action={action}>
      {fields}
      <button class="button">{label}</button>
    </Form>
  );
}

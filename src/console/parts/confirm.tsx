import type { ComponentChildren } from 'preact';
import type { Context } from '../route';
import { Form } from './form';

export interface ConfirmProps {
  readonly ctx: Context;
  /** On the button that opens the question: `Send again`. */
  readonly label: string;
  /** What will happen, in numbers: `Sends 214 purchases again; 3 of them will be counted anew.` */
  readonly children: ComponentChildren;
  /** Of the form, from `ctx.href`. */
  readonly action: string;
  /** On the button that does it; default: the label. */
  readonly confirmLabel?: string;
  /** Fields that go along: hidden ones, or a reason. */
  readonly fields?: ComponentChildren;
  readonly tone?: 'plain' | 'primary' | 'danger';
}

/** Asks once before something costly. It opens and works without scripts; Escape closes it with them. Viewers do not see it. */
export function Confirm({ ctx, label, children, action, confirmLabel = label, fields, tone = 'plain' }: ConfirmProps) {
  if (ctx.operator.role !== 'operator') return null;
  return (
    <details class="confirm">
      <summary class={`button button-${tone}`}>{label}</summary>
      <div class="confirm-card">
        <Form ctx={ctx} action={action}>
          <div class="confirm-text">{children}</div>
          {fields}
          <button class={`button button-${tone === 'danger' ? 'danger' : 'primary'}`}>{confirmLabel}</button>
        </Form>
      </div>
    </details>
  );
}

/** Forms: the token against forgery, fields with label, help and error. */
import type { ComponentChildren, JSX } from 'preact';
import type { Context } from '../route';

export const csrfField = '_csrf';

export interface FormProps {
  readonly ctx: Context;
  /** From `ctx.href`. */
  readonly action: string;
  readonly children: ComponentChildren;
  readonly class?: string;
  /** Attributes of htmx, and an id. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/** A form that changes something. */
export function Form({ ctx, action, children, class: className, attributes = {} }: FormProps) {
  return (
    <form method="post" action={action} {...(className === undefined ? {} : { class: className })} {...attributes}>
      <input type="hidden" name={csrfField} value={ctx.csrf} />
      {children}
    </form>
  );
}

export interface FieldProps {
  /** Of the input; errors and refused values are found by it. */
  readonly name: string;
  readonly label: string;
  readonly help?: ComponentChildren;
  readonly value?: string;
  readonly type?: 'text' | 'password' | 'email' | 'number' | 'search' | 'date' | 'url';
  readonly required?: boolean;
  readonly input?: JSX.InputHTMLAttributes<HTMLInputElement>;
  /** Shows what was refused; left out in forms that only look. */
  readonly ctx?: Context;
  /** In place of the input: a select or a text area. It gets the attributes that tie label, help and error to it. */
  readonly control?: (attributes: ControlAttributes) => ComponentChildren;
}

export interface ControlAttributes {
  readonly id: string;
  readonly name: string;
  readonly required?: boolean;
  readonly 'aria-describedby'?: string;
  readonly 'aria-invalid'?: 'true';
}

/** A label, an input, what it means, and what was wrong with it. */
export function Field({ name, label, help, value = '', type = 'text', required, input = {}, ctx, control }: FieldProps) {
  const id = `field-${name.replace(/\W+/g, '-')}`;
  const error = ctx?.refused?.errors.find(({ path }) => path === name)?.message;
  const described = [...(help === undefined ? [] : [`${id}-help`]), ...(error === undefined ? [] : [`${id}-error`])];
  const attributes: ControlAttributes = {
    id,
    name,
    ...(required ? { required: true } : {}),
    ...(described.length === 0 ? {} : { 'aria-describedby': described.join(' ') }),
    ...(error === undefined ? {} : { 'aria-invalid': 'true' }),
  };
  // A secret that was refused is not sent back to the page.
  const given = type === 'password' ? '' : (ctx?.refused?.values[name] ?? value);
  return (
    <div class={error === undefined ? 'field' : 'field field-refused'}>
      <label for={id}>{label}</label>
      {control ? control(attributes) : <input type={type} value={given} {...input} {...attributes} />}
      {help !== undefined && (
        <p class="help" id={`${id}-help`}>
          {help}
        </p>
      )}
      {error !== undefined && (
        <p class="error" id={`${id}-error`}>
          {label} {error}
        </p>
      )}
    </div>
  );
}

export interface SelectProps {
  readonly attributes: ControlAttributes;
  readonly value: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
}

/** For `Field`'s `control`. */
export function Select({ attributes, value, options }: SelectProps) {
  return (
    <select {...attributes}>
      {options.map((option) => (
        <option value={option.value} selected={option.value === value}>
          {option.label}
        </option>
      ))}
    </select>
  );
}

export interface CheckProps {
  readonly name: string;
  readonly label: ComponentChildren;
  readonly checked: boolean;
  readonly help?: string;
  /** As a switch that is on or off. */
  readonly isSwitch?: boolean;
}

/** A checkbox or a switch. */
export function Check({ name, label, checked, help, isSwitch = false }: CheckProps) {
  return (
    <label class={isSwitch ? 'check switch' : 'check'}>
      <input type="checkbox" name={name} value="on" checked={checked} {...(isSwitch ? { role: 'switch' } : {})} />
      <span>
        {label}
        {help !== undefined && <span class="help">{help}</span>}
      </span>
    </label>
  );
}

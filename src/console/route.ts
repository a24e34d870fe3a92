/**
 * Pages and actions of the console as data. A page shows; an action changes something, and then leads back to a page, so that reloading
 * repeats nothing. `router.ts` mounts them, the rail is made from them, and the tests walk them.
 */
import type { VNode } from 'preact';
import type { z } from 'zod';
import type { FieldError } from '../http/problem';
import type { Operator, Role } from '../operator/route';
import type { ConsoleDeps } from './deps';
import type { SectionId } from './sections';

/** What a page or an action knows about the request. */
export interface Context {
  readonly integration: string;
  /** All there are; a page that shows one takes it from `integration`. */
  readonly integrations: readonly string[];
  readonly operator: Operator;
  /** Unix milliseconds. */
  readonly nowMs: number;
  readonly url: URL;
  /** Goes into each form (`Form` puts it there). */
  readonly csrf: string;
  readonly deps: ConsoleDeps;
  /** True when htmx asks for a part of the page. */
  readonly isHtmx: boolean;
  /** The body of a file that a script of ours sends to an action; null for a form. */
  readonly upload: AsyncIterable<Uint8Array> | null;
  /** What was sent to an action that refused it; the page then shows the form again, with the messages at their fields. */
  readonly refused: Refused | null;
  /** A part of the path: `ctx.part('psp')`. */
  readonly part: (name: string) => string;
  /** The query, checked: @throws a 400 problem that names each parameter. `integration` is not among them. */
  readonly query: <T>(schema: z.ZodType<T>) => T;
  /** An address within the console, which keeps the integration: `ctx.href('/purchases', { state: 'sent' })`. */
  readonly href: (path: string, query?: Query) => string;
}

/** Undefined, null and empty values are left out of the address. */
export type Query = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface Refused {
  /** The path of the action, as in its definition. */
  readonly action: string;
  readonly values: Readonly<Record<string, string>>;
  readonly errors: readonly FieldError[];
  /** A sentence about all of it. */
  readonly message: string;
}

export interface Page {
  /** Below `/console`, as express writes it: `/purchases/:psp/:moneyId`. */
  readonly path: string;
  readonly title: string;
  /** The entry of the rail to which it belongs. */
  readonly section: SectionId;
  /** Default: `viewer`. */
  readonly role?: Role;
  render(ctx: Context): Answer | Promise<Answer>;
}

export interface Action<Form = unknown> {
  /** Below `/console`. It is a POST. */
  readonly path: string;
  /** Default: `operator`. */
  readonly role?: Role;
  /** The page with the form, shown again when the form is refused. Its path may have the same parts as the action's. */
  readonly page: Page;
  /** Reads the form: its fields are texts, an absent checkbox is absent. */
  readonly form: z.ZodType<Form>;
  /** @throws a `Problem`: with `errors` (422) the page shows them at the fields, otherwise above the page. */
  run(ctx: Context, form: Form): Answer | Promise<Answer>;
}

export function page(definition: Page): Page {
  return definition;
}

/** Keeps the form's type together with its schema. */
export function action<Form>(definition: Action<Form>): Action {
  return definition; // `run` gets what its own schema has read
}

/** What the browser gets: the content of a page (the layout comes around it), or one of the others. */
export type Answer = VNode | Redirect | Fragment | Titled | Download;

/** Leads to another page (303), which then says `done` once. */
export interface Redirect {
  readonly kind: 'redirect';
  /** From `ctx.href`. */
  readonly to: string;
  readonly done: string | null;
}

/** A part of a page, without the layout, for htmx. */
export interface Fragment {
  readonly kind: 'fragment';
  readonly content: VNode;
}

/** A page with a title of its own. */
export interface Titled {
  readonly kind: 'titled';
  readonly title: string;
  readonly content: VNode;
}

export interface Download {
  readonly kind: 'download';
  readonly fileName: string;
  readonly mediaType: string;
  /** Of what is long, the parts as they come. */
  readonly body: string | AsyncGenerator<string>;
}

/** `done` is what the next page says once: `Sent again: 12 purchases`. */
export function redirect(to: string, done: string | null = null): Redirect {
  return { kind: 'redirect', to, done };
}

export function fragment(content: VNode): Fragment {
  return { kind: 'fragment', content };
}

export function titled(title: string, content: VNode): Titled {
  return { kind: 'titled', title, content };
}

export function download(fileName: string, mediaType: string, body: Download['body']): Download {
  return { kind: 'download', fileName, mediaType, body };
}

/** What stands around every page: the document, the rail, the bar on top. */
import type { ComponentChildren, VNode } from 'preact';
import { render } from 'preact-render-to-string';
import type { Assets } from './assets';
import { Icon } from './parts/icon';
import { Banner } from './parts/banner';
import { Form } from './parts/form';
import type { Context } from './route';
import { type RailEntry, type SectionId, sections } from './sections';

/** htmx with nothing that evaluates text, nothing that other origins see, and no pages kept in the browser's storage. */
const htmxConfig = JSON.stringify({
  includeIndicatorStyles: false,
  allowEval: false,
  allowScriptTags: false,
  selfRequestsOnly: true,
  historyCacheSize: 0,
  refreshOnHistoryMiss: true,
  // A refused form comes back with its messages.
  responseHandling: [
    { code: '204', swap: false },
    { code: '...', swap: true },
  ],
});

export interface DocumentProps {
  readonly title: string;
  readonly assets: Pick<Assets, 'stylesheet' | 'scripts'>;
  /** In htmx's requests. */
  readonly csrf?: string;
  readonly children: ComponentChildren;
}

/** The whole document as text. */
export function documentOf({ title, assets, csrf, children }: DocumentProps): string {
  const html = render(
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <meta name="htmx-config" content={htmxConfig} />
        <title>{title}</title>
        <link rel="icon" href={icon} />
        <link rel="stylesheet" href={assets.stylesheet} />
        {assets.scripts.map((src) => (
          <script defer src={src} />
        ))}
      </head>
      <body {...(csrf === undefined ? {} : { 'hx-headers': JSON.stringify({ 'X-CSRF-Token': csrf }) })}>{children}</body>
    </html>,
  );
  return `<!doctype html>${html}`;
}

export interface LayoutProps {
  readonly ctx: Context;
  readonly title: string;
  readonly section: SectionId | null;
  readonly rail: readonly RailEntry[];
  /** What an action that has just been done left to say. */
  readonly done: string | null;
  readonly strip?: VNode | null;
  readonly children: VNode;
}

/** A page of somebody who is signed in. */
export function Layout({ ctx, title, section, rail, done, strip = null, children }: LayoutProps) {
  return (
    <div class="frame">
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <aside class="rail">
        <a class="brand" href={ctx.href('/')}>
          <Icon name="brand" /> Purchase relay
        </a>
        <IntegrationSwitch ctx={ctx} />
        {/* On phones it opens the rail, without a script; a `details` could not be open on wide screens only. */}
        <input type="checkbox" id="menu" class="rail-toggle" />
        <label for="menu" class="rail-button">
          <Icon name="menu" /> Menu
        </label>
        <div class="rail-fold">
          <Rail ctx={ctx} section={section} rail={rail} />
          <Account ctx={ctx} />
        </div>
      </aside>
      <main id="main" tabIndex={-1}>
        <div class="page">
          {strip}
          <h1>{title}</h1>
          {done !== null && <Banner tone="good">{done}</Banner>}
          {ctx.refused !== null && (
            <Banner tone="bad" title="Not done.">
              {ctx.refused.message}
            </Banner>
          )}
          {children}
        </div>
      </main>
    </div>
  );
}

function Rail({ ctx, section, rail }: Pick<LayoutProps, 'ctx' | 'section' | 'rail'>) {
  const groups = [...new Set(sections.map(({ group }) => group))];
  return (
    <nav aria-label="Console">
      {groups.map((group) => {
        const entries = rail.filter((entry) => entry.section.group === group);
        return entries.length === 0 ? null : (
          <div class="rail-group">
            <p class="rail-title">{group}</p>
            <ul>
              {entries.map((entry) => (
                <li>
                  <a href={ctx.href(entry.path)} {...(entry.section.id === section ? { 'aria-current': 'page' as const } : {})}>
                    <Icon name={entry.section.id} /> {entry.section.label}
                  </a>
                </li>
              ))}
            </ul>
          </div>
        );
      })}
    </nav>
  );
}

/** The integrations as links, since a list that jumps when something is chosen cannot be used by keyboard. */
function IntegrationSwitch({ ctx }: Pick<LayoutProps, 'ctx'>) {
  if (ctx.integrations.length < 2) return null;
  return (
    <details class="menu switcher">
      <summary>
        <span class="unseen">Integration: </span>
        {ctx.integration} <Icon name="chevron" />
      </summary>
      <ul>
        {ctx.integrations.map((name) => (
          <li>
            <a
              href={`/console/?${new URLSearchParams({ integration: name }).toString()}`}
              {...(name === ctx.integration ? { 'aria-current': 'true' as const } : {})}
            >
              {name}
            </a>
          </li>
        ))}
      </ul>
    </details>
  );
}

function Account({ ctx }: Pick<LayoutProps, 'ctx'>) {
  const { name, role } = ctx.operator;
  return (
    <div class="account">
      <p>
        <span class="account-name">{name}</span>
        <span class="muted">{role === 'operator' ? 'Operator' : 'Viewer: looks, changes nothing'}</span>
      </p>
      <Form ctx={ctx} action="/console/sign-out">
        <button class="link">Sign out</button>
      </Form>
    </div>
  );
}

const icon = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="4" fill="#4a4fd8"/><path d="M4 8h7M8 5l3 3-3 3" stroke="#fff" stroke-width="1.8" fill="none"/></svg>',
)}`;

import type { ComponentChildren } from 'preact';

export interface Tab {
  readonly label: ComponentChildren;
  readonly href: string;
  readonly current: boolean;
}

/** Links side by side, one of which is the page that is shown. */
export function Tabs({ label, tabs }: { readonly label: string; readonly tabs: readonly Tab[] }) {
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map((tab) => (
        <a href={tab.href} {...(tab.current ? { 'aria-current': 'page' } : {})}>
          {tab.label}
        </a>
      ))}
    </nav>
  );
}

/** The entries of the rail, in their order. An entry is shown once a page is registered for it. */
import type { Page } from './route';

export const sections = [
  { id: 'overview', label: 'Overview', group: 'Watch' },
  { id: 'purchases', label: 'Purchases', group: 'Watch' },
  { id: 'attention', label: 'Needs attention', group: 'Watch' },
  { id: 'setup', label: 'Set-up', group: 'Integrations' },
  { id: 'tiktok', label: 'TikTok', group: 'Integrations' },
  { id: 'pixel', label: 'Pixel', group: 'Integrations' },
  { id: 'providers', label: 'Providers', group: 'Integrations' },
  { id: 'checks', label: 'Checks', group: 'Integrations' },
  { id: 'report', label: 'Report', group: 'Account' },
  { id: 'users', label: 'Users', group: 'Account' },
  { id: 'quarantine', label: 'Quarantine', group: 'Account' },
  { id: 'count', label: 'TikTok’s count', group: 'Account' },
  { id: 'quality', label: 'Match quality', group: 'Account' },
  { id: 'changes', label: 'Change log', group: 'Account' },
  { id: 'access', label: 'Access', group: 'Account' },
] as const satisfies readonly { readonly id: string; readonly label: string; readonly group: string }[];

export type Section = (typeof sections)[number];
export type SectionId = Section['id'];

/** A section with the page that opens it. */
export interface RailEntry {
  readonly section: Section;
  readonly path: string;
}

/** The sections that have a page without parts in its path; the first such page opens the section. */
export function railOf(pages: readonly Page[]): readonly RailEntry[] {
  return sections.flatMap((section) => {
    const first = pages.find((page) => page.section === section.id && !page.path.includes(':'));
    return first ? [{ section, path: first.path }] : [];
  });
}

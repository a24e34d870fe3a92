import type { SectionId } from '../sections';

type IconName = SectionId | 'brand' | 'menu' | 'chevron';

/** Strokes in a square of 16. */
const paths: Readonly<Record<IconName, string>> = {
  brand: 'M2.5 8h9M8 4.5 11.5 8 8 11.5M14 3v10',
  menu: 'M2 4.5h12M2 8h12M2 11.5h12',
  chevron: 'm4.5 6.5 3.5 3.5 3.5-3.5',
  overview: 'M2 13.5h12M4 11V8M8 11V3.5M12 11V6',
  purchases: 'M2.5 4.5h11M2.5 8h11M2.5 11.5h7',
  attention: 'M8 2.5 14 13H2ZM8 6.5v3M8 11.2v.3',
  setup: 'm2.5 8.5 3.5 3.5 7.5-8',
  tiktok: 'M8.5 2.5v7.2a2.6 2.6 0 1 1-2.6-2.6M8.5 2.5c.3 2 1.8 3.3 3.7 3.4',
  pixel: 'M2.5 3h11v10h-11zM2.5 6h11M5 9.5h3',
  providers: 'M2 4.5h12v7H2zM2 7h12',
  checks: 'M13.5 8a5.5 5.5 0 1 1-1.6-3.9M13.5 2v3h-3',
  report: 'M3.5 2h6l3 3v9h-9zM5.5 8h5M5.5 11h5',
  users: 'M8 8a2.6 2.6 0 1 0 0-5.2A2.6 2.6 0 0 0 8 8ZM3 13.5c.5-2.3 2.5-3.5 5-3.5s4.5 1.2 5 3.5',
  quarantine: 'M8 2l5 2v4c0 3-2 5-5 6-3-1-5-3-5-6V4zM6 6.5l4 4M10 6.5l-4 4',
  count: 'M2.5 13.5h11M4.5 11V7.5M7 11V4.5M9.5 11V7.5M12 11V4.5',
  quality: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 10.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z',
  access: 'M10.5 8.5a3 3 0 1 0-3-3c0 .4.1.8.2 1.1L2.5 11.8v1.7h2.4v-1.6h1.6v-1.6l1.9-1.9c.6.1 1.3.1 2.1.1ZM11.2 4.8h.1',
  changes: 'M8 4.5V8l2.5 1.5M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12Z',
};

/** Beside a word, never in place of one. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path d={paths[name]} fill="none" stroke="currentColor" stroke-width="1.4" stroke-linecap="round" stroke-linejoin="round" />
    </svg>
  );
}

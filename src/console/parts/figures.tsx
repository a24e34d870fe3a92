/** Numbers in words of their own size: shares, durations, and the large ones at the top of a page. */
import type { ComponentChildren } from 'preact';

export interface FigureProps {
  readonly label: string;
  readonly value: ComponentChildren;
  /** Below the value, smaller. */
  readonly note?: ComponentChildren;
  readonly tone?: 'good' | 'warn' | 'bad';
  /** Where it leads, from `ctx.href`. */
  readonly href?: string;
}

/** Large numbers side by side. */
export function Figures({ figures }: { readonly figures: readonly FigureProps[] }) {
  return (
    <dl class="figures">
      {figures.map(({ label, value, note, tone, href }) => (
        <div {...(tone === undefined ? {} : { class: `figure-${tone}` })}>
          <dt>{label}</dt>
          <dd>
            <span class="figure-value">{href === undefined ? value : <a href={href}>{value}</a>}</span>
            {note !== undefined && <span class="figure-note">{note}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** `98.2 %` of 0.9824. Never `100 %` of less than all: rounded down. */
export function percent(share: number): string {
  return `${(Math.floor(share * 1000 + 1e-9) / 10).toFixed(1).replace(/\.0$/, '')} %`;
}

/** `0.8 s`, `12 s`, `3 min`, `5 h`, `2 d`. */
export function seconds(value: number): string {
  if (value < 10) return `${Number(value.toPrecision(2))} s`;
  if (value < 120) return `${Math.round(value)} s`;
  if (value < 7_200) return `${Math.round(value / 60)} min`;
  return value < 172_800 ? `${Math.round(value / 3_600)} h` : `${Math.round(value / 86_400)} d`;
}

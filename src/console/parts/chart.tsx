/** Charts as SVG, made on the server: values on hover, and a table of the same numbers behind a fold. */
import { scaleLinear, scaleLog, scalePoint } from 'd3-scale';
import { area, line } from 'd3-shape';
import { Table } from './table';

export interface Series {
  readonly name: string;
  /** Null where there is no value. */
  readonly values: readonly (number | null)[];
}

export interface LineChartProps {
  /** What the chart shows; read aloud, and the caption of its table. */
  readonly title: string;
  /** Of the values, from left to right; `2026-11-22` is shown as `22 Nov`. */
  readonly days: readonly string[];
  /** One or two; the first has the accent. */
  readonly series: readonly Series[];
  readonly scale: Scale;
  /** A value in words, on hover and in the table. */
  readonly format: (value: number) => string;
}

export interface Scale {
  /** `log` for values that differ by tenfolds; they must be above 0. */
  readonly kind: 'linear' | 'log';
  readonly from: number;
  readonly to: number;
  /** Where lines are drawn and said. */
  readonly ticks: readonly number[];
}

const size = { width: 460, height: 172 };
const plot = { left: 46, right: 452, top: 10, bottom: 146 };

/** Lines over days. */
export function LineChart({ title, days, series, scale, format }: LineChartProps) {
  const x = scalePoint<number>()
    .domain(days.map((_, index) => index))
    .range([plot.left + 6, plot.right - 6]);
  const y = (scale.kind === 'log' ? scaleLog() : scaleLinear())
    .domain([scale.from, scale.to])
    .range([plot.bottom, plot.top])
    .clamp(true);
  const at = (index: number): number => x(index) ?? plot.left;
  const width = (plot.right - plot.left) / Math.max(1, days.length);
  return (
    <figure class="chart">
      <figcaption class="chart-legend">
        {series.map(({ name }, index) => (
          <span class={`chart-name chart-name-${index}`}>{name}</span>
        ))}
      </figcaption>
      <svg viewBox={`0 0 ${size.width} ${size.height}`} role="img" aria-label={`${title}. ${summary(series, format)}`}>
        <g class="chart-grid">
          {scale.ticks.map((tick) => (
            <g>
              <line x1={plot.left} x2={plot.right} y1={y(tick)} y2={y(tick)} />
              <text x={plot.left - 8} y={y(tick)} text-anchor="end" dominant-baseline="middle">
                {format(tick)}
              </text>
            </g>
          ))}
          {labelled(days).map((index) => (
            <text
              x={at(index)}
              y={size.height - 8}
              text-anchor={index === 0 ? 'start' : index === days.length - 1 ? 'end' : 'middle'}
            >
              {shortDay(days[index] ?? '')}
            </text>
          ))}
        </g>
        {series.map(({ values }, which) => (
          <Drawn values={values} which={which} at={at} y={y} />
        ))}
        {days.map((day, index) => (
          <g class="chart-hit">
            <title>{`${shortDay(day)}: ${series.map(({ name, values }) => `${name} ${said(values[index] ?? null, format)}`).join(', ')}`}</title>
            <rect x={at(index) - width / 2} y={plot.top} width={width} height={plot.bottom - plot.top} />
            <line x1={at(index)} x2={at(index)} y1={plot.top} y2={plot.bottom} />
          </g>
        ))}
      </svg>
      <details class="chart-table">
        <summary>Numbers</summary>
        <Table
          caption={title}
          columns={[
            { title: 'Day (UTC)', cell: ({ day }) => day },
            ...series.map(({ name, values }) => ({
              title: name,
              numeric: true,
              cell: ({ index }: { readonly index: number }) => said(values[index] ?? null, format),
            })),
          ]}
          rows={days.map((day, index) => ({ day, index })).reverse()}
        />
      </details>
    </figure>
  );
}

interface DrawnProps {
  readonly values: readonly (number | null)[];
  readonly which: number;
  readonly at: (index: number) => number;
  readonly y: (value: number) => number;
}

/** A line with a gap where a value is missing, and a dot where a value stands alone or there are few. */
function Drawn({ values, which, at, y }: DrawnProps) {
  type Value = number | null;
  const path = line<Value>()
    .defined((value) => value !== null)
    .x((_, index) => at(index))
    .y((value) => y(value ?? 0));
  const below = area<Value>()
    .defined((value) => value !== null)
    .x((_, index) => at(index))
    .y0(plot.bottom)
    .y1((value) => y(value ?? 0));
  const isAlone = (index: number): boolean => (values[index - 1] ?? null) === null && (values[index + 1] ?? null) === null;
  return (
    <g class={`chart-series chart-series-${which}`}>
      {which === 0 && <path class="chart-area" d={below([...values]) ?? ''} />}
      <path class="chart-line" d={path([...values]) ?? ''} />
      {values.map((value, index) =>
        value !== null && (isAlone(index) || values.length <= 14) ? <circle cx={at(index)} cy={y(value)} r="2.5" /> : null,
      )}
    </g>
  );
}

export interface ShareBarProps {
  /** 0 to 1. */
  readonly share: number;
  readonly tone?: 'accent' | 'good' | 'warn' | 'bad' | 'muted';
}

/** A bar that is filled so far. The number stands beside it, so it is not read aloud. */
export function ShareBar({ share, tone = 'accent' }: ShareBarProps) {
  return (
    <svg class={`share share-${tone}`} viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
      <rect class="share-all" width="100" height="6" />
      <rect class="share-part" width={Math.max(0, Math.min(1, share)) * 100} height="6" />
    </svg>
  );
}

/** A line without axes, of shares from 0 to 1, for a row of a table. */
export function Sparkline({ label, values }: { readonly label: string; readonly values: readonly (number | null)[] }) {
  const path = line<number | null>()
    .defined((value) => value !== null)
    .x((_, index) => 2 + (index * 116) / Math.max(1, values.length - 1))
    .y((value) => 22 - (value ?? 0) * 20);
  return (
    <svg class="sparkline" viewBox="0 0 120 24" role="img" aria-label={label}>
      <title>{label}</title>
      <line class="sparkline-base" x1="0" x2="120" y1="22.5" y2="22.5" />
      <path d={path([...values]) ?? ''} />
      {values.map((value, index) =>
        value !== null && (values[index - 1] ?? null) === null && (values[index + 1] ?? null) === null ? (
          <circle cx={2 + (index * 116) / Math.max(1, values.length - 1)} cy={22 - value * 20} r="1.5" />
        ) : null,
      )}
    </svg>
  );
}

/** The first, the last and the one in the middle. */
function labelled(days: readonly string[]): readonly number[] {
  return [...new Set([0, Math.floor((days.length - 1) / 2), days.length - 1])].filter((index) => index >= 0);
}

function summary(series: readonly Series[], format: (value: number) => string): string {
  return series
    .map(({ name, values }) => {
      const known = values.filter((value) => value !== null);
      if (known.length === 0) return `${name}: no values`;
      return `${name}: from ${format(Math.min(...known))} to ${format(Math.max(...known))}, last ${format(known.at(-1) ?? 0)}`;
    })
    .join('. ');
}

function said(value: number | null, format: (value: number) => string): string {
  return value === null ? '–' : format(value);
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `22 Nov` of `2026-11-22`. */
function shortDay(day: string): string {
  const [, month, date] = day.split('-');
  return `${Number(date)} ${months[Number(month) - 1] ?? ''}`;
}

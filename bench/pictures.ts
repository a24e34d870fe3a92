/** A figure as bars: ours beside bare, each with its spread. Plain SVG that reads on light and dark pages. */
import { cellsOf, goalText, type Result, shown } from './results';
import { median } from './statistics';

const width = 720;
const labelWidth = 300;
const valueWidth = 130;
const barHeight = 14;
const rowHeight = 2 * barHeight + 22;
const top = 34;

/** One picture of rows with the same unit. Null when nothing in them is compared. */
export function barsOf(title: string, results: readonly Result[]): string | null {
  const rows = results.filter(({ bare, ours }) => bare !== null && ours.length > 0);
  if (rows.length === 0) return null;
  const largest = Math.max(...rows.flatMap(({ ours, bare }) => [...ours, ...(bare ?? [])]), Number.MIN_VALUE);
  const scale = (width - labelWidth - valueWidth) / largest;
  const height = top + rows.length * rowHeight + 8;
  const drawn = rows.map((row, index) => {
    const y = top + index * rowHeight;
    const goal = row.goal === null ? '' : `goal ${goalText(row.goal, row.against)}`;
    return [
      text(labelWidth - 8, y + barHeight, `${row.name} (${row.unit})`, 'end'),
      text(labelWidth - 8, y + 2 * barHeight + 2, [row.stack, goal].filter(Boolean).join(', '), 'end', 'quiet'),
      bar(y, row.ours, scale, 'ours', 'ours'),
      bar(y + barHeight + 2, row.bare ?? [], scale, 'bare', row.against ?? 'bare'),
    ].join('\n');
  });
  const described = rows.map((row) => cellsOf(row).join(' ')).join('; ');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${escaped(title)}</title>
<desc>${escaped(described)}</desc>
<style>
text { font: 12px system-ui, sans-serif; fill: #333 } .quiet { fill: #777; font-size: 10px } .title { font-size: 14px; font-weight: 600 }
.ours { fill: #2f6fde } .bare { fill: #a9b4c4 } line { stroke: #333; stroke-width: 1 }
@media (prefers-color-scheme: dark) { text { fill: #ddd } .quiet { fill: #999 } line { stroke: #ddd } .bare { fill: #6b7686 } }
</style>
${text(8, 20, title, 'start', 'title')}
${drawn.join('\n')}
</svg>
`;
}

/** The bar ends at the median; the line goes from the least to the most. */
function bar(y: number, values: readonly number[], scale: number, kind: string, name: string): string {
  const middle = median(values);
  const at = (value: number): string => (labelWidth + value * scale).toFixed(1);
  const mid = y + barHeight / 2;
  const [min, max] = [Math.min(...values), Math.max(...values)];
  return [
    `<rect class="${kind}" x="${labelWidth}" y="${y}" width="${(middle * scale).toFixed(1)}" height="${barHeight}"/>`,
    `<line x1="${at(min)}" y1="${mid}" x2="${at(max)}" y2="${mid}"/>`,
    text(labelWidth + max * scale + 6, y + barHeight - 3, `${name} ${shown(middle)}`, 'start', 'quiet'),
  ].join('');
}

function text(x: number, y: number, words: string, anchor: 'start' | 'end', kind = ''): string {
  return `<text x="${x.toFixed(1)}" y="${y}" text-anchor="${anchor}"${kind === '' ? '' : ` class="${kind}"`}>${escaped(words)}</text>`;
}

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

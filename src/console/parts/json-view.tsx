/** A body as JSON, line by line, with the places marked that could not be read. */

export interface JsonViewProps {
  readonly body: unknown;
  /** `data.object.amount_paid`; the empty one marks nothing. */
  readonly marked: readonly string[];
  /** Read to those who cannot see it. */
  readonly label: string;
}

export function JsonView({ body, marked, label }: JsonViewProps) {
  return (
    <pre class="json" tabIndex={0} role="region" aria-label={label}>
      {linesOf(body, { path: '', indent: 0, name: null, isLast: true }).map(({ text, path }) =>
        path !== '' && marked.includes(path) ? (
          <mark class="json-line">
            {text}
            {'\n'}
          </mark>
        ) : (
          `${text}\n`
        ),
      )}
    </pre>
  );
}

interface Line {
  readonly text: string;
  readonly path: string;
}

interface Place {
  readonly path: string;
  readonly indent: number;
  /** Of the field; null within a list and at the top. */
  readonly name: string | null;
  readonly isLast: boolean;
}

function linesOf(value: unknown, { path, indent, name, isLast }: Place): readonly Line[] {
  const margin = '  '.repeat(indent);
  const label = name === null ? '' : `${JSON.stringify(name)}: `;
  const comma = isLast ? '' : ',';
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0)
    return [{ text: `${margin}${label}${JSON.stringify(value)}${comma}`, path }];
  const isList = Array.isArray(value);
  const parts = Object.entries(value);
  const inside = parts.flatMap(([key, part], index) =>
    linesOf(part, {
      path: path === '' ? key : `${path}.${key}`,
      indent: indent + 1,
      name: isList ? null : key,
      isLast: index === parts.length - 1,
    }),
  );
  const [open, close] = isList ? ['[', ']'] : ['{', '}'];
  return [{ text: `${margin}${label}${open}`, path }, ...inside, { text: `${margin}${close}${comma}`, path: '' }];
}

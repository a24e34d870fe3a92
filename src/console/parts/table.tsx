import type { ComponentChildren } from 'preact';

export interface Column<Row> {
  readonly title: string;
  /** Right-aligned and in tabular figures. */
  readonly numeric?: boolean;
  /** Left out on phones. */
  readonly wide?: boolean;
  readonly cell: (row: Row) => ComponentChildren;
}

export interface TableProps<Row> {
  /** Read to those who cannot see the table. */
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** Of one row, to link to it or to update it. */
  readonly rowId?: (row: Row) => string;
}

/** A table that scrolls sideways within itself where the screen is narrow, reachable by keyboard. */
export function Table<Row>({ caption, columns, rows, rowId }: TableProps<Row>) {
  return (
    <div class="table-frame" role="region" aria-label={caption} tabIndex={0}>
      <table>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th scope="col" class={classOf(column)}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr {...(rowId ? { id: rowId(row) } : {})}>
              {columns.map((column) => (
                <td class={classOf(column)}>{column.cell(row)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function classOf({ numeric, wide }: { readonly numeric?: boolean; readonly wide?: boolean }): string {
  return `${numeric ? 'numeric' : ''} ${wide ? 'wide' : ''}`.trim();
}

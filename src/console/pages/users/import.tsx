/** Importing buyers of before this service: a file, or pasted lines; and what became of them. */
import type { ImportReport } from '../../../application/buyer-import/import';
import { Card } from '../../parts/card';
import { Field, Form } from '../../parts/form';
import { counted } from '../../parts/money';
import { Table } from '../../parts/table';
import type { Context } from '../../route';

const problemsShown = 100;

export function ImportCard({ ctx }: { readonly ctx: Context }) {
  if (ctx.operator.role !== 'operator') return null;
  return (
    <Card title="Buyers from before this service" id="import">
      <p class="muted">
        Limit Purchase Events and TikTok’s customer type count them as buyers from then on. A list in CSV, a buyer a line, whose
        first line names the columns: user_id, email or email_sha256, and first_purchase_at (2025-03-31). Sent again, it changes
        nothing. Lists of millions: npm run import-buyers.
      </p>
      <Form ctx={ctx} action={ctx.href('/users/import')} class="form" attributes={{ 'data-send-file': '#import-result' }}>
        <div class="field">
          <label for="import-file">File</label>
          <input type="file" id="import-file" accept=".csv,.tsv,.txt,text/csv" />
        </div>
        <Field
          ctx={ctx}
          name="list"
          label="Or lines, pasted"
          help="As from a spreadsheet, with the line of column names; up to 1 MB."
          control={(attributes) => (
            <textarea {...attributes} rows={4}>
              {ctx.refused?.values['list'] ?? ''}
            </textarea>
          )}
        />
        <button class="button">Import</button>
      </Form>
      <div id="import-result" role="status" />
    </Card>
  );
}

export function Imported({ report }: { readonly report: ImportReport }) {
  const { imported, known, refused, leftOut, problems } = report;
  return (
    <Card title="The list was imported">
      <div data-sent="">
        <p>
          {counted(imported, 'buyer')} imported, {known} known before, {counted(refused, 'line')} refused.
          {leftOut === 1 && ' 1 value that names nobody was left out of a line that was taken.'}
          {leftOut > 1 && ` ${counted(leftOut, 'value')} that name nobody were left out of lines that were taken.`}
        </p>
        {problems.length > 0 && (
          <Table
            caption="What was wrong"
            columns={[
              { title: 'Line', numeric: true, cell: ({ line }) => line },
              { title: 'Column', cell: ({ column }) => column ?? 'all of it' },
              { title: 'What is wrong', cell: ({ message }) => message },
            ]}
            rows={problems.slice(0, problemsShown)}
          />
        )}
      </div>
    </Card>
  );
}

/** A range of the past: counted first, taken in on a second word; and the backfills that run or ran. */
import type { AccountRef } from '../../../../workflows/contract';
import { Card } from '../../parts/card';
import { Field, Form, Select } from '../../parts/form';
import { providerName } from '../../parts/provider-name';
import type { Context } from '../../route';
import { type Backfill, BackfillItem } from './backfill-item';

interface BackfillCardProps {
  readonly ctx: Context;
  readonly accounts: readonly AccountRef[];
  /** Null while Temporal is out of reach. */
  readonly backfills: readonly Backfill[] | null;
}

export function BackfillCard({ ctx, accounts, backfills }: BackfillCardProps) {
  return (
    <Card title="A range of the past" id="backfill">
      <p>
        Reads a provider’s account over a range of dates, as after an outage or before the first start. It is counted first, and
        taken in only when you say so. What is too old to be sent is recorded, and not sent.
      </p>
      {backfills !== null && ctx.operator.role === 'operator' && (
        <Form ctx={ctx} action={ctx.href('/checks/backfill')} class="filters">
          <Field
            name="psp"
            label="Provider"
            ctx={ctx}
            control={(attributes) => (
              <Select
                attributes={attributes}
                value={ctx.refused?.values['psp'] ?? ''}
                options={accounts.map(({ psp }) => ({ value: psp, label: providerName(psp) }))}
              />
            )}
          />
          <Field name="from" label="From (UTC)" type="date" required ctx={ctx} />
          <Field name="to" label="Before (UTC)" type="date" required ctx={ctx} />
          <button class="button button-primary">Count first</button>
        </Form>
      )}
      {backfills === null ? (
        <p class="muted">They are shown, and can be started, once Temporal answers again.</p>
      ) : backfills.length === 0 ? (
        <p class="muted">None has run lately.</p>
      ) : (
        <ul class="tasks" aria-label="The running and the latest backfills">
          {backfills.map((backfill) => (
            <BackfillItem ctx={ctx} backfill={backfill} />
          ))}
        </ul>
      )}
    </Card>
  );
}

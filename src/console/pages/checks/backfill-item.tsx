/** One backfill: how far it is, what it found, what a count says would come of it. */
import type { BackfillView } from '../../../operator/checks';
import { Command } from '../../parts/command';
import { Confirm } from '../../parts/confirm';
import { Check } from '../../parts/form';
import { counted, grouped } from '../../parts/money';
import { askedAgain } from '../../parts/polling';
import { Progress } from '../../parts/progress';
import { providerName } from '../../parts/provider-name';
import { Chip, type ChipWords } from '../../parts/state';
import type { Context } from '../../route';
import { At, LastError, Notes, Range, Unreadable } from './reading';

/** A backfill of one account. */
export interface Backfill extends BackfillView {
  readonly psp: string;
}

interface BackfillProps {
  readonly ctx: Context;
  readonly backfill: Backfill;
}

/** Asked for again every two seconds while it runs. */
export function BackfillItem({ ctx, backfill }: BackfillProps) {
  const { psp, workflowId, state, window, dryRun, done, startedAt, endedAt, temporalUrl, lastError, notes } = backfill;
  const isRunning = state === 'running';
  const { label, ...look } = taskStates[state];
  return (
    <li class="task" {...(isRunning ? askedAgain(ctx.href(`/checks/${psp}/backfill`, { id: workflowId }), 2) : {})}>
      <div class="task-head">
        <Chip {...look}>{label}</Chip>
        <strong>
          {providerName(psp)}, <Range ctx={ctx} window={window} />
        </strong>
        <span class="muted">
          {dryRun ? 'counted only' : 'taken in'}, {endedAt === null ? 'began' : 'ended'}{' '}
          <At ctx={ctx} iso={endedAt ?? startedAt} />
        </span>
        {temporalUrl !== null && (
          <a href={temporalUrl} rel="noreferrer">
            Temporal UI
          </a>
        )}
        {isRunning && (
          <Command
            ctx={ctx}
            label="Cancel"
            action={ctx.href(`/checks/${psp}/backfill/cancel`)}
            fields={<input type="hidden" name="workflowId" value={workflowId} />}
          />
        )}
      </div>
      {isRunning && <Progress label={`Reading; payments and changes so far:`} done={done} total={null} />}
      <Result ctx={ctx} backfill={backfill} />
      <LastError error={lastError} label={providerName(psp)} isTriedAgain={isRunning} />
      <Notes notes={notes} />
    </li>
  );
}

const taskStates: Readonly<Record<BackfillView['state'], ChipWords>> = {
  running: { tone: 'accent', mark: '⏳', label: 'Running' },
  done: { tone: 'good', mark: '✓', label: 'Done' },
  cancelled: { tone: 'muted', mark: '–', label: 'Cancelled' },
  failed: { tone: 'bad', mark: '⚠', label: 'Failed' },
};

function Result({ ctx, backfill }: BackfillProps) {
  const { dryRun, done, found, unreadable, state } = backfill;
  return (
    <div>
      <p>
        {counted(done, 'payment or change', 'payments and changes')} read
        {dryRun ? '' : `, ${counted(found, 'payment')} of them not known before`}
        {unreadable > 0 && (
          <>; unreadable: {dryRun ? counted(unreadable, 'thing') : <Unreadable ctx={ctx} count={unreadable} />}</>
        )}
        .{dryRun && ` It would ${wouldDo(backfill)}.`}
      </p>
      {dryRun && state === 'done' && <TakeIn ctx={ctx} backfill={backfill} />}
    </div>
  );
}

/** `send 12 purchases, and record 3 as too old and 1 as no purchase`. */
function wouldDo({ wouldSend, wouldRecordAsTooOld, wouldRecordAsNoPurchase }: BackfillView): string {
  const number = (count: number | null): string => grouped(String(count ?? 0));
  return `send ${counted(wouldSend ?? 0, 'purchase')} at most, and record ${number(wouldRecordAsTooOld)} as too old and ${number(wouldRecordAsNoPurchase)} as no purchase`;
}

function TakeIn({ ctx, backfill }: BackfillProps) {
  const { psp, window } = backfill;
  return (
    <Confirm
      ctx={ctx}
      label="Read and take in"
      action={ctx.href('/checks/backfill/take-in')}
      fields={
        <>
          <input type="hidden" name="psp" value={psp} />
          <input type="hidden" name="from" value={window.from} />
          <input type="hidden" name="to" value={window.to} />
          <Check
            name="rememberFirstPurchases"
            label="Remember first purchases"
            checked={false}
            help="What is too old to be sent still counts as its buyer’s first purchase, so that Limit Purchase Events knows earlier buyers."
          />
        </>
      }
    >
      <p>
        Reads {providerName(psp)}, <Range ctx={ctx} window={window} />, again and takes in what is not known. By the count it
        would {wouldDo(backfill)}. The limit, the policy and consent may keep more of them back.
      </p>
    </Confirm>
  );
}

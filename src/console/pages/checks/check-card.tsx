/** The check of one account: how it stands, and one more look now. */
import type { CheckView } from '../../../operator/checks';
import { Card, Facts } from '../../parts/card';
import { Command } from '../../parts/command';
import { counted } from '../../parts/money';
import { askedAgain } from '../../parts/polling';
import { Progress } from '../../parts/progress';
import { providerName } from '../../parts/provider-name';
import { Chip, type ChipWords } from '../../parts/state';
import type { Context } from '../../route';
import { At, LastError, Notes, Range, Unreadable } from './reading';

interface CheckProps {
  readonly ctx: Context;
  readonly check: CheckView;
  readonly isTemporalAway?: boolean;
}

/** Asked for again every two seconds while the check runs. */
export function CheckCard({ ctx, check, isTemporalAway = false }: CheckProps) {
  const { psp, state, since, window, done, found, polled, unreadable, nextAt, last, temporalUrl } = check;
  const isRunning = state === 'running';
  const notes = last?.notes ?? [];
  const noNext = isTemporalAway ? 'not known now' : 'its Schedule is paused';
  return (
    <div id={`check-${psp}`} {...(isRunning ? askedAgain(ctx.href(`/checks/${psp}`), 2) : {})} class="stack">
      <Card
        title={
          <>
            {providerName(psp)} <CheckState state={state} />
          </>
        }
        actions={
          <>
            {temporalUrl !== null && (
              <a href={temporalUrl} rel="noreferrer">
                Open in the Temporal UI
              </a>
            )}
            {!isRunning && !isTemporalAway && <Command ctx={ctx} label="Run now" action={ctx.href(`/checks/${psp}`)} />}
          </>
        }
      >
        {isRunning && (
          <Progress
            label={`Reading what happened at ${providerName(psp)}; payments and changes so far:`}
            done={done}
            total={null}
          />
        )}
        <Facts
          facts={[
            [isRunning ? 'Began' : 'Last', since === null ? 'none has run' : <At ctx={ctx} iso={since} />],
            ['Next', nextAt === null ? noNext : <At ctx={ctx} iso={nextAt} />],
            ...(window === null ? [] : [['Asked for', <Range ctx={ctx} window={window} />] as const]),
            ...(since === null
              ? []
              : ([
                  ['Read', counted(done, 'payment or change', 'payments and changes')],
                  ['Found', `${counted(found, 'payment')} that no webhook had brought`],
                  ['Overdue, asked for', counted(polled, 'subscription')],
                  ['Unreadable', <Unreadable ctx={ctx} count={unreadable} />],
                ] as const)),
          ]}
        />
        {check.account !== ctx.integration && (
          <p class="muted">The account is {check.account}’s: one look at it feeds every integration that takes it.</p>
        )}
        <LastError error={check.lastError} label={providerName(psp)} isTriedAgain={isRunning} />
        <Notes notes={notes} />
      </Card>
    </div>
  );
}

const checkStates: Readonly<Record<CheckView['state'], ChipWords>> = {
  running: { tone: 'accent', mark: '⏳', label: 'Running' },
  idle: { tone: 'good', mark: '✓', label: 'All read' },
  failed: { tone: 'bad', mark: '⚠', label: 'The last one failed' },
  never: { tone: 'muted', mark: '○', label: 'Not run yet' },
};

function CheckState({ state }: { readonly state: CheckView['state'] }) {
  const { label, ...look } = checkStates[state];
  return <Chip {...look}>{label}</Chip>;
}

/** The step at TikTok: each attempt with its answer, and the request as it was sent. */
import type { Story } from '../../../operator/story';
import { destinationWords, matchedByWords, outcomeWords, waitingWords } from '../../../operator/words';
import { Id } from '../../parts/id';
import { counted } from '../../parts/money';
import { Chip } from '../../parts/state';
import { Time } from '../../parts/time';
import type { Context } from '../../route';
import { Step, type StoryProps } from './step';

export function Attempts({ ctx, story: { attempts, purchase } }: StoryProps) {
  return (
    <Step title={counted(attempts.length, 'attempt')}>
      {attempts.length === 0 && (
        <p class="muted">
          {purchase.attempts > 0 ? 'They were made before attempts were kept.' : 'TikTok has not been asked yet.'}
        </p>
      )}
      <ol class="attempts">
        {attempts.map((attempt) => (
          <Attempt ctx={ctx} attempt={attempt} />
        ))}
      </ol>
      {purchase.matchedBy !== null && purchase.matchedBy.length > 0 && (
        <p class="muted">The buyer is known to TikTok by: {purchase.matchedBy.map((name) => matchedByWords[name]).join(', ')}.</p>
      )}
      {purchase.matchedBy?.length === 0 && <p class="muted">Nothing told TikTok who the buyer is.</p>}
      {purchase.waitingFor !== null && <p class="muted">Waits for {waitingWords[purchase.waitingFor].label}.</p>}
    </Step>
  );
}

const tones = { accepted: 'good', throttled: 'warn', unreachable: 'warn', unauthorized: 'bad', rejected: 'bad' } as const;
const marks = { accepted: '✓', throttled: '⏳', unreachable: '⏳', unauthorized: '⚠', rejected: '⚠' } as const;

function Attempt({ ctx, attempt }: { readonly ctx: Context; readonly attempt: Story['attempts'][number] }) {
  const { number, at, durationMs, outcome, code, message, requestId, by, destination, request } = attempt;
  return (
    <li>
      <p>
        <span class="muted">{number}.</span>{' '}
        <Chip tone={tones[outcome]} mark={marks[outcome]} title={outcomeWords[outcome].means}>
          {outcomeWords[outcome].label}
        </Chip>{' '}
        <Time atMs={Date.parse(at)} nowMs={ctx.nowMs} />
        <span class="muted">
          {' '}
          · {durationMs} ms{code !== null && ` · TikTok’s code ${code}`}
          {by !== null && ` · asked for by ${by}`} · to {destinationWords[destination].label}
        </span>
      </p>
      {message !== null && <p class="quote">{message}</p>}
      {requestId !== null && (
        <p>
          <span class="muted">request_id</span> <Id id={requestId} length={34} />
        </p>
      )}
      {request === null ? (
        <p class="muted">No request is kept: none was made, or its buyer was erased.</p>
      ) : (
        <details class="request">
          <summary>The request as it was sent</summary>
          <pre tabIndex={0}>{JSON.stringify(request, null, 2)}</pre>
        </details>
      )}
    </li>
  );
}

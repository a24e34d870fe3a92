/** A story as it is read: what was bought, what can be done, and step by step what became of it. */
import type { PurchaseView } from '../../../operator/purchase-view';
import { phaseWords, purchaseTypeWords } from '../../../operator/words';
import { Id } from '../../parts/id';
import { Amount } from '../../parts/money';
import { askedAgain } from '../../parts/polling';
import { providerName } from '../../parts/provider-name';
import { Chip, State } from '../../parts/state';
import { Time } from '../../parts/time';
import { storyPath } from './address';
import { Attempts } from './attempts';
import { Commands } from './commands';
import { Decision, Phase, Told } from './decision';
import { Step, type StoryProps } from './step';

interface ViewProps extends StoryProps {
  /** The query of the list that it was opened from. */
  readonly back: string;
  readonly isDrawer?: boolean;
}

export function StoryView({ ctx, story, back, isDrawer = false }: ViewProps) {
  const { purchase } = story;
  const list = `/console/purchases${back.startsWith('?') ? back : new URL(ctx.href('/purchases'), ctx.url).search}`;
  const path = storyPath(purchase.psp, purchase.moneyId);
  const live = isMoving(purchase) ? askedAgain(ctx.href(path, { back }), 3) : {};
  return (
    <article id="story" class="story" {...live}>
      <header class="story-head">
        {isDrawer ? <h2 tabIndex={-1}>{headline(purchase)}</h2> : <p class="story-headline">{headline(purchase)}</p>}
        <State state={purchase.state} />
        {purchase.sample && (
          <Chip tone="muted" mark="◇" title="Sent by “Send a sample”: nobody bought anything. Reports and coverage leave it out.">
            sample
          </Chip>
        )}
        <span class="story-amount">
          <Amount amount={purchase.amount} currency={purchase.chargedCurrency} />
        </span>
        <Time atMs={Date.parse(purchase.occurredAt)} nowMs={ctx.nowMs} />
        <a class="button drawer-close" href={list}>
          {isDrawer ? 'Close' : 'All purchases'}
        </a>
      </header>
      <Ids purchase={purchase} />
      <Commands ctx={ctx} story={story} />
      <ol class="steps">
        <Told ctx={ctx} story={story} />
        <Phase story={story} />
        <Decision ctx={ctx} story={story} />
        <Attempts ctx={ctx} story={story} />
        <Step title="What comes next">
          <p>{story.next.words}.</p>
        </Step>
      </ol>
    </article>
  );
}

/** What is about to change by itself within seconds is looked at again; while one reads the rest, nothing moves. */
function isMoving({ state, waitingFor }: PurchaseView): boolean {
  return state === 'pending' && waitingFor !== 'hold' && waitingFor !== 'retry' && waitingFor !== 'paused';
}

function headline({ purchaseType, phase }: PurchaseView): string {
  return `${purchaseTypeWords[purchaseType].label} · ${phase === null ? 'no phase' : phaseWords[phase].label}`;
}

function Ids({ purchase }: { readonly purchase: PurchaseView }) {
  const ids: readonly (readonly [string, string])[] = [
    ['Payment', purchase.moneyId],
    ['Subscription', purchase.subscription],
    ['Event id', purchase.eventId],
    ...(purchase.requestId === null ? [] : [['TikTok’s request id', purchase.requestId] as const]),
  ];
  return (
    <dl class="ids">
      <div>
        <dt>Provider</dt>
        <dd>{providerName(purchase.psp)}</dd>
      </div>
      {ids.map(([term, id]) => (
        <div>
          <dt>{term}</dt>
          <dd>
            <Id id={id} length={30} />
          </dd>
        </div>
      ))}
      {purchase.refunded !== '0' && Number(purchase.refunded) > 0 && (
        <div>
          <dt>Given back</dt>
          <dd>
            <Amount amount={purchase.refunded} currency={purchase.chargedCurrency} />
          </dd>
        </div>
      )}
    </dl>
  );
}

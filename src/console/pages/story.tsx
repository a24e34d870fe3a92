/** The story of one purchase, from the provider's word to TikTok's: a page with an address of its own, and the drawer over the list. */
import type { ComponentChildren } from 'preact';
import { z } from 'zod';
import { hourMs } from '../../domain/duration';
import { commandOf, resendPurchase, skipPurchase } from '../../operator/purchase-commands';
import type { PurchaseView } from '../../operator/purchase-view';
import { isPlainText } from '../../operator/request';
import type { Story } from '../../operator/story';
import { storyOf } from '../../operator/story';
import {
  destinationWords,
  matchedByWords,
  outcomeWords,
  phaseWords,
  purchaseTypeWords,
  waitingWords,
} from '../../operator/words';
import { Confirm } from '../parts/confirm';
import { Field } from '../parts/form';
import { Id } from '../parts/id';
import { Amount } from '../parts/money';
import { Chip, State } from '../parts/state';
import { Time } from '../parts/time';
import type { Context } from '../route';
import { action, fragment, page, redirect, titled } from '../route';
import { providerName, storyPath } from './purchases';

export const storyPage = page({
  path: '/purchases/:psp/:moneyId',
  title: 'Story of a purchase',
  section: 'purchases',
  async render(ctx) {
    const { back } = ctx.query(storyQuery);
    const story = await storyOf(ctx.deps, paymentIn(ctx));
    if (ctx.isHtmx) return fragment(<StoryView ctx={ctx} story={story} back={back ?? ''} isDrawer />);
    return titled(`Purchase ${story.purchase.moneyId}`, <StoryView ctx={ctx} story={story} back={back ?? ''} />);
  },
});

const storyQuery = z.strictObject({ back: z.string().max(4_000).exactOptional() });

const said = z
  .string()
  .trim()
  .refine((why) => isPlainText(why, 500), 'must have at most 500 characters, and no control characters')
  .optional();

export const resendAction = action({
  path: '/purchases/:psp/:moneyId/resend',
  page: storyPage,
  form: z.strictObject({ reason: said, force: z.literal('on').optional() }),
  async run(ctx, { reason, force }) {
    const { psp, moneyId } = paymentIn(ctx);
    await resendPurchase(
      ctx.deps,
      await orderOf(ctx),
      commandOf(moneyId, { by: ctx.operator.name, reason, force: force && true }),
    );
    return redirect(ctx.href(storyPath(psp, moneyId)), 'It is being sent again.');
  },
});

export const skipAction = action({
  path: '/purchases/:psp/:moneyId/skip',
  page: storyPage,
  form: z.strictObject({ reason: said }),
  async run(ctx, { reason }) {
    const { psp, moneyId } = paymentIn(ctx);
    await skipPurchase(ctx.deps, await orderOf(ctx), commandOf(moneyId, { by: ctx.operator.name, reason }));
    return redirect(ctx.href(storyPath(psp, moneyId)), 'Skipped: it will not be sent.');
  },
});

function paymentIn({ integration, part }: Context) {
  return { integration, psp: part('psp'), moneyId: part('moneyId') };
}

async function orderOf(ctx: Context) {
  const { purchase } = await storyOf(ctx.deps, paymentIn(ctx));
  return { integration: ctx.integration, psp: purchase.psp, subscription: purchase.subscription };
}

interface StoryProps {
  readonly ctx: Context;
  readonly story: Story;
}

interface ViewProps extends StoryProps {
  /** The query of the list that it was opened from. */
  readonly back: string;
  readonly isDrawer?: boolean;
}

function StoryView({ ctx, story, back, isDrawer = false }: ViewProps) {
  const { purchase } = story;
  const list = `/console/purchases${back.startsWith('?') ? back : new URL(ctx.href('/purchases'), ctx.url).search}`;
  const path = storyPath(purchase.psp, purchase.moneyId);
  const live = isMoving(purchase) ? { 'hx-get': ctx.href(path, { back }), 'hx-trigger': 'every 3s', 'hx-swap': 'outerHTML' } : {};
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
        <Facts ctx={ctx} story={story} />
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
  return state === 'pending' && waitingFor !== 'retry' && waitingFor !== 'paused';
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

/** Only what the workflow would follow: what was sent can't be skipped, and a charge that failed has nothing to send. */
function Commands({ ctx, story: { purchase, temporalUrl } }: StoryProps) {
  const { psp, moneyId, state } = purchase;
  const path = storyPath(psp, moneyId);
  const canSend = purchase.reason !== 'payment_failed' && state !== 'pending';
  const canSkip = state === 'pending' || state === 'needs_attention';
  return (
    <div class="actions">
      {canSend && (
        <Confirm
          ctx={ctx}
          label={state === 'sent' || state === 'needs_attention' ? 'Send again' : 'Send all the same'}
          action={ctx.href(`${path}/resend`)}
          confirmLabel={state === 'sent' ? 'Send it a second time' : 'Send it'}
          fields={
            <>
              {state === 'sent' && <input type="hidden" name="force" value="on" />}
              <Reason />
            </>
          }
        >
          <ResendQuestion ctx={ctx} purchase={purchase} />
        </Confirm>
      )}
      {canSkip && (
        <Confirm
          ctx={ctx}
          label="Skip"
          tone="danger"
          action={ctx.href(`${path}/skip`)}
          confirmLabel="Skip it"
          fields={<Reason />}
        >
          <p>
            TikTok will not be told of this 1 purchase. If it holds its buyer’s first purchase, the next one of the buyer gets it.
          </p>
        </Confirm>
      )}
      {temporalUrl !== null && (
        <a class="button" href={temporalUrl} target="_blank" rel="noreferrer">
          Open in the Temporal UI
        </a>
      )}
    </div>
  );
}

function Reason() {
  return <Field name="reason" label="Why (for the records)" />;
}

function ResendQuestion({ ctx, purchase: { state, sentAt } }: { readonly ctx: Context; readonly purchase: PurchaseView }) {
  if (state !== 'sent' || sentAt === null)
    return <p>Sends this 1 purchase to TikTok now, whatever the limit, consent or its age say.</p>;
  const hours = Math.floor((ctx.nowMs - Date.parse(sentAt)) / hourMs);
  return (
    <p>
      TikTok has this purchase since {hours} h. It drops a repetition within 48 h of the first, and counts it anew after that:{' '}
      <strong>{hours < 48 ? 'sent now, it would be dropped.' : 'sent now, it would be counted a second time.'}</strong>
    </p>
  );
}

function Step({ title, children }: { readonly title: ComponentChildren; readonly children: ComponentChildren }) {
  return (
    <li>
      <h3>{title}</h3>
      {children}
    </li>
  );
}

function Facts({ ctx, story: { facts, purchase } }: StoryProps) {
  return (
    <Step title={`What ${providerName(purchase.psp)} said`}>
      {facts.length === 0 ? (
        <p class="muted">Of an order as old as this one, what the provider said is not kept.</p>
      ) : (
        <ul class="told">
          {facts.map((fact) => (
            <li>
              <strong>{fact.words}</strong> <code class="term">{fact.kind}</code>{' '}
              <Time atMs={Date.parse(fact.occurredAt)} nowMs={ctx.nowMs} />
              <span class="muted">
                {fact.details.length > 0 && ` · ${fact.details.join(' · ')}`} · heard{' '}
                <Time atMs={Date.parse(fact.acceptedAt)} nowMs={ctx.nowMs} />, settings version {fact.settingsVersion}
                {fact.tooOld && ' · older than the settings allow'}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Step>
  );
}

function Phase({ story: { phase } }: Pick<StoryProps, 'story'>) {
  return (
    <Step title="What it is">
      <p>
        <strong>{phase.words}</strong> {phase.phase !== null && <code class="term">{phase.phase}</code>}: {phase.why}.
      </p>
    </Step>
  );
}

function Decision({ ctx, story: { decision, purchase } }: StoryProps) {
  const first = decision.firstPurchase;
  return (
    <Step title="What was decided">
      <p>
        {decision.words}.{' '}
        {(decision.state === 'suppressed' || decision.state === 'not_a_purchase') && decision.reason !== null && (
          <code class="term">{decision.reason}</code>
        )}
      </p>
      {first !== null && (
        <p>
          The buyer’s first purchase: <Id id={first.moneyId} href={ctx.href(storyPath(first.psp, first.moneyId))} /> at{' '}
          {providerName(first.psp)}
        </p>
      )}
      <p class="muted">
        By version {decision.settingsVersion} of the settings, as <code class="term">{purchase.eventName}</code>
        {purchase.value === null ? ', without a value' : ` of ${purchase.value} ${purchase.currency ?? ''}`}.
      </p>
    </Step>
  );
}

function Attempts({ ctx, story: { attempts, purchase } }: StoryProps) {
  return (
    <Step title={attempts.length === 1 ? '1 attempt' : `${attempts.length} attempts`}>
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

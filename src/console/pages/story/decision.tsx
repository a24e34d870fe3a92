/** The steps up to TikTok: what the provider said, what the payment is, and what was decided. */
import { Id } from '../../parts/id';
import { providerName } from '../../parts/provider-name';
import { Time } from '../../parts/time';
import type { Context } from '../../route';
import { versionHref } from '../changes';
import { storyPath } from './address';
import { Step, type StoryProps } from './step';
import { isImported } from '../../../domain/imported-buyer';
import { boughtBeforeWords } from '../../../operator/story-words';

export function Told({ ctx, story: { facts, purchase } }: StoryProps) {
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
                <Time atMs={Date.parse(fact.acceptedAt)} nowMs={ctx.nowMs} />, settings{' '}
                <Version ctx={ctx} version={fact.settingsVersion} />
                {fact.tooOld && ' · older than the settings allow'}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Step>
  );
}

/** Leads to what that version changed. */
function Version({ ctx, version }: { readonly ctx: Context; readonly version: number }) {
  return <a href={versionHref(ctx, version)}>version {version}</a>;
}

export function Phase({ story: { phase } }: Pick<StoryProps, 'story'>) {
  return (
    <Step title="What it is">
      <p>
        <strong>{phase.words}</strong> {phase.phase !== null && <code class="term">{phase.phase}</code>}: {phase.why}.
      </p>
    </Step>
  );
}

export function Decision({ ctx, story: { decision, purchase } }: StoryProps) {
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
          The buyer’s first purchase:{' '}
          {isImported(first) ? (
            boughtBeforeWords(first)
          ) : (
            <>
              <Id id={first.moneyId} href={ctx.href(storyPath(first.psp, first.moneyId))} /> at {providerName(first.psp)}
            </>
          )}
        </p>
      )}
      <p class="muted">
        By <Version ctx={ctx} version={decision.settingsVersion} /> of the settings, as{' '}
        <code class="term">{purchase.eventName}</code>
        {purchase.value === null ? ', without a value' : ` of ${purchase.value} ${purchase.currency ?? ''}`}.
      </p>
    </Step>
  );
}

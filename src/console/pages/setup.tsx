/** Set-up: what is done, what to do next, and a sample purchase to see the whole way. The overview shows the checklist on a first start. */
import { z } from 'zod';
import { readSetup, type Setup } from '../../application/setup';
import { sampleKinds, samplePsp, type SampleKind } from '../../domain/sample';
import { sendSample } from '../../operator/sample-routes';
import { destinationWords } from '../../operator/words';
import { Banner } from '../parts/banner';
import { Card } from '../parts/card';
import { Field, Form, Select } from '../parts/form';
import { Id } from '../parts/id';
import { counted } from '../parts/money';
import { askedAgain } from '../parts/polling';
import { Chip, State } from '../parts/state';
import { action, type Context, fragment, page, redirect } from '../route';

export const setupPage = page({
  path: '/setup',
  title: 'Set-up',
  section: 'setup',
  render: async (ctx) => <SetupChecklist ctx={ctx} setup={await setupOf(ctx)} />,
});

/** What of the set-up is done, for a page that shows it. */
export function setupOf(ctx: Context): Promise<Setup> {
  return readSetup(ctx.deps.setup, ctx.integration);
}

/** The checklist with the sample; the overview shows it in its place while no purchase was ever sent. */
export function SetupChecklist({ ctx, setup }: { readonly ctx: Context; readonly setup: Setup }) {
  const done = setup.items.filter((item) => item.done).length;
  const next = setup.items.find((item) => !item.done);
  return (
    <>
      <SampleCard ctx={ctx} setup={setup} />
      <Card title={`Set-up: ${done} of ${setup.items.length} done`}>
        <ol class="checklist">
          {setup.items.map((item) => (
            <li class={item.done ? 'checklist-done' : ''}>
              {item.done ? (
                <Chip tone="good" mark="✓">
                  Done
                </Chip>
              ) : (
                <Chip tone={item === next ? 'accent' : 'muted'} mark={item === next ? '→' : '○'}>
                  {item === next ? 'Next' : 'Open'}
                </Chip>
              )}
              <div>
                <a href={ctx.href(item.href.replace(/^\/console/, ''))}>{item.title}</a>
                <p class="help">{item.help}</p>
              </div>
            </li>
          ))}
        </ol>
      </Card>
    </>
  );
}

function SampleCard({ ctx, setup }: { readonly ctx: Context; readonly setup: Setup }) {
  const { destination, sample } = setup;
  const { label, means } = destinationWords[destination];
  return (
    <Card title="See a purchase arrive" id="sample">
      <p>
        Sends a purchase that nobody made through a signed webhook, as your provider would. It goes to: {label} ({means}).
      </p>
      {sample.refused === null ? (
        <SampleForm ctx={ctx} />
      ) : (
        <Banner tone="warn" title="No sample can be sent now:">
          {sample.refused}.
        </Banner>
      )}
      <SampleWatch ctx={ctx} setup={setup} />
    </Card>
  );
}

const kindWords: Readonly<Record<SampleKind, string>> = {
  subscription: 'A subscription: one payment',
  free_trial: 'A free trial, and its first payment',
  paid_trial: 'A paid trial, and its first payment',
  lifetime: 'A one-off purchase',
};

function SampleForm({ ctx }: { readonly ctx: Context }) {
  if (ctx.operator.role !== 'operator') return <p class="muted">An operator can send one; you are signed in to look.</p>;
  return (
    <Form ctx={ctx} action={ctx.href('/setup/sample')} class="filters">
      <Field
        name="kind"
        label="What to play"
        ctx={ctx}
        control={(attributes) => (
          <Select
            attributes={attributes}
            value="subscription"
            options={sampleKinds.map((value) => ({ value, label: kindWords[value] }))}
          />
        )}
      />
      <button class="button button-primary">Send a sample</button>
    </Form>
  );
}

/** The last sample; asked for again every second while it is on its way. */
function SampleWatch({ ctx, setup }: { readonly ctx: Context; readonly setup: Setup }) {
  const { destination, sample } = setup;
  if (sample.last === null) return <div id="sample-watch" />;
  const { moneyId, state } = sample.last;
  const isUnderWay = state === 'pending';
  const again = isUnderWay ? askedAgain(ctx.href('/setup/sample'), 1) : {};
  return (
    <div id="sample-watch" class="sample-watch" role="status" {...again}>
      <State state={state} />
      <Id id={moneyId} href={ctx.href(`/purchases/${samplePsp}/${moneyId}`)} length={40} />
      {state === 'sent' ? (
        <span>
          It arrived{destination === 'sandbox' ? ' at the built-in sandbox' : ''}.{' '}
          <a href={ctx.href(`/purchases/${samplePsp}/${moneyId}`)}>Read its story</a>
          {destination === 'sandbox' && (
            <>
              {' '}
              or <a href="/sandbox/tiktok/_sandbox/">see what the sandbox got</a>
            </>
          )}
          .
        </span>
      ) : (
        <span>
          {isUnderWay ? 'On its way. ' : 'It did not get there. '}
          <a href={isUnderWay ? ctx.href('/setup') : ctx.href(`/purchases/${samplePsp}/${moneyId}`)}>
            {isUnderWay ? 'Look again' : 'See why'}
          </a>
        </span>
      )}
    </div>
  );
}

export const sampleWatchPage = page({
  path: '/setup/sample',
  title: 'Sample',
  section: 'setup',
  render: async (ctx) => fragment(<SampleWatch ctx={ctx} setup={await setupOf(ctx)} />),
});

export const sampleAction = action({
  path: '/setup/sample',
  page: setupPage,
  form: z.object({ kind: z.enum(sampleKinds, 'must be one of the list').default('subscription') }),
  async run(ctx, { kind }) {
    const { payments } = await sendSample(ctx.deps, { integration: ctx.integration, kind, by: ctx.operator.name });
    const what = counted(payments.length, 'payment');
    return redirect(ctx.href('/setup'), `Sample sent: ${what}`);
  },
});

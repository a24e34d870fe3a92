/** `POST /api/sample`: plays a sample purchase. */
import { z } from 'zod';
import { conflict } from '../http/problem';
import { playSample, type PlayedSample, type SampleDeps, whyNoSample } from '../application/sample';
import { sampleKinds, type SampleKind } from '../domain/sample';
import type { Store } from '../store';
import { consolePath } from './console-path';
import { destinationSchema } from './purchase-view';
import { defineRoute, type Route } from './route';

export interface SampleRoutesDeps {
  readonly samples: SampleDeps;
  readonly audit: Pick<Store['audit'], 'append'>;
  readonly nowMs: () => number;
}

export function sampleRoutes(deps: SampleRoutesDeps): readonly Route[] {
  return [
    defineRoute({
      method: 'post',
      path: '/sample',
      tag: 'Set-up',
      summary: 'Send a sample purchase',
      description:
        'Plays a purchase that nobody made through a signed generic webhook. It goes to the built-in sandbox, or with a test event code to ' +
        'TikTok’s test events: never where it would count. Its ids begin with `sample_`.',
      body: z.strictObject({ kind }),
      answers: { 202: { description: 'It is on its way', schema: played } },
      problems: [409, 422],
      async handle({ integration, operator, body }) {
        const sample = await sendSample(deps, { integration, kind: body.kind, by: operator.name });
        const [{ moneyId } = { moneyId: sample.subscription }] = sample.payments.slice(-1);
        const story = `/purchases/generic/${moneyId}`;
        return { ...sample, sample: true, story: `/api${story}`, console: consolePath(story, integration) };
      },
    }),
  ];
}

export interface SampleCall {
  readonly integration: string;
  readonly kind: SampleKind;
  readonly by: string;
}

/** @throws Problem 409 when it would count at TikTok, or could not be sent */
export async function sendSample(deps: SampleRoutesDeps, { integration, kind: of, by }: SampleCall): Promise<PlayedSample> {
  const reason = await whyNoSample(deps.samples, integration);
  if (reason !== null) throw conflict(reason);
  const sample = await playSample(deps.samples, integration, of);
  const told = { integration, atMs: deps.nowMs(), by, action: 'sample', target: `generic/${sample.subscription}` };
  await deps.audit.append({ ...told, reason: sample.kind });
  return sample;
}

const words = [...sampleKinds, 'trial'] as const;

/** `trial` is a free one. */
const kind = z
  .enum(words, `must be one of ${words.join(', ')}`)
  .transform((word): SampleKind => (word === 'trial' ? 'free_trial' : word))
  .default('subscription');

const played = z.object({
  sample: z.literal(true),
  kind: z.enum(sampleKinds),
  destination: destinationSchema,
  subscription: z.string(),
  payments: z.array(z.object({ psp: z.string(), moneyId: z.string(), kind: z.string() })),
  story: z.string().meta({ description: 'Where the API tells what became of its last payment' }),
  console: z.string().meta({ description: 'The same in the console' }),
});

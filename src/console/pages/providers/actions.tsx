/** What an operator does with a provider's secrets. */
import { z } from 'zod';
import { addSecret, removeSecret, showSecret } from '../../../operator/providers';
import { Card } from '../../parts/card';
import { Id } from '../../parts/id';
import { action, redirect, titled } from '../../route';
import { providerPage } from './page';

const secretForm = z.object({
  kind: z.enum(['webhook', 'api'], 'must be one of the list'),
  secret: z.string().trim().min(1, 'must not be empty').max(1_000, 'is too long'),
});

const addAction = action({
  path: '/providers/:psp/secrets',
  page: providerPage,
  form: secretForm,
  async run(ctx, form) {
    const psp = ctx.part('psp');
    await addSecret(ctx.deps, { integration: ctx.integration, psp, by: ctx.operator.name }, form);
    return redirect(ctx.href(`/providers/${psp}`), 'Secret added: it counts from now on');
  },
});

const idForm = z.object({ id: z.string().max(100) });

const removeAction = action({
  path: '/providers/:psp/secrets/remove',
  page: providerPage,
  form: idForm,
  async run(ctx, { id }) {
    const psp = ctx.part('psp');
    await removeSecret(ctx.deps, { integration: ctx.integration, psp, by: ctx.operator.name }, id);
    return redirect(ctx.href(`/providers/${psp}`), 'Secret removed');
  },
});

const showAction = action({
  path: '/providers/:psp/secrets/show',
  page: providerPage,
  form: idForm,
  async run(ctx, { id }) {
    const psp = ctx.part('psp');
    const secret = await showSecret(ctx.deps, { integration: ctx.integration, psp, by: ctx.operator.name }, id);
    return titled(
      'Secret of the first start',
      <Card title="Made here, for your own sender">
        <p>Sign with it what you send to this provider’s endpoint. That you looked is noted.</p>
        <Id id={secret} length={80} />
        <p>
          <a href={ctx.href(`/providers/${psp}`)}>Back</a>
        </p>
      </Card>,
    );
  },
});

export const providerActions = [addAction, removeAction, showAction];

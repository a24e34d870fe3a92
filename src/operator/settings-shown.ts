/** The answers about settings as schemas, for the OpenAPI document: made from the settings' own descriptions. */
import { z } from 'zod';
import { settingEntries, settingField } from './settings-fields';

/** Every setting but the token, which is never shown. */
const shownRules = Object.fromEntries(
  settingEntries
    .filter(([key]) => key !== 'accessToken')
    .map(([key, { rule, help, example }]) => [key, rule.meta({ description: help, examples: [example] })]),
);

export const settingsSchema = z
  .object({
    version: z.int(),
    ...shownRules,
    accessToken: z.object({ present: z.boolean() }).meta({ description: 'Only whether there is one: it is never shown.' }),
  })
  .meta({ id: 'Settings' });

/** A merge patch: any part of a settings document. */
export const settingsPatchSchema = z
  .looseObject(
    Object.fromEntries(
      settingEntries.map(([key, { help, example }]) => [
        key,
        z
          .unknown()
          .optional()
          .meta({ description: key === 'accessToken' ? `${help} \`null\` removes it.` : help, examples: [example] }),
      ]),
    ),
  )
  .meta({ id: 'SettingsPatch', examples: [{ limitPurchaseEvents: true }, { policy: settingField('policy').example }] });

const page = <Item extends z.ZodType>(item: Item) => z.object({ items: z.array(item), nextCursor: z.string().nullable() });

export const historySchema = page(
  z.object({
    version: z.int(),
    savedAt: z.iso.datetime().nullable().meta({ description: 'null for the first version, which comes from the environment' }),
    by: z.string(),
    changes: z.array(
      z.object({
        path: z.string().meta({ examples: ['policy.subscription.renewal.send'] }),
        from: z.unknown().meta({ description: 'null for what was not there' }),
        to: z.unknown().meta({ description: 'null for what is not there any more' }),
      }),
    ),
  }),
);

export const presetsSchema = page(
  z.object({
    name: z.string(),
    title: z.string(),
    help: z.string(),
    patch: z.record(z.string(), z.unknown()).meta({ description: 'a merge patch of the settings' }),
  }),
);

export const auditPageSchema = page(
  z.object({
    id: z.int(),
    at: z.iso.datetime(),
    by: z.string(),
    action: z.string().meta({ examples: ['settings.change'] }),
    target: z.string(),
    reason: z.string().nullable(),
  }),
);

export const checkSchema = z.object({
  ok: z.boolean(),
  outcome: z.enum(['accepted', 'throttled', 'unreachable', 'unauthorized', 'rejected']),
  code: z.int().nullable().meta({ description: 'TikTok’s code; null when TikTok did not answer with one' }),
  message: z.string(),
  destination: z
    .enum(['tiktok', 'test', 'sandbox'])
    .meta({ description: 'where it went: TikTok, TikTok’s test view, the built-in sandbox' }),
  requestId: z.string().nullable(),
  request_id: z.string().nullable(),
});

/** Patches of the settings, and what the domain makes of settings that were accepted. */
import fc from 'fast-check';
import { presets } from '../../../src/domain/policy';
import { decidingSettings, defaultSettings, type Settings } from '../../../src/domain/settings';
import { applyMergePatch, settingsView } from '../../../src/operator/settings-document';
import { lifecycle, Order, payment, refund } from '../../support/order-scenario';
import { canary, jsonOf, mutated, mutation } from '../mutations';
import { target, Undocumented } from '../run';

const cells = [
  { send: true },
  { send: false },
  { send: true, eventName: 'RecurringSubscriptionPayment' },
  { send: true, value: { mode: 'net' } },
  { send: true, value: { mode: 'percent', percent: 30 } },
  { send: true, value: { mode: 'fixed', amount: '9.99', currency: 'USD' } },
  { send: true, value: { mode: 'zero' } },
  { send: true, value: { mode: 'omit' } },
];
const cell = fc.constantFrom(...cells);

/** Right values of every setting. */
const values: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  pixelCode: fc.constantFrom(null, 'C4FUZZPIXEL000000001'),
  accessToken: fc.constantFrom<unknown>(null, 'a-token', { present: false }),
  testEventCode: fc.constantFrom(null, 'TEST12345'),
  eventName: fc.constantFrom('CompletePayment', 'Purchase'),
  limitPurchaseEvents: fc.boolean(),
  limitFreeTrials: fc.constantFrom('always', 'first_order'),
  policy: fc.record(
    {
      subscription: fc.record({ conversion: cell, renewal: cell }, { requiredKeys: [], noNullPrototype: true }),
      free_trial: fc.record({ trial_start: cell, conversion: cell, renewal: cell }, { requiredKeys: [], noNullPrototype: true }),
      paid_trial: fc.record({ trial_start: cell, conversion: cell, renewal: cell }, { requiredKeys: [], noNullPrototype: true }),
      lifetime: fc.record({ conversion: cell }, { requiredKeys: [], noNullPrototype: true }),
    },
    { requiredKeys: [], noNullPrototype: true },
  ),
  sendZeroValue: fc.boolean(),
  maxEventAgeHours: fc.constantFrom(1, 168, 8760),
  attributedOnly: fc.boolean(),
  requireUserToken: fc.boolean(),
  consent: fc.constantFrom({ denied: 'do_not_send' }, { unknown: 'limited_data_use' }),
  prices: fc.dictionary(
    fc.constantFrom('price_1', 'pri_2', 'P-3'),
    fc.constantFrom('trial', 'regular', 'lifetime', 'ignore', null),
    {
      noNullPrototype: true,
    },
  ),
  products: fc.constantFrom({ price_1: { id: 'a', name: 'b', predictedLtv: '89.00' } }, {}),
  countTolerancePercent: fc.constantFrom(0, 2, 7.5, 100),
  paused: fc.boolean(),
};

/** A patch of some settings, which mutations then spoil. */
const patches = fc.record(Object.fromEntries(Object.entries(values).filter(([name]) => name in defaultSettings)), {
  requiredKeys: [],
  noNullPrototype: true,
});

export const settingsTarget = target<{ readonly texts: readonly string[]; readonly liveMode: boolean }>({
  name: 'settings patches',
  inputs: fc
    .record({
      patches: fc.array(fc.tuple(patches, fc.oneof(fc.constant([]), fc.array(mutation, { maxLength: 2 }))), {
        minLength: 1,
        maxLength: 3,
      }),
      liveMode: fc.boolean(),
    })
    .map(({ patches: drawn, liveMode }) => ({
      liveMode,
      texts: drawn.map(([patch, mutations]) => jsonOf(mutated(structuredClone(patch), mutations))),
    })),
  size: ({ texts }) => texts.join('').length,
  handle({ texts, liveMode }) {
    let settings: Settings = { ...defaultSettings, policy: presets.default.policy };
    const outcomes = texts.flatMap(parsed).map((patch) => {
      const before = JSON.stringify(settings);
      const outcome = applyMergePatch(settings, patch, { liveMode });
      if (JSON.stringify(settings) !== before) throw new Undocumented('a patch changed the settings that it was applied to');
      if (outcome.ok) settings = outcome.settings;
      else checkErrors(outcome.errors);
      return outcome.ok ? 'accepted' : '422';
    });
    JSON.stringify(settingsView(settings));
    // What was accepted decides payments.
    const order = new Order('sub_1', undefined, decidingSettings(settings));
    order.receives(lifecycle('began', 0), payment('trial_start', 'in_0', 0, { amountMinor: 100 }), payment('renewal', 'in_1', 7));
    order.receives(payment('renewal', 'in_2', 37, { netMinor: 1500, regularMinor: 2999 }), refund('in_2', 38)).finish();
    if (Object.keys(order.records()).length !== 3) throw new Undocumented('a payment has no record');
    return outcomes.at(-1) ?? '400';
  },
});

function checkErrors(errors: readonly { readonly path: string; readonly message: string }[]): void {
  if (errors.length === 0) throw new Undocumented('422 without an error');
  for (const { path, message } of errors) {
    if (typeof path !== 'string' || typeof message !== 'string' || message === '')
      throw new Undocumented('an error without a message');
    if (message.includes(canary)) throw new Undocumented(`an error repeats a value: ${message}`);
    if (path.length > 1_000) throw new Undocumented('an error names a path of more than a thousand characters');
  }
}

function parsed(text: string): readonly unknown[] {
  try {
    return [JSON.parse(text) as unknown];
  } catch {
    return [];
  }
}

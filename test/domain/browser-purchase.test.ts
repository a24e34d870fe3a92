import type { BrowserCheckout } from '../../src/domain/browser-purchase';
import { decideBrowserPurchase } from '../../src/domain/browser-purchase';
import type { PurchaseType } from '../../src/domain/fact';
import type { Consent } from '../../src/domain/identity';
import type { Policy } from '../../src/domain/policy';
import { presets } from '../../src/domain/policy';
import type { PurchaseRecord, PurchaseState } from '../../src/domain/purchase';
import { acceptedRecord } from '../../src/domain/record';
import type { ConsentPolicy, Settings } from '../../src/domain/settings';
import { decidingSettings, defaultSettings } from '../../src/domain/settings';
import { payment, t0 } from '../support/order-scenario';

const types: readonly PurchaseType[] = ['subscription', 'free_trial', 'paid_trial', 'lifetime'];
const nothingKnown: BrowserCheckout = { purchase: null, holder: 'free', consent: undefined, isAttributed: false };
const limited: Settings = { ...defaultSettings, limitPurchaseEvents: true };

function record(more: Partial<PurchaseRecord> = {}): PurchaseRecord {
  const accepted = acceptedRecord({ psp: 'stripe', subscription: 'sub_1' }, payment('conversion', 'in_1', 0), {
    settings: decidingSettings(defaultSettings),
    occurredAtMs: t0,
  });
  return { ...accepted, revision: 2, ...more };
}

function maySend(checkout: Partial<BrowserCheckout>, purchaseType: PurchaseType = 'subscription', settings = defaultSettings) {
  return decideBrowserPurchase({ ...nothingKnown, ...checkout }, { purchaseType, settings }).send;
}

describe('the browser may report a checkout', () => {
  it.each(types)('of which nothing is known: %s', (type) => {
    expect(maySend({}, type)).toBe(true);
    expect(maySend({}, type, limited)).toBe(true);
  });

  it.each<[PurchaseState, boolean]>([
    ['pending', true],
    ['sent', true],
    ['needs_attention', true],
    ['suppressed', false],
    ['not_a_purchase', false],
    ['skipped', false],
  ])('whose purchase is %s on the server: %s', (state, send) => {
    expect(maySend({ purchase: record({ state }), holder: 'ours' })).toBe(send);
  });

  it('that was suppressed for want of consent, once consent is given', () => {
    const purchase = record({ state: 'suppressed', reason: 'consent' });
    const strict: Settings = { ...defaultSettings, consent: { denied: 'do_not_send', unknown: 'do_not_send' } };
    expect(maySend({ purchase, consent: 'granted' }, 'subscription', strict)).toBe(true);
    expect(maySend({ purchase, consent: undefined }, 'subscription', strict)).toBe(false);
  });

  describe('with the limit on', () => {
    it.each<[PurchaseType, BrowserCheckout['holder'], boolean]>([
      ['subscription', 'free', true],
      ['subscription', 'ours', true],
      ['subscription', 'other', false],
      ['paid_trial', 'ours', true],
      ['paid_trial', 'other', false],
      ['lifetime', 'other', false],
      ['free_trial', 'other', true],
    ])('%s, first purchase %s: %s', (type, holder, send) => {
      expect(maySend({ holder }, type, limited)).toBe(send);
    });

    it('free trials of the first order only, where the setting says so', () => {
      const firstOrder: Settings = { ...limited, limitFreeTrials: 'first_order' };
      expect(maySend({ holder: 'other' }, 'free_trial', firstOrder)).toBe(false);
      expect(maySend({ holder: 'ours' }, 'free_trial', firstOrder)).toBe(true);
    });

    it('believes what the provider said once it is decided, and the page before', () => {
      const guessed = record({ purchaseType: 'subscription', revision: 0, state: 'pending' });
      expect(maySend({ purchase: guessed, holder: 'other' }, 'free_trial', limited)).toBe(true);
      expect(maySend({ purchase: record({ purchaseType: 'subscription' }), holder: 'other' }, 'free_trial', limited)).toBe(false);
      expect(maySend({ purchase: record({ purchaseType: 'free_trial' }), holder: 'other' }, 'subscription', limited)).toBe(true);
    });
  });

  it('with the limit off, also when another purchase came first', () => {
    expect(maySend({ holder: 'other' })).toBe(true);
  });

  it.each<[PurchaseType, keyof typeof cells, boolean]>([
    ['subscription', 'noConversion', false],
    ['lifetime', 'noConversion', false],
    ['free_trial', 'noConversion', true],
    ['free_trial', 'noTrialStart', false],
    ['paid_trial', 'noTrialStart', false],
    ['subscription', 'noTrialStart', true],
  ])('of a cell that is sent: %s with %s: %s', (type, policy, send) => {
    expect(maySend({}, type, { ...defaultSettings, policy: cells[policy] })).toBe(send);
  });

  it.each<[Consent | undefined, ConsentPolicy, ConsentPolicy, boolean]>([
    ['denied', 'do_not_send', 'send', false],
    ['denied', 'without_identity', 'do_not_send', true],
    ['denied', 'limited_data_use', 'do_not_send', true],
    ['unknown', 'send', 'do_not_send', false],
    [undefined, 'send', 'do_not_send', false],
    [undefined, 'do_not_send', 'send', true],
    ['granted', 'do_not_send', 'do_not_send', true],
  ])('as consent allows: %s, denied means %s, unknown %s: %s', (consent, denied, unknown, send) => {
    expect(maySend({ consent }, 'subscription', { ...defaultSettings, consent: { denied, unknown } })).toBe(send);
  });
});

describe('the name under which it is reported', () => {
  const split: Settings = { ...defaultSettings, policy: presets.split.policy };
  const name = (checkout: Partial<BrowserCheckout>, purchaseType: PurchaseType, settings: Settings) =>
    decideBrowserPurchase({ ...nothingKnown, ...checkout }, { purchaseType, settings }).eventName;

  it('is the setting', () => {
    expect(name({}, 'subscription', defaultSettings)).toBe('CompletePayment');
    expect(name({}, 'subscription', { ...defaultSettings, eventName: 'Purchase' })).toBe('Purchase');
  });

  it('or the cell’s, of the phase that a checkout starts', () => {
    expect(name({}, 'free_trial', split)).toBe('StartTrial');
    expect(name({}, 'paid_trial', split)).toBe('StartTrial');
    expect(name({}, 'subscription', split)).toBe('Purchase');
  });

  it('or the one that the server has used, since TikTok deduplicates by name', () => {
    const purchase = record({ eventName: 'CompletePayment' });
    expect(name({ purchase }, 'free_trial', split)).toBe('CompletePayment');
    expect(name({ purchase: { ...purchase, revision: 0 } }, 'free_trial', split)).toBe('StartTrial');
  });
});

const off = { send: false };
const { policy } = presets.default;
const cells = {
  noConversion: {
    ...policy,
    subscription: { ...policy.subscription, conversion: off },
    free_trial: { ...policy.free_trial, conversion: off },
    lifetime: { conversion: off },
  },
  noTrialStart: {
    ...policy,
    free_trial: { ...policy.free_trial, trial_start: off },
    paid_trial: { ...policy.paid_trial, trial_start: off },
  },
} satisfies Record<string, Policy>;

/** The payment providers. A new one is a folder and a line here. */
import type { PspAdapter } from './adapter';
import { funnelfox } from './funnelfox';
import { generic } from './generic';
import { lemonsqueezy } from './lemonsqueezy';
import { paddle } from './paddle';
import { paypal } from './paypal';
import { primer } from './primer';
import { revenuecat } from './revenuecat';
import { solidgate } from './solidgate';
import { stripe } from './stripe';

const all: readonly PspAdapter[] = [stripe, paddle, solidgate, funnelfox, lemonsqueezy, paypal, primer, revenuecat, generic];

/** By name, as in `/webhooks/:psp`. */
export const adapters: Readonly<Record<string, PspAdapter>> = Object.fromEntries(all.map((adapter) => [adapter.name, adapter]));

export function adapterOf(name: string): PspAdapter | undefined {
  return Object.hasOwn(adapters, name) ? adapters[name] : undefined;
}

/** The payment providers of the demo: all that the service can read, in the tables' order. */
import type { Provider } from '../provider';
import { funnelfox } from './funnelfox';
import { generic } from './generic';
import { lemonsqueezy } from './lemonsqueezy';
import { paddle } from './paddle';
import { paypal } from './paypal';
import { primer } from './primer';
import { revenuecat } from './revenuecat';
import { solidgate } from './solidgate';
import { stripe } from './stripe';

export const providers: readonly Provider[] = [
  ...[stripe, paddle, solidgate, paypal, primer],
  ...[funnelfox, revenuecat, lemonsqueezy, generic],
];

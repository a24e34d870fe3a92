/** The providers, in the order of the alphabet. A new one is its folder and a line here. */
export { funnelfox } from './funnelfox';
export { generic } from './generic';
export { lemonsqueezy } from './lemonsqueezy';
export { paddle } from './paddle';
export { paypal } from './paypal';
export { primer } from './primer';
export { revenuecat } from './revenuecat';
export { solidgate } from './solidgate';
export { stripe } from './stripe';

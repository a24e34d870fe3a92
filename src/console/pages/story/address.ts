import type { Context } from '../../route';

/** The address of a story below `/console`, for `ctx.href`. */
export function storyPath(psp: string, moneyId: string): string {
  return `/purchases/${encodeURIComponent(psp)}/${encodeURIComponent(moneyId)}`;
}

/** The payment that such an address names. */
export function paymentIn({ integration, part }: Context) {
  return { integration, psp: part('psp'), moneyId: part('moneyId') };
}

import { adapterOf } from '../../psp';

/** `Stripe` of `stripe`; a provider that this version does not know keeps its short name. */
export function providerName(psp: string): string {
  return adapterOf(psp)?.manifest.label ?? psp;
}

import { minorFromInteger } from '../money';

/** The total includes the tax, whether prices do or not. In ISO 4217 minor units; undefined when Lemon Squeezy states no tax. */
export function netOf({ total, tax }: { readonly total: number; readonly tax?: number | null | undefined }): number | undefined {
  return typeof tax === 'number' && tax <= total ? (minorFromInteger(total - tax) ?? undefined) : undefined;
}

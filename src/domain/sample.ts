/** Sample purchases: played by this service for an operator to see one arrive. They are known by their ids, wherever they appear. */
import type { PurchaseType } from './fact';

/** What a sample plays: one payment, or a trial and its first payment. */
export const sampleKinds = ['subscription', 'free_trial', 'paid_trial', 'lifetime'] as const satisfies readonly PurchaseType[];
export type SampleKind = (typeof sampleKinds)[number];

/** The provider by which samples come in. */
export const samplePsp = 'generic';

/** `unique` is 8 hexadecimal digits. Later samples sort after earlier ones. */
export function sampleId(atMs: number, unique: string): string {
  return `sample_${String(atMs).padStart(13, '0')}_${unique}`;
}

/** What the id of a sample's payment matches, as a regular expression that JavaScript and PostgreSQL read alike; no provider writes ids so. */
export const samplePayment = '^sample_[0-9]{13}_[0-9a-f]{8}_[0-9]+$';

const ofSample = new RegExp(samplePayment);

/** True for a payment of a sample. */
export function isSample({ psp, moneyId }: { readonly psp: string; readonly moneyId: string }): boolean {
  return psp === samplePsp && ofSample.test(moneyId);
}

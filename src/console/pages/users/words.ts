/** Identifiers, and what showed that two users are one, in words. */
import type { JoinEvidence } from '../../../domain/identity';

const identifierWords: Readonly<Record<string, string>> = {
  user_id: 'Your user id',
  email: 'E-mail',
  phone: 'Phone',
  customer: 'Customer id of a provider',
  checkout: 'Checkout id',
};

export function identifierInWords(kind: string): string {
  return identifierWords[kind] ?? kind.replaceAll('_', ' ');
}

export const evidenceWords: Readonly<Record<JoinEvidence, string>> = {
  webhook: 'A provider’s event named both',
  checkout: 'The page of a checkout named a known buyer',
  user_token: 'A user token named a checkout of another buyer',
  claim: 'An order named both when it was sent',
  import: 'A line of an imported list named both',
};

/** What operators do, by the names in the audit. Changes of settings have a history of their own, which says more. */
const auditWords: Readonly<Record<string, string>> = {
  'purchase.resend': 'A purchase was sent again',
  'purchase.resend.force': 'A purchase was sent a second time, though TikTok had it',
  'purchase.skip': 'A purchase was skipped',
  'attention.resend': 'Purchases that needed attention were sent again',
  'attention.resend.cancel': 'Sending purchases again was cancelled',
  'attention.acknowledge': 'Purchases that need attention were noted as seen',
  check: 'A provider was asked for what its webhooks had not brought',
  'tiktok-count': 'TikTok was asked for its own count',
  'backfill.dry-run': 'A range of the past was counted',
  backfill: 'A range of the past was read and taken in',
  'backfill.cancel': 'A backfill was cancelled',
  'secret.add': 'A provider’s secret was added',
  'secret.remove': 'A provider’s secret was removed',
  'secret.show': 'A provider’s secret was looked at',
  'quarantine.read': 'A quarantined webhook was looked at',
  'quarantine.retry': 'A quarantined webhook was read again',
  'quarantine.dismiss': 'A quarantined webhook was dismissed',
  'quarantine.resolved': 'A quarantined webhook was resolved by a later one',
  'token.add': 'A token was made',
  'token.revoke': 'A token was revoked',
  'user.read': 'A buyer was looked up',
  'user.erase': 'A buyer was erased',
  'user.take-apart': 'Two buyers who had been taken for one were taken apart',
  'consent.undo-refusals': 'Refusals of consent that nothing proves were undone',
  'quarantine.erased': 'A quarantined webhook was deleted, since it named a buyer who was erased',
  'buyers.import': 'A list of buyers of before was imported',
  'user.export': 'What is known of a buyer was exported',
  sample: 'A sample purchase was sent',
};

/** An action of the audit in words. One that this version does not know is named as it is. */
export function auditedInWords(action: string): string {
  return (Object.hasOwn(auditWords, action) ? auditWords[action] : undefined) ?? action;
}

/** The workflows of the bundle. */
export { subscription } from './subscription.workflow';
export { alerts } from './alerts.workflow';
export { bulkResend } from './bulk-resend.workflow';
export { housekeeping } from './housekeeping.workflow';
export { backfill, renewalCheck } from './renewal-check.workflow';
export { tiktokCount } from './tiktok-count.workflow';
